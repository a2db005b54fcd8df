//! Rural and highway contract routes: `RR 2 BOX 18`, `HC 68 BOX 23A` (USPS Publication 28, 24 and 25), and the boxes of the
//! armed forces and of embassies: `PSC 1234 BOX 9250`, `UNIT 2050 BOX 4190` (238 and 239).

use super::line::without_zeros;

/// Takes a route off its line, and its box off that line or the next; the route in the words of Publication 28.
pub(super) fn take(lines: &mut Vec<Vec<String>>, is_military: bool) -> Option<String> {
    let (at, mut route, mut rest) = lines.iter().enumerate().find_map(|(at, line)| {
        let (route, rest) = route(line).or_else(|| military(line).filter(|_| is_military))?;
        Some((at, route, rest))
    })?;
    let behind = if rest.is_empty() { lines.get(at + 1).and_then(|line| route_box(line)) } else { None };
    if let Some((number, rest_of_next)) = behind {
        route = format!("{route} BOX {number}");
        rest = rest_of_next;
        lines.remove(at + 1);
    } else if let Some((number, behind)) = route_box(&rest) {
        route = format!("{route} BOX {number}");
        rest = behind;
    }
    lines[at] = rest;
    lines.retain(|line| !line.is_empty());
    Some(route)
}

/// `RR 2` or `HC 68` from a line that begins with one, and the words behind it.
fn route(line: &[String]) -> Option<(String, Vec<String>)> {
    // `RR2`: the word and the number apart.
    if let Some(digit) = line.first().and_then(|word| word.find(|letter: char| letter.is_ascii_digit()))
        && matches!(&line[0][..digit], "RR" | "RFD" | "HC" | "HCR")
    {
        let (word, number) = line[0].split_at(digit);
        let apart: Vec<String> =
            [word, number].into_iter().map(str::to_owned).chain(line[1..].iter().cloned()).collect();
        return route(&apart);
    }
    let word = |at: usize| line.get(at).map(String::as_str).unwrap_or_default();
    let (short, length) = match (word(0), word(1), word(2)) {
        ("RURAL", "ROUTE" | "RTE" | "RT", _) => ("RR", 2),
        ("RURAL", "DELIVERY", _) => ("RR", 2),
        ("HIGHWAY", "CONTRACT", "ROUTE") => ("HC", 3),
        ("HIGHWAY", "CONTRACT", _) | ("STAR", "ROUTE" | "RTE" | "RT", _) => ("HC", 2),
        // 244: the old designations are written as RR.
        ("RR" | "RFD" | "RD", ..) => ("RR", 1),
        ("HC" | "HCR", ..) => ("HC", 1),
        _ => return None,
    };
    let at = length + usize::from(word(length) == "#");
    let number = line.get(at).filter(|number| starts_with_digit(number))?;
    Some((format!("{short} {}", without_zeros(number)), line[at + 1..].to_vec()))
}

/// `PSC 1234`, `CMR 333` or `UNIT 2050` from a line that begins with one, and the words behind it.
fn military(line: &[String]) -> Option<(String, Vec<String>)> {
    let word = line.first().filter(|word| matches!(word.as_str(), "PSC" | "CMR" | "UNIT"))?;
    let at = 1 + usize::from(line.get(1).is_some_and(|word| word == "#"));
    let number = line.get(at).filter(|number| starts_with_digit(number))?;
    Some((format!("{word} {}", without_zeros(number)), line[at + 1..].to_vec()))
}

/// The number of `BOX 18` or `BOX # 18`, and the words behind it.
fn route_box(line: &[String]) -> Option<(String, Vec<String>)> {
    if line.first().map(String::as_str) != Some("BOX") {
        return None;
    }
    let at = 1 + usize::from(line.get(1).is_some_and(|word| word == "#"));
    let number = line.get(at).filter(|number| starts_with_digit(number))?;
    Some((without_zeros(number).to_owned(), line[at + 1..].to_vec()))
}

fn starts_with_digit(word: &str) -> bool {
    word.as_bytes().first().is_some_and(u8::is_ascii_digit)
}
