//! The name of a street: where it ends, and its directions, ordinals and suffix in their short form.

use super::line::has_digit;
use super::words;

/// `NORTH EAST` in two words is one direction, before a name and behind a suffix (Publication 28, 233.3).
pub(super) fn join_directions(line: &mut Vec<String>) {
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
pub(super) fn street_end(line: &[String]) -> usize {
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
pub(super) fn shorten(line: &mut [String]) {
    let last = line.len() - 1;
    let has_post = last >= 2 && words::direction(&line[last]).is_some() && words::suffix(&line[last - 1]).is_some();
    let suffix_at = if has_post { last - 1 } else { last };
    let is_number_last = has_digit(&line[last]);
    let ends_in_suffix = words::suffix(&line[suffix_at]).is_some();
    for (at, place) in line.iter_mut().enumerate() {
        let word = place.as_str();
        // A direction is short before a name and behind a suffix; alone it is the name (Publication 28, 233.21).
        let is_before_name = at == 0 && (suffix_at >= 2 || (suffix_at == 1 && !ends_in_suffix));
        let short = if is_before_name || (has_post && at == last) { words::direction(word) } else { None };
        let short =
            short.or_else(|| if at == suffix_at && at > 0 { words::suffix(word) } else { words::ordinal(word) });
        let short = short.or(match word {
            "SAINT" => Some("ST"),
            "MOUNT" if at < suffix_at => Some("MT"),
            "FORT" if at < suffix_at => Some("FT"),
            // `AVENUE B`, `AVENUE OF THE AMERICAS`: the word stands before the name.
            "AVE" | "AV" if at == 0 => Some("AVENUE"),
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

/// A street outside the English-speaking countries: the house number in front, the word for street short.
pub(super) fn continental_street(line: Vec<String>) -> String {
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
