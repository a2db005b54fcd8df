//! The record of lookups (invariant I11): who asked, when, which kinds, what verdict; hash-chained, append-only.
//!
//! [`Recorder`] is the one way in. It takes what was asked and answered, writes a record, and only then hands out the
//! signed receipt that the answer needs, so that no answer leaves without a record. Many lookups share one write and
//! one signature (group commit). [`verify`], [`page`] and [`newest_first`] read what is there.
//!
//! Durability: a record is written before its answer is sent, so it survives `kill -9` at once; it is synced within
//! [`SYNC_INTERVAL`], so a power cut can lose what was recorded in the last second, and nothing else of the node's.
//!
//! Invariant: no record holds an identifier, a tag, an applicant's reference, or anything they could be guessed from:
//! the receipt's root is blinded (`larum_protocol::receipt`).
//! Absent on purpose: who may read it (`http`), and changing or deleting a record: only whole files go, by age.

mod chain;
mod file;
mod prune;
mod read;
mod record;
mod recorder;
mod walk;

use std::{io, path::PathBuf, time::Duration};

use thiserror::Error;

pub(crate) use self::prune::keep_pruned;
pub use self::{
    prune::{Pruned, kept_from, prune},
    read::{Exported, NewestFirst, Verified, newest_first, page, verify},
    record::{Entry, Event, Tally},
    recorder::{Lookup, Recorder, RecorderConfig, Signer, Slot},
};

/// How long a written record may wait for the disk.
pub const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// Bytes after which a new file is begun; a day's end begins one too. Reading one whole takes a tenth of a second.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Lookups that may wait for the writer; one more waits outside, which slows its caller down.
pub const QUEUE_MAX: usize = 4_096;

/// Lookups under one signature: enough to make its cost vanish, and paths of at most ten hashes.
pub const GROUP_MAX: usize = 1_024;

/// Bytes of one record; 13 kinds and 5 verdicts fill less than half of it.
pub const RECORD_BYTES_MAX: usize = 4 * 1024;

/// Why the record of lookups cannot be written or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The disk refused.
    #[error("the audit record at {path} cannot be used: {source}")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file does not say what the chain says it must.
    #[error("the audit record at {path} is damaged at byte {offset}: {what}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// The writer has stopped, or failed for good; a restart checks the files and goes on.
    #[error(
        "the audit record cannot be written; see the log; it goes on by itself when the disk is well, and if not, restart the node"
    )]
    Closed,
}

impl AuditError {
    fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::Io { path, source }
    }
}

#[cfg(test)]
mod tests;
