//! The check page.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use larum_protocol::{
    api::{APPLICATION_BODY_BYTES_MAX, ApplicationRequest, Identifier, Scope},
    kind::Kind,
};

use super::{Form, Signed, html, refused};
use crate::{
    console::check as pages,
    http::{ApiError, App, applications::of_request},
};

/// The form.
pub(super) async fn page(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    match app.signed(&headers, Scope::Check) {
        Ok(signed) => html(StatusCode::OK, pages::form(&signed.reader, app.watching.get().is_some())),
        Err(away) => *away,
    }
}

/// The answer.
pub(super) async fn check(State(app): State<Arc<App>>, request: Request) -> Response {
    let _place = match app.place_for_upload(request.headers()) {
        Ok(place) => place,
        Err(error) => return refused(&error, None),
    };
    match app.posted(request, Scope::Check, APPLICATION_BODY_BYTES_MAX).await {
        Ok((signed, form)) => answer(&app, &signed, form).await.unwrap_or_else(|error| signed.refused(error)),
        Err(away) => *away,
    }
}

async fn answer(app: &App, signed: &Signed, mut form: Form) -> Result<Response, ApiError> {
    let lines = |name: &str| -> Vec<String> {
        let lines = form.all(name).flat_map(str::lines).map(str::trim);
        lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let reference = form.text("reference");
    let days = form.text("watch_days").map(|days| days.parse::<u16>()).transpose();
    let days = days.map_err(|_| ApiError::invalid("the days to watch are a whole number; 0 watches nothing"))?;
    let domain = |value: String| Identifier { kind: Kind::Domain.name().to_owned(), value, region: None, asset: None };
    let request = ApplicationRequest {
        // An alert without a reference would tell nobody whom it is about.
        watch_days: days.filter(|_| reference.is_some()),
        reference,
        names: lines("names"),
        emails: lines("emails"),
        phones: lines("phones"),
        profiles: lines("profiles"),
        addresses: lines("addresses"),
        wallets: lines("wallets"),
        bank: lines("bank"),
        identifiers: lines("domains").into_iter().map(domain).collect(),
        region: form.text("region").map(|region| region.to_uppercase()),
        asset: form.text("asset"),
        documents: Vec::new(),
    };
    let application = of_request(request, std::mem::take(&mut form.files))?;
    let entered = application.identifiers.clone();
    let answered = app.applications.answer(application, &form.raw, signed.caller.id()).await?;
    Ok(html(StatusCode::OK, pages::answer(&signed.reader, &answered.answer, &entered)))
}
