//! `POST /v1/check/bulk`: JSON lines in, JSON lines out, both streamed.
//!
//! The answer's stream is pulled by the connection as its reader takes bytes, and pulls the request's lines in turn,
//! one bounded group at a time. So a reader that stops reading stops the reading of its own request, and a stream of
//! any length takes the memory of one group.
//!
//! Invariant: the record gets an entry when a stream opens and one when it ends, however it ends; the place for the
//! second is reserved before the first line is looked up. A reader that takes nothing for too long loses its connection
//! (`stalled.rs`), and with it the stream its place.

mod lines;
mod stream;

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, header},
    response::Response,
};
use futures::stream::unfold;
use larum_protocol::api::{BulkLine, BulkRow, JSON_LINES, Problem, Scope};

use self::stream::BulkStream;
use super::{ApiError, App, body};

/// Lines that are looked up at once: enough to hide the memory's latency, few enough to answer early.
const GROUP_LINES: usize = 256;

/// Looks lines up as they come, and answers each in its place; the last line is a `BulkSummary` with the receipt.
#[utoipa::path(
    post, path = "/v1/check/bulk", tag = "check", security(("token" = ["check"])),
    request_body(content = BulkLine, content_type = "application/x-ndjson"),
    responses(
        (status = 200, body = BulkRow, content_type = "application/x-ndjson"),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn check_bulk(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let caller = app.admit(&parts.headers, Scope::Check)?;
    body::content_type(&parts.headers, &[JSON_LINES, "application/jsonl"])?;
    let place = Arc::clone(&app.bulk_streams).try_acquire_owned();
    let place = place.map_err(|_| ApiError::busy("too many bulk streams at once"))?;
    let stream = BulkStream::open(app, caller, body, place).await?;
    let mut response = Response::new(Body::from_stream(unfold(stream, BulkStream::next)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON_LINES));
    Ok(response)
}
