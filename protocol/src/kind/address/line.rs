//! Words of an address, and the lines in front of the place: box, house number, street, unit.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::street::{continental_street, join_directions, numbered_road, shorten, street_end};
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
    let plain = join_range(fractions_apart(&plain)).replace("C/O", "CARE-OF ").replace('#', " # ");
    let signs = |letter: char| letter.is_whitespace() || matches!(letter, ':' | '(' | ')' | '"');
    plain
        .split(signs)
        .flat_map(words_of_signs)
        .map(|word| word.trim_matches(['-', '/']).to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// `12½` is `12 1/2` and no `1212`: what came of the sign (a fraction slash, U+2044) is a word of its own. So is the
/// fraction behind the hyphen of `12-1/2`.
fn fractions_apart(line: &str) -> String {
    let letters: Vec<char> = line.chars().collect();
    let mut apart = String::with_capacity(line.len());
    for (at, &letter) in letters.iter().enumerate() {
        match letter {
            _ if letter.is_ascii_digit() && letters.get(at + 1) == Some(&'\u{2044}') => apart.extend([' ', letter]),
            '\u{2044}' => apart.push('/'),
            // The dashes that look like a hyphen: `45–47`.
            '\u{2010}'..='\u{2015}' | '\u{2212}' => apart.push('-'),
            _ => apart.push(letter),
        }
    }
    ["1/2", "1/4", "3/4", "1/3", "2/3"]
        .iter()
        .fold(apart, |line, fraction| line.replace(&format!("-{fraction} "), &format!(" {fraction} ")))
}

/// The words of a run of signs: a sign between two digits keeps them apart (`39.2`, `5+7`), a dot parts a letter from a
/// digit (`ALDERSTR.5`), and others are left out.
fn words_of_signs(run: &str) -> Vec<String> {
    let letters: Vec<char> = run.chars().collect();
    let mut words = vec![String::new()];
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        let is_digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
        let (after_digit, before_digit) = (is_digit(before), is_digit(letters.get(at + 1).copied()));
        match letter {
            _ if letter.is_alphanumeric() || "-/#".contains(letter) => {
                words.last_mut().expect("never empty").push(letter)
            }
            _ if after_digit && before_digit => words.last_mut().expect("never empty").push('-'),
            '.' if before.is_some_and(char::is_alphabetic) && before_digit => words.push(String::new()),
            _ => {}
        }
    }
    words
}

/// Puts a house number that a comma parted from its street back to it: `8, rue des Aulnes`, `Calle del Aliso, 9`.
fn join_house_number(country: &str, lines: &mut Vec<Vec<String>>) {
    let is_alone = |line: &[String]| match line {
        [number] => is_house_number(number),
        [number, letter] => is_house_number(number) && matches!(letter.as_str(), "A" | "B" | "C" | "D" | "BIS" | "TER"),
        _ => false,
    };
    let is_first = is_english(country) || writes_number_first(country);
    let found = (0..lines.len()).find_map(|at| {
        let street = if is_first { at + 1 } else { at.checked_sub(1)? };
        let words = lines.get(street).filter(|_| is_alone(&lines[at]))?;
        // A street may have a number in its name: `8, rue du 11 Novembre 1918`, `Calle del 2 de Mayo, 9`.
        let (near, is_named) =
            if is_first { (words.first()?, words.len() > 1) } else { (words.last()?, near_name(words)) };
        let is_street = !has_digit(near) && words::unit(near).is_none() && is_named;
        let is_taken = lines[..at.min(street)].iter().any(|line| is_street_line(country, line));
        (is_street && !is_taken).then_some((at, street))
    });
    let Some((at, street)) = found else {
        return;
    };
    let (first, second) = (at.min(street), at.max(street));
    let mut behind = lines.remove(second);
    lines[first].append(&mut behind);
}

/// Whether the words before a number that stands alone end in a name, and in no letter of a house number.
fn near_name(words: &[String]) -> bool {
    words.last().is_some_and(|word| word.chars().count() > 1) || !words.iter().any(|word| has_digit(word))
}

fn is_street_line(country: &str, line: &[String]) -> bool {
    is_street(country, line) && whole_line_unit(line, true).is_none()
}

/// Countries that are not English-speaking and write the house number before the street.
pub(super) fn writes_number_first(country: &str) -> bool {
    matches!(country, "DZ" | "FR" | "LU" | "MA" | "MC" | "TN")
}

/// `45 - 47 MAIN ST` is `45-47 MAIN ST`.
fn join_range(line: String) -> String {
    match line.trim_start().split_once(" - ") {
        Some((from, rest))
            if from.bytes().all(|byte| byte.is_ascii_digit())
                && rest
                    .split(' ')
                    .next()
                    .is_some_and(|to| !to.is_empty() && to.bytes().all(|byte| byte.is_ascii_digit())) =>
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
    for line in lines.iter_mut() {
        drop_number_word(country, line);
        split_unit_before_number(country, line);
        if country == "US" {
            numbered_road(line);
        }
    }
    join_house_number(country, lines);
}

/// Leaves out the word for *number* before a house number: `No. 5 Alder Road`, `Calle del Aliso nº 9`, `д. 5`.
fn drop_number_word(country: &str, line: &mut Vec<String>) {
    let is_word = |word: &str| match country {
        "IT" => matches!(word, "N" | "NO" | "NUM" | "NUMERO"),
        "BY" | "KZ" | "RU" => matches!(word, "Д" | "ДОМ"),
        "UA" => matches!(word, "БУД" | "БУДИНОК"),
        _ => matches!(word, "NO" | "NRO" | "NUM" | "NUMERO" | "NUMBER"),
    };
    let starts_with_digit = |word: &String| word.as_bytes().first().is_some_and(u8::is_ascii_digit);
    let found = if is_english(country) {
        let is_leading = line.len() > 2 && (is_word(&line[0]) || line[0] == "#") && starts_with_digit(&line[1]);
        let is_alone = country != "US" && line.len() == 2 && (is_word(&line[0]) || line[0] == "#");
        ((is_leading && !has_digit(&line[2])) || (is_alone && starts_with_digit(&line[1]))).then_some(0)
    } else {
        (0..line.len().saturating_sub(1)).find(|&at| is_word(&line[at]) && starts_with_digit(&line[at + 1]))
    };
    if let Some(at) = found {
        line.remove(at);
    }
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
    postcode: Option<&str>,
    notes: &mut Notes,
) -> Result<Line, KindError> {
    let mut units = Vec::new();
    let zip = postcode.unwrap_or_default();
    let mut street = if country == "US" { rural::take(&mut lines, is_military(zip)) } else { None };
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
        if country == "US" && is_puerto_rican(zip) && matches!(line[0].as_str(), "URB" | "URBANIZACION") {
            // One code has many urbanizations, and each of them a `CALLE 1`.
            "URB".clone_into(&mut line[0]);
            units.push(line.join(" "));
        } else if street.is_some() && matches!(country, "ES" | "PT") && floor_and_door(&line).is_some() {
            units.extend(floor_and_door(&line));
        } else if let Some(found) = whole_line_unit(&line, street.is_some()) {
            units.extend(found);
        } else if street.is_none() && is_street(country, &line) {
            let (read, units_of_line, behind) = read_street(country, line, tail)?;
            street = Some(read);
            units.extend(units_of_line);
            rest = behind;
        } else if street.is_none() {
            match units_before_street(country, &line) {
                Some(found) => units.extend(found),
                None => notes.add("the line before the street is left off: addressee or building name"),
            }
        } else if country == "IE" && line[0] == "DUBLIN" {
            // `DUBLIN 4` is a town with its district, and the code finds the door.
        } else if tells_doors_apart(&line) || names_a_door(country, &line) {
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
    const BUILDINGS: [&str; 14] = [
        "ANNEX",
        "BARN",
        "BLOCK",
        "COTTAGE",
        "ENTRANCE",
        "GARAGE",
        "GATE",
        "HALL",
        "HOUSE",
        "LODGE",
        "LOFT",
        "STAIRCASE",
        "STUDIO",
        "TOWER",
    ];
    if matches!(line, [word] if word == "LEFT" || word == "RIGHT") || line == ["LOWER", "GROUND"] {
        return true;
    }
    line.iter().any(|word| has_digit(word) || word.len() == 1 || BUILDINGS.contains(&word.as_str()))
}

/// Whether a short line names the part of a house that is meant, without a number: `BASEMENT FLAT`, `ST TV`, `EG LINKS`.
fn names_a_door(country: &str, line: &[String]) -> bool {
    const ENGLISH: &[&str] = &["ANNEXE", "BASEMENT", "BSMT", "FLAT", "FLOOR", "MAISONETTE", "PENTHOUSE", "STAIRCASE"];
    let parts: &[&str] = match country {
        "AT" | "CH" | "DE" => &[
            "DACHGESCHOSS",
            "DG",
            "EG",
            "ERDGESCHOSS",
            "HH",
            "HINTERHAUS",
            "KELLER",
            "LINKS",
            "OG",
            "PARTERRE",
            "RECHTS",
            "SEITENFLUEGEL",
            "SOUTERRAIN",
            "UG",
            "VH",
            "VORDERHAUS",
        ],
        "DK" => &["KL", "KLD", "MF", "ST", "STUEN", "TH", "TV"],
        "ES" | "MX" | "AR" | "CL" | "CO" | "PE" | "UY" => &[
            "ATICO",
            "BAJO",
            "BAJOS",
            "DCHA",
            "DERECHA",
            "ENTLO",
            "ENTRESUELO",
            "IZDA",
            "IZQ",
            "IZQUIERDA",
            "PRAL",
            "PRINCIPAL",
            "SOBREATICO",
        ],
        "PT" => &["CAVE", "DIREITO", "DTO", "ESQ", "ESQUERDO", "FRENTE", "R/C", "RC"],
        "BE" | "FR" | "LU" => &["RDC", "REZ-DE-CHAUSSEE"],
        "IT" => &["ATTICO", "PIANO", "SEMINTERRATO"],
        "NL" => &["HS", "HUIS"],
        _ => ENGLISH,
    };
    line.len() <= 4 && line.iter().any(|word| parts.contains(&word.as_str()) || ENGLISH.contains(&word.as_str()))
}

/// Words for a part of a house that a number or a letter follows, in a line beside the street's.
const PARTS: [&str; 20] = [
    "AUFGANG",
    "BAT",
    "BATIMENT",
    "BLK",
    "BLOC",
    "BLOCK",
    "BLOQUE",
    "ENTRANCE",
    "ENTREE",
    "ESC",
    "ESCALERA",
    "ESCALIER",
    "GATE",
    "PORTAL",
    "PORTE",
    "SCALA",
    "STAIRCASE",
    "STIEGE",
    "TOUR",
    "TOWER",
];

/// What a line before the street says of the door: `2F1`, `FLAT 3 QUILL HOUSE`, `COND ALAMEDA APT 103`, `PLOT 12`,
/// `QUILL COURT BLOCK B`, `BASEMENT FLAT`. The rest of it is an addressee or a building's name.
fn units_before_street(country: &str, line: &[String]) -> Option<Vec<String>> {
    let is_number = |word: &str| has_digit(word) || word.chars().count() == 1;
    match line {
        [number] if has_digit(number) && number.len() <= 6 => return Some(vec![format!("# {}", unit_number(number))]),
        [_, number] if has_digit(number) && number.len() <= 5 && words::unit(&line[0]).is_none() => {
            return Some(vec![line.join(" ")]);
        }
        [the, part] if the == "THE" && matches!(part.as_str(), "ANNEX" | "LOFT" | "STUDIO") => {
            return Some(vec![line.join(" ")]);
        }
        _ => {}
    }
    let at_an_end = words::unit(&line[0]) == Some("#")
        || line.len().checked_sub(2).is_some_and(|before| words::unit(&line[before]).is_some());
    let mut words = line.to_vec();
    let mut units = if at_an_end { take_units(&mut words) } else { Vec::new() };
    if !units.iter().all(|unit| unit.rsplit(' ').next().is_some_and(is_number)) {
        units.clear();
    }
    let pairs = line.windows(2).filter(|pair| PARTS.contains(&pair[0].as_str()) && is_number(&pair[1]));
    units.extend(pairs.map(|pair| pair.join(" ")));
    if !units.is_empty() {
        return Some(units);
    }
    names_a_door(country, line).then(|| vec![line.join(" ")])
}

/// Whether a ZIP code is the armed forces' or an embassy's: AE (090 to 098), AA (340), AP (962 to 966).
fn is_military(zip: &str) -> bool {
    let area = zip.get(..3).and_then(|area| area.parse::<u16>().ok());
    matches!(area, Some(90..=98 | 340 | 962..=966))
}

fn is_puerto_rican(zip: &str) -> bool {
    matches!(zip.get(..3), Some("006" | "007" | "009"))
}

/// A street's line has a house number at one of its ends and a word beside it.
fn is_street(country: &str, line: &[String]) -> bool {
    let starts_with_unit =
        (words::unit(&line[0]).is_some() && line.len() <= 3) || (PARTS.contains(&line[0].as_str()) && line.len() == 2);
    // `APPT 12 ESCALIER C`: no number is left once the unit is taken.
    let is_all_unit = !is_english(country) && words::unit(&line[0]).is_some() && {
        let mut words = line.to_vec();
        take_units(&mut words);
        !words.iter().any(|word| has_digit(word))
    };
    let has_name = line.iter().any(|word| word.bytes().filter(u8::is_ascii_alphabetic).count() > 1 || !word.is_ascii());
    let has_number = has_digit(&line[0]) || (!is_english(country) && line.iter().any(|word| has_digit(word)));
    let is_short_unit = line.len() == 1;
    let unit_first =
        words::unit(&line[0]).is_some() && line.len() > 3 && line.iter().skip(2).any(|word| has_digit(word));
    (has_name && has_number && !starts_with_unit && !is_short_unit && !is_all_unit)
        || unit_first
        || (country == "US" && is_grid(line))
}

/// `842 E 1700 S`: a number, and a street that is one, between two directions (Publication 28, D2).
fn is_grid(line: &[String]) -> bool {
    let is_number = |at: usize| line.get(at).is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    let is_direction = |at: usize| line.get(at).is_some_and(|word| words::direction(word).is_some());
    is_number(0) && is_direction(1) && is_number(2) && is_direction(3)
}

/// Countries that write `number street`, with English words.
pub(super) fn is_english(country: &str) -> bool {
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
            ("PO" | "P/O", "BOX" | "BX" | "DRAWER" | "BIN", _) | ("POST", "BOX", _) | ("FIRM", "CALLER", _) => 2,
            ("POB" | "POBOX" | "PO-BOX" | "POSTFACH" | "POSTBUS", ..) => 1,
            ("CALLER", ..) if at == 0 => 1,
            // A bare `BOX` is a post office's only where no rural route stands before it.
            ("BOX" | "DRAWER" | "LOCKBOX", ..) if at == 0 => 1,
            _ => continue,
        };
        let number_at = at + length + usize::from(matches!(next(length), "#" | "NO" | "NUMBER"));
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
    let mut floor = split_floor_behind_number(country, &mut line);
    let mut units = take_units(&mut line);
    units.append(&mut floor);
    if line.is_empty() {
        return Err(KindError::AddressNeedsNumber);
    }
    if !is_english(country) {
        return match tail {
            Tail::Street => Ok((continental_street(country, line), units, Vec::new())),
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

/// Australia and its neighbours write `2/10 High St` for unit 2 at number 10, and Canada `2-10 High St`.
fn split_unit_before_number(country: &str, line: &mut Vec<String>) {
    let sign = match country {
        "AU" | "NZ" => '/',
        "CA" => '-',
        _ => return,
    };
    let at = usize::from(line.len() > 2 && words::unit(&line[0]) == Some("#"));
    // A street has a name and a word for street behind the numbers; `K1A-9Z9` has nothing.
    let numbers = line[at].split_once(sign).filter(|(_, number)| has_digit(number) && line.len() >= at + 3);
    if let Some((unit, number)) = numbers {
        let apart = ["#".to_owned(), unit.to_owned(), number.to_owned()];
        line.splice(0..=at, apart);
    }
}

/// Takes `3º B` off the words behind a house number in Spain and Portugal: `C DEL ALISO 9 3º B`.
fn split_floor_behind_number(country: &str, line: &mut Vec<String>) -> Vec<String> {
    if !matches!(country, "ES" | "PT") {
        return Vec::new();
    }
    let is_floor = |word: &str| word.trim_start_matches(|digit: char| digit.is_ascii_digit()).starts_with('O');
    let found = (2..line.len()).find(|&at| has_digit(&line[at]) && is_floor(&line[at]) && has_digit(&line[at - 1]));
    let behind = found.map(|at| line.split_off(at));
    behind.map(|behind| floor_and_door(&behind).unwrap_or_else(|| behind.join(" "))).into_iter().collect()
}

/// `3º B`, `3ºB`, `3 B`: a floor and the letters of a door, in one spelling. The sign has become an `O` (NFKC).
fn floor_and_door(line: &[String]) -> Option<String> {
    let mut parts = Vec::new();
    for word in line {
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let (floor, door) = word.split_at(digits);
        match (floor, door.strip_prefix('O').filter(|_| digits > 0)) {
            ("", _) if word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_uppercase()) => parts.push(door),
            (_, Some(door)) if digits <= 2 => parts.extend([floor, door]),
            (_, None) if (1..=2).contains(&digits) && (door.is_empty() || door == "A") => parts.push(word),
            (_, None) if (1..=2).contains(&digits) && door.len() == 1 => parts.extend([floor, door]),
            _ => return None,
        }
    }
    parts.retain(|part| !part.is_empty());
    let is_one = parts.len() == 1 && !line.iter().any(|word| word.ends_with('O') && has_digit(word));
    (!parts.is_empty() && has_digit(parts[0]) && !is_one).then(|| parts.join(" "))
}

/// The house number with its fraction: `12`, `12A`, `12-34`, `12 1/2`.
fn house_number(line: &mut Vec<String>) -> Option<String> {
    let at = line.iter().position(|word| has_digit(word))?;
    if at > 0 {
        return None;
    }
    let number = line.remove(0);
    if line.first().is_some_and(|word| matches!(word.as_str(), "1/2" | "1/3" | "1/4" | "2/3" | "3/4")) {
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
