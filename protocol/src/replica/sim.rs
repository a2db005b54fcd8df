//! A network of replicas in one thread, in virtual time, from a seed: any failure replays.
//!
//! Links delay, lose and duplicate; partitions, restarts, wrong clocks and liars are part of the model. Gossip is a flood
//! over the links with one copy of each message per node, as gossipsub's duplicate cache gives it.
//! Absent on purpose: libp2p, real time, real disks.

mod consortium;
mod lie;
mod node;
mod store;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use self::{
    consortium::{Consortium, statement},
    lie::Lie,
    node::SimNode,
};
use super::{Acceptance, Event, Input, Output, time::Time};
use crate::{
    batch::Batch,
    clock::Timestamp,
    fault::{Fault, Severity},
    hash::{Digest, Label, digest},
    keys::PublicKey,
    roster::{Roster, SignedRoster},
    statement::Statement,
};

/// When every simulation starts: noon of a day in November 2026.
pub const START: Timestamp = Timestamp(20_779 * 86_400_000 + 43_200_000);
/// Milliseconds that a batch takes to the disk.
const STORE_MS: u64 = 5;
/// Milliseconds after which a peer that was cut off for a fault is dialled again.
const REDIAL_MS: u64 = 5_000;

/// Something that will happen.
enum Happening {
    Input { node: usize, generation: u32, input: Input },
    Durable { node: usize, generation: u32, batch: Box<Batch>, number: u64 },
    Request { from: usize, to: usize, id: u64, bytes: Vec<u8> },
    Gossip { from: usize, to: usize, message: Digest, bytes: Vec<u8> },
    Wake { node: usize, at: u64 },
    Redial { one: usize, other: usize },
}

/// The network.
pub struct SimNet {
    /// The keys and the genesis.
    pub consortium: Consortium,
    /// The nodes, by number.
    pub nodes: Vec<SimNode>,
    random: Time,
    now: u64,
    queue: BTreeMap<(u64, u64), Happening>,
    scheduled: u64,
    links: BTreeSet<(usize, usize)>,
    numbers: HashMap<PublicKey, usize>,
    /// Open requests by token: who asked, its id, who answers.
    open: HashMap<u64, (usize, u64, usize)>,
    next_token: u64,
    lose_percent: u64,
    duplicate_percent: u64,
    delay_ms: (u64, u64),
    /// The side of a partition that each node is on.
    sides: Vec<usize>,
    banned: BTreeSet<(usize, usize)>,
}

impl std::fmt::Debug for SimNet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimNet").field("now", &self.now).field("nodes", &self.nodes.len()).finish_non_exhaustive()
    }
}

impl SimNet {
    /// So many nodes of as many members, each linked to a neighbour and a few others, all up at the start.
    pub fn new(seed: u64, nodes: usize) -> Self {
        Self::of(Consortium::of(nodes), seed, 120_000)
    }

    /// The same with an announcement interval of one's own, in milliseconds.
    pub fn of(consortium: Consortium, seed: u64, announce_every_ms: u64) -> Self {
        let count = consortium.size();
        let nodes: Vec<SimNode> = (0..count)
            .map(|number| SimNode::new(&consortium, number, seed ^ (number as u64) << 20, announce_every_ms))
            .collect();
        let numbers = nodes.iter().enumerate().map(|(number, node)| (node.key(), number)).collect();
        let mut net = Self {
            consortium,
            nodes,
            random: Time::new(seed),
            now: 0,
            queue: BTreeMap::new(),
            scheduled: 0,
            links: BTreeSet::new(),
            numbers,
            open: HashMap::new(),
            next_token: 0,
            lose_percent: 0,
            duplicate_percent: 0,
            delay_ms: (5, 75),
            sides: vec![0; count],
            banned: BTreeSet::new(),
        };
        net.link_up();
        net
    }

    fn link_up(&mut self) {
        let count = self.nodes.len();
        for node in 0..count {
            for chord in 0..3 {
                let other = if chord == 0 { (node + 1) % count } else { self.draw(0, count as u64 - 1) as usize };
                if other != node {
                    self.links.insert((node.min(other), node.max(other)));
                }
            }
        }
        let links: Vec<_> = self.links.iter().copied().collect();
        links.into_iter().for_each(|(one, other)| self.connect(one, other));
    }

    fn draw(&mut self, low: u64, high: u64) -> u64 {
        self.random.draw(low, high)
    }

    fn chance(&mut self, percent: u64) -> bool {
        percent > 0 && self.draw(0, 99) < percent
    }

    /// Loses this share of all messages.
    pub fn lose_percent(&mut self, percent: u64) {
        self.lose_percent = percent;
    }

    /// Sends this share of all messages twice.
    pub fn duplicate_percent(&mut self, percent: u64) {
        self.duplicate_percent = percent;
    }

    /// Each message takes a time between the two, so later ones overtake earlier ones.
    pub fn delay_ms(&mut self, low: u64, high: u64) {
        self.delay_ms = (low, high);
    }

    /// Cuts every link between the nodes of `apart` and the rest.
    pub fn partition(&mut self, apart: std::ops::Range<usize>) {
        apart.for_each(|node| self.sides[node] = 1);
        self.rewire();
    }

    /// Restores all links.
    pub fn heal(&mut self) {
        self.sides.fill(0);
        self.rewire();
    }

    /// Takes a node off the network and forgets what it had not stored.
    pub fn stop(&mut self, node: usize) {
        let peers: Vec<usize> = self.nodes[node].peers.iter().copied().collect();
        peers.into_iter().for_each(|peer| self.disconnect(node, peer));
        self.nodes[node].stop();
    }

    /// Starts a node again from what it has stored.
    pub fn start(&mut self, node: usize) {
        self.nodes[node].start();
        let links: Vec<_> = self.links.iter().copied().filter(|(one, other)| *one == node || *other == node).collect();
        links.into_iter().for_each(|(one, other)| self.connect(one, other));
        self.schedule_input(0, node, Input::Woken);
    }

    /// Makes a node lie from now on.
    pub fn lie(&mut self, node: usize, lie: Lie) {
        self.nodes[node].lie = Some(lie);
    }

    /// Sets a node's clock ahead, or behind, by so many milliseconds.
    pub fn set_clock(&mut self, node: usize, ahead_ms: i64) {
        self.nodes[node].clock_ahead_ms = ahead_ms;
    }

    /// Lets a node publish so many batches of one statement each.
    pub fn publish(&mut self, node: usize, batches: u64) {
        for _ in 0..batches {
            let number = self.nodes[node].published + 1;
            self.publish_statements(node, &[statement(node as u32, number)], None);
        }
    }

    /// Lets a node publish one batch; `floor` moves its log's floor.
    pub fn publish_statements(&mut self, node: usize, statements: &[Statement], floor: Option<u64>) {
        let now = self.clock(node);
        let batch = self.nodes[node].sign_next(&self.consortium, now, statements, floor);
        self.input(node, Input::Publish(Box::new(batch)));
    }

    /// Gossips bytes from one node to another as if the first had made them.
    pub fn inject_gossip(&mut self, from: usize, to: usize, bytes: Vec<u8>) {
        self.send_gossip(from, to, bytes);
    }

    /// Feeds an input to a node.
    pub fn input(&mut self, node: usize, input: Input) {
        if !self.nodes[node].up {
            return;
        }
        let now = self.clock(node);
        for output in self.nodes[node].replica.handle(now, input) {
            self.carry_out(node, output);
        }
    }

    /// Lets governors sign a successor of the newest roster of a node, and applies it there.
    pub fn change_roster(&mut self, node: usize, change: impl FnOnce(&mut Roster)) -> SignedRoster {
        let newest = self.nodes[node].replica.rosters().newest().clone();
        let signed = self.consortium.successor(&newest, change);
        self.input(node, Input::OfferRoster(Box::new(signed.clone())));
        signed
    }

    /// Lets time pass.
    pub fn run_for_seconds(&mut self, seconds: u64) {
        let end = self.now + seconds * 1000;
        while let Some(next) = self.queue.first_entry().filter(|next| next.key().0 <= end) {
            let ((at, _), happening) = next.remove_entry();
            self.now = at;
            self.happen(happening);
        }
        self.now = end;
    }

    /// Lets time pass until all nodes that are up and honest hold the same, at most so many seconds. Answers whether they do.
    pub fn run_until_agreed(&mut self, seconds: u64) -> bool {
        for _ in 0..seconds {
            self.run_for_seconds(1);
            if self.agree() {
                return true;
            }
        }
        false
    }

    /// Whether all nodes that are up and honest hold the same.
    pub fn agree(&self) -> bool {
        let mut honest = self.nodes.iter().filter(|node| node.up && node.lie.is_none()).map(SimNode::digest);
        let first = honest.next();
        honest.all(|digest| Some(digest) == first)
    }

    /// The time by the right clock.
    pub fn time(&self) -> Timestamp {
        START.plus_ms(self.now)
    }

    /// Who a node is linked to now.
    pub fn neighbours(&self, node: usize) -> Vec<usize> {
        self.nodes[node].peers.iter().copied().collect()
    }

    fn clock(&self, node: usize) -> Timestamp {
        Timestamp(self.time().0.saturating_add_signed(self.nodes[node].clock_ahead_ms))
    }

    fn schedule(&mut self, after_ms: u64, happening: Happening) {
        self.scheduled += 1;
        self.queue.insert((self.now + after_ms, self.scheduled), happening);
    }

    fn schedule_input(&mut self, after_ms: u64, node: usize, input: Input) {
        let generation = self.nodes[node].generation;
        self.schedule(after_ms, Happening::Input { node, generation, input });
    }

    fn is_apart(&self, one: usize, other: usize) -> bool {
        let pair = (one.min(other), one.max(other));
        self.sides[one] != self.sides[other] || self.banned.contains(&pair)
    }

    fn connect(&mut self, one: usize, other: usize) {
        let up = self.nodes[one].up && self.nodes[other].up;
        let (one_key, other_key) = (self.nodes[one].key(), self.nodes[other].key());
        let admitted = |node: &SimNode, peer: &PublicKey| node.replica.roster().roster().may_connect(peer);
        let gated = admitted(&self.nodes[one], &other_key) && admitted(&self.nodes[other], &one_key);
        if !up || !gated || self.is_apart(one, other) || !self.nodes[one].peers.insert(other) {
            return;
        }
        self.nodes[other].peers.insert(one);
        self.schedule_input(0, one, Input::PeerConnected(other_key));
        self.schedule_input(0, other, Input::PeerConnected(one_key));
    }

    fn disconnect(&mut self, one: usize, other: usize) {
        if !self.nodes[one].peers.remove(&other) {
            return;
        }
        self.nodes[other].peers.remove(&one);
        let (one_key, other_key) = (self.nodes[one].key(), self.nodes[other].key());
        self.schedule_input(0, one, Input::PeerDisconnected(other_key));
        self.schedule_input(0, other, Input::PeerDisconnected(one_key));
    }

    fn rewire(&mut self) {
        let links: Vec<_> = self.links.iter().copied().collect();
        for (one, other) in links {
            if self.is_apart(one, other) { self.disconnect(one, other) } else { self.connect(one, other) }
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Input { node, generation, input } => {
                if self.nodes[node].generation == generation {
                    self.input(node, input);
                }
            }
            Happening::Durable { node, generation, batch, number } => {
                let held = &mut self.nodes[node];
                if held.generation == generation
                    && let Some(state) = held.make_durable(*batch, number)
                {
                    let (log, state) = state;
                    self.input(node, Input::Stored { log, state });
                }
            }
            Happening::Request { from, to, id, bytes } => {
                if self.nodes[from].peers.contains(&to) {
                    self.next_token += 1;
                    self.open.insert(self.next_token, (from, id, to));
                    let (peer, token) = (self.nodes[from].key(), self.next_token);
                    self.input(to, Input::Request { peer, token, bytes });
                }
            }
            Happening::Gossip { from, to, message, bytes } => {
                let node = &mut self.nodes[to];
                if node.up && node.joined && node.peers.contains(&from) && node.seen.insert(message) {
                    self.next_token += 1;
                    let id = self.next_token;
                    node.waiting.insert(id, bytes.clone());
                    let from = self.nodes[from].key();
                    self.input(to, Input::Gossip { from, id, bytes });
                }
            }
            Happening::Wake { node, at } => {
                if self.nodes[node].wake_at == Some(at) {
                    self.nodes[node].wake_at = None;
                    self.input(node, Input::Woken);
                }
            }
            Happening::Redial { one, other } => self.connect(one, other),
        }
    }

    fn carry_out(&mut self, node: usize, output: Output) {
        match output {
            Output::Send { peer, id, bytes } => self.send_request(node, peer, id, bytes),
            Output::Respond { token, bytes } => self.respond(token, bytes),
            Output::ValidateGossip { id, acceptance, .. } => {
                let waited = self.nodes[node].waiting.remove(&id);
                if let Some(bytes) = waited.filter(|_| acceptance == Acceptance::Accept) {
                    self.flood(node, bytes);
                }
            }
            Output::Publish(bytes) => {
                if self.nodes[node].seen.insert(digest(Label::Header, &[&bytes])) {
                    self.flood(node, bytes);
                }
            }
            Output::Store(batch) => {
                let generation = self.nodes[node].generation;
                let number = self.scheduled;
                self.schedule(STORE_MS, Happening::Durable { node, generation, batch, number });
            }
            Output::Penalize { peer, fault } => self.punish(node, peer, fault),
            Output::Wake { after_ms } => {
                let at = self.now + after_ms;
                if self.nodes[node].wake_at.is_none_or(|before| before <= self.now || before > at) {
                    self.nodes[node].wake_at = Some(at);
                    self.schedule(after_ms, Happening::Wake { node, at });
                }
            }
            Output::RosterChanged => self.gate(node),
            Output::ServeGrant { token, member, epoch } => {
                let bytes = self.nodes[node].grant(&self.consortium, member, epoch, self.time());
                self.respond(token, bytes);
            }
            other => self.keep_or_serve(node, other),
        }
    }

    /// What concerns one node's own store.
    fn keep_or_serve(&mut self, node: usize, output: Output) {
        let number = self.scheduled;
        match self.nodes[node].carry_out(output, number) {
            node::Done::Nothing => {}
            node::Done::Answer { token, bytes } => self.respond(token, bytes),
            node::Done::Input(input) => self.schedule_input(1, node, input),
        }
    }

    fn gate(&mut self, node: usize) {
        for peer in self.neighbours(node) {
            let key = self.nodes[peer].key();
            if !self.nodes[node].replica.roster().roster().may_connect(&key) {
                self.disconnect(node, peer);
            }
        }
        // Whoever was admitted again is dialled again.
        let links: Vec<_> = self.links.iter().copied().filter(|(one, other)| *one == node || *other == node).collect();
        links.into_iter().for_each(|(one, other)| self.schedule(REDIAL_MS, Happening::Redial { one, other }));
    }

    fn punish(&mut self, node: usize, peer: PublicKey, fault: Fault) {
        let Some(other) = self.numbers.get(&peer).copied() else { return };
        self.nodes[node].faults.push((other, fault));
        match fault.severity() {
            Severity::Tolerate => {}
            Severity::Disconnect => {
                self.disconnect(node, other);
                self.schedule(REDIAL_MS, Happening::Redial { one: node, other });
            }
            Severity::Ban => {
                self.banned.insert((node.min(other), node.max(other)));
                self.disconnect(node, other);
            }
        }
    }

    fn delay(&mut self) -> u64 {
        let (low, high) = self.delay_ms;
        self.draw(low, high)
    }

    fn send_request(&mut self, from: usize, peer: PublicKey, id: u64, bytes: Vec<u8>) {
        let Some(to) = self.numbers.get(&peer).copied() else { return };
        self.nodes[from].sent_bytes += bytes.len() as u64;
        if self.chance(self.lose_percent) {
            return;
        }
        let delay = self.delay();
        self.schedule(delay, Happening::Request { from, to, id, bytes });
    }

    fn respond(&mut self, token: u64, bytes: Vec<u8>) {
        let Some((asker, id, answerer)) = self.open.remove(&token) else { return };
        let lie = self.nodes[answerer].lie;
        let Some(bytes) = lie.map_or(Some(bytes.clone()), |lie| lie.answer(bytes)) else { return };
        self.nodes[answerer].sent_bytes += bytes.len() as u64;
        if self.chance(self.lose_percent) {
            return;
        }
        let late = lie.map_or(0, |lie| lie.delay_ms(&bytes));
        let (delay, peer) = (self.delay() + late, self.nodes[answerer].key());
        self.schedule_input(delay, asker, Input::Response { peer, id, bytes: Some(bytes) });
    }

    fn flood(&mut self, from: usize, bytes: Vec<u8>) {
        for to in self.neighbours(from) {
            self.send_gossip(from, to, bytes.clone());
        }
    }

    fn send_gossip(&mut self, from: usize, to: usize, bytes: Vec<u8>) {
        let bytes = self.nodes[from].lie.map_or_else(|| bytes.clone(), |lie| lie.relay(bytes.clone()));
        let message = digest(Label::Header, &[&bytes]);
        for _ in 0..=u32::from(self.chance(self.duplicate_percent)) {
            if !self.chance(self.lose_percent) {
                let delay = self.delay();
                self.schedule(delay, Happening::Gossip { from, to, message, bytes: bytes.clone() });
            }
        }
    }

    /// Every event that a node told.
    pub fn events(&self, node: usize) -> &[Event] {
        &self.nodes[node].events
    }
}
