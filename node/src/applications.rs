//! One application, one answer: reads its documents, looks up everything that the applicant gave at once, and puts the
//! lookup on record before the answer leaves.
//!
//! Used by `POST /v1/applications`, by the hooks of applicant tracking systems and by the console alike.
//! Invariant (I11): no answer is given, and nothing of it kept, that is not on the audit record, with the receipt that it
//! carries. What the answer says is kept is found out before, and kept behind the record, by a task that nobody can hang up.
//! Invariant (I8): a document that gives no text, and what could not be had at all, is `unknown` and says why; it never counts
//! as clear.
//! Invariant (I9): a listed, disputed or cautioned application opens a review for a person, and nothing else happens.
//! Invariant: names pass through to the answer. They are never made into tags, kept or logged.
//! Absent on purpose: HTTP (`http/applications.rs`), what a verdict means (`checker.rs`).

mod parts;
mod results;

use std::{fmt, sync::Arc};

use larum_protocol::{
    api::{
        APPLICATION_DOCUMENTS_MAX, APPLICATION_NAMES_MAX, ApplicationAnswer, ApplicationResult, CHECK_IDENTIFIERS_MAX,
        Identifier, REFERENCE_BYTES_MAX, Verdict, WATCH_DAYS_MAX,
    },
    hash::Digest,
    receipt::{CoverageSummary, RECEIPT_MEMBER, Transcript},
    tag::Tags,
};

pub use self::parts::{
    Application, Document, FencedReader, KeepWatches, LookUp, LookedUp, PreparedWatch, ReadDocuments,
};
use self::results::{ReadDocument, in_order, masked};
use crate::{
    audit::{AuditError, Event, Lookup, Recorder, Tally},
    extract::DOCUMENT_BYTES_MAX,
    http::ServiceError,
    metrics::Metrics,
    on_record::{Prepared, prepare},
    reviews::{Found, ReviewError, Reviews},
};

/// Why an application has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ApplicationError {
    /// It could not be looked up, or makes no sense.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The lookup could not be put on record.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

impl From<ApplicationError> for ServiceError {
    fn from(error: ApplicationError) -> Self {
        match error {
            ApplicationError::Service(error) => error,
            ApplicationError::Audit(error) => Self::Unavailable(error.to_string()),
        }
    }
}

/// An answer that is on record, and its JSON text with the receipt.
#[derive(Debug)]
pub struct Answered {
    /// The answer, with its receipt.
    pub answer: ApplicationAnswer,
    /// The text to which the receipt commits, and the receipt.
    pub json: Vec<u8>,
}

/// Answers applications. Cheap to clone.
#[derive(Clone)]
pub struct Applications {
    lookup: Arc<dyn LookUp>,
    documents: Arc<dyn ReadDocuments>,
    recorder: Recorder,
    metrics: Arc<Metrics>,
    watches: Option<Arc<dyn KeepWatches>>,
    reviews: Option<Arc<Reviews>>,
}

/// What of an application can be kept.
struct Kept {
    source: Option<String>,
    /// Those that it named, and then those of its documents.
    identifiers: Vec<Identifier>,
    /// The tags of the results.
    tags: Vec<Vec<Tags>>,
    /// How many it named.
    named: usize,
    watch_days: Option<u16>,
    /// A person has to look even if the answer is `unknown`.
    look: bool,
}

/// The lookup is on record, and something that was to be kept of it is not.
fn not_kept(what: &str, error: ServiceError) -> ApplicationError {
    let why = format!("the application was looked up, which is on record, but {what} could not be kept: {error}");
    ApplicationError::Service(match error {
        ServiceError::Storage(_) => ServiceError::Storage(why),
        ServiceError::Conflict(_) => ServiceError::Conflict(why),
        ServiceError::Internal(_) => ServiceError::Internal(why),
        _ => ServiceError::Unavailable(why),
    })
}

impl fmt::Debug for Applications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Applications").finish_non_exhaustive()
    }
}

impl Applications {
    /// Puts the parts together; watches are kept only with [`Self::with_watches`].
    pub fn new(
        lookup: Arc<dyn LookUp>,
        documents: Arc<dyn ReadDocuments>,
        recorder: Recorder,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { lookup, documents, recorder, metrics, watches: None, reviews: None }
    }

    /// With something that keeps watches.
    #[must_use]
    pub fn with_watches(self, watches: Arc<dyn KeepWatches>) -> Self {
        Self { watches: Some(watches), ..self }
    }

    /// With a place for what a person has to look at.
    #[must_use]
    pub fn with_reviews(self, reviews: Arc<Reviews>) -> Self {
        Self { reviews: Some(reviews), ..self }
    }

    /// Where what a person has to look at is kept.
    pub fn reviews(&self) -> Option<&Reviews> {
        self.reviews.as_deref()
    }

    /// The answer to an application that did not come as a request of its own: `caller` is who asks, on the record.
    ///
    /// # Errors
    /// Whatever keeps it from being answered; nothing is looked up that is not on record.
    pub async fn check(&self, application: Application, caller: &Arc<str>) -> Result<ApplicationAnswer, ServiceError> {
        Ok(self.answer(application, &[], caller).await?.answer)
    }

    /// The answer to an application that came as the request `asked`, to whose bytes the receipt commits.
    ///
    /// # Errors
    /// Whatever keeps it from being answered; nothing is looked up that is not on record.
    pub async fn answer(
        &self,
        application: Application,
        asked: &[u8],
        caller: &Arc<str>,
    ) -> Result<Answered, ApplicationError> {
        self.validate(&application).map_err(ServiceError::Invalid)?;
        let Application { source, reference, names, mut identifiers, documents, watch_days, missing, review_missing } =
            application;
        let mut documents = results::read(&*self.documents, documents).await;
        let named = identifiers.len();
        identifiers.extend(documents.iter_mut().filter_map(ReadDocument::take));
        let masked: Vec<_> = identifiers[..named].iter().map(masked).collect();
        let looked_up = self.lookup.look_up(identifiers.clone()).await?;
        let coverage = looked_up.coverage.clone();
        let look = review_missing && !missing.is_empty();
        let (results, tags) = in_order(looked_up, masked, documents, missing);
        let verdict = results.iter().map(|result| result.result.verdict).max().unwrap_or(Verdict::Unknown);
        let answer = ApplicationAnswer {
            verdict,
            reference: Some(reference).filter(|reference| !reference.is_empty()),
            names,
            results,
            coverage,
            advice: verdict.advice().into(),
            review: None,
            watched_until: None,
            warnings: Vec::new(),
            receipt: None,
        };
        let found = Kept { source, identifiers, tags, named, watch_days, look };
        let (applications, request, caller) = (self.clone(), Transcript::of(asked, &[]).request, Arc::clone(caller));
        // A task of its own: a caller who hangs up must not leave a lookup on record whose review is not kept.
        let work = tokio::spawn(async move { applications.keep(answer, found, request, caller).await });
        work.await.map_err(|error| ServiceError::Internal(error.to_string()))?
    }

    /// Finds out what is to be kept, puts the lookup on record, and then keeps it.
    async fn keep(
        &self,
        mut answer: ApplicationAnswer,
        found: Kept,
        request: Digest,
        caller: Arc<str>,
    ) -> Result<Answered, ApplicationError> {
        let watch = self.watch(&answer, &found).await?;
        answer.watched_until = watch.until;
        answer.warnings.extend(watch.warnings);
        let review = self.review(&mut answer, found).await?;
        answer.review = review.as_ref().map(|review| review.what);
        let answered = self.record(answer, request, &caller).await?;
        if let Some(review) = review {
            review.keep().await.map_err(|error| not_kept("the review", error.into()))?;
        }
        if let Some(keep) = watch.keep {
            keep.await.map_err(|error| not_kept("the watch", error))?;
        }
        Ok(answered)
    }

    /// A watch, if one is asked for.
    async fn watch(&self, answer: &ApplicationAnswer, found: &Kept) -> Result<PreparedWatch, ServiceError> {
        match (found.watch_days.filter(|days| *days > 0), &self.watches) {
            (Some(days), Some(watches)) => {
                let reference = answer.reference.as_deref().unwrap_or_default();
                watches.prepare(found.source.as_deref(), reference, found.identifiers.clone(), days).await
            }
            _ => Ok(PreparedWatch::default()),
        }
    }

    /// A review, if a person has to look. Without room for one the answer says so.
    async fn review(
        &self,
        answer: &mut ApplicationAnswer,
        Kept { source, mut identifiers, tags, named, look, .. }: Kept,
    ) -> Result<Option<Prepared<u64, ReviewError>>, ServiceError> {
        let unknown = look && answer.verdict == Verdict::Unknown;
        let worth = |reviews: &Arc<Reviews>| answer.verdict >= Verdict::Caution || (unknown && reviews.has_room());
        let Some(reviews) = self.reviews.clone().filter(worth) else {
            return Ok(None);
        };
        identifiers.truncate(named);
        let (reference, results, coverage) =
            (answer.reference.clone(), answer.results.clone(), answer.coverage.clone());
        let verdict = answer.verdict;
        let prepared = prepare(|gate| async move {
            let (source, reference) = (source.as_deref(), reference.as_deref());
            let (results, tags, identifiers, coverage) = (&results, &tags, &identifiers, &coverage);
            let found = Found { source, reference, verdict, results, tags, identifiers, coverage };
            reviews.keep(&found, gate).await.map(drop)
        });
        match prepared.await {
            Err(error @ ReviewError::Full) => {
                tracing::warn!(%error, "an application is answered without a review");
                answer.warnings.push(error.to_string());
                Ok(None)
            }
            prepared => Ok(prepared?),
        }
    }

    /// Puts a lookup on record, and gives its answer the receipt as its last member.
    async fn record(
        &self,
        mut answer: ApplicationAnswer,
        request: Digest,
        caller: &Arc<str>,
    ) -> Result<Answered, ApplicationError> {
        let failed = |error: String| ApplicationError::Service(ServiceError::Internal(error));
        let mut json = serde_json::to_vec(&answer).map_err(|error| failed(error.to_string()))?;
        let mut tallies = Vec::with_capacity(4);
        for ApplicationResult { result, .. } in &answer.results {
            Tally::add(&mut tallies, &result.kind, result.verdict);
            self.metrics.looked_up(result.verdict, 1);
        }
        let coverage = CoverageSummary::try_from(&answer.coverage);
        let receipt = self.recorder.record(Lookup {
            event: Event::Application,
            token: Arc::clone(caller),
            verdict: answer.verdict,
            tallies,
            lines: 0,
            coverage: coverage.map_err(|_| failed("the coverage's heads are no digest".to_owned()))?,
            transcript: Transcript { request, ..Transcript::of(&[], &json) },
        });
        let receipt = receipt.await?;
        json.pop();
        json.extend_from_slice(RECEIPT_MEMBER.as_bytes());
        json.extend_from_slice(receipt.as_bytes());
        json.extend_from_slice(b"\"}");
        answer.receipt = Some(receipt);
        Ok(Answered { answer, json })
    }

    /// Bounds, whichever way an application came; the text never repeats what was sent.
    fn validate(&self, application: &Application) -> Result<(), String> {
        let Application { reference, names, identifiers, documents, watch_days, missing, .. } = application;
        let long = |text: &String| text.len() > REFERENCE_BYTES_MAX;
        if identifiers.is_empty() && documents.is_empty() && missing.is_empty() {
            return Err("the application names no identifier and has no document: there is nothing to look up".into());
        }
        if identifiers.len() > CHECK_IDENTIFIERS_MAX {
            return Err(format!("more than {CHECK_IDENTIFIERS_MAX} identifiers in one application"));
        }
        if documents.len() > APPLICATION_DOCUMENTS_MAX {
            return Err(format!("more than {APPLICATION_DOCUMENTS_MAX} documents in one application"));
        }
        if names.len() > APPLICATION_NAMES_MAX || names.iter().any(long) {
            return Err(format!("at most {APPLICATION_NAMES_MAX} names, each of at most {REFERENCE_BYTES_MAX} bytes"));
        }
        if long(reference) || documents.iter().any(|document| long(&document.name)) {
            return Err(format!("`reference` or a document's name is longer than {REFERENCE_BYTES_MAX} bytes"));
        }
        if let Some(at) = documents.iter().position(|document| document.bytes.len() > DOCUMENT_BYTES_MAX) {
            return Err(format!("document {} is larger than {DOCUMENT_BYTES_MAX} bytes", at + 1));
        }
        match watch_days {
            Some(days) if *days > WATCH_DAYS_MAX => Err(format!("`watch_days` is more than {WATCH_DAYS_MAX}")),
            Some(1..) if self.watches.is_none() => {
                Err("this node keeps no watches; leave `watch_days` out, or set it to 0".to_owned())
            }
            _ => Ok(()),
        }
    }
}
