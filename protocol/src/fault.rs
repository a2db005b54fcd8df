//! Every way a peer can be wrong, and what it costs.
//!
//! Invariant: severity belongs to the fault, never to the place that found it. Only what no honest relay passes on is
//! punished: a relay that lags behind a roster, or repeats itself, or passes on what expired, did nothing wrong.

/// What a fault costs the peer that sent it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// Nothing: honest peers do this.
    Tolerate,
    /// The connection is closed; the peer may come back.
    Disconnect,
    /// The connection is closed and the peer is shut out for a while.
    Ban,
}

/// A way in which a peer was wrong.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, thiserror::Error)]
pub enum Fault {
    /// A signature that does not verify.
    #[error("bad-signature")]
    BadSignature,
    /// Bytes that are no message, or not in the one encoding.
    #[error("bad-encoding")]
    BadEncoding,
    /// More bytes, items or nesting than limits allow.
    #[error("oversize")]
    Oversize,
    /// A header or body that breaks its own rules.
    #[error("bad-batch")]
    BadBatch,
    /// A body, or the lack of one, that does not fit its header.
    #[error("wrong-body")]
    WrongBody,
    /// An object of another consortium.
    #[error("wrong-consortium")]
    WrongConsortium,
    /// An answer that does not fit what was asked.
    #[error("wrong-answer")]
    WrongAnswer,
    /// A log that goes back in time or floor: its author's fault, not the relay's.
    #[error("log-goes-back")]
    LogGoesBack,
    /// A fork: its author's fault, not the relay's.
    #[error("fork")]
    Fork,
    /// A log of a node that the roster does not know, or not any more.
    #[error("unknown-author")]
    UnknownAuthor,
    /// Something of a version that this program does not know.
    #[error("unknown-version")]
    UnknownVersion,
    /// A roster that does not follow, or is not signed by enough governors.
    #[error("bad-roster")]
    BadRoster,
    /// A body that stays away although it was promised.
    #[error("no-body")]
    NoBody,
    /// No answer in time.
    #[error("timeout")]
    Timeout,
    /// More requests than the peer's share.
    #[error("too-many-requests")]
    TooManyRequests,
}

impl Fault {
    /// Every fault, for metrics.
    pub const ALL: [Self; 15] = [
        Self::BadSignature,
        Self::BadEncoding,
        Self::Oversize,
        Self::BadBatch,
        Self::WrongBody,
        Self::WrongConsortium,
        Self::WrongAnswer,
        Self::LogGoesBack,
        Self::Fork,
        Self::UnknownAuthor,
        Self::UnknownVersion,
        Self::BadRoster,
        Self::NoBody,
        Self::Timeout,
        Self::TooManyRequests,
    ];

    /// What it costs.
    pub const fn severity(self) -> Severity {
        match self {
            Self::BadBatch | Self::BadEncoding | Self::BadSignature | Self::Oversize | Self::WrongConsortium => {
                Severity::Ban
            }
            Self::BadRoster | Self::WrongAnswer | Self::WrongBody => Severity::Disconnect,
            Self::Fork
            | Self::LogGoesBack
            | Self::NoBody
            | Self::Timeout
            | Self::TooManyRequests
            | Self::UnknownAuthor
            | Self::UnknownVersion => Severity::Tolerate,
        }
    }
}
