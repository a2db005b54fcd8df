//! `larum consortium stewards show`.

use larum_protocol::api::{PlannedKey, SharedEpoch, SplitKey, StewardsAnswer, path};

use super::Session;
use crate::{Status, error::Failure, output::Table};

pub(super) fn run(session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let answer: StewardsAnswer = session.client()?.get(path::STEWARDS)?;
    session.show(&answer, text)
}

fn text(answer: &StewardsAnswer) -> String {
    let mut parts: Vec<String> = answer.keys.iter().map(key).collect();
    if parts.is_empty() {
        parts.push("custody is shared: every member has the salt, and can try out values by itself".to_owned());
    }
    parts.extend(shared(answer));
    parts.extend(answer.plan.as_ref().map(plan));
    parts.join("\n\n")
}

/// Epochs beside split ones that are worth what shared custody is worth.
fn shared(answer: &StewardsAnswer) -> Option<String> {
    let until =
        |epoch: &SharedEpoch| epoch.until.as_ref().map_or_else(String::new, |day| format!(", used until {day}"));
    let line = |epoch: &SharedEpoch| {
        format!(
            "epoch {}{}: shared; each statement is made in it, too, and every member can try out its values",
            epoch.epoch,
            until(epoch)
        )
    };
    let lines: Vec<_> = answer.shared.iter().map(line).collect();
    (!answer.keys.is_empty() && !lines.is_empty()).then(|| lines.join("\n"))
}

fn key(key: &SplitKey) -> String {
    let mut table = Table::new(["steward", "node", "your budget", "left today"]);
    for steward in &key.stewards {
        let left = steward.left.map_or_else(|| "not asked yet".to_owned(), |left| left.to_string());
        table.row([steward.member.clone(), short(&steward.node), steward.budget.to_string(), left]);
    }
    let until = key.until.as_ref().map_or_else(String::new, |day| format!(", used until {day}"));
    let SplitKey { epoch, generation, threshold, budget, .. } = key;
    let title =
        format!("epoch {epoch}{until}: any {threshold} of {}, shares of generation {generation}", key.stewards.len());
    let budget = format!("budget  {budget} elements a member and day, all stewards together");
    [title, budget, table.render()].join("\n")
}

fn plan(plan: &PlannedKey) -> String {
    let PlannedKey { epoch, generation, threshold, stewards, dealers, trouble, shares, .. } = plan;
    let mut table = Table::new(["steward", "node", "new share"]);
    for steward in stewards {
        let why = || format!("not yet: {}", steward.why.as_deref().unwrap_or("it has not said so"));
        let kept = if steward.acknowledged { "kept".to_owned() } else { why() };
        table.row([steward.member.clone(), short(&steward.node), kept]);
    }
    let title = format!("planned: any {threshold} of {}, for epoch {epoch}, generation {generation}", stewards.len());
    let waited_for: Vec<_> = dealers.iter().filter_map(|dealer| Some((dealer, dealer.why.as_ref()?))).collect();
    let mut dealing = Table::new(["dealer", "node", "its part"]);
    for dealer in dealers {
        let part =
            dealer.why.as_ref().map_or_else(|| "done, or at work".to_owned(), |why| format!("waited for: {why}"));
        dealing.row([dealer.member.clone(), short(&dealer.node), part]);
    }
    let next = match (trouble, shares) {
        (Some(trouble), _) => format!("stuck: {trouble}; the governors have to plan another ceremony"),
        (None, Some(_)) => "next: larum consortium stewards commit".to_owned(),
        (None, None) if !waited_for.is_empty() => {
            "the others wait for the dealers that do not take their part; if they stay away, the governors plan the ceremony \
             without them (refresh or reshare --without MEMBER, choose with others)"
                .to_owned()
        }
        (None, None) => "the stewards are at work".to_owned(),
    };
    [title, table.render(), dealing.render(), next].join("\n")
}

fn short(key: &str) -> String {
    key.chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use larum_protocol::api::{PlannedDealer, StewardInfo};

    use super::*;

    fn split() -> SplitKey {
        let steward =
            StewardInfo { number: 1, member: "Acme".into(), node: "00".repeat(32), budget: 25_000, left: Some(24_996) };
        SplitKey {
            epoch: 2,
            until: None,
            generation: 1,
            threshold: 2,
            budget: 50_000,
            budget_of_each: 33_333,
            stewards: vec![steward],
        }
    }

    #[test]
    fn this_members_own_budget_is_shown_and_the_shared_epochs_that_live() {
        let shared = vec![SharedEpoch { epoch: 1, until: Some("2027-01-31".into()) }];
        let shown = text(&StewardsAnswer { roster: 3, keys: vec![split()], shared: shared.clone(), plan: None });
        assert!(shown.contains("25000") && !shown.contains("33333"), "{shown}");
        assert!(shown.contains("epoch 1, used until 2027-01-31: shared; each statement is made in it, too"), "{shown}");
        let alone = text(&StewardsAnswer { roster: 3, keys: Vec::new(), shared, plan: None });
        assert!(alone.starts_with("custody is shared") && !alone.contains("epoch 1"), "{alone}");
    }

    #[test]
    fn a_dealer_that_is_waited_for_is_named_with_the_reason() {
        let dealer = |member: &str, why: Option<&str>| PlannedDealer {
            number: 1,
            member: member.into(),
            node: "00".repeat(32),
            why: why.map(Into::into),
        };
        let plan = |why| PlannedKey {
            ceremony: String::new(),
            epoch: 2,
            generation: 2,
            threshold: 2,
            stewards: Vec::new(),
            dealers: vec![dealer("Acme", None), dealer("Beta", why)],
            trouble: None,
            shares: None,
        };
        let waiting = super::plan(&plan(Some("it is away")));
        assert!(waiting.contains("waited for: it is away") && waiting.contains("--without MEMBER"), "{waiting}");
        let at_work = super::plan(&plan(None));
        assert!(at_work.contains("the stewards are at work") && !at_work.contains("waited for"), "{at_work}");
    }
}
