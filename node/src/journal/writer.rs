//! The thread that writes a journal: what waits together is written as one frame with one sync.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::{APPEND_BYTES_MAX, JournalError, file::JournalFile};

/// Tells which records a rewrite keeps.
pub(super) type Keep = Box<dyn FnMut(u64, &[u8]) -> bool + Send>;

/// Records to append, and who waits for them.
pub(super) struct Append {
    pub(super) records: Vec<Vec<u8>>,
    /// Bytes of the records in a frame.
    pub(super) bytes: usize,
    pub(super) reply: oneshot::Sender<Result<u64, JournalError>>,
    /// Room among the bytes that wait, given back when this is dropped.
    pub(super) room: OwnedSemaphorePermit,
}

pub(super) enum Job {
    Append(Append),
    Rewrite(Keep, oneshot::Sender<Result<(), JournalError>>),
}

/// What others may know of the file.
#[derive(Debug, Default)]
pub(super) struct Figures {
    records: AtomicU64,
    bytes: AtomicU64,
    next: AtomicU64,
    syncs: AtomicU64,
}

impl Figures {
    pub(super) fn of(file: &JournalFile) -> Self {
        let figures = Self::default();
        figures.update(file);
        figures
    }

    pub(super) fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn next(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    pub(super) fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }

    fn update(&self, file: &JournalFile) {
        self.records.store(file.records(), Ordering::Relaxed);
        self.bytes.store(file.length(), Ordering::Relaxed);
        self.next.store(file.next(), Ordering::Relaxed);
    }
}

/// The file and what it tells others.
pub(super) struct Writer {
    file: JournalFile,
    figures: Arc<Figures>,
}

impl Writer {
    pub(super) fn new(file: JournalFile, figures: Arc<Figures>) -> Self {
        Self { file, figures }
    }

    /// Writes until nobody can ask any more.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut next = queue.blocking_recv();
        while let Some(job) = next {
            next = match job {
                Job::Append(first) => self.append(first, &mut queue),
                Job::Rewrite(keep, reply) => {
                    let rewritten = self.file.rewrite(keep);
                    self.figures.update(&self.file);
                    let _ = reply.send(rewritten); // who no longer waits does not mind
                    None
                }
            };
            next = next.or_else(|| queue.blocking_recv());
        }
    }

    /// Writes an append and those that wait behind it; gives the first job that does not fit.
    fn append(&mut self, first: Append, queue: &mut mpsc::Receiver<Job>) -> Option<Job> {
        let mut bytes = first.bytes;
        let mut group = vec![first];
        let mut left = None;
        while let Ok(job) = queue.try_recv() {
            match job {
                Job::Append(append) if bytes + append.bytes <= APPEND_BYTES_MAX => {
                    bytes += append.bytes;
                    group.push(append);
                }
                other => {
                    left = Some(other);
                    break;
                }
            }
        }
        self.write(group);
        left
    }

    fn write(&mut self, group: Vec<Append>) {
        let mut waiting = Vec::with_capacity(group.len());
        let mut records = Vec::new();
        for append in group {
            waiting.push((records.len() as u64, append.reply, append.room));
            records.extend(append.records);
        }
        let appended = self.file.append(&records);
        self.figures.update(&self.file);
        self.figures.syncs.fetch_add(1, Ordering::Relaxed);
        for (offset, reply, _room) in waiting {
            let _ = reply.send(appended.clone().map(|first| first + offset)); // kept all the same
        }
    }
}
