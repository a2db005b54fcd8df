//! Logs: the hash-chained batches of one incarnation of one node, and proof that one was forked.
//!
//! Absent on purpose: storage, and what a fork means for verdicts (`verdict.rs`).

use std::fmt;

use minicbor::{Decode, Encode};

use crate::{
    batch::Header,
    clock::Timestamp,
    codec::{self, DecodeError},
    hash::{Digest, byte_string},
    keys::{BadSignature, PublicKey},
    limits::HEADER_BYTES_MAX,
    signed::{ENVELOPE_BYTES, Signed, Unverified},
};

/// What tells the logs of one node apart: chosen at random whenever a node starts from anything but its own last state.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Incarnation(pub [u8; 16]);

byte_string!(Incarnation, Incarnation, 16);

impl fmt::Debug for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0[..4]))
    }
}

use minicbor::{Decoder, Encoder, decode, encode};

/// A log's name.
#[derive(Clone, Copy, Decode, Encode, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct LogId {
    /// The node that writes it.
    #[n(0)]
    pub node: PublicKey,
    /// Which of its logs.
    #[n(1)]
    pub incarnation: Incarnation,
}

impl LogId {
    /// The name as 48 bytes: node key, incarnation.
    pub fn to_bytes(&self) -> [u8; 48] {
        let mut bytes = [0; 48];
        bytes[..32].copy_from_slice(&self.node.0);
        bytes[32..].copy_from_slice(&self.incarnation.0);
        bytes
    }

    /// The name of 48 bytes.
    pub fn from_bytes(bytes: &[u8; 48]) -> Self {
        let (mut node, mut incarnation) = ([0; 32], [0; 16]);
        node.copy_from_slice(&bytes[..32]);
        incarnation.copy_from_slice(&bytes[32..]);
        Self { node: PublicKey(node), incarnation: Incarnation(incarnation) }
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for LogId {
    /// Enough to tell logs apart in a log line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}:{:?}", self.node, self.incarnation)
    }
}

impl fmt::Display for LogId {
    /// The whole name, as governors write it: `NODE:INCARNATION`, in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.node, self.incarnation)
    }
}

/// A batch by its place in a log, with its hash.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Hash, PartialEq)]
pub struct Place {
    /// The log.
    #[n(0)]
    pub log: LogId,
    /// The batch's number in it, from 1.
    #[n(1)]
    pub seq: u64,
    /// The id of its header.
    #[n(2)]
    pub hash: Digest,
}

/// The newest batch of a log that somebody holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Head {
    /// Its number.
    pub seq: u64,
    /// Its header's id.
    pub hash: Digest,
    /// When it says that it was issued.
    pub issued: Timestamp,
    /// The log's floor.
    pub floor: u64,
}

impl Head {
    /// The head that a header becomes.
    pub fn of(header: &Signed<Header>) -> Self {
        Self { seq: header.seq, hash: header.id(), issued: header.issued, floor: header.floor }
    }
}

/// Why a header does not follow a head.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LogError {
    /// Already held, or older than what is held.
    #[error("batch {got} is not newer than the head, {head}")]
    Old {
        /// The held head's number.
        head: u64,
        /// The header's number.
        got: u64,
    },
    /// Batches between the head and it are missing.
    #[error("batch {got} does not follow {head}; those between are missing")]
    Gap {
        /// The held head's number.
        head: u64,
        /// The header's number.
        got: u64,
    },
    /// It names another predecessor: its author tells two stories.
    #[error("the header names another predecessor than the held one")]
    Forked,
    /// Its floor or its time of issue goes back: no honest author writes that.
    #[error("the floor or the time of issue goes back along the log")]
    GoesBack,
}

/// Whether `header` may be appended behind `head`; `None` is a log of which nothing is held.
///
/// A log may be entered at its first batch or, by a node that comes late, at any floor that a header behind it states:
/// `anchor` is the number at which the caller knows that it may be entered.
pub fn follows(head: Option<&Head>, anchor: u64, header: &Signed<Header>) -> Result<(), LogError> {
    let Some(head) = head else {
        let may_enter = header.seq == 1 || header.seq == anchor;
        return if may_enter { Ok(()) } else { Err(LogError::Gap { head: 0, got: header.seq }) };
    };
    if header.seq <= head.seq {
        return Err(LogError::Old { head: head.seq, got: header.seq });
    }
    if header.seq > head.seq + 1 {
        let enters_at_floor = header.seq == anchor;
        return if enters_at_floor { Ok(()) } else { Err(LogError::Gap { head: head.seq, got: header.seq }) };
    }
    if header.prev != Some(head.hash) {
        return Err(LogError::Forked);
    }
    if header.issued < head.issued || header.floor < head.floor {
        return Err(LogError::GoesBack);
    }
    Ok(())
}

/// Two headers of one log with the same number: proof that its author forked it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ForkProof {
    first: Signed<Header>,
    second: Signed<Header>,
}

/// Bytes of an encoded fork proof.
pub const FORK_PROOF_BYTES_MAX: usize = 2 * (HEADER_BYTES_MAX + ENVELOPE_BYTES) + 16;

/// Why something is no fork proof.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ForkProofError {
    /// Not two headers.
    #[error("fork proof: {0}")]
    Decode(#[from] DecodeError),
    /// A header that its author did not sign.
    #[error("fork proof: {0}")]
    Signature(#[from] BadSignature),
    /// Two headers that do not contradict each other.
    #[error("fork proof: the two headers do not contradict each other")]
    NoContradiction,
}

#[derive(Decode, Encode)]
struct TwoHeaders {
    #[n(0)]
    first: minicbor::bytes::ByteVec,
    #[n(1)]
    second: minicbor::bytes::ByteVec,
}

impl ForkProof {
    /// The proof that two verified headers make, if they make one. A header that breaks its own rules is taken by
    /// nobody, so it tells no story that could be contradicted; and a fork at number 0 would have nothing before it.
    pub fn new(one: Signed<Header>, other: Signed<Header>) -> Option<Self> {
        let sound = one.check().is_ok() && other.check().is_ok();
        let contradict = sound && one.log == other.log && one.seq == other.seq && one.id() != other.id();
        let (first, second) = if one.id() < other.id() { (one, other) } else { (other, one) };
        contradict.then_some(Self { first, second })
    }

    /// Reads a proof and checks both signatures.
    pub fn decode(bytes: &[u8]) -> Result<Self, ForkProofError> {
        let two: TwoHeaders = codec::decode(bytes, FORK_PROOF_BYTES_MAX)?;
        let first = Unverified::<Header>::decode(&two.first)?.verify()?;
        let second = Unverified::<Header>::decode(&two.second)?.verify()?;
        let ordered = first.id() < second.id();
        Self::new(first, second).filter(|_| ordered).ok_or(ForkProofError::NoContradiction)
    }

    /// The proof's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&TwoHeaders {
            first: self.first.bytes().to_vec().into(),
            second: self.second.bytes().to_vec().into(),
        })
    }

    /// The log that was forked.
    pub fn log(&self) -> LogId {
        self.first.log
    }

    /// The number at which its stories part, as far as this proof shows.
    pub fn seq(&self) -> u64 {
        self.first.seq
    }

    /// Both headers, the lower id first.
    pub fn headers(&self) -> [&Signed<Header>; 2] {
        [&self.first, &self.second]
    }
}
