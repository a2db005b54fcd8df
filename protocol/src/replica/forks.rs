//! Fork proofs: found, pulled or gossiped, kept and passed on (I6).
//!
//! Of the proofs of one log the one with the lowest number is kept: from there on nothing counts. Gossip carries the
//! first that a node meets; lower ones travel with sync, so that a forker cannot flood the topic with proofs.

use super::{Event, Output, Replica, fault_of, peers::Asked};
use crate::{
    fault::Fault,
    keys::PublicKey,
    limits::ENDED_LOGS_PER_NODE_MAX,
    log::{ForkProof, ForkProofError, Incarnation, LogId},
    wire::{Gossip, HeadEntry, Message, Request},
};

/// Where a proof comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Origin {
    /// Gossip brought it and will pass it on.
    Gossip,
    /// This node put two headers beside each other.
    Found,
    /// A peer was asked for it.
    Pulled,
}

impl Replica {
    /// Keeps a proof if it says more than what is held. Answers whether it is the first of its log.
    pub(super) fn adopt_proof(&mut self, proof: ForkProof, origin: Origin) -> bool {
        let (log, seq) = (proof.log(), proof.seq());
        let known = self.proofs.get(&log).map(ForkProof::seq);
        if known.is_some_and(|known| known <= seq) || self.proofs_full(log) {
            return false;
        }
        let first = known.is_none();
        if first && origin != Origin::Gossip {
            self.emit(Output::Publish(Gossip::Fork(proof.encode().into()).to_bytes()));
        }
        self.emit(Output::StoreProof(Box::new(proof.clone())));
        self.emit(Output::Event(Event::ForkFound { log, seq }));
        self.proofs.insert(log, proof);
        self.pulls.remove(&log);
        self.reconcile(log);
        first
    }

    /// Whether a proof of a log is not kept: its node is unknown, or has forked more logs than a node may have.
    fn proofs_full(&self, log: LogId) -> bool {
        let first = LogId { incarnation: Incarnation([0; 16]), ..log };
        let last = LogId { incarnation: Incarnation([0xff; 16]), ..log };
        let full =
            self.proofs.range(first..=last).count() >= ENDED_LOGS_PER_NODE_MAX && !self.proofs.contains_key(&log);
        full || self.standing(&log).is_none()
    }

    /// Reads a proof that a peer sent.
    pub(super) fn read_proof(&self, bytes: &[u8]) -> Result<ForkProof, Fault> {
        let proof = ForkProof::decode(bytes).map_err(|error| match error {
            ForkProofError::Decode(error) => fault_of(&error),
            ForkProofError::Signature(_) => Fault::BadSignature,
            ForkProofError::NoContradiction => Fault::BadEncoding,
        })?;
        let ours = proof.headers().iter().all(|header| header.consortium == self.chain.consortium());
        if ours { Ok(proof) } else { Err(Fault::WrongConsortium) }
    }

    /// A peer's head entry may tell of a lower fork, or the peer may hold the branch that shows one.
    pub(super) fn learn_fork(&mut self, peer: PublicKey, entry: &HeadEntry) {
        let log = entry.log;
        let ours = self.proofs.get(&log).map(ForkProof::seq);
        let lower = entry.forked_at.is_some_and(|theirs| ours.is_none_or(|ours| theirs < ours));
        if lower && self.can_ask(&peer) {
            self.ask(peer, Asked::Proof { log }, &Request::Proof { log });
            return;
        }
        let undecided = self.standing(&log).is_some_and(|standing| standing.end.is_none());
        let parts_lower = self.proofs.get(&log).filter(|proof| Self::parting(proof).is_none()).map(ForkProof::seq);
        if let Some(seq) = parts_lower.filter(|_| undecided) {
            self.start_trace(peer, log, seq - 1);
        }
    }

    pub(super) fn on_proof_pulled(&mut self, peer: PublicKey, log: LogId, bytes: Option<&[u8]>) {
        let Some(bytes) = bytes else { return self.penalize(peer, Fault::WrongAnswer) };
        match self.read_proof(bytes) {
            Ok(proof) if proof.log() == log => drop(self.adopt_proof(proof, Origin::Pulled)),
            Ok(_) => self.penalize(peer, Fault::WrongAnswer),
            Err(fault) => self.penalize(peer, fault),
        }
    }
}
