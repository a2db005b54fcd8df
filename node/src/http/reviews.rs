//! Reviews: what waits for a person, what matched if that person asks, and what is decided.

use std::sync::Arc;

use axum::{
    extract::{
        Path, Query, Request, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode},
    response::Response,
};
use larum_protocol::api::{
    CHECK_BODY_BYTES_MAX, DecisionRequest, DisputeRequest, Problem, ReopenRequest, Review, ReviewIdentifiers,
    ReviewList, ReviewQuery, Scope,
};
use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;

use super::{ApiError, App, ServiceError, body};
use crate::{
    reviews::{Reviewer, Reviews},
    tokens::{Caller, Refused},
};

/// What waits for a person, and what people decided.
#[utoipa::path(
    get, path = "/v1/reviews", tag = "reviews", params(ReviewQuery), security(("token" = ["check"])),
    responses((status = 200, body = ReviewList), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn reviews(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    query: Result<Query<ReviewQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    app.admit(&headers, Scope::Check)?;
    let query = query.map_err(|_| ApiError::bad_request("the query takes `state`, `after` and `limit`"))?;
    Ok(body::json(StatusCode::OK, &app.reviews()?.list(query.0)))
}

/// One review.
#[utoipa::path(
    get, path = "/v1/reviews/{id}", tag = "reviews", params(("id" = u64, Path, description = "The review's number")),
    security(("token" = ["check"])),
    responses((status = 200, body = Review), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn review(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Response, ApiError> {
    let caller = app.admit(&headers, Scope::Check)?;
    Ok(body::json(StatusCode::OK, &app.read_review(number(id)?, &caller).await?))
}

/// What matched in a review, in clear, as long as it is kept; that this token asked is in the node's log.
#[utoipa::path(
    post, path = "/v1/reviews/{id}/identifiers", tag = "reviews",
    params(("id" = u64, Path, description = "The review's number")), security(("token" = ["check"])),
    responses((status = 200, body = ReviewIdentifiers), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn identifiers(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Response, ApiError> {
    let caller = app.admit(&headers, Scope::Check)?;
    let review = number(id)?;
    let identifiers = app.reviews()?.disclose(review, reviewer(&caller)).map_err(ServiceError::from)?;
    Ok(body::json(StatusCode::OK, &ReviewIdentifiers { review, identifiers }))
}

/// What a person decides about a review; `dispute` also disputes the reports, which takes the scope `publish`.
#[utoipa::path(
    post, path = "/v1/reviews/{id}/decision", tag = "reviews", request_body = DecisionRequest,
    params(("id" = u64, Path, description = "The review's number")), security(("token" = ["check"])),
    responses((status = 200, body = Review), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    id: Result<Path<u64>, PathRejection>,
    request: Request,
) -> Result<Response, ApiError> {
    let (id, caller, request) = app.asked::<DecisionRequest>(id, request).await?;
    let review = app.decide(id, request, caller).await?;
    Ok(body::json(StatusCode::OK, &review))
}

/// Has a review that was decided wait for a decision again. What was disputed stays so until it is withdrawn.
#[utoipa::path(
    post, path = "/v1/reviews/{id}/reopen", tag = "reviews", request_body = ReopenRequest,
    params(("id" = u64, Path, description = "The review's number")), security(("token" = ["check"])),
    responses((status = 200, body = Review), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn reopen(
    State(app): State<Arc<App>>,
    id: Result<Path<u64>, PathRejection>,
    request: Request,
) -> Result<Response, ApiError> {
    let (id, caller, request) = app.asked::<ReopenRequest>(id, request).await?;
    let reopened = app.reopen(id, request, caller).await?;
    Ok(body::json(StatusCode::OK, &reopened))
}

/// Disputes the reports of a review that was decided as a false match or a victim without that: for a colleague whose token
/// has the scope `publish`.
#[utoipa::path(
    post, path = "/v1/reviews/{id}/dispute", tag = "reviews", request_body = DisputeRequest,
    params(("id" = u64, Path, description = "The review's number")), security(("token" = ["check", "publish"])),
    responses((status = 200, body = Review), (status = "default", body = Problem, content_type = "application/problem+json")),
)]
pub(super) async fn dispute(
    State(app): State<Arc<App>>,
    id: Result<Path<u64>, PathRejection>,
    request: Request,
) -> Result<Response, ApiError> {
    let (id, caller, request) = app.asked::<DisputeRequest>(id, request).await?;
    let review = app.dispute(id, request, caller).await?;
    Ok(body::json(StatusCode::OK, &review))
}

impl App {
    /// The reviews, if this server has any.
    pub(super) fn reviews(&self) -> Result<&Reviews, ApiError> {
        let none = || ServiceError::NotFound("this server keeps no reviews".to_owned());
        self.applications.reviews().ok_or_else(|| none().into())
    }

    /// Which review somebody wants to change, who that is, and how.
    async fn asked<T: DeserializeOwned>(
        &self,
        id: Result<Path<u64>, PathRejection>,
        request: Request,
    ) -> Result<(u64, Caller, T), ApiError> {
        let (parts, body) = request.into_parts();
        let caller = self.admit(&parts.headers, Scope::Check)?;
        let id = number(id)?;
        let asked = self.read_json(&parts.headers, body, CHECK_BODY_BYTES_MAX).await?;
        Ok((id, caller, body::parse(&asked)?))
    }

    /// Keeps a decision, and disputes first if that is asked for.
    pub(super) async fn decide(
        self: &Arc<Self>,
        id: u64,
        request: DecisionRequest,
        caller: Caller,
    ) -> Result<Review, ApiError> {
        if request.dispute {
            may_dispute(&caller)?;
        }
        // A task of its own: a caller who hangs up must not leave a dispute without its decision.
        let app = Arc::clone(self);
        let work = tokio::spawn(async move {
            let _place = if request.dispute { Some(app.place()?) } else { None };
            Ok(app.reviews()?.decide(id, &request, reviewer(&caller)).await.map_err(ServiceError::from)?)
        });
        work.await.map_err(|error| ServiceError::Internal(error.to_string()))?
    }

    /// Has a review wait again.
    pub(super) async fn reopen(
        self: &Arc<Self>,
        id: u64,
        request: ReopenRequest,
        caller: Caller,
    ) -> Result<Review, ApiError> {
        // A task of its own: a caller who hangs up must not leave the disk and the memory apart.
        let app = Arc::clone(self);
        let work = tokio::spawn(async move {
            Ok(app.reviews()?.reopen(id, &request, reviewer(&caller)).await.map_err(ServiceError::from)?)
        });
        work.await.map_err(|error| ServiceError::Internal(error.to_string()))?
    }

    /// Disputes the reports of a review that was decided.
    pub(super) async fn dispute(
        self: &Arc<Self>,
        id: u64,
        request: DisputeRequest,
        caller: Caller,
    ) -> Result<Review, ApiError> {
        may_dispute(&caller)?;
        let app = Arc::clone(self);
        let work = tokio::spawn(async move {
            let _place = app.place()?;
            Ok(app.reviews()?.dispute(id, &request).await.map_err(ServiceError::from)?)
        });
        work.await.map_err(|error| ServiceError::Internal(error.to_string()))?
    }

    /// A place among the publications that go on at a time.
    pub(super) fn place(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let place = Arc::clone(&self.publications).try_acquire_owned();
        place.map_err(|_| ApiError::busy("too many publications at once"))
    }
}

fn may_dispute(caller: &Caller) -> Result<(), ApiError> {
    if caller.may(Scope::Publish) { Ok(()) } else { Err(Refused::Scope(Scope::Publish).into()) }
}

/// Who looks at a review, or decides it.
pub(super) fn reviewer(caller: &Caller) -> Reviewer<'_> {
    Reviewer { token: caller.id(), name: caller.name() }
}

/// The number in a path.
pub(super) fn number(id: Result<Path<u64>, PathRejection>) -> Result<u64, ApiError> {
    let refused = |_| ApiError::bad_request("a review is named by its number");
    id.map(|Path(id)| id).map_err(refused)
}
