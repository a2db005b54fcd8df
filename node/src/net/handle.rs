//! How the rest of the node speaks to the network.
//!
//! Invariant: no method that the engine uses waits. The network may itself wait for the engine to take an event; if
//! both could wait for each other, a burst would stop the node. A full queue is an answer: [`Refusal::Busy`].
//! Invariant: what must never be lost (the allow list, whether we gossip) is state, of which the newest wins, and no
//! command in a queue.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::ask::{self, Ask};
use super::event::{RequestFailure, RequestId, ResponseToken, Severity};
use super::gossip::{Acceptance, GossipId};
use super::key::NodeKey;
use super::peers::PeerInfo;
use super::settings::{GOSSIP_BYTES_MAX, Limits};
use super::{NetError, Peer};

/// Why the network did not take a command.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Its queue is full; try again after the next event, or let it be.
    #[error("the network is busy")]
    Busy,
    /// It has stopped.
    #[error("the network has stopped")]
    Stopped,
    /// The payload is beyond the limit for its kind.
    #[error("the payload is beyond the limit")]
    TooLarge,
}

impl<T> From<&TrySendError<T>> for Refusal {
    fn from(error: &TrySendError<T>) -> Self {
        match error {
            TrySendError::Closed(_) => Self::Stopped,
            TrySendError::Full(_) => Self::Busy,
        }
    }
}

/// What the network is asked to do once.
#[derive(Debug)]
pub(super) enum Command {
    Penalize { peer: NodeKey, severity: Severity },
    Peers(oneshot::Sender<Vec<PeerInfo>>),
    Publish(Bytes),
    Request { peer: NodeKey, id: RequestId, bytes: Bytes },
    Respond { token: ResponseToken, bytes: Bytes },
    Validate { id: GossipId, acceptance: Acceptance },
}

/// What holds until it is changed.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) allowed: Arc<[Peer]>,
    pub(super) gossip: bool,
}

/// A cheap handle on a running network; clones share it.
#[derive(Clone, Debug)]
pub struct NetHandle {
    pub(super) node_key: NodeKey,
    pub(super) limits: Limits,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) asks: mpsc::Sender<Ask>,
    pub(super) wanted: Arc<watch::Sender<Wanted>>,
    pub(super) stop: CancellationToken,
    pub(super) task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl NetHandle {
    /// This node's own key.
    #[must_use]
    pub fn node_key(&self) -> NodeKey {
        self.node_key
    }

    /// Replaces the allow list. Who is no longer on it is disconnected at once, and nothing it sent is told
    /// once the network has taken the new list.
    pub fn set_allowed(&self, peers: Vec<Peer>) {
        self.wanted.send_modify(|wanted| wanted.allowed = peers.into());
    }

    /// Joins the consortium's gossip. A node catches up first, so that it forwards what it can judge.
    pub fn join_gossip(&self) {
        self.wanted.send_modify(|wanted| wanted.gossip = true);
    }

    /// Leaves the gossip; connections stay.
    pub fn leave_gossip(&self) {
        self.wanted.send_modify(|wanted| wanted.gossip = false);
    }

    /// Sends a request to a connected peer. Its end comes as one [`NetEvent::Response`](super::NetEvent::Response)
    /// with `id`, unless this returns an error.
    pub fn request(&self, peer: NodeKey, id: RequestId, bytes: Bytes) -> Result<(), Refusal> {
        within(&bytes, self.limits.request_bytes_max)?;
        self.send(Command::Request { peer, id, bytes })
    }

    /// Answers a request. An answer that comes after the request timed out is dropped.
    pub fn respond(&self, token: ResponseToken, bytes: Bytes) -> Result<(), Refusal> {
        within(&bytes, self.limits.response_bytes_max)?;
        self.send(Command::Respond { token, bytes })
    }

    /// Asks a peer's steward. A peer that is not connected is dialled first, at once, whatever its redial wait; without
    /// an address, or when as many are dialled as may be, the end is [`RequestFailure::NotConnected`]. Dropping the
    /// future gives the answer up. Waits for the network, so not for the engine's loop.
    pub fn ask(
        &self,
        peer: NodeKey,
        bytes: Bytes,
    ) -> impl Future<Output = Result<Bytes, RequestFailure>> + Send + use<> {
        let (asks, fits) = (self.asks.clone(), within(&bytes, self.limits.steward_request_bytes_max));
        let wait = self.limits.handshake_wait.saturating_add(self.limits.steward_timeout);
        async move {
            fits.map_err(|_| RequestFailure::TooLarge)?;
            ask::ask(asks, peer, bytes, wait).await
        }
    }

    /// Publishes to the consortium's gossip, as far as it reaches; sync brings it to everybody else.
    pub fn publish_gossip(&self, bytes: Bytes) -> Result<(), Refusal> {
        within(&bytes, GOSSIP_BYTES_MAX)?;
        self.send(Command::Publish(bytes))
    }

    /// Judges a gossip message; only accepted ones are forwarded.
    pub fn validate_gossip(&self, id: GossipId, acceptance: Acceptance) -> Result<(), Refusal> {
        self.send(Command::Validate { id, acceptance })
    }

    /// Makes a peer pay for a fault.
    pub fn penalize(&self, peer: NodeKey, severity: Severity) -> Result<(), Refusal> {
        self.send(Command::Penalize { peer, severity })
    }

    /// Who is connected now. Waits for the network, so not for the engine's loop.
    pub async fn peers(&self) -> Result<Vec<PeerInfo>, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(Command::Peers(reply)).await.map_err(|_| Refusal::Stopped)?;
        answer.await.map_err(|_| Refusal::Stopped)
    }

    /// Closes all connections in order and waits until the network's task has ended. Later calls return at once.
    pub async fn shutdown(&self) -> Result<(), NetError> {
        self.stop.cancel();
        match self.task.lock().await.take() {
            Some(task) => task.await.map_err(|_| NetError::Panicked),
            None => Ok(()),
        }
    }

    fn send(&self, command: Command) -> Result<(), Refusal> {
        self.commands.try_send(command).map_err(|error| Refusal::from(&error))
    }
}

pub(super) fn within(bytes: &Bytes, limit: usize) -> Result<(), Refusal> {
    if bytes.len() > limit { Err(Refusal::TooLarge) } else { Ok(()) }
}
