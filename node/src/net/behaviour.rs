//! The stack of behaviours. The order is part of the design: the gate first.

use std::collections::BTreeSet;
use std::iter;

use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::gossipsub::IdentTopic;
use libp2p::identity::Keypair;
use libp2p::request_response::{self, ProtocolSupport};
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{PeerId, StreamProtocol, identify, mdns, memory_connection_limits, ping};
use prometheus_client::registry::Registry;

use super::codec::Codec;
use super::gate::Gate;
use super::gossip::{self, Gossipsub};
use super::settings::{
    CONNECTIONS_PER_PEER, IDENTIFY_PROTOCOL, Limits, MEMORY_SHARE, OUTBOUND_MAX, PENDING_INCOMING, PING_INTERVAL,
    PING_TIMEOUT, RPC_PROTOCOL, RPC_STREAMS, STEWARD_PROTOCOL, STEWARD_STREAMS,
};
use super::{NetConfig, NetError};

/// Asked in this order whether a connection may be.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    pub(super) gate: Gate,
    pub(super) connections: connection_limits::Behaviour,
    pub(super) memory: memory_connection_limits::Behaviour,
    pub(super) identify: identify::Behaviour,
    pub(super) ping: ping::Behaviour,
    pub(super) rpc: request_response::Behaviour<Codec>,
    pub(super) steward: request_response::Behaviour<Codec>,
    pub(super) gossip: Gossipsub,
    pub(super) mdns: Toggle<mdns::tokio::Behaviour>,
}

/// The stack by our settings.
pub(super) fn build(
    keypair: &Keypair,
    config: &NetConfig,
    allowed: BTreeSet<PeerId>,
    topic: &IdentTopic,
    registry: Option<&mut Registry>,
) -> Result<Behaviour, NetError> {
    Ok(Behaviour {
        gate: Gate::new(allowed),
        connections: connection_limits::Behaviour::new(connection_limits(&config.limits)),
        memory: memory_connection_limits::Behaviour::with_max_percentage(MEMORY_SHARE),
        identify: identify::Behaviour::new(identify_config(keypair)),
        ping: ping::Behaviour::new(ping::Config::new().with_interval(PING_INTERVAL).with_timeout(PING_TIMEOUT)),
        rpc: rpc(&config.limits),
        steward: steward(&config.limits),
        gossip: gossip::behaviour(topic, registry)?,
        mdns: mdns(keypair, config.mdns)?,
    })
}

/// Inbound connections cannot use up the room for those we dial ourselves, so nobody can eclipse the node.
fn connection_limits(limits: &Limits) -> ConnectionLimits {
    ConnectionLimits::default()
        .with_max_pending_incoming(Some(PENDING_INCOMING))
        .with_max_pending_outgoing(Some(OUTBOUND_MAX))
        .with_max_established_incoming(Some(limits.established.saturating_sub(OUTBOUND_MAX)))
        .with_max_established_outgoing(Some(OUTBOUND_MAX))
        .with_max_established(Some(limits.established))
        .with_max_established_per_peer(Some(CONNECTIONS_PER_PEER))
}

/// Tells the version and nothing about this machine; keeps no addresses of others: the roster has them.
fn identify_config(keypair: &Keypair) -> identify::Config {
    identify::Config::new(IDENTIFY_PROTOCOL.to_owned(), keypair.public())
        .with_agent_version(concat!("larum/", env!("CARGO_PKG_VERSION")).to_owned())
        .with_hide_listen_addrs(true)
        .with_cache_size(0)
}

fn rpc(limits: &Limits) -> request_response::Behaviour<Codec> {
    let codec = Codec { request_max: limits.request_bytes_max, response_max: limits.response_bytes_max };
    let config = request_response::Config::default()
        .with_request_timeout(limits.request_timeout)
        .with_max_concurrent_streams(RPC_STREAMS);
    exchange(RPC_PROTOCOL, codec, config)
}

fn steward(limits: &Limits) -> request_response::Behaviour<Codec> {
    let codec =
        Codec { request_max: limits.steward_request_bytes_max, response_max: limits.steward_response_bytes_max };
    let config = request_response::Config::default()
        .with_request_timeout(limits.steward_timeout)
        .with_max_concurrent_streams(STEWARD_STREAMS);
    exchange(STEWARD_PROTOCOL, codec, config)
}

fn exchange(name: &'static str, codec: Codec, config: request_response::Config) -> request_response::Behaviour<Codec> {
    let protocol = (StreamProtocol::new(name), ProtocolSupport::Full);
    request_response::Behaviour::with_codec(codec, iter::once(protocol), config)
}

fn mdns(keypair: &Keypair, wanted: bool) -> Result<Toggle<mdns::tokio::Behaviour>, NetError> {
    if !wanted {
        return Ok(None.into());
    }
    let mdns = mdns::tokio::Behaviour::new(mdns::Config::default(), keypair.public().to_peer_id())
        .map_err(|error| NetError::Setup(error.to_string()))?;
    Ok(Some(mdns).into())
}
