//! The one writer of the record: takes lookups, groups them, and answers each with its receipt.
//!
//! It is a task beside those that answer requests, not a thread: handing each lookup to another thread and back cost
//! more than recording it. It lets every request that is ready go first and then takes all of them as one group, so the
//! busier the node, the larger the groups, and the cheaper each lookup. A group is one short write into the page cache;
//! what waits for the disk itself, syncing and beginning a file, happens on other threads.

use std::{
    fs::File,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc as blocking,
    },
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use larum_protocol::{
    api::Verdict,
    hash::Digest,
    keys::{PublicKey, SecretKey, Signature},
    receipt::{CoverageSummary, RECEIPT_VERSION, Receipt, Transcript, Tree, leaf, signed_root},
};
use tokio::sync::{mpsc, oneshot};

use super::{
    AuditError, GROUP_MAX, QUEUE_MAX, SYNC_INTERVAL,
    chain::Chain,
    record::{Entry, Event, Tally},
};

/// What signs receipts: the node's key, wherever it is kept.
pub trait Signer: Send + Sync {
    /// The public key that receipts name.
    fn public(&self) -> PublicKey;
    /// Signs a digest made under a label of receipts.
    fn sign(&self, id: &Digest) -> Signature;
}

impl Signer for SecretKey {
    fn public(&self) -> PublicKey {
        Self::public(self)
    }

    fn sign(&self, id: &Digest) -> Signature {
        Self::sign(self, id)
    }
}

/// Where and for whom lookups are recorded.
#[derive(Clone, Debug)]
pub struct RecorderConfig {
    /// The folder of the record's files; made if it is not there.
    pub dir: PathBuf,
    /// The consortium that receipts name.
    pub consortium: Digest,
}

/// What was asked and answered, without what it was about.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// What was done.
    pub event: Event,
    /// The id of the token that asked; empty when the node itself did.
    pub token: Arc<str>,
    /// The overall verdict.
    pub verdict: Verdict,
    /// How often which kind had which verdict.
    pub tallies: Vec<Tally>,
    /// Lines of a bulk stream; 0 for a check.
    pub lines: u64,
    /// The coverage that the answer states.
    pub coverage: CoverageSummary,
    /// What the receipt commits to.
    pub transcript: Transcript,
}

/// The way into the record. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Recorder {
    queue: mpsc::Sender<Job>,
}

/// A place in the queue that is kept free: for a lookup that must be recorded even if nobody waits for its receipt.
#[derive(Debug)]
pub struct Slot(mpsc::OwnedPermit<Job>);

#[derive(Debug)]
enum Job {
    Record(Box<Lookup>, Option<oneshot::Sender<Result<String, AuditError>>>),
    Close(oneshot::Sender<()>),
}

impl Recorder {
    /// Opens the record, repairing a torn tail, and starts its writer on the current runtime. Blocks while it opens.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(config: RecorderConfig, signer: Box<dyn Signer>) -> Result<Self, AuditError> {
        let (recorder, writer) = Self::open(config, signer)?;
        tokio::spawn(writer);
        Ok(recorder)
    }

    /// Opens the record and leaves its writer to the caller: until it runs, lookups wait and none has a receipt.
    pub(crate) fn open(
        config: RecorderConfig,
        signer: Box<dyn Signer>,
    ) -> Result<(Self, impl Future<Output = ()> + Send + 'static), AuditError> {
        let chain = Chain::open(&config.dir, now_ms())?;
        let failed = Arc::new(AtomicBool::new(false));
        let syncs = start_syncing(Arc::clone(&failed)).map_err(AuditError::io(&config.dir))?;
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let (node, consortium, chain) = (signer.public(), config.consortium, Some(chain));
        let writer = Writer { signer, node, consortium, chain, syncs, failed };
        Ok((Self { queue }, writer.run(jobs)))
    }

    /// Writes `lookup` down and returns its receipt. The answer must not leave before this returns.
    ///
    /// # Errors
    /// When the record cannot be written: the lookup must then be refused.
    pub async fn record(&self, lookup: Lookup) -> Result<String, AuditError> {
        let (reply, receipt) = oneshot::channel();
        let job = Job::Record(Box::new(lookup), Some(reply));
        self.queue.send(job).await.map_err(|_| AuditError::Closed)?;
        receipt.await.unwrap_or(Err(AuditError::Closed))
    }

    /// Keeps a place in the queue free for a lookup that will end later.
    pub async fn reserve(&self) -> Result<Slot, AuditError> {
        self.queue.clone().reserve_owned().await.map(Slot).map_err(|_| AuditError::Closed)
    }

    /// Lookups that wait for the writer.
    pub fn depth(&self) -> usize {
        QUEUE_MAX - self.queue.capacity()
    }

    /// Writes what is queued, syncs it and stops the writer. Later lookups are refused.
    pub async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        if self.queue.send(Job::Close(reply)).await.is_ok() {
            closed.await.ok();
        }
    }
}

impl Slot {
    /// Writes `lookup` down and returns its receipt.
    pub async fn record(self, lookup: Lookup) -> Result<String, AuditError> {
        let (reply, receipt) = oneshot::channel();
        self.0.send(Job::Record(Box::new(lookup), Some(reply)));
        receipt.await.unwrap_or(Err(AuditError::Closed))
    }

    /// Writes `lookup` down without waiting: for a stream whose reader is gone.
    pub fn record_detached(self, lookup: Lookup) {
        self.0.send(Job::Record(Box::new(lookup), None));
    }
}

type Waiting = (Box<Lookup>, Option<oneshot::Sender<Result<String, AuditError>>>);

struct Writer {
    signer: Box<dyn Signer>,
    node: PublicKey,
    consortium: Digest,
    /// Away only while a new file is begun.
    chain: Option<Chain>,
    syncs: blocking::SyncSender<Arc<File>>,
    /// A sync failed: the kernel may have dropped pages, so only a restart can tell what is on disk.
    failed: Arc<AtomicBool>,
}

impl Writer {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let (mut group, mut taken) = (Vec::with_capacity(GROUP_MAX), Vec::with_capacity(GROUP_MAX));
        while let Some(first) = jobs.recv().await {
            taken.push(first);
            // Every other request that is ready now gets to join the group.
            tokio::task::yield_now().await;
            while taken.len() < GROUP_MAX
                && let Ok(job) = jobs.try_recv()
            {
                taken.push(job);
            }
            let mut close = None;
            for job in taken.drain(..) {
                match job {
                    Job::Record(lookup, reply) => group.push((lookup, reply)),
                    Job::Close(reply) => close = Some(reply),
                }
            }
            if !group.is_empty() {
                self.answer(&mut group).await;
            }
            if let Some(reply) = close {
                self.sync_now().await;
                jobs.close();
                reply.send(()).ok();
            }
        }
        self.sync_now().await;
    }

    /// Records a group and hands out its receipts, or refuses it whole.
    async fn answer(&mut self, group: &mut Vec<Waiting>) {
        let time_ms = now_ms();
        let ready = self.make_room(time_ms).await;
        match ready.and_then(|()| self.commit(group, time_ms)) {
            Ok(receipts) => {
                for ((_, reply), receipt) in group.drain(..).zip(receipts) {
                    reply.map(|reply| reply.send(Ok(receipt.to_string())));
                }
            }
            Err(error) => {
                tracing::error!(%error, lookups = group.len(), "lookups were refused, for want of a record");
                for (_, reply) in group.drain(..) {
                    reply.map(|reply| reply.send(Err(AuditError::Closed)));
                }
            }
        }
    }

    /// Begins a new file if one is due, on a thread that may block.
    async fn make_room(&mut self, time_ms: u64) -> Result<(), AuditError> {
        if !self.chain.as_ref().is_some_and(|chain| chain.must_roll(time_ms)) {
            return Ok(());
        }
        let mut chain = self.chain.take().ok_or(AuditError::Closed)?;
        let rolling = tokio::task::spawn_blocking(move || (chain.roll(time_ms), chain));
        let (rolled, chain) = rolling.await.map_err(|_| AuditError::Closed)?;
        self.chain = Some(chain);
        rolled
    }

    fn commit(&mut self, group: &[Waiting], time_ms: u64) -> Result<Vec<Receipt>, AuditError> {
        let chain = self.chain.as_mut().filter(|_| !self.failed.load(Ordering::Acquire)).ok_or(AuditError::Closed)?;
        let nonces: Vec<[u8; 16]> = group.iter().map(|_| rand::random()).collect();
        let leaves = group.iter().zip(&nonces);
        let leaves = leaves.map(|((lookup, _), nonce)| leaf(nonce, lookup.lines, &lookup.coverage, &lookup.transcript));
        let tree = Tree::new(leaves.collect());
        chain.append(&entries(group, chain.next_seq(), time_ms, tree.root()), time_ms)?;
        // A full channel means that a later sync of this file is already due.
        self.syncs.try_send(Arc::clone(chain.file())).ok();

        let signature = self.signer.sign(&signed_root(&self.node, &self.consortium, time_ms, &tree.root()));
        let receipt = |(index, (lookup, _)): (usize, &Waiting)| {
            let (path, lefts) = tree.path(index);
            Receipt {
                version: RECEIPT_VERSION,
                node: self.node,
                consortium: self.consortium,
                time_ms,
                lines: lookup.lines,
                coverage: lookup.coverage,
                nonce: nonces[index].into(),
                path,
                lefts,
                signature,
            }
        };
        Ok(group.iter().enumerate().map(receipt).collect())
    }

    async fn sync_now(&self) {
        let Some(file) = self.chain.as_ref().map(|chain| Arc::clone(chain.file())) else { return };
        let synced = tokio::task::spawn_blocking(move || file.sync_data()).await;
        if let Ok(Err(error)) = synced {
            tracing::error!(%error, "the audit record could not be synced");
        }
    }
}

fn entries(group: &[Waiting], first: u64, time_ms: u64, root: Digest) -> Vec<Entry> {
    let entry = |(seq, (lookup, _)): (u64, &Waiting)| Entry {
        seq,
        time_ms,
        event: lookup.event,
        token: lookup.token.to_string(),
        verdict: lookup.verdict as u8,
        tallies: lookup.tallies.clone(),
        lines: lookup.lines,
        coverage: lookup.coverage.digest(),
        root,
    };
    (first..).zip(group).map(entry).collect()
}

/// Starts the thread that syncs files it is sent, each at most [`SYNC_INTERVAL`] after the write.
fn start_syncing(failed: Arc<AtomicBool>) -> std::io::Result<blocking::SyncSender<Arc<File>>> {
    let (sender, files) = blocking::sync_channel::<Arc<File>>(1);
    let run = move || {
        for file in files {
            thread::sleep(SYNC_INTERVAL);
            if let Err(error) = file.sync_data() {
                tracing::error!(%error, "the audit record could not be synced; lookups stop until a restart");
                failed.store(true, Ordering::Release);
            }
        }
    };
    thread::Builder::new().name("audit-sync".to_owned()).spawn(run)?;
    Ok(sender)
}

fn now_ms() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
