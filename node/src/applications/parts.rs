//! What an application is made of, and what answering one takes.

use std::fmt;

use futures::future::BoxFuture;
use larum_protocol::{
    api::{CheckResult, CoverageInfo, Identifier},
    tag::Tags,
};
use zeroize::Zeroizing;

use crate::{
    checker::Checker,
    extract::{self, ExtractError},
    http::ServiceError,
};

/// An application as it comes in, however it came.
pub struct Application {
    /// Which way it came: a vendor's name, say. None for the API and the console.
    pub source: Option<String>,
    /// The caller's own name for the applicant; empty if there is none.
    pub reference: String,
    /// The applicant's names, passed through.
    pub names: Vec<String>,
    /// Everything to look up.
    pub identifiers: Vec<Identifier>,
    /// Resume files.
    pub documents: Vec<Document>,
    /// For how many days a later listing raises an alert.
    pub watch_days: Option<u16>,
    /// What of it could not be had, each with why, and without naming anybody: the answer is then never `clear`.
    pub missing: Vec<String>,
    /// Whether a person has to look if nothing worse is known than that something is missing.
    pub review_missing: bool,
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application")
            .field("source", &self.source)
            .field("identifiers", &self.identifiers.len())
            .field("documents", &self.documents.len())
            .finish_non_exhaustive()
    }
}

/// A file of an application.
pub struct Document {
    /// What it is called: comes back with its result, and is not kept.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// What was looked up: of each identifier, in order.
pub struct LookedUp {
    /// What is known.
    pub results: Vec<CheckResult>,
    /// The tags that it was looked up by; none where it has none.
    pub tags: Vec<Vec<Tags>>,
    /// How complete the ledger was.
    pub coverage: CoverageInfo,
}

impl fmt::Debug for LookedUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LookedUp").field("results", &self.results).finish_non_exhaustive()
    }
}

/// What looks identifiers up.
pub trait LookUp: Send + Sync + 'static {
    /// Looks all of them up.
    fn look_up(&self, identifiers: Vec<Identifier>) -> BoxFuture<'_, Result<LookedUp, ServiceError>>;
}

impl LookUp for Checker {
    fn look_up(&self, identifiers: Vec<Identifier>) -> BoxFuture<'_, Result<LookedUp, ServiceError>> {
        Box::pin(async {
            let (mut lines, coverage) = self.check_tagged(vec![identifiers]).await?;
            let line = lines.pop().unwrap_or_default();
            let (results, tags) = line.into_iter().map(|checked| (checked.result, checked.tags)).unzip();
            Ok(LookedUp { results, tags, coverage })
        })
    }
}

/// What reads documents.
pub trait ReadDocuments: Send + Sync + 'static {
    /// The text of one.
    fn text_of<'a>(&'a self, document: &'a [u8]) -> BoxFuture<'a, Result<Zeroizing<String>, ExtractError>>;
}

/// The fenced-in reader of this program: one child at a time for each core.
#[derive(Clone, Copy, Debug)]
pub struct FencedReader;

impl ReadDocuments for FencedReader {
    fn text_of<'a>(&'a self, document: &'a [u8]) -> BoxFuture<'a, Result<Zeroizing<String>, ExtractError>> {
        Box::pin(extract::text_of(document))
    }
}

/// What keeps a check, so that a later listing raises an alert.
pub trait KeepWatches: Send + Sync + 'static {
    /// Finds out whether the identifiers' tags can be kept for so many days, in the place of what is kept of the same
    /// applicant of `source`. They are kept only once the lookup is on record.
    fn prepare<'a>(
        &'a self,
        source: Option<&'a str>,
        reference: &'a str,
        identifiers: Vec<Identifier>,
        days: u16,
    ) -> BoxFuture<'a, Result<PreparedWatch, ServiceError>>;
}

/// A watch that can be kept, or cannot.
#[derive(Default)]
pub struct PreparedWatch {
    /// Its last day; none if no tag could be made of anything, or there is no room.
    pub until: Option<String>,
    /// Why there is none, where somebody should know.
    pub warnings: Vec<String>,
    /// Keeps it.
    pub keep: Option<BoxFuture<'static, Result<(), ServiceError>>>,
}

impl fmt::Debug for PreparedWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedWatch").field("until", &self.until).finish_non_exhaustive()
    }
}
