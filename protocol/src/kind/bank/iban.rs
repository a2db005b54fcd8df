//! IBANs: length and make-up by country, check digits by mod 97 (ISO 13616, ISO 7064).
//!
//! The table is SWIFT's IBAN registry. Own code because the table is the whole of it, and the crate at hand refuses
//! Pakistan and Honduras.

use crate::kind::KindError;
use crate::kind::clean;

/// The IBAN in upper-case letters and digits.
pub(super) fn canonical(value: &str) -> Result<String, KindError> {
    let plain: String = value
        .chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '.' | '\u{2010}'..='\u{2015}'))
        .collect::<String>()
        .to_ascii_uppercase();
    let iban = plain.strip_prefix("IBAN").unwrap_or(&plain);
    let iban = iban.strip_prefix(':').unwrap_or(iban);
    if !clean::is_ascii_word(iban, b"") || iban.len() < 5 || !iban.as_bytes()[..2].iter().all(u8::is_ascii_alphabetic) {
        return Err(KindError::BankForm);
    }
    let (country, rest) = iban.split_at(2);
    let shape = shape(country).ok_or(KindError::IbanCountry)?;
    let (check, account) = rest.split_at(2);
    if !check.bytes().all(|byte| byte.is_ascii_digit()) || !fits(account, shape) {
        return Err(KindError::IbanShape);
    }
    // 00, 01 and 99 pass the division as 97, 98 and 02 do, and are never given out (ISO 13616-1, 6).
    if mod97(iban) != 1 || matches!(check, "00" | "01" | "99") {
        return Err(KindError::IbanChecksum);
    }
    Ok(iban.to_owned())
}

/// The remainder of the IBAN, its first four characters last, letters as two digits from A = 10.
fn mod97(iban: &str) -> u32 {
    let (head, tail) = iban.split_at(4);
    tail.chars().chain(head.chars()).filter_map(|letter| letter.to_digit(36)).fold(0, |rest, value| {
        let shift = if value < 10 { 10 } else { 100 };
        (rest * shift + value) % 97
    })
}

/// Whether an account has the make-up of a shape: runs of a count and `a` letters, `n` digits, `c` either.
fn fits(account: &str, shape: &str) -> bool {
    let mut account = account;
    let mut shape = shape;
    while let Some(at) = shape.find(|letter: char| letter.is_ascii_alphabetic()) {
        let (run, rest) = shape.split_at(at + 1);
        let (count, class) = run.split_at(at);
        let count: usize = count.parse().expect("a test reads every shape of the table");
        let Some((part, left)) = account.split_at_checked(count) else { return false };
        let is_of_class = match class {
            "a" => part.bytes().all(|byte| byte.is_ascii_uppercase()),
            "n" => part.bytes().all(|byte| byte.is_ascii_digit()),
            _ => true,
        };
        if !is_of_class {
            return false;
        }
        (account, shape) = (left, rest);
    }
    account.is_empty()
}

fn shape(country: &str) -> Option<&'static str> {
    SHAPES.iter().find(|(code, _)| *code == country).map(|(_, shape)| *shape)
}

/// What follows the check digits, by country: SWIFT IBAN registry, https://www.swift.com/resource/iban-registry-pdf
const SHAPES: [(&str, &str); 89] = [
    ("AD", "8n12c"),
    ("AE", "19n"),
    ("AL", "8n16c"),
    ("AT", "16n"),
    ("AZ", "4a20c"),
    ("BA", "16n"),
    ("BE", "12n"),
    ("BG", "4a6n8c"),
    ("BH", "4a14c"),
    ("BI", "23n"),
    ("BR", "23n1a1c"),
    ("BY", "4c4n16c"),
    ("CH", "5n12c"),
    ("CR", "18n"),
    ("CY", "8n16c"),
    ("CZ", "20n"),
    ("DE", "18n"),
    ("DJ", "23n"),
    ("DK", "14n"),
    ("DO", "4c20n"),
    ("EE", "16n"),
    ("EG", "25n"),
    ("ES", "20n"),
    ("FI", "14n"),
    ("FK", "2a12n"),
    ("FO", "14n"),
    ("FR", "10n11c2n"),
    ("GB", "4a14n"),
    ("GE", "2a16n"),
    ("GI", "4a15c"),
    ("GL", "14n"),
    ("GR", "7n16c"),
    ("GT", "4c20c"),
    ("HN", "4a20n"),
    ("HR", "17n"),
    ("HU", "24n"),
    ("IE", "4a14n"),
    ("IL", "19n"),
    ("IQ", "4a15n"),
    ("IS", "22n"),
    ("IT", "1a10n12c"),
    ("JO", "4a4n18c"),
    ("KW", "4a22c"),
    ("KZ", "3n13c"),
    ("LB", "4n20c"),
    ("LC", "4a24c"),
    ("LI", "5n12c"),
    ("LT", "16n"),
    ("LU", "3n13c"),
    ("LV", "4a13c"),
    ("LY", "21n"),
    ("MC", "10n11c2n"),
    ("MD", "2c18c"),
    ("ME", "18n"),
    ("MK", "3n10c2n"),
    ("MN", "16n"),
    ("MR", "23n"),
    ("MT", "4a5n18c"),
    ("MU", "4a19n3a"),
    ("NI", "4a20n"),
    ("NL", "4a10n"),
    ("NO", "11n"),
    ("OM", "3n16c"),
    ("PK", "4a16c"),
    ("PL", "24n"),
    ("PS", "4a21c"),
    ("PT", "21n"),
    ("QA", "4a21c"),
    ("RO", "4a16c"),
    ("RS", "18n"),
    ("RU", "14n15c"),
    ("SA", "2n18c"),
    ("SC", "4a20n3a"),
    ("SD", "14n"),
    ("SE", "20n"),
    ("SI", "15n"),
    ("SK", "20n"),
    ("SM", "1a10n12c"),
    ("SO", "19n"),
    ("ST", "21n"),
    ("SV", "4a20n"),
    ("TL", "19n"),
    ("TN", "20n"),
    ("TR", "5n1n16c"),
    ("UA", "6n19c"),
    ("VA", "18n"),
    ("VG", "4a16n"),
    ("XK", "16n"),
    ("YE", "4a4n18c"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_the_table_can_be_read() {
        for (country, shape) in SHAPES {
            assert_eq!(country.len(), 2);
            let counts = shape.split_terminator(['a', 'n', 'c']);
            let length: usize = counts.map(|count| count.parse::<usize>().expect("a count")).sum();
            assert!((11..=30).contains(&length), "{country}");
            assert!(shape.ends_with(['a', 'n', 'c']), "{country}");
        }
    }
}
