//! What machines ask without a token: whether the process lives, whether it can answer, and its counters.
//!
//! None of it says anything about an identifier, an applicant or a caller. Counters name members as the roster does: whoever
//! reaches the API may know who is in the consortium, so the operator's guide has proxies not forward `/metrics`.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use larum_protocol::api::Health;

use super::{App, body};
use crate::metrics::OPENMETRICS;

/// The process is alive.
#[utoipa::path(get, path = "/healthz", tag = "probe", responses((status = 200, body = Health)))]
pub(super) async fn healthz() -> Response {
    body::json(StatusCode::OK, &Health { status: "ok".to_owned(), reason: None })
}

/// The node can answer checks.
#[utoipa::path(
    get, path = "/readyz", tag = "probe",
    responses((status = 200, body = Health), (status = 503, body = Health)),
)]
pub(super) async fn readyz(State(app): State<Arc<App>>) -> Response {
    match app.service.ready().await {
        Ok(()) => body::json(StatusCode::OK, &Health { status: "ok".to_owned(), reason: None }),
        Err(error) => {
            let health = Health { status: "unavailable".to_owned(), reason: Some(error.to_string()) };
            body::json(StatusCode::SERVICE_UNAVAILABLE, &health)
        }
    }
}

/// Every counter.
#[utoipa::path(
    get, path = "/metrics", tag = "probe",
    responses((status = 200, body = String, content_type = "application/openmetrics-text")),
)]
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    app.service.refresh_metrics();
    app.metrics.audit_queue.set(i64::try_from(app.recorder.depth()).unwrap_or(i64::MAX));
    let mut response = Response::new(Body::from(app.metrics.text()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(OPENMETRICS));
    response
}
