//! Webhooks of applicant tracking systems: every application is checked as it arrives.
//!
//! ```text
//! accept:  delivery -> signature -> event -> inbox (on the disk) -> the vendor's status
//! work:    inbox -> what the vendor's API adds -> check -> note for a person, review, watch
//! ```
//!
//! Accepting is quick and never depends on another machine; whatever takes time happens afterwards, from a queue that
//! survives a crash at any instant.
//! Invariant: only the applicant's identifiers are read out of a delivery, and nothing else of it is kept.
//! Invariant: what a delivery names is fetched from hosts that the operator allowed, and never from a private address.
//! Absent on purpose: HTTP (`http/hooks.rs`), what a match means (`checker.rs`), rejecting anybody (I9).

mod api;
pub(crate) mod arrival;
mod backoff;
mod fetch;
mod hook;
mod inbox;
mod metrics;
mod note;
mod secret;
mod trouble;
pub(crate) mod vendor;
mod worker;

use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use axum::http::{HeaderMap, HeaderValue};
use futures::future::BoxFuture;
use larum_protocol::api::ApplicationAnswer;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(crate) use self::fetch::address::is_public;
pub use self::{fetch::HostRule, metrics::HookMetrics, secret::SecretError, vendor::Vendor};
use self::{
    hook::Hook,
    inbox::{Accepted, Inbox, InboxError},
    vendor::{Delivery, Refusal, Unreadable},
};
use crate::{
    applications::{Application, Applications},
    callbacks::Callbacks,
    clock::now,
    config::{Config, HookConfig},
    http::ServiceError,
    journal::JournalError,
};

/// Bytes of a delivery: the largest that vendors send, an application with its whole history and questionnaire, has a few
/// hundred kilobytes; none sends files.
pub const DELIVERY_BYTES_MAX: usize = 1_024 * 1_024;
/// The inbox's folder in the data folder.
const FOLDER: &str = "hooks";

/// Milliseconds after which a delivery waits for too long: a vendor that failed for a moment was tried eight times by then.
const LATE_MS: u64 = 15 * 60 * 1_000;

/// What checks applications.
pub trait CheckApplication: Send + Sync + 'static {
    /// One answer for the whole, on record before it is given. `caller` is who asks, on the record.
    fn check_application(
        &self,
        application: Application,
        caller: Arc<str>,
    ) -> BoxFuture<'_, Result<ApplicationAnswer, ServiceError>>;
}

impl CheckApplication for Applications {
    fn check_application(
        &self,
        application: Application,
        caller: Arc<str>,
    ) -> BoxFuture<'_, Result<ApplicationAnswer, ServiceError>> {
        Box::pin(async move { self.check(application, &caller).await })
    }
}

/// What keeps something of applicants, and lets it go when the vendor erased one.
pub trait Erase: Send + Sync + 'static {
    /// Removes everything that is kept under a reference of a source, such as `greenhouse`; it is gone from the disk, or
    /// as good as gone, when this returns. That there is nothing is no error. Called again after a crash.
    fn erase<'a>(&'a self, source: &'a str, reference: &'a str) -> BoxFuture<'a, Result<(), String>>;
}

/// Why webhooks cannot be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HooksError {
    /// The inbox does not open.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A file of secrets cannot be used.
    #[error("{key} of the hook of {vendor}, {}: {source}", path.display())]
    Secret {
        /// The key in the configuration.
        key: &'static str,
        /// Whose hook it is.
        vendor: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: SecretError,
    },
}

/// Opens every file that the configured hooks need, as the start of the node does; gives what is wrong with them.
pub fn check_files(config: &Config) -> Vec<HooksError> {
    config.hooks.iter().filter_map(|hook| hook::read_files(hook).err()).collect()
}

/// Deliveries that wait for too long.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Late {
    pub(crate) vendor: &'static str,
    pub(crate) count: usize,
    /// Since when the oldest does.
    pub(crate) minutes: u64,
    pub(crate) why: &'static str,
}

/// What accepting and working share.
struct Parts {
    hooks: BTreeMap<Vendor, Hook>,
    inbox: Arc<Inbox>,
    applications: Arc<dyn CheckApplication>,
    erase: Vec<Arc<dyn Erase>>,
    callbacks: Arc<Callbacks>,
    metrics: HookMetrics,
    retention_ms: u64,
    /// Somebody was erased since the inbox's file was last rewritten.
    erased: AtomicBool,
}

/// What a delivery is answered with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// With the vendor's status for success.
    Taken,
    /// With the vendor's status for what is not believed.
    Refused(Refusal),
    /// The delivery is genuine and cannot be used.
    Unreadable(Unreadable),
    /// To be sent again.
    Busy,
    /// The disk does not take it; what was accepted before is safe.
    Failed,
}

/// The hooks of a running node.
pub struct Hooks {
    parts: Arc<Parts>,
    stop: CancellationToken,
    tasks: tokio::sync::Mutex<JoinSet<()>>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").field("vendors", &self.parts.hooks.keys()).finish_non_exhaustive()
    }
}

impl Parts {
    fn late(&self, now: u64) -> Vec<Late> {
        let late = self.inbox.late(now.saturating_sub(LATE_MS)).into_iter();
        let why = |vendor| match self.hooks.get(&vendor) {
            Some(hook) => hook.troubles.api().unwrap_or("the log says why"),
            None => "its hook is no longer in larum.toml",
        };
        late.map(|(vendor, (count, oldest))| Late {
            vendor: vendor.name(),
            count,
            minutes: now.saturating_sub(oldest) / 60_000,
            why: why(vendor),
        })
        .collect()
    }
}

impl Hooks {
    /// Opens the inbox and starts working it off, on the current runtime. `None` where no hook is configured and none
    /// left anything behind.
    pub(crate) fn start(
        config: &Config,
        node_seed: &[u8; 32],
        applications: Arc<dyn CheckApplication>,
        erase: Vec<Arc<dyn Erase>>,
        callbacks: Arc<Callbacks>,
        metrics: HookMetrics,
    ) -> Result<Option<Self>, HooksError> {
        let folder = config.data_dir.join(FOLDER);
        if config.hooks.is_empty() && !folder.exists() {
            return Ok(None);
        }
        let tls = fetch::tls();
        let open = |hook: &HookConfig| Ok::<_, HooksError>((hook.vendor, Hook::open(hook, &tls)?));
        let hooks = config.hooks.iter().map(open).collect::<Result<_, _>>()?;
        let inbox = Arc::new(Inbox::open(&folder, node_seed)?);
        metrics.queue.set(i64::try_from(inbox.len()).unwrap_or(i64::MAX));
        let retention_ms = u64::from(config.hook_retention_days) * 24 * 60 * 60 * 1_000;
        let erased = AtomicBool::new(false);
        let parts = Arc::new(Parts { hooks, inbox, applications, erase, callbacks, metrics, retention_ms, erased });
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        for lane in worker::places() {
            tasks.spawn(Arc::clone(&parts).work(lane, stop.clone()));
        }
        tasks.spawn(Arc::clone(&parts).tidy(stop.clone()));
        Ok(Some(Self { parts, stop, tasks: tokio::sync::Mutex::new(tasks) }))
    }

    /// What waits for too long, and why.
    pub(crate) fn late(&self) -> Vec<Late> {
        self.parts.late(now().0)
    }

    /// Whether there is a hook of this vendor.
    pub(crate) fn knows(&self, vendor: Vendor) -> bool {
        self.parts.hooks.contains_key(&vendor)
    }

    /// What to echo to a vendor that asks whether anybody is there.
    pub(crate) fn handshake(&self, vendor: Vendor, headers: &HeaderMap) -> Option<(&'static str, HeaderValue)> {
        vendor.ats().handshake(headers).filter(|_| self.knows(vendor))
    }

    /// Takes a delivery; what is answered with success is on the disk.
    pub(crate) async fn take(&self, vendor: Vendor, headers: &HeaderMap, body: &[u8]) -> Answer {
        let (answer, outcome) = self.taken(vendor, Delivery { headers, body }).await;
        self.parts.metrics.received(vendor, outcome);
        answer
    }

    async fn taken(&self, vendor: Vendor, delivery: Delivery<'_>) -> (Answer, &'static str) {
        let Some(hook) = self.parts.hooks.get(&vendor) else { return (Answer::Busy, "busy") };
        if let Err(refusal) = hook.verify(delivery) {
            let outcome = if refusal == Refusal::Stale { "stale" } else { "refused" };
            return (Answer::Refused(refusal), outcome);
        }
        // The tree of the body ends here, before anything is awaited.
        let read = vendor::parse(delivery.body).and_then(|body| {
            let event = vendor.ats().read(delivery, &body)?;
            Ok((vendor.ats().ids(delivery, &body), event))
        });
        let (ids, event) = match read {
            Ok(read) => read,
            Err(unreadable) => return (Answer::Unreadable(unreadable), "unreadable"),
        };
        // A task of its own: a sender who hangs up must not leave the inbox half changed.
        let inbox = Arc::clone(&self.parts.inbox);
        let accepted = tokio::spawn(async move { inbox.accept(vendor, ids, event).await }).await;
        self.parts.metrics.queue.set(i64::try_from(self.parts.inbox.len()).unwrap_or(i64::MAX));
        match accepted {
            Ok(Ok(Accepted::Kept)) => (Answer::Taken, "accepted"),
            Ok(Ok(Accepted::Known)) => (Answer::Taken, "known"),
            Ok(Ok(Accepted::Nothing)) => (Answer::Taken, "ignored"),
            Ok(Err(InboxError::Busy)) => (Answer::Busy, "busy"),
            Ok(Err(error)) => {
                tracing::error!(%error, "a webhook's delivery cannot be kept; its sender is told to come back");
                (Answer::Failed, "failed")
            }
            Err(error) => {
                tracing::error!(%error, "taking a webhook's delivery failed");
                (Answer::Failed, "failed")
            }
        }
    }

    /// Erases an applicant because a person here says so, whatever the vendor says; gives how many deliveries that dropped.
    /// An erasure is a delivery as well: what is in a worker's hands now is erased behind it, over a crash too.
    pub(crate) async fn erase(&self, vendor: Vendor, candidate: &str) -> Result<u64, String> {
        let (inbox, candidate) = (Arc::clone(&self.parts.inbox), candidate.to_owned());
        match tokio::spawn(async move { inbox.erase(vendor, candidate).await }).await {
            Ok(erased) => erased.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Stops working; what is left waits on the disk.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        let mut tasks = self.tasks.lock().await;
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a worker of webhooks failed");
            }
        }
    }
}
