//! Watches as the API shows them: past checks and known people, kept as tags so that a later report raises an alert.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Identifier, Verdict};

/// The body of `POST /v1/watches`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchRequest {
    /// Whom to watch.
    #[schema(min_items = 1, max_items = 1_000)]
    pub watches: Vec<NewWatch>,
}

/// One person, or whatever else the caller has a reference for.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWatch {
    /// The caller's own name for it: comes back in alerts.
    #[schema(example = "contractor-17", max_length = 256)]
    pub reference: String,
    /// What is kept of it, as tags.
    #[schema(min_items = 1, max_items = 1_000)]
    pub identifiers: Vec<Identifier>,
    /// For how many days; 180 if nothing is said. The policy and the node may allow less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 180, minimum = 1, maximum = 365)]
    pub days: Option<u16>,
}

impl fmt::Debug for NewWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewWatch").field("identifiers", &self.identifiers.len()).finish_non_exhaustive()
    }
}

/// The answer to `POST /v1/watches`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct WatchesAnswer {
    /// One outcome for each watch asked for, in order.
    pub rows: Vec<WatchOutcome>,
    /// Watches that are kept now and were not before; who was watched already is watched longer.
    pub added: u64,
}

/// What became of one row.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct WatchOutcome {
    /// The row, from 1.
    pub row: u64,
    /// The watch; none if nothing of the row could be watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<WatchRef>,
    /// What is known about it now: the worst of its identifiers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Which identifiers of the row are not watched, if some are not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<NotWatched>,
}

/// An identifier that is not watched.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct NotWatched {
    /// Which of the row's identifiers, from 1.
    pub identifier: u64,
    /// Why.
    pub why: String,
}

/// A watch that is kept.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct WatchRef {
    /// Its number.
    pub id: u64,
    /// Its last day.
    #[schema(example = "2027-05-25")]
    pub until: String,
    /// Identifiers that are watched: those whose tags could be made and which the allow list does not cover.
    pub identifiers: u32,
}

/// The query of `GET /v1/watches`.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WatchQuery {
    /// Only watches with a higher number.
    #[param(format = "uint64", maximum = 18446744073709551615u64)]
    pub after: Option<u64>,
    /// How many at most.
    #[param(format = "uint64", maximum = 18446744073709551615u64)]
    pub limit: Option<usize>,
}

/// One page of watches.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct WatchPage {
    /// Watches by number.
    pub watches: Vec<WatchInfo>,
    /// Watches in all.
    pub count: u64,
    /// How many of all have ended early, with the salt of their tags, and ask for a new check.
    pub needs_check: u64,
    /// What to ask `after` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// One watch.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct WatchInfo {
    /// Its number.
    pub id: u64,
    /// The applicant tracking system whose reference it is; none if it was asked for over the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "greenhouse")]
    pub source: Option<String>,
    /// The caller's own name for it.
    pub reference: String,
    /// Its last day.
    pub until: String,
    /// The kinds of what is watched.
    pub kinds: Vec<String>,
    /// The salt or key of its tags has ended: nothing that is published now is found by it. Check again to go on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_check: bool,
}

impl fmt::Debug for WatchInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchInfo").field("id", &self.id).field("until", &self.until).finish_non_exhaustive()
    }
}
