//! Words of an address, and the line with the street: house number, street, unit, box.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

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
    let plain = plain.replace("C/O", "CARE-OF ").replace('#', " # ").replace("1/2", " 1/2").replace('½', " 1/2");
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
pub(super) fn join_house_number(country: &str, lines: &mut Vec<Vec<String>>) {
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

fn has_digit(word: &str) -> bool {
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
            ("POST", "OFFICE", "BOX") | ("P", "O", "BOX") => 3,
            ("PO", "BOX", _) | ("PO", "BX", _) | ("POST", "BOX", _) => 2,
            ("POB" | "POBOX" | "POSTFACH" | "POSTBUS", ..) => 1,
            // A bare `BOX` is a post office's only where no rural route stands before it.
            ("BOX", ..) if at == 0 => 1,
            _ => continue,
        };
        let number_at = at + length + usize::from(next(length) == "#");
        let number = line.get(number_at).filter(|word| has_digit(word) || word.len() == 1)?.clone();
        line.drain(at..=number_at);
        return Some(without_zeros(&number).to_owned());
    }
    None
}

/// A line that is nothing but units: `APT 4`, `BLDG 2 APT 4`, `3RD FLOOR`, and behind a street a bare `4B`.
fn whole_line_unit(line: &[String], after_street: bool) -> Option<Vec<String>> {
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

/// `NORTH EAST` in two words is one direction, before a name and behind a suffix (Publication 28, 233.3).
fn join_directions(line: &mut Vec<String>) {
    let joins = |at: usize| {
        let pair = (words::direction(&line[at])?, words::direction(&line[at + 1])?);
        let is_before_name = at == 0 && line.len() >= 4;
        let is_behind_suffix = at >= 2 && words::suffix(&line[at - 1]).is_some();
        let joined = match pair {
            ("N", "E") => "NE",
            ("N", "W") => "NW",
            ("S", "E") => "SE",
            ("S", "W") => "SW",
            _ => return None,
        };
        (is_before_name || is_behind_suffix).then_some((at, joined))
    };
    if let Some((at, joined)) = (0..line.len().saturating_sub(1)).find_map(joins) {
        line.splice(at..=at + 1, [joined.to_owned()]);
    }
}

/// How many words belong to the street: up to its last suffix and a direction behind it, or all of them.
fn street_end(line: &[String]) -> usize {
    let Some(suffix) = (1..line.len()).find(|&at| words::suffix(&line[at]).is_some() && !names_another(line, at))
    else {
        return line.len();
    };
    // `PARK AVE`, `MILL CREEK RD`: the last of adjoining suffixes ends the street.
    let mut end = suffix + 1;
    while end < line.len() && words::suffix(&line[end]).is_some() {
        end += 1;
    }
    let is_numbered = is_numbered_road(&line[..end]) && line.get(end).is_some_and(|word| has_digit(word));
    if is_numbered || line.get(end).is_some_and(|word| words::direction(word).is_some()) {
        end += 1;
    }
    end
}

/// Whether a number behind these words is the road's and no unit's: `STATE ROUTE 39`, `COUNTY ROAD 20` (Publication 28,
/// appendix F).
fn is_numbered_road(line: &[String]) -> bool {
    match line {
        [.., owner, road] if road == "RD" || road == "ROAD" => {
            matches!(owner.as_str(), "CO" | "COUNTY" | "STATE" | "TOWNSHIP" | "TWP")
        }
        [.., road] => matches!(words::suffix(road), Some("HWY" | "RTE")) || matches!(road.as_str(), "ROUTE" | "RT"),
        [] => false,
    }
}

/// Whether a suffix is part of a longer name: `LAKE SHORE DR`, `ST PAUL AVE`.
fn names_another(line: &[String], at: usize) -> bool {
    const COMMON: [&str; 13] = ["ST", "AVE", "RD", "DR", "LN", "BLVD", "CT", "PL", "CIR", "TER", "PKWY", "HWY", "WAY"];
    let behind = &line[at + 1..];
    let is_common = |word: &String| words::suffix(word).is_some_and(|suffix| COMMON.contains(&suffix));
    let is_direction = |word: &String| words::direction(word).is_some();
    behind.iter().take(2).any(is_common) && !behind.first().is_some_and(is_direction)
}

/// Directions, ordinals and the suffix in their short form.
fn shorten(line: &mut [String]) {
    let last = line.len() - 1;
    let has_post = last >= 2 && words::direction(&line[last]).is_some() && words::suffix(&line[last - 1]).is_some();
    let suffix_at = if has_post { last - 1 } else { last };
    let is_number_last = has_digit(&line[last]);
    for (at, place) in line.iter_mut().enumerate() {
        let word = place.as_str();
        // A direction is short before a name and behind a suffix; alone it is the name (Publication 28, 233.21).
        let is_before_name = at == 0 && suffix_at >= 2;
        let short = if is_before_name || (has_post && at == last) { words::direction(word) } else { None };
        let short =
            short.or_else(|| if at == suffix_at && at > 0 { words::suffix(word) } else { words::ordinal(word) });
        let short = short.or(match word {
            "SAINT" => Some("ST"),
            "HIGHWAY" if at < suffix_at => Some("HWY"),
            "ROUTE" | "RT" if at < suffix_at => Some("RTE"),
            "ROAD" if at + 1 == suffix_at && is_number_last => Some("RD"),
            _ => None,
        });
        if let Some(short) = short {
            short.clone_into(place);
        }
    }
}

/// Takes units off a line: a word for one and its number, in either order, or a word that needs none.
fn take_units(line: &mut Vec<String>) -> Vec<String> {
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
        let ordinal_before = at.checked_sub(1).filter(|&before| unit == "FL" && floor_number(&line[before]).is_some());
        if let Some(before) = ordinal_before {
            let number = floor_number(&line[before]).unwrap_or_default();
            units.push(format!("FL {number}"));
            line.drain(before..=at);
            at = before;
        } else if line.get(number_at).is_some_and(|word| is_unit_number(word)) {
            units.push(format!("{unit} {}", unit_number(&line[number_at])));
            line.drain(at..=number_at);
        } else if matches!(unit, "BSMT" | "FRNT" | "LBBY" | "LOWR" | "PH" | "REAR" | "UPPR") && at > 1 {
            units.push(unit.to_owned());
            line.remove(at);
        } else {
            at += 1;
        }
    }
    units
}

/// `APT4B`, `STE200`: the word and the number apart.
fn unglue(line: &mut Vec<String>) {
    let glued = line.iter().enumerate().skip(1).find_map(|(at, word)| {
        let digit = word.find(|letter: char| letter.is_ascii_digit())?;
        (digit >= 2 && words::unit(&word[..digit]).is_some()).then_some((at, digit))
    });
    if let Some((at, digit)) = glued {
        let number = line[at].split_off(digit);
        line.insert(at + 1, number);
    }
}

fn is_unit_number(word: &str) -> bool {
    has_digit(word) || (word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

/// `04-B` is `4B`; a hyphen between two digits stays.
fn unit_number(word: &str) -> String {
    let word = without_zeros(word.trim_start_matches('#'));
    let bytes = word.as_bytes();
    let is_between_digits =
        |at: usize| at > 0 && bytes[at - 1].is_ascii_digit() && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    word.char_indices()
        .filter(|&(at, letter)| letter != '-' || is_between_digits(at))
        .map(|(_, letter)| letter)
        .collect()
}

/// `3RD` or `THIRD` before `FLOOR`.
fn floor_number(word: &str) -> Option<String> {
    let word = words::ordinal(word).unwrap_or(word);
    let number = ["ST", "ND", "RD", "TH"].iter().find_map(|end| word.strip_suffix(end))?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then(|| number.to_owned())
}

/// A street outside the English-speaking countries: the house number in front, the word for street short.
fn continental_street(line: Vec<String>) -> String {
    let is_number = |word: &String| word.as_bytes().first().is_some_and(u8::is_ascii_digit);
    let last_is_number = line.iter().rposition(is_number);
    let (mut numbers, mut name) = (Vec::new(), Vec::new());
    for (at, word) in line.into_iter().enumerate() {
        let is_suffix_letter = word.len() == 1 && last_is_number.is_some_and(|number| at == number + 1);
        if Some(at) == last_is_number || is_suffix_letter { numbers.push(word) } else { name.push(street_word(&word)) }
    }
    // A number inside a word, as in `Haus A5`, is part of the name.
    if !numbers.is_empty() {
        name.insert(0, numbers.concat());
    }
    name.join(" ")
}

fn street_word(word: &str) -> String {
    const ENDINGS: [(&str, &str); 3] = [("STRASSE", "STR"), ("STRAAT", "STR"), ("GATAN", "G")];
    const WORDS: [(&str, &str); 14] = [
        ("AVENUE", "AV"),
        ("AVENIDA", "AV"),
        ("AVE", "AV"),
        ("AVDA", "AV"),
        ("BOULEVARD", "BD"),
        ("BLVD", "BD"),
        ("CALLE", "C"),
        ("PLACE", "PL"),
        ("PLAZA", "PZA"),
        ("CHEMIN", "CH"),
        ("ROUTE", "RTE"),
        ("RUA", "R"),
        ("VIALE", "VLE"),
        ("PIAZZA", "PZA"),
    ];
    if let Some((_, short)) = WORDS.iter().find(|(long, _)| *long == word) {
        return (*short).to_owned();
    }
    ENDINGS
        .iter()
        .find_map(|(long, short)| word.strip_suffix(long).map(|stem| format!("{stem}{short}")))
        .unwrap_or_else(|| word.to_owned())
}
