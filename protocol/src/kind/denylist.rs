//! Values that name nobody: what people type to get past a form, and what whole crowds share.
//!
//! A tag of one of these would list everybody who left the field blank. The list is a file in the tree, the same for
//! every member: `data/denylist.txt`, one row each of a kind (or `any`) and a canonical text, `*` for any run of
//! characters.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::clean::fold_case;
use super::{Kind, KindError};

/// Longer than every row under `any`, in bytes, so that a long value costs nothing here.
const FILLER_BYTES_MAX: usize = 24;

static LIST: LazyLock<Denylist> = LazyLock::new(|| Denylist::parse(include_str!("../../data/denylist.txt")));

struct Denylist {
    filler: HashSet<&'static str>,
    exact: HashSet<(Kind, &'static str)>,
    patterns: Vec<(Kind, &'static str)>,
}

impl Denylist {
    fn parse(file: &'static str) -> Self {
        let mut list = Self { filler: HashSet::new(), exact: HashSet::new(), patterns: Vec::new() };
        for row in file.lines().map(str::trim).filter(|row| !row.is_empty() && !row.starts_with('#')) {
            let (kind, text) = row.split_once(' ').expect("a test reads every row of the file");
            match kind.parse() {
                Ok(kind) if text.contains('*') => list.patterns.push((kind, text)),
                Ok(kind) => _ = list.exact.insert((kind, text)),
                Err(_) => _ = list.filler.insert(text),
            }
        }
        list
    }
}

/// Refuses a canonical text that names nobody, for either reason.
pub(super) fn refuse(kind: Kind, text: &str) -> Result<(), KindError> {
    refuse_filler(kind, text)?;
    refuse_shared(kind, text)
}

/// Refuses what no kind has as a value: `n/a`, `none`, a row of one repeated sign.
///
/// Kind ip has no such values: `11.11.11.11` is a machine, and its own rules refuse `::`.
pub(super) fn refuse_filler(kind: Kind, value: &str) -> Result<(), KindError> {
    if kind == Kind::Ip || value.len() > FILLER_BYTES_MAX {
        return Ok(());
    }
    let folded = fold_case(value);
    let bare = folded.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '/');
    let mut letters = bare.chars().filter(|letter| letter.is_alphanumeric());
    let repeated = letters.next().is_none_or(|first| letters.all(|letter| letter == first));
    if repeated || LIST.filler.contains(bare) { Err(KindError::Placeholder) } else { Ok(()) }
}

/// Refuses a canonical text that is a placeholder of its kind, or shared by a crowd.
fn refuse_shared(kind: Kind, text: &str) -> Result<(), KindError> {
    let listed = LIST.exact.contains(&(kind, text))
        || LIST.patterns.iter().any(|&(of, pattern)| of == kind && matches(pattern, text));
    if listed { Err(KindError::Placeholder) } else { Ok(()) }
}

/// Whether a text fits a pattern: parts in order, each `*` any run, both ends anchored.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = text.find(part) else {
            return false;
        };
        text = &text[at + part.len()..];
    }
    text.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_denylist_names_a_kind_or_any() {
        let rows = include_str!("../../data/denylist.txt").lines().map(str::trim);
        for row in rows.filter(|row| !row.is_empty() && !row.starts_with('#')) {
            let (kind, text) = row.split_once(' ').expect("a kind, a space and a text");
            assert!(kind == "any" || kind.parse::<Kind>().is_ok(), "{row}");
            assert!(!text.is_empty() && text == text.trim(), "{row}");
            assert!(kind != "any" || text.len() <= FILLER_BYTES_MAX, "{row}");
        }
    }

    #[test]
    fn a_pattern_is_anchored_at_both_ends() {
        assert!(matches("noreply@*", "noreply@corp.example"));
        assert!(matches("*@x.example", "a@x.example"));
        assert!(matches("a*b*c", "axxbyyc"));
        assert!(!matches("noreply@*", "a.noreply@corp.example"));
        assert!(!matches("a*b*c", "axxbyycd"));
    }
}
