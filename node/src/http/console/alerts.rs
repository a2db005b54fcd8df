//! Alerts: acknowledging one, and ending the watch that it is about.

use std::sync::Arc;

use axum::{
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use larum_protocol::api::{AlertInfo, Scope};
use serde::Deserialize;

use super::{FORM_BYTES_MAX, Form, html, see};
use crate::{
    console::{
        alerts::{self as pages, Told},
        place,
    },
    http::{ApiError, App, ServiceError},
};

/// Alerts on a page: a few screens.
const ALERTS: usize = 50;

/// Which alerts to show.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    #[serde(default)]
    closed: bool,
    before: Option<u64>,
}

/// The alerts.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    query: Result<Query<Shown>, QueryRejection>,
) -> Response {
    let signed = match app.signed(&headers, Scope::Check) {
        Ok(signed) => signed,
        Err(away) => return *away,
    };
    let Ok(Query(Shown { closed, before })) = query else {
        return signed.refused(ApiError::bad_request("this address was not understood"));
    };
    match told(&app, closed, before).await {
        Ok((alerts, next)) => html(StatusCode::OK, pages::list(&signed.reader, &alerts, next, closed)),
        Err(error) => signed.refused(error),
    }
}

/// The alerts of a page, each with what is said now and the review of the same applicant, and where the next page begins.
async fn told(app: &App, closed: bool, before: Option<u64>) -> Result<(Vec<Told>, Option<u64>), ApiError> {
    let watching = Arc::clone(&app.applicants()?.watching);
    let page = watching.alerts.newest_first(before, closed, ALERTS);
    let applicants = Arc::clone(app.applicants()?);
    let tell =
        move |alert: AlertInfo| Told { reports: watching.reports(&alert), review: applicants.review(&alert), alert };
    let told = tokio::task::spawn_blocking(move || page.alerts.into_iter().map(tell).collect()).await;
    Ok((told.map_err(|error| ServiceError::Internal(error.to_string()))?, page.next))
}

/// Somebody has seen an alert.
pub(super) async fn acknowledge(State(app): State<Arc<App>>, request: Request) -> Response {
    let (signed, form) = match app.posted(request, Scope::Check, FORM_BYTES_MAX).await {
        Ok(posted) => posted,
        Err(away) => return *away,
    };
    acknowledged(&app, &form).await.unwrap_or_else(|error| signed.refused(error))
}

async fn acknowledged(app: &App, form: &Form) -> Result<Response, ApiError> {
    app.watching()?.acknowledge(number(form)?).await?;
    Ok(see(place::ALERTS))
}

/// Somebody ends the watch that an alert is about.
pub(super) async fn end(State(app): State<Arc<App>>, request: Request) -> Response {
    let (signed, form) = match app.posted(request, Scope::Check, FORM_BYTES_MAX).await {
        Ok(posted) => posted,
        Err(away) => return *away,
    };
    ended(&app, &form).await.unwrap_or_else(|error| signed.refused(error))
}

async fn ended(app: &App, form: &Form) -> Result<Response, ApiError> {
    app.watching()?.remove(number(form)?).await?;
    Ok(see(place::ALERTS))
}

fn number(form: &Form) -> Result<u64, ApiError> {
    let id = form.text("id").and_then(|id| id.parse().ok());
    id.ok_or_else(|| ApiError::bad_request("an alert or a watch is named by its number"))
}
