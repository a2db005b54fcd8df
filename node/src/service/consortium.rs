//! What reviews ask of the consortium: what is said now about what matched, and objecting to it.

use std::sync::Arc;

use futures::future::BoxFuture;
use larum_protocol::{roster::MemberId, tag::Tags};

use crate::{
    checker::{Checker, member_name},
    http::ServiceError,
    ledger::Ledger,
    publisher::Publisher,
    reviews::{Consortium, Now, Objected, Objection},
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
