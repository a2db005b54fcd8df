//! A replica, the disk beside it and peers that say what an input makes them say.
//!
//! Laws: every request is answered at most once and every gossip message judged at most once; what goes out is within
//! the size limits; batches of a log go to the disk in ascending order; carrying out outputs comes to an end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use larum_protocol::{
    batch::Header,
    clock::Timestamp,
    keys::PublicKey,
    ledger::{HeldBatch, LogState},
    limits::{GOSSIP_BYTES_MAX, REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX},
    log::LogId,
    replica::{Config, Held, Input, Kept, Output, Replica},
    roster::SignedRoster,
    signed::Signed,
    wire::{Message, Request},
};

use crate::{
    craft::founded,
    in_budget,
    support::{log_of, node_key, now},
};

/// Bytes that one input may cost a replica of three members, whose state is small.
const INPUT_BYTES: usize = 4 * 1024 * 1024;

/// Outputs of one input, and rounds of carrying them out, beyond which something runs away.
const ROUNDS_MAX: usize = 4_096;

/// A node that has nothing but its genesis roster.
#[derive(Debug)]
pub struct Node {
    /// The replica under test.
    pub replica: Replica,
    /// What it asked and nobody answered yet.
    pub asked: Vec<(PublicKey, u64, Request)>,
    /// The rosters that it may have heard of.
    pub rosters: Vec<SignedRoster>,
    now: Timestamp,
    disk: BTreeMap<LogId, Vec<(Signed<Header>, LogState)>>,
    waiting: BTreeSet<u64>,
    names: u64,
}

impl Node {
    /// Starts it as the first member's node.
    pub fn start() -> Self {
        let config = Config {
            key: node_key(1),
            own: log_of(1),
            announce_every_ms: 120_000,
            sync_every_ms: (10_000, 30_000),
            seed: 1,
        };
        let chain = founded();
        let rosters = vec![chain.newest().clone()];
        let kept = Kept { chain, logs: BTreeMap::new(), proofs: Vec::new(), announcements: Vec::new() };
        let replica = Replica::new(config, kept);
        let (disk, waiting) = (BTreeMap::new(), BTreeSet::new());
        Self { replica, asked: Vec::new(), rosters, now: now(), disk, waiting, names: 0 }
    }

    /// Lets time pass.
    pub fn pass(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
        self.take(Input::Woken);
    }

    /// A peer asks.
    pub fn request(&mut self, peer: PublicKey, bytes: Vec<u8>) {
        let token = self.name();
        self.take(Input::Request { peer, token, bytes });
    }

    /// A peer passes gossip on.
    pub fn gossip(&mut self, from: PublicKey, bytes: Vec<u8>) {
        let id = self.name();
        self.take(Input::Gossip { from, id, bytes });
    }

    fn name(&mut self) -> u64 {
        self.names += 1;
        self.waiting.insert(self.names);
        self.names
    }

    /// Hands an input to the replica and carries out what follows.
    pub fn take(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        for round in 0.. {
            assert!(round < ROUNDS_MAX, "carrying out outputs does not end");
            let Some(input) = inputs.pop_front() else { break };
            let now = self.now;
            let outputs = in_budget(INPUT_BYTES, || self.replica.handle(now, input));
            assert!(outputs.len() < ROUNDS_MAX, "{} outputs of one input", outputs.len());
            inputs.extend(outputs.into_iter().filter_map(|output| self.carry_out(output)));
        }
        drop(self.replica.coverage(self.now));
    }

    fn carry_out(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::Send { peer, id, bytes } => {
                assert!(bytes.len() <= REQUEST_BYTES_MAX);
                self.asked.push((peer, id, Request::from_bytes(&bytes).expect("a request that peers can read")));
            }
            Output::Respond { token, bytes } => {
                assert!(bytes.len() <= RESPONSE_BYTES_MAX);
                self.settle(token);
            }
            Output::ServeBatches { token, .. }
            | Output::ServeBody { token, .. }
            | Output::ServeHeader { token, .. }
            | Output::ServeGrant { token, .. } => self.settle(token),
            Output::ValidateGossip { id, .. } => self.settle(id),
            Output::Publish(bytes) => assert!(bytes.len() <= GOSSIP_BYTES_MAX),
            Output::Store(batch) => return Some(self.store(batch.header)),
            Output::Load { log, seq } => {
                let held =
                    self.held(log, seq).map(|(header, state)| Box::new(Held { header: header.clone(), state: *state }));
                return Some(Input::Loaded { log, seq, held });
            }
            Output::Rewind { log, to } => {
                let batches = self.disk.entry(log).or_default();
                batches.retain(|(header, _)| header.seq <= to);
                return Some(Input::Rewound { log, state: batches.last().map(|(_, state)| *state) });
            }
            Output::StoreRoster(roster) => self.rosters.push(*roster),
            _ => {}
        }
        None
    }

    fn settle(&mut self, name: u64) {
        assert!(self.waiting.remove(&name), "answered twice, or never asked");
    }

    fn held(&self, log: LogId, seq: u64) -> Option<&(Signed<Header>, LogState)> {
        self.disk.get(&log)?.iter().find(|(header, _)| header.seq == seq)
    }

    fn store(&mut self, header: Signed<Header>) -> Input {
        let log = header.log;
        let batches = self.disk.entry(log).or_default();
        let state = match batches.last() {
            Some((before, state)) if before.seq + 1 == header.seq => {
                let held = |seq| {
                    let (header, state) = batches.iter().find(|(header, _)| header.seq == seq)?;
                    Some(HeldBatch { day: header.issued.day(), before: state.day.minus(header.counts) })
                };
                state.advance(&header, held)
            }
            Some((before, _)) => {
                assert!(before.seq < header.seq, "batch {} is stored behind {}", header.seq, before.seq);
                LogState::enter(&header)
            }
            None => LogState::enter(&header),
        };
        batches.push((header, state));
        Input::Stored { log, state }
    }
}
