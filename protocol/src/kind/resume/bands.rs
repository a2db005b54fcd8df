//! MinHash in bands (Broder, 1997; Indyk and Motwani, 1998): two texts share a band with the probability that its
//! rows' minima are the same, which is the similarity of their sets to the power of the rows.
//!
//! Row i of a family hashes a feature to bytes 8 i to 8 i + 7 of BLAKE3's output under the family's label. A band is
//! the minima of its rows.
//! Invariant: no band has fewer than three rows. With one, or with two over words, a band could be inverted by trying the
//! words of a dictionary (`docs/threat-model.md` has what three cost). Many bands of three find more edited texts than
//! fewer of two do, and fewer strangers' (`larum bench resumes`).

use std::collections::BTreeSet;

use super::features::Features;
use crate::hash::{Label, expand};

/// Bands over pairs of neighbouring words: they find texts of which whole lines were kept.
const PAIR_BANDS: usize = 128;
/// Their rows.
const PAIR_ROWS: usize = 3;
/// Bands over words: they find texts whose words were changed one by one and put into another order.
const WORD_BANDS: usize = 96;
/// Their rows.
const WORD_ROWS: usize = 3;

/// Bands of a fingerprint.
pub const BANDS: usize = PAIR_BANDS + WORD_BANDS;
const _: () = assert!(BANDS <= crate::limits::DERIVED_MAX);

/// What a band is made over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Family {
    /// Pairs of neighbouring words.
    Pairs,
    /// Single words.
    Words,
}

impl Family {
    /// Its name in a band's text.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pairs => "pairs",
            Self::Words => "words",
        }
    }

    const fn label(self) -> Label {
        match self {
            Self::Pairs => Label::ResumePair,
            Self::Words => Label::ResumeWord,
        }
    }

    const fn bands_and_rows(self) -> (usize, usize) {
        match self {
            Self::Pairs => (PAIR_BANDS, PAIR_ROWS),
            Self::Words => (WORD_BANDS, WORD_ROWS),
        }
    }
}

/// The least hash of one row, and the feature that has it.
#[derive(Clone, Copy)]
pub(super) struct Minimum<'a> {
    pub(super) hash: u64,
    pub(super) feature: &'a str,
}

/// Every band: its number, its family and its rows' minima; those over pairs first.
pub(super) fn bands<'a>(features: &Features<'a>) -> impl Iterator<Item = (u8, Family, Vec<Minimum<'a>>)> {
    let pairs = of_family(Family::Pairs, &features.pairs);
    let words = of_family(Family::Words, &features.words);
    let all = pairs.into_iter().chain(words).enumerate();
    all.map(|(number, (family, minima))| {
        (u8::try_from(number).expect("there are fewer than 256 bands"), family, minima)
    })
}

fn of_family<'a>(family: Family, features: &BTreeSet<&'a str>) -> Vec<(Family, Vec<Minimum<'a>>)> {
    let (bands, rows) = family.bands_and_rows();
    let minima = minima(family.label(), bands * rows, features);
    minima.chunks(rows).map(|rows| (family, rows.to_vec())).collect()
}

/// The minimum of each row over a set that is not empty.
fn minima<'a>(label: Label, rows: usize, features: &BTreeSet<&'a str>) -> Vec<Minimum<'a>> {
    let mut minima = vec![Minimum { hash: u64::MAX, feature: "" }; rows];
    let mut hashes = vec![0; rows * 8];
    for feature in features {
        expand(label, &[feature.as_bytes()], &mut hashes);
        for (minimum, hash) in minima.iter_mut().zip(hashes.chunks_exact(8)) {
            let hash = u64::from_be_bytes(hash.try_into().expect("eight bytes"));
            if hash < minimum.hash {
                *minimum = Minimum { hash, feature };
            }
        }
    }
    minima
}
