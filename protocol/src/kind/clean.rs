//! What every value goes through before its kind's own rules: control characters out or refused, invisible ones
//! removed, one Unicode form, trimmed.
//!
//! Invariant: look-alike letters are reported and never folded: a Cyrillic `а` is not a Latin `a`.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::canonical::Notes;
use super::{Kind, KindError};

/// The value cleaned. Plain ASCII, the common case, is only trimmed and never copied.
pub(super) fn clean<'a>(kind: Kind, value: &'a str, notes: &mut Notes) -> Result<Cow<'a, str>, KindError> {
    if value.chars().any(is_refused_control) && kind != Kind::Resume {
        return Err(KindError::ControlCharacter);
    }
    let cleaned =
        if value.is_ascii() { Cow::Borrowed(value.trim()) } else { Cow::Owned(clean_unicode(kind, value, notes)) };
    if cleaned.is_empty() {
        return Err(KindError::Empty);
    }
    Ok(cleaned)
}

/// Line ends and tabs are how a form field or a cell looks; other controls are not text, those of Latin-1 included
/// (U+0080 to U+009F), which mostly come from a text that was read in the wrong encoding.
fn is_refused_control(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\t' | '\n' | '\r')
}

fn clean_unicode(kind: Kind, value: &str, notes: &mut Notes) -> String {
    let visible: String = value.chars().filter(|&letter| !is_invisible(letter)).collect();
    notes.add_if(visible.len() != value.len(), "zero-width and direction characters are removed");
    let composed = one_form(kind, &visible);
    notes.add_if(composed != visible, "unicode is normalised: composed letters, full-width forms");
    if mixes_scripts(&composed) {
        notes.add("letters of more than one script in one word: kept distinct, perhaps a look-alike");
    } else if has_lookalikes(&composed) {
        notes.add("letters that look like Latin ones: kept distinct");
    }
    composed.trim().to_owned()
}

/// The one Unicode form of what can be seen of a text: for a value as a whole, and once more for what a kind's own rules
/// decode out of one.
pub(super) fn one_form(kind: Kind, text: &str) -> String {
    let visible = text.chars().filter(|&letter| !is_invisible(letter));
    match kind {
        // A handle may hold letters that compatibility folding would change, and its platform keeps them apart.
        Kind::Profile => visible.nfc().collect(),
        _ => visible.nfkc().collect(),
    }
}

/// Characters that take no room on the screen: zero-width ones, joiners, soft hyphens, marks of direction, variation
/// selectors, tags (Unicode's `Default_Ignorable_Code_Point`).
pub(super) fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Script {
    Latin,
    Cyrillic,
    Greek,
    Armenian,
    Cherokee,
}

/// The alphabets whose letters are mistaken for each other.
fn script(letter: char) -> Option<Script> {
    match letter {
        'A'..='Z' | 'a'..='z' | '\u{00C0}'..='\u{024F}' | '\u{1E00}'..='\u{1EFF}' => Some(Script::Latin),
        '\u{0370}'..='\u{03FF}' | '\u{1F00}'..='\u{1FFF}' => Some(Script::Greek),
        '\u{0400}'..='\u{052F}' => Some(Script::Cyrillic),
        '\u{0530}'..='\u{058F}' => Some(Script::Armenian),
        '\u{13A0}'..='\u{13FF}' | '\u{AB70}'..='\u{ABBF}' => Some(Script::Cherokee),
        _ => None,
    }
}

/// Whether one word holds letters of two of those alphabets.
pub(super) fn mixes_scripts(text: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric()).any(|word| {
        let mut scripts = word.chars().filter_map(script);
        scripts.next().is_some_and(|first| scripts.any(|other| other != first))
    })
}

/// Whether a whole word could be read as a Latin one.
fn has_lookalikes(text: &str) -> bool {
    const CYRILLIC: &str = "аеорсухіјѕһԁԛԝӏвнкмтАВЕКМНОРСТХУІЈЅ";
    const GREEK: &str = "ονρικαυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ";
    text.split(|letter: char| !letter.is_alphanumeric()).any(|word| {
        let mut letters = word.chars().filter(|letter| letter.is_alphabetic()).peekable();
        letters.peek().is_some() && letters.all(|letter| CYRILLIC.contains(letter) || GREEK.contains(letter))
    })
}

/// Whether a text, folded to lower case, holds nothing but letters and digits of ASCII and the extra bytes.
pub(super) fn is_ascii_word(text: &str, extra: &[u8]) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || extra.contains(&byte))
}

/// Lower case in a form that stays the same when it is folded again.
pub(super) fn fold_case(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase().nfkc().collect() }
}

/// Upper-case ASCII letters and digits only: how serials and registration numbers are compared.
///
/// Returns `None` where a letter or digit of another script is among them.
pub(super) fn serial(text: &str) -> Option<String> {
    text.chars()
        .filter(|letter| letter.is_alphanumeric())
        .map(|letter| letter.is_ascii().then(|| letter.to_ascii_uppercase()))
        .collect()
}
