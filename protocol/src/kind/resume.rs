//! Resumes: the digest of the text without its layout.
//!
//! Merged: texts that differ in layout, punctuation, case and accents only.
//! Kept apart: any other word. Near-duplicates meet in bands, which are derived texts of their own.
//! The canonical text is a digest, unkeyed, so that no node ever holds a resume as a canonical form; what leaves is
//! its salted tag like everything else's.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::KindError;
use super::canonical::{Form, Notes};
use super::identifier::Input;

/// Fewer words than this are a name and a title, which many people share.
const WORDS_MIN: usize = 40;

/// What a canonical text begins with: it is a digest and not a text to be digested again.
const EXACT: &str = "exact:";

pub(super) fn form(input: Input<'_>, notes: &mut Notes) -> Result<Form, KindError> {
    if is_digest(input.value) {
        return Ok(Form::exact(input.value.to_owned()));
    }
    let words = words(input.value);
    if words.split(' ').count() < WORDS_MIN {
        return Err(KindError::ResumeTooShort);
    }
    notes.add("layout, punctuation, case and accents are left out");
    notes.add("only a digest of the words is kept");
    Ok(Form::exact(format!(
        "{EXACT}{}",
        blake3::hash(words.as_bytes()).to_hex()
    )))
}

fn is_digest(value: &str) -> bool {
    value.strip_prefix(EXACT).is_some_and(|hex| {
        hex.len() == 64
            && hex
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// The layout-free text: NFKD, lower case, marks stripped, runs of letters and digits parted by one blank.
fn words(text: &str) -> zeroize::Zeroizing<String> {
    let mut words = zeroize::Zeroizing::new(String::with_capacity(text.len()));
    let letters = text
        .nfkd()
        .flat_map(char::to_lowercase)
        .nfkd()
        .filter(|&letter| !is_combining_mark(letter));
    let mut in_word = false;
    for letter in letters {
        if letter.is_alphanumeric() {
            if !in_word && !words.is_empty() {
                words.push(' ');
            }
            words.push(letter);
        }
        in_word = letter.is_alphanumeric();
    }
    words
}
