//! Callbacks: signed requests that tell the operator's other programs what happened here.
//!
//! Standard Webhooks (`sign.rs`), posted to the addresses in `larum.toml`. An event is on the disk before anything else
//! happens, is sent to each endpoint at least once, under one id however often it is tried, ten times over three days
//! (`schedule.rs`), and then given up on with a line in the log.
//! Invariant: no body holds an identifier. Invariant: a redirect is a failure and is never followed. An address is the
//! operator's own word, so this machine and private networks are as good as any.
//! Absent on purpose: an order among events (each body says when), endpoints that anybody but the operator can add.

mod endpoint;
mod erase;
mod queue;
mod schedule;
mod sign;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use larum_protocol::hash::{Label, keyed_digest};
use parking_lot::RwLock;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

pub(crate) use self::queue::Stream;
use self::{
    endpoint::{Client, Endpoint, Outcome},
    queue::{Queue, Record},
    sign::NodeSigner,
};
use crate::{
    clock::now,
    config::{CallbackConfig, Config},
    journal::{APPEND_BYTES_MAX, Journal, JournalError, JournalKey},
    metrics::Metrics,
};

/// Every event that an endpoint can ask for.
pub const EVENTS: [&str; 6] =
    ["application.checked", "review.opened", "review.changed", "review.decided", "alert.raised", "alert.changed"];
/// Events that wait at most; at the limit nothing is taken until some have arrived or are given up on.
const WAITING_MAX: usize = 100_000;
/// Bytes and events that are taken in one append: far below what one takes.
const TAKEN_AT_ONCE: (usize, usize) = (APPEND_BYTES_MAX / 4, 1_024);
/// How long a worker waits at most before it looks again, whatever the clock does meanwhile.
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_secs(60);

/// Why callbacks do not work.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// A secret's file cannot be read.
    #[error("cannot read the callback's secret_file {}: {source}", path.display())]
    SecretFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It holds no secret.
    #[error(
        "the callback's secret_file {} should hold one line: whsec_ and 24 to 64 random bytes in base64",
        path.display()
    )]
    Secret {
        /// The file.
        path: PathBuf,
    },
    /// The disk does not take or give what is to be sent.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Too many wait already.
    #[error(
        "{WAITING_MAX} callbacks wait already, the most that may; no more is taken until some have arrived or are given up on"
    )]
    TooMany,
    /// TLS cannot be used.
    #[error("callbacks cannot use TLS: {0}")]
    Tls(String),
}

/// Opens every file that the configured endpoints need, as the start of the node does; gives what is wrong with them.
pub fn check_files(config: &Config) -> Vec<CallbackError> {
    config.callbacks.iter().filter_map(|endpoint| sign::Secret::read(&endpoint.secret_file).err()).collect()
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// One of [`EVENTS`].
    pub(crate) kind: &'static str,
    /// When (RFC 3339).
    pub(crate) at: String,
    /// What, without any identifier.
    pub(crate) data: serde_json::Value,
    /// The change that it tells of, and whose: ascending, so that one that was not queued is noticed.
    pub(crate) source: Option<(Stream, u64)>,
}

/// Everything that is sent to the operator's other programs.
#[derive(Debug)]
pub(crate) struct Callbacks {
    journal: Journal,
    queue: RwLock<Queue>,
    /// Held while a record is written and taken in, so that a rewrite sees both or neither.
    writing: Mutex<()>,
    endpoints: Vec<Endpoint>,
    client: Client,
    signer: NodeSigner,
    /// What ids are made with.
    secret: Zeroizing<[u8; 32]>,
    metrics: Arc<Metrics>,
}

impl Callbacks {
    /// The callbacks of a data folder.
    pub(crate) fn open(
        folder: &Path,
        node_seed: &[u8; 32],
        configured: &[CallbackConfig],
        metrics: Arc<Metrics>,
    ) -> Result<Self, CallbackError> {
        let secret = Zeroizing::new(keyed_digest(node_seed, Label::LocalKey, &[b"callback ids"]).0);
        let endpoints =
            configured.iter().map(|config| Endpoint::new(config, &secret)).collect::<Result<Vec<_>, _>>()?;
        let mut queue = Queue::default();
        let key = JournalKey::derive(node_seed, "callbacks");
        let journal =
            Journal::open(&folder.join("callbacks"), &key, |number, record| match minicbor::decode(record) {
                Ok(record) => queue.take(number, record),
                Err(error) => tracing::error!(number, %error, "a callback of another version was left out"),
            })?;
        queue.clamp(now().0 + schedule::WAIT_MAX_MS);
        queue.keep_only(&endpoints.iter().map(|endpoint| endpoint.id).collect::<Vec<_>>());
        let signer = NodeSigner::new(node_seed);
        if !endpoints.is_empty() {
            tracing::info!(
                endpoints = endpoints.len(),
                public_key = signer.public(),
                "callbacks are signed with v1 and v1a"
            );
        }
        let client = Client::new()?;
        let (queue, writing) = (RwLock::new(queue), Mutex::new(()));
        Ok(Self { journal, queue, writing, endpoints, client, signer, secret, metrics })
    }

    /// The newest change of a stream that was taken in.
    pub(crate) fn last_source(&self, stream: Stream) -> u64 {
        self.queue.read().last_source(stream)
    }

    /// Whether anybody is to be told of such an event.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        self.endpoints.iter().any(|endpoint| endpoint.events.contains(&kind))
    }

    /// Endpoints that answered 410 (Gone) since the node was started and are sent nothing more, and how much waits for each.
    pub(crate) fn stopped(&self) -> Vec<(&str, usize)> {
        let queue = self.queue.read();
        let stopped = self.endpoints.iter().filter(|endpoint| endpoint.is_stopped());
        stopped.map(|endpoint| (endpoint.shown.as_str(), queue.waiting(endpoint.id))).collect()
    }

    /// Takes events; they are on the disk when this returns. Where not all fit, the first ones are taken, so that whoever
    /// comes again with the rest gets on.
    pub(crate) async fn send(&self, events: Vec<Event>) -> Result<(), CallbackError> {
        let _writing = self.writing.lock().await;
        let mut events = events.into_iter().peekable();
        while events.peek().is_some() {
            let room = WAITING_MAX.saturating_sub(self.queue.read().len());
            let (mut records, mut waits, mut bytes) = (Vec::new(), 0, 0);
            while records.len() < TAKEN_AT_ONCE.1 && bytes < TAKEN_AT_ONCE.0 && waits < room {
                let Some(event) = events.next() else { break };
                let record = self.record(event);
                waits += usize::from(record.waits());
                bytes += record.bytes();
                records.push(record);
            }
            if records.is_empty() {
                return Err(CallbackError::TooMany);
            }
            self.keep(records).await?;
            self.endpoints.iter().for_each(|endpoint| endpoint.wake.notify_one());
        }
        Ok(())
    }

    fn record(&self, event: Event) -> Record {
        debug_assert!(EVENTS.contains(&event.kind), "endpoints choose among EVENTS");
        // What nobody takes must not fill the queue for the others.
        let has_room = self.queue.read().len() < WAITING_MAX / 2;
        let takes = |endpoint: &&Endpoint| has_room || !endpoint.is_stopped();
        let wanting = self.endpoints.iter().filter(|endpoint| endpoint.events.contains(&event.kind)).filter(takes);
        let to = wanting.map(|endpoint| endpoint.id).collect();
        let body = serde_json::json!({ "type": event.kind, "timestamp": event.at, "data": event.data }).to_string();
        let (stream, source) = event.source.map_or((Stream::default(), None), |(stream, at)| (stream, Some(at)));
        Record::Event { body, to, source, stream }
    }

    /// Writes records and takes them in; under the lock.
    async fn keep(&self, records: Vec<Record>) -> Result<(), JournalError> {
        let bytes = records.iter().map(|record| minicbor::to_vec(record).expect("written to memory")).collect();
        let first = self.journal.append(bytes).await?;
        let mut queue = self.queue.write();
        (first..).zip(records).for_each(|(number, record)| queue.take(number, record));
        Ok(())
    }

    /// Starts a worker for each endpoint; they end with `stop`.
    pub(crate) fn start(self: &Arc<Self>, stop: &CancellationToken) {
        for at in 0..self.endpoints.len() {
            let (callbacks, stop) = (Arc::clone(self), stop.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = callbacks.work(&callbacks.endpoints[at]) => {}
                }
            });
        }
    }

    /// Sends what is due to one endpoint, one after another, until it is gone.
    async fn work(&self, endpoint: &Endpoint) {
        loop {
            let first = self.queue.read().first(endpoint.id);
            let wait = first.map_or(LOOK_AGAIN, |(_, delivery)| {
                std::time::Duration::from_millis(delivery.due.saturating_sub(now().0)).min(LOOK_AGAIN)
            });
            match first {
                Some((event, delivery)) if wait.is_zero() => {
                    if self.attempt(endpoint, event, delivery.attempts).await == Outcome::Gone {
                        endpoint.stop();
                        return;
                    }
                }
                _ => {
                    tokio::select! {
                        () = endpoint.wake.notified() => {}
                        () = tokio::time::sleep(wait) => {}
                    }
                    self.queue.write().clamp(now().0 + schedule::WAIT_MAX_MS);
                }
            }
        }
    }

    async fn attempt(&self, endpoint: &Endpoint, event: u64, attempts: u32) -> Outcome {
        let Some(body) = self.queue.read().body(event).map(str::to_owned) else { return Outcome::Arrived };
        let id = self.message_id(event, &body);
        self.metrics.callbacks_attempted.inc();
        let outcome = endpoint.post(&self.client, &self.signer, &id, body).await;
        if outcome != Outcome::Arrived {
            self.metrics.callbacks_failed.inc();
        }
        let attempts = attempts + 1;
        let chance = rand::random();
        let record = match outcome {
            Outcome::Arrived => Record::Done { event, to: endpoint.id },
            Outcome::Gone => return outcome,
            Outcome::Failed { retry_after, .. } => match schedule::wait(attempts, retry_after, chance) {
                Some(wait) => {
                    let due = now().0 + u64::try_from(wait.as_millis()).unwrap_or(u64::MAX / 2);
                    Record::Failed { event, to: endpoint.id, attempts, due }
                }
                None => {
                    tracing::error!(endpoint = endpoint.shown, id, attempts, "a callback is given up on");
                    self.metrics.callbacks_given_up.inc();
                    Record::Done { event, to: endpoint.id }
                }
            },
        };
        self.settle(record).await;
        outcome
    }

    /// Writes down how an attempt ended. If that fails, the event is sent again: at least once.
    async fn settle(&self, record: Record) {
        let _writing = self.writing.lock().await;
        if let Err(error) = self.keep(vec![record]).await {
            tracing::error!(%error, "how a callback went could not be kept; it may be sent again");
            tokio::time::sleep(LOOK_AGAIN).await;
            return;
        }
        if self.journal.is_mostly_dead(self.queue.read().live_count())
            && let Err(error) = self.rewrite_locked().await
        {
            tracing::warn!(%error, "the callbacks' journal could not be made smaller; it is tried again");
        }
    }

    /// The same for every attempt, over restarts as well.
    fn message_id(&self, event: u64, body: &str) -> String {
        let digest = keyed_digest(&self.secret, Label::LocalKey, &[&event.to_be_bytes(), body.as_bytes()]);
        format!("msg_{}", data_encoding::HEXLOWER.encode(&digest.0[..16]))
    }
}

#[cfg(test)]
mod tests;
