//! Why a journal does not open or take a record.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{APPEND_BYTES_MAX, RECORD_BYTES_MAX};

/// Why a journal does not open or take a record. Cheap to clone: appends that were written together fail together.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The disk does not take or give it.
    #[error(
        "cannot {action} {}: {source}; nothing of this request was kept and what was acknowledged before is safe{}",
        path.display(),
        if *.retryable { "; free some space and try again" } else { "" }
    )]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Whether it may succeed once there is space on the disk.
        retryable: bool,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// A file that is not what was written.
    #[error(
        "the journal {} is damaged at byte {at}: {why}; nothing was changed; restore it from a backup, or move it away to \
         go on without what it holds, and restart the node",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        at: u64,
        /// What is wrong there.
        why: &'static str,
    },
    /// It was sealed by another node or for another purpose.
    #[error(
        "the journal {} was sealed under another key; nothing was changed; it belongs to the secrets of the node that wrote \
         it: restore both together",
        .0.display()
    )]
    OtherKey(PathBuf),
    /// It was written by another version of Larum.
    #[error(
        "the journal {} has layout version {found}, which this version of larum cannot read; nothing was changed; start the \
         version that wrote it, or move the file away to go on without what it holds",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// What the file says.
        found: u32,
    },
    /// One record is too long.
    #[error("a record of {0} bytes is longer than the {RECORD_BYTES_MAX} that a journal takes; nothing was kept")]
    RecordTooLong(usize),
    /// Records of one append are too long together.
    #[error("{0} bytes at once are more than the {APPEND_BYTES_MAX} that a journal takes; nothing was kept")]
    AppendTooLong(usize),
    /// The file has reached its bound.
    #[error(
        "the journal {} holds the {bytes_max} bytes that it may; nothing of this request was kept; end or delete some of \
         what it holds, or shorten how long it is kept",
        path.display()
    )]
    Full {
        /// The file.
        path: PathBuf,
        /// The bound.
        bytes_max: u64,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers; nothing was kept")]
    NoRandomness,
    /// The node is stopping.
    #[error("the node is stopping; nothing of this request was kept")]
    Stopped,
}

impl JournalError {
    /// Wraps what the system said about a file.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| {
            use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
            let retryable = matches!(source.kind(), FileTooLarge | QuotaExceeded | StorageFull);
            Self::Io { action, path: path.to_owned(), retryable, source: Arc::new(source) }
        }
    }
}
