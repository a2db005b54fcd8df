//! Words and pairs of words that many resumes have in common, and that therefore tell nothing.
//!
//! Two files in the tree, the same for every member: one word, or one pair, a line, ascending. `examples/stoplist.rs`
//! makes them; `data/resume/README.md` says from what. They are part of the kind's scheme version: whoever has others
//! makes other bands.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The words' file.
pub(super) const WORDS: &str = include_str!("../../../data/resume/words.txt");
/// The pairs' file.
pub(super) const PAIRS: &str = include_str!("../../../data/resume/pairs.txt");

static SHARED: LazyLock<Stoplist> =
    LazyLock::new(|| Stoplist { words: WORDS.lines().collect(), pairs: PAIRS.lines().collect() });

/// What is too common to count.
pub(super) struct Stoplist {
    words: HashSet<&'static str>,
    pairs: HashSet<&'static str>,
}

impl Stoplist {
    /// The one list.
    pub(super) fn shared() -> &'static Self {
        &SHARED
    }

    pub(super) fn has_word(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    pub(super) fn has_pair(&self, pair: &str) -> bool {
        self.pairs.contains(pair)
    }
}
