//! Who asks: the bearer token (RFC 6750), its scope and its rate.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::{HeaderMap, StatusCode, header};
use larum_protocol::api::{Scope, slug};

use super::{ApiError, App};
use crate::tokens::Caller;

impl App {
    /// The caller behind a request's token, if it may do this now.
    pub(super) fn admit(&self, headers: &HeaderMap, scope: Scope) -> Result<Caller, ApiError> {
        let token = bearer(headers).ok_or_else(|| {
            ApiError::new(
                StatusCode::UNAUTHORIZED,
                slug::UNAUTHORIZED,
                "send a token: `Authorization: Bearer larum_...`",
            )
        })?;
        self.admit_token(token, scope)
    }

    /// The same for a token that did not come in a header.
    pub(super) fn admit_token(&self, token: &str, scope: Scope) -> Result<Caller, ApiError> {
        let caller = self.tokens.accept(token, scope, unix_seconds())?;
        caller.take(self.tokens.now_ns(), self.limits().rate).map_err(|wait_ns| {
            let detail = "this token asks too often; use /v1/check/bulk for many identifiers";
            let seconds = wait_ns.div_ceil(1_000_000_000);
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, slug::RATE_LIMIT, detail).retry_after(seconds)
        })?;
        Ok(caller)
    }
}

/// Seconds since 1970.
pub(super) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim_start())
}
