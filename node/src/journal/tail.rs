//! What could not be read at the end of a journal, in a file of its own beside it.
//!
//! A crash in the middle of a write leaves such an end, which was never acknowledged. Damage of the frame that was written
//! last looks the same, so that nothing is thrown away before somebody could look at it.
//! Invariant: it goes with the next rewrite at the latest, because what is deleted leaves the disk.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use super::{
    JournalError,
    file::{MODE, remove_if_there},
};

/// Copies what stands in a journal's file from `start` on; on the disk when this returns.
pub(super) fn set_aside(dir: &Path, mut journal: &File, start: u64) -> Result<(), JournalError> {
    let path = path(dir);
    remove(dir)?;
    let created = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&path);
    let copied = created.and_then(|mut tail| {
        journal.seek(SeekFrom::Start(start))?;
        let bytes = io::copy(&mut journal.by_ref(), &mut tail)?;
        tail.sync_all()?;
        File::open(dir)?.sync_all()?;
        Ok(bytes)
    });
    let bytes = copied.map_err(JournalError::io("set the end of a journal aside in", &path))?;
    tracing::warn!(
        aside = %path.display(), bytes,
        "the end of a journal cannot be read, and was set aside. A crash or a power cut in the middle of a write leaves such \
         an end, and it was never acknowledged; if there was none, what was kept last is lost: look at the disk"
    );
    Ok(())
}

/// Removes what was set aside, if anything was.
pub(super) fn remove(dir: &Path) -> Result<(), JournalError> {
    remove_if_there(&path(dir))
}

fn path(dir: &Path) -> PathBuf {
    dir.join("journal.tail")
}
