//! Bodies: bounded in size and time, strict as JSON, and never quoted back.
//!
//! serde's messages quote what they found; what is told here is where it stands and what was expected, which are ours.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use larum_protocol::api::slug;
use serde::{Serialize, de::DeserializeOwned};

use super::{ApiError, App};

impl App {
    /// Reads a JSON body of at most `max` bytes.
    pub(super) async fn read_json(&self, headers: &HeaderMap, body: Body, max: usize) -> Result<Bytes, ApiError> {
        self.read_body(headers, body, max, &["application/json"]).await
    }

    /// Reads a body of one of the `accepted` media types and of at most `max` bytes.
    pub(super) async fn read_body(
        &self,
        headers: &HeaderMap,
        body: Body,
        max: usize,
        accepted: &[&str],
    ) -> Result<Bytes, ApiError> {
        content_type(headers, accepted)?;
        self.read_any(headers, body, max, self.limits().body_time).await
    }

    /// Reads a body of whatever media type and of at most `max` bytes, which arrives within `time`.
    pub(super) async fn read_any(
        &self,
        headers: &HeaderMap,
        body: Body,
        max: usize,
        time: Duration,
    ) -> Result<Bytes, ApiError> {
        let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > max as u64) {
            return Err(too_large(max));
        }
        let read = tokio::time::timeout(time, Limited::new(body, max).collect()).await;
        match read {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(max)),
            Ok(Err(_)) => Err(ApiError::bad_request("the body ended early")),
            Err(_) => {
                Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, slug::TIMEOUT, "the body took too long to arrive"))
            }
        }
    }
}

/// Refuses a body whose media type is none of `accepted`; parameters such as `charset` do not matter.
pub(super) fn content_type(headers: &HeaderMap, accepted: &[&str]) -> Result<(), ApiError> {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    if accepted.iter().any(|accepted| essence.eq_ignore_ascii_case(accepted)) {
        return Ok(());
    }
    let detail = format!("send `Content-Type: {}`", accepted.join("` or `"));
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, slug::MEDIA_TYPE, detail))
}

/// Reads JSON, or says where it goes wrong.
pub(super) fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(json).map_err(|error| {
        ApiError::new(StatusCode::BAD_REQUEST, slug::BAD_JSON, format!("the body cannot be read: {}", explain(&error)))
    })
}

/// An answer in JSON.
pub(super) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    json_bytes(status, serde_json::to_vec(value).expect("answers are plain data"))
}

/// An answer that is JSON already.
pub(super) fn json_bytes(status: StatusCode, json: impl Into<Body>) -> Response {
    let mut response = Response::new(json.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// What serde found wrong, without what it found there.
///
/// Its messages are `<what, quoting the input>, expected <ours> at line L column C`, or name a field of ours. Only the
/// last `expected` is kept, because the quoted input could itself contain the word.
pub(super) fn explain(error: &serde_json::Error) -> String {
    let place = format!("line {} column {}", error.line(), error.column());
    let message = error.to_string();
    let what = match error.classify() {
        serde_json::error::Category::Eof => "it ends early",
        serde_json::error::Category::Io => "it cannot be read",
        serde_json::error::Category::Syntax if message.starts_with("recursion limit") => "it is nested too deeply",
        serde_json::error::Category::Syntax => "it is not JSON",
        serde_json::error::Category::Data => {
            return format!("{} at {place}", explain_data(&message));
        }
    };
    format!("{what}, at {place}")
}

fn explain_data(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(what, _)| what);
    if let Some(field) = message.strip_prefix("missing field ") {
        return format!("the field {field} is missing");
    }
    if let Some(field) = message.strip_prefix("duplicate field ") {
        return format!("the field {field} stands there twice");
    }
    let what = if message.starts_with("unknown field") {
        "a field that is not known here"
    } else if message.starts_with("unknown variant") {
        "a word that is not known here"
    } else {
        "a value of the wrong type or size"
    };
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{what}, expected {expected},"),
        None => what.to_owned(),
    }
}

/// What a body that is too large is answered with.
pub(super) fn too_large(max: usize) -> ApiError {
    ApiError::too_large(format!("the body is larger than {max} bytes"))
}
