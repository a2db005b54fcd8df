//! Units of a house: apartment, suite, floor, building, and their numbers (USPS Publication 28, 213 and appendix C2).

use super::line::{has_digit, without_zeros};
use super::words;

/// Takes units off a line: a word for one and its number, in either order, or a word that needs none.
pub(super) fn take_units(line: &mut Vec<String>) -> Vec<String> {
    unglue(line);
    let mut units = Vec::new();
    let mut at = 0;
    while at < line.len() {
        let Some(unit) = words::unit(&line[at]) else {
            at += 1;
            continue;
        };
        // `MARIGOLD KEY` is a street; the key behind another suffix is a unit.
        if at > 0 && words::suffix(&line[at]).is_some() && !line[1..at].iter().any(|word| words::suffix(word).is_some())
        {
            at += 1;
            continue;
        }
        // `APT #4` has two words for one unit; `SIESTA KEY APT 4` has a street's and a unit's.
        let mut number_at = at + 1;
        while line.get(number_at).is_some_and(|word| word == "#" || (unit == "#" && words::unit(word) == Some("#"))) {
            number_at += 1;
        }
        // `APT REAR` is the unit behind.
        let behind = line.get(number_at).and_then(|word| words::unit(word));
        if unit == "#" && at > 1 && behind.is_some_and(needs_no_number) {
            line.remove(at);
            continue;
        }
        let ordinal_before = at.checked_sub(1).filter(|&before| unit == "FL" && floor_number(&line[before]).is_some());
        if let Some(before) = ordinal_before {
            let number = floor_number(&line[before]).unwrap_or_default();
            units.push(format!("FL {number}"));
            line.drain(before..=at);
            at = before;
        } else if line.get(number_at).is_some_and(|word| is_unit_number(word)) {
            units.push(format!("{unit} {}", unit_number(&line[number_at])));
            line.drain(at..=number_at);
        } else if needs_no_number(unit) && at > 1 {
            units.push(unit.to_owned());
            line.remove(at);
        } else {
            at += 1;
        }
    }
    units
}

/// The units of appendix C2 that stand without a number.
fn needs_no_number(unit: &str) -> bool {
    matches!(unit, "BSMT" | "FRNT" | "LBBY" | "LOWR" | "PH" | "REAR" | "UPPR")
}

/// A line that is nothing but units: `APT 4`, `BLDG 2 APT 4`, `3RD FLOOR`, and behind a street a bare `4B`.
pub(super) fn whole_line_unit(line: &[String], after_street: bool) -> Option<Vec<String>> {
    let bare = match line {
        [first, behind @ ..] if behind.len() == 1 && words::unit(first) == Some("#") => behind,
        _ => line,
    };
    if let [word] = bare
        && let Some(unit) = words::unit(word).filter(|unit| needs_no_number(unit))
    {
        return Some(vec![unit.to_owned()]);
    }
    // These are words of names as well, so that only a line of their own behind the street is read as a unit.
    match line {
        [word] if after_street && matches!(word.as_str(), "OFC" | "OFFICE") => return Some(vec!["OFC".to_owned()]),
        [word] if after_street && word == "SIDE" => return Some(vec!["SIDE".to_owned()]),
        _ => {}
    }
    let mut words = line.to_vec();
    let units = take_units(&mut words);
    match words.as_slice() {
        [] if !units.is_empty() => Some(units),
        [number] if units.is_empty() && after_street && has_digit(number) && number.len() <= 6 => {
            Some(vec![format!("# {}", unit_number(number))])
        }
        _ => None,
    }
}

/// `04-B` is `4B`; a hyphen between two digits stays.
pub(super) fn unit_number(word: &str) -> String {
    let word = without_zeros(word.trim_start_matches('#'));
    let bytes = word.as_bytes();
    let is_between_digits =
        |at: usize| at > 0 && bytes[at - 1].is_ascii_digit() && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    word.char_indices()
        .filter(|&(at, letter)| letter != '-' || is_between_digits(at))
        .map(|(_, letter)| letter)
        .collect()
}

/// `APT4B`, `STE200`: the word and the number apart.
fn unglue(line: &mut Vec<String>) {
    let glued = line.iter().enumerate().find_map(|(at, word)| {
        let digit = word.find(|letter: char| letter.is_ascii_digit())?;
        let unit = word[..digit].trim_end_matches('-');
        (unit.len() >= 2 && words::unit(unit).is_some()).then_some((at, unit.len(), digit))
    });
    if let Some((at, end, digit)) = glued {
        let number = line[at].split_off(digit);
        line[at].truncate(end);
        line.insert(at + 1, number);
    }
}

fn is_unit_number(word: &str) -> bool {
    has_digit(word) || (word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

/// `3RD` or `THIRD` before `FLOOR`.
fn floor_number(word: &str) -> Option<String> {
    let word = words::ordinal(word).unwrap_or(word);
    let number = ["ST", "ND", "RD", "TH"].iter().find_map(|end| word.strip_suffix(end))?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then(|| number.to_owned())
}
