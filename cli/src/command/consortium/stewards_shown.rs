//! `larum consortium stewards show`.

use larum_protocol::api::{PlannedKey, SplitKey, StewardsAnswer, path};

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
    parts.extend(answer.plan.as_ref().map(plan));
    parts.join("\n\n")
}

fn key(key: &SplitKey) -> String {
    let mut table = Table::new(["steward", "node", "left today"]);
    for steward in &key.stewards {
        let left = steward.left.map_or_else(|| "not asked yet".to_owned(), |left| left.to_string());
        table.row([steward.member.clone(), short(&steward.node), left]);
    }
    let until = key.until.as_ref().map_or_else(String::new, |day| format!(", used until {day}"));
    let SplitKey { epoch, generation, threshold, budget, budget_of_each, .. } = key;
    let title =
        format!("epoch {epoch}{until}: any {threshold} of {}, shares of generation {generation}", key.stewards.len());
    let budget = format!("budget  {budget} elements a member and day, {budget_of_each} at each steward");
    [title, budget, table.render()].join("\n")
}

fn plan(plan: &PlannedKey) -> String {
    let PlannedKey { epoch, generation, threshold, stewards, trouble, shares, .. } = plan;
    let mut table = Table::new(["steward", "node", "new share"]);
    for steward in stewards {
        let why = || format!("not yet: {}", steward.why.as_deref().unwrap_or("it has not said so"));
        let kept = if steward.acknowledged { "kept".to_owned() } else { why() };
        table.row([steward.member.clone(), short(&steward.node), kept]);
    }
    let title = format!("planned: any {threshold} of {}, for epoch {epoch}, generation {generation}", stewards.len());
    let next = match (trouble, shares) {
        (Some(trouble), _) => format!("stuck: {trouble}; the governors have to plan another ceremony"),
        (None, Some(_)) => "next: larum consortium stewards commit".to_owned(),
        (None, None) => "the stewards are at work".to_owned(),
    };
    [title, table.render(), next].join("\n")
}

fn short(key: &str) -> String {
    key.chars().take(16).collect()
}
