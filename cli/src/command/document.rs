//! The text of a document on the user's disk, as the fenced-in reader gives it.

use std::path::Path;

use larum_node::extract::{self, DOCUMENT_BYTES_MAX, ExtractError};
use larum_protocol::api::VALUE_BYTES_MAX;
use zeroize::Zeroizing;

use crate::{error::Failure, files};

/// The text of a PDF, DOCX, ODT, RTF, HTML or plain text file; short enough for the node to take.
pub(crate) fn text(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let document = files::read_bounded(path, DOCUMENT_BYTES_MAX as u64)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(format_args!("no runtime: {error}")))?;
    let failed = |error: ExtractError| Failure::read(path, error).hint(error.hint());
    let text = runtime.block_on(extract::text_of(&document)).map_err(failed)?;
    if text.len() > VALUE_BYTES_MAX {
        let long = format_args!("its text is longer than the {VALUE_BYTES_MAX} bytes that a node takes");
        return Err(Failure::read(path, long).hint("look whether it is a resume; if so, cut out the pages that matter"));
    }
    Ok(text)
}
