//! Questions of one node to another that the engine has nothing to do with, and their answers.
//!
//! They have a queue, a table and bounds of their own, so that a slow steward holds up no sync.
//! Invariant: a question ends exactly once, with an answer or a failure, and within a bounded wait.
//! Invariant: nobody waits for an answer that cannot come: dropping a [`Reply`] ends the question.
//! Absent on purpose: what is asked.

use std::time::Duration;

use bytes::Bytes;
use libp2p::request_response::ResponseChannel;
use tokio::sync::{mpsc, oneshot};
use tokio::time;

use super::event::RequestFailure;
use super::handle::{Refusal, within};
use super::key::NodeKey;

/// How a question of ours ends.
pub(super) type End = Result<Bytes, RequestFailure>;

/// A question of ours, on its way to the driver.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) peer: NodeKey,
    pub(super) bytes: Bytes,
    pub(super) end: oneshot::Sender<End>,
}

/// Hands a question to the driver and waits for its end. The driver ends every question by its own limits; `wait` is
/// for a driver that cannot, because the engine takes no events.
pub(super) async fn ask(asks: mpsc::Sender<Ask>, peer: NodeKey, bytes: Bytes, wait: Duration) -> End {
    let (end, ended) = oneshot::channel();
    let exchange = async {
        asks.send(Ask { peer, bytes, end }).await.map_err(|_| RequestFailure::Closed)?;
        ended.await.unwrap_or(Err(RequestFailure::Closed)) // the network has stopped
    };
    time::timeout(wait, exchange).await.unwrap_or(Err(RequestFailure::Timeout))
}

/// A question of a peer.
#[derive(Debug)]
pub struct Asked {
    /// Who asks; it was on the allow list when the question came.
    pub peer: NodeKey,
    /// At most `Limits::steward_request_bytes_max` bytes.
    pub bytes: Bytes,
    /// What to answer with.
    pub reply: Reply,
}

/// The way back to a peer that asked. Dropping it tells the peer at once that there will be no answer.
#[derive(Debug)]
pub struct Reply {
    pub(super) channel: ResponseChannel<Bytes>,
    pub(super) answers: mpsc::Sender<Answer>,
    pub(super) bytes_max: usize,
}

impl Reply {
    /// Whether the peer still waits: it is connected, and its question has not timed out. Ask before work that is dear.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.channel.is_open()
    }

    /// Answers. An answer that nobody awaits any more is dropped; if this returns an error the peer is told that there
    /// will be none.
    pub fn send(self, bytes: Bytes) -> Result<(), Refusal> {
        within(&bytes, self.bytes_max)?;
        let answer = Answer { channel: self.channel, bytes };
        self.answers.try_send(answer).map_err(|error| Refusal::from(&error))
    }
}

/// An answer of ours, on its way to the driver.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) channel: ResponseChannel<Bytes>,
    pub(super) bytes: Bytes,
}
