//! Documents: type, issuing country and number of one that was forged or altered.
//!
//! Grammar: `type:country:number`, for example `passport:US:X1234567`. The canonical text is the same with the type's
//! first name, the two-letter country and the number in upper-case letters and digits.
//! Never here: numbers that a government gives a real person for life (social security, tax, national insurance).
//! They are refused by their type and, where the form gives them away, by their form.

mod personal;

use super::canonical::{Form, Notes};
use super::identifier::Input;
use super::{KindError, clean, country};

/// Each type with the other names it goes by.
const TYPES: [(&str, &[&str]); 10] = [
    ("passport", &["pp", "travel-document"]),
    ("id-card", &["id", "identity-card", "national-id", "national-id-card", "national-identity-card", "idcard"]),
    (
        "driver-licence",
        &["driver-license", "drivers-licence", "drivers-license", "driving-licence", "driving-license", "dl"],
    ),
    ("residence-permit", &["residence-card", "green-card", "permanent-resident-card", "prc"]),
    ("visa", &[]),
    ("work-permit", &["employment-authorization", "employment-authorization-document", "ead"]),
    ("birth-certificate", &[]),
    ("diploma", &["degree", "degree-certificate"]),
    ("certificate", &["certification"]),
    ("bill", &["utility-bill", "bank-statement"]),
];

/// Names of lifelong numbers of persons, in several countries.
const GOVERNMENT_NUMBERS: [&str; 20] = [
    "ssn",
    "social-security",
    "social-security-number",
    "social-security-card",
    "itin",
    "tin",
    "tax-id",
    "sin",
    "nino",
    "national-insurance",
    "nin",
    "aadhaar",
    "pan",
    "cpf",
    "dni",
    "bsn",
    "personnummer",
    "rrn",
    "mynumber",
    "codice-fiscale",
];

pub(super) fn form(input: Input<'_>, notes: &mut Notes) -> Result<Form, KindError> {
    let mut parts = input.value.splitn(3, ':').map(str::trim);
    let (kind, country, number) = match (parts.next(), parts.next(), parts.next()) {
        (Some(kind), Some(country), Some(number)) => (type_name(kind)?, country, number),
        (Some(kind), ..) if is_government_number(&slug(kind)) || looks_like_ssn(kind) => {
            return Err(KindError::GovernmentNumber);
        }
        _ => return Err(KindError::DocumentForm),
    };
    let country = country::alpha2(country).ok_or(KindError::CountryUnknown)?;
    if looks_like_ssn(number) {
        return Err(KindError::GovernmentNumber);
    }
    let serial = clean::serial(number).ok_or(KindError::DocumentNumber)?;
    // Two or three characters are no document's number; thirty-two are more than any has (ICAO 9303 has nine).
    if !(4..=32).contains(&serial.len()) {
        return Err(KindError::DocumentNumber);
    }
    if personal::is_personal(kind, country, &serial) {
        return Err(KindError::GovernmentNumber);
    }
    let text = format!("{kind}:{country}:{serial}");
    notes.add_if(text != input.value, "type and country by their first names, number in upper-case letters and digits");
    Ok(Form::exact(text))
}

fn slug(name: &str) -> String {
    clean::fold_case(name).replace([' ', '_'], "-").replace(['\'', '\u{2019}', '.'], "")
}

fn type_name(name: &str) -> Result<&'static str, KindError> {
    let name = slug(name);
    if is_government_number(&name) {
        return Err(KindError::GovernmentNumber);
    }
    let found = TYPES.iter().find(|(first, others)| *first == name || others.contains(&name.as_str()));
    found.map(|(first, _)| *first).ok_or(KindError::DocumentType)
}

fn is_government_number(slug: &str) -> bool {
    GOVERNMENT_NUMBERS.contains(&slug)
}

/// Three, two and four digits with a sign between: a social security number of the United States.
fn looks_like_ssn(number: &str) -> bool {
    let groups: Vec<&str> = number.split(['-', ' ', '.']).collect();
    let are_digits = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_digit()));
    are_digits && groups.iter().map(|group| group.len()).eq([3, 2, 4])
}
