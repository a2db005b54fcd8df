//! What it costs to turn tags back into numbers by trying all of them, under each custody: measured on a sample of one
//! country's telephone numbers, and extrapolated.
//!
//! Absent on purpose: graphics processors, which are some hundred times as fast at plain hashing and some ten times at a
//! stretch; the threat model says so beside these figures.

use std::hint::black_box;

use larum_protocol::{
    kind::{Identifier, Kind},
    oprf::{Blinding, ELEMENTS_MAX},
    roster::Budget,
    tag::{Hardening, Salt, Stretch, Tagger},
};
use rand::{SeedableRng, rngs::StdRng};
use serde::Serialize;

use super::{BenchError, cpu, line::Line, line::grouped};

/// Telephone numbers that the North American plan can have: area code and exchange begin with 2 to 9, no N11, 2-9-2-9.
pub const NUMBERS: f64 = 6.4e9;
/// Numbers that are tried of each way: enough for a second or so.
const HASHED: usize = 1_000_000;
const STRETCHED: usize = 24;
const EVALUATED: usize = 10;

const SECONDS_A_DAY: f64 = 86_400.0;
const DAYS_A_YEAR: f64 = 365.25;

/// Seconds a number, by who tries.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PrivacyReport {
    /// Whoever has the salt, under shared custody without a stretch.
    pub hash: f64,
    /// The same, with the recommended stretch.
    pub stretch: f64,
    /// Stewards who collude and have the key together, one of them a member with the salt.
    pub collusion: f64,
    /// Numbers a day that one member can ask stewards about.
    pub budget: u64,
}

/// Measures all of them, on one core.
///
/// # Errors
/// If the program's own numbers are none.
pub fn run() -> Result<PrivacyReport, BenchError> {
    let salt = Salt::new([7; 32]);
    let form = Identifier { region: Some("US".into()), ..Identifier::new(Kind::Phone, "+1 303 555 0142") };
    let form = form.canonical().map_err(BenchError::wrong)?;
    let tagger = |hardening| Tagger::new(&salt, 1, Kind::Phone, hardening);
    let local = |hardening, count: usize| {
        let tagger = tagger(hardening);
        seconds_each(count, || drop(black_box(tagger.tags(black_box(&form)))))
    };
    let blind = tagger(Hardening::Blind);
    let input = blind.inputs(&form).pop().ok_or_else(|| BenchError::Wrong("no input".to_owned()))?;
    let mut random = StdRng::seed_from_u64(1);
    // Whoever has the key needs no blinding and no proof: what is left is to hash to the group and to multiply. The
    // blinding does just that, with a factor in place of the key, many at a time.
    let inputs: Vec<&[u8]> = vec![&input; ELEMENTS_MAX];
    let collusion =
        seconds_each(EVALUATED, || drop(black_box(Blinding::new(&inputs, &mut random)))) / ELEMENTS_MAX as f64;
    Ok(PrivacyReport {
        hash: local(Hardening::Nothing, HASHED),
        stretch: local(Hardening::Stretch(Stretch::RECOMMENDED), STRETCHED),
        collusion,
        budget: Budget::USUAL.0,
    })
}

fn seconds_each(count: usize, mut work: impl FnMut()) -> f64 {
    let began = cpu::thread_time();
    (0..count).for_each(|_| work());
    (cpu::thread_time() - began).as_secs_f64() / count as f64
}

impl PrivacyReport {
    /// The table: who tries, what a number costs, and what all of them do.
    pub fn lines(&self) -> Vec<Line> {
        let line = |what: &str, each: String, days: f64, unit: &str| Line {
            what: format!("privacy: {what}"),
            measured: format!("{} for all {} numbers", time(days, unit), grouped(NUMBERS)),
            beside: each,
            ratio: None,
            reach: "as long as can be",
            met: true,
        };
        let core = |seconds: f64| seconds * NUMBERS / SECONDS_A_DAY;
        let micro = |seconds: f64| format!("{:.2} µs a number on one core", seconds * 1e6);
        vec![
            line(
                "shared custody, no stretch: any member, or who has one disk",
                micro(self.hash),
                core(self.hash),
                "core",
            ),
            line(
                "shared custody, stretched (19 MiB, 2 passes): the same",
                micro(self.stretch),
                core(self.stretch),
                "core",
            ),
            line(
                "split custody: as many stewards as it takes, who collude",
                micro(self.collusion),
                core(self.collusion),
                "core",
            ),
            line(
                "split custody: one member within its budget",
                format!("{} numbers a day", grouped(self.budget as f64)),
                NUMBERS / self.budget as f64,
                "",
            ),
        ]
    }
}

/// A length of time that a person can read.
fn time(days: f64, unit: &str) -> String {
    let (figure, name) = if days >= 2.0 * DAYS_A_YEAR {
        (days / DAYS_A_YEAR, "years")
    } else if days >= 2.0 {
        (days, "days")
    } else if days * 24.0 >= 2.0 {
        (days * 24.0, "hours")
    } else {
        (days * 24.0 * 60.0, "minutes")
    };
    let unit = if unit.is_empty() { String::new() } else { format!("{unit}-") };
    format!("{figure:.1} {unit}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_words_of_their_size() {
        let shown = [0.006, 0.5, 3.0, 40_000.0].map(|days| time(days, "core"));
        assert_eq!(shown, ["8.6 core-minutes", "12.0 core-hours", "3.0 core-days", "109.5 core-years"]);
    }

    #[test]
    fn a_member_alone_needs_centuries_under_split_custody() {
        let report = PrivacyReport { hash: 1e-7, stretch: 2e-2, collusion: 3e-5, budget: Budget::USUAL.0 };
        assert!(report.lines()[3].measured.starts_with("350.4 years"), "{:?}", report.lines()[3]);
    }
}
