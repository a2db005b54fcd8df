//! What a node keeps on disk, in terms of logs, rosters and places. The only module that names sled or a segment file.
//!
//! Two engines, and one truth. Append-only segment files hold every batch, roster, fork proof and grant as it was signed
//! (`segments.rs`); tables hold what is small and looked up by key (`tables.rs`). What the tables say about segments is
//! derived: it is written without waiting, and at the next start whatever lies behind the last checkpoint is replayed.
//!
//! Invariant (I5): a call that returned `Ok` is on the disk, and survives `kill -9` and a power cut. A call that returned
//! an error acknowledged nothing.
//! Invariant: a log's head is checked again as a batch is written, so that a log cannot be continued twice.
//! Invariant (I4): a body that was dropped cannot be read again; its header stays until the log's floor has passed it.
//! Once the disk is full, what a check needs (heads, and reads by position) goes on; reads by name may fail with an error
//! until there is space and the node was started again, since sled refuses everything after a write that failed.
//! Absent on purpose: what a statement means, which batch is valid, what a tag is.
//!
//! ```text
//! LOCK, FORMAT            one process at a time, and the layout of all this
//! segments/0000000001.seg ...
//! LOCAL                   how many writes to what is only in the tables were acknowledged
//! ORIGINAL                names itself: in a copy of the folder it does not fit
//! tables/                 sled; tables.damaged-1 ... are tables that were set aside
//! ```

mod batches;
mod consistency;
mod control;
mod error;
mod facts;
mod held;
mod keys;
mod local;
mod migrate;
mod original;
mod position;
mod record;
mod recover;
mod replay;
mod retain;
mod rows;
mod segments;
mod tables;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use larum_protocol::log::LogId;
use parking_lot::{Mutex, RwLock};

pub(crate) use self::migrate::FolderLock;
pub use self::{
    control::{StoredForkProof, StoredGrant, StoredRoster},
    error::StoreError,
    facts::{HeaderFacts, NewBatch, ReadHeader, StoredBatch},
    held::Held,
    position::{BODY_BYTES_MAX, Position, SEGMENT_BYTES_MAX, SEGMENT_NUMBER_MAX, StatementPlace},
    record::{CONTROL_BODY_BYTES_MAX, HEAD_BYTES_MAX, Link, Record, RecordHead, RecordKind},
    recover::{Recovery, TablesRebuilt},
    rows::{AllowedEntry, IdempotentAnswer, LogHead, TokenRecord},
    segments::GROUP_BYTES_MAX,
    tables::ROW_BYTES_MAX,
};
use self::{
    local::LocalWrites,
    record::NewRecord,
    rows::{CheckpointRow, SegmentRow},
    segments::{SEGMENT_BYTES, Segments},
    tables::{Changes, Tables},
};

/// A checkpoint is written after this many records or bytes: a restart replays at most about as much, in well under a
/// second, and the sync of the tables that a checkpoint takes is shared by so many batches.
const CHECKPOINT_RECORDS: u64 = 4_096;
const CHECKPOINT_BYTES: u64 = 64 * 1_024 * 1_024;

/// What must not be in a copy of the folder, so that it is known for one.
pub(crate) const ORIGINAL_FILES: [&str; 2] = [original::FILE, original::NEW_FILE];

/// What is fixed for a node and small in a test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) segment_bytes: u64,
    pub(crate) checkpoint_records: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: SEGMENT_BYTES, checkpoint_records: CHECKPOINT_RECORDS }
    }
}

/// An open data folder. May be shared between threads: any may read, one at a time writes.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// The newest batch of each log. Changes only under `progress`.
    heads: RwLock<BTreeMap<LogId, LogHead>>,
    /// How much is held. Changes only under `progress`.
    held: Mutex<Held>,
    local_writes: Mutex<LocalWrites>,
    options: Options,
    /// Held over each write from the check of a head to its advance.
    progress: Mutex<Progress>,
    read_header: ReadHeader,
    segments: Segments,
    tables: Tables,
    /// Dropped last: the folder is free once everything in it is closed.
    _lock: FolderLock,
}

/// How far the tables are behind the segments.
#[derive(Debug, Default)]
struct Progress {
    /// Records and bytes written since the last checkpoint.
    records: u64,
    bytes: u64,
    /// The newest segment that the tables know.
    segment: u32,
    /// The segments hold something that could not be entered into the tables: only a replay puts that right.
    tables_behind: bool,
    /// Rosters, proofs and grants in the tables.
    controls: u64,
}

impl Store {
    /// Opens the data folder, which is created if need be, and puts right what a crash left behind. `read_header` must
    /// read every header that was ever stored here.
    ///
    /// # Errors
    /// [`StoreError::InUse`], [`StoreError::NewerFormat`], [`StoreError::Damaged`] and [`StoreError::Disk`]; damaged
    /// tables are no error but set aside and rebuilt, and [`Recovery`] says what was lost with them.
    pub fn open(folder: &Path, read_header: ReadHeader) -> Result<(Self, Recovery), StoreError> {
        Self::open_with(folder, Options::default(), read_header)
    }

    /// Writes a last checkpoint, so that the next start has nothing to replay. A store that is merely dropped loses
    /// nothing, and takes a little longer to open.
    pub fn close(&self) -> Result<(), StoreError> {
        let mut progress = self.progress.lock();
        if progress.tables_behind {
            return Ok(()); // the next start must replay from the last checkpoint
        }
        self.checkpoint(&mut progress)?;
        self.tables.sync()
    }

    /// The newest batch of every log, in the order of their names.
    pub fn heads(&self) -> Vec<(LogId, LogHead)> {
        self.heads.read().iter().map(|(log, head)| (*log, *head)).collect()
    }

    /// The newest batch of one log; `None` if nothing of it is held.
    pub fn head(&self, log: &LogId) -> Option<LogHead> {
        self.heads.read().get(log).copied()
    }

    /// Where the next record will lie, unless it opens a new segment: all that is stored lies before it.
    pub fn end(&self) -> Position {
        self.segments.end()
    }

    /// The whole record at `position`, verified.
    pub fn record_at(&self, position: Position) -> Result<Record, StoreError> {
        self.segments.read(position)
    }

    /// The record at `position` without its body, verified.
    pub fn record_head_at(&self, position: Position) -> Result<RecordHead, StoreError> {
        self.segments.read_head(position)
    }

    /// The head of a statement's batch, and up to `bytes_max` bytes of the body from where the statement starts; `None`
    /// once the body was dropped. Quick enough for every hit of a check: the body's checksum, which would take reading
    /// all of it, is not verified.
    pub fn statement_bytes(
        &self,
        place: StatementPlace,
        bytes_max: usize,
    ) -> Result<Option<(RecordHead, Vec<u8>)>, StoreError> {
        self.segments.body_slice(place.batch(), place.body_offset(), bytes_max)
    }

    /// Appends records and, once they are on the disk, enters them into the tables as `enter` says.
    fn commit<T>(
        &self,
        progress: &mut Progress,
        records: &[NewRecord<'_>],
        enter: impl FnOnce(&[Position], &mut Changes) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if progress.tables_behind {
            return Err(StoreError::Refusing);
        }
        let positions = self.segments.append(records)?;
        progress.tables_behind = true;
        let mut changes = Changes::default();
        let entered = enter(&positions, &mut changes)?;
        for segment in
            positions.iter().map(|position| position.segment()).filter(|segment| *segment != progress.segment)
        {
            changes.put(&segment, &SegmentRow);
        }
        self.tables.apply(changes)?;
        progress.tables_behind = false;
        progress.segment = positions.last().map_or(progress.segment, |position| position.segment());
        progress.records = progress.records.saturating_add(records.len() as u64);
        progress.bytes += records.iter().map(|record| record.bytes() as u64).sum::<u64>();
        Ok(entered)
    }

    /// Writes a checkpoint if the last one lies far enough back. That it fails is no reason to take back what was
    /// acknowledged: it is tried again after the next write, and until then a restart replays more.
    fn checkpoint_if_due(&self, progress: &mut Progress) {
        let due = progress.records >= self.options.checkpoint_records || progress.bytes >= CHECKPOINT_BYTES;
        if due && let Err(error) = self.checkpoint(progress) {
            tracing::warn!(%error, "could not write a checkpoint; the next start will take longer");
        }
    }

    /// Notes up to where the tables are complete, once what they hold is on the disk. The note itself need not be: an
    /// older one only means a longer replay.
    fn checkpoint(&self, progress: &mut Progress) -> Result<(), StoreError> {
        self.tables.sync()?;
        let (position, logs) = (self.segments.end(), self.heads.read().len() as u64);
        self.tables.put(&(), &CheckpointRow { position, logs, controls: progress.controls })?;
        (progress.records, progress.bytes) = (0, 0);
        Ok(())
    }
}
