//! What is small and looked up by key, in sled. This file and nothing outside it names sled.
//!
//! sled's `flush` is not fsync on Linux (its issues #1351 and #1452), so what is nowhere else is acknowledged by
//! [`Tables::sync`], which adds one. Everything the segments can rebuild is written without waiting: it is put right by
//! replay from the last checkpoint.
//!
//! Bounds: rows of at most 1 KiB (larger values spill to files of their own and are slow), batches of at most 1,000
//! changes (larger ones take gigabytes), a cache of 32 MiB.

use std::{
    fs::{self, File, TryLockError},
    io,
    ops::RangeInclusive,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    error::StoreError,
    keys::{self, Table},
    rows::{self, Row},
    segments::file::{is_out_of_space, sync_folder},
};

/// Most bytes in one row.
pub const ROW_BYTES_MAX: usize = 1_024;
/// Most changes that sled is given at once.
const BATCH_CHANGES_MAX: usize = 1_000;
/// What sled may keep in memory: the tables of a large consortium take a few megabytes.
const CACHE_BYTES: u64 = 32 * 1_024 * 1_024;
/// Waiting for a lock that is about to go: two seconds in all, far longer than it takes to start a program.
const LOCK_TRIES: u32 = 200;
const LOCK_WAIT: Duration = Duration::from_millis(10);
/// How sled calls a snapshot that it is writing, and renames once it is whole and synced.
const SNAPSHOT_PREFIX: &str = "snap.";
const UNFINISHED_SUFFIX: &str = ".generating";
/// Damaged tables that are kept for inspection. More of them mean a broken disk, which an operator must see.
const SET_ASIDE_MAX: u32 = 100;

/// The tables of one data folder.
#[derive(Debug)]
pub(crate) struct Tables {
    db: sled::Db,
    /// sled's one data file, to be synced.
    file: File,
    path: PathBuf,
}

/// Changes that are made together.
#[derive(Debug, Default)]
pub(crate) struct Changes(Vec<(Vec<u8>, Option<Vec<u8>>)>);

impl Changes {
    /// Writes a row of fixed size over whatever is there.
    pub(crate) fn put<R: Row>(&mut self, key: &R::Key, row: &R) {
        self.0.push((keys::encode(R::TABLE, key), Some(rows::encode(row))));
    }

    /// Removes a row, if it is there.
    pub(crate) fn remove<R: Row>(&mut self, key: &R::Key) {
        self.0.push((keys::encode(R::TABLE, key), None));
    }

    /// How many changes.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Tables {
    /// Opens the tables in `path`, which are made if they are not there. [`StoreError::Tables`] says that they are
    /// damaged; any other error that the disk refuses.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let config = sled::Config::new().path(path).cache_capacity(CACHE_BYTES);
        wait_for_lock(path)?;
        remove_unfinished_snapshots(path)?;
        // sled asserts some of what it reads from its files, and a damaged file must not end the process.
        let db = catch_unwind(AssertUnwindSafe(|| config.open()))
            .map_err(|_| StoreError::Tables { action: "open", detail: "its files are inconsistent".into() })?
            .map_err(|error| refused("open", path, error))?;
        let disk = |source| StoreError::disk("open", path, source);
        let file = File::open(path.join("db")).map_err(disk)?;
        sync_folder(path).map_err(disk)?;
        Ok(Self { db, file, path: path.to_owned() })
    }

    /// One row.
    pub(crate) fn get<R: Row>(&self, key: &R::Key) -> Result<Option<R>, StoreError> {
        let bytes = self.db.get(keys::encode(R::TABLE, key)).map_err(|error| refused("read", &self.path, error))?;
        bytes.map(|bytes| rows::decode(&bytes).ok_or_else(|| unknown_row(R::TABLE))).transpose()
    }

    /// The rows of a table whose keys lie in `keys`, in order, from either end.
    pub(crate) fn range<R: Row>(
        &self,
        keys: RangeInclusive<R::Key>,
    ) -> impl DoubleEndedIterator<Item = Result<(R::Key, R), StoreError>> + use<R> {
        let bounds = keys::encode(R::TABLE, keys.start())..=keys::encode(R::TABLE, keys.end());
        self.read_all(self.db.range(bounds))
    }

    /// All rows of a table, in the order of their keys.
    pub(crate) fn all<R: Row>(&self) -> impl DoubleEndedIterator<Item = Result<(R::Key, R), StoreError>> + use<R> {
        self.read_all(self.db.scan_prefix([R::TABLE.prefix()]))
    }

    /// Writes one row, not yet on the disk.
    pub(crate) fn put<R: Row>(&self, key: &R::Key, row: &R) -> Result<(), StoreError> {
        let bytes = rows::encode(row);
        if bytes.len() > ROW_BYTES_MAX {
            let (what, bytes) = (R::TABLE.name(), bytes.len());
            return Err(StoreError::TooLarge { what, bytes, bytes_max: ROW_BYTES_MAX });
        }
        let put = self.db.insert(keys::encode(R::TABLE, key), bytes);
        put.map(drop).map_err(|error| refused("write to", &self.path, error))
    }

    /// Removes one row, not yet on the disk. Whether it was there.
    pub(crate) fn remove<R: Row>(&self, key: &R::Key) -> Result<bool, StoreError> {
        let removed = self.db.remove(keys::encode(R::TABLE, key));
        removed.map(|row| row.is_some()).map_err(|error| refused("write to", &self.path, error))
    }

    /// Makes changes, not yet on the disk; those of one call to sled at once, the later of two on one key last.
    pub(crate) fn apply(&self, changes: Changes) -> Result<(), StoreError> {
        let mut changes = changes.0.into_iter().peekable();
        while changes.peek().is_some() {
            let mut batch = sled::Batch::default();
            for (key, value) in changes.by_ref().take(BATCH_CHANGES_MAX) {
                match value {
                    Some(value) => batch.insert(key, value),
                    None => batch.remove(key),
                }
            }
            self.db.apply_batch(batch).map_err(|error| refused("write to", &self.path, error))?;
        }
        Ok(())
    }

    /// Empties a table.
    pub(crate) fn clear(&self, table: Table) -> Result<(), StoreError> {
        let mut changes = Changes::default();
        for key in self.db.scan_prefix([table.prefix()]).keys() {
            let key = key.map_err(|error| refused("read", &self.path, error))?;
            changes.0.push((key.to_vec(), None));
            if changes.len() == BATCH_CHANGES_MAX {
                self.apply(std::mem::take(&mut changes))?;
            }
        }
        self.apply(changes)
    }

    /// Puts everything written before on the disk.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(|error| refused("flush", &self.path, error))?;
        self.file.sync_all().map_err(|source| StoreError::disk("sync", self.path.join("db"), source))
    }

    fn read_all<R: Row>(
        &self,
        rows: sled::Iter,
    ) -> impl DoubleEndedIterator<Item = Result<(R::Key, R), StoreError>> + use<R> {
        let path = self.path.clone();
        rows.map(move |entry| {
            let (key, row) = entry.map_err(|error| refused("read", &path, error))?;
            let key = keys::decode(R::TABLE, &key);
            key.zip(rows::decode(&row)).ok_or_else(|| unknown_row(R::TABLE))
        })
    }
}

#[cfg(test)]
impl Tables {
    /// Makes every row of a table what the first version wrote of a row without fields.
    pub(crate) fn write_as_version_1<R: Row>(&self) {
        for key in self.db.scan_prefix([R::TABLE.prefix()]).keys() {
            self.db.insert(key.expect("it was written"), &[1]).expect("it can be written again");
        }
    }
}

/// Waits until sled's file is not locked. No other node has it, since the data folder is ours; but a child that is
/// being started holds the lock of tables that were just closed until it runs its own program. sled would report the
/// lock as it reports damage.
fn wait_for_lock(path: &Path) -> Result<(), StoreError> {
    let disk = |source| StoreError::disk("lock", path, source);
    let file = match File::open(path.join("db")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file.map_err(disk)?,
    };
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return file.unlock().map_err(disk),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_WAIT),
            Err(TryLockError::Error(error)) => return Err(disk(error)),
        }
    }
    Err(disk(io::ErrorKind::WouldBlock.into()))
}

/// Deletes the snapshots that a start left unfinished when it was killed or the disk was full. sled would take one for the
/// newest and call the tables damaged. None is ever needed: the one before goes only after the new one has its name.
fn remove_unfinished_snapshots(path: &Path) -> Result<(), StoreError> {
    let disk = |source| StoreError::disk("clear", path, source);
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(disk)?,
    };
    for entry in entries {
        let entry = entry.map_err(disk)?;
        let name = entry.file_name();
        let is_unfinished = |name: &str| name.starts_with(SNAPSHOT_PREFIX) && name.ends_with(UNFINISHED_SUFFIX);
        if name.to_str().is_some_and(is_unfinished) {
            fs::remove_file(entry.path()).map_err(disk)?;
        }
    }
    Ok(())
}

/// Gives damaged tables another name, under which they stay for inspection: the new name.
pub(crate) fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let free =
        (1..=SET_ASIDE_MAX).map(|number| path.with_extension(format!("damaged-{number}"))).find(|new| !new.exists());
    let disk = |source| StoreError::disk("set aside", path, source);
    let new =
        free.ok_or_else(|| disk(io::Error::other("too many were set aside before; remove some, check the disk")))?;
    fs::rename(path, &new).map_err(disk)?;
    sync_folder(path.parent().unwrap_or(Path::new("."))).map_err(disk)?;
    Ok(new)
}

/// Tells a disk that refuses from tables that are damaged.
fn refused(action: &'static str, path: &Path, error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(source) if is_refusal(&source) => StoreError::disk(action, path, source),
        error => StoreError::Tables { action, detail: error.to_string() },
    }
}

fn is_refusal(error: &io::Error) -> bool {
    is_out_of_space(error)
        || matches!(
            error.kind(),
            io::ErrorKind::NotADirectory | io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
        )
}

fn unknown_row(table: Table) -> StoreError {
    StoreError::Tables { action: "read", detail: format!("a row of the table of {} cannot be read", table.name()) }
}
