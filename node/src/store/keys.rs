//! The layout of every key in the tables: one byte for the table, then fields of fixed length, numbers big-endian, so
//! that a table is one range and its rows lie in the order of their fields. The only file that knows this layout.

use larum_protocol::{clock::Day, hash::Digest, log::LogId};

/// A table: a range of keys that start with its byte.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Table {
    /// Keyed hash of an identifier -> what the operator wrote beside it.
    Allowed,
    /// Log -> its newest announcement.
    Announcements,
    /// Up to where the tables hold what the segments say.
    Checkpoint,
    /// (Day, log, number) of each batch that has a body: what may be dropped, by day.
    Expiring,
    /// (Log, number) -> proof that the log forked there.
    ForkProofs,
    /// (Epoch, recipient) -> salt grant.
    Grants,
    /// Log -> newest batch.
    Heads,
    /// Hash of an idempotency key -> the answer that was given.
    Idempotency,
    /// How many writes to the tables that are only here were acknowledged.
    LocalWrites,
    /// (Log, number) -> where the batch lies.
    Places,
    /// (Version, hash) -> where the roster lies.
    Rosters,
    /// Number of a segment that exists.
    Segments,
    /// Name -> bytes.
    Settings,
    /// Hash of an API token -> what it may do.
    Tokens,
}

impl Table {
    /// What the segments can rebuild.
    pub(crate) const REBUILDABLE: [Self; 8] = [
        Self::Checkpoint,
        Self::Expiring,
        Self::ForkProofs,
        Self::Grants,
        Self::Heads,
        Self::Places,
        Self::Rosters,
        Self::Segments,
    ];

    /// What is nowhere else.
    pub(crate) const ONLY_HERE: [Self; 5] =
        [Self::Allowed, Self::Announcements, Self::Idempotency, Self::Settings, Self::Tokens];

    /// What an operator calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allow list",
            Self::Announcements => "announcements",
            Self::Checkpoint => "checkpoint",
            Self::Expiring => "expiring bodies",
            Self::ForkProofs => "fork proofs",
            Self::Grants => "salt grants",
            Self::Heads => "heads",
            Self::Idempotency => "idempotency keys",
            Self::LocalWrites => "count of writes",
            Self::Places => "places",
            Self::Rosters => "rosters",
            Self::Segments => "segments",
            Self::Settings => "settings",
            Self::Tokens => "tokens",
        }
    }

    /// The first byte of each of its keys.
    pub(crate) fn prefix(self) -> u8 {
        match self {
            Self::Allowed => b'w',
            Self::Announcements => b'a',
            Self::Checkpoint => b'c',
            Self::Expiring => b'x',
            Self::ForkProofs => b'f',
            Self::Grants => b'g',
            Self::Heads => b'h',
            Self::Idempotency => b'i',
            Self::LocalWrites => b'l',
            Self::Places => b'p',
            Self::Rosters => b'r',
            Self::Segments => b'n',
            Self::Settings => b's',
            Self::Tokens => b't',
        }
    }
}

/// What a row is found by: its fields as bytes that sort as the fields do.
pub(crate) trait Key: Sized {
    /// Appends the key's bytes.
    fn write(&self, out: &mut Vec<u8>);
    /// Reads a key off the front of `bytes`.
    fn read(bytes: &mut &[u8]) -> Option<Self>;
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (field, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*field)
}

impl Key for () {
    fn write(&self, _: &mut Vec<u8>) {}
    fn read(_: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}

impl<const N: usize> Key for [u8; N] {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes)
    }
}

impl Key for u32 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.to_be_bytes());
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes).map(Self::from_be_bytes)
    }
}

impl Key for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.to_be_bytes());
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes).map(Self::from_be_bytes)
    }
}

impl Key for Day {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        u32::read(bytes).map(Self)
    }
}

impl Key for Digest {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.0);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes).map(Self)
    }
}

impl Key for LogId {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.to_bytes());
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes).map(|bytes| Self::from_bytes(&bytes))
    }
}

/// A name: the rest of the key.
impl Key for String {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.as_bytes());
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Self::from_utf8(std::mem::take(bytes).to_vec()).ok()
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
        self.1.write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some((A::read(bytes)?, B::read(bytes)?))
    }
}

/// The fields of a key, as the head of a record that is found by it.
pub(crate) fn to_head<K: Key>(key: &K) -> Vec<u8> {
    let mut bytes = Vec::new();
    key.write(&mut bytes);
    bytes
}

/// The key whose fields a record's head holds; `None` if it holds anything else.
pub(crate) fn from_head<K: Key>(mut bytes: &[u8]) -> Option<K> {
    K::read(&mut bytes).filter(|_| bytes.is_empty())
}

/// The bytes under which `key` of `table` is stored.
pub(crate) fn encode<K: Key>(table: Table, key: &K) -> Vec<u8> {
    let mut bytes = vec![table.prefix()];
    key.write(&mut bytes);
    bytes
}

/// The key that is stored as `bytes`; `None` if they are not a whole key of `table`.
pub(crate) fn decode<K: Key>(table: Table, bytes: &[u8]) -> Option<K> {
    let (prefix, mut rest) = bytes.split_first()?;
    let key = K::read(&mut rest)?;
    (*prefix == table.prefix() && rest.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn tables_do_not_overlap_and_none_is_both_rebuildable_and_only_here() {
        let tables: Vec<Table> =
            Table::REBUILDABLE.into_iter().chain(Table::ONLY_HERE).chain([Table::LocalWrites]).collect();
        let prefixes: BTreeSet<u8> = tables.iter().map(|table| table.prefix()).collect();
        assert_eq!(prefixes.len(), tables.len());
    }

    #[test]
    fn keys_sort_as_their_fields_do_and_read_back() {
        let key = |day, seq| encode(Table::Expiring, &(Day(day), (LogId::from_bytes(&[7; 48]), seq)));
        let mut keys = vec![key(256, 1), key(2, 300), key(2, 7), key(255, u64::MAX)];
        keys.sort();
        assert_eq!(keys, [key(2, 7), key(2, 300), key(255, u64::MAX), key(256, 1)]);
        let read: (Day, (LogId, u64)) = decode(Table::Expiring, &keys[1]).unwrap();
        assert_eq!((read.0, read.1.1), (Day(2), 300));
        assert!(decode::<(Day, (LogId, u64))>(Table::Expiring, &keys[1][1..]).is_none());
    }
}
