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
    receipt::SavedCheck,
};
use serde::Serialize;

use super::{Form, Signed, html, refused};
use crate::{
    applications::Document,
    console::check as pages,
    http::{ApiError, App, ServiceError, applications::of_request},
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
    let files: Vec<_> = std::mem::take(&mut form.files).into_iter().map(|(_, file)| file).collect();
    let asked = asked(&request, &files)?;
    let application = of_request(request, files)?;
    let entered = application.identifiers.clone();
    let answered = app.applications.answer(application, asked.as_bytes(), signed.caller.id()).await?;
    let answer = String::from_utf8(answered.json).map_err(internal)?;
    let saved = serde_json::to_string(&SavedCheck { request: asked, answer }).map_err(internal)?;
    Ok(html(StatusCode::OK, pages::answer(&signed.reader, &answered.answer, &entered, &saved)))
}

/// What was asked, as JSON: what the receipt commits to. The form itself nobody could save, and it holds the session's secret.
fn asked(request: &ApplicationRequest, files: &[Document]) -> Result<String, ApiError> {
    /// The application, and of each file what tells it from any other.
    #[derive(Serialize)]
    struct Asked<'a> {
        #[serde(flatten)]
        request: &'a ApplicationRequest,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        files: Vec<File<'a>>,
    }
    #[derive(Serialize)]
    struct File<'a> {
        name: &'a str,
        bytes: usize,
        blake3: String,
    }
    let files = files.iter().map(|Document { name, bytes }| File {
        name,
        bytes: bytes.len(),
        blake3: blake3::hash(bytes).to_string(),
    });
    serde_json::to_string(&Asked { request, files: files.collect() }).map_err(internal)
}

fn internal(error: impl std::fmt::Display) -> ApiError {
    ServiceError::Internal(error.to_string()).into()
}
