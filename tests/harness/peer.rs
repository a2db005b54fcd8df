//! A libp2p peer that a test drives by hand: it holds a key, and none of the manners.

use std::{collections::VecDeque, time::Duration};

use larum_node::net::{
    Acceptance, Asked, Limits, NetConfig, NetEvent, NetHandle, Network, Peer, RequestFailure, RequestId, Started,
};
use larum_protocol::{
    batch::Batch,
    hash::Digest,
    wire::{Gossip, List, Message, RawBatch, Request, Response, RosterHead},
};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use crate::{consortium::Consortium, place::P2P_PORT, wait::PATIENCE};

/// A peer without a node behind it.
#[derive(Debug)]
pub struct RawPeer {
    net: NetHandle,
    events: mpsc::Receiver<NetEvent>,
    target: [u8; 32],
    roster: RosterHead,
    next: u64,
    /// What it answers to every question; by itself it says that it holds the same, and is silent about the rest.
    pub answer: Option<Vec<u8>>,
    /// Batches that it hands out to whoever asks for them, of one log and in order.
    pub holds: Vec<Batch>,
    /// What it was asked.
    pub asked: VecDeque<Vec<u8>>,
    questions: Option<mpsc::Receiver<Asked>>,
    /// Gossip that it heard.
    pub heard: VecDeque<Vec<u8>>,
    /// Whether the target is connected now.
    pub connected: bool,
    /// Whether the target takes gossip from it.
    pub gossips: bool,
}

impl RawPeer {
    /// A peer with the node key of `seed`, that dials the node of key `target` at `address`, in the consortium `id`.
    pub fn dial(seed: [u8; 32], id: Digest, target: [u8; 32], address: std::net::IpAddr) -> Self {
        Self::among(seed, id, &[(target, address)])
    }

    /// The same, of several nodes that it dials; the first is the one whose connection it tells of.
    pub fn among(seed: [u8; 32], id: Digest, targets: &[([u8; 32], std::net::IpAddr)]) -> Self {
        let target = targets.first().expect("somebody to dial").0;
        let peer = |(node_key, address): &([u8; 32], std::net::IpAddr)| {
            let address = format!("/ip4/{address}/tcp/{P2P_PORT}").parse().expect("an address");
            Peer { node_key: *node_key, addresses: vec![address] }
        };
        let config = NetConfig {
            node_seed: seed.into(),
            consortium_id: id.0,
            listen: Vec::new(),
            external: Vec::new(),
            extra_peers: Vec::new(),
            mdns: false,
            // As much as anybody could send.
            limits: Limits {
                request_bytes_max: 16 * 1024 * 1024,
                response_bytes_max: 64 * 1024 * 1024,
                redial_min: Duration::from_millis(200),
                redial_max: Duration::from_millis(500),
                ..Limits::default()
            },
        };
        let peers = targets.iter().map(peer).collect();
        let Started { handle: net, events, asked: questions } =
            Network::start(config, peers, None).expect("a peer starts");
        net.join_gossip();
        let (asked, heard) = (VecDeque::new(), VecDeque::new());
        let roster = RosterHead { version: 0, id, rival: false }; // the genesis names the consortium
        Self {
            net,
            events,
            target,
            roster,
            next: 0,
            answer: None,
            holds: Vec::new(),
            asked,
            questions: Some(questions),
            heard,
            connected: false,
            gossips: false,
        }
    }

    /// The first node of member `member`, that dials the first node of member `target`.
    pub fn of(consortium: &Consortium, member: usize, target: usize) -> Self {
        let (own, other) = (&consortium.members[member], &consortium.members[target]);
        Self::dial(own.node_seed(0), consortium.id(), other.node_key(0).public().0, other.address(0))
    }

    /// A node of member `member`, that dials the first nodes of the members `targets`.
    pub fn node(consortium: &Consortium, member: usize, node: usize, targets: &[usize]) -> Self {
        let target = |target: &usize| {
            let keys = &consortium.members[*target];
            (keys.node_key(0).public().0, keys.address(0))
        };
        let targets: Vec<_> = targets.iter().map(target).collect();
        Self::among(consortium.members[member].node_seed(node), consortium.id(), &targets)
    }

    /// Its network, to ask stewards by while it goes on handling events ([`Self::meanwhile`]).
    pub fn net(&self) -> NetHandle {
        self.net.clone()
    }

    /// What nodes ask it as a steward. Until this is called they get no answer.
    pub fn questions(&mut self) -> mpsc::Receiver<Asked> {
        self.questions.take().expect("nobody took them before")
    }

    /// Handles events until `done`; `false` if that did not come true in time.
    pub async fn run_until(&mut self, within: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let deadline = Instant::now() + within;
        while !done(self) {
            match timeout_at(deadline, self.events.recv()).await {
                Ok(Some(event)) => drop(self.handle(event)),
                Ok(None) | Err(_) => return done(self),
            }
        }
        true
    }

    /// Goes on handling events while something else is waited for.
    pub async fn meanwhile<T>(&mut self, other: impl Future<Output = T>) -> T {
        tokio::select! {
            done = other => done,
            _ = self.run_until(4 * PATIENCE, |_| false) => panic!("what was waited for never came"),
        }
    }

    /// Waits for the connection; panics if there is none in time.
    pub async fn connected(&mut self) {
        assert!(self.run_until(PATIENCE, |peer| peer.connected).await, "the node does not let the peer in");
    }

    /// Waits until the node takes gossip from it.
    pub async fn gossiping(&mut self) {
        assert!(self.run_until(PATIENCE, |peer| peer.gossips).await, "the node does not gossip with the peer");
    }

    /// Sends a request and waits for what comes back.
    pub async fn ask(&mut self, bytes: Vec<u8>) -> Result<Vec<u8>, RequestFailure> {
        self.next += 1;
        let id = RequestId(self.next);
        if self.net.request(self.target, id, bytes.into()).is_err() {
            return Err(RequestFailure::Busy);
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let event = timeout_at(deadline, self.events.recv()).await.expect("a request ends in time");
            let ended = self.handle(event.expect("the network runs"));
            if let Some((_, result)) = ended.filter(|(ended, _)| *ended == id) {
                return result;
            }
        }
    }

    /// Sends a request of the protocol and reads the answer.
    pub async fn ask_for(&mut self, request: &Request) -> Option<Response> {
        let answer = self.ask(request.to_bytes()).await.ok()?;
        Some(Response::from_bytes(&answer).expect("an honest node answers in the protocol"))
    }

    /// Floods a batch, with its body.
    pub fn gossip_batch(&self, batch: &Batch) {
        let body = batch.body.as_ref().map(|body| body.to_vec().into());
        self.gossip(Gossip::Batch { header: batch.header.bytes().to_vec().into(), body }.to_bytes());
    }

    /// Floods bytes.
    pub fn gossip(&self, bytes: Vec<u8>) {
        // Too large for an honest network is too large to get out; that is another test's business.
        self.net.publish_gossip(bytes.into()).expect("the payload fits");
    }

    /// What lets a node catch up at once: the same heads, and no news.
    fn manners(&self, asked: &[u8]) -> Option<Vec<u8>> {
        let answer = match Request::from_bytes(asked).ok()? {
            Request::Heads { .. } => Response::Same(self.roster),
            Request::Announcements { .. } => Response::Announcements { announcements: List::of([]), more: false },
            Request::Batches { from, .. } if !self.holds.is_empty() => {
                let raw = |batch: &Batch| RawBatch {
                    header: batch.header.bytes().to_vec().into(),
                    body: batch.body.as_ref().map(|body| body.to_vec().into()),
                };
                let batches = self.holds.iter().filter(|batch| batch.header.seq >= from).map(raw);
                Response::Batches { batches: List::of(batches), more: false }
            }
            _ => return None,
        };
        Some(answer.to_bytes())
    }

    fn handle(&mut self, event: NetEvent) -> Option<(RequestId, Result<Vec<u8>, RequestFailure>)> {
        match event {
            NetEvent::Connected(peer) if peer == self.target => self.connected = true,
            NetEvent::Disconnected(peer) if peer == self.target => (self.connected, self.gossips) = (false, false),
            NetEvent::GossipReady(peer) if peer == self.target => self.gossips = true,
            NetEvent::Request { token, bytes, .. } => {
                self.asked.push_back(bytes.to_vec());
                if let Some(answer) = self.answer.clone().or_else(|| self.manners(&bytes)) {
                    let _ = self.net.respond(token, answer.into()); // an asker may have gone
                }
            }
            NetEvent::Gossip { id, bytes, .. } => {
                self.heard.push_back(bytes.to_vec());
                let _ = self.net.validate_gossip(id, Acceptance::Ignore); // forgotten already, perhaps
            }
            NetEvent::Response { id, result, .. } => return Some((id, result.map(|bytes| bytes.to_vec()))),
            NetEvent::Connected(_)
            | NetEvent::Disconnected(_)
            | NetEvent::GossipReady(_)
            | NetEvent::Listening(_)
            | NetEvent::Misbehaved { .. }
            | NetEvent::Refused(_) => {}
        }
        None
    }
}
