//! How the rest of the node speaks to the engine.

use larum_protocol::{
    clock::Timestamp,
    limits::OPEN_LOGS_PER_NODE_MAX,
    log::Place,
    roster::{Accepted, SignedRoster},
    statement::Statement,
};
use tokio::sync::{mpsc, oneshot};

/// Wishes that wait for the engine: each may be megabytes of statements.
const COMMANDS: usize = 16;

/// What became of an offered roster and the version in force then, or why it was not taken.
pub(crate) type RosterReply = Result<(Accepted, u64), String>;

/// A wish of the node's own users.
#[derive(Debug)]
pub(crate) enum Command {
    /// Publish statements, those of each epoch apart.
    Publish { epochs: Vec<(u32, Vec<Statement>)>, reply: oneshot::Sender<Result<Vec<Place>, PublishError>> },
    /// Take a roster that governors signed.
    Roster { roster: Box<SignedRoster>, reply: oneshot::Sender<RosterReply> },
}

/// Why statements were not published. Nothing of them was.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// More statements than the log's quota of the day has left.
    #[error(
        "the quota of this node allows {left} more {class} today (UTC) and this would be {asked}; nothing was published. \
         Publish the rest tomorrow, or ask the governors for a larger quota"
    )]
    Quota {
        /// What the quota is for.
        class: &'static str,
        /// Statements left.
        left: u64,
        /// Statements asked for.
        asked: u64,
    },
    /// The log's newest batch lies ahead of this machine's clock.
    #[error(
        "this node's newest batch is dated {newest}, which lies ahead of this machine's clock: the clock is wrong now, or \
         it was then. What it published before that date would count nowhere. Nothing was published. Set the clock; if it \
         was wrong then, ask the governors to end this log (`larum log --json` shows it, and `larum consortium propose \
         --end-log NODE:INCARNATION:SEQ:HASH` ends it), and restart the node to open a new one"
    )]
    Clock {
        /// When the newest batch was issued, by its own word.
        newest: Timestamp,
    },
    /// The disk did not take them.
    #[error("nothing was published: {0}")]
    Storage(String),
    /// The member, the node or its log does not count on the roster.
    #[error("the roster does not let this node publish: {0}")]
    NotOnRoster(&'static str),
    /// The node has as many open logs as count, beside the one that it would publish in.
    #[error(
        "this node has opened new logs after restores, and only {OPEN_LOGS_PER_NODE_MAX} of them count at a time; what it \
         published now would not count, or would cost an older log its place. Nothing was published. Ask the governors to \
         end the old logs, each at its last batch: `larum log --json` shows them, and \
         `larum consortium propose --end-log NODE:INCARNATION:SEQ:HASH` ends one"
    )]
    TooManyLogs,
    /// A rule of the log was broken: a fault of this program.
    #[error("nothing was published: {0}")]
    Refused(String),
    /// The engine has stopped.
    #[error("the node is stopping; nothing was published")]
    Stopped,
}

/// A cheap handle on a running engine.
#[derive(Clone, Debug)]
pub struct EngineHandle(mpsc::Sender<Command>);

impl EngineHandle {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Command>) {
        let (sender, receiver) = mpsc::channel(COMMANDS);
        (Self(sender), receiver)
    }

    /// Publishes statements as batches of this node's log, all or none; on the disk when this returns.
    pub async fn publish(&self, epochs: Vec<(u32, Vec<Statement>)>) -> Result<Vec<Place>, PublishError> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Command::Publish { epochs, reply }).await.map_err(|_| PublishError::Stopped)?;
        answer.await.map_err(|_| PublishError::Stopped)?
    }

    /// Takes a roster that governors signed; answers with what became of it and the version that is in force then, or
    /// why it was not taken.
    pub async fn apply_roster(&self, roster: SignedRoster) -> Result<(Accepted, u64), String> {
        let (reply, answer) = oneshot::channel();
        let stopped = || "the node is stopping".to_owned();
        let roster = Box::new(roster);
        self.0.send(Command::Roster { roster, reply }).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}
