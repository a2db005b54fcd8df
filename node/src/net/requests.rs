//! The requests of one protocol under way in both directions, each bounded over all and for each peer.
//!
//! Every protocol has a table of its own: libp2p numbers the requests of each by itself.
//! Invariant: a request of ours leaves the table exactly once, with exactly one result for whoever asked.
//! Invariant: a request of a peer counts until its answer is written, so that unread answers bound what we hold.

use std::collections::BTreeMap;

use bytes::Bytes;
use libp2p::PeerId;
use libp2p::request_response::{InboundRequestId, OutboundRequestId, ResponseChannel};

use super::event::ResponseToken;

/// How many requests may be under way at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) outbound: usize,
    pub(super) outbound_per_peer: usize,
    pub(super) inbound: usize,
    pub(super) inbound_per_peer: usize,
}

/// What is under way: `Out` is kept with each request of ours, `In` with each request of a peer.
#[derive(Debug)]
pub(super) struct Requests<Out, In> {
    bounds: Bounds,
    outbound: BTreeMap<OutboundRequestId, (PeerId, Out)>,
    inbound: BTreeMap<InboundRequestId, (PeerId, In)>,
}

/// Why a peer's request is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Full {
    /// All peers together ask too much; nobody is to blame.
    Everybody,
    /// This peer asks too much.
    Peer,
}

impl<Out, In> Requests<Out, In> {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, outbound: BTreeMap::new(), inbound: BTreeMap::new() }
    }

    /// Whether another request to `peer` may go out.
    pub(super) fn room_for(&self, peer: &PeerId) -> bool {
        let to_peer = self.outbound.values().filter(|(to, _)| to == peer).count();
        self.outbound.len() < self.bounds.outbound && to_peer < self.bounds.outbound_per_peer
    }

    /// A request went out.
    pub(super) fn sent(&mut self, wire: OutboundRequestId, peer: PeerId, kept: Out) {
        self.outbound.insert(wire, (peer, kept));
    }

    /// A request ended.
    pub(super) fn ended(&mut self, wire: OutboundRequestId) -> Option<(PeerId, Out)> {
        self.outbound.remove(&wire)
    }

    /// A request came in.
    pub(super) fn received(&mut self, wire: InboundRequestId, peer: PeerId, kept: In) -> Result<(), Full> {
        if self.inbound.values().filter(|(from, _)| *from == peer).count() >= self.bounds.inbound_per_peer {
            return Err(Full::Peer);
        }
        if self.inbound.len() >= self.bounds.inbound {
            return Err(Full::Everybody);
        }
        self.inbound.insert(wire, (peer, kept));
        Ok(())
    }

    /// A peer's request is over: answered or failed.
    pub(super) fn finished(&mut self, wire: InboundRequestId) {
        self.inbound.remove(&wire);
    }
}

/// Where the way back is kept in the table, it is taken when the answer is handed over.
impl<Out> Requests<Out, Option<ResponseChannel<Bytes>>> {
    /// The way back for an answer; `None` once the request was answered, timed out, or lost its connection.
    pub(super) fn answer(&mut self, token: ResponseToken) -> Option<ResponseChannel<Bytes>> {
        let (_, channel) = self.inbound.get_mut(&token.0)?;
        channel.take()
    }
}
