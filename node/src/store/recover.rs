//! Opening a data folder: what a crash left behind is cut, replayed or rebuilt, and [`Recovery`] says what was done.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use larum_protocol::log::LogId;
use parking_lot::{Mutex, RwLock};

use super::{
    Options, Progress, Store, consistency,
    error::StoreError,
    facts::ReadHeader,
    held::Held,
    keys::Table,
    local::LocalWrites,
    migrate::FolderLock,
    position::Position,
    replay::Replay,
    rows::{CheckpointRow, LogHead, SegmentRow},
    segments::SegmentFolder,
    tables::{self, Changes, Tables},
};

const SEGMENTS_FOLDER: &str = "segments";
const TABLES_FOLDER: &str = "tables";

/// Why the tables were rebuilt from the segments.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TablesRebuilt {
    /// They could not be read, and lie under this name now.
    Damaged {
        /// Where they were set aside.
        set_aside: PathBuf,
    },
    /// They opened and did not hold together: rows had vanished.
    Inconsistent,
    /// They were not there, or empty.
    Missing,
    /// Segments that they point into are missing or shorter than they were.
    SegmentsChanged,
}

/// What was done to open the store. A clean start after a clean stop leaves all of it empty.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Recovery {
    /// Bytes cut off the end of the newest segment: being written when the process ended, never acknowledged.
    pub bytes_cut: u64,
    /// Records entered into the tables anew.
    pub records_replayed: u64,
    /// Set if the tables were rebuilt as a whole. What was derived from positions must then be derived again.
    pub tables_rebuilt: Option<TablesRebuilt>,
    /// What was in the tables only and is gone or may be incomplete, as an operator calls it.
    pub lost: Vec<&'static str>,
    /// Numbers of segments that were there before and are not any more.
    pub segments_missing: Vec<u32>,
    /// Logs that were cut back because batches in their middle are missing; peers still have them.
    pub logs_cut: Vec<LogId>,
}

impl Recovery {
    /// Whether this node may go on with a log of its own. If not, it may have published batches that it does not know
    /// any more, and must open a new incarnation: to go on would fork the log (I5).
    pub fn may_continue_own_log(&self) -> bool {
        self.tables_rebuilt.is_none()
            && self.lost.is_empty()
            && self.logs_cut.is_empty()
            && self.segments_missing.is_empty()
    }
}

/// What the tables say about the segments they were derived from.
struct Known {
    checkpoint: Option<CheckpointRow>,
    segments: BTreeSet<u32>,
}

impl Known {
    fn read(tables: &Tables) -> Result<Self, StoreError> {
        let checkpoint = tables.get::<CheckpointRow>(&())?;
        let segments = tables.all::<SegmentRow>().map(|row| row.map(|(number, _)| number)).collect::<Result<_, _>>()?;
        Ok(Self { checkpoint, segments })
    }

    /// From where on the segments must be replayed, if all before is as the tables say.
    fn replay_from(&self, folder: &SegmentFolder) -> Result<Option<Position>, StoreError> {
        let Some(checkpoint) = self.checkpoint.map(|row| row.position) else { return Ok(None) };
        let found = folder.numbers();
        let all_there = self.segments.iter().all(|number| found.binary_search(number).is_ok());
        let none_new = found.iter().all(|number| *number > checkpoint.segment() || self.segments.contains(number));
        let fits = all_there && none_new && folder.reaches(checkpoint)?;
        Ok(fits.then_some(checkpoint))
    }
}

impl Store {
    pub(crate) fn open_with(
        folder: &Path,
        options: Options,
        read_header: ReadHeader,
    ) -> Result<(Self, Recovery), StoreError> {
        let lock = FolderLock::take(folder)?;
        let path = folder.join(TABLES_FOLDER);
        let mut recovery = Recovery::default();
        let parts = match open_parts(folder, options, read_header, &mut recovery) {
            Err(StoreError::Tables { detail, .. }) => {
                let set_aside = tables::set_aside(&path)?;
                tracing::warn!(detail, "the tables are damaged; they were set aside and are rebuilt");
                recovery.tables_rebuilt = Some(TablesRebuilt::Damaged { set_aside });
                open_parts(folder, options, read_header, &mut recovery)?
            }
            parts => parts?,
        };
        let (segments, tables) = parts;
        let heads = tables.all().collect::<Result<BTreeMap<_, _>, _>>()?;
        let controls = consistency::controls(&tables)?;
        let progress = Progress { segment: segments.end().segment(), controls, ..Progress::default() };
        let (heads, progress) = (RwLock::new(heads), Mutex::new(progress));
        let held = Mutex::new(Held::count(&tables, &segments, read_header)?);
        let (local_writes, behind) = LocalWrites::open(folder, &tables)?;
        if behind {
            recovery.lost = Table::ONLY_HERE.iter().map(|table| table.name()).collect();
        }
        let local_writes = Mutex::new(local_writes);
        let folder = folder.to_owned();
        let store =
            Self { folder, heads, held, local_writes, options, progress, read_header, segments, tables, _lock: lock };
        store.close()?; // writes a checkpoint that is on the disk: what was replayed need not be again
        Ok((store, recovery))
    }
}

/// Opens segments and tables, and makes the tables say what the segments say.
fn open_parts(
    folder: &Path,
    options: Options,
    read_header: ReadHeader,
    recovery: &mut Recovery,
) -> Result<(super::Segments, Tables), StoreError> {
    let files = SegmentFolder::open(&folder.join(SEGMENTS_FOLDER))?;
    let tables = Tables::open(&folder.join(TABLES_FOLDER))?;
    let known = Known::read(&tables)?;
    let found = files.numbers();
    let mut kept = known.replay_from(&files)?;
    let checkpoint_segment = known.checkpoint.map_or(0, |row| row.position.segment());
    let used = known.segments.last().copied().unwrap_or(0).max(checkpoint_segment);
    let (segments, cut) = files.recover(kept.unwrap_or(Position::START), used, options.segment_bytes)?;
    recovery.bytes_cut += cut;
    if points_beyond(&tables, segments.end())? {
        kept = None;
    }
    if kept.is_none() {
        clear(&tables)?;
    }
    let mut replayed = Replay::run(&segments, &tables, read_header, kept.unwrap_or(Position::START))?;
    if kept.is_some() && !consistency::hold_together(&tables, known.checkpoint)? {
        recovery.tables_rebuilt = Some(TablesRebuilt::Inconsistent);
        kept = None;
        clear(&tables)?;
        replayed = Replay::run(&segments, &tables, read_header, Position::START)?;
    }
    recovery.records_replayed = replayed.records;
    recovery.logs_cut = replayed.logs_cut;
    recovery.segments_missing = known.segments.into_iter().filter(|number| !found.contains(number)).collect();
    if kept.is_none() && recovery.tables_rebuilt.is_none() {
        recovery.tables_rebuilt = match known.checkpoint {
            Some(_) => Some(TablesRebuilt::SegmentsChanged),
            None if replayed.records > 0 => Some(TablesRebuilt::Missing),
            None => None, // a new data folder
        };
    }
    if !matches!(recovery.tables_rebuilt, None | Some(TablesRebuilt::SegmentsChanged)) {
        recovery.lost = Table::ONLY_HERE.iter().map(|table| table.name()).collect();
    }
    let mut changes = Changes::default();
    for number in segments.numbers() {
        changes.put(&number, &SegmentRow);
    }
    tables.apply(changes)?;
    Ok((segments, tables))
}

fn clear(tables: &Tables) -> Result<(), StoreError> {
    Table::REBUILDABLE.into_iter().try_for_each(|table| tables.clear(table))
}

/// Whether the tables know of batches that the segments do not hold: what was acknowledged is gone.
fn points_beyond(tables: &Tables, end: Position) -> Result<bool, StoreError> {
    for head in tables.all::<LogHead>() {
        if head?.1.position >= end {
            return Ok(true);
        }
    }
    Ok(false)
}
