//! The queue of reviews, one review, what matched in it, and its decision.

use std::sync::Arc;

use axum::{
    extract::{
        Path, Query, Request, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode},
    response::Response,
};
use larum_protocol::api::{Decision, DecisionRequest, ReviewQuery, Scope};

use super::{FORM_BYTES_MAX, Form, Signed, html, see};
use crate::{
    console::{place, reviews as pages},
    http::{
        ApiError, App, ServiceError,
        reviews::{number, reviewer},
    },
    tokens::Refused,
};

/// The queue.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    query: Result<Query<ReviewQuery>, QueryRejection>,
) -> Response {
    let signed = match app.signed(&headers, Scope::Check) {
        Ok(signed) => signed,
        Err(away) => return *away,
    };
    let Ok(Query(query)) = query else {
        return signed.refused(ApiError::bad_request("this address was not understood"));
    };
    match app.reviews() {
        Ok(reviews) => html(StatusCode::OK, pages::list(&signed.reader, &reviews.list(query), query.state)),
        Err(error) => signed.refused(error),
    }
}

/// One review.
pub(super) async fn one(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Result<Path<u64>, PathRejection>,
) -> Response {
    let signed = match app.signed(&headers, Scope::Check) {
        Ok(signed) => signed,
        Err(away) => return *away,
    };
    let review = number(id).and_then(|id| app.reviews()?.get(id).map_err(|error| ServiceError::from(error).into()));
    match review {
        Ok(review) => html(StatusCode::OK, pages::one(&signed.reader, &review, None)),
        Err(error) => signed.refused(error),
    }
}

/// One review with what matched in clear, for who asked for it.
pub(super) async fn disclose(
    State(app): State<Arc<App>>,
    id: Result<Path<u64>, PathRejection>,
    request: Request,
) -> Response {
    let (signed, _) = match app.posted(request, Scope::Check, FORM_BYTES_MAX).await {
        Ok(posted) => posted,
        Err(away) => return *away,
    };
    disclosed(&app, id, &signed).unwrap_or_else(|error| signed.refused(error))
}

fn disclosed(app: &App, id: Result<Path<u64>, PathRejection>, signed: &Signed) -> Result<Response, ApiError> {
    let (id, reviews) = (number(id)?, app.reviews()?);
    let review = reviews.get(id).map_err(ServiceError::from)?;
    let clear = reviews.disclose(id, reviewer(&signed.caller)).map_err(ServiceError::from)?;
    Ok(html(StatusCode::OK, pages::one(&signed.reader, &review, Some(&clear))))
}

/// A decision.
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    id: Result<Path<u64>, PathRejection>,
    request: Request,
) -> Response {
    let (signed, form) = match app.posted(request, Scope::Check, FORM_BYTES_MAX).await {
        Ok(posted) => posted,
        Err(away) => return *away,
    };
    decided(&app, id, &signed, &form).await.unwrap_or_else(|error| signed.refused(error))
}

async fn decided(
    app: &Arc<App>,
    id: Result<Path<u64>, PathRejection>,
    signed: &Signed,
    form: &Form,
) -> Result<Response, ApiError> {
    let id = number(id)?;
    let decision = form.text("decision").and_then(|name| Decision::from_name(&name));
    let request = DecisionRequest {
        decision: decision.ok_or_else(|| ApiError::invalid("choose one of the four decisions"))?,
        reason: form.text("reason").unwrap_or_default(),
        acknowledged: form.all("acknowledged").map(str::to_owned).collect(),
        dispute: form.text("dispute").is_some(),
        identifiers: Vec::new(),
    };
    if request.dispute && !signed.caller.may(Scope::Publish) {
        return Err(Refused::Scope(Scope::Publish).into());
    }
    let (app, caller) = (Arc::clone(app), signed.caller.clone());
    // A task of its own: somebody who closes the page must not leave a dispute without its decision.
    let work = tokio::spawn(async move { app.decide(id, request, &caller).await });
    work.await.map_err(|error| ServiceError::Internal(error.to_string()))??;
    Ok(see(&format!("{}/{id}", place::REVIEWS)))
}
