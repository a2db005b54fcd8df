//! Everything that can go wrong with what is on disk, and what to do about it.

use std::{io, path::PathBuf};

use super::segments::file::is_out_of_space;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A record that was acknowledged does not read back as it was written. Nothing after it is read.
    #[error(
        "damaged record in {} at byte {offset}: {detail}; everything before it is sound. \
         Stop the node, move this one file out of the data folder and start again: \
         the node rebuilds its tables and fetches what is missing from its peers",
        file.display()
    )]
    Damaged {
        /// The segment file.
        file: PathBuf,
        /// Where in it the record starts.
        offset: u64,
        /// What does not hold.
        detail: &'static str,
    },
    /// The operating system refused; the call that returns this acknowledged nothing.
    #[error(
        "nothing was acknowledged: could not {action} {}: {}",
        file.display(),
        if is_out_of_space(source) { "the disk is full; free some space and try again".into() } else { source.to_string() }
    )]
    Disk {
        /// What was tried.
        action: &'static str,
        /// On which file.
        file: PathBuf,
        /// True if the same call may succeed once there is space; otherwise the store takes no more until it is reopened.
        retryable: bool,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The log's head is no longer the batch that this one follows. Nothing was written.
    #[error("the log's head moved since the batch was made")]
    HeadMoved,
    /// Another process holds the data folder.
    #[error(
        "the data folder {} is in use by another process; stop that one, or talk to it over its API",
        folder.display()
    )]
    InUse {
        /// The data folder.
        folder: PathBuf,
    },
    /// The data folder was written by a newer version.
    #[error(
        "the data folder has format {found} and this version knows up to {known}; \
         install the version that wrote it, or a newer one"
    )]
    NewerFormat {
        /// The format found.
        found: u32,
        /// The newest format this version can read.
        known: u32,
    },
    /// Nothing is stored under this name or at this position.
    #[error("not found in the store")]
    NotFound,
    /// An earlier write or sync failed, so that what is on disk is uncertain until the store is opened again.
    #[error("the store takes nothing more since a write failed; start the node again, it keeps all it acknowledged")]
    Refusing,
    /// Every segment number is used up.
    #[error("the store is full: every segment number is used")]
    SegmentsUsedUp,
    /// The tables failed. What was acknowledged is in the segments, and the tables are rebuilt at the next start.
    #[error("could not {action} the tables: {detail}; start the node again, damaged tables are then rebuilt")]
    Tables {
        /// What was tried.
        action: &'static str,
        /// What the engine under the tables said.
        detail: String,
    },
    /// What was handed in is larger than the store takes.
    #[error("{what} of {bytes} bytes is larger than the {bytes_max} bytes that are stored")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
}

impl StoreError {
    /// An operating system's refusal after which the store cannot go on.
    pub(crate) fn disk(action: &'static str, file: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Disk { action, file: file.into(), retryable: false, source }
    }
}
