//! Who is watched.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use larum_protocol::{
    api::{
        NewWatch, Problem, REFERENCE_BYTES_MAX, Scope, Verdict, WATCH_DAYS_MAX, WATCH_PAGE_MAX, WATCH_ROWS_MAX,
        WATCHES_BODY_BYTES_MAX, WatchPage, WatchQuery, WatchRequest, WatchesAnswer,
    },
    receipt::Transcript,
};

use super::{ApiError, App, ServiceError, body, check};
use crate::{
    audit::{Event, Lookup, Tally},
    service::{Added, Watching},
    tokens::Caller,
};

/// Watches, and alerts, on a page if the caller names no number.
pub(super) const PAGE_DEFAULT: usize = 100;

impl App {
    /// What knows about watches and alerts.
    pub(super) fn watching(&self) -> Result<&Watching, ApiError> {
        let watching = self.watching.get();
        watching.map(AsRef::as_ref).ok_or_else(|| ApiError::busy("watches are not open yet"))
    }
}

/// Watches people from now on: this employer's staff and contractors, say. They are looked up at once, which is on record.
#[utoipa::path(
    post, path = "/v1/watches", tag = "watches", request_body = WatchRequest, security(("token" = ["check"])),
    responses((status = 200, body = WatchesAnswer), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn add(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let caller = app.admit(&parts.headers, Scope::Check)?;
    let place = Arc::clone(&app.bulk_streams).try_acquire_owned();
    let place = place.map_err(|_| ApiError::busy("too many files of watches and bulk streams at once"))?;
    let bytes = app.read_json(&parts.headers, body, WATCHES_BODY_BYTES_MAX).await?;
    let request: WatchRequest = body::parse(&bytes)?;
    validate(&request)?;
    // A task of its own: a caller who hangs up must not leave a lookup on record whose watches are not kept.
    let work = tokio::spawn(async move {
        let _place = place;
        app.watch(&caller, &bytes, request.watches).await
    });
    work.await.map_err(|error| ServiceError::Internal(error.to_string()))?
}

impl App {
    /// Looks people up, puts that on record, and then watches them.
    async fn watch(&self, caller: &Caller, asked: &[u8], wanted: Vec<NewWatch>) -> Result<Response, ApiError> {
        let Added { answer, lines, coverage, keeping } = self.watching()?.add(wanted).await?;
        let json = serde_json::to_vec(&answer).map_err(|error| ServiceError::Internal(error.to_string()))?;
        let mut tallies = Vec::new();
        for checked in lines.iter().flatten() {
            Tally::add(&mut tallies, &checked.result.kind, checked.result.verdict);
            self.metrics.looked_up(checked.result.verdict, 1);
        }
        let lookup = Lookup {
            event: Event::Bulk,
            token: Arc::clone(caller.id()),
            verdict: answer.rows.iter().filter_map(|row| row.verdict).max().unwrap_or(Verdict::Unknown),
            tallies,
            lines: lines.len() as u64,
            coverage: check::summary(&coverage)?,
            transcript: Transcript::of(asked, &json),
        };
        self.recorder.record(lookup).await?;
        if let Some(keeping) = keeping {
            keeping.keep().await.map_err(check::not_kept)?;
        }
        Ok(body::json_bytes(StatusCode::OK, json))
    }
}

/// Who is watched, page by page.
#[utoipa::path(
    get, path = "/v1/watches", tag = "watches", params(WatchQuery), security(("token" = ["check"])),
    responses((status = 200, body = WatchPage), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    query: Result<Query<WatchQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    app.admit(&headers, Scope::Check)?;
    let query = query.map_err(|_| ApiError::bad_request("the query takes `after` and `limit`, both whole numbers"))?;
    let page = app.watching()?.page(query.after.unwrap_or(0), limit(query.limit)?);
    Ok(body::json(StatusCode::OK, &page))
}

/// Ends a watch, and closes its alerts.
#[utoipa::path(
    delete, path = "/v1/watches/{id}", tag = "watches", params(("id" = u64, Path, description = "The watch's number")),
    security(("token" = ["check"])),
    responses((status = 204), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    app.admit(&headers, Scope::Check)?;
    app.watching()?.remove(number(&id, "there is no watch with this number")?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// How many a page holds.
pub(super) fn limit(asked: Option<usize>) -> Result<usize, ApiError> {
    let limit = asked.unwrap_or(PAGE_DEFAULT);
    let is_sound = (1..=WATCH_PAGE_MAX).contains(&limit);
    is_sound.then_some(limit).ok_or_else(|| ApiError::invalid(format!("`limit` is 1 to {WATCH_PAGE_MAX}")))
}

/// The number in a path; anything else names nothing.
pub(super) fn number(text: &str, none: &'static str) -> Result<u64, ApiError> {
    text.parse().map_err(|_| ServiceError::NotFound(none.to_owned()).into())
}

fn validate(request: &WatchRequest) -> Result<(), ApiError> {
    if request.watches.is_empty() || request.watches.len() > WATCH_ROWS_MAX {
        return Err(ApiError::invalid(format!("`watches` has 1 to {WATCH_ROWS_MAX} entries")));
    }
    for (row, watch) in (1..).zip(&request.watches) {
        let wrong = |what: String| ApiError::invalid(format!("watch {row}: {what}"));
        if watch.reference.len() > REFERENCE_BYTES_MAX {
            return Err(wrong(format!("`reference` is longer than {REFERENCE_BYTES_MAX} bytes")));
        }
        if watch.days.is_some_and(|days| !(1..=WATCH_DAYS_MAX).contains(&days)) {
            return Err(wrong(format!("`days` is 1 to {WATCH_DAYS_MAX}")));
        }
        check::bounded(&watch.identifiers).map_err(wrong)?;
    }
    Ok(())
}
