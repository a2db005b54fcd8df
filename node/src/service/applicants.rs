//! What the node keeps of applicants for the ways in which they come: watches that an application asks for, and letting go of
//! whom an applicant tracking system, or a person here, has erased.

use std::{fmt, sync::Arc};

use futures::future::BoxFuture;
use larum_protocol::api::{AlertInfo, CheckRequest, ErasureAnswer, ErasureRequest, Identifier};

use super::Watching;
use crate::{
    applications::{KeepWatches, PreparedWatch},
    hooks::{Erase, Hooks, Vendor},
    http::ServiceError,
    reviews::Reviews,
    watches::{Erased, Whose},
};

impl KeepWatches for Watching {
    fn prepare<'a>(
        &'a self,
        source: Option<&'a str>,
        reference: &'a str,
        identifiers: Vec<Identifier>,
        days: u16,
    ) -> BoxFuture<'a, Result<PreparedWatch, ServiceError>> {
        Box::pin(async move {
            let request = CheckRequest { identifiers, reference: Some(reference.to_owned()), watch_days: Some(days) };
            let (answer, keeping) = self.check_of(source, request, days, true).await?;
            let keep =
                keeping.map(|keeping| -> BoxFuture<'static, _> { Box::pin(async { Ok(keeping.keep().await?) }) });
            Ok(PreparedWatch { until: answer.watch.map(|watch| watch.until), warnings: answer.warnings, keep })
        })
    }
}

impl Erase for Watching {
    fn erase<'a>(&'a self, source: &'a str, reference: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let whose = Whose { source: Some(source), reference };
            self.watches.erase(whose).await.map(drop).map_err(|error| error.to_string())
        })
    }
}

impl Erase for Reviews {
    fn erase<'a>(&'a self, source: &'a str, reference: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            Self::erase(self, Some(source), reference).await.map(drop).map_err(|error| error.to_string())
        })
    }
}

/// Everything that keeps something of applicants, for the person who erases one.
pub(crate) struct Applicants {
    pub(crate) watching: Arc<Watching>,
    pub(crate) reviews: Arc<Reviews>,
    pub(crate) hooks: Option<Arc<Hooks>>,
}

impl fmt::Debug for Applicants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Applicants").finish_non_exhaustive()
    }
}

impl Applicants {
    /// The newest review of whom an alert is about.
    pub(crate) fn review(&self, alert: &AlertInfo) -> Option<u64> {
        let reference = Some(alert.reference.as_str()).filter(|reference| !reference.is_empty())?;
        self.reviews.newest_of(alert.source.as_deref(), reference)
    }

    /// Erases one. A hook hears of it as if its vendor had said so, and erases once more what was in the hands of its workers.
    pub(crate) async fn erase(&self, request: &ErasureRequest) -> Result<ErasureAnswer, ServiceError> {
        let (source, reference) = (request.source.as_deref(), request.reference.as_str());
        let reviews = self.reviews.erase(source, reference).await? as u64;
        let Erased { watches, alerts, callbacks } = self.watching.watches.erase(Whose { source, reference }).await?;
        let deliveries = match (&self.hooks, source.and_then(Vendor::from_name)) {
            (Some(hooks), Some(vendor)) => hooks.erase(vendor, reference).await.map_err(ServiceError::Storage)?,
            _ => 0,
        };
        tracing::info!(reviews, watches, alerts, callbacks, deliveries, "an applicant was erased");
        Ok(ErasureAnswer { watches, alerts, reviews, callbacks, deliveries })
    }
}
