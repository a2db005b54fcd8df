//! The end of an address: postal code, state, town.

use super::line::{is_english, writes_number_first};
use super::words;
use crate::kind::{KindError, country};

/// What the end of an address says of the place.
pub(super) struct Place {
    pub(super) postcode: Option<String>,
    pub(super) town: Vec<String>,
}

/// Countries in which a postal code is as narrow as a street, or narrow enough that no two streets in it share a name.
pub(super) fn is_found_by_code(country: &str) -> bool {
    matches!(country, "CA" | "GB" | "IE" | "NL" | "SG" | "US")
}

/// Puts postal code and town behind the street where they stand before it: `10999 Berlin, Alderstr. 5`, as people write in
/// Russia and Japan. In countries whose streets begin with a number, and in the United States, such a line is a street.
pub(super) fn turn(country: &str, lines: &mut Vec<Vec<String>>) {
    if is_english(country) || (writes_number_first(country) && country != "FR") || lines.len() < 2 {
        return;
    }
    let Some(width) =
        [2, 1].into_iter().find(|&width| lines[0].get(..width).is_some_and(|words| postcode(country, words).is_some()))
    else {
        return;
    };
    if lines[0].len() == width && lines.len() > 2 && !has_digit(&lines[1]) {
        let town = lines.remove(1);
        lines[0].extend(town);
    }
    let is_place = lines[0].len() > width && !has_digit(&lines[0][width..]);
    let has_another = lines[1..]
        .iter()
        .any(|line| line.first().is_some_and(|word| postcode(country, std::slice::from_ref(word)).is_some()));
    if is_place && !has_another && lines[1..].iter().any(|line| has_digit(line)) {
        lines.rotate_left(1);
    }
}

/// Takes postal code, state and town off the lines of an address; what is left is the street.
pub(super) fn take(country: &str, lines: &mut Vec<Vec<String>>) -> Result<Place, KindError> {
    let postcode = take_postcode(country, lines);
    if postcode.is_none() && is_found_by_code(country) {
        return Err(KindError::AddressNeedsPostcode);
    }
    if country == "US" {
        take_state(lines);
    }
    lines.retain(|line| !line.is_empty());
    join_state(country, lines);
    // The street's line stays; one with neither a number nor anything behind it is the town.
    let town = match lines.len() {
        0 => return Err(KindError::AddressNeedsNumber),
        1 => Vec::new(),
        _ => lines.pop().unwrap_or_default(),
    };
    // `Hauptstr. 5, Berlin` has its number before the town; `Berlin, Hauptstr. 5` is the wrong way round.
    if has_digit(&town) && !lines.iter().any(|line| has_digit(line)) {
        let street = std::mem::replace(lines, vec![town]);
        return Ok(Place { postcode, town: street.concat() });
    }
    if has_digit(&town) {
        // The line after the street is a unit, so that there is no town.
        lines.push(town);
        return Ok(Place { postcode, town: Vec::new() });
    }
    Ok(Place { postcode, town })
}

/// A state in a line of its own belongs to the town before it: `Sydney, New South Wales` is `SYDNEY NSW`.
fn join_state(country: &str, lines: &mut Vec<Vec<String>>) {
    const AUSTRALIAN: [(&str, &str); 8] = [
        ("ACT", "AUSTRALIAN CAPITAL TERRITORY"),
        ("NSW", "NEW SOUTH WALES"),
        ("NT", "NORTHERN TERRITORY"),
        ("QLD", "QUEENSLAND"),
        ("SA", "SOUTH AUSTRALIA"),
        ("TAS", "TASMANIA"),
        ("VIC", "VICTORIA"),
        ("WA", "WESTERN AUSTRALIA"),
    ];
    if country != "AU" || lines.len() < 2 {
        return;
    }
    let Some(mut last) = lines.pop() else { return };
    for count in (1..=3).rev().filter(|count| *count <= last.len()) {
        let name = last[last.len() - count..].join(" ");
        if let Some((short, _)) = AUSTRALIAN.iter().find(|(short, long)| *short == name || *long == name) {
            last.truncate(last.len() - count);
            last.push((*short).to_owned());
            break;
        }
    }
    let is_state = last.len() == 1 && AUSTRALIAN.iter().any(|(short, _)| *short == last[0]);
    match lines.len() {
        2.. if is_state => lines.last_mut().expect("two lines").append(&mut last),
        _ => lines.push(last),
    }
}

fn has_digit(line: &[String]) -> bool {
    line.iter().any(|word| word.bytes().any(|byte| byte.is_ascii_digit()))
}

/// The country as the last word or two behind the postal code of the last line: `62701 USA`.
pub(super) fn trailing_country(lines: &mut [Vec<String>]) -> Option<&'static str> {
    let last = lines.last_mut()?;
    for count in (1..=4).rev().filter(|count| *count < last.len()) {
        let at = last.len() - count;
        let name = last[at..].concat();
        // A bare two-letter word is a state more often than a country.
        if name.len() > 2
            && has_digit(&last[..at])
            && words::state(&last[at..]).is_none()
            && let Some(code) = country::alpha2(&name)
        {
            last.truncate(at);
            return Some(code);
        }
    }
    None
}

/// Whether the last line ends in a state and a ZIP code that lies in it.
pub(super) fn ends_in_state_and_zip(lines: &[Vec<String>]) -> bool {
    let words: Vec<String> = lines.iter().rev().take(2).rev().flatten().cloned().collect();
    let Some((zip, before)) = words.split_last() else {
        return false;
    };
    let Some(zip) = zip5(zip) else { return false };
    (1..=3)
        .filter_map(|count| before.len().checked_sub(count))
        .any(|at| words::state(&before[at..]).is_some_and(|state| words::zip_is_in_state(state, &zip)))
}

fn zip5(word: &str) -> Option<String> {
    let (zip, rest) = word.split_once('-').unwrap_or((word, "0000"));
    let is_digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    match (is_digits(zip, 5) && is_digits(rest, 4), is_digits(word, 9)) {
        (true, _) => Some(zip.to_owned()),
        (_, true) => Some(word[..5].to_owned()),
        _ => None,
    }
}

fn take_state(lines: &mut [Vec<String>]) {
    let Some(last) = lines.iter_mut().rev().find(|line| !line.is_empty()) else {
        return;
    };
    for count in (1..=3).rev().filter(|count| *count <= last.len()) {
        let at = last.len() - count;
        if words::state(&last[at..]).is_some() {
            last.truncate(at);
            return;
        }
    }
}

/// The postal code, looked for from the end: a word or two of the country's form.
fn take_postcode(country: &str, lines: &mut [Vec<String>]) -> Option<String> {
    let count = lines.len();
    for (index, line) in lines.iter_mut().enumerate().rev() {
        // The first line is the street's, unless everything stands in one; its house number is no postal code.
        if index == 0 && count > 1 {
            continue;
        }
        let first = usize::from(index == 0);
        for at in (first..line.len()).rev() {
            for width in [2, 1].into_iter().filter(|width| at + width <= line.len()) {
                if let Some(code) = postcode(country, &line[at..at + width]) {
                    // `D 10999`: the letters are a word of their own, and no part of the town.
                    let before = at.checked_sub(1).filter(|before| line[*before] == on_cars(country));
                    line.drain(before.unwrap_or(at)..at + width);
                    return Some(code);
                }
            }
        }
    }
    None
}

/// `D-10999`, `DE-10999`: the code without the country before it.
fn without_country<'a>(country: &str, code: &'a str) -> &'a str {
    let on_cars = code.strip_prefix(on_cars(country)).and_then(|code| code.strip_prefix('-'));
    on_cars.or_else(|| code.strip_prefix(country)).unwrap_or(code)
}

/// The letters of a country on its cars, which the posts once asked for before the code (CEPT).
fn on_cars(country: &str) -> &str {
    match country {
        "AT" => "A",
        "BE" => "B",
        "DE" => "D",
        "ES" => "E",
        "FI" => "FIN",
        "FR" => "F",
        "HU" => "H",
        "IT" => "I",
        "LU" => "L",
        "NO" => "N",
        "PT" => "P",
        "SE" => "S",
        _ => country,
    }
}

/// The postal code in words, as the country's post writes it without blanks.
fn postcode(country: &str, words: &[String]) -> Option<String> {
    let code = words.concat();
    if country == "US" {
        return (words.len() == 1).then(|| zip5(&code)).flatten();
    }
    let code = without_country(country, &code).replace('-', "");
    let shape: String = code.bytes().map(|byte| if byte.is_ascii_digit() { '9' } else { 'A' }).collect();
    let fits = match country {
        "CA" => shape == "A9A9A9",
        "GB" => matches!(shape.as_str(), "A99AA" | "AA99AA" | "A999AA" | "AA999AA" | "A9A9AA" | "AA9A9AA"),
        "NL" => shape == "9999AA",
        "IE" => code.len() == 7 && shape.starts_with("A99"),
        "IN" | "CN" | "RU" | "KZ" | "SG" | "VN" | "RO" | "BY" | "CO" => shape == "999999",
        "JP" | "IL" => shape == "9999999" || (country == "IL" && shape == "99999"),
        "BR" => shape == "99999999",
        "PT" => shape == "9999999" || shape == "9999",
        "AU" | "AT" | "BE" | "BG" | "CH" | "CY" | "DK" | "GE" | "HU" | "LU" | "LV" | "MD" | "NO" | "NZ" | "PH"
        | "SI" | "TN" | "ZA" | "BD" => shape == "9999",
        "AE" | "HK" | "QA" | "MO" => false,
        "AR" => shape == "9999" || shape == "A9999AAA",
        "TW" => matches!(shape.len(), 3 | 5 | 6) && shape.bytes().all(|byte| byte == b'9'),
        // Most of the world has five digits; Greece, Sweden, Czechia and Slovakia write them in two groups.
        _ => shape == "99999",
    };
    fits.then_some(code)
}
