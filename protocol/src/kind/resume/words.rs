//! The layout-free text of a resume.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

/// NFKD, lower case, marks stripped, runs of letters and digits parted by one blank.
pub(super) fn words(text: &str) -> Zeroizing<String> {
    let mut words = Zeroizing::new(String::with_capacity(text.len()));
    let letters = text.nfkd().flat_map(char::to_lowercase).nfkd().filter(|&letter| !is_combining_mark(letter));
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
