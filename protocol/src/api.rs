//! The HTTP API as data: paths, limits, and the request and answer types that the node and its clients share.
//!
//! Every request refuses fields it does not know, so that a misspelt option is an error and never silently ignored.
//! Every error is a [`Problem`] (RFC 9457). Words (kinds, roles, reasons, verdicts) travel as the strings of the
//! closed vocabulary; days as `YYYY-MM-DD`, instants as RFC 3339 in UTC, hashes and keys as lower-case hex.
//!
//! Invariant: no type here shows an identifier, a token or an applicant's reference through `Debug`.
//! Absent on purpose: what any of it means (`verdict.rs`, `statement.rs`), HTTP itself (the node's).

mod admin;
mod alerts;
mod applications;
mod audit;
mod bulk;
mod check;
mod erasures;
mod problem;
mod reviews;
mod rosters;
mod statements;
mod status;
mod stewards;
mod tags;
mod vault;
mod watches;

pub use self::{
    admin::{
        AllowAction, AllowAnswer, AllowEntry, AllowList, AllowOutcome, AllowRequest, NewToken, Scope, TokenInfo,
        TokenList, TokenRequest,
    },
    alerts::{AlertAction, AlertClosed, AlertInfo, AlertPage, AlertQuery, AlertRequest, AlertState},
    applications::{ApplicationAnswer, ApplicationDocument, ApplicationRequest, ApplicationResult},
    audit::{AuditEvent, AuditPage, AuditQuery, AuditRecord, AuditResult},
    bulk::{BulkIdentifier, BulkLine, BulkRow, BulkSummary},
    check::{
        Advice, CheckAnswer, CheckRequest, CheckResult, CoverageInfo, CoverageState, Identifier, Likeness, Report,
        ResumeScore, Strength, Verdict,
    },
    erasures::{ErasureAnswer, ErasureRequest},
    problem::{Problem, RowProblem, slug},
    reviews::{
        ChecklistPoint, Decision, DecisionRequest, DisputeRequest, NotDisputed, ReopenRequest, Review, ReviewFinding,
        ReviewIdentifiers, ReviewList, ReviewMark, ReviewQuery, ReviewState, ReviewSummary,
    },
    rosters::{RosterAnswer, RosterList, RosterOffer, RosterOutcome, RosterQuery},
    statements::{Action, BatchRef, StatementOutcome, StatementRow, StatementsAnswer, StatementsRequest},
    status::{
        Connection, Health, LogInfo, LogList, MemberInfo, MemberList, NodeInfo, PeerInfo, PeerList, StatusAnswer,
        StoreInfo, Warning,
    },
    stewards::{PlannedDealer, PlannedKey, PlannedSteward, SharedEpoch, SplitKey, StewardInfo, StewardsAnswer},
    tags::{TagsAnswer, TagsRequest, TagsResult},
    vault::{RepublishAnswer, Republishing, VaultAnswer},
    watches::{
        NewWatch, NotWatched, WatchInfo, WatchOutcome, WatchPage, WatchQuery, WatchRef, WatchRequest, WatchesAnswer,
    },
};

/// Where each endpoint lives.
pub mod path {
    /// `POST`: one check of up to [`CHECK_IDENTIFIERS_MAX`](super::CHECK_IDENTIFIERS_MAX) identifiers.
    pub const CHECK: &str = "/v1/check";
    /// `POST`: JSON lines in, JSON lines out, streamed both ways.
    pub const CHECK_BULK: &str = "/v1/check/bulk";
    /// `POST`: one application: everything that an applicant gave, at once.
    pub const APPLICATIONS: &str = "/v1/applications";
    /// `POST`: publish, withdraw, dispute.
    pub const STATEMENTS: &str = "/v1/statements";
    /// `GET`: the node, its coverage and what it would warn its operator of.
    pub const STATUS: &str = "/v1/status";
    /// `GET`: the members on the roster and when each was last heard.
    pub const MEMBERS: &str = "/v1/members";
    /// `GET`: the nodes this one is connected to, or tries to reach.
    pub const PEERS: &str = "/v1/peers";
    /// `GET`: every log known, with its head.
    pub const LOGS: &str = "/v1/logs";
    /// `GET`, `POST`: the signed rosters, and a new version that governors signed.
    pub const ROSTERS: &str = "/v1/rosters";
    /// `GET`: who holds the keys of split custody, and how far a ceremony has got.
    pub const STEWARDS: &str = "/v1/stewards";
    /// `POST`: what would leave this node of some identifiers.
    pub const TAGS: &str = "/v1/tags";
    /// `GET`: what waits for a person, and what people decided.
    pub const REVIEWS: &str = "/v1/reviews";
    /// `GET`: one review, by its number.
    pub const REVIEW: &str = "/v1/reviews/{id}";
    /// `POST`: what a person decides about a review.
    pub const REVIEW_DECISION: &str = "/v1/reviews/{id}/decision";
    /// `POST`: what matched in a review, in clear.
    pub const REVIEW_IDENTIFIERS: &str = "/v1/reviews/{id}/identifiers";
    /// `POST`: what was decided was not: the review waits again.
    pub const REVIEW_REOPEN: &str = "/v1/reviews/{id}/reopen";
    /// `POST`: dispute the reports of a review that was decided without it.
    pub const REVIEW_DISPUTE: &str = "/v1/reviews/{id}/dispute";
    /// `GET`: what of this node's own publications is kept sealed.
    pub const VAULT: &str = "/v1/vault";
    /// `POST`: publish again what is kept and still stands.
    pub const VAULT_REPUBLISH: &str = "/v1/vault/republish";
    /// `GET`: the record of lookups, page by page.
    pub const AUDIT: &str = "/v1/audit";
    /// `GET`, `POST`: the bearer tokens of this node.
    pub const TOKENS: &str = "/v1/tokens";
    /// `DELETE`: one bearer token, by its id.
    pub const TOKEN: &str = "/v1/tokens/{id}";
    /// `GET`, `POST`: what the operator vouches for, whatever others report.
    pub const ALLOW: &str = "/v1/allow";
    /// `GET`, `POST`: who is watched, and watching more.
    pub const WATCHES: &str = "/v1/watches";
    /// `DELETE`: one watch, by its number.
    pub const WATCH: &str = "/v1/watches/{id}";
    /// `GET`: what became known about whom is watched, page by page or as server-sent events.
    pub const ALERTS: &str = "/v1/alerts";
    /// `POST`: acknowledge one alert, by its number.
    pub const ALERT: &str = "/v1/alerts/{id}";
    /// `POST`: erase what is kept of one applicant.
    pub const ERASURES: &str = "/v1/erasures";
    /// `POST`: webhooks of applicant tracking systems. The signature is the credential.
    pub const HOOK: &str = "/v1/hooks/{vendor}";
    /// `GET`: the process is alive. Needs no token.
    pub const HEALTHZ: &str = "/healthz";
    /// `GET`: the node can answer checks. Needs no token.
    pub const READYZ: &str = "/readyz";
    /// `GET`: Prometheus (OpenMetrics) text. Needs no token.
    pub const METRICS: &str = "/metrics";
    /// `GET`: this API as OpenAPI 3.1. Needs no token.
    pub const OPENAPI: &str = "/v1/openapi.json";
}

/// The header that makes a repeated `POST /v1/statements` safe (draft-ietf-httpapi-idempotency-key-header).
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The media type of every error (RFC 9457, section 3).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// The media type of bulk checks, both ways.
pub const JSON_LINES: &str = "application/x-ndjson";

/// Identifiers in one check: an application names a few dozen at most; more belong to the bulk stream.
pub const CHECK_IDENTIFIERS_MAX: usize = 1_000;

/// Body bytes of one check: the most identifiers of ordinary length, with room for long addresses.
pub const CHECK_BODY_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of an identifier's value as written: the text of a resume of a hundred pages. Every other kind refuses more than
/// 2 KiB unread.
pub const VALUE_BYTES_MAX: usize = 256 * 1024;

/// Bytes of an applicant's reference and of a bulk line's id: an opaque name in the caller's system.
pub const REFERENCE_BYTES_MAX: usize = 256;

/// Body bytes of one application: a document of the largest size in base64, with room for everything else.
pub const APPLICATION_BODY_BYTES_MAX: usize = 24 * 1024 * 1024;

/// Files that come with one application: a resume in two formats, a letter, a portfolio, and as many again.
pub const APPLICATION_DOCUMENTS_MAX: usize = 8;

/// Names in one application: a person goes by a few.
pub const APPLICATION_NAMES_MAX: usize = 16;

/// Days for which a check can be watched: a year, after which the employer knows the person or must ask again.
pub const WATCH_DAYS_MAX: u16 = 365;

/// Days for which a watch is kept if nobody says for how long: half a year, in which most impostors show themselves.
pub const WATCH_DAYS_DEFAULT: u16 = 180;

/// Watches in one `POST /v1/watches`: what a client cuts its file into.
pub const WATCH_ROWS_MAX: usize = 1_000;

/// Body bytes of one `POST /v1/watches`.
pub const WATCHES_BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Watches, and alerts, on one page.
pub const WATCH_PAGE_MAX: usize = 1_000;

/// Bytes of one line of a bulk check: a resume of twenty pages; longer ones go to `/v1/check`. The number of lines has no
/// limit.
pub const BULK_LINE_BYTES_MAX: usize = 64 * 1024;

/// Identifiers on one line of a bulk check, so that one line costs no more than one check.
pub const BULK_LINE_IDENTIFIERS_MAX: usize = CHECK_IDENTIFIERS_MAX;

/// Rows in one `POST /v1/statements`: what a client cuts its file into.
pub const STATEMENT_ROWS_MAX: usize = 10_000;

/// Body bytes of one `POST /v1/statements`.
pub const STATEMENTS_BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Bytes of an idempotency key: a UUID is 36; this leaves room for a caller's own scheme.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 128;

/// Records on one page of the audit list.
pub const AUDIT_PAGE_MAX: usize = 1_000;

/// Reviews on one page of their list.
pub const REVIEW_PAGE_MAX: usize = 500;

/// Characters of the reason for a decision: a word or a stray key is no reason, and three words in most languages are more.
pub const DECISION_REASON_CHARS_MIN: usize = 10;

/// Bytes of the reason for a decision: a page of text.
pub const DECISION_REASON_BYTES_MAX: usize = 4 * 1024;

/// Entries in one change of the allow list.
pub const ALLOW_ROWS_MAX: usize = 10_000;

/// Bytes of a token's name.
pub const TOKEN_NAME_BYTES_MAX: usize = 64;

/// Days for which a token can be valid: ten years stand for "until it is revoked".
pub const TOKEN_DAYS_MAX: u32 = 3_653;

const _: () = assert!(BULK_LINE_BYTES_MAX <= CHECK_BODY_BYTES_MAX);
const _: () = assert!(2 * VALUE_BYTES_MAX < CHECK_BODY_BYTES_MAX);

#[cfg(test)]
mod tests;
