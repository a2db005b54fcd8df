//! The libp2p shell: peers, bytes and streams.
//!
//! It connects this node with the nodes on an allow list, carries requests and responses between them, and spreads
//! gossip that the engine has judged. Beside that it carries questions to the stewards of others and back, of which the
//! engine knows nothing. Payloads are opaque.
//!
//! Invariant (I7): a peer that is not on the allow list gets no stream of ours; one that is taken off loses its
//! connections at once, and nothing it sent reaches the engine or the steward after.
//! Invariant (I10): every queue, table, frame and wait is bounded by a constant in [`settings`].
//! Absent on purpose: rosters, logs, statements, and what deserves a penalty. The engine decides those.
//!
//! ```text
//! engine --NetHandle--> [commands] --> driver --> Swarm<Behaviour>   gate, limits, identify, ping, rpc, gossip
//! engine <--NetEvent--- [events]   <-- driver <--
//!
//! NetHandle::ask --> [asks]  --> driver --> Swarm<Behaviour>   the same gate and connections
//! steward <--Asked-- [asked] <-- driver <--
//! ```

mod ask;
mod behaviour;
mod codec;
mod dialer;
mod driver;
mod event;
mod gate;
mod gossip;
mod handle;
mod key;
mod peers;
mod requests;
pub mod settings;
#[cfg(test)]
mod tests;
mod transport;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use libp2p::Multiaddr;
use libp2p::PeerId;
use libp2p::gossipsub::IdentTopic;
use libp2p::identity::Keypair;
use libp2p::metrics::Metrics;
use libp2p::swarm::Swarm;
use prometheus_client::registry::Registry;
use tokio::sync::{Mutex, mpsc, watch};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

pub use self::ask::{Asked, Reply};
use self::behaviour::Behaviour;
use self::dialer::Dialer;
use self::driver::{Channels, Driver};
pub use self::event::{NetEvent, Refusals, RequestFailure, RequestId, ResponseToken, Severity, WireFault};
pub use self::gossip::{Acceptance, GossipId};
use self::handle::Wanted;
pub use self::handle::{NetHandle, Refusal};
pub use self::key::{NodeKey, node_key, peer_id, split_peer};
pub use self::peers::{Direction, PeerInfo};
pub use self::settings::Limits;
use self::settings::{ASK_QUEUE, ASKED_QUEUE, COMMAND_QUEUE, EVENT_QUEUE, IDLE_TIMEOUT};

/// A node that may connect, and where it can be dialled.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Peer {
    /// The node's key.
    pub node_key: NodeKey,
    /// Its addresses; empty for a node that only dials out.
    pub addresses: Vec<Multiaddr>,
}

/// What a network needs to start.
pub struct NetConfig {
    /// The node key's secret seed (RFC 8032, 32 bytes).
    pub node_seed: Zeroizing<[u8; 32]>,
    /// The consortium; goes into every handshake and names the gossip topic.
    pub consortium_id: [u8; 32],
    /// Addresses to listen on; none for a node that only dials out.
    pub listen: Vec<Multiaddr>,
    /// Addresses at which others reach this node, if it knows.
    pub external: Vec<Multiaddr>,
    /// Further addresses of allowed peers, each ending in `/p2p/<peer id>`.
    pub extra_peers: Vec<Multiaddr>,
    /// Whether to look for allowed peers on the local network (mDNS, RFC 6762).
    pub mdns: bool,
    /// What a deployment may change.
    pub limits: Limits,
}

impl fmt::Debug for NetConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetConfig").field("listen", &self.listen).field("mdns", &self.mdns).finish_non_exhaustive()
    }
}

/// Why a network does not start or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// An address to listen on is taken, not of this machine, or of a transport that is not built in.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: Multiaddr,
        /// What the system said.
        reason: String,
    },
    /// The network's task panicked.
    #[error("the network task ended by a panic")]
    Panicked,
    /// An extra peer's address does not end in `/p2p/<peer id>`.
    #[error("the peer address {0} does not end in /p2p/ and a peer id")]
    PeerAddress(Multiaddr),
    /// libp2p refused our settings.
    #[error("the network cannot be set up: {0}")]
    Setup(String),
}

/// A running network: how to speak to it, and what comes out of it.
#[derive(Debug)]
pub struct Started {
    /// How to speak to it.
    pub handle: NetHandle,
    /// What it tells the engine. While it is full the network takes nothing from its peers; dropping it stops the
    /// network.
    pub events: mpsc::Receiver<NetEvent>,
    /// What peers ask this node's steward. A question that finds it full or dropped ends at once; a node that is no
    /// steward drops it.
    pub asked: mpsc::Receiver<Asked>,
}

/// Starts networks.
#[derive(Debug)]
pub struct Network;

impl Network {
    /// Starts a network within the current tokio runtime. Figures go to `registry` if one is given.
    pub fn start(
        config: NetConfig,
        allowed: Vec<Peer>,
        mut registry: Option<&mut Registry>,
    ) -> Result<Started, NetError> {
        let keypair = keypair(&config.node_seed)?;
        let topic = gossip::topic(&config.consortium_id);
        let swarm = swarm(&keypair, &config, &allowed, &topic, registry.as_deref_mut())?;
        let metrics = registry.map(Metrics::new);
        let limits = config.limits;
        let extra = extra_peers(&config.extra_peers)?;
        let dialer = Dialer::new(extra, limits.redial_min, limits.redial_max, rand::random());

        let (commands, commands_in) = mpsc::channel(COMMAND_QUEUE);
        let (events_out, events) = mpsc::channel(EVENT_QUEUE);
        let (wanted, wanted_in) = watch::channel(Wanted { allowed: allowed.into(), gossip: false });
        let stop = CancellationToken::new();
        let (asks, asks_in) = mpsc::channel(ASK_QUEUE);
        let (asked_out, asked) = mpsc::channel(ASKED_QUEUE);
        let channels = Channels {
            commands: commands_in,
            wanted: wanted_in,
            events: events_out,
            asks: asks_in,
            asked: asked_out,
            stop: stop.clone(),
        };
        let local = *swarm.local_peer_id();
        let driver = Driver::new(swarm, topic, limits.clone(), dialer, channels, metrics);
        let handle = NetHandle {
            node_key: node_key(&local).expect("an Ed25519 key has an Ed25519 peer id"),
            limits,
            commands,
            asks,
            wanted: Arc::new(wanted),
            stop,
            task: Arc::new(Mutex::new(Some(tokio::spawn(driver.run())))),
        };
        Ok(Started { handle, events, asked })
    }
}

/// The swarm by our settings, listening.
fn swarm(
    keypair: &Keypair,
    config: &NetConfig,
    allowed: &[Peer],
    topic: &IdentTopic,
    mut registry: Option<&mut Registry>,
) -> Result<Swarm<Behaviour>, NetError> {
    let transport = transport::build(keypair, config, registry.as_deref_mut())?;
    let allowed = driver::peer_ids(allowed);
    let behaviour = behaviour::build(keypair, config, allowed, topic, registry)?;
    let settings = libp2p::swarm::Config::with_tokio_executor().with_idle_connection_timeout(IDLE_TIMEOUT);
    let mut swarm = Swarm::new(transport, behaviour, keypair.public().to_peer_id(), settings);
    for address in &config.listen {
        swarm
            .listen_on(address.clone())
            .map_err(|error| NetError::Listen { address: address.clone(), reason: error.to_string() })?;
    }
    for address in &config.external {
        swarm.add_external_address(address.clone());
    }
    Ok(swarm)
}

fn keypair(seed: &[u8; 32]) -> Result<Keypair, NetError> {
    let copy = Zeroizing::new(*seed); // libp2p wipes what it is given
    Keypair::ed25519_from_bytes(copy).map_err(|error| NetError::Setup(error.to_string()))
}

fn extra_peers(addresses: &[Multiaddr]) -> Result<BTreeMap<PeerId, Vec<Multiaddr>>, NetError> {
    let mut extra = BTreeMap::<PeerId, Vec<Multiaddr>>::new();
    for address in addresses {
        let (peer, bare) = split_peer(address).ok_or_else(|| NetError::PeerAddress(address.clone()))?;
        extra.entry(peer).or_default().push(bare);
    }
    Ok(extra)
}
