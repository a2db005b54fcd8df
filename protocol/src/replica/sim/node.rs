//! One simulated node: a replica, its disk, and the shell between the two.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{
    super::{Config, Event, Input, Kept, Output, Replica, heads_digest},
    Consortium, Lie,
    store::Store,
};
use crate::{
    batch::{Batch, Draft},
    clock::Timestamp,
    fault::Fault,
    hash::Digest,
    keys::{PublicKey, SecretKey},
    ledger::{Entry, LogState, View},
    log::{Incarnation, LogId, Place},
    roster::{MemberId, RosterChain},
    salt::{GrantScope, grant},
    statement::Statement,
    tag::{Salt, Tags},
    verdict::{Finding, Query, fold},
    wire::{BatchPage, Message, Response},
};

/// One node.
#[derive(Debug)]
pub struct SimNode {
    /// Its replica.
    pub replica: Replica,
    /// Whom it found wrong, and how.
    pub faults: Vec<(usize, Fault)>,
    /// What its replica told.
    pub events: Vec<Event>,
    /// Bytes of requests and answers that it sent.
    pub sent_bytes: u64,
    /// The salt that it opened from a grant.
    pub salt: Option<Salt>,
    pub(super) store: Store,
    pub(super) up: bool,
    pub(super) joined: bool,
    pub(super) generation: u32,
    pub(super) peers: BTreeSet<usize>,
    pub(super) lie: Option<Lie>,
    pub(super) clock_ahead_ms: i64,
    pub(super) seen: HashSet<Digest>,
    pub(super) waiting: HashMap<u64, Vec<u8>>,
    pub(super) wake_at: Option<u64>,
    pub(super) published: u64,
    own_head: Option<(u64, Digest, Timestamp, u64)>,
    config: Config,
    founding: RosterChain,
    number: usize,
    /// Batches handed over before this point of a log's life were voided by a rewind.
    voided: HashMap<LogId, u64>,
}

/// What the network has to do about an output.
pub(super) enum Done {
    Nothing,
    Answer { token: u64, bytes: Vec<u8> },
    Input(Input),
}

impl SimNode {
    pub(super) fn new(consortium: &Consortium, number: usize, seed: u64, announce_every_ms: u64) -> Self {
        let key = consortium.keys[number].clone();
        let own = LogId { node: key.public(), incarnation: Incarnation([1; 16]) };
        let sync_every_ms = crate::limits::SYNC_EVERY_MS;
        let config = Config { key, own, announce_every_ms, sync_every_ms, seed };
        let founding = consortium.chain.clone();
        let store = Store::default();
        Self {
            replica: Replica::new(config.clone(), kept(&founding, &store)),
            faults: Vec::new(),
            events: Vec::new(),
            sent_bytes: 0,
            salt: None,
            store,
            up: true,
            joined: false,
            generation: 0,
            peers: BTreeSet::new(),
            lie: None,
            clock_ahead_ms: 0,
            seen: HashSet::new(),
            waiting: HashMap::new(),
            wake_at: None,
            published: 0,
            own_head: None,
            config,
            founding,
            number,
            voided: HashMap::new(),
        }
    }

    pub(super) fn key(&self) -> PublicKey {
        self.config.own.node
    }

    /// Its own log.
    pub fn log(&self) -> LogId {
        self.config.own
    }

    /// The digest of everything that counts here, and of the roster.
    pub fn digest(&self) -> (Digest, Digest) {
        (heads_digest(&self.replica.counted_heads()), self.replica.rosters().newest().id())
    }

    /// The id of a held batch's header.
    pub fn held_id(&self, log: &LogId, seq: u64) -> Option<Digest> {
        self.store.held(log, seq).map(|held| held.header.id())
    }

    /// Every statement that is held.
    pub fn entries(&self) -> Vec<Entry> {
        self.store.entries()
    }

    /// What every subject's statements add up to at a time, by subject.
    pub fn findings(&self, now: Timestamp) -> BTreeMap<crate::tag::Tag, Finding> {
        let facts = self.replica.facts();
        let view = View { roster: self.replica.roster(), logs: &facts, now };
        let mut subjects: BTreeMap<_, Vec<Entry>> = BTreeMap::new();
        for entry in self.entries() {
            subjects.entry(entry.statement.subject).or_default().push(entry);
        }
        let found = subjects.into_iter().map(|(subject, entries)| {
            let tags = [Tags { epoch: 1, subject, derived: Vec::new() }];
            (subject, fold(&Query { tags: &tags }, &entries, &view))
        });
        found.filter(|(_, finding)| !finding.reports.is_empty()).collect()
    }

    pub(super) fn stop(&mut self) {
        self.up = false;
        self.joined = false;
        self.generation += 1;
        self.wake_at = None;
        self.waiting.clear();
        self.seen.clear();
    }

    pub(super) fn start(&mut self) {
        self.up = true;
        self.config.seed += 1;
        self.replica = Replica::new(self.config.clone(), kept(&self.founding, &self.store));
        let held = self.store.states().get(&self.config.own).map(|state| state.head);
        self.own_head = held.map(|head| (head.seq, head.hash, head.issued, head.floor));
    }

    pub(super) fn sign_next(
        &mut self,
        consortium: &Consortium,
        now: Timestamp,
        statements: &[Statement],
        floor: Option<u64>,
    ) -> Batch {
        let issued = self.own_head.map_or(now, |(_, _, before, _)| before.max(now));
        let draft = Draft {
            consortium: consortium.chain.consortium(),
            log: self.config.own,
            head: self.own_head.map(|(seq, hash, ..)| (seq, hash)),
            floor: floor.unwrap_or_else(|| self.own_head.map_or(1, |(.., floor)| floor)),
            issued,
            epoch: 1,
            continues: None::<Place>,
        };
        let batch = draft.sign(statements, &self.config.key).expect("simulated statements keep the rules");
        self.own_head = Some((batch.header.seq, batch.header.id(), issued, batch.header.floor));
        self.published += 1;
        batch
    }

    /// The batch is on the disk now, unless a rewind came between.
    pub(super) fn make_durable(&mut self, batch: Batch, number: u64) -> Option<(LogId, LogState)> {
        let log = batch.header.log;
        let void = self.voided.get(&log).is_some_and(|rewound| number < *rewound);
        (!void).then(|| (log, self.store.append(batch)))
    }

    pub(super) fn grant(&self, consortium: &Consortium, to: MemberId, epoch: u32, now: Timestamp) -> Vec<u8> {
        let scope = GrantScope { consortium: consortium.chain.consortium(), epoch, to };
        let sealing = super::consortium::sealing_key(to.0 as usize).public();
        let mut random = Counter(u64::from(to.0));
        let key: &SecretKey = &self.config.key;
        let sealed = grant(scope, &consortium.salt(), &sealing, key, now, &mut random).ok();
        Response::Grant(sealed.map(|grant| grant.bytes().to_vec().into())).to_bytes()
    }

    pub(super) fn carry_out(&mut self, output: Output, number: u64) -> Done {
        match output {
            Output::ServeBatches { token, log, from, max_bytes, .. } => {
                Done::Answer { token, bytes: self.page(log, from, max_bytes) }
            }
            Output::ServeBody { token, log, seq, hash, .. } => {
                let stored = self.store.logs.get(&log).and_then(|held| held.get(&seq));
                let body = stored.filter(|stored| stored.batch.header.id() == hash).and_then(|s| s.batch.body.clone());
                Done::Answer { token, bytes: Response::Body(body.map(|body| Vec::from(body).into())).to_bytes() }
            }
            Output::ServeHeader { token, log, seq } => {
                let header = self.store.held(&log, seq).map(|held| held.header.bytes().to_vec().into());
                Done::Answer { token, bytes: Response::Header(header).to_bytes() }
            }
            Output::Load { log, seq } => {
                Done::Input(Input::Loaded { log, seq, held: self.store.held(&log, seq).map(Box::new) })
            }
            Output::Rewind { log, to } => {
                self.voided.insert(log, number + 1);
                Done::Input(Input::Rewound { log, state: self.store.rewind(log, to) })
            }
            Output::OpenGrant(grant) => {
                let commitment = self.replica.roster().roster().epochs[0].commitment;
                self.salt = grant.open(&super::consortium::sealing_key(self.number), &commitment).ok();
                Done::Input(Input::HaveSalt { epoch: grant.epoch })
            }
            other => {
                self.keep(other);
                Done::Nothing
            }
        }
    }

    fn keep(&mut self, output: Output) {
        match output {
            Output::JoinGossip => self.joined = true,
            Output::Event(event) => self.events.push(event),
            Output::StoreRoster(roster) => self.store.rosters.push(*roster),
            Output::StoreProof(proof) => drop(self.store.proofs.insert(proof.log(), *proof)),
            Output::StoreAnnouncement(word) => drop(self.store.announcements.insert(word.log, *word)),
            Output::DropAnnouncement(log) => drop(self.store.announcements.remove(&log)),
            _ => {}
        }
    }

    fn page(&self, log: LogId, from: u64, max_bytes: u32) -> Vec<u8> {
        let mut page = BatchPage::new(max_bytes);
        let held = self.store.logs.get(&log).into_iter().flat_map(|held| held.range(from..));
        for (expected, (seq, stored)) in (from..).zip(held) {
            let batch = &stored.batch;
            if *seq != expected || !page.push(batch.header.bytes(), batch.body.as_deref()) {
                return page.finish(*seq == expected);
            }
        }
        page.finish(false)
    }
}

fn kept(founding: &RosterChain, store: &Store) -> Kept {
    let mut chain = founding.clone();
    for roster in &store.rosters {
        // Stored in the order in which they were taken: each is taken again.
        let _ = chain.offer(roster.clone());
    }
    Kept {
        chain,
        logs: store.states(),
        proofs: store.proofs.values().cloned().collect(),
        announcements: store.announcements.values().cloned().collect(),
    }
}

/// Numbers that look random enough to seal with, in a simulation.
struct Counter(u64);

impl rand_core::TryRng for Counter {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|number| number as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        Ok(self.0)
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Self::Error> {
        for byte in into {
            *byte = self.try_next_u64().map_or(0, |number| (number >> 32) as u8);
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Counter {}
