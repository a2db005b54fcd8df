//! `POST /v1/statements`.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use larum_protocol::api::{
    Problem, REFERENCE_BYTES_MAX, STATEMENT_ROWS_MAX, STATEMENTS_BODY_BYTES_MAX, Scope, StatementRow, StatementsAnswer,
    StatementsRequest, VALUE_BYTES_MAX,
};

use super::{
    ApiError, App, ServiceError, body,
    idempotency::{self, Begun},
};
use crate::tokens::Caller;

/// Publishes, withdraws and disputes.
#[utoipa::path(
    post, path = "/v1/statements", tag = "statements", request_body = StatementsRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat safe", min_length = 1, max_length = 128, pattern = "^[!-~]+$")),
    security(("token" = ["publish"])),
    responses(
        (status = 200, body = StatementsAnswer),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn statements(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let caller = app.admit(&parts.headers, Scope::Publish)?;
    let place = app.place()?;
    let key = idempotency::key(&parts.headers)?.map(str::to_owned);
    let bytes = app.read_json(&parts.headers, body, STATEMENTS_BODY_BYTES_MAX).await?;
    // A task of its own: a caller who hangs up must not leave a publication half done.
    let publishing = publish(Arc::clone(&app), caller, key, bytes);
    let work = tokio::spawn(async move {
        let _place = place;
        publishing.await
    });
    let answer = work.await.map_err(|error| ServiceError::Internal(error.to_string()))??;
    Ok(body::json_bytes(StatusCode::OK, answer))
}

async fn publish(app: Arc<App>, caller: Caller, key: Option<String>, bytes: Bytes) -> Result<Vec<u8>, ApiError> {
    let request: StatementsRequest = body::parse(&bytes)?;
    validate(&request)?;
    let asked = (Arc::clone(&app), caller.clone());
    let begin = move || asked.0.idempotency.begin(key.as_deref(), &asked.1, &bytes);
    let ticket = match blocking(begin).await? {
        Begun::Replay(answer) => return Ok(answer),
        Begun::Work(ticket) => ticket,
    };
    let mut answer = app.state(request, &caller).await?;
    let Some(ticket) = ticket else {
        return Ok(to_json(&answer));
    };
    for row in &mut answer.rows {
        // What is remembered stays on disk, so it holds no part of an identifier; and a repeat is answered alike.
        row.masked = None;
    }
    let json = to_json(&answer);
    blocking(move || ticket.finish(&json).map(|()| json).map_err(ApiError::from)).await
}

fn to_json(answer: &StatementsAnswer) -> Vec<u8> {
    serde_json::to_vec(answer).expect("answers are plain data")
}

/// Runs what blocks on a store beside the async workers.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| ServiceError::Internal(error.to_string()))?
}

fn validate(request: &StatementsRequest) -> Result<(), ApiError> {
    if request.statements.is_empty() {
        return Err(ApiError::invalid("`statements` is empty: there is nothing to state"));
    }
    if request.statements.len() > STATEMENT_ROWS_MAX {
        let detail = format!("more than {STATEMENT_ROWS_MAX} rows; send them in several requests");
        return Err(ApiError::too_large(detail));
    }
    match request.statements.iter().position(too_long) {
        Some(at) => Err(ApiError::invalid(format!("row {} has a field that is too long", at + 1))),
        None => Ok(()),
    }
}

/// Whether a field is longer than any may be.
pub(super) fn too_long(row: &StatementRow) -> bool {
    let words = [&row.region, &row.asset, &row.role, &row.reason, &row.evidence];
    let more = [&row.observed, &row.expires, &row.origin, &row.re];
    let long = |word: &String| word.len() > REFERENCE_BYTES_MAX;
    row.value.len() > VALUE_BYTES_MAX || long(&row.kind) || words.into_iter().chain(more).flatten().any(long)
}
