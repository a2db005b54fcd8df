//! The child: fence first, then the document, then its text.

use std::io::{self, Read as _, Write as _};

use super::{DOCUMENT_BYTES_MAX, ExtractError, fence, html, office, pdf, plain, rtf, sniff, sniff::Format, text::Text};

/// What `larum __extract` does; gives the exit status. Nothing else can be done in this process afterwards.
pub fn run() -> u8 {
    // A panic's message may quote the document.
    std::panic::set_hook(Box::new(|_| {}));
    match answer() {
        Ok(()) => 0,
        Err(error) => error.exit_code(),
    }
}

fn answer() -> Result<(), ExtractError> {
    be_one_thread()?;
    fence::enter()?;
    let mut document = Vec::new();
    let mut input = io::stdin().lock().take(DOCUMENT_BYTES_MAX as u64 + 1);
    input.read_to_end(&mut document).map_err(|_| ExtractError::Damaged)?;
    let text = text_of(&document)?;
    let mut out = io::stdout().lock();
    // Whoever no longer listens wants no error.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    Ok(())
}

/// `unpdf` asks rayon how many threads there are, even where it is told to use one, and rayon then starts them. The answer
/// is this one, so that behind the fence none needs to be started.
fn be_one_thread() -> Result<(), ExtractError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    pool.build_global().map_err(|_| ExtractError::NoFence)
}

/// The text of a document, with no fence around its parsers.
pub(super) fn text_of(document: &[u8]) -> Result<String, ExtractError> {
    if document.len() > DOCUMENT_BYTES_MAX {
        return Err(ExtractError::TooLarge);
    }
    let mut text = Text::default();
    match sniff::format(document)? {
        Format::Html => html::read(document, &mut text)?,
        Format::Pdf => pdf::read(document, &mut text)?,
        Format::Plain => plain::read(document, &mut text)?,
        Format::Rtf => rtf::read(document, &mut text)?,
        Format::Zip => office::read(document, &mut text)?,
    }
    text.finish()
}
