#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::HashSet;
use std::fmt::Write;

use proptest::prelude::*;

use super::stoplist::{PAIRS, WORDS};
use super::{BANDS, Fingerprint, STRONG_BANDS, all_features};
use crate::kind::{Identifier, Kind, KindError};

/// A resume of a person who does not exist: so many sentences of invented words, the same for one seed.
fn resume(seed: u64, sentences: usize) -> Vec<String> {
    let word = |number: u64| {
        let digest = blake3::hash(&number.to_be_bytes());
        let letters = digest.as_bytes()[..7].iter().map(|byte| char::from(b'a' + byte % 26));
        letters.collect::<String>()
    };
    let sentence = |at: u64| (0..8).map(|n| word(seed * 10_000 + at * 8 + n)).collect::<Vec<_>>().join(" ");
    (0..sentences as u64).map(sentence).collect()
}

fn shared(one: &str, two: &str) -> usize {
    Fingerprint::of(one).unwrap().shared(&Fingerprint::of(two).unwrap()).len()
}

#[test]
fn layout_case_accents_and_punctuation_leave_every_band_and_the_digest_as_they_are() {
    let text = resume(1, 20).join(". ");
    let mut laid_out = String::new();
    for (at, line) in text.split(". ").enumerate() {
        writeln!(laid_out, "  \u{2022} {}\u{301};\t", if at % 2 == 0 { line.to_uppercase() } else { line.to_owned() })
            .unwrap();
    }
    let (one, two) = (Fingerprint::of(&text).unwrap(), Fingerprint::of(&laid_out).unwrap());
    assert_eq!(one.exact, two.exact);
    assert_eq!(one.shared(&two).len(), BANDS);
}

#[test]
fn an_edited_resume_matches_and_another_persons_does_not() {
    let lines = resume(1, 40);
    // Every fifth sentence is another's, and the order is turned around.
    let others = resume(2, 40);
    let edited: Vec<_> = lines
        .iter()
        .zip(&others)
        .enumerate()
        .map(|(at, (own, other))| if at % 5 == 0 { other } else { own })
        .rev()
        .cloned()
        .collect();
    assert!(shared(&lines.join("\n"), &edited.join("\n")) >= STRONG_BANDS);
    assert_eq!(shared(&lines.join("\n"), &resume(3, 40).join("\n")), 0);
}

#[test]
fn what_only_common_phrases_have_in_common_does_not_match() {
    // Given two people who use the same hundreds of common phrases, each between words of their own
    let words: HashSet<_> = WORDS.lines().collect();
    let common: Vec<_> = PAIRS.lines().filter(|pair| pair.split(' ').all(|word| words.contains(word))).collect();
    let text = |seed| {
        let own = resume(seed, 100).join(" ");
        let phrases = own.split(' ').zip(&common).map(|(word, phrase)| format!("{phrase} {word}"));
        phrases.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(shared(&text(1), &text(2)), 0);
}

#[test]
fn too_little_text_is_said_to_be_too_short() {
    assert_eq!(Fingerprint::of("").unwrap_err(), KindError::ResumeTooShort);
    assert_eq!(Fingerprint::of(&resume(1, 4).join(" ")).unwrap_err(), KindError::ResumeTooShort);
    let only_common = WORDS.lines().collect::<Vec<_>>().join(" ");
    assert_eq!(Fingerprint::of(&only_common).unwrap_err(), KindError::ResumeTooShort);
    assert!(Fingerprint::of(&resume(1, 6).join(" ")).is_ok());
}

#[test]
fn a_band_says_which_words_two_resumes_meet_in() {
    let text = resume(1, 20).join(" ");
    let print = Fingerprint::of(&text).unwrap();
    for band in &print.bands {
        assert!(band.because.iter().all(|feature| text.contains(feature.as_str())), "{band:?}");
        assert!(band.because.len() >= 2, "{band:?}: one row could be inverted word by word");
    }
}

#[test]
fn bands_are_derived_forms_of_the_canonical_form_in_a_fixed_order() {
    let text = resume(1, 20).join(" ");
    let canonical = Identifier::new(Kind::Resume, text.as_str()).canonical().unwrap();
    let print = Fingerprint::of(&text).unwrap();
    assert_eq!(canonical.text(), print.exact);
    let derived: Vec<_> = canonical.derived().iter().map(|form| form.text().to_owned()).collect();
    assert_eq!(derived, print.bands.iter().map(|band| band.text.clone()).collect::<Vec<_>>());
    assert_eq!(derived.len(), BANDS);
}

#[test]
fn the_stoplist_is_part_of_the_scheme_version() {
    for file in [WORDS, PAIRS] {
        let lines: Vec<_> = file.lines().collect();
        assert!(lines.is_sorted_by(|one, two| one < two), "ascending, each once");
    }
    // Whoever changes the lists changes every band: raise `SCHEME_VERSION`, and put the new digests here.
    assert_eq!(
        blake3::hash(WORDS.as_bytes()).to_hex().as_str(),
        "9ff3140aafc8bbc2be5cec374ea388d6118ed0697cb6d5d6e626180f9ef8a9c7"
    );
    assert_eq!(
        blake3::hash(PAIRS.as_bytes()).to_hex().as_str(),
        "d317dac3cd5d40affeff574d5c4f05650802365d34424400efe21713f8dfd733"
    );
}

proptest! {
    /// Neighbours are exactly the words two by two.
    #[test]
    fn pairs_are_of_neighbouring_words(words in proptest::collection::vec("[a-z0-9]{1,6}", 0..40)) {
        let (_, pairs) = all_features(&words.join(" , "));
        let expected = words.windows(2).map(|two| two.join(" ")).collect();
        prop_assert_eq!(pairs, expected);
    }
}
