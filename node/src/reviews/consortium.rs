//! What reviews ask of the consortium: what its members say now about what matched then, and to dispute it.
//!
//! By the tags that a review keeps: nobody types an identifier again, and no steward is asked.

use std::fmt;

use futures::future::BoxFuture;
use larum_protocol::{api::CheckResult, tag::Tags};

use crate::http::ServiceError;

/// The consortium behind the reviews.
pub trait Consortium: Send + Sync + 'static {
    /// What this employer is called in it.
    fn employer(&self) -> String;

    /// What is known now about the identifier with these tags; none if all are of salts that have ended, so that it cannot
    /// be told.
    ///
    /// # Errors
    /// The ledger could not be read.
    fn now(&self, kind: &str, tags: &[Tags]) -> Result<Option<Now>, ServiceError>;

    /// Disputes others' reports, for a reason of the vocabulary; of each in order the statement that says so, or why there is
    /// none.
    fn dispute(
        &self,
        objections: Vec<Objection>,
        reason: &'static str,
    ) -> BoxFuture<'_, Result<Objected, ServiceError>>;
}

/// What is known now about something that matched then.
#[derive(Clone, Debug)]
pub struct Now {
    /// The verdict, and what is said.
    pub result: CheckResult,
    /// Its tags are of every salt that is in use: a dispute by them reaches everybody.
    pub whole: bool,
}

/// What a dispute is about.
#[derive(Clone)]
pub struct Objection {
    /// The kind's name.
    pub kind: String,
    /// The tags under which it was found.
    pub tags: Vec<Tags>,
    /// The statements that whoever disputes has read: nothing else is disputed.
    pub read: Vec<String>,
}

impl fmt::Debug for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objection").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What became of each objection.
pub type Objected = Vec<Result<String, String>>;
