//! The queue of reviews, one review, what matched in it, and what changes it: its decision, a dispute after it, and reopening.

use std::sync::Arc;

use axum::{
    extract::{
        Path, Query, Request, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode},
    response::Response,
};
use larum_protocol::api::{Decision, DecisionRequest, DisputeRequest, ReopenRequest, Review, ReviewQuery, Scope};

use super::{FORM_BYTES_MAX, Form, Signed, html, see};
use crate::{
    console::{
        place,
        reviews::{self as pages, Beside},
    },
    http::{
        ApiError, App, ServiceError,
        reviews::{number, reviewer},
    },
    tokens::Caller,
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
        Ok(reviews) => html(StatusCode::OK, pages::list(&signed.reader, &reviews.list(query), query)),
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
    let read = async { app.read_review(number(id)?, &signed.caller).await };
    match read.await {
        Ok(review) => html(StatusCode::OK, pages::one(&signed.reader, &review, &Beside::default())),
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
    disclosed(&app, id, &signed).await.unwrap_or_else(|error| signed.refused(error))
}

async fn disclosed(app: &App, id: Result<Path<u64>, PathRejection>, signed: &Signed) -> Result<Response, ApiError> {
    let (id, reviews) = (number(id)?, app.reviews()?);
    let review = app.read_review(id, &signed.caller).await?;
    let clear = reviews.disclose(id, reviewer(&signed.caller)).map_err(ServiceError::from)?;
    Ok(html(StatusCode::OK, pages::one(&signed.reader, &review, &Beside { clear: Some(&clear), ..Beside::default() })))
}

/// A decision.
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    id: Result<Path<u64>, PathRejection>,
    request: Request,
) -> Response {
    changed(&app, id, request, async |id, caller, form| {
        let decision = form.text("decision").and_then(|name| Decision::from_name(&name));
        let request = DecisionRequest {
            decision: decision.ok_or_else(|| ApiError::invalid("choose one of the four decisions"))?,
            reason: form.text("reason").unwrap_or_default(),
            acknowledged: form.all("acknowledged").map(str::to_owned).collect(),
            dispute: form.text("dispute").is_some(),
            shown: form.text("shown"),
        };
        app.decide(id, request, caller).await
    })
    .await
}

/// A dispute of what was decided without one.
pub(super) async fn dispute(
    State(app): State<Arc<App>>,
    id: Result<Path<u64>, PathRejection>,
    request: Request,
) -> Response {
    let dispute =
        async |id, caller, form: &Form| app.dispute(id, DisputeRequest { shown: form.text("shown") }, caller).await;
    changed(&app, id, request, dispute).await
}

/// What was decided was a mistake.
pub(super) async fn reopen(
    State(app): State<Arc<App>>,
    id: Result<Path<u64>, PathRejection>,
    request: Request,
) -> Response {
    changed(&app, id, request, async |id, caller: Caller, form| {
        let request = ReopenRequest { reason: form.text("reason").unwrap_or_default() };
        app.reopen(id, request, caller).await
    })
    .await
}

/// Changes a review, and leads to its page. What cannot be done as it was written is told on that page, as the review is now.
async fn changed(
    app: &Arc<App>,
    id: Result<Path<u64>, PathRejection>,
    request: Request,
    change: impl AsyncFnOnce(u64, Caller, &Form) -> Result<Review, ApiError>,
) -> Response {
    let (signed, form) = match app.posted(request, Scope::Check, FORM_BYTES_MAX).await {
        Ok(posted) => posted,
        Err(away) => return *away,
    };
    let id = match number(id) {
        Ok(id) => id,
        Err(error) => return signed.refused(error),
    };
    let error = match change(id, signed.caller.clone(), &form).await {
        Ok(_) => return see(&format!("{}/{id}", place::REVIEWS)),
        Err(error) => error,
    };
    let as_written = matches!(error.status(), StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY);
    match app.read_review(id, &signed.caller).await {
        Ok(review) if as_written => {
            let (why, reason) = (error.problem().detail, form.text("reason").unwrap_or_default());
            let beside = Beside { refused: why.as_deref(), reason: &reason, clear: None };
            html(error.status(), pages::one(&signed.reader, &review, &beside))
        }
        _ => signed.refused(error),
    }
}
