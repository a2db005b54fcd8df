//! Who holds the keys of split custody, and how far a ceremony has got.

use data_encoding::BASE64;
use larum_protocol::{
    api::{PlannedDealer, PlannedKey, PlannedSteward, SharedEpoch, SplitKey, StewardInfo, StewardsAnswer},
    keys::PublicKey,
    ledger::RosterIndex,
    oprf::Element,
    roster::{Epoch, Plan, Roster, Steward, Stewards},
};

use super::NodeService;
use crate::{checker::member_name, clock::now, http::ServiceError, net::PeerInfo, stewards::Word};

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
        let left = self.stewards.client.left(stewards, roster.roster());
        let own = roster.member_of(&self.own.node);
        let info = |(steward, (_, left)): (&Steward, (_, Option<u64>))| StewardInfo {
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

impl NodeService {
    /// What an operator should look at where custody is split.
    pub(super) fn steward_warnings(&self, peers: &[PeerInfo]) -> Vec<(&'static str, String)> {
        let index = self.ledger.roster();
        let today = now().day();
        let in_use = index.roster().epochs.iter().filter(|epoch| epoch.until.is_none_or(|until| until >= today));
        let stewards: Vec<&Stewards> = in_use.filter_map(|epoch| epoch.stewards.as_ref()).collect();
        let mut warnings = Vec::new();
        if let Some(text) = stewards.iter().find_map(|stewards| self.unreachable(stewards, peers, &index)) {
            warnings.push(("stewards-unreachable", text));
        }
        let own = stewards.iter().filter_map(|stewards| stewards.of_node(&self.own.node));
        let (mut own, desk) = (own.peekable(), &self.stewards.desk);
        if own.peek().is_some() && desk.is_closed() {
            warnings.push((
                "books-closed",
                "This node is a steward and evaluates nothing for anybody: its books are damaged. Its log of the start names \
                 the file."
                    .to_owned(),
            ));
        }
        if own.any(|steward| !desk.holds(steward)) {
            warnings.push((
                "no-share",
                "The roster calls this node a steward, and it does not hold the share: was an older secrets.age restored? Put \
                 the newest back, or ask the governors for stewards refresh --without this node."
                    .to_owned(),
            ));
        }
        warnings
    }

    /// Who is missing, if fewer stewards are connected than it takes.
    fn unreachable(&self, stewards: &Stewards, peers: &[PeerInfo], roster: &RosterIndex) -> Option<String> {
        let is_reached = |node: &PublicKey| *node == self.own.node || peers.iter().any(|peer| peer.node_key == node.0);
        let (reached, missing): (Vec<&Steward>, Vec<&Steward>) =
            stewards.stewards.iter().partition(|steward| is_reached(&steward.node));
        let names: Vec<String> = missing.iter().map(|steward| name(roster, &steward.node)).collect();
        let needed = stewards.threshold;
        (reached.len() < usize::from(needed)).then(|| {
            format!(
                "Checks answer unknown, and nothing can be published: {needed} stewards are needed and {} are connected. Not \
                 connected: {}. Ask them to start their nodes.",
                reached.len(),
                names.join(", ")
            )
        })
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
