//! Forms with files (`multipart/form-data`, RFC 7578) that are held whole: the body was bounded before.
//!
//! Invariant: a form has a bounded number of fields, each with a short name; what does not read well is one clear error.
//! Absent on purpose: what any field means.

use axum::{
    body::Bytes,
    http::{HeaderMap, header},
};
use futures::stream;

use super::ApiError;

/// Fields of a form: more than any of ours has, and few enough to hold.
const FIELDS_MAX: usize = 256;
/// Bytes of a field's name.
const FIELD_NAME_BYTES_MAX: usize = 64;

/// One field of a form.
pub(super) struct Part {
    /// The field's name.
    pub(super) name: String,
    /// Of a file: what it is called, without folders.
    pub(super) file: Option<String>,
    /// What is in it.
    pub(super) bytes: Bytes,
}

/// The boundary between fields, if the body is such a form.
pub(super) fn boundary(headers: &HeaderMap) -> Option<String> {
    let content = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    multer::parse_boundary(content).ok()
}

/// Every field, in order.
pub(super) async fn read(body: &Bytes, boundary: &str) -> Result<Vec<Part>, ApiError> {
    let unreadable = |_| ApiError::bad_request("the form cannot be read: it is cut short, or not multipart/form-data");
    let whole = stream::iter([Ok::<_, std::convert::Infallible>(body.clone())]);
    let mut form = multer::Multipart::new(whole, boundary);
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        if parts.len() == FIELDS_MAX || name.is_empty() || name.len() > FIELD_NAME_BYTES_MAX {
            return Err(ApiError::bad_request(format!(
                "a form has at most {FIELDS_MAX} fields, each with a short name"
            )));
        }
        let file = field.file_name().map(|file| file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned());
        parts.push(Part { name, file, bytes: field.bytes().await.map_err(unreadable)? });
    }
    Ok(parts)
}
