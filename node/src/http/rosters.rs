//! Rosters: governors' tools read the chain and hand in a new version.

use std::sync::Arc;

use axum::{
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use larum_protocol::{
    api::{Problem, RosterAnswer, RosterList, RosterOffer, RosterQuery, Scope},
    roster::SIGNED_ROSTER_BYTES_MAX,
};

use super::{ApiError, App, body};

/// Body bytes of an offered roster: base64 takes four bytes for three, and the JSON around it a few more.
const OFFER_BYTES_MAX: usize = SIGNED_ROSTER_BYTES_MAX / 3 * 4 + 1_024;

/// The signed rosters since a version, to check the chain from genesis.
#[utoipa::path(
    get, path = "/v1/rosters", tag = "node", params(RosterQuery), security(("token" = ["check"])),
    responses((status = 200, body = RosterList), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn rosters(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    query: Result<Query<RosterQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    app.admit(&headers, Scope::Check)?;
    let query = query.map_err(|_| ApiError::bad_request("the query takes `from`, a whole number"))?;
    Ok(body::json(StatusCode::OK, &app.service.rosters(query.from.unwrap_or(0)).await?))
}

/// Hands in a roster that enough governors have signed; it spreads to every node.
#[utoipa::path(
    post, path = "/v1/rosters", tag = "admin", request_body = RosterOffer, security(("token" = ["admin"])),
    responses((status = 200, body = RosterAnswer), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn offer(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    app.admit(&parts.headers, Scope::Admin)?;
    let place = app.publications.try_acquire();
    let _place = place.map_err(|_| ApiError::busy("too many changes at once"))?;
    let bytes = app.read_json(&parts.headers, body, OFFER_BYTES_MAX).await?;
    let offer: RosterOffer = body::parse(&bytes)?;
    Ok(body::json(StatusCode::OK, &app.service.offer_roster(offer).await?))
}
