//! Replication as a state machine: inputs and the time go in, outputs come out.
//!
//! ```text
//! gossip ──┐                                  ┌── Store ──> disk ──> Stored: the head advances
//! sync  ───┼─> decode ─> verify ─> in order ──┤
//! own   ───┘      │                           └── behind: fetch what is missing, from several peers
//!                 └── wrong: one fault, one penalty
//! ```
//!
//! Completeness belongs to sync: on connecting and at intervals two peers compare one digest of all heads that count,
//! then the heads, then fetch what is missing. Gossip only accelerates.
//!
//! Invariants: a head advances only on [`Input::Stored`], so a crash never skips a batch (I5); at most one fetch of a
//! log is under way; what is kept for a peer, a log or a request is bounded by `limits.rs` (I10); nothing of a fork
//! counts, and whether a batch is valid never depends on when it arrived (I6, I7).
//! Absent on purpose: clocks, sockets, disks and randomness; what statements say (`ledger.rs`, `verdict.rs`).

mod io;

use std::collections::{BTreeMap, HashMap};

pub use self::io::{Acceptance, Event, Held, Input, Output};
use crate::{
    announcement::Announcement,
    clock::Timestamp,
    keys::SecretKey,
    ledger::{LogFacts, LogState, RosterIndex},
    log::{ForkProof, Head, LogId},
    roster::RosterChain,
    signed::Signed,
};

/// Who this replica is, and how often it speaks.
#[derive(Clone, Debug)]
pub struct Config {
    /// The node's key: signs announcements.
    pub key: SecretKey,
    /// The node's own log.
    pub own: LogId,
    /// Milliseconds between announcements of an unchanged log.
    pub announce_every_ms: u64,
    /// Milliseconds between looks at who could be asked to sync; each is drawn between the two.
    pub sync_every_ms: (u64, u64),
    /// Seeds the jitter and the choice of peers.
    pub seed: u64,
}

/// What was kept from before.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The rosters.
    pub chain: RosterChain,
    /// Each log that is held.
    pub logs: BTreeMap<LogId, LogState>,
    /// The fork proofs.
    pub proofs: Vec<ForkProof>,
    /// The newest announcement of each log.
    pub announcements: Vec<Signed<Announcement>>,
}

/// One node's replica of every log.
#[derive(Debug)]
pub struct Replica {
    config: Config,
    kept: Kept,
}

impl Replica {
    /// A replica that goes on where `kept` stands.
    pub fn new(config: Config, kept: Kept) -> Self {
        Self { config, kept }
    }

    /// The rosters.
    pub fn chain(&self) -> &RosterChain {
        &self.kept.chain
    }

    /// Takes what happened and says what is to be done. `now` is the wall clock; it may jump.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        let _ = (now, input, &self.config, &self.kept);
        Vec::new()
    }
}
