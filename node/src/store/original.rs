//! Whether the data folder is the one in which the node's log was last written, or a copy of it.
//!
//! A copy holds the same keys and the same log, and cannot know what the original said since: to go on with that log
//! would fork it (I5). So a file in the folder names itself, by its inode number and the instant of its birth. What
//! copies a folder (`cp -a`, tar, rsync, a restored backup) makes a new file, which the old words do not fit. The file is
//! made anew at every start and stop, so that a backup that is put back over the folder it was taken of does not fit
//! either. To rename the folder changes nothing.
//!
//! Not told apart: a snapshot of a whole disk or file system, which keeps inode numbers and times of birth; and, on a file
//! system that keeps no time of birth, a copy that happens to get the same inode number.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::fs::MetadataExt,
    time::UNIX_EPOCH,
};

use larum_protocol::log::Incarnation;

use super::{Store, error::StoreError, segments::file::sync_folder};

pub(super) const FILE: &str = "ORIGINAL";
pub(super) const NEW_FILE: &str = "ORIGINAL.new";
/// Bytes that are read of it: more than it ever has.
const BYTES_MAX: u64 = 512;

impl Store {
    /// Whether this folder was last used by this incarnation, and is no copy. One that does not say so is none.
    pub fn is_original(&self, incarnation: &Incarnation) -> bool {
        let fits = || -> io::Result<bool> {
            let file = File::open(self.folder.join(FILE))?;
            let expected = words(&file, incarnation)?;
            let mut found = String::new();
            file.take(BYTES_MAX).read_to_string(&mut found)?;
            Ok(found == expected)
        };
        fits().unwrap_or(false)
    }

    /// Notes that this folder is the one that this incarnation writes its log in; on the disk when this returns.
    pub fn mark_original(&self, incarnation: &Incarnation) -> Result<(), StoreError> {
        let path = self.folder.join(FILE);
        let write = || -> io::Result<()> {
            let new = self.folder.join(NEW_FILE);
            let mut file = File::create(&new)?;
            let words = words(&file, incarnation)?;
            file.write_all(words.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            sync_folder(&self.folder)
        };
        write().map_err(|source| StoreError::disk("write", &path, source))
    }
}

/// What the file says if it is the one that was written for this incarnation.
fn words(file: &File, incarnation: &Incarnation) -> io::Result<String> {
    let facts = file.metadata()?;
    let born = facts.created().ok().and_then(|born| born.duration_since(UNIX_EPOCH).ok());
    let born =
        born.map_or_else(|| "unknown".to_owned(), |born| format!("{}.{:09}", born.as_secs(), born.subsec_nanos()));
    let incarnation = data_encoding::HEXLOWER.encode(&incarnation.0);
    Ok(format!(
        "This file names itself. In a copy of the folder it does not fit, and the node opens a new log there.\n\
         inode {}\nborn {born}\nlog {incarnation}\n",
        facts.ino()
    ))
}
