//! PDF, by `unpdf`: one thread, no pictures.

use unpdf::{Error, Unpdf};

use super::{ExtractError, text::Text};

/// Bytes at the end in which a whole PDF says where its table lies; what mail adds behind is shorter.
const END_BYTES_MAX: usize = 8 * 1024;

pub(super) fn read(document: &[u8], text: &mut Text) -> Result<(), ExtractError> {
    // A reader mends a PDF that was cut short, and half a resume would pass for a whole one.
    let end = &document[document.len().saturating_sub(END_BYTES_MAX)..];
    if !end.windows(9).any(|bytes| bytes == b"startxref") {
        return Err(ExtractError::Damaged);
    }
    let read = Unpdf::new().sequential().parse_bytes(document).map_err(|error| match error {
        Error::Encrypted | Error::InvalidPassword => ExtractError::Encrypted,
        _ => ExtractError::Damaged,
    })?;
    text.push_str(&read.plain_text())
}
