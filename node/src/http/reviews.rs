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
    Action, CHECK_BODY_BYTES_MAX, DecisionRequest, Identifier, Problem, Review, ReviewIdentifiers, ReviewList,
    ReviewQuery, Scope, StatementRow, StatementsRequest,
};

use super::{ApiError, App, ServiceError, body, check::bounded};
use crate::{
    reviews::{Reviewer, Reviews},
    tokens::Caller,
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
    app.admit(&headers, Scope::Check)?;
    let review = app.reviews()?.get(number(id)?).map_err(ServiceError::from)?;
    Ok(body::json(StatusCode::OK, &review))
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
    let (parts, body) = request.into_parts();
    let caller = app.admit(&parts.headers, Scope::Check)?;
    let id = number(id)?;
    let asked = app.read_json(&parts.headers, body, CHECK_BODY_BYTES_MAX).await?;
    let request: DecisionRequest = body::parse(&asked)?;
    if !request.identifiers.is_empty() {
        bounded(&request.identifiers).map_err(ApiError::invalid)?;
    }
    if request.dispute && !caller.may(Scope::Publish) {
        return Err(crate::tokens::Refused::Scope(Scope::Publish).into());
    }
    // A task of its own: a caller who hangs up must not leave a dispute without its decision.
    let work = tokio::spawn(async move { app.decide(id, request, &caller).await });
    let review = work.await.map_err(|error| ServiceError::Internal(error.to_string()))??;
    Ok(body::json(StatusCode::OK, &review))
}

impl App {
    /// The reviews, if this server has any.
    pub(super) fn reviews(&self) -> Result<&Reviews, ApiError> {
        let none = || ServiceError::NotFound("this server keeps no reviews".to_owned());
        self.applications.reviews().ok_or_else(|| none().into())
    }

    /// Disputes what is to be disputed, then keeps the decision: if the node stops in between, doing it again disputes
    /// nothing twice.
    pub(super) async fn decide(&self, id: u64, request: DecisionRequest, caller: &Caller) -> Result<Review, ApiError> {
        let reviews = self.reviews()?;
        let by = reviewer(caller);
        let disputed = reviews.plan(id, &request, by).map_err(ServiceError::from)?;
        let mut statements = Vec::new();
        if let Some(reason) = request.decision.dispute_reason().filter(|_| !disputed.is_empty()) {
            let place = self.publications.try_acquire();
            let _place = place.map_err(|_| ApiError::busy("too many publications at once"))?;
            let rows = disputed.into_iter().map(|identifier| dispute(identifier, reason)).collect();
            let wanted = StatementsRequest { statements: rows, dry_run: false, skip_bad: true };
            let answer = self.service.state(wanted, caller.clone()).await?;
            if answer.accepted == 0 {
                let why = answer.rows.into_iter().find_map(|row| row.error).unwrap_or_default();
                return Err(ApiError::invalid(format!("nothing could be disputed, and nothing was decided: {why}")));
            }
            statements.extend(answer.rows.into_iter().filter_map(|row| row.statement));
        }
        Ok(reviews.decide(id, &request, by, statements).await.map_err(ServiceError::from)?)
    }
}

/// Who looks at a review, or decides it.
pub(super) fn reviewer(caller: &Caller) -> Reviewer<'_> {
    Reviewer { token: caller.id(), name: caller.name() }
}

/// What says that others' reports about an identifier hit an innocent person.
fn dispute(identifier: Identifier, reason: &str) -> StatementRow {
    StatementRow {
        action: Action::Dispute,
        kind: identifier.kind,
        value: identifier.value,
        region: identifier.region,
        asset: identifier.asset,
        role: None,
        reason: Some(reason.to_owned()),
        evidence: None,
        observed: None,
        expires: None,
        origin: None,
        re: None,
    }
}

/// The number in a path.
pub(super) fn number(id: Result<Path<u64>, PathRejection>) -> Result<u64, ApiError> {
    let refused = |_| ApiError::bad_request("a review is named by its number");
    id.map(|Path(id)| id).map_err(refused)
}
