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
#[error("{}", self.name())]
pub enum Fault {
    /// A signature that does not verify.
    BadSignature,
    /// Bytes that are no message, or not in the one encoding.
    BadEncoding,
    /// More bytes, items or nesting than limits allow.
    Oversize,
    /// A header or body that breaks its own rules.
    BadBatch,
    /// A body, or the lack of one, that does not fit its header.
    WrongBody,
    /// An object of another consortium.
    WrongConsortium,
    /// An answer that does not fit what was asked.
    WrongAnswer,
    /// A log that goes back in time or floor: its author's fault, not the relay's.
    LogGoesBack,
    /// A fork: its author's fault, not the relay's.
    Fork,
    /// A log of a node that the roster does not know, or not any more.
    UnknownAuthor,
    /// Something of a version that this program does not know.
    UnknownVersion,
    /// A roster that does not follow, or is not signed by enough governors.
    BadRoster,
    /// A body that stays away although it was promised.
    NoBody,
    /// No answer in time.
    Timeout,
    /// More requests than the peer's share.
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

    /// The fault's stable name, in metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadBatch => "bad-batch",
            Self::BadEncoding => "bad-encoding",
            Self::BadRoster => "bad-roster",
            Self::BadSignature => "bad-signature",
            Self::Fork => "fork",
            Self::LogGoesBack => "log-goes-back",
            Self::NoBody => "no-body",
            Self::Oversize => "oversize",
            Self::Timeout => "timeout",
            Self::TooManyRequests => "too-many-requests",
            Self::UnknownAuthor => "unknown-author",
            Self::UnknownVersion => "unknown-version",
            Self::WrongAnswer => "wrong-answer",
            Self::WrongBody => "wrong-body",
            Self::WrongConsortium => "wrong-consortium",
        }
    }

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
