//! Sealed records on the disk, in the order in which they were kept: what has to survive a crash and is no statement.
//!
//! One file in a folder, appended to and replayed at the start. Who uses it keeps its state in memory, makes it anew from
//! the records, and has the file rewritten once most of them say nothing any more ([`Journal::is_mostly_dead`]).
//!
//! Invariant: what was acknowledged is synced (I5). Appends that arrive together share one sync; each is kept whole or
//! not at all.
//! Invariant: nothing can be read off the disk without the node's secrets (I1), and no record can be changed, moved or
//! taken out unnoticed, except in the append that was written last, where a crash leaves its traces as well: that is set aside and logged.
//! Invariant: a record keeps its number for ever, and no number is given twice: it can serve as an id.
//! Absent on purpose: what records mean, an index of them, and a guard against an older copy of the whole file being put
//! in its place (who restores a backup wants that).

mod error;
mod file;
mod frame;
mod read;
mod tail;
mod writer;

use std::{path::Path, sync::Arc};

use larum_protocol::hash::{Label, keyed_digest};
use tokio::sync::{Semaphore, mpsc, oneshot};
use zeroize::Zeroizing;

pub use self::error::JournalError;
use self::{
    file::{JournalFile, framed_bytes},
    writer::{Append, Figures, Job, Writer},
};

/// Bytes of one record: the largest delivery of an applicant tracking system that a node takes, with room to spare.
pub const RECORD_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of one append, and of what is synced at once: read back in one piece, so it bounds the memory of a start.
pub const APPEND_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a journal's file, unless its user says otherwise: a million watches of resumes.
pub const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;
/// Bytes that wait to be written: four syncs' worth. Who wants to append more waits.
const WAITING_BYTES_MAX: usize = 4 * APPEND_BYTES_MAX;
/// Appends that wait: more than the requests that the HTTP side lets in at once.
const WAITING_MAX: usize = 1_024;
/// Records below which a file is not worth rewriting.
const REWRITE_RECORDS_MIN: u64 = 1_024;

/// Runs `work` to its end, whether or not whoever asked for it still waits: what is on the disk has to be taken into memory.
pub(crate) async fn to_its_end<T, E>(work: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<JournalError> + Send + 'static,
{
    tokio::spawn(work).await.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Err(JournalError::Stopped.into()),
    })
}

/// The key of one journal of one node.
#[derive(Clone)]
pub struct JournalKey(Zeroizing<[u8; 32]>);

impl JournalKey {
    /// The key of the journal that is called `name`, from the node's secret.
    pub fn derive(node_seed: &[u8; 32], name: &str) -> Self {
        Self(Zeroizing::new(keyed_digest(node_seed, Label::LocalKey, &[b"journal", name.as_bytes()]).0))
    }
}

impl std::fmt::Debug for JournalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JournalKey")
    }
}

/// An open journal. Share it in an [`Arc`]; when the last one is dropped, what waits is written first.
#[derive(Debug)]
pub struct Journal {
    jobs: Option<mpsc::Sender<Job>>,
    /// Bytes that may still wait.
    room: Arc<Semaphore>,
    figures: Arc<Figures>,
    writer: Option<std::thread::JoinHandle<()>>,
}

impl Journal {
    /// Opens the journal in the folder `dir`, which is made if need be, and gives every record with its number to
    /// `replay`, oldest first. Blocks while it reads. If it fails, what was replayed is not to be used.
    pub fn open(dir: &Path, key: &JournalKey, replay: impl FnMut(u64, &[u8])) -> Result<Self, JournalError> {
        Self::open_bounded(dir, key, FILE_BYTES_MAX, replay)
    }

    /// The same with a bound on the file.
    pub fn open_bounded(
        dir: &Path,
        key: &JournalKey,
        bytes_max: u64,
        replay: impl FnMut(u64, &[u8]),
    ) -> Result<Self, JournalError> {
        let file = JournalFile::open(dir, key, bytes_max, replay)?;
        let figures = Arc::new(Figures::of(&file));
        let (jobs, queue) = mpsc::channel(WAITING_MAX);
        let room = Arc::new(Semaphore::new(WAITING_BYTES_MAX));
        let writer = Writer::new(file, Arc::clone(&figures));
        let writer = std::thread::Builder::new().name("journal".to_owned()).spawn(move || writer.run(queue));
        let writer = Some(writer.map_err(JournalError::io("start a thread for", dir))?);
        Ok(Self { jobs: Some(jobs), room, figures, writer })
    }

    /// Appends records; they are on the disk when this returns, and the number is the first one's: the others follow it.
    ///
    /// All of them are kept or none. Dropping the future does not take an append back that has been queued.
    pub async fn append(&self, records: Vec<Vec<u8>>) -> Result<u64, JournalError> {
        if let Some(long) = records.iter().find(|record| record.len() > RECORD_BYTES_MAX) {
            return Err(JournalError::RecordTooLong(long.len()));
        }
        let bytes = framed_bytes(&records);
        if bytes > APPEND_BYTES_MAX {
            return Err(JournalError::AppendTooLong(bytes));
        }
        let permits = u32::try_from(bytes).expect("bounded by APPEND_BYTES_MAX");
        let room = Arc::clone(&self.room).acquire_many_owned(permits).await.map_err(|_| JournalError::Stopped)?;
        let (reply, answer) = oneshot::channel();
        self.send(Job::Append(Append { records, bytes, reply, room })).await?;
        answer.await.map_err(|_| JournalError::Stopped)?
    }

    /// Replaces the file by one that holds only the records for which `keep` holds, in their order and under their
    /// numbers; a crash leaves the old file or the new one. Appends wait meanwhile, and are not lost.
    ///
    /// `keep` is asked about every record in the file, also about ones whose append has not returned yet: so say no only
    /// to a record of which you know that it says nothing any more, and yes to one that you do not know.
    pub async fn rewrite(&self, keep: impl FnMut(u64, &[u8]) -> bool + Send + 'static) -> Result<(), JournalError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Rewrite(Box::new(keep), reply)).await?;
        answer.await.map_err(|_| JournalError::Stopped)?
    }

    /// Whether a rewrite is worth its while, where `live` records still say something.
    pub fn is_mostly_dead(&self, live: u64) -> bool {
        let records = self.records();
        records >= REWRITE_RECORDS_MIN && records / 2 > live
    }

    /// Records in the file.
    pub fn records(&self) -> u64 {
        self.figures.records()
    }

    /// Bytes of the file.
    pub fn bytes(&self) -> u64 {
        self.figures.bytes()
    }

    /// The number that the next record gets, for whoever sees to it that nobody else appends meanwhile.
    pub fn next(&self) -> u64 {
        self.figures.next()
    }

    /// How often the file was synced for appends since it was opened.
    pub fn syncs(&self) -> u64 {
        self.figures.syncs()
    }

    async fn send(&self, job: Job) -> Result<(), JournalError> {
        let jobs = self.jobs.as_ref().ok_or(JournalError::Stopped)?;
        jobs.send(job).await.map_err(|_| JournalError::Stopped)
    }
}

impl Drop for Journal {
    /// Waits for what was queued, so that the folder can be opened again at once.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join(); // a panic there was told on standard error
        }
    }
}

#[cfg(test)]
mod tests;
