//! How impostors edit a resume before they send it to the next employer.

use std::fmt;

use rand::{
    Rng, RngExt,
    seq::{IndexedRandom, SliceRandom},
};

use super::corpus::Corpus;

/// Lines at the top that say who it is.
const HEADER_LINES: usize = 3;
/// Words of a new paragraph.
const PARAGRAPH_WORDS: usize = 80;
/// Parts into which the body is cut before they are put into another order.
const PARTS: usize = 6;

/// One way of editing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Edit {
    /// So many percent of the words: replaced by others (6 of 10), left out (2 of 10), one put in behind (2 of 10).
    Words(u32),
    /// Another person's contact lines, companies and years, the parts in another order, a paragraph of somebody else's,
    /// and so many percent of the words.
    Remade(u32),
    /// So many percent of the lines replaced by somebody else's.
    Lines(u32),
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(percent) => write!(f, "{percent} % of words edited"),
            Self::Remade(percent) => {
                write!(f, "new contact, companies, dates, order, paragraph, and {percent} % of words edited")
            }
            Self::Lines(percent) => write!(f, "{percent} % of lines replaced"),
        }
    }
}

impl Edit {
    /// Every edit that is measured.
    pub(super) fn all() -> Vec<Self> {
        let words = (1..=7).map(|tenth| Self::Words(tenth * 10));
        words.chain([Self::Remade(20), Self::Remade(30), Self::Lines(50)]).collect()
    }

    /// What recall is to be reached, in words and as a share.
    pub(super) fn goal_of(edit: &str) -> Option<(&'static str, f64)> {
        let goals = [
            (Self::Words(10), ("1.00", 0.999_5)),
            (Self::Words(20), (">= .99", 0.99)),
            (Self::Words(40), (">= .96", 0.96)),
            (Self::Remade(20), (">= .99", 0.99)),
            (Self::Remade(30), (">= .95", 0.95)),
            (Self::Lines(50), (">= .85", 0.85)),
        ];
        goals.into_iter().find(|(of, _)| of.to_string() == edit).map(|(_, goal)| goal)
    }

    /// A number of its own, so that each edit draws other numbers.
    pub(super) const fn number(self) -> u64 {
        let (sort, percent) = match self {
            Self::Words(percent) => (1, percent),
            Self::Remade(percent) => (2, percent),
            Self::Lines(percent) => (3, percent),
        };
        sort * 1_000 + percent as u64
    }

    /// The share of words, where words are all that is edited.
    pub(super) const fn words_percent(self) -> Option<u32> {
        match self {
            Self::Words(percent) => Some(percent),
            _ => None,
        }
    }

    /// The edited text.
    pub(super) fn apply(self, text: &str, corpus: &Corpus, random: &mut impl Rng) -> String {
        match self {
            Self::Words(percent) => words(text, percent, corpus, random),
            Self::Remade(percent) => remade(text, percent, corpus, random),
            Self::Lines(percent) => lines(text, percent, corpus, random),
        }
    }
}

fn other<'a>(corpus: &'a Corpus, random: &mut impl Rng) -> &'a str {
    corpus.others().choose(random).map_or("", String::as_str)
}

/// A word as often as others use it.
fn word<'a>(corpus: &'a Corpus, random: &mut impl Rng) -> &'a str {
    let words: Vec<_> = other(corpus, random).split_whitespace().collect();
    words.choose(random).copied().unwrap_or("word")
}

fn words(text: &str, percent: u32, corpus: &Corpus, random: &mut impl Rng) -> String {
    let mut edited = String::with_capacity(text.len());
    for line in text.lines() {
        for own in line.split_whitespace() {
            if !random.random_ratio(percent, 100) {
                edited.extend([own, " "]);
                continue;
            }
            match random.random_range(0..10) {
                0..6 => edited.extend([word(corpus, random), " "]),
                6..8 => {}
                _ => edited.extend([own, " ", word(corpus, random), " "]),
            }
        }
        edited.push('\n');
    }
    edited
}

fn remade(text: &str, percent: u32, corpus: &Corpus, random: &mut impl Rng) -> String {
    let header: Vec<_> = other(corpus, random).lines().take(HEADER_LINES).collect();
    let mut body: Vec<String> = Vec::new();
    for line in text.lines().skip(HEADER_LINES) {
        body.push(if is_job_title(line) { job_title(corpus, random).to_owned() } else { other_years(line, random) });
    }
    let mut parts: Vec<&[String]> = body.chunks(body.len().div_ceil(PARTS).max(1)).collect();
    parts.shuffle(random);
    let edited = words(&parts.concat().join("\n"), percent, corpus, random);
    let paragraph: Vec<_> = other(corpus, random).split_whitespace().skip(50).take(PARAGRAPH_WORDS).collect();
    [&header.join("\n"), &edited, &paragraph.join(" ")].map(String::as_str).join("\n")
}

/// A short line with a year names a company and how long somebody was there.
fn is_job_title(line: &str) -> bool {
    line.len() < 120 && line.split(|letter: char| !letter.is_ascii_digit()).any(is_year)
}

fn is_year(digits: &str) -> bool {
    digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"))
}

fn job_title<'a>(corpus: &'a Corpus, random: &mut impl Rng) -> &'a str {
    let titles: Vec<_> = other(corpus, random).lines().filter(|line| is_job_title(line)).collect();
    titles.choose(random).copied().unwrap_or("Example Corp 2011")
}

fn other_years(line: &str, random: &mut impl Rng) -> String {
    let mut words = Vec::new();
    for word in line.split(' ') {
        words.push(if is_year(word) { random.random_range(1995..2024).to_string() } else { word.to_owned() });
    }
    words.join(" ")
}

fn lines(text: &str, percent: u32, corpus: &Corpus, random: &mut impl Rng) -> String {
    let others: Vec<_> = other(corpus, random).lines().collect();
    let mut lines: Vec<&str> = text.lines().collect();
    let mut places: Vec<usize> = (0..lines.len()).collect();
    places.shuffle(random);
    for place in &places[..lines.len() * percent as usize / 100] {
        lines[*place] = others.choose(random).copied().unwrap_or_default();
    }
    lines.join("\n")
}
