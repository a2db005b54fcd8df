//! `POST /v1/applications`: as JSON with documents in base64, or as a form with files.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use data_encoding::BASE64;
use larum_protocol::api::{
    APPLICATION_BODY_BYTES_MAX, ApplicationAnswer, ApplicationRequest, CHECK_BODY_BYTES_MAX, Problem, Scope,
    VALUE_BYTES_MAX,
};
use tokio::sync::SemaphorePermit;

use super::{
    ApiError, App, ServiceError, body,
    check::bounded,
    form::{self, Part},
};
use crate::{
    applications::{Application, ApplicationError, Document},
    extract::DOCUMENT_BYTES_MAX,
};

/// The field of a form that holds everything but the files, as JSON.
const APPLICATION_FIELD: &str = "application";
/// The fields of a form that hold files.
const FILE_FIELDS: [&str; 2] = ["documents", "resume"];

/// Looks up everything that an applicant gave: one answer for the whole.
#[utoipa::path(
    post, path = "/v1/applications", tag = "check", security(("token" = ["check"])),
    request_body(content(
        (ApplicationRequest = "application/json"),
        (ApplicationForm = "multipart/form-data"),
    )),
    responses(
        (status = 200, body = ApplicationAnswer),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn applications(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let caller = app.admit(&parts.headers, Scope::Check)?;
    let _place = app.place_for_upload(&parts.headers)?;
    let accepted = ["application/json", "multipart/form-data"];
    let asked = app.read_body(&parts.headers, body, APPLICATION_BODY_BYTES_MAX, &accepted).await?;
    let application = match form::boundary(&parts.headers) {
        Some(boundary) => of_form(form::read(&asked, &boundary).await?)?,
        None => of_json(&asked)?,
    };
    let answered = app.applications.answer(application, &asked, caller.id()).await?;
    Ok(body::json_bytes(StatusCode::OK, answered.json))
}

/// The form as the description of the API shows it.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what the form's reader takes")]
pub(super) struct ApplicationForm {
    /// Everything but the files.
    #[serde(default)]
    application: ApplicationRequest,
    /// Resume files.
    #[serde(default)]
    documents: Vec<File>,
}

/// One of them.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes what the form's reader takes")]
struct File(Vec<u8>);

impl App {
    /// A place for a body that may be large; a body that says it is small needs none.
    pub(super) fn place_for_upload(&self, headers: &HeaderMap) -> Result<Option<SemaphorePermit<'_>>, ApiError> {
        let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if length.is_some_and(|length| length > APPLICATION_BODY_BYTES_MAX) {
            return Err(body::too_large(APPLICATION_BODY_BYTES_MAX));
        }
        if length.is_some_and(|length| length <= CHECK_BODY_BYTES_MAX) {
            return Ok(None);
        }
        let place = self.uploads.try_acquire();
        place.map(Some).map_err(|_| ApiError::busy("too many large applications at once"))
    }
}

/// An application in JSON.
fn of_json(asked: &Bytes) -> Result<Application, ApiError> {
    let mut request: ApplicationRequest = body::parse(asked)?;
    let documents = std::mem::take(&mut request.documents);
    let document = |(number, document): (usize, larum_protocol::api::ApplicationDocument)| {
        let bytes = BASE64.decode(document.data.as_bytes());
        let bytes = bytes.map_err(|_| ApiError::invalid(format!("document {number} is not base64")))?;
        Ok(Document { name: document.name.unwrap_or_default(), bytes })
    };
    let documents: Result<Vec<_>, ApiError> = (1..).zip(documents).map(document).collect();
    of_request(request, documents?)
}

/// An application as a form: one field of JSON, and files.
fn of_form(parts: Vec<Part>) -> Result<Application, ApiError> {
    let (mut request, mut documents) = (None, Vec::new());
    for part in parts {
        if part.name == APPLICATION_FIELD && request.is_none() {
            request = Some(body::parse(&part.bytes)?);
        } else if FILE_FIELDS.contains(&part.name.as_str()) {
            documents.push(Document { name: part.file.unwrap_or_default(), bytes: part.bytes.to_vec() });
        } else {
            return Err(ApiError::bad_request(
                "the form has one field `application` with JSON, and files in fields `documents`; nothing else",
            ));
        }
    }
    let request: ApplicationRequest = request.unwrap_or_default();
    if !request.documents.is_empty() {
        let detail = "put files into fields of the form, and none into `application`";
        return Err(ServiceError::Invalid(detail.to_owned()).into());
    }
    of_request(request, documents)
}

/// Checks sizes, and gives what the node answers.
pub(super) fn of_request(mut request: ApplicationRequest, documents: Vec<Document>) -> Result<Application, ApiError> {
    let identifiers = request.take_identifiers();
    if !identifiers.is_empty() {
        bounded(&identifiers).map_err(ApiError::invalid)?;
    }
    Ok(Application {
        source: None,
        reference: request.reference.unwrap_or_default(),
        names: request.names,
        identifiers,
        documents,
        watch_days: request.watch_days,
        missing: Vec::new(),
        review_missing: false,
    })
}

impl From<ApplicationError> for ApiError {
    fn from(error: ApplicationError) -> Self {
        match error {
            ApplicationError::Service(error) => error.into(),
            ApplicationError::Audit(error) => error.into(),
        }
    }
}

const _: () = assert!(DOCUMENT_BYTES_MAX.div_ceil(3) * 4 + VALUE_BYTES_MAX < APPLICATION_BODY_BYTES_MAX);
