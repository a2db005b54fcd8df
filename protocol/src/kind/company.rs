//! Companies: country and registration number, or the registered name where there is no number.
//!
//! Grammar: `country:number:name`, where number or name may be empty, or `country:number`, `country:name` (a part
//! with a digit and no blank is a number). The country is a code or name, or a subdivision of ISO 3166-2 where
//! companies are registered there: `US-DE:1234567:Acme Widgets LLC`.
//! Canonical: `US-DE:1234567` where there is a number, else `US-DE::acme widgets llc`.
//! Merged: spellings of one number; of one name, its case, punctuation, the accents of Latin and Greek letters, and the
//! ways to write its legal form.
//! Kept apart: names with different legal forms, and a number from a bare name: one register has one number for a
//! company, while names are given out again.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::canonical::{Form, Notes};
use super::identifier::Input;
use super::{Kind, KindError, clean, country, denylist};

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

/// Whether a part is a number: it has a digit, and either no blank or no letter (`732 829 320`).
fn is_number(text: &str) -> bool {
    let is_one_word = !text.contains(char::is_whitespace) || !text.contains(char::is_alphabetic);
    is_one_word && text.bytes().any(|byte| byte.is_ascii_digit())
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
    // Companies House gives numbers and names out for the whole of the United Kingdom (Companies Act 2006, 66 and 1066).
    if country == "GB" {
        return Ok(country.to_owned());
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
const LEGAL_FORMS: [(&str, &str); 62] = [
    ("limited liability company", "llc"),
    ("limited liability partnership", "llp"),
    ("limited liability co", "llc"),
    ("public limited company", "plc"),
    ("private limited company", "pvt ltd"),
    ("private limited", "pvt ltd"),
    ("private ltd", "pvt ltd"),
    ("pvt limited", "pvt ltd"),
    ("proprietary limited", "pty ltd"),
    ("proprietary ltd", "pty ltd"),
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
    ("sociedad anonima de capital variable", "sa de cv"),
    ("sociedad anonima", "sa"),
    ("sociedad limitada", "sl"),
    ("sociedade anonima", "sa"),
    ("societa a responsabilita limitata", "srl"),
    ("societa per azioni", "spa"),
    ("spolka z ograniczona odpowiedzialnoscia", "sp zoo"),
    ("spolka z oo", "sp zoo"),
    ("spolka z o o", "sp zoo"),
    ("sp z oo", "sp zoo"),
    ("sp z o o", "sp zoo"),
    ("limitada", "ltda"),
    ("lda", "ltda"),
    ("aktieselskab", "as"),
    ("aksjeselskap", "as"),
    ("anpartsselskab", "aps"),
    ("aktiebolag", "ab"),
    ("osakeyhtio", "oy"),
    ("sendirian berhad", "sdn bhd"),
    // Blanks between the letters, and the strokes of `A/S` and `S/A`.
    ("s a de c v", "sa de cv"),
    ("s a r l", "sarl"),
    ("s r l", "srl"),
    ("s r o", "sro"),
    ("d o o", "doo"),
    ("s p a", "spa"),
    ("s a s", "sas"),
    ("l l c", "llc"),
    ("a s", "as"),
    ("s a", "sa"),
    ("s l", "sl"),
    ("b v", "bv"),
    ("n v", "nv"),
    ("incorporated", "inc"),
    ("corporation", "corp"),
    ("company", "co"),
    ("limited", "ltd"),
];

/// The name in folded words, its legal form short: `Acme Widgets, L.L.C.` is `acme widgets llc`.
fn registered_name(name: &str) -> Result<String, KindError> {
    let folded = without_accents(name.nfkd().flat_map(char::to_lowercase).nfkd());
    // The last two are other small letters of `I` and `Σ`, which are all that capitals show.
    let spelled = folded.replace('&', " and ").replace('ł', "l").replace('ß', "ss").replace('ı', "i").replace('ς', "σ");
    // Dots and apostrophes stand inside words: L.L.C., O'Neil.
    let joined: String = spelled.chars().filter(|letter| !matches!(letter, '.' | '\'' | '\u{2019}')).collect();
    let words: Vec<&str> = joined.split(|letter| !is_of_word(letter)).filter(|word| !word.is_empty()).collect();
    let mut text = words.join(" ");
    for (long, short) in LEGAL_FORMS {
        if let Some(stem) = text.strip_suffix(long).and_then(|stem| stem.strip_suffix(' ')) {
            text = format!("{stem} {short}");
        }
    }
    if text.is_empty() {
        return Err(KindError::CompanyNameless);
    }
    // As it is written, for words there have their signs; and what is left of it, which may be much shorter.
    denylist::refuse_filler(Kind::Company, name)?;
    denylist::refuse_filler(Kind::Company, &text)?;
    Ok(text)
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || is_combining_mark(letter)
}

/// The letters composed again, without the accents of Latin and Greek ones. Elsewhere a mark makes another letter (`й`,
/// `が`) or is a vowel (`ि`): names without it are other names. The dots of `ё` are the exception: Russian prints `е` for it.
fn without_accents(letters: impl Iterator<Item = char>) -> String {
    let mut base = ' ';
    let kept = letters.filter(|&letter| {
        if !is_combining_mark(letter) {
            base = letter;
            return true;
        }
        // A mark on nothing is nothing.
        let is_alone = !base.is_alphanumeric();
        let is_latin_or_greek = matches!(base, '\0'..='\u{024F}' | '\u{0370}'..='\u{03FF}' | '\u{1E00}'..='\u{1FFF}');
        !(is_alone || is_latin_or_greek || (base == 'е' && letter == '\u{0308}'))
    });
    kept.nfc().collect()
}
