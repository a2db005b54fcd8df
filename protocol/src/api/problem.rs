//! Errors as data (RFC 9457).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong. `type` is stable and meant for programs; `title` and `detail` are for people.
///
/// No field ever repeats what the caller sent.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// A [`slug`] behind `urn:larum:problem:`.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "urn:larum:problem:bad-json")]
    pub kind: Cow<'static, str>,
    /// What this type of problem is called.
    #[schema(value_type = String)]
    pub title: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// What happened here, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Which rows were refused, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<RowProblem>,
}

impl Problem {
    /// What stands before the slug in `type`.
    pub const TYPE_PREFIX: &'static str = "urn:larum:problem:";

    /// The stable name of this problem, one of [`slug`]; the whole `type` if it is not one of ours.
    pub fn slug(&self) -> &str {
        self.kind.strip_prefix(Self::TYPE_PREFIX).unwrap_or(&self.kind)
    }
}

/// One row that was refused.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct RowProblem {
    /// The row's number, from 1.
    pub row: u64,
    /// Why.
    pub detail: String,
    /// The identifier with most of it hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked: Option<String>,
}

/// The stable names of problems. They are never renamed, only added to.
pub mod slug {
    /// 400: the body is not JSON, or not the JSON that this endpoint takes.
    pub const BAD_JSON: &str = "bad-json";
    /// 400: a query, a path or a header cannot be read.
    pub const BAD_REQUEST: &str = "bad-request";
    /// 401: no token, or one that is unknown, revoked or expired.
    pub const UNAUTHORIZED: &str = "unauthorized";
    /// 403: the token lacks the scope.
    pub const SCOPE: &str = "scope";
    /// 403: the `Origin` header names a web page that is not configured.
    pub const ORIGIN: &str = "origin";
    /// 404: no such endpoint, or nothing by that id.
    pub const NOT_FOUND: &str = "not-found";
    /// 405: the endpoint does not take this method.
    pub const METHOD: &str = "method";
    /// 408: the body took too long.
    pub const TIMEOUT: &str = "timeout";
    /// 409: the same idempotency key is being worked on right now.
    pub const IN_PROGRESS: &str = "in-progress";
    /// 409: the node's state does not allow it: not a member yet, say.
    pub const CONFLICT: &str = "conflict";
    /// 413: the body, a line or a list is larger than the limit.
    pub const TOO_LARGE: &str = "too-large";
    /// 415: the content type is not the one this endpoint takes.
    pub const MEDIA_TYPE: &str = "media-type";
    /// A webhook's signature is missing, wrong or stale.
    pub const HOOK_SIGNATURE: &str = "hook-signature";
    /// 421: the `Host` header does not name this node (protection from DNS rebinding).
    pub const HOST: &str = "host";
    /// 422: the JSON is well formed and says something that cannot be done.
    pub const INVALID: &str = "invalid";
    /// 422: rows were refused, so nothing was published.
    pub const ROWS_REFUSED: &str = "rows-refused";
    /// 422: the idempotency key was used for another body.
    pub const KEY_REUSED: &str = "key-reused";
    /// 429: the token asks too often.
    pub const RATE_LIMIT: &str = "rate-limit";
    /// 429: the member's or the policy's quota is used up.
    pub const QUOTA: &str = "quota";
    /// 500: a fault of the node; its log has the details.
    pub const INTERNAL: &str = "internal";
    /// 503: the node is overloaded, stopping, or not ready.
    pub const UNAVAILABLE: &str = "unavailable";
    /// 503: the audit record cannot be written, and nothing is looked up without one.
    pub const AUDIT_UNAVAILABLE: &str = "audit-unavailable";
    /// 507: the disk is full.
    pub const STORAGE: &str = "storage";
}
