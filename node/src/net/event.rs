//! What the network tells the engine, and the names of what can go wrong.

use std::time::Duration;

use bytes::Bytes;
use libp2p::Multiaddr;
use libp2p::request_response::InboundRequestId;

use super::gossip::GossipId;
use super::key::NodeKey;

/// The engine's own number for a request; it comes back with the response.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RequestId(pub u64);

/// Stands for one request of a peer that waits for an answer.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ResponseToken(pub(super) InboundRequestId);

/// Everything the network reports.
#[derive(Debug)]
pub enum NetEvent {
    /// The node listens on this address.
    Listening(Multiaddr),
    /// The first connection with a peer stands.
    Connected(NodeKey),
    /// The last connection with a peer is gone.
    Disconnected(NodeKey),
    /// A peer joined the gossip of this consortium: what is published from now on can reach it.
    GossipReady(NodeKey),
    /// A peer asks; answer with `NetHandle::respond`.
    Request {
        /// Who asks.
        peer: NodeKey,
        /// What to answer with; worthless once the request timed out.
        token: ResponseToken,
        /// At most `Limits::request_bytes_max` bytes.
        bytes: Bytes,
    },
    /// How a request of ours ended; told exactly once for each.
    Response {
        /// Who was asked.
        peer: NodeKey,
        /// The engine's number.
        id: RequestId,
        /// At most `Limits::response_bytes_max` bytes, or why there are none.
        result: Result<Bytes, RequestFailure>,
    },
    /// A gossip message that must be judged with `NetHandle::validate_gossip` before it goes on.
    Gossip {
        /// Who handed it over.
        from: NodeKey,
        /// What to judge it by.
        id: GossipId,
        /// At most 16 KiB.
        bytes: Bytes,
    },
    /// A peer broke the framing; the engine decides on the penalty.
    Misbehaved {
        /// Who.
        peer: NodeKey,
        /// How.
        fault: WireFault,
    },
    /// Connections refused since the last such event; at most one event a second.
    Refused(Refusals),
}

/// Connections that were refused, by reason.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Refusals {
    /// By a peer that is not on the roster.
    pub strangers: u64,
    /// By a peer that is banned for a while.
    pub banned: u64,
    /// Because a limit on connections or memory was reached.
    pub limited: u64,
    /// In the handshake: no libp2p peer, or one of another consortium.
    pub handshakes: u64,
}

impl Refusals {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Why a request brought no response.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RequestFailure {
    /// Too many requests are under way, over all or to this peer.
    #[error("too many requests are under way")]
    Busy,
    /// The connection or the stream ended before the answer did.
    #[error("the connection ended before the answer")]
    Closed,
    /// There is no connection with the peer.
    #[error("the peer is not connected")]
    NotConnected,
    /// The peer announced an answer beyond the limit.
    #[error("the answer is beyond the limit")]
    Oversized,
    /// The peer took longer than the limit.
    #[error("the peer did not answer in time")]
    Timeout,
    /// What was to be asked is beyond the limit; it was not sent.
    #[error("the question is beyond the limit")]
    TooLarge,
    /// The peer speaks no version of the protocol that we do.
    #[error("the peer speaks no common version of the protocol")]
    Unsupported,
}

/// How a peer broke the framing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WireFault {
    /// A request beyond the limit.
    #[error("a request beyond the limit")]
    OversizedRequest,
    /// A response beyond the limit.
    #[error("a response beyond the limit")]
    OversizedResponse,
    /// More requests at once than one peer may have.
    #[error("more requests at once than one peer may have")]
    TooManyRequests,
}

/// What a fault costs a peer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// Counted; too many within a minute cost the connection.
    Tolerate,
    /// The connection, and a few seconds before the next.
    Disconnect,
    /// No connection for this long, at most a day.
    Ban {
        /// How long.
        duration: Duration,
    },
}
