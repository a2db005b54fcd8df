//! Who holds the keys of split custody, and how far a ceremony has got.

use data_encoding::BASE64;
use larum_protocol::{
    api::{PlannedDealer, PlannedKey, PlannedSteward, SharedEpoch, SplitKey, StewardInfo, StewardsAnswer},
    keys::PublicKey,
    ledger::RosterIndex,
    oprf::Element,
    roster::{Epoch, Plan, Roster, Stewards},
};

use super::NodeService;
use crate::{checker::member_name, clock::now, http::ServiceError, stewards::Word};

impl NodeService {
    pub(super) async fn stewards_now(&self) -> Result<StewardsAnswer, ServiceError> {
        let index = self.ledger.roster();
        let roster = index.roster();
        let key = |epoch: &Epoch| epoch.stewards.as_ref().map(|stewards| self.key(epoch, stewards, &index));
        let plan = match &roster.plan {
            Some(plan) => Some(self.plan(plan, &index).await),
            None => None,
        };
        let today = now().day();
        let shared = roster.epochs.iter().filter(|epoch| epoch.stewards.is_none());
        let shared = shared.filter(|epoch| epoch.until.is_none_or(|until| until >= today));
        Ok(StewardsAnswer {
            roster: roster.version,
            keys: roster.epochs.iter().filter_map(key).collect(),
            shared: shared.map(|epoch| SharedEpoch { epoch: epoch.number, until: day(epoch) }).collect(),
            plan,
        })
    }

    fn key(&self, epoch: &Epoch, stewards: &Stewards, roster: &RosterIndex) -> SplitKey {
        let left = self.stewards.client.left(stewards);
        let own = roster.member_of(&self.own.node);
        let info = |(steward, (_, left)): (&larum_protocol::roster::Steward, (_, Option<u64>))| StewardInfo {
            number: steward.number,
            member: name(roster, &steward.node),
            node: steward.node.to_string(),
            budget: own.map_or(0, |own| stewards.budget_for(roster.roster(), &steward.node, own)),
            left,
        };
        SplitKey {
            epoch: epoch.number,
            until: day(epoch),
            generation: stewards.generation,
            threshold: stewards.threshold,
            budget: stewards.budget.0,
            budget_of_each: stewards.budget_of_each(),
            stewards: stewards.stewards.iter().zip(left).map(info).collect(),
        }
    }

    async fn plan(&self, plan: &Plan, roster: &RosterIndex) -> PlannedKey {
        let dealers = dealers(plan, roster.roster());
        let others = dealers.iter().map(|(_, node)| *node).filter(|node| !plan.nodes.contains(node));
        let asked: Vec<PublicKey> = plan.nodes.iter().copied().chain(others).collect();
        let mut words = self.stewards.client.words_of(&asked, plan).await;
        let dealer = |(number, node): (u16, PublicKey)| PlannedDealer {
            number,
            member: name(roster, &node),
            node: node.to_string(),
            why: words.iter().find(|(of, _)| *of == node).and_then(|(_, word)| word.as_ref().err()?.holds_up()),
        };
        let dealers = dealers.into_iter().map(dealer).collect();
        words.truncate(plan.nodes.len());
        let said = |word: &Word| word.as_ref().ok().map(|word| word.shares.clone());
        let first: Option<Vec<Element>> = words.first().and_then(|(_, word)| said(word));
        let agreed = first.filter(|first| words.iter().all(|(_, word)| said(word).as_ref() == Some(first)));
        let shares = agreed.map(|shares| shares.iter().map(|share| data_encoding::HEXLOWER.encode(&share.0)).collect());
        let stewards = words.iter().zip(1..).map(|((node, word), number)| PlannedSteward {
            number,
            member: name(roster, node),
            node: node.to_string(),
            acknowledged: word.is_ok(),
            word: word.as_ref().ok().map(|word| BASE64.encode(&word.signed)),
            why: word.as_ref().err().map(ToString::to_string),
        });
        PlannedKey {
            ceremony: plan.ceremony(&self.consortium).to_string(),
            epoch: plan.epoch,
            generation: plan.generation,
            threshold: plan.threshold,
            stewards: stewards.collect(),
            dealers,
            trouble: self.stewards.ceremonies.trouble(),
            shares,
        }
    }
}

fn day(epoch: &Epoch) -> Option<String> {
    epoch.until.map(|day| day.to_string())
}

/// Who deals: the plan's of the old stewards, or all new ones where there is no key yet.
fn dealers(plan: &Plan, roster: &Roster) -> Vec<(u16, PublicKey)> {
    let old = roster.epochs.iter().find(|epoch| epoch.number == plan.epoch);
    match old.and_then(|epoch| epoch.stewards.as_ref()) {
        None => (1..).zip(plan.nodes.iter().copied()).collect(),
        Some(old) => {
            let deal = old.stewards.iter().filter(|steward| plan.dealers.contains(&steward.number));
            deal.map(|steward| (steward.number, steward.node)).collect()
        }
    }
}

fn name(roster: &RosterIndex, node: &PublicKey) -> String {
    roster.member_of(node).map_or_else(String::new, |member| member_name(roster, member))
}
