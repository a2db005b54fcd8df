//! `POST /v1/check`.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use larum_protocol::{
    api::{
        CHECK_BODY_BYTES_MAX, CHECK_IDENTIFIERS_MAX, CheckAnswer, CheckRequest, CoverageInfo, Identifier, Problem,
        REFERENCE_BYTES_MAX, Scope, VALUE_BYTES_MAX, WATCH_DAYS_MAX,
    },
    receipt::{CoverageSummary, RECEIPT_MEMBER, Transcript},
};

use super::{ApiError, App, ServiceError, body};
use crate::{
    audit::{Event, Lookup, Tally},
    tokens::Caller,
    watches::WatchError,
};

/// Looks identifiers up.
#[utoipa::path(
    post, path = "/v1/check", tag = "check", request_body = CheckRequest, security(("token" = ["check"])),
    responses((status = 200, body = CheckAnswer), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn check(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let caller = app.admit(&parts.headers, Scope::Check)?;
    let asked = app.read_json(&parts.headers, body, CHECK_BODY_BYTES_MAX).await?;
    let request: CheckRequest = body::parse(&asked)?;
    validate(&request)?;
    let days = match request.watch_days {
        Some(days @ 1..) => days,
        _ => {
            let answer = app.service.check(request, caller.clone()).await?;
            return app.answer(&caller, &asked, &answer).await;
        }
    };
    let (answer, keeping) = app.watching()?.check(request, days).await?;
    // A task of its own: a caller who hangs up must not leave a check on record whose watch is not kept.
    let work = tokio::spawn(async move {
        let response = app.answer(&caller, &asked, &answer).await?;
        if let Some(keeping) = keeping {
            keeping.keep().await.map_err(not_kept)?;
        }
        Ok(response)
    });
    work.await.map_err(|error| ServiceError::Internal(error.to_string()))?
}

impl App {
    /// Puts a lookup on record and lets its answer go, with the receipt as its last member.
    async fn answer(&self, caller: &Caller, asked: &[u8], answer: &CheckAnswer) -> Result<Response, ApiError> {
        debug_assert!(answer.receipt.is_none(), "the receipt is made here");
        let mut json = Vec::with_capacity(1_024);
        serde_json::to_writer(&mut json, answer).map_err(|error| ServiceError::Internal(error.to_string()))?;
        let mut tallies = Vec::with_capacity(4);
        for result in &answer.results {
            Tally::add(&mut tallies, &result.kind, result.verdict);
            self.metrics.looked_up(result.verdict, 1);
        }
        let receipt = self.recorder.record(Lookup {
            event: Event::Check,
            token: Arc::clone(caller.id()),
            verdict: answer.verdict,
            tallies,
            lines: 0,
            coverage: summary(&answer.coverage)?,
            transcript: Transcript::of(asked, &json),
        });
        let receipt = receipt.await?;
        json.pop();
        json.extend_from_slice(RECEIPT_MEMBER.as_bytes());
        json.extend_from_slice(receipt.as_bytes());
        json.extend_from_slice(b"\"}");
        Ok(body::json_bytes(StatusCode::OK, json))
    }
}

/// What was looked up is on record, and not watched.
pub(super) fn not_kept(error: WatchError) -> ServiceError {
    let why = format!("it was looked up, which is on record, but nothing is watched: {error}");
    match ServiceError::from(error) {
        ServiceError::Storage(_) => ServiceError::Storage(why),
        _ => ServiceError::Unavailable(why),
    }
}

/// Coverage as receipts carry it.
pub(super) fn summary(coverage: &CoverageInfo) -> Result<CoverageSummary, ApiError> {
    let summary = CoverageSummary::try_from(coverage);
    summary.map_err(|_| ServiceError::Internal("the coverage's heads are no digest".to_owned()).into())
}

fn validate(request: &CheckRequest) -> Result<(), ApiError> {
    let invalid = |detail: String| Err(ApiError::invalid(detail));
    if request.reference.as_ref().is_some_and(|reference| reference.len() > REFERENCE_BYTES_MAX) {
        return invalid(format!("`reference` is longer than {REFERENCE_BYTES_MAX} bytes"));
    }
    if request.watch_days.is_some_and(|days| days > WATCH_DAYS_MAX) {
        return invalid(format!("`watch_days` is more than {WATCH_DAYS_MAX}"));
    }
    bounded(&request.identifiers).map_err(ApiError::invalid)
}

/// Refuses no identifiers, too many, and values that are too long.
pub(super) fn bounded(identifiers: &[Identifier]) -> Result<(), String> {
    if identifiers.is_empty() {
        return Err("`identifiers` is empty: there is nothing to look up".to_owned());
    }
    if identifiers.len() > CHECK_IDENTIFIERS_MAX {
        return Err(format!("more than {CHECK_IDENTIFIERS_MAX} identifiers; use /v1/check/bulk"));
    }
    let long = |identifier: &Identifier| {
        let hints = [&identifier.region, &identifier.asset];
        identifier.value.len() > VALUE_BYTES_MAX
            || identifier.kind.len() > REFERENCE_BYTES_MAX
            || hints.into_iter().flatten().any(|hint| hint.len() > REFERENCE_BYTES_MAX)
    };
    match identifiers.iter().position(long) {
        None => Ok(()),
        Some(at) => Err(format!("identifier {} is longer than {VALUE_BYTES_MAX} bytes", at + 1)),
    }
}
