//! Who hears of what came of an application: a person by a note, the operator's other programs by a callback.

use larum_protocol::api::Verdict;

use super::{Later, Parts, Trouble};
use crate::{
    callbacks::Event,
    clock::now,
    hooks::{
        api::Fault,
        arrival::Arrival,
        hook::Hook,
        inbox::{Job, Note, Progress},
        note::Finding,
    },
};

/// Until an application that nobody could answer is checked again; doubled each time.
const RECHECK_FIRST_MS: u64 = 10_000;
/// The longest between two checks: a node that was cut off for a day needs no more than an hour to tell.
const RECHECK_LAST_MS: u64 = 60 * 60 * 1_000;
/// The event of which callbacks are told.
const CHECKED: &str = "application.checked";
/// What is added to the verdict that callbacks were told of while the node goes on asking.
const ASKS_AGAIN: u8 = 0x80;

impl Parts {
    /// What is to be done about a finding.
    pub(super) fn decide(&self, hook: &Hook, job: &Job, finding: &Finding, progress: &mut Progress) {
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
    pub(super) async fn say(&self, job: &Job, arrival: &Arrival, finding: &Finding, progress: &mut Progress) {
        let said = finding.verdict as u8 | if progress.again.is_some() { ASKS_AGAIN } else { 0 };
        if progress.said.replace(said) == Some(said) || !self.callbacks.wants(CHECKED) {
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

    /// Writes a note unless it is there.
    pub(super) async fn tell(&self, hook: &Hook, job: &Job, arrival: &Arrival, note: &Note) -> Result<(), Later> {
        hook.paused().map_err(|pause| Later { of: Trouble::Paused, after: Some(pause) })?;
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
                return Err(Later::any(hook.pause(after)));
            }
            // Somebody may give the credential the permission.
            Err(Fault::Denied) => {
                self.metrics.noted(job.vendor, "delayed");
                return Err(Later::any(None));
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
