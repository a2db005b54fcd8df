//! Alerts: acknowledging one, and ending the watch that it is about.

use std::sync::Arc;

use axum::{
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use larum_protocol::api::{AlertInfo, Report, Scope};
use serde::Deserialize;

use super::{FORM_BYTES_MAX, Form, html, see};
use crate::{
    console::{
        alerts::{self as pages, Told},
        place,
    },
    http::{ApiError, App, ServiceError},
    tokens::Caller,
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
    match told(&app, &signed.caller, closed, before).await {
        Ok((alerts, next)) => html(StatusCode::OK, pages::list(&signed.reader, &alerts, next, closed)),
        Err(error) => signed.refused(error),
    }
}

/// The alerts of a page, and where the next begins; each that waits with what is said now and the review of the same applicant.
async fn told(
    app: &App,
    caller: &Caller,
    closed: bool,
    before: Option<u64>,
) -> Result<(Vec<Told>, Option<u64>), ApiError> {
    let applicants = Arc::clone(app.applicants()?);
    let page = applicants.watching.alerts.newest_first(before, closed, ALERTS);
    let tell = move |alert: AlertInfo| {
        let reports = if closed { Vec::new() } else { applicants.watching.reports(&alert) };
        Told { reports, review: applicants.review(&alert), alert }
    };
    let told = tokio::task::spawn_blocking(move || page.alerts.into_iter().map(tell).collect()).await;
    let told: Vec<Told> = told.map_err(|error| ServiceError::Internal(error.to_string()))?;
    record(app, caller, &told).await?;
    Ok((told, page.next))
}

/// Reading who says what is a lookup, and on record like any other (I11).
async fn record(app: &App, caller: &Caller, told: &[Told]) -> Result<(), ApiError> {
    let read: Vec<&Told> = told.iter().filter(|told| !told.reports.is_empty()).collect();
    let about: Vec<_> = read.iter().map(|told| (&*told.alert.kind, told.alert.verdict)).collect();
    let said: Vec<&Report> = read.iter().flat_map(|told| &told.reports).collect();
    app.record_reading(caller, &about, &said, &app.watching()?.coverage()).await
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
    let id = number(form)?;
    app.watching()?.acknowledge(id).await?;
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
    let id = number(form)?;
    app.watching()?.remove(id).await?;
    Ok(see(place::ALERTS))
}

fn number(form: &Form) -> Result<u64, ApiError> {
    let id = form.text("id").and_then(|id| id.parse().ok());
    id.ok_or_else(|| ApiError::bad_request("an alert or a watch is named by its number"))
}
