//! Ten networks without a node behind them: every message is accepted at once.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{sync::mpsc, task::JoinSet, time::timeout};
use zeroize::Zeroizing;

use super::{NODES, PATIENCE, PAUSE, WARM_UP};
use crate::{
    bench::{
        BenchError,
        rig::{free_addresses, multiaddr, node_seed},
    },
    net::{Acceptance, Limits, Multiaddr, NetConfig, NetEvent, NetHandle, Network, Peer, Started},
};

/// Bytes of a header and a small body.
const MESSAGE_BYTES: usize = 400;

/// Publishes one by one; how long each took to be everywhere, sorted.
pub(super) async fn run(publications: usize) -> Result<Vec<Duration>, BenchError> {
    let addresses = free_addresses(NODES)?;
    let peers = addresses.iter().enumerate().map(|(at, address)| peer(at, *address)).collect::<Result<Vec<_>, _>>()?;
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let (ready, mut readies) = mpsc::unbounded_channel();
    let mut handles = Vec::new();
    let mut tasks = JoinSet::new();
    for (at, address) in addresses.into_iter().enumerate() {
        let others = peers.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, peer)| peer.clone()).collect();
        let Started { handle, events, .. } = Network::start(config(at, address)?, others, None)?;
        handle.join_gossip();
        tasks.spawn(accept(handle.clone(), events, arrived.clone(), ready.clone()));
        handles.push(handle);
    }
    let everybody = async {
        for _ in 0..NODES * (NODES - 1) {
            readies.recv().await;
        }
    };
    timeout(PATIENCE, everybody).await.map_err(|_| BenchError::wrong("the bare networks did not find each other"))?;

    let mut times = Vec::with_capacity(publications);
    for number in 0..WARM_UP + publications {
        let started = Instant::now();
        let mut message = vec![0x5A; MESSAGE_BYTES];
        message[..8].copy_from_slice(&(number as u64).to_le_bytes());
        handles[number % NODES].publish_gossip(message.into()).map_err(BenchError::wrong)?;
        let mut missing = NODES - 1;
        while missing > 0 {
            let arrival = timeout(PATIENCE, arrivals.recv()).await;
            let arrival = arrival.ok().flatten().ok_or_else(|| BenchError::wrong("gossip did not reach everybody"))?;
            missing -= usize::from(arrival == number as u64);
        }
        if number >= WARM_UP {
            times.push(started.elapsed());
        }
        tokio::time::sleep(PAUSE).await;
    }
    for handle in handles {
        handle.shutdown().await?;
    }
    times.sort_unstable();
    Ok(times)
}

/// Accepts every message and says which one it was.
async fn accept(
    handle: NetHandle,
    mut events: mpsc::Receiver<NetEvent>,
    arrived: mpsc::UnboundedSender<u64>,
    ready: mpsc::UnboundedSender<()>,
) {
    while let Some(event) = events.recv().await {
        match event {
            NetEvent::Gossip { id, bytes, .. } => {
                let _ = handle.validate_gossip(id, Acceptance::Accept); // a busy network makes the run fail by itself
                let _ = arrived.send(number(&bytes));
            }
            NetEvent::GossipReady(_) => {
                let _ = ready.send(());
            }
            _ => {}
        }
    }
}

fn number(message: &Bytes) -> u64 {
    message.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn peer(at: usize, address: SocketAddr) -> Result<Peer, BenchError> {
    let key = larum_protocol::keys::SecretKey::from_seed(&node_seed(at)).public();
    Ok(Peer { node_key: key.0, addresses: vec![listen(address)?] })
}

fn listen(address: SocketAddr) -> Result<Multiaddr, BenchError> {
    multiaddr(address).parse().map_err(BenchError::wrong)
}

fn config(at: usize, address: SocketAddr) -> Result<NetConfig, BenchError> {
    Ok(NetConfig {
        node_seed: Zeroizing::new(node_seed(at)),
        consortium_id: [0xBE; 32],
        listen: vec![listen(address)?],
        external: Vec::new(),
        extra_peers: Vec::new(),
        mdns: false,
        limits: Limits::default(),
    })
}
