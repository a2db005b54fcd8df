//! What the node keeps of applicants for the ways in which they come: watches that an application asks for, and letting go of
//! what an applicant tracking system has erased.

use futures::future::BoxFuture;
use larum_protocol::api::{CheckRequest, Identifier};

use super::Watching;
use crate::{
    applications::{KeepWatches, PreparedWatch},
    hooks::Erase,
    http::ServiceError,
    reviews::Reviews,
};

/// Watches that are looked through at a time for a reference.
const PAGE: usize = 1_000;

impl KeepWatches for Watching {
    fn prepare<'a>(
        &'a self,
        reference: &'a str,
        identifiers: Vec<Identifier>,
        days: u16,
    ) -> BoxFuture<'a, Result<PreparedWatch, ServiceError>> {
        Box::pin(async move {
            let request = CheckRequest { identifiers, reference: Some(reference.to_owned()), watch_days: Some(days) };
            let (answer, keeping) = self.check(request, days).await?;
            let keep =
                keeping.map(|keeping| -> BoxFuture<'static, _> { Box::pin(async { Ok(keeping.keep().await?) }) });
            Ok(PreparedWatch { until: answer.watch.map(|watch| watch.until), warnings: answer.warnings, keep })
        })
    }
}

impl Erase for Watching {
    /// Whatever the source: a reference is a person's, and a watch says nothing about where it came from.
    fn erase<'a>(&'a self, _: &'a str, reference: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let mut after = 0;
            loop {
                let page = self.page(after, PAGE);
                let Some(last) = page.watches.last() else { return Ok(()) };
                after = last.id;
                for watch in page.watches.iter().filter(|watch| watch.reference == reference) {
                    self.remove(watch.id).await.map_err(|error| error.to_string())?;
                }
            }
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
