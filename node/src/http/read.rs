//! What anybody with a token may read about the node: status, members, peers, logs.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use larum_protocol::api::{LogList, MemberList, PeerList, Problem, Scope, StatusAnswer, StewardsAnswer};

use super::{ApiError, App, body};

/// The node, its coverage, and what its operator should look at.
#[utoipa::path(
    get, path = "/v1/status", tag = "node", security(("token" = ["check"])),
    responses((status = 200, body = StatusAnswer), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn status(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    app.admit(&headers, Scope::Check)?;
    Ok(body::json(StatusCode::OK, &app.service.status().await?))
}

/// The members on the roster.
#[utoipa::path(
    get, path = "/v1/members", tag = "node", security(("token" = ["check"])),
    responses((status = 200, body = MemberList), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn members(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    app.admit(&headers, Scope::Check)?;
    Ok(body::json(StatusCode::OK, &app.service.members().await?))
}

/// The peers, connected or not.
#[utoipa::path(
    get, path = "/v1/peers", tag = "node", security(("token" = ["check"])),
    responses((status = 200, body = PeerList), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn peers(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    app.admit(&headers, Scope::Check)?;
    Ok(body::json(StatusCode::OK, &app.service.peers().await?))
}

/// Who holds the keys of split custody, and how far a ceremony has got.
#[utoipa::path(
    get, path = "/v1/stewards", tag = "node", security(("token" = ["check"])),
    responses((status = 200, body = StewardsAnswer), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn stewards(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    app.admit(&headers, Scope::Check)?;
    Ok(body::json(StatusCode::OK, &app.service.stewards().await?))
}

/// Every log and its head.
#[utoipa::path(
    get, path = "/v1/logs", tag = "node", security(("token" = ["check"])),
    responses((status = 200, body = LogList), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn logs(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    app.admit(&headers, Scope::Check)?;
    Ok(body::json(StatusCode::OK, &app.service.logs().await?))
}
