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

mod announce;
mod bodies;
mod compare;
mod fetch;
mod forks;
mod gossip;
mod grants;
mod heads;
mod io;
mod peers;
mod rosters;
mod serve;
#[cfg(feature = "sim")]
pub mod sim;
mod sources;
mod time;
mod trace;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use self::{
    bodies::{Parked, Pull},
    grants::SaltSearch,
    heads::Log,
    peers::{InFlight, Peer},
    rosters::Hint,
    sources::Want,
    time::Time,
    trace::Trace,
};
pub use self::{
    heads::{CountedHead, heads_digest},
    io::{Acceptance, Event, Held, Input, Output},
};
use crate::{
    announcement::Announcement,
    clock::Timestamp,
    codec::DecodeError,
    coverage::{self, Claim, Coverage, Known, State},
    fault::Fault,
    keys::{PublicKey, SecretKey},
    ledger::{LogFacts, LogState, RosterIndex},
    limits::{ANNOUNCE_DELAY_MS, CATCH_UP_MS_MAX},
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
    /// Milliseconds between announcements of an unchanged log at most; a roster with a short limit on freshness asks for
    /// more.
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
    chain: RosterChain,
    roster: RosterIndex,
    /// The node keys that may connect, from the roster.
    connectable: BTreeSet<PublicKey>,
    logs: BTreeMap<LogId, Log>,
    proofs: BTreeMap<LogId, ForkProof>,
    announcements: BTreeMap<LogId, Signed<Announcement>>,
    peers: BTreeMap<PublicKey, Peer>,
    requests: BTreeMap<u64, InFlight>,
    next_request: u64,
    /// Logs of which others hold more.
    wants: BTreeMap<LogId, Want>,
    /// How often each node that may connect brought little, late or nothing, less how often it did not.
    ranks: BTreeMap<PublicKey, u32>,
    /// Of which logs a node did not show what it said it holds, and has not given anything since.
    unshown: BTreeSet<(PublicKey, LogId)>,
    /// Headers whose body is on its way.
    pulls: BTreeMap<LogId, Pull>,
    parked: Vec<Parked>,
    traces: BTreeMap<LogId, Trace>,
    /// Headers that gossip brought and that contradict, or repeat, an older one that is held.
    lookups: BTreeMap<(LogId, u64), Signed<crate::batch::Header>>,
    hints: Vec<Hint>,
    /// Who is being asked for rosters, one request each, and the version that it says it holds.
    roster_pulls: BTreeMap<PublicKey, u64>,
    salts: BTreeMap<u32, SaltSearch>,
    /// Own batches to be gossiped once they are durable, by number.
    own_gossip: BTreeMap<u64, Vec<u8>>,
    /// Bytes handed to the store and not confirmed.
    bytes_in_store: usize,
    time: Time,
    sync_at: u64,
    announce_at: u64,
    announcements_at: u64,
    joined: bool,
    outbox: Vec<Output>,
}

impl Replica {
    /// A replica that goes on where `kept` stands.
    pub fn new(config: Config, kept: Kept) -> Self {
        let mut time = Time::new(config.seed);
        // Soon, so that whoever connects learns at once that this member is there.
        let announce_at = time.draw(0, ANNOUNCE_DELAY_MS);
        let mut replica = Self {
            roster: RosterIndex::new(kept.chain.roster().clone()),
            connectable: kept.chain.roster().connectable().map(|node| node.key).collect(),
            logs: kept.logs.into_iter().map(|(log, state)| (log, Log::holding(state))).collect(),
            proofs: kept.proofs.into_iter().map(|proof| (proof.log(), proof)).collect(),
            announcements: kept.announcements.into_iter().map(|word| (word.log, word)).collect(),
            chain: kept.chain,
            config,
            peers: BTreeMap::new(),
            requests: BTreeMap::new(),
            next_request: 0,
            wants: BTreeMap::new(),
            ranks: BTreeMap::new(),
            unshown: BTreeSet::new(),
            pulls: BTreeMap::new(),
            parked: Vec::new(),
            traces: BTreeMap::new(),
            lookups: BTreeMap::new(),
            hints: Vec::new(),
            roster_pulls: BTreeMap::new(),
            salts: BTreeMap::new(),
            own_gossip: BTreeMap::new(),
            bytes_in_store: 0,
            time,
            sync_at: 0,
            announce_at,
            announcements_at: 0,
            joined: false,
            outbox: Vec::new(),
        };
        replica.reconcile_all();
        replica
    }

    /// Takes what happened and says what is to be done. `now` is the wall clock; it may jump.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        self.time.set(now);
        match input {
            Input::PeerConnected(peer) => self.on_connected(peer),
            Input::PeerDisconnected(peer) => self.on_disconnected(peer),
            Input::Request { peer, token, bytes } => self.on_request(peer, token, &bytes),
            Input::Served { peer, bytes } => self.charge(peer, bytes),
            Input::Response { peer, id, bytes } => self.on_response(peer, id, bytes),
            Input::Gossip { from, id, bytes } => self.on_gossip(from, id, &bytes),
            Input::Stored { log, state } => self.on_stored(log, state),
            Input::Loaded { log, seq, held } => self.on_loaded(log, seq, held.map(|held| *held)),
            Input::Rewound { log, state } => self.on_rewound(log, state),
            Input::Publish(batch) => self.on_publish(*batch),
            Input::OfferRoster(roster) => self.on_roster_offered(*roster),
            Input::NeedSalt { epoch } => self.on_need_salt(epoch),
            Input::HaveSalt { epoch } => drop(self.salts.remove(&epoch)),
            Input::Woken => {}
        }
        self.on_time();
        self.schedule_fetches();
        self.schedule_salts();
        self.join_when_caught_up();
        self.set_alarm();
        std::mem::take(&mut self.outbox)
    }

    /// The rosters.
    pub const fn rosters(&self) -> &RosterChain {
        &self.chain
    }

    /// The newest roster, indexed.
    pub const fn roster(&self) -> &RosterIndex {
        &self.roster
    }

    /// Every fork proof that is held.
    pub fn proofs(&self) -> impl Iterator<Item = &ForkProof> {
        self.proofs.values()
    }

    /// The newest announcement of each log.
    pub fn announcements(&self) -> BTreeMap<LogId, Announcement> {
        self.announcements.iter().map(|(log, word)| (*log, word.value().clone())).collect()
    }

    /// The newest durable batch of each log that is held, whether it counts or not.
    pub fn heads(&self) -> BTreeMap<LogId, Head> {
        self.logs.iter().filter_map(|(log, held)| Some((*log, held.stored?.head))).collect()
    }

    /// What the fold needs of each log: of a log that is forked or has ended, as of its last batch that counts.
    pub fn facts(&self) -> HashMap<LogId, LogFacts> {
        self.facts_of(&self.counted_heads())
    }

    fn facts_of(&self, counted: &[CountedHead]) -> HashMap<LogId, LogFacts> {
        let counted: BTreeSet<LogId> = counted.iter().map(|head| head.log).collect();
        self.logs
            .iter()
            .filter_map(|(log, held)| {
                let state = held.counted()?;
                let forked_at = self.proofs.get(log).map(ForkProof::seq);
                Some((*log, LogState { forked_at, ..state }.facts(counted.contains(log))))
            })
            .collect()
    }

    /// How fresh and complete this replica is at a time.
    pub fn coverage(&self, now: Timestamp) -> Coverage {
        let counted = self.counted_heads();
        let known = Known {
            roster: &self.roster,
            rival_roster: self.chain.rival().is_some(),
            own: self.roster.member_of(&self.config.own.node),
            cut_off: !self.connectable.contains(&self.config.own.node),
            announcements: &self.announcements(),
            heads: &self.heads(),
            logs: &self.with_proofs(self.facts_of(&counted)),
            heads_digest: coverage::heads_digest(counted.iter().map(|head| (head.log, head.seq, head.hash))),
            now,
        };
        let mut coverage = Coverage::of(&known);
        let unannounced = self.heard_and_missing();
        let sum = unannounced.iter().map(|(_, missing)| *missing).fold(0, u64::saturating_add);
        if sum > 0 {
            coverage.missing = coverage.missing.saturating_add(sum);
            coverage.missing_claim =
                coverage.missing_claim.or_else(|| Claim::gravest(&self.roster, unannounced.into_iter()));
            coverage.state = State::CatchingUp;
        }
        coverage
    }

    /// Batches whose headers came by gossip, that no announcement covers yet, and that are not held, by log.
    fn heard_and_missing(&self) -> Vec<(LogId, u64)> {
        let followed = self.logs.iter().filter(|(log, _)| self.is_followed(log));
        followed
            .map(|(log, held)| {
                let heard = self.limit(log).map_or(held.heard, |limit| held.heard.min(limit));
                let stored = held.stored.map_or(0, |state| state.head.seq);
                let announced = self.announcements.get(log).map_or(0, |word| word.seq);
                (*log, heard.saturating_sub(stored.max(announced)))
            })
            .collect()
    }

    /// The facts, and those of logs of which nothing is held but a fork proof.
    pub fn facts_with_proofs(&self) -> HashMap<LogId, LogFacts> {
        self.with_proofs(self.facts())
    }

    fn with_proofs(&self, mut facts: HashMap<LogId, LogFacts>) -> HashMap<LogId, LogFacts> {
        for (log, proof) in &self.proofs {
            facts.entry(*log).or_default().forked_at = Some(proof.seq());
        }
        facts
    }

    fn emit(&mut self, output: Output) {
        self.outbox.push(output);
    }

    fn penalize(&mut self, peer: PublicKey, fault: Fault) {
        self.emit(Output::Penalize { peer, fault });
    }

    fn join_when_caught_up(&mut self) {
        let synced = self.peers.values().any(|peer| peer.synced) && self.wants.is_empty() && self.bytes_in_store == 0;
        let alone = self.connectable.len() <= 1;
        if !self.joined && (synced || alone || self.time.uptime() >= CATCH_UP_MS_MAX) {
            self.joined = true;
            self.emit(Output::JoinGossip);
            // Others may wait for nothing but a word from this node to be fresh, and this node for one from them.
            self.announce_soon();
            let peers: Vec<PublicKey> = self.peers.keys().copied().collect();
            peers.into_iter().for_each(|peer| self.pull_words(peer));
            self.emit(Output::Event(Event::CaughtUp));
        }
    }
}

/// What a decoding error is as a fault.
const fn fault_of(error: &DecodeError) -> Fault {
    match error {
        DecodeError::TooLong { .. } => Fault::Oversize,
        DecodeError::UnknownVersion(_) => Fault::UnknownVersion,
        DecodeError::Malformed(_) | DecodeError::NotDeterministic => Fault::BadEncoding,
    }
}
