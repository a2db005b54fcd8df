//! What the node keeps of applicants for the ways in which they come: watches that an application asks for, what their
//! reviews ask of the consortium, and letting go of what an applicant tracking system has erased.

use std::sync::Arc;

use futures::future::BoxFuture;
use larum_protocol::{
    api::{CheckRequest, Identifier},
    roster::MemberId,
    tag::Tags,
};

use super::Watching;
use crate::{
    applications::KeepWatches,
    checker::{Checker, member_name},
    hooks::Erase,
    http::ServiceError,
    ledger::Ledger,
    publisher::Publisher,
    reviews::{Consortium, Now, Objected, Objection, Reviews},
};

/// The consortium as reviews see it.
pub(crate) struct Members {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) checker: Arc<Checker>,
    pub(crate) publisher: Arc<Publisher>,
    pub(crate) member: MemberId,
}

impl Consortium for Members {
    fn employer(&self) -> String {
        member_name(&self.ledger.roster(), self.member)
    }

    fn now(&self, kind: &str, tags: &[Tags]) -> Result<Option<Now>, ServiceError> {
        Ok(self.checker.again(kind, tags)?.map(|(result, whole)| Now { result, whole }))
    }

    fn dispute(
        &self,
        objections: Vec<Objection>,
        reason: &'static str,
    ) -> BoxFuture<'_, Result<Objected, ServiceError>> {
        Box::pin(async move { Ok(self.publisher.object(objections, reason).await?) })
    }
}

/// Watches that are looked through at a time for a reference.
const PAGE: usize = 1_000;

impl KeepWatches for Watching {
    fn keep<'a>(
        &'a self,
        reference: &'a str,
        identifiers: Vec<Identifier>,
        days: u16,
    ) -> BoxFuture<'a, Result<Option<String>, ServiceError>> {
        Box::pin(async move {
            let request = CheckRequest { identifiers, reference: Some(reference.to_owned()), watch_days: Some(days) };
            Ok(self.check(request, days).await?.watch.map(|watch| watch.until))
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
