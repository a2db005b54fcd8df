//! Real nodes on real loopback sockets, ports chosen by the system, every wait with a deadline.

#![allow(clippy::unwrap_used, reason = "tests")]

mod asks;
mod exchange;
mod gate;
mod gossip;
mod raw;
mod reach;

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time;

use super::ask::End;
use super::*;

/// A wait this long on loopback means that what is awaited will never come.
const DEADLINE: Duration = Duration::from_secs(30);
const CONSORTIUM: [u8; 32] = [0xC0; 32];

fn seed(number: u8) -> [u8; 32] {
    [number; 32]
}

fn key_of(number: u8) -> NodeKey {
    Keypair::ed25519_from_bytes(seed(number)).unwrap().public().try_into_ed25519().unwrap().to_bytes()
}

/// A node that listens on loopback and redials fast.
fn config(number: u8) -> NetConfig {
    NetConfig {
        node_seed: Zeroizing::new(seed(number)),
        consortium_id: CONSORTIUM,
        listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
        external: Vec::new(),
        extra_peers: Vec::new(),
        mdns: false,
        limits: Limits {
            redial_min: Duration::from_millis(50),
            redial_max: Duration::from_millis(400),
            ..Limits::default()
        },
    }
}

fn peer(number: u8, addresses: &[&Multiaddr]) -> Peer {
    Peer { node_key: key_of(number), addresses: addresses.iter().copied().cloned().collect() }
}

/// What ends in time, or never.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    time::timeout(DEADLINE, future).await.expect("what is awaited comes in time")
}

struct TestNode {
    handle: NetHandle,
    events: mpsc::Receiver<NetEvent>,
    asked: mpsc::Receiver<Asked>,
    address: Multiaddr,
}

impl TestNode {
    /// Starts a node that need not listen.
    fn silent(config: NetConfig, allowed: Vec<Peer>, registry: Option<&mut Registry>) -> Self {
        let Started { handle, events, asked } = Network::start(config, allowed, registry).unwrap();
        Self { handle, events, asked, address: Multiaddr::empty() }
    }

    /// Starts a node and waits until it listens.
    async fn start(config: NetConfig, allowed: Vec<Peer>) -> Self {
        let mut node = Self::silent(config, allowed, None);
        node.address =
            node.find(|event| if let NetEvent::Listening(address) = event { Some(address) } else { None }).await;
        node
    }

    fn key(&self) -> NodeKey {
        self.handle.node_key()
    }

    /// The first event that `pick` takes; others are passed over.
    async fn find<T>(&mut self, mut pick: impl FnMut(NetEvent) -> Option<T>) -> T {
        let search = async {
            loop {
                let event = self.events.recv().await.expect("the network runs");
                if let Some(found) = pick(event) {
                    return found;
                }
            }
        };
        soon(search).await
    }

    async fn connected(&mut self, wanted: NodeKey) {
        self.find(|event| matches!(event, NetEvent::Connected(peer) if peer == wanted).then_some(())).await;
    }

    async fn disconnected(&mut self, wanted: NodeKey) {
        self.find(|event| matches!(event, NetEvent::Disconnected(peer) if peer == wanted).then_some(())).await;
    }

    async fn request(&mut self) -> (NodeKey, ResponseToken, bytes::Bytes) {
        self.find(|event| match event {
            NetEvent::Request { peer, token, bytes } => Some((peer, token, bytes)),
            _ => None,
        })
        .await
    }

    async fn response(&mut self) -> (RequestId, Result<bytes::Bytes, RequestFailure>) {
        self.find(|event| match event {
            NetEvent::Response { id, result, .. } => Some((id, result)),
            _ => None,
        })
        .await
    }

    async fn fault(&mut self) -> (NodeKey, WireFault) {
        self.find(|event| match event {
            NetEvent::Misbehaved { peer, fault } => Some((peer, fault)),
            _ => None,
        })
        .await
    }

    async fn gossip(&mut self) -> (GossipId, bytes::Bytes) {
        self.find(|event| match event {
            NetEvent::Gossip { id, bytes, .. } => Some((id, bytes)),
            _ => None,
        })
        .await
    }

    async fn refusals(&mut self) -> Refusals {
        self.find(|event| if let NetEvent::Refused(refusals) = event { Some(refusals) } else { None }).await
    }

    /// Asks, in a task of its own.
    fn ask(&self, peer: NodeKey, bytes: impl Into<bytes::Bytes>) -> JoinHandle<End> {
        tokio::spawn(self.handle.ask(peer, bytes.into()))
    }

    /// The next question that comes in.
    async fn asked(&mut self) -> Asked {
        soon(self.asked.recv()).await.expect("the network runs")
    }

    /// Fills the queue of events, so that the network takes nothing from its peers until they are taken.
    async fn stall(&self) {
        for number in 0..(EVENT_QUEUE as u64 + 8) {
            self.handle.request(key_of(0xFE), RequestId(number), bytes::Bytes::new()).unwrap(); // fails, with an event
        }
        self.handle.peers().await.unwrap(); // by now all have
    }

    /// Stops; whatever was asked and not taken.
    async fn stopped(mut self) -> Option<Asked> {
        self.handle.shutdown().await.unwrap();
        soon(self.asked.recv()).await
    }

    async fn stop(self) {
        self.handle.shutdown().await.unwrap();
    }
}

/// Two connected nodes; the second dials the first.
async fn pair(first: NetConfig, second: NetConfig) -> (TestNode, TestNode) {
    let mut first = TestNode::start(first, vec![peer(2, &[])]).await;
    let mut second = TestNode::start(second, vec![peer(1, &[&first.address])]).await;
    first.connected(second.key()).await;
    second.connected(first.key()).await;
    (first, second)
}
