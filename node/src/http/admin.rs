//! What the operator does: tokens, the allow list, and reading the record of lookups.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use larum_protocol::api::{
    ALLOW_ROWS_MAX, AllowAnswer, AllowList, AllowRequest, AuditPage, AuditQuery, CHECK_BODY_BYTES_MAX,
    CHECK_IDENTIFIERS_MAX, NewToken, Problem, REFERENCE_BYTES_MAX, STATEMENTS_BODY_BYTES_MAX, Scope, TagsAnswer,
    TagsRequest, TokenList, TokenRequest, VALUE_BYTES_MAX, slug,
};

use super::{ApiError, App, auth::unix_seconds, body, statements::blocking};
use crate::audit;

/// Records on a page of the audit list if the caller names no number.
const AUDIT_PAGE_DEFAULT: usize = 100;

/// The record of lookups, page by page.
#[utoipa::path(
    get, path = "/v1/audit", tag = "admin", params(AuditQuery), security(("token" = ["admin"])),
    responses((status = 200, body = AuditPage), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn audit(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    app.admit(&headers, Scope::Admin)?;
    let query = query.map_err(|_| ApiError::bad_request("the query takes `from` and `limit`, both whole numbers"))?;
    let (from, limit) = (query.from.unwrap_or(1), query.limit.unwrap_or(AUDIT_PAGE_DEFAULT));
    let page = blocking(move || audit::page(&app.config.audit_dir, from, limit).map_err(ApiError::from)).await?;
    Ok(body::json(StatusCode::OK, &page))
}

/// The tokens that are valid, without the tokens themselves.
#[utoipa::path(
    get, path = "/v1/tokens", tag = "admin", security(("token" = ["admin"])),
    responses((status = 200, body = TokenList), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn tokens(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    app.admit(&headers, Scope::Admin)?;
    Ok(body::json(StatusCode::OK, &TokenList { tokens: app.tokens.list() }))
}

/// Makes a token, and shows it this once.
#[utoipa::path(
    post, path = "/v1/tokens", tag = "admin", request_body = TokenRequest, security(("token" = ["admin"])),
    responses((status = 201, body = NewToken), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn create_token(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    app.admit(&parts.headers, Scope::Admin)?;
    let bytes = app.read_json(&parts.headers, body, CHECK_BODY_BYTES_MAX).await?;
    let request: TokenRequest = body::parse(&bytes)?;
    let token = blocking(move || Ok(app.tokens.create(&request, unix_seconds())?)).await?;
    Ok(body::json(StatusCode::CREATED, &token))
}

/// Revokes a token at once.
#[utoipa::path(
    delete, path = "/v1/tokens/{id}", tag = "admin", params(("id" = String, Path, description = "The token's id")),
    security(("token" = ["admin"])),
    responses((status = 204), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn revoke_token(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    app.admit(&headers, Scope::Admin)?;
    if blocking(move || Ok(app.tokens.revoke(&id)?)).await? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(ApiError::new(StatusCode::NOT_FOUND, slug::NOT_FOUND, "there is no token with this id"))
}

/// What would leave this node of some identifiers: with the stewards' help where custody is split.
#[utoipa::path(
    post, path = "/v1/tags", tag = "admin", request_body = TagsRequest, security(("token" = ["admin"])),
    responses((status = 200, body = TagsAnswer), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn tags(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    app.admit(&parts.headers, Scope::Admin)?;
    let bytes = app.read_json(&parts.headers, body, CHECK_BODY_BYTES_MAX).await?;
    let request: TagsRequest = body::parse(&bytes)?;
    if request.identifiers.is_empty() || request.identifiers.len() > CHECK_IDENTIFIERS_MAX {
        return Err(ApiError::invalid(format!("`identifiers` has 1 to {CHECK_IDENTIFIERS_MAX} entries")));
    }
    Ok(body::json(StatusCode::OK, &app.service.tags(request).await?))
}

/// What the operator vouches for, masked.
#[utoipa::path(
    get, path = "/v1/allow", tag = "admin", security(("token" = ["admin"])),
    responses((status = 200, body = AllowList), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn allow_list(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    app.admit(&headers, Scope::Admin)?;
    Ok(body::json(StatusCode::OK, &app.service.allow_list().await?))
}

/// Vouches for identifiers, or no longer.
#[utoipa::path(
    post, path = "/v1/allow", tag = "admin", request_body = AllowRequest, security(("token" = ["admin"])),
    responses((status = 200, body = AllowAnswer), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn allow(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let caller = app.admit(&parts.headers, Scope::Admin)?;
    let place = app.publications.try_acquire();
    let _place = place.map_err(|_| ApiError::busy("too many changes at once"))?;
    let bytes = app.read_json(&parts.headers, body, STATEMENTS_BODY_BYTES_MAX).await?;
    let request: AllowRequest = body::parse(&bytes)?;
    if request.identifiers.is_empty() || request.identifiers.len() > ALLOW_ROWS_MAX {
        return Err(ApiError::invalid(format!("`identifiers` has 1 to {ALLOW_ROWS_MAX} entries")));
    }
    let long = request.identifiers.iter().any(|identifier| identifier.value.len() > VALUE_BYTES_MAX);
    if long || request.note.as_ref().is_some_and(|note| note.len() > REFERENCE_BYTES_MAX) {
        return Err(ApiError::invalid("a value or the note is too long"));
    }
    Ok(body::json(StatusCode::OK, &app.service.allow(request, caller).await?))
}
