//! How well the resume fingerprint tells versions of one resume from resumes of two people.
//!
//! Every resume of a folder is edited in ways that impostors edit, and compared with what it was made from: recall. And
//! it is compared with every other one, which it must not match: false matches. All edits come from one seed.
//! Absent on purpose: the fingerprint itself (`larum_protocol::kind::resume`).

mod corpus;
mod edit;
mod plot;

use std::{fs, path::Path};

use larum_protocol::kind::resume::{BANDS, CANDIDATE_BANDS, Fingerprint, MATCH_BANDS, STRONG_BANDS};
use rand::{SeedableRng, rngs::StdRng};
use serde::Serialize;

use self::{corpus::Corpus, edit::Edit};
use super::{BenchError, line::Line, line::grouped};

/// Where the edits begin, unless the caller says otherwise.
pub const SEED: u64 = 7;

/// What one way of editing does to recall.
#[derive(Clone, Debug, Serialize)]
pub struct Recall {
    /// The edit, in words.
    pub edit: String,
    /// Percent of words edited, for the plot; `None` for an edit of another sort.
    pub words_percent: Option<u32>,
    /// Edited resumes.
    pub resumes: usize,
    /// Share that has at least two, three and five bands in common with what it was made from.
    pub candidates: f64,
    /// See `candidates`.
    pub matches: f64,
    /// See `candidates`.
    pub strong: f64,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct ResumesReport {
    /// Resumes that were edited and compared.
    pub resumes: usize,
    /// Resumes that are too short for a fingerprint, and were left out.
    pub too_short: usize,
    /// Resumes that the stoplist was made from: left out, and where words and lines of edits come from.
    pub donors: usize,
    /// The seed of all edits.
    pub seed: u64,
    /// Pairs of resumes of two people.
    pub pairs: u64,
    /// Of these, pairs with one band in common, with two, and so on.
    pub shared: Vec<u64>,
    /// Bands that two resumes of two people have in common, on average.
    pub noise: f64,
    /// Pairs that match, and so would accuse somebody.
    pub false_matches: u64,
    /// The rate of false matches that would give so few with a chance of one in twenty.
    pub false_rate_below: f64,
    /// Recall, edit by edit.
    pub recall: Vec<Recall>,
}

/// Evaluates the resumes of a folder, and draws recall against edits into `plot` if one is named.
pub fn run(folder: &Path, seed: u64, plot: Option<&Path>) -> Result<ResumesReport, BenchError> {
    let corpus = Corpus::read(folder)?;
    let prints: Vec<_> = corpus.resumes.iter().map(|text| bands(text)).collect();
    let whole: Vec<&Bands> = prints.iter().flatten().map(AsRef::as_ref).collect();
    let shared = unrelated(&whole);
    let pairs = (whole.len() as u64) * (whole.len() as u64).saturating_sub(1) / 2;
    let false_matches = shared.iter().skip(MATCH_BANDS - 1).sum();
    let sum: u64 = (1_u64..).zip(&shared).map(|(bands, pairs)| bands * pairs).sum();
    let report = ResumesReport {
        resumes: whole.len(),
        too_short: prints.len() - whole.len(),
        donors: corpus.donors.len(),
        seed,
        pairs,
        noise: sum as f64 / pairs.max(1) as f64,
        shared,
        false_matches,
        false_rate_below: poisson_upper(false_matches) / pairs.max(1) as f64,
        recall: Edit::all().into_iter().map(|edit| recall(edit, &corpus, &prints, seed)).collect(),
    };
    if let Some(path) = plot {
        fs::write(path, plot::svg(&report))?;
    }
    Ok(report)
}

/// A fingerprint's bands, each as a number.
type Bands = [u64; BANDS];

fn bands(text: &str) -> Option<Box<Bands>> {
    let print = Fingerprint::of(text).ok()?;
    let mut bands = Box::new([0; BANDS]);
    for (number, band) in bands.iter_mut().zip(&print.bands) {
        let hash = blake3::hash(band.text.as_bytes());
        *number = u64::from_be_bytes(hash.as_bytes()[..8].try_into().expect("eight of 32 bytes"));
    }
    Some(bands)
}

fn in_common(one: &Bands, two: &Bands) -> usize {
    one.iter().zip(two).filter(|(one, two)| one == two).count()
}

/// How many pairs have one band in common, two, and so on.
fn unrelated(prints: &[&Bands]) -> Vec<u64> {
    let mut shared = vec![0; BANDS];
    for (at, one) in prints.iter().enumerate() {
        for two in &prints[..at] {
            if let Some(bands) = in_common(one, two).checked_sub(1) {
                shared[bands] += 1;
            }
        }
    }
    let used = shared.iter().rposition(|pairs| *pairs > 0).map_or(0, |last| last + 1);
    shared.truncate(used);
    shared
}

fn recall(edit: Edit, corpus: &Corpus, prints: &[Option<Box<Bands>>], seed: u64) -> Recall {
    let mut random = StdRng::seed_from_u64(seed ^ edit.number());
    let mut scores = Vec::with_capacity(prints.len());
    for (text, print) in corpus.resumes.iter().zip(prints) {
        let edited = edit.apply(text, corpus, &mut random);
        let Some(print) = print else { continue };
        scores.push(bands(&edited).map_or(0, |bands| in_common(print, &bands)));
    }
    let at_least =
        |bands: usize| scores.iter().filter(|score| **score >= bands).count() as f64 / scores.len().max(1) as f64;
    Recall {
        edit: edit.to_string(),
        words_percent: edit.words_percent(),
        resumes: scores.len(),
        candidates: at_least(CANDIDATE_BANDS),
        matches: at_least(MATCH_BANDS),
        strong: at_least(STRONG_BANDS),
    }
}

/// The mean of a Poisson distribution that gives at most `count` with a chance of one in twenty (Garwood, 1936): 3.0
/// for none. Found by halving.
fn poisson_upper(count: u64) -> f64 {
    let chance = |mean: f64| {
        let (mut term, mut sum) = ((-mean).exp(), 0.0);
        for n in 0..=count {
            sum += term;
            term *= mean / (n + 1) as f64;
        }
        sum
    };
    let (mut low, mut high) = (count as f64, count as f64 * 2.0 + 10.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if chance(middle) > 0.05 { low = middle } else { high = middle }
    }
    high
}

impl ResumesReport {
    /// The lines of the table.
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = vec![Line {
            what: format!("resumes: false matches among {} pairs of strangers", grouped(self.pairs as f64)),
            measured: format!("{}; below 1 in {} (95 %)", self.false_matches, grouped(1.0 / self.false_rate_below)),
            beside: format!("{:.5} bands in common on average, {} of {}", self.noise, self.histogram(), BANDS),
            ratio: None,
            reach: "0",
            met: self.false_matches == 0,
        }];
        lines.extend(self.recall.iter().map(|recall| {
            let goal = Edit::goal_of(&recall.edit);
            Line {
                what: format!("resumes: {}", recall.edit),
                measured: format!("{:.3} match, {:.3} strong", recall.matches, recall.strong),
                beside: format!("{} edited resumes, seed {}", recall.resumes, self.seed),
                ratio: None,
                reach: goal.map_or("none stated", |(words, _)| words),
                met: goal.is_none_or(|(_, least)| recall.matches >= least),
            }
        }));
        lines
    }

    fn histogram(&self) -> String {
        let bins = (1..).zip(&self.shared).map(|(bands, pairs): (u32, _)| format!("{pairs} share {bands}"));
        let text: Vec<_> = bins.collect();
        if text.is_empty() { "none shares any".to_owned() } else { text.join(", ") }
    }
}

#[cfg(test)]
mod tests;
