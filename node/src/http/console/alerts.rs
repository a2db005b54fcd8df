//! Alerts, and acknowledging one.

use std::sync::Arc;

use axum::{
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use larum_protocol::api::Scope;
use serde::Deserialize;

use super::{FORM_BYTES_MAX, Form, html, see};
use crate::{
    console::{alerts as pages, place},
    http::{ApiError, App},
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
    match app.watching() {
        Ok(watching) => {
            let page = watching.alerts.newest_first(before, closed, ALERTS);
            html(StatusCode::OK, pages::list(&signed.reader, &page, closed))
        }
        Err(error) => signed.refused(error),
    }
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
    let id = form.text("id").and_then(|id| id.parse().ok());
    let id = id.ok_or_else(|| ApiError::bad_request("an alert is named by its number"))?;
    app.watching()?.acknowledge(id).await?;
    Ok(see(place::ALERTS))
}
