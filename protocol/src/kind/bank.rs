//! Bank accounts: an IBAN, or country, routing number and account where there is none.
//!
//! Grammar: an IBAN, or `country:routing:account`. The canonical text is the IBAN without blanks, or the three parts
//! in upper-case letters and digits.
//! Merged: spellings. Kept apart: an IBAN and the domestic writing of the same account, because the second cannot be
//! turned into the first without the bank's own code.

mod iban;

use super::canonical::{Form, Notes};
use super::identifier::Input;
use super::{KindError, clean, country};

/// Account numbers are printed on cheques; the longest field for one has 34 characters (ISO 13616, ISO 20022).
const ACCOUNT_LETTERS_MAX: usize = 34;

pub(super) fn form(input: Input<'_>, notes: &mut Notes) -> Result<Form, KindError> {
    let text = match domestic(input.value)? {
        Some(text) => text,
        None => iban::canonical(input.value)?,
    };
    notes.add_if(text != input.value, "written in upper-case letters and digits, without blanks");
    Ok(Form::exact(text))
}

/// `country:routing:account`; `None` where the value can only be an IBAN.
fn domestic(value: &str) -> Result<Option<String>, KindError> {
    let mut parts = value.split(':').map(str::trim);
    let (Some(country), Some(routing), Some(account), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Ok(None);
    };
    let country = country::alpha2(country).ok_or(KindError::CountryUnknown)?;
    let routing = if country == "CA" { transit_first(routing) } else { routing.to_owned() };
    let routing = clean::serial(&routing).ok_or(KindError::BankRouting)?;
    let account = clean::serial(account).ok_or(KindError::BankAccount)?;
    let routing = routing_number(country, routing).ok_or(KindError::BankRouting)?;
    let account = account_number(country, account).ok_or(KindError::BankAccount)?;
    if account.bytes().all(|digit| digit == b'0') {
        return Err(KindError::Placeholder);
    }
    Ok(Some(format!("{country}:{routing}:{account}")))
}

/// A routing number as the country's banks write it.
fn routing_number(country: &str, routing: String) -> Option<String> {
    let is_digits = routing.bytes().all(|byte| byte.is_ascii_digit());
    match country {
        "US" => is_aba(&routing).then_some(routing),
        "GB" | "AU" => (is_digits && routing.len() == 6).then_some(routing),
        "CA" => canadian(routing),
        "IN" => is_ifsc(&routing).then_some(routing),
        _ => (1..=ACCOUNT_LETTERS_MAX).contains(&routing.len()).then_some(routing),
    }
}

fn account_number(country: &str, account: String) -> Option<String> {
    let is_digits = account.bytes().all(|byte| byte.is_ascii_digit());
    match country {
        "US" => (2..=17).contains(&account.len()).then_some(account),
        // Eight digits; some banks print six or seven and pad with zeros in front (Vocalink's standard).
        "GB" => (is_digits && (6..=8).contains(&account.len())).then(|| format!("{account:0>8}")),
        _ => (2..=ACCOUNT_LETTERS_MAX).contains(&account.len()).then_some(account),
    }
}

/// Nine digits whose sum, weighted 3 7 1, is a multiple of ten, in a district that was given out (ABA routing number
/// policy).
fn is_aba(routing: &str) -> bool {
    let Some(digits) = routing.bytes().map(|byte| char::from(byte).to_digit(10)).collect::<Option<Vec<_>>>() else {
        return false;
    };
    let [first, second, ..] = digits[..] else {
        return false;
    };
    let sum: u32 = digits.iter().zip([3, 7, 1].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    // Nine zeros have a right sum too.
    digits.len() == 9
        && sum > 0
        && sum.is_multiple_of(10)
        && matches!(first * 10 + second, 0..=12 | 21..=32 | 61..=72 | 80)
}

/// A Canadian number of three and five digits is institution and transit; a cheque has the transit's five first.
fn transit_first(routing: &str) -> String {
    let is_sign = |letter: char| !letter.is_ascii_digit();
    match routing.split(is_sign).filter(|part| !part.is_empty()).collect::<Vec<_>>()[..] {
        [institution, transit] if institution.len() == 3 && transit.len() == 5 => format!("{transit}{institution}"),
        _ => routing.to_owned(),
    }
}

/// Transit and institution, eight digits on a cheque (`12345-001`), nine in a transfer (`000112345`): the latter.
fn canadian(routing: String) -> Option<String> {
    if !routing.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match routing.len() {
        8 => Some(format!("0{}{}", &routing[5..], &routing[..5])),
        9 if routing.starts_with('0') => Some(routing),
        _ => None,
    }
}

/// Four letters of the bank, a zero, six of the branch (Reserve Bank of India).
fn is_ifsc(routing: &str) -> bool {
    let bytes = routing.as_bytes();
    bytes.len() == 11 && bytes[..4].iter().all(u8::is_ascii_uppercase) && bytes[4] == b'0'
}
