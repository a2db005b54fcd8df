//! The version of the data folder's layout, in a file `FORMAT` that a person can read, and the lock that keeps a second
//! process out.
//!
//! A folder of an older format is brought up to date here, one step a version, before anything in it is opened. Segments
//! and rows carry versions of their own besides. From format 1 to 2 the rows of bodies gained a number; older ones are
//! read and written anew as the store opens (`held.rs`), so the step is to keep programs out that cannot read the new.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::Path,
};

use super::{error::StoreError, segments::file::write_renamed};

/// The format that this version writes.
const FORMAT: u32 = 2;
const FORMAT_FILE: &str = "FORMAT";
const FORMAT_PREFIX: &str = "larum data folder, format ";
const LOCK_FILE: &str = "LOCK";

/// Holds the data folder until it is dropped, or until the process ends in whatever way.
#[derive(Debug)]
pub(crate) struct FolderLock {
    file: File,
}

impl FolderLock {
    /// Takes the folder, which is created if need be, and checks its format.
    pub(crate) fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(LOCK_FILE);
        let disk = |source| StoreError::disk("lock", &path, source);
        fs::create_dir_all(folder).map_err(disk)?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(disk)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { folder: folder.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(disk(source)),
        }
        check_format(folder)?;
        Ok(Self { file })
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Closing is not enough: a child that is being started holds the file, too, until it runs its own program.
        let _ = self.file.unlock();
    }
}

fn check_format(folder: &Path) -> Result<(), StoreError> {
    let path = folder.join(FORMAT_FILE);
    let found = match fs::read_to_string(&path) {
        Ok(text) => parse(&text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return write_format(folder, &path);
        }
        Err(source) => return Err(StoreError::disk("read", &path, source)),
    };
    match found {
        Some(FORMAT) => Ok(()),
        Some(found) if found < FORMAT => write_format(folder, &path),
        Some(found) => Err(StoreError::NewerFormat { found, known: FORMAT }),
        None => Err(StoreError::Damaged { file: path, offset: 0, detail: "it does not name a format" }),
    }
}

fn write_format(folder: &Path, path: &Path) -> Result<(), StoreError> {
    let text = format!("{FORMAT_PREFIX}{FORMAT}\n");
    write_renamed(folder, &folder.join("FORMAT.new"), path, text.as_bytes())
        .map_err(|source| StoreError::disk("create", path, source))
}

fn parse(text: &str) -> Option<u32> {
    text.strip_prefix(FORMAT_PREFIX)?.trim_end().parse().ok().filter(|format| *format > 0)
}
