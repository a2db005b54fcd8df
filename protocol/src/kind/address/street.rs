//! The name of a street: where it ends, and its directions, ordinals and suffix in their short form.

use super::line::{has_digit, writes_number_first};
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
    if is_numbered {
        end += 1;
    }
    if line.get(end).is_some_and(|word| words::direction(word).is_some()) {
        end += 1;
    }
    end
}

/// Whether a number behind these words is the road's and no unit's: `STATE ROUTE 39`, `COUNTY ROAD 20` (Publication 28,
/// appendix F).
fn is_numbered_road(line: &[String]) -> bool {
    match line {
        [.., owner, road] if road == "RD" || road == "ROAD" => {
            matches!(owner.as_str(), "CO" | "COUNTY" | "RANCH" | "STATE" | "TOWNSHIP" | "TWP")
        }
        [.., road] => matches!(words::suffix(road), Some("HWY" | "RTE")) || matches!(road.as_str(), "ROUTE" | "RT"),
        [] => false,
    }
}

/// Roads by number in the words of Publication 28, appendix F: `CR 1185`, `ST RT 175`, `I10`, `FARM TO MARKET 1200`.
pub(super) fn numbered_road(line: &mut Vec<String>) {
    const ROADS: [(&str, &str); 9] = [
        ("COUNTY HWY", "CNTY HWY|CNTY HIGHWAY|CO HWY|CO HIGHWAY|COUNTY HIGHWAY"),
        ("COUNTY RD", "CR|CNTY RD|CNTY ROAD|CO RD|CO ROAD|COUNTY ROAD"),
        ("FM", "FM RD|FM ROAD|FARM TO MARKET|FARM TO MARKET RD|FARM TO MARKET ROAD|HWY FM|HIGHWAY FM"),
        ("HWY", "HIWAY|HIGHWY|HIWY|HWAY|HIGHWAY"),
        ("INTERSTATE", "I|IH|INTERSTATE HWY|INTERSTATE HIGHWAY"),
        ("STATE HWY", "ST HWY|ST HIGHWAY|STATE HIGHWAY"),
        ("STATE RD", "SR|ST RD|ST ROAD|STATE ROAD"),
        ("STATE RTE", "ST RT|ST RTE|ST ROUTE|STATE RT|STATE ROUTE"),
        ("US HWY", "US|U S|US HIGHWAY|U S HWY|U S HIGHWAY"),
    ];
    if line.len() < 2 || !has_digit(&line[0]) {
        return;
    }
    let start = if words::direction(&line[1]).is_some() && line.len() > 3 { 2 } else { 1 };
    // `I10`, `US-41`: the word and the number apart.
    let digit = line[start].find(|letter: char| letter.is_ascii_digit()).unwrap_or_default();
    if matches!(line[start][..digit].trim_end_matches('-'), "I" | "IH" | "US" | "CR" | "SR" | "FM") {
        let number = line[start].split_off(digit);
        let word = line[start].trim_end_matches('-').to_owned();
        line.splice(start..=start, [word, number]);
    }
    let is_number = |at: usize| line.get(at).is_some_and(|word| word.as_bytes()[0].is_ascii_digit());
    let found = (1..=4).rev().filter(|count| is_number(start + count)).find_map(|count| {
        let written = line[start..start + count].join(" ");
        let road = ROADS.iter().find(|(_, others)| others.split('|').any(|other| other == written));
        road.map(|(road, _)| (count, *road))
    });
    if let Some((count, road)) = found {
        line.splice(start..start + count, road.split(' ').map(str::to_owned));
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
    // Behind a suffix, or behind the number of a road or of a grid: `842 E 1700 S`, `HWY 11 N`.
    let has_post = last >= 2
        && words::direction(&line[last]).is_some()
        && (words::suffix(&line[last - 1]).is_some() || line[last - 1].bytes().all(|byte| byte.is_ascii_digit()));
    let suffix_at = if has_post { last - 1 } else { last };
    let is_number_last = has_digit(&line[suffix_at]);
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
pub(super) fn continental_street(country: &str, mut line: Vec<String>) -> String {
    let is_number = |word: &String| word.as_bytes().first().is_some_and(u8::is_ascii_digit);
    if writes_number_first(country) && line.len() > 1 && is_number(&line[0]) {
        return french_street(line);
    }
    // A street without another word for it is an `ulica`.
    if country == "PL" && line.len() > 2 && matches!(line[0].as_str(), "UL" | "ULICA") {
        line.remove(0);
    }
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

/// `8 bis rue du 11 Novembre 1918`: the number is the first one, and the name may hold others.
fn french_street(mut line: Vec<String>) -> String {
    let is_repetition = |word: &str| matches!(word, "A" | "B" | "C" | "D" | "BIS" | "TER" | "QUATER");
    let count = 1 + usize::from(line.len() > 2 && is_repetition(&line[1]));
    let name = line.split_off(count);
    let name = name.iter().enumerate().map(|(at, word)| match word.as_str() {
        "R" if at == 0 => "RUE".to_owned(),
        word => street_word(word),
    });
    std::iter::once(line.concat()).chain(name).collect::<Vec<_>>().join(" ")
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
