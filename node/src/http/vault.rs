//! What this node published and keeps, sealed.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use larum_protocol::api::{Problem, RepublishAnswer, Scope, VaultAnswer};

use super::{ApiError, App, ServiceError, body};

/// How much is kept.
#[utoipa::path(
    get, path = "/v1/vault", tag = "admin", security(("token" = ["publish"])),
    responses((status = 200, body = VaultAnswer), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn vault(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    app.admit(&headers, Scope::Publish)?;
    Ok(body::json(StatusCode::OK, &app.service.vault().await?))
}

/// Publishes again what is kept and still stands, under the newest salt or key.
#[utoipa::path(
    post, path = "/v1/vault/republish", tag = "admin", security(("token" = ["publish"])),
    responses((status = 200, body = RepublishAnswer), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn republish(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    app.admit(&headers, Scope::Publish)?;
    // A task of its own: a caller who hangs up must not leave it half done.
    let work = tokio::spawn(async move {
        let place = app.publications.try_acquire();
        let _place = place.map_err(|_| ApiError::busy("too many publications at once"))?;
        app.service.republish().await.map_err(ApiError::from)
    });
    let answer = work.await.map_err(|error| ServiceError::Internal(error.to_string()))??;
    Ok(body::json(StatusCode::OK, &answer))
}
