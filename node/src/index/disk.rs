//! Files that appear whole or not at all: temporary name, sync, rename, sync of the folder.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use super::{IndexError, error::Doing};

/// What is not finished ends so, and is deleted at the next start.
const TEMPORARY: &str = "tmp";

/// The name under which `path` is written until it is whole.
pub(super) fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(TEMPORARY);
    name.into()
}

/// Whether this file was left behind unfinished.
pub(super) fn is_temporary(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == TEMPORARY)
}

/// Gives the synced file `temporary(path)` its name, and makes the name durable.
pub(super) fn publish(path: &Path) -> Result<(), IndexError> {
    fs::rename(temporary(path), path).doing("naming a finished file")?;
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .doing("syncing the folder")
}

/// Replaces `path` by `bytes`, durably.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), IndexError> {
    let mut file = File::create(temporary(path)).doing("creating a file")?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .doing("writing a file")?;
    publish(path)
}
