//! Peers that are on the roster and keep none of our limits.

use bytes::Bytes;
use futures::StreamExt;
use libp2p::request_response::{self, Message, ProtocolSupport, ResponseChannel};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{StreamProtocol, ping};

use super::super::codec::Codec;
use super::*;

/// How often a raw peer pings; a ping shows that what was written before it has been read.
const PING_EVERY: Duration = Duration::from_millis(10);
/// Round trips on a connection after which its task at the other end has read and handled what was written before.
const PINGS: usize = 5;

#[derive(NetworkBehaviour)]
pub(super) struct RawBehaviour {
    pub(super) exchange: request_response::Behaviour<Codec>,
    ping: ping::Behaviour,
}

/// A raw peer that speaks one protocol.
pub(super) fn peer(number: u8, protocol: &'static str) -> Swarm<RawBehaviour> {
    let keypair = Keypair::ed25519_from_bytes(seed(number)).unwrap();
    let transport = transport::build(&keypair, &config(number), None).unwrap();
    let codec = Codec { request_max: usize::MAX, response_max: usize::MAX };
    let protocol = (StreamProtocol::new(protocol), ProtocolSupport::Full);
    let patient = request_response::Config::default().with_request_timeout(2 * DEADLINE);
    let behaviour = RawBehaviour {
        exchange: request_response::Behaviour::with_codec(codec, [protocol], patient),
        ping: ping::Behaviour::new(ping::Config::new().with_interval(PING_EVERY)),
    };
    let settings = libp2p::swarm::Config::with_tokio_executor().with_idle_connection_timeout(DEADLINE);
    Swarm::new(transport, behaviour, keypair.public().to_peer_id(), settings)
}

/// A raw peer connected with `node`, which has it on its list.
pub(super) async fn connected(number: u8, protocol: &'static str, node: &mut TestNode) -> Swarm<RawBehaviour> {
    let mut raw = peer(number, protocol);
    raw.dial(node.address.clone()).unwrap();
    let key = key_of(number);
    tokio::select! {
        () = node.connected(key) => raw,
        _ = async { while raw.next().await.is_some() {} } => unreachable!("a swarm never ends"),
    }
}

/// Runs `raw` until it was asked something; the way back.
pub(super) async fn asked(raw: &mut Swarm<RawBehaviour>) -> ResponseChannel<Bytes> {
    soon(async {
        loop {
            let event = raw.select_next_some().await;
            if let SwarmEvent::Behaviour(RawBehaviourEvent::Exchange(request_response::Event::Message {
                message: Message::Request { channel, .. },
                ..
            })) = event
            {
                return channel;
            }
        }
    })
    .await
}

/// Runs `raw` until the other end of its connection has all that it wrote.
pub(super) async fn delivered(raw: &mut Swarm<RawBehaviour>) {
    soon(async {
        let mut pings = 0;
        while pings < PINGS {
            let event = raw.select_next_some().await;
            pings += usize::from(
                matches!(event, SwarmEvent::Behaviour(RawBehaviourEvent::Ping(ping)) if ping.result.is_ok()),
            );
        }
    })
    .await;
}

/// Runs `raw` and tells whenever a question of its failed.
pub(super) async fn failures(mut raw: Swarm<RawBehaviour>, tell: mpsc::UnboundedSender<()>) {
    loop {
        let event = raw.select_next_some().await;
        if let SwarmEvent::Behaviour(RawBehaviourEvent::Exchange(request_response::Event::OutboundFailure { .. })) =
            event
        {
            let _ = tell.send(()); // the test may have ended
        }
    }
}
