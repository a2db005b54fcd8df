//! Plain text, in whatever encoding: UTF-8, UTF-16 with its mark, else what Windows wrote in the West.

use std::borrow::Cow;

use encoding_rs::{Encoding, WINDOWS_1252};

use super::{ExtractError, text::Text};

pub(super) fn read(document: &[u8], text: &mut Text) -> Result<(), ExtractError> {
    let decoded = decode(document, None);
    // Bytes of anything else hold controls that no text has.
    if decoded.chars().any(is_foreign) {
        return Err(ExtractError::Unknown);
    }
    text.push_str(&decoded)
}

/// Bytes as text: by their mark, else as UTF-8, else as `named`, else as Windows 1252, in which everything is a letter.
pub(super) fn decode<'a>(bytes: &'a [u8], named: Option<&'static Encoding>) -> Cow<'a, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    match (std::str::from_utf8(bytes), named) {
        (Ok(text), _) => Cow::Borrowed(text),
        (Err(_), named) => named.unwrap_or(WINDOWS_1252).decode_without_bom_handling(bytes).0,
    }
}

fn is_foreign(letter: char) -> bool {
    letter < ' ' && !matches!(letter, '\t' | '\n' | '\x0c' | '\r' | '\x1a') // 0x1a: how DOS ended a text
}
