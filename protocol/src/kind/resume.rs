//! Resumes: the exact digest of the layout-free text, and the bands by which near-duplicates meet.
//!
//! Merged: texts that differ in layout, punctuation, case and accents only. Edited texts share bands: the more of the
//! uncommon words and pairs of words two texts have in common, the more.
//! Kept apart: texts that have only common phrases in common.
//! The canonical text and the bands are digests, unkeyed, so that no node ever holds a resume as a canonical form;
//! what leaves are their salted tags, like everything else's.

mod bands;
mod features;
mod stoplist;
mod words;

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use self::{bands::Minimum, features::Features};
use super::KindError;
use super::canonical::{Derivation, Form, Notes};
use super::identifier::Input;

pub use self::bands::{BANDS, Family};

/// Bands in common from which on two resumes are worth a look.
pub const CANDIDATE_BANDS: usize = 2;
/// Bands in common from which on two resumes are versions of one.
pub const MATCH_BANDS: usize = 3;
/// Bands in common from which on no edit of a few words explains the rest.
pub const STRONG_BANDS: usize = 5;

/// What a canonical text begins with: it is a digest and not a text to be digested again.
const EXACT: &str = "exact:";

pub(super) fn form(input: Input<'_>, notes: &mut Notes) -> Result<Form, KindError> {
    if is_digest(input.value) {
        return Ok(Form::exact(input.value.to_owned()));
    }
    let print = Fingerprint::of(input.value)?;
    notes.add("layout, punctuation, case and accents are left out");
    notes.add("only digests of the words, and of uncommon words and pairs of words, are kept");
    let form = Form::exact(print.exact);
    let bands = print.bands.into_iter();
    Ok(bands.fold(form, |form, band| form.derive(Derivation::Band(band.number), band.text)))
}

fn is_digest(value: &str) -> bool {
    value
        .strip_prefix(EXACT)
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
}

/// What a resume's text is made into.
pub struct Fingerprint {
    /// The canonical text: a digest of all words in their order.
    pub exact: String,
    /// One for each number from 0 to [`BANDS`] - 1, in this order.
    pub bands: Vec<Band>,
}

/// One band of a fingerprint: two resumes have it in common if its minima are the same.
pub struct Band {
    /// Its number, and its place.
    pub number: u8,
    /// What it is made over.
    pub family: Family,
    /// The derived text: family, number and minima.
    pub text: String,
    /// The words, or pairs of words, that gave the minima: why two resumes meet here. As secret as the resume.
    pub because: Vec<Zeroizing<String>>,
}

impl Fingerprint {
    /// The fingerprint of a text.
    ///
    /// # Errors
    ///
    /// [`KindError::ResumeTooShort`] if too little is left once common words and pairs are out: bands over a handful of
    /// words would meet by chance.
    pub fn of(text: &str) -> Result<Self, KindError> {
        let words = words::words(text);
        let features = Features::of(&words);
        if features.are_too_few() {
            return Err(KindError::ResumeTooShort);
        }
        let exact = format!("{EXACT}{}", blake3::hash(words.as_bytes()).to_hex());
        let bands = bands::bands(&features).map(|(number, family, minima)| Band {
            number,
            family,
            text: band_text(family, number, &minima),
            because: minima.iter().map(|minimum| Zeroizing::new(minimum.feature.to_owned())).collect(),
        });
        Ok(Self { exact, bands: bands.collect() })
    }

    /// The numbers of the bands that two fingerprints have in common.
    pub fn shared(&self, other: &Self) -> Vec<u8> {
        let pairs = self.bands.iter().zip(&other.bands);
        pairs.filter(|(one, two)| one.text == two.text).map(|(band, _)| band.number).collect()
    }
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fingerprint").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Band {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Band").field("number", &self.number).field("family", &self.family).finish_non_exhaustive()
    }
}

fn band_text(family: Family, number: u8, minima: &[Minimum<'_>]) -> String {
    use std::fmt::Write;
    let mut text = format!("{}:{number}", family.name());
    for minimum in minima {
        write!(text, ":{:016x}", minimum.hash).expect("writing to memory cannot fail");
    }
    text
}

/// Every word and every pair of neighbours of a text, common ones too: what stoplists are counted from.
pub fn all_features(text: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let text = words::words(text);
    let owned = |features: &mut dyn Iterator<Item = &str>| features.map(str::to_owned).collect();
    (owned(&mut text.split(' ')), owned(&mut features::neighbours(&text)))
}

#[cfg(test)]
mod tests;
