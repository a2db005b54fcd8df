//! The one translation from what went wrong to what the caller is told (RFC 9457).

use std::borrow::Cow;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use larum_protocol::api::{PROBLEM_JSON, Problem, RowProblem, slug};

use super::ServiceError;
use crate::{
    audit::AuditError,
    tokens::{Refused, TokenError, TokenStoreError},
};

/// An error as it leaves: a status, a stable name, and words that never repeat what the caller sent.
#[derive(Clone, Debug)]
pub struct ApiError {
    status: StatusCode,
    slug: &'static str,
    detail: Cow<'static, str>,
    errors: Vec<RowProblem>,
    retry_after_seconds: Option<u64>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, slug: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, slug, detail: detail.into(), errors: Vec::new(), retry_after_seconds: None }
    }

    pub(super) fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, slug::BAD_REQUEST, detail)
    }

    pub(super) fn invalid(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, slug::INVALID, detail)
    }

    pub(super) fn too_large(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, slug::TOO_LARGE, detail)
    }

    pub(super) fn busy(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, slug::UNAVAILABLE, detail).retry_after(1)
    }

    pub(super) fn internal() -> Self {
        let detail = "the node failed to answer; its log says why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, slug::INTERNAL, detail)
    }

    /// The status it leaves with.
    pub(super) const fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Whether something may have been changed all the same: the node or its disk failed on the way.
    pub(super) fn is_open_ended(&self) -> bool {
        matches!(self.status, StatusCode::INTERNAL_SERVER_ERROR | StatusCode::INSUFFICIENT_STORAGE)
    }

    /// What a person is told: a sentence, in the words of a page.
    pub(super) fn told(&self) -> String {
        let detail = match self.slug {
            slug::SCOPE => "Your token does not permit this. Ask your operator for one that does.",
            slug::RATE_LIMIT => "That was too often in too short a time. Wait a few seconds and try again.",
            _ => self.errors.first().map_or(&*self.detail, |row| &row.detail),
        };
        let mut letters = detail.chars();
        let sentence: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        if sentence.ends_with(['.', '!', '?']) { sentence } else { sentence + "." }
    }

    /// The body that the caller gets.
    pub(super) fn problem(&self) -> Problem {
        Problem {
            kind: format!("{}{}", Problem::TYPE_PREFIX, self.slug).into(),
            title: Cow::Borrowed(self.status.canonical_reason().unwrap_or("Error")),
            status: self.status.as_u16(),
            detail: Some(self.detail.to_string()),
            errors: self.errors.clone(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.problem()).expect("a problem is plain data");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Invalid(detail) => Self::invalid(detail),
            ServiceError::NotFound(detail) => Self::new(StatusCode::NOT_FOUND, slug::NOT_FOUND, detail),
            ServiceError::Conflict(detail) => Self::new(StatusCode::CONFLICT, slug::CONFLICT, detail),
            ServiceError::Quota(detail) => Self::new(StatusCode::TOO_MANY_REQUESTS, slug::QUOTA, detail),
            ServiceError::Unavailable(detail) => Self::busy(detail),
            ServiceError::Storage(detail) => {
                tracing::error!(detail, "storage failed");
                Self::new(StatusCode::INSUFFICIENT_STORAGE, slug::STORAGE, detail)
            }
            ServiceError::Internal(detail) => {
                tracing::error!(detail, "a request failed");
                Self::internal()
            }
            ServiceError::RowsRefused(errors) => {
                let detail = format!("{} rows were refused, so nothing was published", errors.len());
                let error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, slug::ROWS_REFUSED, detail);
                Self { errors, ..error }
            }
        }
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let (status, slug) = match refused {
            Refused::Unknown | Refused::Expired => (StatusCode::UNAUTHORIZED, slug::UNAUTHORIZED),
            Refused::Scope(_) => (StatusCode::FORBIDDEN, slug::SCOPE),
        };
        Self::new(status, slug, refused.to_string())
    }
}

impl From<AuditError> for ApiError {
    fn from(error: AuditError) -> Self {
        tracing::error!(%error, "the audit record failed");
        let detail = "the audit record cannot be written or read, and nothing is looked up without one";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, slug::AUDIT_UNAVAILABLE, detail).retry_after(10)
    }
}

impl From<TokenStoreError> for ApiError {
    fn from(error: TokenStoreError) -> Self {
        ServiceError::Storage(error.to_string()).into()
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Store(error) => error.into(),
            TokenError::Random => ServiceError::Internal(error.to_string()).into(),
            TokenError::TooMany => ServiceError::Conflict(error.to_string()).into(),
            TokenError::Name | TokenError::NoScope | TokenError::Days => Self::invalid(error.to_string()),
        }
    }
}

/// What every unknown path answers to a program.
pub(super) fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, slug::NOT_FOUND, "no such endpoint; /v1/openapi.json lists them")
}

/// What a known path answers to a method it does not take. The router adds `Allow`.
pub(super) async fn method_not_allowed() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, slug::METHOD, "the endpoint does not take this method")
}
