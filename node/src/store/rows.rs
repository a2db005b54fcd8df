//! What each table's rows hold, and their bytes: a version, then fields of fixed length or behind their length.
//!
//! Invariant: a row of a version that this program does not know is an error, never a guess.

use larum_protocol::{
    clock::{Day, Timestamp},
    hash::Digest,
    log::LogId,
};

use super::{
    keys::{Key, Table},
    position::Position,
    record::Link,
};

mod local;

pub use local::{AllowedEntry, IdempotentAnswer, TokenRecord};
pub(crate) use local::{AnnouncementRow, SettingRow};

/// A value of one table.
pub(crate) trait Row: Sized {
    /// What it is found by.
    type Key: Key;
    /// Where it is kept.
    const TABLE: Table;
    /// The version of its bytes, to be raised when they change.
    const VERSION: u8 = 1;

    /// Appends the fields' bytes.
    fn write(&self, out: &mut Vec<u8>);
    /// Reads the fields off the front of `bytes`.
    fn read(bytes: &mut &[u8]) -> Option<Self>;
    /// Reads the fields of an older version that is still known; none is, unless the row says so.
    fn read_older(version: u8, bytes: &mut &[u8]) -> Option<Self> {
        let _ = (version, bytes);
        None
    }
}

/// The bytes of a row.
pub(crate) fn encode<R: Row>(row: &R) -> Vec<u8> {
    let mut bytes = vec![R::VERSION];
    row.write(&mut bytes);
    bytes
}

/// The row whose bytes these are; `None` if they are none or of another version.
pub(crate) fn decode<R: Row>(bytes: &[u8]) -> Option<R> {
    let (version, mut rest) = bytes.split_first()?;
    let row = if *version == R::VERSION { R::read(&mut rest) } else { R::read_older(*version, &mut rest) };
    row.filter(|_| rest.is_empty())
}

fn read_position(bytes: &mut &[u8]) -> Option<Position> {
    Position::from_u64(u64::read(bytes)?)
}

/// What the tables held when everything in them had been put on the disk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct CheckpointRow {
    /// Up to here they said what the segments say.
    pub(crate) position: Position,
    /// Logs with a head, and rosters, proofs and grants together: there cannot be fewer later.
    pub(crate) logs: u64,
    pub(crate) controls: u64,
}

impl Row for CheckpointRow {
    type Key = ();
    const TABLE: Table = Table::Checkpoint;

    fn write(&self, out: &mut Vec<u8>) {
        for number in [self.position.as_u64(), self.logs, self.controls] {
            number.write(out);
        }
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self { position: read_position(bytes)?, logs: u64::read(bytes)?, controls: u64::read(bytes)? })
    }
}

/// A segment that exists, so that a missing one is noticed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct SegmentRow;

impl Row for SegmentRow {
    type Key = u32;
    const TABLE: Table = Table::Segments;

    fn write(&self, _: &mut Vec<u8>) {}
    fn read(_: &mut &[u8]) -> Option<Self> {
        Some(Self)
    }
}

/// How many writes to the tables that are only here were acknowledged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct LocalWritesRow(pub(crate) u64);

impl Row for LocalWritesRow {
    type Key = ();
    const TABLE: Table = Table::LocalWrites;

    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        u64::read(bytes).map(Self)
    }
}

/// Where a batch lies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct PlaceRow {
    pub(crate) position: Position,
    pub(crate) hash: Digest,
    pub(crate) keep_until: Day,
    /// False once the body was erased, or if it never came.
    pub(crate) body_present: bool,
    /// Whether it follows the number before, or starts after a gap.
    pub(crate) link: Link,
}

impl Row for PlaceRow {
    type Key = (LogId, u64);
    const TABLE: Table = Table::Places;

    fn write(&self, out: &mut Vec<u8>) {
        self.position.as_u64().write(out);
        self.hash.write(out);
        self.keep_until.write(out);
        out.push(u8::from(self.body_present) | u8::from(self.link == Link::Skip) << 1);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (position, hash, keep_until) = (read_position(bytes)?, Digest::read(bytes)?, Day::read(bytes)?);
        let (body_present, link) = match <[u8; 1]>::read(bytes)? {
            [0] => (false, Link::Next),
            [1] => (true, Link::Next),
            [2] => (false, Link::Skip),
            [3] => (true, Link::Skip),
            _ => return None,
        };
        Some(Self { position, hash, keep_until, body_present, link })
    }
}

/// A batch whose body is there, by the last day on which it is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ExpiringRow {
    /// How many statements it holds; a row of the first version does not say.
    pub(crate) statements: Option<u32>,
}

impl Row for ExpiringRow {
    type Key = (Day, (LogId, u64));
    const TABLE: Table = Table::Expiring;
    const VERSION: u8 = 2;

    fn write(&self, out: &mut Vec<u8>) {
        self.statements.unwrap_or(0).write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self { statements: Some(u32::read(bytes)?) })
    }
    fn read_older(version: u8, _: &mut &[u8]) -> Option<Self> {
        (version == 1).then_some(Self { statements: None })
    }
}

/// The newest batch of a log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LogHead {
    /// Its number in the log, from 1.
    pub seq: u64,
    /// Its header's hash.
    pub hash: Digest,
    /// Below this number nothing counts any more.
    pub floor: u64,
    /// When it says that it was issued.
    pub issued: Timestamp,
    /// The two numbers that were stored beside it.
    pub meta: [u64; 2],
    /// Where it lies.
    pub position: Position,
}

impl Row for LogHead {
    type Key = LogId;
    const TABLE: Table = Table::Heads;

    fn write(&self, out: &mut Vec<u8>) {
        self.seq.write(out);
        self.hash.write(out);
        for number in [self.floor, self.issued.0, self.meta[0], self.meta[1], self.position.as_u64()] {
            number.write(out);
        }
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self {
            seq: u64::read(bytes)?,
            hash: Digest::read(bytes)?,
            floor: u64::read(bytes)?,
            issued: Timestamp(u64::read(bytes)?),
            meta: [u64::read(bytes)?, u64::read(bytes)?],
            position: read_position(bytes)?,
        })
    }
}

/// Rows that say where a record lies, and nothing else.
macro_rules! position_row {
    ($(#[$doc:meta])* $name:ident, $key:ty, $table:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(crate) struct $name(pub(crate) Position);

        impl Row for $name {
            type Key = $key;
            const TABLE: Table = $table;

            fn write(&self, out: &mut Vec<u8>) {
                self.0.as_u64().write(out);
            }
            fn read(bytes: &mut &[u8]) -> Option<Self> {
                read_position(bytes).map(Self)
            }
        }
    };
}

position_row!(
    /// Where a roster lies. Two of one version differ in their hash.
    RosterRow, (u64, Digest), Table::Rosters
);
position_row!(
    /// Where a fork proof lies.
    ForkProofRow, (LogId, u64), Table::ForkProofs
);
position_row!(
    /// Where a salt grant lies.
    GrantRow, (u32, [u8; 32]), Table::Grants
);
