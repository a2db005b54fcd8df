//! From a delivery to an answer: what the vendor's API adds, the check, a note for a person.
//!
//! Every step that must not be done twice is written to the inbox's journal before the next one begins, so that a
//! `kill -9` at any instant leaves a delivery that goes on where it stood. A note is looked for by its mark before it is
//! written: it is written at least once, and not a second time where the vendor lists notes.
//! Invariant (I9): nothing here rejects anybody, or moves an application anywhere.
//! Invariant (I8): no application ends without an answer on record: what was not looked up makes it `unknown`.
//! Invariant: slow, failing and limiting vendors are asked less and less often, and never sooner than they said.

mod erase;
mod find;
mod tell;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt as _;
use tokio_util::sync::CancellationToken;

use super::{
    Parts,
    arrival::Arrival,
    backoff::{RETRY_LAST_MS, backoff},
    hook::Hook,
    inbox::{Job, Lane, Progress, Task, Tries},
    vendor::Vendor,
};
use crate::clock::now;

/// Applications of one vendor that are in work at once: each waits for the vendor most of the time, vendors allow some ten
/// calls a second, and each may hold [`find::DOCUMENTS_BYTES_MAX`].
const CHECKERS: usize = 3;
/// How long what is being worked on may go on once the node was told to stop.
const STOP_TIME: Duration = Duration::from_secs(5);
/// Minutes between two tidyings of the inbox's file.
const TIDY_EVERY: u32 = 60;
const MINUTE: Duration = Duration::from_secs(60);

/// How a job ends for now.
enum Step {
    /// Nothing is left to do; how it ended.
    Done(&'static str),
    /// To be taken again at this time.
    Again(u64),
    /// It was erased meanwhile.
    Erased,
}

/// Not now.
struct Later {
    of: Trouble,
    /// The vendor's own word.
    after: Option<Duration>,
}

/// What is in the way, and so what is counted.
#[derive(Clone, Copy)]
enum Trouble {
    Any,
    /// The vendor does not give the applicant out.
    Withheld,
    /// A document does not come.
    Document,
    /// The vendor is left alone: nothing was tried.
    Paused,
}

impl Later {
    const fn any(after: Option<Duration>) -> Self {
        Self { of: Trouble::Any, after }
    }
}

/// Where each worker of the node works.
pub(super) fn places() -> impl Iterator<Item = Lane> {
    let of = |vendor| std::iter::repeat_n(Lane::Checks(vendor), CHECKERS).chain([Lane::Erasures(vendor)]);
    Vendor::ALL.into_iter().flat_map(of)
}

impl Parts {
    /// Works off deliveries of a lane until told to stop.
    pub(super) async fn work(self: Arc<Self>, lane: Lane, stop: CancellationToken) {
        loop {
            let job = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                job = self.inbox.next(lane) => job,
            };
            let grace = async {
                stop.cancelled().await;
                tokio::time::sleep(STOP_TIME).await;
            };
            tokio::select! {
                taken = AssertUnwindSafe(self.take(&job)).catch_unwind() => if taken.is_err() {
                    self.broken(&job).await;
                },
                () = grace => return,
            }
            self.inbox.let_go(job.id);
            self.metrics.queue.set(i64::try_from(self.inbox.len()).unwrap_or(i64::MAX));
        }
    }

    /// Rewrites the inbox's file: at the start, soon after an erasure, and every hour.
    pub(super) async fn tidy(self: Arc<Self>, stop: CancellationToken) {
        for minute in (0..TIDY_EVERY).cycle() {
            let erased = self.erased.swap(false, std::sync::atomic::Ordering::Relaxed);
            if (erased || minute == 0)
                && let Err(error) = self.inbox.tidy().await
            {
                tracing::error!(%error, "the inbox of webhooks cannot be rewritten without what is worked off");
                self.erased.fetch_or(erased, std::sync::atomic::Ordering::Relaxed);
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(MINUTE) => {}
            }
        }
    }

    async fn take(&self, job: &Job) {
        let step = match &job.task {
            Task::Erase { candidate, confirmed } => self.forget(job, candidate, *confirmed).await,
            Task::Check(arrival) => self.check(job, arrival).await,
        };
        match step {
            Ok(Step::Done(outcome)) => self.done(job, outcome).await,
            Ok(Step::Again(due)) => self.inbox.put_back(job.id, due, Tries::default()),
            Ok(Step::Erased) => self.metrics.worked(job.vendor, "erased"),
            Err(Later { of: Trouble::Paused, after }) => {
                let wait = after.map_or(0, |after| u64::try_from(after.as_millis()).unwrap_or(RETRY_LAST_MS));
                self.inbox.put_back(job.id, now().0 + wait + 1, job.tries);
            }
            Err(Later { of, after }) => {
                let wait = backoff(job.tries.all, after);
                self.inbox.put_back(job.id, now().0 + wait, job.tries.with(of));
            }
        }
    }

    async fn done(&self, job: &Job, outcome: &'static str) {
        match self.inbox.done(job.id).await {
            Ok(()) => self.metrics.worked(job.vendor, outcome),
            Err(error) => {
                tracing::error!(%error, "the inbox of webhooks cannot be written");
                self.inbox.put_back(job.id, now().0 + RETRY_LAST_MS, job.tries);
            }
        }
    }

    /// What is done with a delivery on which the program itself failed: the worker goes on with others.
    async fn broken(&self, job: &Job) {
        let vendor = job.vendor.name();
        if self.is_over(job) {
            tracing::error!(
                vendor,
                "a delivery is given up: the program failed on it until hook_retention_days were over"
            );
            return self.done(job, "given-up").await;
        }
        tracing::error!(vendor, "the program failed on a delivery, which is kept and tried again; please report this");
        self.inbox.put_back(job.id, now().0 + RETRY_LAST_MS, job.tries);
    }

    fn is_over(&self, job: &Job) -> bool {
        now().0.saturating_sub(job.at) > self.retention_ms
    }

    /// Takes an application as far as it gets.
    async fn check(&self, job: &Job, arrival: &Arrival) -> Result<Step, Later> {
        let over = self.is_over(job);
        let Some(hook) = self.hooks.get(&job.vendor) else {
            if over {
                tracing::warn!(vendor = job.vendor.name(), "an application is given up: its hook is not configured");
                return Ok(Step::Done("given-up"));
            }
            // Its table may come back to the configuration before that.
            return Err(Later::any(Some(Duration::from_millis(RETRY_LAST_MS))));
        };
        let mut progress = job.progress.clone();
        if over {
            return self.give_up(hook, job, arrival, &mut progress).await;
        }
        if progress.note.is_none() {
            let Some(finding) = self.find(hook, job, arrival).await? else { return Ok(Step::Erased) };
            self.decide(hook, job, &finding, &mut progress);
            self.say(job, arrival, &finding, &mut progress).await;
            if progress.note.is_none() && progress.again.is_none() {
                return Ok(Step::Done("checked"));
            }
            if !self.inbox.advance(job.id, &progress).await.map_err(|error| journal(&error))? {
                return Ok(Step::Erased);
            }
        }
        if let Some(note) = progress.note.take() {
            self.tell(hook, job, arrival, &note).await?;
            progress.told = Some(note.verdict);
            if progress.again.is_none() {
                return Ok(Step::Done("checked"));
            }
            if !self.inbox.advance(job.id, &progress).await.map_err(|error| journal(&error))? {
                return Ok(Step::Erased);
            }
        }
        Ok(progress.again.map_or(Step::Done("checked"), Step::Again))
    }

    /// The last that is done for an application whose time is over: what the delivery itself names is checked, without the
    /// vendor, and what came of it is told once.
    async fn give_up(&self, hook: &Hook, job: &Job, arrival: &Arrival, progress: &mut Progress) -> Result<Step, Later> {
        let vendor = job.vendor.name();
        tracing::warn!(
            vendor,
            "an application is given up: hook_retention_days are over; its answer says what is missing"
        );
        if progress.note.is_none() {
            let Some(mut finding) = self.find_without(hook, job, arrival).await? else { return Ok(Step::Erased) };
            finding.again = false;
            self.decide(hook, job, &finding, progress);
            self.say(job, arrival, &finding, progress).await;
        }
        if let Some(note) = progress.note.take()
            && self.tell(hook, job, arrival, &note).await.is_err()
        {
            tracing::warn!(vendor, "a note is given up; look at the review, or at the record of lookups");
        }
        Ok(Step::Done("given-up"))
    }
}

impl Tries {
    const fn with(self, trouble: Trouble) -> Self {
        let mut more = Self { all: self.all.saturating_add(1), ..self };
        match trouble {
            Trouble::Withheld => more.withheld += 1,
            Trouble::Document => more.document += 1,
            Trouble::Any | Trouble::Paused => {}
        }
        more
    }
}

fn journal(error: &crate::journal::JournalError) -> Later {
    tracing::error!(%error, "the inbox of webhooks cannot be written");
    Later::any(Some(Duration::from_millis(RETRY_LAST_MS)))
}

#[cfg(test)]
mod tests;
