//! Phone numbers: E.164 by the whole of libphonenumber's metadata.
//!
//! Invariant: a country is never guessed: no `+` and no region is an error.
//! Invariant: a number is valid in its country's numbering plan, not only possible.
//! Invariant: a word behind a number never becomes digits of it.
//! Merged: every way of writing one number, its extension dropped (extensions share the subscriber's line).
//! Kept apart: everything else; a ported number keeps its spelling.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rlibphonenumber::{PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, Region};

use super::canonical::{Form, Notes};
use super::identifier::Input;
use super::{KindError, country};

pub(super) fn form(input: Input<'_>, notes: &mut Notes) -> Result<Form, KindError> {
    let dialled = dialled(input.value)?;
    notes.add_if(dialled != input.value, "digits and signs are written in ASCII");
    let region = input.region.map(region).transpose()?;
    let number = parse(&dialled, region)?;
    let international = dialled.trim_start_matches(|letter: char| !letter.is_ascii_digit() && letter != '+');
    if !international.starts_with('+') && !dialled.contains(PHONE_CONTEXT) {
        notes.add("the region gives the country");
    }
    notes.add_if(number.extension.is_some(), "an extension is dropped");
    let text = guarded(|| {
        let valid = PHONE_NUMBER_UTIL.is_valid_number(&number);
        valid.then(|| PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned())
    })?;
    let text = text.ok_or(KindError::PhoneInvalid)?;
    if has_word_behind(&dialled, region, &text) {
        return Err(KindError::PhoneNotANumber);
    }
    if is_one_digit(number.national_number) {
        return Err(KindError::Placeholder);
    }
    notes.add_if(text != dialled, "written as E.164: + and digits");
    Ok(Form::exact(text))
}

/// Whether a national number is one digit over and over: somebody's, perhaps, and typed by everybody who has none to give.
fn is_one_digit(national: u64) -> bool {
    let digits = national.to_string();
    digits.bytes().all(|digit| digits.starts_with(char::from(digit)))
}

/// Whether letters stand behind what is a number already. The parser reads letters as keys, and where numbers have no
/// fixed length, as in Germany, `+49 30 901820 home` would be the number of somebody else.
fn has_word_behind(dialled: &str, region: Option<Region>, whole: &str) -> bool {
    let Some(first) = dialled.find(|letter: char| letter.is_ascii_digit()) else {
        return false;
    };
    let Some(word) = dialled[first..].find(|letter: char| letter.is_ascii_alphabetic()) else {
        return false;
    };
    if dialled.to_ascii_lowercase().contains(PHONE_CONTEXT) {
        return false;
    }
    let Ok(number) = parse(&dialled[..first + word], region) else {
        return false;
    };
    let alone = guarded(|| {
        let valid = PHONE_NUMBER_UTIL.is_valid_number(&number);
        valid.then(|| PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned())
    });
    alone.is_ok_and(|alone| alone.is_some_and(|alone| alone != whole))
}

const PHONE_CONTEXT: &str = ";phone-context=";

/// Numbering plans of their own beside those of countries: Ascension and Tristan da Cunha, which ISO 3166 only reserves.
const RESERVED_REGIONS: [&str; 2] = ["AC", "TA"];

pub(super) fn region(name: &str) -> Result<Region, KindError> {
    let reserved = RESERVED_REGIONS.into_iter().find(|code| code.eq_ignore_ascii_case(name));
    let code = reserved.or_else(|| country::alpha2(name)).ok_or(KindError::CountryUnknown)?;
    Region::from_code(code).map_err(|_| KindError::CountryUnknown)
}

fn parse(dialled: &str, region: Option<Region>) -> Result<PhoneNumber, KindError> {
    guarded(|| PHONE_NUMBER_UTIL.parse(dialled, region))?.map_err(|error| match error {
        ParseError::InvalidCountryCode if region.is_none() && !dialled.contains('+') => KindError::PhoneNeedsRegion,
        ParseError::NotANumber(_) => KindError::PhoneNotANumber,
        _ => KindError::PhoneInvalid,
    })
}

/// Runs the parser so that a panic in it is an error of this one value.
///
/// `rlibphonenumber` 2.2 slices strings by positions found in them, and one hostile order of parameters (refused in
/// [`dialled`]) made it panic; a port of that size may have more such places. It keeps no state between calls that a
/// panic could leave half written, which is what unwind safety is about. The panic hook still runs, but what reaches
/// the parser is ASCII from a short list of characters, so that nothing printed by it is more than a position.
fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, KindError> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| KindError::PhoneNotANumber)
}

/// The value in the characters that the parser may see: ASCII letters, digits and signs of numbers.
fn dialled(value: &str) -> Result<String, KindError> {
    let dialled: String = value.chars().map(to_ascii).collect::<Option<_>>().ok_or(KindError::PhoneCharacters)?;
    let lower = dialled.to_ascii_lowercase();
    let mut contexts = lower.match_indices(PHONE_CONTEXT);
    if let Some((at, _)) = contexts.next() {
        // `tel:` behind the context makes the parser slice backwards (RFC 3966 has it in front only).
        if contexts.next().is_some() || lower[at..].contains("tel:") {
            return Err(KindError::PhoneNotANumber);
        }
    }
    Ok(dialled)
}

fn to_ascii(letter: char) -> Option<char> {
    match letter {
        'A'..='Z' | 'a'..='z' | '0'..='9' | '+' | '(' | ')' | '-' | '.' | '/' | ' ' => Some(letter),
        ',' | ';' | ':' | '=' | '#' | '*' | '[' | ']' | '~' | '_' => Some(letter),
        letter if letter.is_whitespace() => Some(' '),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30FC}' | '\u{2043}' | '\u{FE63}' => Some('-'),
        '\u{2053}' | '\u{223C}' => Some('~'),
        _ => decimal_digit(letter),
    }
}

/// The first digit of each run of ten decimal digits (Unicode category Nd) outside ASCII that people dial with.
const ZEROS: [char; 22] = [
    '\u{0660}', '\u{06F0}', '\u{07C0}', '\u{0966}', '\u{09E6}', '\u{0A66}', '\u{0AE6}', '\u{0B66}', '\u{0BE6}',
    '\u{0C66}', '\u{0CE6}', '\u{0D66}', '\u{0DE6}', '\u{0E50}', '\u{0ED0}', '\u{0F20}', '\u{1040}', '\u{1090}',
    '\u{17E0}', '\u{1810}', '\u{1946}', '\u{FF10}',
];

fn decimal_digit(letter: char) -> Option<char> {
    ZEROS.into_iter().find_map(|zero| {
        let value = u32::from(letter).checked_sub(u32::from(zero))?;
        char::from_digit(value, 10)
    })
}
