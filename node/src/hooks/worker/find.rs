//! Looking an application up: what the vendor's API adds, its documents, the check.
//!
//! Invariant (I8): whatever could not be had is counted in [`Missing`] and goes into the answer before that is recorded.

use std::sync::Arc;

use super::{Later, Parts, Trouble};
use crate::{
    applications::{Application, Document},
    hooks::{
        api::Fault,
        arrival::Arrival,
        hook::Hook,
        inbox::Job,
        note::{Finding, Missing},
    },
    http::ServiceError,
};

/// How often a document is tried before the application is checked without it: half a minute.
const DOCUMENT_TRIES: u32 = 4;
/// How often an applicant is asked for whom the vendor's API does not know, or does not give out: it may be behind its own
/// webhooks.
pub(super) const WITHHELD_TRIES: u32 = 4;
/// Bytes of one application's documents together: two large resumes.
pub(super) const DOCUMENTS_BYTES_MAX: usize = 32 * 1_024 * 1_024;

const WITHHELD: &str = "the vendor's API does not know an applicant, or does not give one out: what the webhook itself names \
     is checked, and the answer is unknown. If it happens again and again, is api_url right?";

impl Parts {
    /// Looks an application up. `None` if it was erased meanwhile.
    pub(super) async fn find(&self, hook: &Hook, job: &Job, arrival: &Arrival) -> Result<Option<Finding>, Later> {
        let mut missing = Missing::default();
        let whole = self.whole(hook, job, arrival, &mut missing).await?;
        let documents = self.documents(hook, job, &whole, &mut missing).await?;
        self.look_up(hook, job, whole, documents, missing).await
    }

    /// The same of what the delivery itself names, without asking the vendor.
    pub(super) async fn find_without(
        &self,
        hook: &Hook,
        job: &Job,
        arrival: &Arrival,
    ) -> Result<Option<Finding>, Later> {
        let documents = u32::try_from(arrival.documents.len()).unwrap_or(u32::MAX);
        let missing = Missing { documents, particulars: job.vendor.ats().asks_more(), ..Missing::default() };
        self.look_up(hook, job, arrival.clone(), Vec::new(), missing).await
    }

    async fn look_up(
        &self,
        hook: &Hook,
        job: &Job,
        whole: Arrival,
        documents: Vec<Document>,
        mut missing: Missing,
    ) -> Result<Option<Finding>, Later> {
        if !self.inbox.is_open(job.id) {
            return Ok(None);
        }
        let identifiers = whole.asked(hook.config.region.as_deref());
        missing.documents += whole.lost;
        missing.beyond = whole.beyond;
        missing.everything = identifiers.is_empty() && documents.is_empty();
        let application = Application {
            source: Some(job.vendor.name().to_owned()),
            reference: whole.candidate,
            names: whole.names,
            identifiers,
            documents,
            watch_days: Some(hook.config.watch_days).filter(|days| *days > 0),
            missing: missing.lines(),
            // Where the operator gave no credential, each application lacks something, and no reviewer can mend that.
            review_missing: hook.api.is_configured() || !job.vendor.ats().asks_more(),
        };
        match self.applications.check_application(application, Arc::clone(&hook.caller)).await {
            Ok(answer) => Ok(Some(Finding::of(&answer))),
            Err(ServiceError::Invalid(detail)) => {
                tracing::error!(detail, vendor = job.vendor.name(), "an application of a webhook cannot be checked");
                Ok(Some(Finding::nothing("this node does not take it; its log says why")))
            }
            Err(error) => {
                tracing::debug!(%error, "an application of a webhook waits to be checked");
                Err(Later::any(None))
            }
        }
    }

    /// The application with what the vendor's API adds. An applicant whom that does not give out is tried again, and then
    /// left at what the delivery says.
    async fn whole(&self, hook: &Hook, job: &Job, arrival: &Arrival, missing: &mut Missing) -> Result<Arrival, Later> {
        let ats = job.vendor.ats();
        if !ats.asks_more() {
            return Ok(arrival.clone());
        }
        missing.particulars = true;
        if !hook.api.is_configured() {
            return Ok(arrival.clone());
        }
        hook.paused().map_err(|pause| Later { of: Trouble::Paused, after: Some(pause) })?;
        match ats.complete(&hook.api, arrival.clone()).await {
            Ok(whole) => {
                missing.particulars = false;
                return Ok(whole);
            }
            Err(Fault::Later(after)) => return Err(Later::any(hook.pause(after))),
            Err(Fault::Gone | Fault::Denied) if job.tries.withheld < WITHHELD_TRIES => {
                return Err(Later { of: Trouble::Withheld, after: None });
            }
            Err(Fault::Gone | Fault::Denied) => hook.troubles.tell(WITHHELD),
            // Told where it was refused.
            Err(Fault::Refused | Fault::Forbidden(_)) => {}
        }
        Ok(arrival.clone())
    }

    /// Fetches the documents. One that does not come is left out after a while, and the answer says so.
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
                Err(Fault::Later(after)) if job.tries.document < DOCUMENT_TRIES => {
                    return Err(Later { of: Trouble::Document, after });
                }
                Err(fault) => {
                    if hook.troubles.is_news("document") {
                        tracing::warn!(%fault, vendor = job.vendor.name(), "a document is not fetched");
                    }
                    missing.documents += 1;
                }
            }
        }
        Ok(documents)
    }
}
