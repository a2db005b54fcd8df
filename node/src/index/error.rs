//! What can go wrong with the index, and what the caller does about it.
//!
//! The index is derived: whatever is wrong with its files, [`Index::wipe`](super::Index::wipe) and a rebuild from the
//! logs puts it right. So the variants say what is wrong, and none of them says how to repair it.

use std::{io, sync::Arc};

/// Why the membership index could not be opened, written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// A flush or a merge failed in the background; what was new is still in memory and still found.
    #[error("background work on the index failed")]
    Background(#[source] Arc<IndexError>),
    /// The index is being closed, so the work was given up.
    #[error("the index is closing")]
    Closing,
    /// A file fails its checksum, is shorter than recorded, or contradicts itself: wipe and rebuild.
    #[error("index file is damaged: {what}")]
    Damaged {
        /// Which part of which file.
        what: &'static str,
    },
    /// The operating system refused.
    #[error("index files cannot be used while {doing}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Another process has this folder open.
    #[error("the index folder is in use by another process")]
    Locked,
    /// The files were keyed with another secret, so nothing would be found in them: wipe and rebuild.
    #[error("the index was built with another secret")]
    OtherSecret,
    /// The files were written by another format version: wipe and rebuild.
    #[error("the index has format version {found}, this build reads another")]
    OtherVersion {
        /// The version found.
        found: u32,
    },
    /// More than 2^32 - 1 entries fell into one partition of one segment.
    #[error("a partition of the index is full")]
    PartitionFull,
}

/// Says what was being done when the operating system refused.
pub(super) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, IndexError>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, doing: &'static str) -> Result<T, IndexError> {
        self.map_err(|source| IndexError::Io { doing, source })
    }
}
