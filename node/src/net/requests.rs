//! The requests under way in both directions, each bounded over all and for each peer.
//!
//! Invariant: a request of ours leaves the table exactly once, with exactly one result for the engine.
//! Invariant: a request of a peer counts until its answer is written, so that unread answers bound what we hold.

use std::collections::BTreeMap;

use bytes::Bytes;
use libp2p::PeerId;
use libp2p::request_response::{InboundRequestId, OutboundRequestId, ResponseChannel};

use super::event::{RequestId, ResponseToken};
use super::settings::{INBOUND_REQUESTS, INBOUND_REQUESTS_PER_PEER, OUTBOUND_REQUESTS, OUTBOUND_REQUESTS_PER_PEER};

#[derive(Debug)]
struct Inbound {
    peer: PeerId,
    token: ResponseToken,
    /// Taken when the answer is handed over.
    channel: Option<ResponseChannel<Bytes>>,
}

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Requests {
    outbound: BTreeMap<OutboundRequestId, (PeerId, RequestId)>,
    inbound: BTreeMap<InboundRequestId, Inbound>,
    tokens: u64,
}

/// Why a peer's request is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Full {
    /// All peers together ask too much; nobody is to blame.
    Everybody,
    /// This peer asks too much.
    Peer,
}

impl Requests {
    /// Whether another request to `peer` may go out.
    pub(super) fn room_for(&self, peer: &PeerId) -> bool {
        let to_peer = self.outbound.values().filter(|(to, _)| to == peer).count();
        self.outbound.len() < OUTBOUND_REQUESTS && to_peer < OUTBOUND_REQUESTS_PER_PEER
    }

    /// A request went out.
    pub(super) fn sent(&mut self, wire: OutboundRequestId, peer: PeerId, id: RequestId) {
        self.outbound.insert(wire, (peer, id));
    }

    /// A request ended.
    pub(super) fn ended(&mut self, wire: OutboundRequestId) -> Option<(PeerId, RequestId)> {
        self.outbound.remove(&wire)
    }

    /// A request came in; the token is what the engine answers with.
    pub(super) fn received(
        &mut self,
        wire: InboundRequestId,
        peer: PeerId,
        channel: ResponseChannel<Bytes>,
    ) -> Result<ResponseToken, Full> {
        if self.inbound.values().filter(|inbound| inbound.peer == peer).count() >= INBOUND_REQUESTS_PER_PEER {
            return Err(Full::Peer);
        }
        if self.inbound.len() >= INBOUND_REQUESTS {
            return Err(Full::Everybody);
        }
        self.tokens += 1;
        let token = ResponseToken(self.tokens);
        self.inbound.insert(wire, Inbound { peer, token, channel: Some(channel) });
        Ok(token)
    }

    /// The way back for an answer; `None` once the request was answered, timed out, or lost its connection.
    pub(super) fn answer(&mut self, token: ResponseToken) -> Option<ResponseChannel<Bytes>> {
        self.inbound.values_mut().find(|inbound| inbound.token == token)?.channel.take()
    }

    /// A peer's request is over: answered or failed.
    pub(super) fn finished(&mut self, wire: InboundRequestId) {
        self.inbound.remove(&wire);
    }
}
