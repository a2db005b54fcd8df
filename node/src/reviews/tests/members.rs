//! A consortium in a test's hand.

use futures::future::BoxFuture;
use tokio::sync::Semaphore;

use super::*;
use crate::http::ServiceError;

/// A consortium whose members say what the test has them say; until it does, nothing can be told.
pub(super) struct Members {
    pub(super) now: parking_lot::Mutex<Option<Now>>,
    /// What was disputed, for which reason.
    pub(super) disputed: parking_lot::Mutex<Vec<(Objection, &'static str)>>,
    /// Why nothing can be disputed, if so.
    pub(super) refuses: parking_lot::Mutex<Option<String>>,
    /// A dispute takes a permit: a test that takes it away holds disputes up.
    pub(super) permits: Semaphore,
    /// Disputes that were asked for.
    pub(super) asked: Semaphore,
}

impl Members {
    pub(super) fn new() -> Arc<Self> {
        let (permits, asked) = (Semaphore::new(100), Semaphore::new(0));
        let (now, disputed, refuses) = Default::default();
        Arc::new(Self { now, disputed, refuses, permits, asked })
    }

    pub(super) fn say(&self, verdict: Verdict, reports: Vec<Report>) {
        let result = CheckResult { reports, ..CheckResult::plain("email", verdict) };
        *self.now.lock() = Some(Now { result, whole: true });
    }
}

impl Consortium for Members {
    fn employer(&self) -> String {
        "Acme".to_owned()
    }

    fn now(&self, _: &str, tags: &[Tags]) -> Result<Option<Now>, ServiceError> {
        Ok(self.now.lock().clone().filter(|_| !tags.is_empty()))
    }

    fn dispute(
        &self,
        objections: Vec<Objection>,
        reason: &'static str,
    ) -> BoxFuture<'_, Result<Objected, ServiceError>> {
        Box::pin(async move {
            self.asked.add_permits(1);
            let _permit = self.permits.acquire().await.unwrap();
            if let Some(why) = self.refuses.lock().clone() {
                return Ok(vec![Err(why); objections.len()]);
            }
            let statements = vec![Ok("ab".repeat(32)); objections.len()];
            self.disputed.lock().extend(objections.into_iter().map(|objection| (objection, reason)));
            Ok(statements)
        })
    }
}
