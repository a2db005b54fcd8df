//! Dropping bodies (I4): the statements go, the signed headers stay.
//!
//! A crash at any instant leaves each body either whole or marked as gone. The mark is on the disk before the first
//! byte of a body is touched, so an erased body is never taken for a damaged one; and the caller forgets that there is
//! something to erase only after this returned, so an interrupted erasure is done again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Segments, file::SegmentFile};
use crate::store::{error::StoreError, position::Position};

impl Segments {
    /// Erases the bodies of the records at `positions`; on the disk when this returns. Erasing again does no harm.
    pub(crate) fn erase_bodies(&self, positions: &[Position]) -> Result<(), StoreError> {
        let mut offsets: BTreeMap<u32, BTreeSet<u64>> = BTreeMap::new();
        for position in positions {
            offsets.entry(position.segment()).or_default().insert(position.offset());
        }
        for (number, offsets) in offsets {
            let file = self.files.read().get(&number).cloned().ok_or(StoreError::NotFound)?;
            erase_in(&file, &offsets)?;
        }
        Ok(())
    }
}

fn erase_in(file: &Arc<SegmentFile>, offsets: &BTreeSet<u64>) -> Result<(), StoreError> {
    let disk = |source| StoreError::disk("erase in", file.path(), source);
    let mut frames = Vec::with_capacity(offsets.len());
    for offset in offsets {
        let (frame, _) = file.head_at(*offset).map_err(|why| file.unreadable(*offset, why))?;
        if !frame.erased {
            file.mark_erased(*offset).map_err(disk)?;
        }
        frames.push((*offset, frame));
    }
    file.sync().map_err(disk)?;
    for (offset, frame) in &frames {
        file.erase_body(*offset, frame).map_err(disk)?;
    }
    file.sync().map_err(disk)
}
