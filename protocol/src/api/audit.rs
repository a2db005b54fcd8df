//! The record of lookups as it is listed and exported: who asked, when, which kinds, what verdict.
//!
//! Invariant: nothing here says what was asked about: no identifier, no tag, no applicant's reference.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Verdict;

/// The query of `GET /v1/audit`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, IntoParams, PartialEq, Serialize)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// The first sequence number wanted; the oldest if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// How many records at most; 100 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// The answer to `GET /v1/audit`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AuditPage {
    /// The records, in the order in which they were written.
    pub records: Vec<AuditRecord>,
    /// Where the next page starts; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// One record of the chain.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AuditRecord {
    /// Counts from 1 without a gap.
    pub seq: u64,
    /// When (RFC 3339, UTC, milliseconds).
    pub time: String,
    /// What was done.
    pub event: AuditEvent,
    /// The id of the token that asked; empty when the node itself did.
    pub token: String,
    /// The overall verdict.
    pub verdict: Verdict,
    /// How often which kind had which verdict.
    pub results: Vec<AuditResult>,
    /// Lines answered, for a bulk stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<u64>,
    /// Digest of the coverage that the answer was given with (hex).
    pub coverage: String,
    /// Root of the tree that the receipt hangs on (hex).
    pub root: String,
    /// Hash of the record before (hex).
    pub prev: String,
    /// Hash of this record (hex).
    pub hash: String,
}

/// What an audit record is about.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AuditEvent {
    /// One check.
    Check,
    /// A bulk stream began: who asked is on record even if the process dies before it ends.
    BulkOpened,
    /// One bulk stream, whole.
    Bulk,
    /// One bulk stream that ended early: what was answered until then.
    BulkCut,
    /// One application: identifiers and documents, answered as a whole.
    Application,
    /// The tail of the record was damaged by a crash and set aside; `lines` counts its bytes.
    Recovered,
}

/// How often a kind had a verdict.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AuditResult {
    /// The kind's name, or `unrecognised`.
    #[schema(value_type = String)]
    pub kind: Cow<'static, str>,
    /// The verdict.
    pub verdict: Verdict,
    /// How many identifiers.
    pub count: u64,
}
