//! The check page.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use larum_protocol::{
    api::{APPLICATION_BODY_BYTES_MAX, ApplicationRequest, Identifier, Scope, WATCH_DAYS_MAX},
    kind::Kind,
    receipt::SavedCheck,
};
use serde::Serialize;

use super::{Form, Signed, html, refused, region};
use crate::{
    applications::Document,
    console::{check as pages, entered::Entered},
    http::{ApiError, App, ServiceError, applications::of_request},
};

/// The form.
pub(super) async fn page(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    match app.signed(&headers, Scope::Check) {
        Ok(signed) => html(StatusCode::OK, form_page(&app, &signed, &Entered::default())),
        Err(away) => *away,
    }
}

/// The answer, or the form again with what is wrong.
pub(super) async fn check(State(app): State<Arc<App>>, request: Request) -> Response {
    let _place = match app.place_for_upload(request.headers()) {
        Ok(place) => place,
        Err(error) => return refused(&error, None),
    };
    let (signed, mut form) = match app.posted(request, Scope::Check, APPLICATION_BODY_BYTES_MAX).await {
        Ok(posted) => posted,
        Err(away) => return *away,
    };
    let files: Vec<_> = std::mem::take(&mut form.files).into_iter().map(|(_, file)| file).collect();
    let had_files = !files.is_empty();
    match answer(&app, &signed, &form, files).await {
        Ok(answer) => answer,
        Err(error) => {
            let again = if had_files { " Choose the files again." } else { "" };
            let fault = format!("{}{again}", error.told());
            let entered = Entered::again(&form.fields, Some(&fault));
            html(error.status(), form_page(&app, &signed, &entered))
        }
    }
}

fn form_page(app: &App, signed: &Signed, entered: &Entered<'_>) -> String {
    pages::form(&signed.reader, app.watching.get().is_some(), entered)
}

async fn answer(app: &App, signed: &Signed, form: &Form, files: Vec<Document>) -> Result<Response, ApiError> {
    let lines = |name: &str| -> Vec<String> {
        let lines = form.all(name).flat_map(str::lines).map(str::trim);
        lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let reference = form.text("reference");
    let days = form.text("watch_days").map(|days| days.parse::<u16>().ok().filter(|days| *days <= WATCH_DAYS_MAX));
    if days == Some(None) {
        let told = format!("the days to watch are a whole number up to {WATCH_DAYS_MAX}; 0 watches nothing");
        return Err(ApiError::invalid(told));
    }
    let region = region(form)?;
    let identifiers = pages::LISTS.iter().flat_map(|(name, _, _, kind)| {
        let region = region.clone().filter(|_| matches!(kind, Kind::Phone | Kind::Address | Kind::Payment));
        let asset = form.text("asset").filter(|_| *kind == Kind::Wallet);
        let identifier = move |value| Identifier {
            kind: kind.name().to_owned(),
            value,
            region: region.clone(),
            asset: asset.clone(),
        };
        lines(name).into_iter().map(identifier)
    });
    let request = ApplicationRequest {
        // An alert without a reference would tell nobody whom it is about.
        watch_days: days.flatten().filter(|_| reference.is_some()),
        reference,
        names: lines("names"),
        identifiers: identifiers.collect(),
        ..ApplicationRequest::default()
    };
    let asked = asked(&request, &files)?;
    let application = of_request(request, files)?;
    if application.identifiers.is_empty() && application.documents.is_empty() {
        return Err(ApiError::invalid("there is nothing to look up: enter at least one thing, or choose a file"));
    }
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
