//! Companies: country and registration number, or the registered name where there is no number.
//!
//! Grammar: `country:number:name`, where number or name may be empty, or `country:number`, `country:name` (a part
//! with a digit and no blank is a number). The country is a code or name, or a subdivision of ISO 3166-2 where
//! companies are registered there: `US-DE:1234567:Acme Widgets LLC`.
//! Canonical: `US-DE:1234567` where there is a number, else `US-DE::acme widgets llc`.
//! Merged: spellings of one number; of one name, its case, accents, punctuation, and the ways to write its legal form.
//! Kept apart: names with different legal forms, and a number from a bare name: one register has one number for a
//! company, while names are given out again.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::canonical::{Form, Notes};
use super::identifier::Input;
use super::{KindError, clean, country};

pub(super) fn form(input: Input<'_>, notes: &mut Notes) -> Result<Form, KindError> {
    let mut parts = input.value.splitn(3, ':').map(str::trim);
    let (place, number, name) = match (parts.next(), parts.next(), parts.next()) {
        (Some(place), Some(number), Some(name)) => (place, number, name),
        (Some(place), Some(number), None) if is_number(number) => (place, number, ""),
        (Some(place), Some(name), None) => (place, "", name),
        _ => return Err(KindError::CompanyForm),
    };
    let place = place_code(place)?;
    let text = if number.is_empty() {
        format!("{place}::{}", registered_name(name)?)
    } else {
        notes.add_if(!name.is_empty(), "the registration number decides, the name is left out");
        format!("{place}:{}", registration_number(&place, number)?)
    };
    notes.add_if(text != input.value, "written without case, punctuation and long legal forms");
    Ok(Form::exact(text))
}

fn is_number(text: &str) -> bool {
    !text.contains(char::is_whitespace) && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// `US`, `US-DE`: a country, and a subdivision of it in one to three letters or digits.
fn place_code(place: &str) -> Result<String, KindError> {
    if let Some(country) = country::alpha2(place).filter(|_| !place.contains('-')) {
        return Ok(country.to_owned());
    }
    let (country, subdivision) = place.split_once('-').ok_or(KindError::CountryUnknown)?;
    let country = country::alpha2(country).ok_or(KindError::CountryUnknown)?;
    if subdivision.len() > 3 || !clean::is_ascii_word(subdivision, b"") {
        return Err(KindError::CountryUnknown);
    }
    Ok(format!("{country}-{}", subdivision.to_ascii_uppercase()))
}

fn registration_number(place: &str, number: &str) -> Result<String, KindError> {
    let number = clean::serial(number).filter(|number| (1..=40).contains(&number.len()));
    let number = number.ok_or(KindError::CompanyForm)?;
    if !number.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err(KindError::CompanyForm);
    }
    // Companies House writes eight characters, and people leave the leading zeros off.
    if place == "GB" && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(format!("{number:0>8}"));
    }
    Ok(number)
}

/// Legal forms as they are written, in folded words, and the short one that stands for them.
const LEGAL_FORMS: [(&str, &str); 36] = [
    ("limited liability company", "llc"),
    ("limited liability partnership", "llp"),
    ("limited liability co", "llc"),
    ("public limited company", "plc"),
    ("private limited company", "pvt ltd"),
    ("private limited", "pvt ltd"),
    ("private ltd", "pvt ltd"),
    ("pvt limited", "pvt ltd"),
    ("proprietary limited", "pty ltd"),
    ("pty limited", "pty ltd"),
    ("company limited", "co ltd"),
    ("co limited", "co ltd"),
    ("company ltd", "co ltd"),
    ("limited partnership", "lp"),
    ("gesellschaft mit beschrankter haftung", "gmbh"),
    ("aktiengesellschaft", "ag"),
    ("kommanditgesellschaft", "kg"),
    ("unternehmergesellschaft haftungsbeschrankt", "ug"),
    ("ug haftungsbeschrankt", "ug"),
    ("unternehmergesellschaft", "ug"),
    ("besloten vennootschap", "bv"),
    ("naamloze vennootschap", "nv"),
    ("societe a responsabilite limitee", "sarl"),
    ("societe par actions simplifiee", "sas"),
    ("societe anonyme", "sa"),
    ("sociedad anonima", "sa"),
    ("sociedad limitada", "sl"),
    ("sociedade anonima", "sa"),
    ("societa a responsabilita limitata", "srl"),
    ("societa per azioni", "spa"),
    ("spolka z ograniczona odpowiedzialnoscia", "sp zoo"),
    ("sp z oo", "sp zoo"),
    ("incorporated", "inc"),
    ("corporation", "corp"),
    ("company", "co"),
    ("limited", "ltd"),
];

/// The name in folded words, its legal form short: `Acme Widgets, L.L.C.` is `acme widgets llc`.
fn registered_name(name: &str) -> Result<String, KindError> {
    let folded: String = name.nfkd().flat_map(char::to_lowercase).nfkd().filter(|&c| !is_combining_mark(c)).collect();
    let spelled = folded.replace('&', " and ").replace('ł', "l").replace('ß', "ss");
    // Dots and apostrophes stand inside words: L.L.C., O'Neil.
    let joined: String = spelled.chars().filter(|letter| !matches!(letter, '.' | '\'' | '\u{2019}')).collect();
    let words: Vec<&str> =
        joined.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let mut text = words.join(" ");
    for (long, short) in LEGAL_FORMS {
        if let Some(stem) = text.strip_suffix(long).and_then(|stem| stem.strip_suffix(' ')) {
            text = format!("{stem} {short}");
        }
    }
    if text.is_empty() { Err(KindError::CompanyNameless) } else { Ok(text) }
}
