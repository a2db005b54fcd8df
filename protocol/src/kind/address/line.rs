//! Words of an address, and the lines in front of the place: box, house number, street, unit.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::street::{continental_street, join_directions, shorten, street_end};
use super::unit::{take_units, unit_number, whole_line_unit};
use super::{rural, words};
use crate::kind::KindError;
use crate::kind::canonical::Notes;

/// The street's line, read.
pub(super) struct Line {
    pub(super) street: String,
    pub(super) unit: String,
    /// Words behind the street, where no comma parted it from the town.
    pub(super) rest: Vec<String>,
}

/// What may stand behind the street in its line.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Tail {
    /// Nothing: the town has a line of its own, and every word counts.
    Street,
    /// The town, for want of a comma.
    Town,
}

/// The lines of an address in words: upper case, accents dropped, signs out.
pub(super) fn lines(value: &str) -> Vec<Vec<String>> {
    let lines = value.split([',', '\n', '\r', ';', '|']).map(words_of);
    lines.filter(|line| !line.is_empty()).collect()
}

fn words_of(line: &str) -> Vec<String> {
    // German letters have a spelling of their own without marks, and `ß` no mark to drop.
    let spelled = line.to_uppercase().nfc().collect::<String>();
    let spelled = spelled.replace('Ä', "AE").replace('Ö', "OE").replace('Ü', "UE").replace('Ø', "OE").replace('Ł', "L");
    // Composed again: Hangul has no marks to drop, and a canonical text must survive the cleaning of its reader.
    let plain: String = spelled.nfkd().filter(|&letter| !is_combining_mark(letter)).nfc().collect();
    let plain =
        join_range(plain).replace("C/O", "CARE-OF ").replace('#', " # ").replace("1/2", " 1/2").replace('½', " 1/2");
    let signs = |letter: char| letter.is_whitespace() || matches!(letter, ':' | '(' | ')' | '"');
    plain
        .split(signs)
        .map(|word| {
            word.chars().filter(|letter| letter.is_alphanumeric() || "-/#".contains(*letter)).collect::<String>()
        })
        .map(|word| word.trim_matches(['-', '/']).to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Puts a house number that a comma parted from its street back to it: `8, rue des Aulnes`, `Calle del Aliso, 9`.
fn join_house_number(country: &str, lines: &mut Vec<Vec<String>>) {
    let Some(at) = lines.iter().position(|line| line.iter().any(|word| has_digit(word))) else {
        return;
    };
    let is_alone = match lines[at].as_slice() {
        [number] => is_house_number(number),
        [number, letter] => is_house_number(number) && matches!(letter.as_str(), "A" | "B" | "C" | "D" | "BIS" | "TER"),
        _ => false,
    };
    let is_first = is_english(country) || matches!(country, "DZ" | "FR" | "LU" | "MA" | "MC" | "TN");
    let street = if is_first { Some(at + 1) } else { at.checked_sub(1) };
    let Some(street) = street.filter(|&street| is_alone && street < lines.len()) else {
        return;
    };
    if lines[street].iter().any(|word| has_digit(word)) {
        return;
    }
    let (first, second) = (at.min(street), at.max(street));
    let mut behind = lines.remove(second);
    lines[first].append(&mut behind);
}

/// `45 - 47 MAIN ST` is `45-47 MAIN ST`.
fn join_range(line: String) -> String {
    match line.trim_start().split_once(" - ") {
        Some((from, rest))
            if from.bytes().all(|byte| byte.is_ascii_digit())
                && rest.starts_with(|next: char| next.is_ascii_digit()) =>
        {
            format!("{from}-{rest}")
        }
        _ => line,
    }
}

/// Mends lines that a comma or a dash cut: `KING, JR BOULEVARD`, `45 - 47 MAIN ST`; and a house number in words
/// (Publication 28, appendix E).
pub(super) fn mend(country: &str, lines: &mut Vec<Vec<String>>) {
    if let Some(at) = lines.iter().position(|line| matches!(line[0].as_str(), "JR" | "SR")).filter(|at| *at > 0) {
        let mut behind = lines.remove(at);
        lines[at - 1].append(&mut behind);
    }
    for line in lines.iter_mut().filter(|_| is_english(country)) {
        let is_of_street = line.iter().skip(2).any(|word| words::suffix(word).is_some());
        if let Some(number) = words::number(&line[0]).filter(|_| is_of_street) {
            number.clone_into(&mut line[0]);
        }
    }
    join_house_number(country, lines);
}

/// `9`, `12A`, `12-14`: begins with a digit, and is shorter than a postal code.
fn is_house_number(word: &str) -> bool {
    word.len() <= 5
        && word.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
        && (word.len() < 4 || word.contains(['-', '/']) || word.bytes().any(|byte| byte.is_ascii_alphabetic()))
}

/// Reads the lines that are left once country, postal code and town are taken.
pub(super) fn read(
    country: &str,
    mut lines: Vec<Vec<String>>,
    tail: Tail,
    notes: &mut Notes,
) -> Result<Line, KindError> {
    let mut units = Vec::new();
    let mut street = if country == "US" { rural::take(&mut lines) } else { None };
    let mut boxed = None;
    let mut rest = Vec::new();
    for mut line in lines {
        if let Some(number) = take_box(&mut line) {
            boxed = Some(number);
        }
        if line.is_empty() || line.first().is_some_and(|word| matches!(word.as_str(), "CARE-OF" | "ATTN" | "ATTENTION"))
        {
            continue;
        }
        // `BLDG 2 APT 4` and `3RD FLOOR` have a number and a word too, and are no street.
        if let Some(found) = whole_line_unit(&line, street.is_some()) {
            units.extend(found);
        } else if street.is_none() && is_street(country, &line) {
            let (read, units_of_line, behind) = read_street(country, line, tail)?;
            street = Some(read);
            units.extend(units_of_line);
            rest = behind;
        } else if street.is_none() {
            notes.add("the line before the street is left off: addressee or building name");
        } else if tells_doors_apart(&line) {
            units.push(line.join(" "));
        } else {
            rest.extend(line);
        }
    }
    let street = match (street, boxed) {
        (Some(street), None) => street,
        (None, Some(number)) => format!("PO BOX {number}"),
        (Some(street), Some(number)) => format!("{street} PO BOX {number}"),
        (None, None) => return Err(KindError::AddressNeedsNumber),
    };
    units.sort_unstable();
    units.dedup();
    Ok(Line { street, unit: units.join(" "), rest })
}

pub(super) fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether a line behind the street's says which building or door: a number, a letter, `WEST TOWER`. Others name a
/// quarter or a county, which people add or leave out.
fn tells_doors_apart(line: &[String]) -> bool {
    const BUILDINGS: [&str; 9] =
        ["BLOCK", "COTTAGE", "ENTRANCE", "GATE", "HALL", "HOUSE", "LODGE", "STAIRCASE", "TOWER"];
    line.iter().any(|word| has_digit(word) || word.len() == 1 || BUILDINGS.contains(&word.as_str()))
}

/// A street's line has a house number at one of its ends and a word beside it.
fn is_street(country: &str, line: &[String]) -> bool {
    let starts_with_unit = words::unit(&line[0]).is_some() && line.len() <= 3;
    let has_name = line.iter().any(|word| word.bytes().filter(u8::is_ascii_alphabetic).count() > 1 || !word.is_ascii());
    let has_number = has_digit(&line[0]) || (!is_english(country) && line.iter().any(|word| has_digit(word)));
    let is_short_unit = line.len() == 1;
    let unit_first =
        words::unit(&line[0]).is_some() && line.len() > 3 && line.iter().skip(2).any(|word| has_digit(word));
    (has_name && has_number && !starts_with_unit && !is_short_unit) || unit_first
}

/// Countries that write `number street`, with English words.
fn is_english(country: &str) -> bool {
    matches!(
        country,
        "US" | "GB" | "CA" | "AU" | "NZ" | "IE" | "ZA" | "SG" | "IN" | "PH" | "HK" | "PR" | "NG" | "KE" | "PK"
    )
}

/// `PO BOX 12` in any spelling, taken off its line; the number.
fn take_box(line: &mut Vec<String>) -> Option<String> {
    for at in 0..line.len() {
        let next = |offset: usize| line.get(at + offset).map(String::as_str).unwrap_or_default();
        let length = match (next(0), next(1), next(2)) {
            ("POST", "OFFICE", "BOX") | ("P", "O", "BOX" | "DRAWER" | "BIN") => 3,
            // Publication 28, 283: other designations of a box are written as PO BOX.
            ("PO", "BOX" | "BX" | "DRAWER" | "BIN", _) | ("POST", "BOX", _) => 2,
            ("POB" | "POBOX" | "POSTFACH" | "POSTBUS", ..) => 1,
            // A bare `BOX` is a post office's only where no rural route stands before it.
            ("BOX" | "DRAWER" | "LOCKBOX", ..) if at == 0 => 1,
            _ => continue,
        };
        let number_at = at + length + usize::from(next(length) == "#");
        let number = line.get(number_at).filter(|word| has_digit(word) || word.len() == 1)?.clone();
        line.drain(at..=number_at);
        return Some(without_zeros(&number).to_owned());
    }
    None
}

/// The street in its short words, its units, and what stands behind it where no comma does.
fn read_street(
    country: &str,
    mut line: Vec<String>,
    tail: Tail,
) -> Result<(String, Vec<String>, Vec<String>), KindError> {
    split_unit_before_number(country, &mut line);
    let mut units = take_units(&mut line);
    if line.is_empty() {
        return Err(KindError::AddressNeedsNumber);
    }
    if !is_english(country) {
        return match tail {
            Tail::Street => Ok((continental_street(line), units, Vec::new())),
            Tail::Town => Err(KindError::AddressNeedsCommas),
        };
    }
    let number = house_number(&mut line).ok_or(KindError::AddressNeedsNumber)?;
    if line.is_empty() {
        return Err(KindError::AddressNeedsNumber);
    }
    join_directions(&mut line);
    let end = street_end(&line);
    let mut rest = line.split_off(end);
    if let [unit] = rest.as_slice()
        && has_digit(unit)
        && units.is_empty()
    {
        units.push(format!("# {}", unit_number(unit)));
        rest.clear();
    }
    match tail {
        Tail::Street => line.append(&mut rest),
        Tail::Town if rest.is_empty() && !ends_in_suffix(&line) => {
            return Err(KindError::AddressNeedsCommas);
        }
        Tail::Town => {}
    }
    shorten(&mut line);
    Ok((format!("{number} {}", line.join(" ")), units, rest))
}

fn ends_in_suffix(line: &[String]) -> bool {
    line.iter().rev().take(2).any(|word| words::suffix(word).is_some())
}

/// Australia and its neighbours write `2/10 High St` for unit 2 at number 10.
fn split_unit_before_number(country: &str, line: &mut Vec<String>) {
    if !matches!(country, "AU" | "NZ") {
        return;
    }
    if let Some((unit, number)) = line[0].split_once('/').map(|(unit, number)| (unit.to_owned(), number.to_owned())) {
        line.splice(0..1, ["#".to_owned(), unit, number]);
    }
}

/// The house number with its fraction: `12`, `12A`, `12-34`, `12 1/2`.
fn house_number(line: &mut Vec<String>) -> Option<String> {
    let at = line.iter().position(|word| has_digit(word))?;
    if at > 0 {
        return None;
    }
    let number = line.remove(0);
    if line.first().is_some_and(|word| word == "1/2") {
        return Some(format!("{number} {}", line.remove(0)));
    }
    Some(without_zeros(&number).to_owned())
}

/// `007` is `7`, and `0` stays what it is.
pub(super) fn without_zeros(number: &str) -> &str {
    let zeros = number.bytes().take_while(|byte| *byte == b'0').count();
    let is_digit_behind = number.as_bytes().get(zeros).is_some_and(u8::is_ascii_digit);
    &number[if is_digit_behind { zeros } else { zeros.saturating_sub(1) }..]
}
