//! Salts that this node lacks: asked of its peers in turn, one at a time, until the shell holds them.

use super::{Output, Replica, fault_of, peers::Asked};
use crate::{fault::Fault, keys::PublicKey, limits::EPOCHS_MAX, salt::Grant, signed::Unverified, wire::Request};

/// The search for the salt of one epoch.
#[derive(Debug, Default)]
pub(super) struct SaltSearch {
    asked: Vec<PublicKey>,
    under_way: bool,
}

impl Replica {
    pub(super) fn on_need_salt(&mut self, epoch: u32) {
        if self.salts.len() < EPOCHS_MAX {
            self.salts.entry(epoch).or_default();
        }
    }

    /// Asks the next peer for each salt that is lacking.
    pub(super) fn schedule_salts(&mut self) {
        let idle = self.salts.iter().filter(|(_, search)| !search.under_way).map(|(epoch, _)| *epoch);
        for epoch in idle.collect::<Vec<u32>>() {
            let search = &self.salts[&epoch];
            let next = self.peers.keys().find(|peer| !search.asked.contains(peer) && self.can_ask(peer)).copied();
            let (Some(peer), Some(search)) = (next, self.salts.get_mut(&epoch)) else { continue };
            search.asked.push(peer);
            search.under_way = true;
            self.ask(peer, Asked::Grant { epoch }, &Request::Grant { epoch });
        }
    }

    pub(super) fn salt_unanswered(&mut self, epoch: u32) {
        if let Some(search) = self.salts.get_mut(&epoch) {
            search.under_way = false;
        }
    }

    /// Every peer was asked, or a grant did not open: from the front again.
    pub(super) fn ask_for_salts_again(&mut self) {
        self.salts.values_mut().for_each(|search| search.asked.clear());
    }

    pub(super) fn on_grant(&mut self, peer: PublicKey, epoch: u32, bytes: Option<&[u8]>) {
        self.salt_unanswered(epoch);
        let Some(bytes) = bytes else { return };
        let grant = match Unverified::<Grant>::decode(bytes) {
            Ok(grant) => grant,
            Err(error) => return self.penalize(peer, fault_of(&error)),
        };
        let said = grant.value();
        let own = self.roster.member_of(&self.config.own.node);
        if said.consortium != self.chain.consortium() {
            return self.penalize(peer, Fault::WrongConsortium);
        }
        if said.epoch != epoch || Some(said.to) != own || !self.connectable.contains(&said.from) {
            return self.penalize(peer, Fault::WrongAnswer);
        }
        match grant.verify() {
            Ok(grant) => self.emit(Output::OpenGrant(Box::new(grant))),
            Err(_) => self.penalize(peer, Fault::BadSignature),
        }
    }
}
