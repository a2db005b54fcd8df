//! Reading records in the order in which they were stored, for replay and for rebuilding what is derived.

use std::sync::Arc;

use super::{
    Segments,
    file::{HEADER_BYTES, SegmentFile},
};
use crate::store::{error::StoreError, position::Position, record::Record};

/// Iterates over every record from a position on, verified; ends after the first error.
#[derive(Debug)]
pub(crate) struct Scan<'a> {
    segments: &'a Segments,
    /// The segment being read, the offset of the next record, and where the segment ends.
    current: Option<(Arc<SegmentFile>, u64, u64)>,
}

impl Segments {
    /// Every record from `from` on, which must be the position of a record, the end, or [`Position::START`].
    pub(crate) fn scan(&self, from: Position) -> Result<Scan<'_>, StoreError> {
        let first = self.files.read().range(from.segment()..).next().map(|(_, file)| Arc::clone(file));
        let current = match first {
            Some(file) => {
                let same = file.number() == from.segment();
                let offset = if same { from.offset().max(HEADER_BYTES) } else { HEADER_BYTES };
                Some(self.start(file, offset)?)
            }
            None => None,
        };
        Ok(Scan { segments: self, current })
    }

    fn start(&self, file: Arc<SegmentFile>, offset: u64) -> Result<(Arc<SegmentFile>, u64, u64), StoreError> {
        let writer = self.writer.lock();
        let end = match writer.file.number() == file.number() {
            true => writer.written,
            false => file.bytes().map_err(|source| StoreError::disk("read", file.path(), source))?,
        };
        Ok((file, offset, end))
    }

    fn after(&self, number: u32) -> Option<Arc<SegmentFile>> {
        self.files.read().range(number + 1..).next().map(|(_, file)| Arc::clone(file))
    }
}

impl Scan<'_> {
    fn step(&mut self) -> Result<Option<Record>, StoreError> {
        while let Some((file, offset, end)) = self.current.take() {
            if offset >= end {
                self.current = match self.segments.after(file.number()) {
                    Some(next) => Some(self.segments.start(next, HEADER_BYTES)?),
                    None => None,
                };
                continue;
            }
            let (record, frame) = file.record_at(offset).map_err(|why| file.unreadable(offset, why))?;
            self.current = Some((file, offset + frame.bytes(), end));
            return Ok(Some(record));
        }
        Ok(None)
    }
}

impl Iterator for Scan<'_> {
    type Item = Result<Record, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}
