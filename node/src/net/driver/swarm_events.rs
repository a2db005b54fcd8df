//! What each event of the swarm means for the engine.

use std::time::SystemTime;

use bytes::Bytes;
use libp2p::core::ConnectedPoint;
use libp2p::gossipsub::{self, MessageAcceptance};
use libp2p::metrics::Recorder;
use libp2p::request_response::{self, Message, OutboundFailure};
use libp2p::swarm::{ConnectionDenied, ConnectionId, DialError, ListenError, SwarmEvent};
use libp2p::{PeerId, identify, mdns, ping};
use tokio::time::Instant;

use super::Driver;
use crate::net::behaviour::BehaviourEvent;
use crate::net::codec::FrameTooLong;
use crate::net::event::{NetEvent, RequestFailure, ResponseToken, WireFault};
use crate::net::gate::Denied;
use crate::net::gossip::GossipId;
use crate::net::key::node_key;
use crate::net::requests::Full;

impl Driver {
    pub(super) fn on_swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        self.record(&event);
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour_event(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_opened(peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, .. } => self.on_closed(&peer_id, connection_id),
            SwarmEvent::NewListenAddr { address, .. } => self.tell(NetEvent::Listening(address)),
            SwarmEvent::IncomingConnectionError { error, .. } => self.count_refusal(&error),
            SwarmEvent::OutgoingConnectionError { peer_id: Some(peer), error, .. } => self.on_dial_error(&peer, &error),
            SwarmEvent::ListenerClosed { reason: Err(error), .. } | SwarmEvent::ListenerError { error, .. } => {
                tracing::warn!(%error, "a listener failed");
            }
            _ => {}
        }
    }

    fn on_opened(&mut self, peer: PeerId, connection: ConnectionId, endpoint: &ConnectedPoint) {
        if endpoint.is_dialer() {
            self.dialer.succeeded(&peer);
        }
        if self.peers.opened(peer, connection, endpoint, SystemTime::now()) {
            self.dialer.connected(&peer, Instant::now());
            self.tell_of(&peer, NetEvent::Connected);
        }
    }

    fn on_closed(&mut self, peer: &PeerId, connection: ConnectionId) {
        if self.peers.closed(peer, connection) {
            self.dialer.lost(peer, Instant::now());
            self.tell_of(peer, NetEvent::Disconnected);
        }
    }

    fn on_behaviour_event(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Gossip(event) => self.on_gossip(event),
            BehaviourEvent::Identify(identify::Event::Received { peer_id, info, .. }) => {
                self.peers.identified(&peer_id, &info.agent_version);
            }
            BehaviourEvent::Mdns(mdns::Event::Discovered(found)) => {
                for (peer, address) in found {
                    if self.admits(&peer) {
                        self.dialer.discovered(peer, address, Instant::now());
                    }
                }
            }
            BehaviourEvent::Ping(event) => self.on_ping(event),
            BehaviourEvent::Rpc(event) => self.on_rpc(event),
            BehaviourEvent::Steward(event) => self.on_steward(event),
            _ => {}
        }
    }

    fn on_rpc(&mut self, event: request_response::Event<Result<Bytes, FrameTooLong>, Bytes>) {
        use request_response::Event;
        match event {
            Event::Message { peer, message: Message::Request { request_id, request, channel }, .. } => match request {
                Ok(bytes) => self.on_request(peer, request_id, bytes, channel),
                Err(FrameTooLong { .. }) => self.blame(&peer, WireFault::OversizedRequest),
            },
            Event::Message { message: Message::Response { request_id, response }, .. } => {
                self.on_response(request_id, Ok(response));
            }
            Event::OutboundFailure { peer, request_id, error, .. } => {
                let failure = failure(&error);
                if failure == RequestFailure::Oversized {
                    self.blame(&peer, WireFault::OversizedResponse);
                }
                self.on_response(request_id, Err(failure));
            }
            Event::InboundFailure { request_id, .. } | Event::ResponseSent { request_id, .. } => {
                self.requests.finished(request_id);
            }
        }
    }

    fn on_request(
        &mut self,
        peer: PeerId,
        wire: request_response::InboundRequestId,
        bytes: Bytes,
        channel: request_response::ResponseChannel<Bytes>,
    ) {
        let Some(key) = self.admitted(&peer) else {
            return;
        };
        match self.requests.received(wire, peer, Some(channel)) {
            Ok(()) => self.tell(NetEvent::Request { peer: key, token: ResponseToken(wire), bytes }),
            Err(Full::Peer) => self.blame(&peer, WireFault::TooManyRequests),
            Err(Full::Everybody) => {
                tracing::debug!("too many requests of peers are under way; one was dropped")
            }
        }
    }

    /// A request of ours ended. Told even if the peer is gone: the engine waits for exactly one end.
    fn on_response(&mut self, wire: request_response::OutboundRequestId, result: Result<Bytes, RequestFailure>) {
        let Some((peer, id)) = self.requests.ended(wire) else {
            return;
        };
        let result = if self.admits(&peer) { result } else { Err(RequestFailure::Closed) };
        self.tell_of(&peer, |peer| NetEvent::Response { peer, id, result });
    }

    fn on_gossip(&mut self, event: gossipsub::Event) {
        match event {
            gossipsub::Event::Message { propagation_source, message_id, message } => {
                let id: Option<[u8; 32]> = message_id.0.as_slice().try_into().ok();
                match (self.admitted(&propagation_source), id) {
                    (Some(from), Some(message_hash)) => self.tell(NetEvent::Gossip {
                        from,
                        id: GossipId { message: message_hash, from },
                        bytes: message.data.into(),
                    }),
                    _ => self.judge(&message_id, &propagation_source, MessageAcceptance::Ignore),
                }
            }
            gossipsub::Event::Subscribed { peer_id, topic, .. }
                if topic == self.topic.hash() && self.admits(&peer_id) =>
            {
                self.tell_of(&peer_id, NetEvent::GossipReady);
            }
            _ => {}
        }
    }

    fn on_ping(&mut self, event: ping::Event) {
        if self.peers.pinged(&event.peer, event.connection, event.result.ok()) {
            self.swarm.close_connection(event.connection);
        }
    }

    fn on_dial_error(&mut self, peer: &PeerId, error: &DialError) {
        tracing::debug!(%error, "a peer could not be dialled");
        self.dialer.failed(peer, Instant::now());
    }

    fn count_refusal(&mut self, error: &ListenError) {
        match error {
            ListenError::Denied { cause } => match gate_said(cause) {
                Some(Denied::Stranger) => self.refusals.strangers += 1,
                Some(Denied::Banned) => self.refusals.banned += 1,
                None => self.refusals.limited += 1,
            },
            ListenError::Transport(_) | ListenError::WrongPeerId { .. } => self.refusals.handshakes += 1,
            ListenError::Aborted | ListenError::LocalPeerId { .. } => {}
        }
    }

    pub(super) fn blame(&mut self, peer: &PeerId, fault: WireFault) {
        self.tell_of(peer, |peer| NetEvent::Misbehaved { peer, fault });
    }

    fn tell_of(&mut self, peer: &PeerId, event: impl FnOnce([u8; 32]) -> NetEvent) {
        if let Some(key) = node_key(peer) {
            self.tell(event(key));
        }
    }

    fn record(&self, event: &SwarmEvent<BehaviourEvent>) {
        let Some(metrics) = &self.metrics else { return };
        metrics.record(event);
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Gossip(event)) => metrics.record(event),
            SwarmEvent::Behaviour(BehaviourEvent::Identify(event)) => metrics.record(event),
            SwarmEvent::Behaviour(BehaviourEvent::Ping(event)) => metrics.record(event),
            _ => {}
        }
    }
}

fn gate_said(cause: &ConnectionDenied) -> Option<Denied> {
    cause.downcast_ref::<Denied>().copied()
}

pub(super) fn failure(error: &OutboundFailure) -> RequestFailure {
    match error {
        OutboundFailure::DialFailure => RequestFailure::NotConnected,
        OutboundFailure::Io(error) if FrameTooLong::behind(error).is_some() => RequestFailure::Oversized,
        OutboundFailure::ConnectionClosed | OutboundFailure::Io(_) => RequestFailure::Closed,
        OutboundFailure::Timeout => RequestFailure::Timeout,
        OutboundFailure::UnsupportedProtocols => RequestFailure::Unsupported,
    }
}
