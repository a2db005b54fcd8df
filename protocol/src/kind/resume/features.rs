//! What tells one resume from another: its uncommon words, and its uncommon pairs of neighbouring words.

use std::collections::BTreeSet;

use super::stoplist::Stoplist;

/// Fewer pairs than this are a list of skills, which strangers share.
const PAIRS_MIN: usize = 40;
/// Fewer words than this likewise.
const WORDS_MIN: usize = 12;

/// The sets that bands are made over: slices of the layout-free text, each once.
pub(super) struct Features<'a> {
    /// Two words with the blank between them.
    pub(super) pairs: BTreeSet<&'a str>,
    /// One word.
    pub(super) words: BTreeSet<&'a str>,
}

impl<'a> Features<'a> {
    /// The features of a layout-free text: words parted by one blank each.
    pub(super) fn of(text: &'a str) -> Self {
        let common = Stoplist::shared();
        let words = text.split(' ').filter(|word| !word.is_empty() && !common.has_word(word)).collect();
        let pairs = neighbours(text).filter(|pair| !common.has_pair(pair)).collect();
        Self { pairs, words }
    }

    pub(super) fn are_too_few(&self) -> bool {
        self.pairs.len() < PAIRS_MIN || self.words.len() < WORDS_MIN
    }
}

/// Every word with the one behind it.
pub(super) fn neighbours(text: &str) -> impl Iterator<Item = &str> {
    let starts = std::iter::once(0).chain(text.match_indices(' ').map(|(at, _)| at + 1));
    let ends = text.match_indices(' ').map(|(at, _)| at).chain(std::iter::once(text.len())).skip(1);
    starts.zip(ends).map(|(start, end)| &text[start..end])
}
