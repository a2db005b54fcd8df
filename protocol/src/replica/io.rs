//! What goes into the replica and what comes out of it.

use crate::{
    announcement::Announcement,
    batch::{Batch, Header},
    fault::Fault,
    keys::PublicKey,
    ledger::LogState,
    log::{ForkProof, LogError, LogId},
    roster::{MemberId, RosterError, SignedRoster},
    salt::Grant,
    signed::Signed,
};

/// Something that happened to the node.
#[derive(Clone, Debug)]
pub enum Input {
    /// A connection to a peer is up; once per peer, however many connections there are.
    PeerConnected(PublicKey),
    /// The last connection to a peer is gone. Its requests under way fail with it.
    PeerDisconnected(PublicKey),
    /// A peer asks something. Answered by exactly one [`Output::Respond`], or by one of the `Serve` outputs, with the
    /// same token.
    Request {
        /// Who asks.
        peer: PublicKey,
        /// The shell's name for the open request.
        token: u64,
        /// A [`crate::wire::Request`].
        bytes: Vec<u8>,
    },
    /// The shell answered one of the `Serve` outputs with so many bytes: they are taken off the peer's share.
    Served {
        /// Who was answered.
        peer: PublicKey,
        /// Bytes of the answer.
        bytes: u64,
    },
    /// The answer to an [`Output::Send`], or `None` if there will be none.
    Response {
        /// Who was asked.
        peer: PublicKey,
        /// The id of the [`Output::Send`].
        id: u64,
        /// A [`crate::wire::Response`].
        bytes: Option<Vec<u8>>,
    },
    /// A gossip message that waits for its validation: answered by exactly one [`Output::ValidateGossip`].
    Gossip {
        /// The peer that passed it on.
        from: PublicKey,
        /// The shell's name for the waiting message.
        id: u64,
        /// A [`crate::wire::Gossip`].
        bytes: Vec<u8>,
    },
    /// A batch is durable: here, and only here, a head advances.
    Stored {
        /// Its log.
        log: LogId,
        /// The log's state with it: [`LogState::advance`], or [`LogState::enter`] where the batch does not follow the
        /// head that was held. What it says of forks is ignored: the replica knows the proofs.
        state: LogState,
    },
    /// The answer to an [`Output::Load`].
    Loaded {
        /// The log.
        log: LogId,
        /// The number.
        seq: u64,
        /// What is held there.
        held: Option<Box<Held>>,
    },
    /// The answer to an [`Output::Rewind`], or unasked when batches could not be stored: the log as it is held now.
    /// Whatever of it was on its way to the disk is void.
    Rewound {
        /// The log.
        log: LogId,
        /// Its state; none if nothing is left.
        state: Option<LogState>,
    },
    /// This node's own next batch, signed and not stored yet. Answered by [`Output::Store`], or by
    /// [`Output::PublishRefused`].
    Publish(Box<Batch>),
    /// A roster that the operator applied here.
    OfferRoster(Box<SignedRoster>),
    /// This node lacks the salt of an epoch that is in use.
    NeedSalt {
        /// The epoch.
        epoch: u32,
    },
    /// The salt of an epoch is held now: opened from a grant, or given by the operator.
    HaveSalt {
        /// The epoch.
        epoch: u32,
    },
    /// The time that [`Output::Wake`] named has passed. To come too early or too often does no harm.
    Woken,
}

/// A batch that is held.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its header.
    pub header: Signed<Header>,
    /// The log's state when this batch was its head.
    pub state: LogState,
}

/// Something for the node to do. Outputs are to be carried out in order.
#[derive(Clone, Debug)]
pub enum Output {
    /// Ask a peer.
    Send {
        /// Whom.
        peer: PublicKey,
        /// The name of this request: [`Input::Response`] carries it back.
        id: u64,
        /// A [`crate::wire::Request`].
        bytes: Vec<u8>,
    },
    /// Answer a request.
    Respond {
        /// The request's token.
        token: u64,
        /// A [`crate::wire::Response`].
        bytes: Vec<u8>,
    },
    /// Answer a request with a page of batches: [`crate::wire::BatchPage`].
    ServeBatches {
        /// The request's token.
        token: u64,
        /// Who asked: for [`Input::Served`].
        peer: PublicKey,
        /// The log.
        log: LogId,
        /// The first number.
        from: u64,
        /// Bytes after which the page ends; already held against the limits.
        max_bytes: u32,
    },
    /// Answer a request with [`crate::wire::Response::Body`].
    ServeBody {
        /// The request's token.
        token: u64,
        /// Who asked: for [`Input::Served`].
        peer: PublicKey,
        /// The log.
        log: LogId,
        /// The batch's number.
        seq: u64,
        /// The header's id; a batch of another id is not the one asked for.
        hash: crate::hash::Digest,
    },
    /// Answer a request with [`crate::wire::Response::Header`].
    ServeHeader {
        /// The request's token.
        token: u64,
        /// The log.
        log: LogId,
        /// The batch's number.
        seq: u64,
    },
    /// Answer a request with [`crate::wire::Response::Grant`]: the salt sealed to this member, if it is held.
    ServeGrant {
        /// The request's token.
        token: u64,
        /// The asking peer's member.
        member: MemberId,
        /// The epoch.
        epoch: u32,
    },
    /// What to do with a gossip message.
    ValidateGossip {
        /// The message's name.
        id: u64,
        /// The peer that passed it on.
        from: PublicKey,
        /// Pass it on, drop it, or drop it and blame the peer.
        acceptance: Acceptance,
    },
    /// Flood a [`crate::wire::Gossip`] message; its being known already is no error.
    Publish(Vec<u8>),
    /// Subscribe to the topic: this node has caught up.
    JoinGossip,
    /// Append a batch and confirm it with [`Input::Stored`] once it is durable. Batches of a log come in order, and a
    /// next one may come before the one before is confirmed.
    Store(Box<Batch>),
    /// Read a header: [`Input::Loaded`].
    Load {
        /// The log.
        log: LogId,
        /// The number.
        seq: u64,
    },
    /// Drop every batch of a log above a number, and whatever of it is still waiting to be stored; confirm it with
    /// [`Input::Rewound`].
    Rewind {
        /// The log.
        log: LogId,
        /// The last number to keep; 0 for none.
        to: u64,
    },
    /// Keep a roster, beside all that are kept: a chain is rebuilt by offering them by version.
    StoreRoster(Box<SignedRoster>),
    /// Keep a fork proof, instead of the one that is kept of the same log.
    StoreProof(Box<ForkProof>),
    /// Keep an announcement, instead of the one that is kept of the same log. It may be lost without harm.
    StoreAnnouncement(Box<Signed<Announcement>>),
    /// Forget the announcement that is kept of a log. It may stay without harm.
    DropAnnouncement(LogId),
    /// Open a grant for this member's epoch and keep the salt; then [`Input::HaveSalt`].
    OpenGrant(Box<Signed<Grant>>),
    /// A peer was wrong: count it, and do to it what the fault's severity says.
    Penalize {
        /// Who.
        peer: PublicKey,
        /// How.
        fault: Fault,
    },
    /// Come back with [`Input::Woken`] after so many milliseconds; replaces what was asked before.
    Wake {
        /// Milliseconds from now.
        after_ms: u64,
    },
    /// The roster changed: set the gate anew, and whatever else is derived from it.
    RosterChanged,
    /// An own batch does not follow the own log's head.
    PublishRefused {
        /// The batch's number.
        seq: u64,
        /// Why.
        error: LogError,
    },
    /// An operator's roster was not taken.
    RosterRefused(RosterError),
    /// Something that people may want to know.
    Event(Event),
}

/// What is done with a gossip message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Acceptance {
    /// It is passed on.
    Accept,
    /// It is dropped, and nobody is to blame.
    Ignore,
    /// It is dropped, and the peer is to blame.
    Reject,
}

/// Something for logs, metrics and alerts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event {
    /// A log is proven to be forked from this number on. Said again when a lower number is proven.
    ForkFound {
        /// The log.
        log: LogId,
        /// The number.
        seq: u64,
    },
    /// A log contradicts itself in floor or time at this number; it is not followed beyond.
    LogGoesBack {
        /// The log.
        log: LogId,
        /// The number.
        seq: u64,
    },
    /// Two valid rosters of this version exist.
    RivalRoster {
        /// The version.
        version: u64,
    },
    /// A roster was taken.
    RosterTaken {
        /// Its version.
        version: u64,
    },
    /// A log's author, or this node, has a wrong clock: something is dated too far ahead.
    ClockAhead {
        /// The log.
        log: LogId,
    },
    /// The first sync is done.
    CaughtUp,
}
