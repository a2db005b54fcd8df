//! What a document is, told by its first bytes: names lie.

use super::ExtractError;

/// Bytes in which a PDF may begin late: readers of PDF skip so much.
const PDF_START_BYTES_MAX: usize = 1024;
/// Bytes in which HTML shows itself, behind comments and an XML declaration.
const HTML_START_BYTES_MAX: usize = 1024;
/// How HTML begins; the letter that follows is looked at too, so that no text in angle brackets is taken for it.
const HTML_STARTS: &[&str] = &[
    "!doctype html",
    "html",
    "head",
    "body",
    "meta",
    "title",
    "div",
    "p",
    "table",
    "h1",
    "h2",
    "span",
    "style",
    "article",
];
const OLE_START: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// How the formats of pictures begin: no text is in them.
const PICTURE_STARTS: &[&[u8]] =
    &[b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"BM", b"\0\0\0\x18ftypheic"];

/// What a document is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    Html,
    Pdf,
    Plain,
    Rtf,
    Zip,
}

/// Tells what a document is. What is none of the others is text, if it can be; `plain.rs` says whether.
pub(super) fn format(document: &[u8]) -> Result<Format, ExtractError> {
    let start = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document).trim_ascii_start();
    if start.is_empty() {
        return Err(ExtractError::NoText);
    }
    if start.starts_with(b"{\\rtf") {
        return Ok(Format::Rtf);
    }
    if document.starts_with(b"PK\x03\x04") || document.starts_with(b"PK\x05\x06") {
        return Ok(Format::Zip);
    }
    if document.starts_with(OLE_START) {
        return Err(ole(document));
    }
    let first = &document[..document.len().min(PDF_START_BYTES_MAX)];
    if first.windows(5).any(|bytes| bytes == b"%PDF-") {
        return Ok(Format::Pdf);
    }
    // "BM" may begin a text too: a picture has bytes that no text has.
    if PICTURE_STARTS.iter().any(|picture| document.starts_with(picture)) && first.contains(&0) {
        return Err(ExtractError::NoText);
    }
    Ok(if is_html(&start[..start.len().min(HTML_START_BYTES_MAX)]) { Format::Html } else { Format::Plain })
}

fn is_html(start: &[u8]) -> bool {
    let start = String::from_utf8_lossy(start).to_ascii_lowercase();
    let mut rest = start.as_str();
    // Comments and declarations come first.
    while let Some((skipped, end)) = [("<?", "?>"), ("<!--", "-->")].iter().find(|(begin, _)| rest.starts_with(begin)) {
        match rest[skipped.len()..].find(end) {
            Some(at) => rest = rest[skipped.len() + at + end.len()..].trim_start(),
            None => return false,
        }
    }
    let Some(name) = rest.strip_prefix('<') else { return false };
    HTML_STARTS
        .iter()
        .filter_map(|start| name.strip_prefix(start))
        .any(|after| !after.starts_with(char::is_alphanumeric))
}

/// Word before 2007, or a newer document that is encrypted as a whole.
fn ole(document: &[u8]) -> ExtractError {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    match document.windows(name.len()).any(|bytes| bytes == name) {
        true => ExtractError::Encrypted,
        false => ExtractError::OldWord,
    }
}
