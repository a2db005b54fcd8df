//! The truth on disk: append-only segment files that hold every batch, roster, proof and grant as it was signed.
//!
//! A record is acknowledged when [`Segments::sync`] has returned (fdatasync). Records of one call are written by one
//! `write`, so that the cost of a sync is shared; a group never spans two segments.
//!
//! Invariant: below `durable`, bytes change only by [`Segments::erase_bodies`].
//! Invariant: only the newest segment can have a torn end: an older one was synced before its successor was created.
//! Invariant: after a failed sync nothing is appended until the folder is opened again, because the kernel may have
//! dropped the pages that it could not write and would report the next sync as a success.
//! Absent on purpose: what a record means, and how to find one by name (`tables.rs`).

mod erase;
pub(crate) mod file;
mod folder;
mod scan;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use parking_lot::{Mutex, RwLock};

use self::file::{HEADER_BYTES, SegmentFile, is_out_of_space, sync_folder};
pub(crate) use self::folder::SegmentFolder;
use super::{
    error::StoreError,
    position::{Position, SEGMENT_BYTES_MAX, SEGMENT_NUMBER_MAX},
    record::{FRAME_BYTES, HEAD_BYTES_MAX, NewRecord, Record, RecordHead},
};

/// Most bytes in one group of records: bounds the memory of a write, and leaves room for several groups in a segment.
pub const GROUP_BYTES_MAX: usize = 64 * 1_024 * 1_024;
const _: () = assert!((GROUP_BYTES_MAX as u64) < SEGMENT_BYTES_MAX / 2);
/// A segment is closed before it would grow beyond this: its end, too, must have a position.
pub(crate) const SEGMENT_BYTES: u64 = SEGMENT_BYTES_MAX - 1;
/// A write buffer that grew beyond this is given back: a page of a sync fits four times.
const BUFFER_KEPT_BYTES: usize = 4 * 1_024 * 1_024;

/// All segment files of a data folder, open for reading from any thread and for appending by one at a time.
#[derive(Debug)]
pub(crate) struct Segments {
    folder: PathBuf,
    files: RwLock<BTreeMap<u32, Arc<SegmentFile>>>,
    /// At most [`SEGMENT_BYTES`]; less in tests.
    segment_bytes: u64,
    writer: Mutex<Writer>,
}

#[derive(Debug)]
struct Writer {
    buffer: Vec<u8>,
    /// The newest segment.
    file: Arc<SegmentFile>,
    /// Bytes of it that are written.
    written: u64,
    /// Bytes of it that are known to be on the disk.
    durable: u64,
    /// A write or sync failed in a way that leaves the file's end uncertain.
    refusing: bool,
}

impl Segments {
    /// Writes and syncs: when this returns, all the records are acknowledged. After an error, none is.
    pub(crate) fn append(&self, records: &[NewRecord<'_>]) -> Result<Vec<Position>, StoreError> {
        let positions = self.append_unsynced(records)?;
        self.sync()?;
        Ok(positions)
    }

    /// Writes without syncing. Nothing is acknowledged before [`Self::sync`] returns. After an error none of the
    /// records is there; if it is retryable, the same call may be made again once there is space.
    pub(crate) fn append_unsynced(&self, records: &[NewRecord<'_>]) -> Result<Vec<Position>, StoreError> {
        let bytes = check_sizes(records)?;
        let mut writer = self.writer.lock();
        if writer.refusing {
            return Err(StoreError::Refusing);
        }
        if writer.written > HEADER_BYTES && writer.written + bytes as u64 > self.segment_bytes {
            self.roll(&mut writer)?;
        }
        writer.write(records)
    }

    /// Makes all that was appended durable: from here on it is acknowledged.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        self.writer.lock().sync()
    }

    /// Where the next record will lie, unless it opens a new segment. All that is stored lies before it.
    pub(crate) fn end(&self) -> Position {
        let writer = self.writer.lock();
        Position::new(writer.file.number(), writer.written).expect("a segment is closed before its end has no position")
    }

    /// Frame and head of the record at `position`, verified.
    pub(crate) fn read_head(&self, position: Position) -> Result<RecordHead, StoreError> {
        let file = self.file_of(position)?;
        let read = file.head_at(position.offset());
        read.map(|(_, head)| head).map_err(|why| file.unreadable(position.offset(), why))
    }

    /// The record at `position`, head and body verified.
    pub(crate) fn read(&self, position: Position) -> Result<Record, StoreError> {
        let file = self.file_of(position)?;
        let read = file.record_at(position.offset());
        read.map(|(record, _)| record).map_err(|why| file.unreadable(position.offset(), why))
    }

    /// A record's head, and up to `bytes_max` bytes of its body from byte `offset` of it on; `None` if the body is
    /// erased. The head's checksum is verified and the body's is not, since that would take reading all of it: quick
    /// enough to be done for every hit.
    pub(crate) fn body_slice(
        &self,
        position: Position,
        offset: usize,
        bytes_max: usize,
    ) -> Result<Option<(RecordHead, Vec<u8>)>, StoreError> {
        let file = self.file_of(position)?;
        let erasures = file.erasures();
        let unreadable = |why| file.unreadable(position.offset(), why);
        let (frame, head) = file.head_at(position.offset()).map_err(unreadable)?;
        if !head.body_present {
            return Ok(None);
        }
        let bytes = bytes_max.min(frame.body_bytes.saturating_sub(offset));
        let start = position.offset() + (FRAME_BYTES + frame.head_bytes + offset) as u64;
        let slice = file.read_exact(start, bytes).map_err(unreadable)?;
        // A body is marked, and the mark counted, before it is erased: if none was counted meanwhile, it was whole when it
        // was read, and so it was if it is not marked now.
        let whole = file.erasures() == erasures || !file.is_marked_erased(position.offset());
        Ok(whole.then_some((head, slice)))
    }

    /// The numbers of all segments, oldest first.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        self.files.read().keys().copied().collect()
    }

    /// Deletes a whole segment, for a caller who knows that nothing in it is needed. Never the newest.
    pub(crate) fn delete_segment(&self, number: u32) -> Result<(), StoreError> {
        if self.writer.lock().file.number() == number {
            return Err(StoreError::NotFound);
        }
        let file = self.files.write().remove(&number).ok_or(StoreError::NotFound)?;
        std::fs::remove_file(file.path())
            .and_then(|()| sync_folder(&self.folder))
            .map_err(|source| StoreError::disk("delete", file.path(), source))
    }

    /// The error for a record whose checksums hold and whose head says nothing that this program understands.
    pub(crate) fn unreadable_header(&self, position: Position) -> StoreError {
        let file = self.folder.join(file::file_name(position.segment()));
        StoreError::Damaged { file, offset: position.offset(), detail: "its head cannot be read" }
    }

    fn file_of(&self, position: Position) -> Result<Arc<SegmentFile>, StoreError> {
        self.files.read().get(&position.segment()).cloned().ok_or(StoreError::NotFound)
    }

    /// Opens the next segment. The one before is synced first: only the newest can have a torn end.
    fn roll(&self, writer: &mut Writer) -> Result<(), StoreError> {
        writer.sync()?;
        let number = writer.file.number() + 1;
        if number > SEGMENT_NUMBER_MAX {
            return Err(StoreError::SegmentsUsedUp);
        }
        let file = Arc::new(SegmentFile::create(&self.folder, number)?);
        self.files.write().insert(number, Arc::clone(&file));
        (writer.file, writer.written, writer.durable) = (file, HEADER_BYTES, HEADER_BYTES);
        Ok(())
    }
}

impl Writer {
    fn write(&mut self, records: &[NewRecord<'_>]) -> Result<Vec<Position>, StoreError> {
        self.buffer.clear();
        self.buffer.reserve(records.iter().map(NewRecord::bytes).sum());
        let durable = u32::try_from(self.durable).expect("a segment has at most 256 MiB");
        let mut positions = Vec::with_capacity(records.len());
        for record in records {
            let offset = self.written + self.buffer.len() as u64;
            positions.push(Position::new(self.file.number(), offset).expect("a group fits the segment it goes to"));
            record.encode(self.file.salt(), durable, &mut self.buffer);
        }
        if let Err(source) = self.file.write_at(&self.buffer, self.written) {
            let retryable = is_out_of_space(&source) && self.file.truncate(self.written).is_ok();
            self.refusing = !retryable;
            return Err(StoreError::Disk { action: "write to", file: self.file.path().into(), retryable, source });
        }
        self.written += self.buffer.len() as u64;
        if self.buffer.capacity() > BUFFER_KEPT_BYTES {
            self.buffer = Vec::new();
        }
        Ok(positions)
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        if self.refusing {
            return Err(StoreError::Refusing);
        }
        if self.written == self.durable {
            return Ok(());
        }
        if let Err(source) = self.file.sync() {
            self.refusing = true;
            // If cutting fails too, the next start finds out what reached the disk and what did not.
            let _ = self.file.truncate(self.durable);
            return Err(StoreError::disk("sync", self.file.path(), source));
        }
        self.durable = self.written;
        Ok(())
    }
}

/// The bytes of a group, if each record and the group keep to their limits.
fn check_sizes(records: &[NewRecord<'_>]) -> Result<usize, StoreError> {
    let check = |what, bytes: usize, bytes_max| match bytes <= bytes_max {
        true => Ok(()),
        false => Err(StoreError::TooLarge { what, bytes, bytes_max }),
    };
    for record in records {
        check("a record's head", record.head.len(), HEAD_BYTES_MAX)?;
        check("a record's body", record.body.len(), record.kind.body_bytes_max())?;
    }
    let bytes = records.iter().map(NewRecord::bytes).sum();
    check("a group of records", bytes, GROUP_BYTES_MAX)?;
    Ok(bytes)
}
