//! Retention: whole files of the record go, oldest first, once everything in them is older than what is kept.
//!
//! Invariant: what stays is still one chain, and its oldest record's number tells how much went.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};

use larum_protocol::clock::{DAY_MS, Timestamp};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{
    AuditError,
    file::{self, Contents, Item},
    record::Entry,
};
use crate::clock::now;

/// How often the node looks for what may go: files end with the day, so that this is soon enough.
const EVERY: Duration = Duration::from_secs(6 * 3_600);

/// What went.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Pruned {
    /// Files.
    pub files: u64,
    /// Records in them.
    pub records: u64,
}

/// Removes the files under `dir` whose records were all written before `before`. The newest file always stays.
///
/// # Errors
/// [`AuditError`] if a file cannot be read or removed; those before it are gone then.
pub fn prune(dir: &Path, before: Timestamp) -> Result<Pruned, AuditError> {
    let mut pruned = Pruned::default();
    let files = file::list(dir)?;
    for (_, path) in &files[..files.len().saturating_sub(1)] {
        let (newest, records) = newest(path)?;
        if newest.is_none_or(|newest| newest >= before.0) {
            break; // a file with nothing that can be read is somebody's to look at
        }
        fs::remove_file(path).map_err(AuditError::io(path))?;
        pruned.files += 1;
        pruned.records += records;
    }
    if pruned.files > 0 {
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(AuditError::io(dir))?;
    }
    Ok(pruned)
}

/// The first instant of what is kept for so many days.
pub fn kept_from(days: u32) -> Timestamp {
    Timestamp(now().0.saturating_sub(u64::from(days) * DAY_MS))
}

/// When the newest record of a file was written, and how many there are.
fn newest(path: &Path) -> Result<(Option<u64>, u64), AuditError> {
    let mut contents = Contents::open(path)?;
    let (mut newest, mut records) = (None, 0);
    loop {
        match contents.next() {
            Item::Record(bytes) => {
                newest = newest.max(minicbor::decode::<Entry>(bytes).ok().map(|entry| entry.time_ms));
                records += 1;
            }
            Item::End => return Ok((newest, records)),
            Item::Damage(what) => return Err(contents.damaged(what)),
        }
    }
}

/// Keeps `days` of the record under `dir`, until `stop`.
pub(crate) async fn keep_pruned(dir: PathBuf, days: u32, stop: CancellationToken) {
    loop {
        let of = dir.clone();
        match tokio::task::spawn_blocking(move || prune(&of, kept_from(days))).await {
            Ok(Ok(Pruned { files: 0, .. })) | Err(_) => {}
            Ok(Ok(Pruned { records, .. })) => tracing::info!(records, days, "old records of lookups were removed"),
            Ok(Err(error)) => tracing::warn!(%error, "old records of lookups could not be removed; it is tried again"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
