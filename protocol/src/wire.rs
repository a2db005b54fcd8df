//! What nodes say to each other: gossip messages, sync requests and their answers.
//!
//! Every message is the array `[version, [kind, ...]]` in the encoding of `codec.rs`. Signed objects travel as byte
//! strings, exactly as they were signed.
//! Invariant: lengths and counts are held against `limits.rs` before anything is kept; a list stops at its limit.
//! Absent on purpose: what a message means (`replica.rs`) and how frames are cut (the node's network).

mod list;
mod page;

use minicbor::{Decode, Decoder, Encode, Encoder, bytes::ByteVec, decode, encode};

pub use self::{list::List, page::BatchPage};
use crate::{
    codec::{self, DecodeError},
    hash::Digest,
    limits::{
        ANNOUNCEMENTS_PER_PAGE_MAX, GOSSIP_BYTES_MAX, HEADS_PER_PAGE_MAX, PAGE_BATCHES_MAX, REQUEST_BYTES_MAX,
        RESPONSE_BYTES_MAX, ROSTERS_PER_PAGE_MAX,
    },
    log::LogId,
};

/// The version of these messages that this program speaks.
pub const VERSION: u8 = 1;

/// A message with its version around it.
struct Versioned<T>(T);

impl<T: Encode<()>> Encode<()> for Versioned<T> {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, ctx: &mut ()) -> Result<(), encode::Error<W::Error>> {
        e.array(2)?.u8(VERSION)?;
        self.0.encode(e, ctx)
    }
}

impl<'b, T: Decode<'b, ()>> Decode<'b, ()> for Versioned<T> {
    fn decode(d: &mut Decoder<'b>, ctx: &mut ()) -> Result<Self, decode::Error> {
        if d.array()? != Some(2) || d.u8()? != VERSION {
            return Err(decode::Error::message("not a message of this version"));
        }
        T::decode(d, ctx).map(Self)
    }
}

/// A message of a fixed largest size.
pub trait Message: Encode<()> + for<'b> Decode<'b, ()> + Sized {
    /// The most bytes that it may have.
    const BYTES_MAX: usize;

    /// Its bytes.
    fn to_bytes(&self) -> Vec<u8> {
        codec::encode(&Versioned(self))
    }

    /// Reads one. A later version is named as such, so that its sender is not taken for a liar.
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() <= Self::BYTES_MAX
            && let Some(version) = version_of(bytes).filter(|version| *version > VERSION)
        {
            return Err(DecodeError::UnknownVersion(version));
        }
        codec::decode::<Versioned<Self>>(bytes, Self::BYTES_MAX).map(|message| message.0)
    }
}

fn version_of(bytes: &[u8]) -> Option<u8> {
    let mut decoder = Decoder::new(bytes);
    decoder.array().ok()??;
    decoder.u8().ok()
}

/// What is flooded to everybody. Its message id is the hash of its bytes, never (log, seq): both branches of a fork
/// have to travel.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(flat)]
pub enum Gossip {
    /// A signed header, with its body if that has at most `INLINE_BODY_BYTES_MAX` bytes.
    #[n(0)]
    Batch {
        /// The signed header.
        #[n(0)]
        header: ByteVec,
        /// The body, if it rides along.
        #[n(1)]
        body: Option<ByteVec>,
    },
    /// A signed announcement.
    #[n(1)]
    Announcement(#[n(0)] ByteVec),
    /// A fork proof.
    #[n(2)]
    Fork(#[n(0)] ByteVec),
    /// A hint that there is a newer roster, to be pulled. It is passed on only by those that hold that roster.
    #[n(3)]
    Roster {
        /// Its version.
        #[n(0)]
        version: u64,
        /// Its digest.
        #[n(1)]
        id: Digest,
    },
}

impl Message for Gossip {
    const BYTES_MAX: usize = GOSSIP_BYTES_MAX;
}

/// What one node asks another.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(flat)]
pub enum Request {
    /// Whether the heads differ, and if so, which logs there are. Answered by `Same` or `Heads`.
    #[n(0)]
    Heads {
        /// The asker's digest of what it holds.
        #[n(0)]
        digest: Digest,
        /// The last log of the page before; none for the first page.
        #[n(1)]
        after: Option<LogId>,
    },
    /// Batches of a log from a number on, in order. Answered by `Batches`.
    #[n(1)]
    Batches {
        /// The log.
        #[n(0)]
        log: LogId,
        /// The first number wanted.
        #[n(1)]
        from: u64,
        /// Bytes after which the page shall end.
        #[n(2)]
        max_bytes: u32,
    },
    /// The body of one batch. Answered by `Body`.
    #[n(2)]
    Body {
        /// The log.
        #[n(0)]
        log: LogId,
        /// The batch's number.
        #[n(1)]
        seq: u64,
        /// The id of its header.
        #[n(2)]
        hash: Digest,
    },
    /// The header of one batch. Answered by `Header`.
    #[n(3)]
    Header {
        /// The log.
        #[n(0)]
        log: LogId,
        /// The batch's number.
        #[n(1)]
        seq: u64,
    },
    /// Rosters from a version on. Answered by `Rosters`.
    #[n(4)]
    Rosters {
        /// The first version wanted.
        #[n(0)]
        from_version: u64,
    },
    /// The fork proof of a log. Answered by `Proof`.
    #[n(5)]
    Proof {
        /// The log.
        #[n(0)]
        log: LogId,
    },
    /// The newest announcements that were signed after some time. Answered by `Announcements`.
    #[n(6)]
    Announcements {
        /// That time, in milliseconds since 1970.
        #[n(0)]
        since: u64,
        /// The last log of the page before; none for the first page.
        #[n(1)]
        after: Option<LogId>,
    },
    /// The salt of an epoch, sealed to the asker's member. Answered by `Grant`.
    #[n(7)]
    Grant {
        /// The epoch.
        #[n(0)]
        epoch: u32,
    },
}

impl Message for Request {
    const BYTES_MAX: usize = REQUEST_BYTES_MAX;
}

/// What a node holds of one log, as far as the roster lets it count.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct HeadEntry {
    /// The log.
    #[n(0)]
    pub log: LogId,
    /// Its floor.
    #[n(1)]
    pub floor: u64,
    /// The number of the newest batch that counts; 0 for none.
    #[n(2)]
    pub seq: u64,
    /// The first eight bytes of that batch's id.
    #[n(3)]
    pub prefix: u64,
    /// The number at which the node holds proof of a fork.
    #[n(4)]
    pub forked_at: Option<u64>,
}

/// A batch of a page: its signed header and its body, which is absent once nobody keeps it any more.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct RawBatch {
    /// The signed header.
    #[n(0)]
    pub header: ByteVec,
    /// The body.
    #[n(1)]
    pub body: Option<ByteVec>,
}

impl RawBatch {
    /// Its bytes.
    pub fn bytes(&self) -> usize {
        self.header.len() + self.body.as_ref().map_or(0, |body| body.len())
    }
}

/// The roster that a node holds as the newest.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct RosterHead {
    /// Its version.
    #[n(0)]
    pub version: u64,
    /// Its digest.
    #[n(1)]
    pub id: Digest,
    /// Whether a rival of it is known.
    #[n(2)]
    pub rival: bool,
}

/// What a node answers.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(flat)]
pub enum Response {
    /// Both hold the same.
    #[n(0)]
    Same(#[n(0)] RosterHead),
    /// What the answerer holds, by ascending log.
    #[n(1)]
    Heads {
        /// Its roster.
        #[n(0)]
        roster: RosterHead,
        /// Its logs.
        #[n(1)]
        entries: List<HeadEntry, HEADS_PER_PAGE_MAX>,
        /// Whether another page follows.
        #[n(2)]
        more: bool,
    },
    /// Batches in order without a gap.
    #[n(2)]
    Batches {
        /// The batches.
        #[n(0)]
        batches: List<RawBatch, PAGE_BATCHES_MAX>,
        /// Whether there are more behind them.
        #[n(1)]
        more: bool,
    },
    /// A body, if it is held.
    #[n(3)]
    Body(#[n(0)] Option<ByteVec>),
    /// A signed header, if it is held.
    #[n(4)]
    Header(#[n(0)] Option<ByteVec>),
    /// Signed rosters by ascending version, a rival of the newest last.
    #[n(5)]
    Rosters {
        /// The rosters.
        #[n(0)]
        rosters: List<ByteVec, ROSTERS_PER_PAGE_MAX>,
        /// Whether there are more behind them.
        #[n(1)]
        more: bool,
    },
    /// A fork proof, if one is held.
    #[n(6)]
    Proof(#[n(0)] Option<ByteVec>),
    /// Signed announcements by ascending log.
    #[n(7)]
    Announcements {
        /// The announcements.
        #[n(0)]
        announcements: List<ByteVec, ANNOUNCEMENTS_PER_PAGE_MAX>,
        /// Whether another page follows.
        #[n(1)]
        more: bool,
    },
    /// A signed salt grant, if the answerer holds the salt.
    #[n(8)]
    Grant(#[n(0)] Option<ByteVec>),
    /// Not now: the asker has used up its share, and may ask again after so many milliseconds.
    #[n(9)]
    Busy(#[n(0)] u32),
}

impl Message for Response {
    const BYTES_MAX: usize = RESPONSE_BYTES_MAX;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_it_was_written_and_in_no_other_spelling() {
        let request = Request::Heads { digest: Digest([3; 32]), after: None };
        let bytes = request.to_bytes();
        assert_eq!(Request::from_bytes(&bytes), Ok(request));
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(Request::from_bytes(&longer), Err(DecodeError::NotDeterministic));
        assert!(Request::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        let long = vec![0; REQUEST_BYTES_MAX + 1];
        assert!(matches!(Request::from_bytes(&long), Err(DecodeError::TooLong { .. })));
    }

    #[test]
    fn a_message_of_a_later_version_is_named_as_such() {
        assert_eq!(Response::from_bytes(&[0x82, 2, 0x80]), Err(DecodeError::UnknownVersion(2)));
    }
}
