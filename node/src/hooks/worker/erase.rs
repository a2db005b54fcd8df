//! Forgetting an applicant whom the vendor or a person here erased: what waits here, and what others keep.

use std::sync::atomic::Ordering;

use super::{Later, Parts, Step, Trouble, find::WITHHELD_TRIES, journal};
use crate::hooks::{api::Fault, inbox::Job};

impl Parts {
    /// `confirmed` if a person here says so: then no vendor's API is asked, whose silence would keep the applicant.
    pub(super) async fn forget(&self, job: &Job, candidate: &str, confirmed: bool) -> Result<Step, Later> {
        let vendor = job.vendor.name();
        let believed = job.vendor.ats().signs_ids() || confirmed;
        if !believed && !self.is_confirmed(job, candidate).await? {
            tracing::warn!(vendor, "an erasure is not confirmed by the vendor's API, so nothing was erased");
            return Ok(Step::Done("unconfirmed"));
        }
        let dropped = self.inbox.drop_all(job.vendor, candidate, job.id).await.map_err(|error| journal(&error))?;
        self.erased.store(true, Ordering::Relaxed);
        // What is in a worker's hands could still open a review.
        if self.inbox.is_in_work(job.vendor, candidate) {
            return Err(Later::any(None));
        }
        for keeper in &self.erase {
            if let Err(error) = keeper.erase(vendor, candidate).await {
                tracing::error!(error, vendor, "an erased applicant cannot be forgotten yet");
                return Err(Later::any(None));
            }
        }
        tracing::info!(vendor, dropped, "an applicant was erased, and forgotten here");
        Ok(Step::Done("erasure"))
    }

    /// Whether the vendor's API says what a delivery says whose ids nobody signed.
    async fn is_confirmed(&self, job: &Job, candidate: &str) -> Result<bool, Later> {
        let over = self.is_over(job);
        let Some(hook) = self.hooks.get(&job.vendor) else {
            return if over { Ok(false) } else { Err(Later::any(None)) };
        };
        hook.paused().map_err(|pause| Later { of: Trouble::Paused, after: Some(pause) })?;
        match job.vendor.ats().is_gone(&hook.api, candidate).await {
            Ok(true) => Ok(true),
            // The API may be behind its own webhooks.
            Ok(false) if job.tries.withheld < WITHHELD_TRIES => Err(Later { of: Trouble::Withheld, after: None }),
            Ok(false) => Ok(false),
            Err(_) if over => Ok(false),
            Err(Fault::Later(after)) => Err(Later::any(hook.pause(after))),
            Err(_) => Err(Later::any(None)),
        }
    }
}
