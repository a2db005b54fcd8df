//! Who holds the keys of split custody, and how far a ceremony has got.

use data_encoding::BASE64;
use larum_protocol::{
    api::{PlannedKey, PlannedSteward, SplitKey, StewardInfo, StewardsAnswer},
    ledger::RosterIndex,
    oprf::Element,
    roster::{Epoch, Plan, Stewards},
};

use super::NodeService;
use crate::{checker::member_name, http::ServiceError, stewards::Word};

impl NodeService {
    pub(super) async fn stewards_now(&self) -> Result<StewardsAnswer, ServiceError> {
        let index = self.ledger.roster();
        let roster = index.roster();
        let key = |epoch: &Epoch| epoch.stewards.as_ref().map(|stewards| self.key(epoch, stewards, &index));
        let plan = match &roster.plan {
            Some(plan) => Some(self.plan(plan, &index).await),
            None => None,
        };
        Ok(StewardsAnswer { roster: roster.version, keys: roster.epochs.iter().filter_map(key).collect(), plan })
    }

    fn key(&self, epoch: &Epoch, stewards: &Stewards, roster: &RosterIndex) -> SplitKey {
        let left = self.stewards.client.left(stewards);
        let info = |(steward, (_, left)): (&larum_protocol::roster::Steward, (_, Option<u64>))| StewardInfo {
            number: steward.number,
            member: name(roster, &steward.node),
            node: steward.node.to_string(),
            left,
        };
        SplitKey {
            epoch: epoch.number,
            until: epoch.until.map(|day| day.to_string()),
            generation: stewards.generation,
            threshold: stewards.threshold,
            budget: stewards.budget.0,
            budget_of_each: stewards.budget_of_each(),
            stewards: stewards.stewards.iter().zip(left).map(info).collect(),
        }
    }

    async fn plan(&self, plan: &Plan, roster: &RosterIndex) -> PlannedKey {
        let words = self.stewards.client.acknowledged(plan).await;
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
            trouble: self.stewards.ceremonies.trouble(),
            shares,
        }
    }
}

fn name(roster: &RosterIndex, node: &larum_protocol::keys::PublicKey) -> String {
    roster.member_of(node).map_or_else(String::new, |member| member_name(roster, member))
}
