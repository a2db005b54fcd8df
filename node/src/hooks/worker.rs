//! From a delivery to an answer: what the vendor's API adds, the check, a note for a person.
//!
//! Every step that must not be done twice is written to the inbox's journal before the next one begins, so that a
//! `kill -9` at any instant leaves a delivery that goes on where it stood. A note is looked for by its mark before it is
//! written: it is written at least once, and not a second time where the vendor lists notes.
//! Invariant (I9): nothing here rejects anybody, or moves an application anywhere.
//! Invariant: slow, failing and limiting vendors are asked less and less often, and never sooner than they said.

use std::{sync::Arc, time::Duration};

use larum_protocol::api::Verdict;
use tokio_util::sync::CancellationToken;

use super::{
    Parts,
    api::Fault,
    arrival::Arrival,
    backoff::{RETRY_LAST_MS, backoff},
    hook::Hook,
    inbox::{Job, Note, Progress, Task},
    note::{Finding, Missing},
};
use crate::{
    applications::{Application, Document},
    callbacks::Event,
    clock::now,
    http::ServiceError,
};

/// Deliveries worked off at once: each waits for the vendor most of the time, and vendors allow some ten calls a second.
pub(super) const WORKERS: usize = 8;
/// Until an application that nobody could answer is checked again; doubled each time.
const RECHECK_FIRST_MS: u64 = 10_000;
/// The longest between two checks: a node that was cut off for a day needs no more than an hour to tell.
const RECHECK_LAST_MS: u64 = 60 * 60 * 1_000;
/// How often a document is tried before the application is checked without it: half a minute.
const DOCUMENT_TRIES: u32 = 4;
/// How often an applicant is asked for whom the vendor's API does not know: it may be behind its own webhooks.
const GONE_TRIES: u32 = 4;
/// Bytes of one application's documents together: a quarter of a gigabyte for all that are in work.
const DOCUMENTS_BYTES_MAX: usize = 32 * 1_024 * 1_024;
/// How long what is being worked on may go on once the node was told to stop.
const STOP_TIME: Duration = Duration::from_secs(5);
/// Between two tidyings of the inbox's file.
const TIDY_EVERY: u32 = 60;
/// The event of which callbacks are told.
const CHECKED: &str = "application.checked";
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

/// Not now. The time is the vendor's.
struct Later(Option<Duration>);

impl Parts {
    /// Works off deliveries until told to stop.
    pub(super) async fn work(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let job = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                job = self.inbox.next() => job,
            };
            let grace = async {
                stop.cancelled().await;
                tokio::time::sleep(STOP_TIME).await;
            };
            tokio::select! {
                () = self.take(job) => {}
                () = grace => return,
            }
        }
    }

    /// Rewrites the inbox's file: soon after an erasure, and every hour.
    pub(super) async fn tidy(self: Arc<Self>, stop: CancellationToken) {
        for minute in (0..TIDY_EVERY).cycle() {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(MINUTE) => {}
            }
            let erased = self.erased.swap(false, std::sync::atomic::Ordering::Relaxed);
            if (erased || minute == TIDY_EVERY - 1)
                && let Err(error) = self.inbox.tidy().await
            {
                tracing::error!(%error, "the inbox of webhooks cannot be rewritten without what is worked off");
                self.erased.fetch_or(erased, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    async fn take(&self, job: Job) {
        let step = match &job.task {
            Task::Erase(candidate) => self.forget(&job, candidate).await,
            Task::Check(arrival) => self.check(&job, arrival).await,
        };
        match step {
            Ok(Step::Done(outcome)) => match self.inbox.done(job.id).await {
                Ok(()) => self.metrics.worked(job.vendor, outcome),
                Err(error) => {
                    tracing::error!(%error, "the inbox of webhooks cannot be written");
                    self.inbox.put_back(job.id, now().0 + RETRY_LAST_MS, job.tries);
                }
            },
            Ok(Step::Again(due)) => self.inbox.put_back(job.id, due, 0),
            Ok(Step::Erased) => self.metrics.worked(job.vendor, "erased"),
            Err(Later(after)) => {
                let wait = backoff(job.tries, after);
                self.inbox.put_back(job.id, now().0 + wait, job.tries.saturating_add(1));
            }
        }
        self.inbox.let_go(job.id);
        self.metrics.queue.set(i64::try_from(self.inbox.len()).unwrap_or(i64::MAX));
    }

    /// Forgets an applicant: what waits here, and what others keep.
    async fn forget(&self, job: &Job, candidate: &str) -> Result<Step, Later> {
        self.inbox.drop_all(job.vendor, candidate, job.id).await.map_err(|error| journal(&error))?;
        // What is in a worker's hands could still open a review.
        if self.inbox.is_in_work(job.vendor, candidate) {
            return Err(Later(None));
        }
        for keeper in &self.erase {
            if let Err(error) = keeper.erase(job.vendor.name(), candidate).await {
                tracing::error!(error, vendor = job.vendor.name(), "an erased applicant cannot be forgotten yet");
                return Err(Later(None));
            }
        }
        self.erased.store(true, std::sync::atomic::Ordering::Relaxed);
        Ok(Step::Done("erasure"))
    }

    /// Takes an application as far as it gets.
    async fn check(&self, job: &Job, arrival: &Arrival) -> Result<Step, Later> {
        if now().0.saturating_sub(job.at) > self.retention_ms {
            tracing::warn!(vendor = job.vendor.name(), "an application is given up: hook_retention_days are over");
            return Ok(Step::Done("given-up"));
        }
        // Its table may come back to the configuration before that.
        let hook = self.hooks.get(&job.vendor).ok_or(Later(Some(Duration::from_millis(RETRY_LAST_MS))))?;
        let mut progress = job.progress.clone();
        if progress.note.is_none() {
            match self.find(hook, job, arrival).await? {
                Some(finding) => {
                    self.decide(hook, job, &finding, &mut progress);
                    self.say(job, arrival, &finding, &mut progress).await;
                }
                None => return Ok(Step::Done("gone")),
            }
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

    /// What is to be done about a finding.
    fn decide(&self, hook: &Hook, job: &Job, finding: &Finding, progress: &mut Progress) {
        self.metrics.checked(job.vendor, finding.verdict);
        let wait = RECHECK_FIRST_MS << progress.checks.min(12);
        progress.checks = progress.checks.saturating_add(1);
        progress.again = finding.again.then(|| now().0 + wait.min(RECHECK_LAST_MS));
        let verdict = finding.verdict as u8;
        // Nothing known needs no note, unless one said that nobody could tell.
        let worth = finding.verdict != Verdict::Clear || progress.told.is_some();
        if hook.config.note && worth && progress.told != Some(verdict) {
            let mark = format!("larum:{:016x}:{}", job.mark, finding.verdict.name());
            progress.note = Some(Note { text: finding.note(&mark), mark, verdict });
        }
    }

    /// Tells the operator's other programs, if that is news. A crash before it is kept that they were told tells them again.
    async fn say(&self, job: &Job, arrival: &Arrival, finding: &Finding, progress: &mut Progress) {
        let verdict = finding.verdict as u8;
        if progress.said.replace(verdict) == Some(verdict) || !self.callbacks.wants(CHECKED) {
            return;
        }
        let data = serde_json::json!({
            "delivery": format!("{:016x}", job.mark),
            "source": job.vendor.name(),
            "reference": arrival.candidate,
            "verdict": finding.verdict,
            "review": finding.review,
            "again": progress.again.is_some(),
        });
        let event = Event { kind: CHECKED, at: now().to_string(), data, source: None };
        // A receiver that is long gone must not keep applications from being checked.
        if let Err(error) = self.callbacks.send(vec![event]).await {
            tracing::error!(%error, vendor = job.vendor.name(), "an application was checked, and a callback was not kept");
        }
    }

    /// Looks an application up. `None` if the vendor does not know the applicant any more.
    async fn find(&self, hook: &Hook, job: &Job, arrival: &Arrival) -> Result<Option<Finding>, Later> {
        let mut missing = Missing::default();
        let ats = job.vendor.ats();
        let mut whole = arrival.clone();
        if ats.asks_more() && hook.api.is_configured() {
            hook.paused().map_err(|pause| Later(Some(pause)))?;
            match ats.complete(&hook.api, arrival.clone()).await {
                Ok(completed) => whole = completed,
                Err(Fault::Gone) if job.tries < GONE_TRIES => return Err(Later(None)),
                Err(Fault::Gone) => return Ok(None),
                Err(Fault::Later(after)) => return Err(Later(hook.pause(after))),
                Err(Fault::Refused | Fault::Forbidden(_)) => missing.particulars = true,
            }
        } else if ats.asks_more() {
            missing.particulars = true;
        }
        let documents = self.documents(hook, job, &whole, &mut missing).await?;
        missing.beyond = whole.beyond;
        if !self.inbox.is_open(job.id) {
            return Ok(None);
        }
        let identifiers = whole.asked(hook.config.region.as_deref());
        if identifiers.is_empty() && documents.is_empty() {
            return Ok(Some(Finding::nothing("it names nothing that can be looked up", missing)));
        }
        let application = Application {
            source: Some(job.vendor.name().to_owned()),
            reference: whole.candidate,
            names: whole.names,
            identifiers,
            documents,
            watch_days: Some(hook.config.watch_days).filter(|days| *days > 0),
        };
        match self.applications.check_application(application, Arc::clone(&hook.caller)).await {
            Ok(answer) => Ok(Some(Finding::of(&answer, missing))),
            Err(ServiceError::Invalid(detail)) => {
                tracing::error!(detail, vendor = job.vendor.name(), "an application of a webhook cannot be checked");
                Ok(Some(Finding::nothing("this node does not take it; its log says why", missing)))
            }
            Err(error) => {
                tracing::debug!(%error, "an application of a webhook waits to be checked");
                Err(Later(None))
            }
        }
    }

    /// Fetches the documents. One that does not come is left out after a while, and the finding says so.
    async fn documents(
        &self,
        hook: &Hook,
        job: &Job,
        arrival: &Arrival,
        missing: &mut Missing,
    ) -> Result<Vec<Document>, Later> {
        let (mut documents, mut room) = (Vec::new(), DOCUMENTS_BYTES_MAX);
        for linked in &arrival.documents {
            match hook.api.file(linked).await {
                Ok(bytes) if bytes.len() > room => missing.documents += 1,
                Ok(bytes) => {
                    room -= bytes.len();
                    documents.push(Document { name: linked.name.clone(), bytes: bytes.to_vec() });
                }
                Err(Fault::Later(after)) if job.tries < DOCUMENT_TRIES => return Err(Later(after)),
                Err(fault) => {
                    tracing::info!(%fault, vendor = job.vendor.name(), "a document is not fetched");
                    missing.documents += 1;
                }
            }
        }
        Ok(documents)
    }

    /// Writes a note unless it is there.
    async fn tell(&self, hook: &Hook, job: &Job, arrival: &Arrival, note: &Note) -> Result<(), Later> {
        hook.paused().map_err(|pause| Later(Some(pause)))?;
        let ats = job.vendor.ats();
        let written = match ats.noted(&hook.api, arrival, &note.mark).await {
            Ok(true) => Ok("there"),
            Ok(false) => ats.note(&hook.api, arrival, &note.text).await.map(|()| "written"),
            Err(fault) => Err(fault),
        };
        match written {
            Ok(outcome) => self.metrics.noted(job.vendor, outcome),
            Err(Fault::Later(after)) => {
                self.metrics.noted(job.vendor, "delayed");
                return Err(Later(hook.pause(after)));
            }
            Err(Fault::Gone) => self.metrics.noted(job.vendor, "gone"),
            Err(fault @ (Fault::Refused | Fault::Forbidden(_))) => {
                tracing::error!(%fault, vendor = job.vendor.name(), "a note cannot be written; look at the review instead");
                self.metrics.noted(job.vendor, "refused");
            }
        }
        Ok(())
    }
}

fn journal(error: &crate::journal::JournalError) -> Later {
    tracing::error!(%error, "the inbox of webhooks cannot be written");
    Later(Some(Duration::from_millis(RETRY_LAST_MS)))
}
