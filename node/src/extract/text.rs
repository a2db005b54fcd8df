//! Text that grows up to a bound.

use super::{ExtractError, TEXT_BYTES_MAX};

/// The text found so far.
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    pub(super) fn push_str(&mut self, text: &str) -> Result<(), ExtractError> {
        if text.len() > TEXT_BYTES_MAX - self.0.len() {
            return Err(ExtractError::TextTooLong);
        }
        self.0.push_str(text);
        Ok(())
    }

    pub(super) fn push(&mut self, letter: char) -> Result<(), ExtractError> {
        self.push_str(letter.encode_utf8(&mut [0; 4]))
    }

    /// Ends a line, unless it is empty: layout tables would leave thousands of blank ones.
    pub(super) fn end_line(&mut self) -> Result<(), ExtractError> {
        match self.0.is_empty() || self.0.ends_with('\n') {
            true => Ok(()),
            false => self.push('\n'),
        }
    }

    /// The text, if a letter or digit is in it: an empty resume would be the same as every other empty one.
    pub(super) fn finish(self) -> Result<String, ExtractError> {
        match self.0.contains(char::is_alphanumeric) {
            true => Ok(self.0),
            false => Err(ExtractError::NoText),
        }
    }
}
