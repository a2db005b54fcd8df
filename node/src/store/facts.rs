//! What the store knows of a batch. A header is opaque signed bytes to it: whoever hands one in says what it states, and
//! a function given at opening reads the same from the bytes when the tables are rebuilt.

use larum_protocol::{
    batch::Header,
    clock::{Day, Timestamp},
    hash::Digest,
    log::LogId,
    signed::{Signed, Unverified},
};

use super::{position::Position, record::Link};

/// What a batch's header states, as far as it matters for keeping it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HeaderFacts {
    /// The log it belongs to.
    pub log: LogId,
    /// Its number in the log, from 1.
    pub seq: u64,
    /// Hash of the header before; `None` in the first.
    pub prev: Option<Digest>,
    /// Hash of this header.
    pub hash: Digest,
    /// Below this number nothing counts any more.
    pub floor: u64,
    /// When it says that it was issued.
    pub issued: Timestamp,
    /// The last day on which anything in the body is kept.
    pub keep_until: Day,
    /// How many statements the body holds.
    pub statements: u32,
}

impl HeaderFacts {
    /// What a verified header states.
    pub fn of(header: &Signed<Header>) -> Self {
        let &Header { log, seq, prev, floor, issued, keep_until, counts, .. } = header.value();
        // A verified body has no more bytes than fit a u32, and a statement has some.
        let statements = u32::try_from(counts.total()).unwrap_or(u32::MAX);
        Self { log, seq, prev, hash: header.id(), floor, issued, keep_until, statements }
    }

    /// What a header states that was verified before it was stored: the [`ReadHeader`] of every node.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self::of(&Unverified::<Header>::decode(bytes).ok()?.trust_own_disk()))
    }
}

/// Reads what a signed header states; `None` for bytes that are no header.
pub type ReadHeader = fn(&[u8]) -> Option<HeaderFacts>;

/// A verified batch to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewBatch<'a> {
    /// What the header states.
    pub facts: HeaderFacts,
    /// How it continues its log.
    pub link: Link,
    /// The header, as signed.
    pub header: &'a [u8],
    /// The body; `None` if nobody keeps it any more.
    pub body: Option<&'a [u8]>,
    /// Two numbers kept beside it and given back: what its log had issued that day.
    pub meta: [u64; 2],
}

/// A batch as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredBatch {
    /// Where it lies.
    pub position: Position,
    /// What the header states.
    pub facts: HeaderFacts,
    /// The header, as signed.
    pub header: Vec<u8>,
    /// The body; `None` once nobody keeps it any more.
    pub body: Option<Vec<u8>>,
    /// The two numbers that were stored beside it.
    pub meta: [u64; 2],
}
