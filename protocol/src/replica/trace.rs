//! Finds where two branches of a log part: a binary search over the numbers at which this node and a peer hold
//! different headers.
//!
//! Headers are chained by hash: where two are the same, so is all before them, and where two differ, so is all behind.
//! Invariant: every step that finds a difference is itself a proof, so a peer that stops answering hides nothing.

use super::{Held, Output, Replica, peers::Asked};
use crate::{
    batch::Header,
    hash::Digest,
    keys::PublicKey,
    limits::TRACES_MAX,
    log::{ForkProof, LogId},
    signed::Signed,
    wire::Request,
};

/// A search under way.
#[derive(Debug)]
pub(super) struct Trace {
    peer: PublicKey,
    /// The highest number at which both are known to hold the same.
    same: u64,
    /// The lowest number at which they are known, or thought, to differ.
    differs: u64,
    /// The number that is looked at.
    at: u64,
    ours: Option<Signed<Header>>,
    theirs: Option<Signed<Header>>,
}

impl Replica {
    /// Starts a search at a number at which a peer seems to hold another header.
    pub(super) fn start_trace(&mut self, peer: PublicKey, log: LogId, at: u64) {
        let busy = self.traces.contains_key(&log) || self.traces.len() >= TRACES_MAX;
        if at == 0 || busy || !self.can_ask(&peer) {
            return;
        }
        self.traces.insert(log, Trace { peer, same: 0, differs: at + 1, at, ours: None, theirs: None });
        self.look(log);
    }

    fn look(&mut self, log: LogId) {
        let Some(trace) = self.traces.get_mut(&log) else { return };
        (trace.ours, trace.theirs) = (None, None);
        let (peer, seq) = (trace.peer, trace.at);
        self.ask(peer, Asked::Trace { log, seq }, &Request::Header { log, seq });
        self.emit(Output::Load { log, seq });
    }

    pub(super) fn continue_trace_with_ours(&mut self, log: LogId, seq: u64, held: Option<&Held>) {
        let Some(trace) = self.traces.get_mut(&log).filter(|trace| trace.at == seq) else { return };
        match held {
            Some(held) => trace.ours = Some(held.header.clone()),
            None => drop(self.traces.remove(&log)),
        }
        self.compare(log);
    }

    pub(super) fn continue_trace_with_theirs(&mut self, peer: PublicKey, log: LogId, seq: u64, header: Option<&[u8]>) {
        if self.traces.get(&log).is_none_or(|trace| trace.at != seq || trace.peer != peer) {
            return;
        }
        let header = header.and_then(|bytes| self.verified_header(peer, log, bytes)).filter(|header| header.seq == seq);
        match (header, self.traces.get_mut(&log)) {
            (Some(header), Some(trace)) => trace.theirs = Some(header),
            _ => drop(self.traces.remove(&log)),
        }
        self.compare(log);
    }

    fn compare(&mut self, log: LogId) {
        let Some(trace) = self.traces.get_mut(&log) else { return };
        let (Some(ours), Some(theirs)) = (trace.ours.clone(), trace.theirs.clone()) else { return };
        let part_here = ours.id() != theirs.id() && ours.prev == theirs.prev;
        if ours.id() == theirs.id() {
            trace.same = trace.at
        } else {
            trace.differs = trace.at
        }
        let found = part_here || trace.differs - trace.same <= 1;
        trace.at = trace.same + (trace.differs - trace.same) / 2;
        if found {
            self.traces.remove(&log);
        } else {
            self.look(log);
        }
        if let Some(proof) = ForkProof::new(ours, theirs) {
            self.adopt_proof(proof, super::forks::Origin::Found);
        }
    }

    /// Loads the held header that gossip contradicts or repeats.
    pub(super) fn look_up(&mut self, header: Signed<Header>) {
        let place = (header.log, header.seq);
        if self.lookups.len() < crate::limits::LOOKUPS_MAX && self.lookups.insert(place, header).is_none() {
            self.emit(Output::Load { log: place.0, seq: place.1 });
        }
    }

    pub(super) fn compare_lookup(&mut self, log: LogId, seq: u64, held: Option<&Held>) {
        let Some(header) = self.lookups.remove(&(log, seq)) else { return };
        let proof = held.and_then(|held| ForkProof::new(held.header.clone(), header));
        if let Some(proof) = proof {
            self.adopt_proof(proof, super::forks::Origin::Found);
        }
    }

    /// The id of the header before the fork, if both headers of the proof name the same.
    pub(super) fn parting(proof: &ForkProof) -> Option<Option<Digest>> {
        let [first, second] = proof.headers();
        (first.prev == second.prev).then_some(first.prev)
    }
}
