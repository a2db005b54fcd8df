//! HTML: its text, without scripts, styles and what only decorates.

use encoding_rs::Encoding;
use html2text::{config, render::TrivialDecorator};

use super::{ExtractError, plain, text::Text};

/// Bytes in which the encoding is named: what browsers look at.
const CHARSET_BYTES_MAX: usize = 1024;
/// Columns of the page: wider than any line, so that none is broken.
const WIDTH: usize = 100_000;

pub(super) fn read(document: &[u8], text: &mut Text) -> Result<(), ExtractError> {
    let page = plain::decode(document, named(document));
    let config = config::with_decorator(TrivialDecorator::new()).raw_mode(true).no_link_wrapping();
    let read = config.string_from_read(page.as_bytes(), WIDTH).map_err(|_| ExtractError::Damaged)?;
    text.push_str(&read)
}

/// The encoding that the page itself names.
fn named(document: &[u8]) -> Option<&'static Encoding> {
    let start = String::from_utf8_lossy(&document[..document.len().min(CHARSET_BYTES_MAX)]).to_ascii_lowercase();
    let (_, name) = start.split_once("charset=")?;
    let name = name.trim_start_matches(['"', '\'']);
    let end =
        name.find(|letter: char| !letter.is_ascii_alphanumeric() && !"-_:".contains(letter)).unwrap_or(name.len());
    Encoding::for_label(&name.as_bytes()[..end])
}
