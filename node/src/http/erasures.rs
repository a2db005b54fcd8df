//! `POST /v1/erasures`: a person erases an applicant.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use larum_protocol::api::{CHECK_BODY_BYTES_MAX, ErasureAnswer, ErasureRequest, Problem, REFERENCE_BYTES_MAX, Scope};

use super::{ApiError, App, ServiceError, body};
use crate::service::Applicants;

/// Bytes of a source: an applicant tracking system's name.
const SOURCE_BYTES_MAX: usize = 64;

impl App {
    /// What keeps something of applicants.
    pub(super) fn applicants(&self) -> Result<&Arc<Applicants>, ApiError> {
        self.applicants.get().ok_or_else(|| ApiError::busy("what is kept of applicants is not open yet"))
    }
}

/// Erases what this node keeps of an applicant: watches, alerts, reviews, and callbacks and deliveries that wait. What was
/// published and the record of lookups hold no reference and stay. Nobody is told.
#[utoipa::path(
    post, path = "/v1/erasures", tag = "reviews", request_body = ErasureRequest, security(("token" = ["admin"])),
    responses((status = 200, body = ErasureAnswer), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn erase(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    app.admit(&parts.headers, Scope::Admin)?;
    let bytes = app.read_json(&parts.headers, body, CHECK_BODY_BYTES_MAX).await?;
    let request: ErasureRequest = body::parse(&bytes)?;
    let is_named = |name: &str, most| (1..=most).contains(&name.len());
    if !is_named(&request.reference, REFERENCE_BYTES_MAX) {
        return Err(ApiError::invalid(format!("`reference` has 1 to {REFERENCE_BYTES_MAX} bytes")));
    }
    if request.source.as_deref().is_some_and(|source| !is_named(source, SOURCE_BYTES_MAX)) {
        return Err(ApiError::invalid(format!("`source` has 1 to {SOURCE_BYTES_MAX} bytes; leave it out for none")));
    }
    let applicants = Arc::clone(app.applicants()?);
    // A task of its own: a caller who hangs up must not leave an applicant half erased.
    let erased = tokio::spawn(async move { applicants.erase(&request).await }).await;
    let erased = erased.map_err(|error| ServiceError::Internal(error.to_string()))??;
    Ok(body::json(StatusCode::OK, &erased))
}
