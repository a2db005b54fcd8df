//! A canonical form: the text, the wider texts derived from it, and which rules changed what was written.
//!
//! Invariant: only `kind/` makes one, so that a tag can never cover a raw spelling.
//! Invariant: texts are wiped when dropped and never printed by `Debug`.

use std::borrow::Cow;
use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::Kind;

/// The one spelling that every member computes for the same identifier.
#[derive(Clone, Eq, PartialEq)]
pub struct Canonical {
    kind: Kind,
    text: Zeroizing<String>,
    derived: Vec<Derived>,
    notes: Vec<Note>,
}

impl Canonical {
    pub(super) fn new(kind: Kind, form: Form, notes: Vec<Note>) -> Self {
        Self { kind, text: Zeroizing::new(form.text), derived: form.derived, notes }
    }

    /// The identifier's kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The canonical text. A secret of this node: hash it, show it to its own user, never send or store it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Wider texts that belong to this one: a match on these alone is caution at most.
    pub fn derived(&self) -> &[Derived] {
        &self.derived
    }

    /// The rules that changed what was written, in the order in which they were applied.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

impl fmt::Debug for Canonical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canonical").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// A wider text of an identifier, in the same namespace as an exact canonical text of its kind: the mailbox without
/// its plus tag has exactly the text of that mailbox.
#[derive(Clone, Eq, PartialEq)]
pub struct Derived {
    derivation: Derivation,
    text: Zeroizing<String>,
}

impl Derived {
    /// How the text was derived.
    pub fn derivation(&self) -> Derivation {
        self.derivation
    }

    /// The derived text; as secret as the canonical one.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Derived").field("derivation", &self.derivation).finish_non_exhaustive()
    }
}

/// How a derived text comes from its identifier: numbered on the wire by [`Derivation::number`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Derivation {
    /// The mailbox without its plus tag, at a provider whose rule is not known.
    PlusTag,
    /// The /64 network of an IPv6 address.
    Prefix64,
    /// One near-duplicate band of a resume.
    Band(u8),
}

impl Derivation {
    const BAND_FIRST: u16 = 256;

    /// The number that stands for this derivation in signed objects.
    pub const fn number(self) -> u16 {
        match self {
            Self::PlusTag => 1,
            Self::Prefix64 => 2,
            Self::Band(band) => Self::BAND_FIRST + band as u16,
        }
    }

    /// The derivation that a number stands for; `None` for one that this version does not know.
    pub fn from_number(number: u16) -> Option<Self> {
        match number {
            1 => Some(Self::PlusTag),
            2 => Some(Self::Prefix64),
            _ => number.checked_sub(Self::BAND_FIRST).and_then(|band| u8::try_from(band).ok()).map(Self::Band),
        }
    }
}

/// One rule that changed a value, or one thing about it that a person should know, in words and without the value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Note(Cow<'static, str>);

impl Note {
    /// The rule in words, such as `gmail ignores dots`.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a kind's rules make of a value: the exact text and those derived from it.
pub(super) struct Form {
    pub(super) text: String,
    derived: Vec<Derived>,
}

impl Form {
    pub(super) fn exact(text: String) -> Self {
        Self { text: composed(text), derived: Vec::new() }
    }

    pub(super) fn derive(mut self, derivation: Derivation, text: String) -> Self {
        self.derived.push(Derived { derivation, text: Zeroizing::new(composed(text)) });
        self
    }
}

/// The text with its letters composed. A kind's rules leave signs out, and what a sign kept apart (a letter and its
/// accent around a dot, the parts of a Hangul syllable around a hyphen) would be one letter to whoever reads the text.
fn composed(text: String) -> String {
    if text.is_ascii() {
        return text;
    }
    let text = Zeroizing::new(text);
    text.nfc().collect()
}

/// The notes taken while a value is read; each is taken once.
#[derive(Default)]
pub(super) struct Notes(Vec<Note>);

impl Notes {
    pub(super) fn add(&mut self, text: impl Into<Cow<'static, str>>) {
        let note = Note(text.into());
        if !self.0.contains(&note) {
            self.0.push(note);
        }
    }

    pub(super) fn add_if(&mut self, changed: bool, text: &'static str) {
        if changed {
            self.add(text);
        }
    }

    pub(super) fn into_vec(self) -> Vec<Note> {
        self.0
    }
}
