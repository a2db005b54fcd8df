//! Countries by their codes and their names: ISO 3166-1, from `data/countries.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

static COUNTRIES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let rows = include_str!("../../data/countries.txt")
        .lines()
        .filter(|row| !row.starts_with('#'));
    let mut countries = HashMap::new();
    for row in rows {
        let mut columns = row.splitn(3, ' ');
        let (Some(alpha2), Some(alpha3), Some(names)) =
            (columns.next(), columns.next(), columns.next())
        else {
            continue;
        };
        for name in [alpha2, alpha3].into_iter().chain(names.split('|')) {
            countries.entry(key(name)).or_insert(alpha2);
        }
    }
    countries
});

/// The two-letter code of a country given by either code or by a name that people write.
pub(super) fn alpha2(name: &str) -> Option<&'static str> {
    // `IL 62701` is a state and a ZIP code, and not Israel.
    if name.chars().any(char::is_numeric) {
        return None;
    }
    COUNTRIES.get(&key(name)).copied()
}

/// Letters only, upper case, accents dropped: `U.S.A.` and `USA`, `España` and `Espana` are the same name.
fn key(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    name.nfkd()
        .filter(|letter| letter.is_alphabetic())
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_found_by_its_codes_and_names() {
        for name in [
            "US",
            "us",
            "USA",
            "U.S.A.",
            "United States",
            "the united states".trim_start_matches("the "),
        ] {
            assert_eq!(alpha2(name), Some("US"), "{name}");
        }
        for (name, code) in [
            ("UK", "GB"),
            ("England", "GB"),
            ("España", "ES"),
            ("Russia", "RU"),
            ("Kosovo", "XK"),
        ] {
            assert_eq!(alpha2(name), Some(code), "{name}");
        }
        assert_eq!(alpha2("Atlantis"), None);
        assert_eq!(alpha2(""), None);
    }

    #[test]
    fn every_row_of_the_table_is_complete() {
        let rows = include_str!("../../data/countries.txt")
            .lines()
            .filter(|row| !row.starts_with('#'));
        let mut count = 0;
        for row in rows {
            assert_eq!(row.splitn(3, ' ').count(), 3, "{row}");
            assert_eq!(alpha2(&row[..2]), Some(&row[..2]), "{row}");
            count += 1;
        }
        assert_eq!(count, 250);
    }
}
