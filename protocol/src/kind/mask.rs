//! How an identifier is shown to the person who entered it: enough to recognise, no more.

use super::Kind;
use super::clean::is_invisible;

const STARS: &str = "***";

/// The value masked. Never more than the first letter of each part of an email address, or four digits of a number.
pub(super) fn masked(kind: Kind, value: &str) -> String {
    let value: String = value.trim().chars().filter(|&letter| !is_invisible(letter) && !letter.is_control()).collect();
    match kind {
        Kind::Email => email(&value),
        Kind::Phone => phone(&value),
        _ => first_and_stars(&value),
    }
}

fn first_and_stars(value: &str) -> String {
    value.chars().take(1).chain(STARS.chars()).collect()
}

/// `jane@example.com` is `j***@e***.com`, with a display name before it too: the last label is public and tells a work address from a free one.
fn email(value: &str) -> String {
    let bare = value.rsplit_once('<').map_or(value, |(_, address)| address.trim_end_matches('>'));
    let Some((local, domain)) = bare.rsplit_once('@') else {
        return first_and_stars(value);
    };
    let suffix = domain.rsplit_once('.').map(|(_, suffix)| suffix);
    match suffix.filter(|suffix| (2..=6).contains(&suffix.len()) && suffix.bytes().all(|b| b.is_ascii_alphabetic())) {
        Some(suffix) => format!("{}@{}.{suffix}", first_and_stars(local), first_and_stars(domain)),
        None => format!("{}@{}", first_and_stars(local), first_and_stars(domain)),
    }
}

/// `+1 202 555 0142` is `+1 *** *** 0142`: the country as far as it was set apart, and four digits of at least ten.
fn phone(value: &str) -> String {
    let digits: Vec<char> = value.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < 10 {
        return STARS.to_owned();
    }
    let last: String = digits[digits.len() - 4..].iter().collect();
    let country: String = value.strip_prefix('+').map(leading_digits).unwrap_or_default();
    match country.len() {
        1..=3 => format!("+{country} {STARS} {STARS} {last}"),
        _ => format!("{STARS} {STARS} {last}"),
    }
}

fn leading_digits(text: &str) -> String {
    match text.strip_prefix('1') {
        // The one calling code of a single digit that is often written without a blank after it.
        Some(_) => "1".to_owned(),
        None => text.chars().take_while(char::is_ascii_digit).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_shows_no_more_than_its_owner_needs() {
        let cases = [
            (Kind::Email, "jane.doe@example.com", "j***@e***.com"),
            (Kind::Email, "\"Doe, Jane\" <jane.doe@example.com>", "j***@e***.com"),
            (Kind::Email, "not an address", "n***"),
            (Kind::Email, "a@localhost", "a***@l***"),
            (Kind::Phone, "+1 202 555 0142", "+1 *** *** 0142"),
            (Kind::Phone, "+12025550142", "+1 *** *** 0142"),
            (Kind::Phone, "+44 20 7946 0958", "+44 *** *** 0958"),
            (Kind::Phone, "(202) 555-0142", "*** *** 0142"),
            (Kind::Phone, "12345", "***"),
            (Kind::Wallet, "0x7F367cC41522cE07553e823bf3be79A889DEbe1B", "0***"),
            (Kind::Profile, "", "***"),
        ];
        for (kind, value, expected) in cases {
            assert_eq!(masked(kind, value), expected, "{kind}");
        }
    }
}
