//! `POST /v1/hooks/{vendor}`: deliveries of applicant tracking systems.
//!
//! The signature is the credential, so there is no token. Nothing of a delivery is repeated in an answer.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use larum_protocol::api::{Problem, slug};

use super::{ApiError, App};
use crate::hooks::{Answer, DELIVERY_BYTES_MAX, Vendor};

/// Takes a delivery of an applicant tracking system. It is kept before it is answered, and worked off afterwards.
#[utoipa::path(
    post, path = "/v1/hooks/{vendor}", tag = "hooks", request_body(content = String, content_type = "application/json"),
    params(("vendor" = String, Path, description = "ashby, greenhouse, lever, merge, smartrecruiters, standard or workable")),
    responses(
        (status = 200, description = "kept, or kept before"),
        (status = 202, description = "the same, for smartrecruiters"),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn hook(
    State(app): State<Arc<App>>,
    Path(vendor): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let vendor = Vendor::from_name(&vendor).ok_or_else(unknown)?;
    let hooks = app.config.hooks.as_ref().filter(|hooks| hooks.knows(vendor));
    let answers = vendor.ats().answers();
    let Some(hooks) = hooks else {
        let detail = "there is no hook of this vendor; add it to larum.toml and restart the node";
        // Where a refusal is the last word, the hook may be about to be configured.
        let lasting = answers.refused == StatusCode::UNAUTHORIZED;
        return Err(if lasting {
            ApiError::new(StatusCode::NOT_FOUND, slug::NOT_FOUND, detail)
        } else {
            later(detail)
        });
    };
    if let Some((name, value)) = hooks.handshake(vendor, &parts.headers) {
        return Ok((StatusCode::OK, [(name, value)]).into_response());
    }
    // The signature covers the bytes as sent, and what is small compressed can be huge.
    let encoding = parts.headers.get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| encoding != "identity") {
        let detail = "deliveries are taken uncompressed only: send no Content-Encoding";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, slug::MEDIA_TYPE, detail));
    }
    let body = app.read_any(&parts.headers, body, DELIVERY_BYTES_MAX, app.limits().delivery_time).await?;
    match hooks.take(vendor, &parts.headers, &body).await {
        Answer::Taken => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = answers.accepted;
            Ok(response)
        }
        Answer::Refused(refusal) => {
            let error = ApiError::new(answers.refused, slug::HOOK_SIGNATURE, refusal.to_string());
            Err(if answers.refused.is_server_error() { error.retry_after(RETRY_SECONDS) } else { error })
        }
        Answer::Unreadable(unreadable) => Err(ApiError::invalid(unreadable.to_string())),
        Answer::Busy => Err(later("too many deliveries wait to be worked off; send it again")),
        Answer::Failed => Err(later("the delivery could not be kept; send it again")),
    }
}

/// Seconds after which a vendor may come back: those that read it come back later anyway.
const RETRY_SECONDS: u64 = 5;

/// What a delivery is told for which there is no place.
pub(super) fn busy() -> ApiError {
    later("too many deliveries arrive at once; send it again")
}

fn later(detail: &'static str) -> ApiError {
    ApiError::busy(detail).retry_after(RETRY_SECONDS)
}

fn unknown() -> ApiError {
    let names = Vendor::ALL.map(Vendor::name).join(", ");
    ApiError::new(StatusCode::NOT_FOUND, slug::NOT_FOUND, format!("no such vendor; there are {names}"))
}
