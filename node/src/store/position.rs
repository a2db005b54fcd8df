//! Where something lies in the log of everything this node stored.
//!
//! The segment files, laid end to end, form one address space. A [`Position`] names one record in it by segment number
//! and byte offset; it fits 44 bits, so that position and byte offset in the body together fit the 64 bits that the tag
//! index keeps for a statement. Positions only grow: they order records by the time they were stored here.

use std::fmt;

/// Bits of a record's byte offset within its segment.
pub(crate) const OFFSET_BITS: u32 = 28;
/// Bits of a segment's number.
pub(crate) const NUMBER_BITS: u32 = 16;
/// Bits of a statement's byte offset within its body.
const BODY_OFFSET_BITS: u32 = 20;
const _: () = assert!(OFFSET_BITS + NUMBER_BITS + BODY_OFFSET_BITS == u64::BITS);
const _: () = assert!(BODY_BYTES_MAX >= larum_protocol::limits::BODY_BYTES_MAX);

/// Most bytes in one segment file: 256 MiB, what an offset can address.
pub const SEGMENT_BYTES_MAX: u64 = 1 << OFFSET_BITS;
/// Highest segment number: 65,535 segments hold 16 TiB, far beyond what a consortium publishes.
pub const SEGMENT_NUMBER_MAX: u32 = (1 << NUMBER_BITS) - 1;
/// Most bytes in the body of a batch: 1 MiB, what a statement's place can address.
pub const BODY_BYTES_MAX: usize = 1 << BODY_OFFSET_BITS;

/// The place of a record: segment number and byte offset. Ordered by when the record was stored.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Position(u64);

impl Position {
    /// Before the first record that was ever stored.
    pub const START: Self = Self(0);

    /// The record at byte `offset` of segment `number`; `None` if either is beyond its limit.
    pub(crate) fn new(number: u32, offset: u64) -> Option<Self> {
        let fits = number <= SEGMENT_NUMBER_MAX && offset < SEGMENT_BYTES_MAX;
        fits.then_some(Self((u64::from(number) << OFFSET_BITS) | offset))
    }

    /// The position whose number is `raw`; `None` if it takes more than 44 bits.
    pub fn from_u64(raw: u64) -> Option<Self> {
        (raw >> (OFFSET_BITS + NUMBER_BITS) == 0).then_some(Self(raw))
    }

    /// The position as a number of at most 44 bits.
    pub fn as_u64(self) -> u64 {
        self.0
    }

    /// The number of the segment file that holds the record.
    pub(crate) fn segment(self) -> u32 {
        u32::try_from(self.0 >> OFFSET_BITS).expect("44 bits less 28 leave 16")
    }

    /// The record's byte offset in its segment file.
    pub(crate) fn offset(self) -> u64 {
        self.0 & (SEGMENT_BYTES_MAX - 1)
    }

    /// The place of the statement that starts at byte `offset` of this batch's body; `None` beyond the longest body.
    pub fn statement(self, offset: usize) -> Option<StatementPlace> {
        (offset < BODY_BYTES_MAX).then_some(StatementPlace((self.0 << BODY_OFFSET_BITS) | offset as u64))
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.segment(), self.offset())
    }
}

/// The place of one statement: its batch's position and the byte offset in the body, in one 64-bit number.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StatementPlace(u64);

impl StatementPlace {
    /// The place whose number is `raw`, as [`Self::as_u64`] gave it. Every number is a place; most hold nothing.
    pub fn from_u64(raw: u64) -> Self {
        Self(raw)
    }

    /// The place as a number, to be kept in an index.
    pub fn as_u64(self) -> u64 {
        self.0
    }

    /// The batch that holds the statement.
    pub fn batch(self) -> Position {
        Position(self.0 >> BODY_OFFSET_BITS)
    }

    /// The byte of the body at which the statement starts.
    pub fn body_offset(self) -> usize {
        usize::try_from(self.0 & (BODY_BYTES_MAX as u64 - 1)).expect("20 bits fit a usize")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_statement_place_keeps_segment_offset_and_body_offset_at_their_limits() {
        for (number, offset, body) in [(1, 24, 0), (SEGMENT_NUMBER_MAX, SEGMENT_BYTES_MAX - 1, BODY_BYTES_MAX - 1)] {
            let position = Position::new(number, offset).unwrap();
            let place = StatementPlace::from_u64(position.statement(body).unwrap().as_u64());
            assert_eq!((place.batch().segment(), place.batch().offset(), place.body_offset()), (number, offset, body));
        }
    }

    #[test]
    fn what_does_not_fit_its_bits_has_no_position() {
        assert_eq!(Position::new(SEGMENT_NUMBER_MAX + 1, 0), None);
        assert_eq!(Position::new(1, SEGMENT_BYTES_MAX), None);
        assert_eq!(Position::from_u64(1 << 44), None);
        assert_eq!(Position::START.statement(BODY_BYTES_MAX), None);
    }
}
