//! What follows from a roster: the gate, the taggers, the salts.

use larum_protocol::{
    ledger::RosterIndex,
    replica::Input,
    roster::{MemberId, SignedRoster},
    salt::{Grant, GrantScope, grant},
    signed::Signed,
    tag::Salt,
};
use rand::{SeedableRng, rngs::StdRng};

use super::{Engine, Followup};
use crate::{clock::now, net::Peer, taggers::Taggers};

impl Engine {
    /// Puts the newest roster in force: who may connect, whose statements count, which tags are made.
    pub(super) fn roster_changed(&mut self) -> Followup {
        let chain = self.parts.replica.chain();
        let roster = RosterIndex::new(chain.roster().clone());
        let own = self.parts.keys.node.public();
        let allowed = chain.roster().connectable().filter(|node| node.key != own).map(|node| Peer {
            node_key: node.key.0,
            addresses: node.addresses.iter().filter_map(|address| address.parse().ok()).collect(),
        });
        self.parts.net.set_allowed(allowed.collect());
        let rival = chain.rival().is_some();
        self.parts.ledger.set_roster(roster, Some(self.parts.member), rival);
        self.parts.ledger.refresh_coverage(now());
        if let Some(reply) = self.roster_waiting.take() {
            let _ = reply.send(Ok(self.parts.replica.chain().roster().version));
        }
        self.retag()
    }

    /// Makes the taggers anew, and asks for a salt that is missing.
    fn retag(&mut self) -> Followup {
        let taggers = Taggers::new(self.parts.replica.chain().roster(), &self.salts, now().day());
        let missing = taggers.missing();
        self.parts.taggers.store(taggers.into());
        missing.map(|epoch| Input::NeedSalt { epoch })
    }

    pub(super) fn store_roster(&self, roster: &SignedRoster) {
        let stored = self.parts.store.append_roster(roster.roster().version, roster.id(), &roster.encode());
        if let Err(error) = stored {
            tracing::error!(%error, "a roster could not be stored; it is fetched again after a restart");
        }
    }

    /// The salt of an epoch, sealed to a member that asks for it, if it is held.
    pub(super) fn grant(&self, to: MemberId, epoch: u32) -> Option<Signed<Grant>> {
        let salt = self.salts.get(&epoch)?;
        let chain = self.parts.replica.chain();
        let member = chain.roster().member(to)?;
        let scope = GrantScope { consortium: chain.consortium(), epoch, to };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).ok()?;
        let mut random = StdRng::from_seed(seed);
        let granted = grant(scope, salt, &member.sealing, &self.parts.keys.node, now(), &mut random);
        granted.inspect_err(|error| tracing::error!(%error, "a salt could not be granted")).ok()
    }

    /// Opens a grant and keeps the salt, sealed with the node's other secrets.
    pub(super) fn open_grant(&mut self, grant: &Signed<Grant>) -> Followup {
        let chain = self.parts.replica.chain();
        let epoch = chain.roster().epochs.iter().find(|epoch| epoch.number == grant.epoch)?;
        let salt = match grant.open(&self.parts.keys.sealing, &epoch.commitment) {
            Ok(salt) => salt,
            Err(error) => {
                tracing::warn!(%error, "a salt grant was not usable; another member is asked");
                return Some(Input::NeedSalt { epoch: grant.epoch });
            }
        };
        self.keep_salt(grant.epoch, salt);
        self.retag();
        Some(Input::HaveSalt { epoch: grant.epoch })
    }

    fn keep_salt(&mut self, epoch: u32, salt: Salt) {
        let keys = &mut self.parts.keys;
        keys.secrets.salts.insert(epoch, *salt.expose());
        if let Err(error) = keys.secrets.save(&keys.file, &keys.lock) {
            tracing::error!(%error, "the salt could not be kept; it is asked for again after a restart");
        }
        self.salts.insert(epoch, salt);
        tracing::info!(epoch, "the salt has arrived: this node can answer and publish");
    }
}
