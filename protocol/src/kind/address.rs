//! Postal addresses to unit level: the same house in different words gets one text, the next unit another.
//!
//! Grammar: lines parted by commas or line ends, the country last or given as a region. Canonical:
//! `country|postcode|town|street|unit`, upper case, without accents.
//! The town is left empty where the postal code alone finds the street (United States, Canada, Great Britain, Ireland,
//! Netherlands, Singapore): there people write it in many ways. Elsewhere one code has several towns, and it stays.
//! The addressee is left off: a name is never an identifier.
//! Sources: USPS Publication 28 (appendices B, C: `address/words.rs`), the countries' postal code formats (UPU).
//! Merged on purpose: apartment, unit, suite and `#` before one number, which USPS delivers alike.
//! Absent on purpose: any look-up of streets or towns, which would need a directory at every member.

mod line;
mod place;
mod rural;
mod street;
mod unit;
mod words;

use self::line::Tail;
use super::canonical::{Form, Notes};
use super::identifier::Input;
use super::{KindError, country};

pub(super) fn form(input: Input<'_>, notes: &mut Notes) -> Result<Form, KindError> {
    if let Some(text) = already_canonical(input.value) {
        return Ok(Form::exact(text));
    }
    let mut lines = line::lines(input.value);
    let is_state = names_a_state(&lines, input.region);
    let country = find_country(&mut lines, input.region, notes)?;
    line::mend(country, &mut lines);
    place::turn(country, &mut lines);
    let is_one_line = lines.len() == 1;
    let place = place::take(country, &mut lines)?;
    // `Springfield, IL` is in Illinois rather than in Israel where no postal code says otherwise.
    if is_state && country != "US" && place.postcode.is_none() {
        return Err(KindError::AddressNeedsCountry);
    }
    // Where only the state is behind a comma, the town still stands behind the street.
    let is_town_behind = place.town.is_empty() && (is_one_line || place::is_found_by_code(country));
    let tail = if is_town_behind { Tail::Town } else { Tail::Street };
    let found = line::read(country, lines, tail, place.postcode.as_deref(), notes)?;
    let postcode = place.postcode.unwrap_or_default();
    let town = if place::is_found_by_code(country) { String::new() } else { town(place.town, found.rest) };
    notes.add("written as country, postal code, town, street, unit in the abbreviations of USPS Publication 28");
    Ok(Form::exact(format!("{country}|{postcode}|{town}|{}|{}", found.street, found.unit)))
}

/// A canonical text read again is itself.
fn already_canonical(value: &str) -> Option<String> {
    let parts: Vec<&str> = value.split('|').collect();
    let [country, postcode, town, street, unit] = parts[..] else {
        return None;
    };
    let is_folded = |part: &str| {
        part == part.trim()
            && part.chars().all(|letter| letter.is_alphanumeric() && is_upper(letter) || " -/#".contains(letter))
    };
    let is_canonical = country.len() == 2
        && country::alpha2(country) == Some(country)
        && !street.is_empty()
        && [postcode, town, street, unit].into_iter().all(is_folded);
    is_canonical.then(|| value.to_owned())
}

/// Whether upper case leaves a letter as it is; some small letters have no capital.
fn is_upper(letter: char) -> bool {
    letter.to_uppercase().eq([letter])
}

/// Whether the last line is two letters that are a state's and a country's. `AE` is the Emirates', which have no postal
/// codes, or a state of the armed forces, who have them.
fn names_a_state(lines: &[Vec<String>], region: Option<&str>) -> bool {
    let Some([code]) = lines.last().map(Vec::as_slice) else {
        return false;
    };
    code.len() == 2
        && code != "AE"
        && words::state(std::slice::from_ref(code)).is_some()
        && region.and_then(country::alpha2) != country::alpha2(code)
}

/// The country of the last line, else the region, else the United States where a state and a ZIP code of that state
/// name it.
fn find_country(
    lines: &mut Vec<Vec<String>>,
    region: Option<&str>,
    notes: &mut Notes,
) -> Result<&'static str, KindError> {
    if let Some(country) = lines.last().and_then(|line| country::alpha2(&line.concat())).filter(|_| lines.len() > 1) {
        // The last line of a short American address may be the state alone, as `IN` or `CA`; a region says so.
        let is_state = region.and_then(country::alpha2) == Some("US") && country != "US";
        if !is_state {
            lines.pop();
            return Ok(country);
        }
    }
    if let Some(country) = place::trailing_country(lines) {
        return Ok(country);
    }
    if let Some(region) = region {
        notes.add("the region gives the country");
        return country::alpha2(region).ok_or(KindError::CountryUnknown);
    }
    if place::ends_in_state_and_zip(lines) {
        notes.add("a state and its ZIP code name the United States");
        return Ok("US");
    }
    Err(KindError::AddressNeedsCountry)
}

/// The town from its line, or from what was left beside the street.
fn town(town: Vec<String>, rest: Vec<String>) -> String {
    if town.is_empty() { rest.join(" ") } else { town.join(" ") }
}
