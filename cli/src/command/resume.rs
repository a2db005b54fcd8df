//! `larum resume compare`: how near two resumes are, and why.
//!
//! Works offline and sends nothing: the words it shows are those of the user's own files.

use std::path::Path;

use larum_protocol::{
    api::{Likeness, ResumeScore},
    kind::resume::Fingerprint,
};
use serde::Serialize;

use super::{Session, document};
use crate::{
    Status,
    args::{CompareArgs, ResumeCommand},
    error::Failure,
    output::{plain, wrap},
};

/// What two resumes have in common.
#[derive(Serialize)]
struct Comparison {
    shared: usize,
    of: usize,
    likeness: Option<Likeness>,
    bands: Vec<Meeting>,
}

/// One band in common: the words, or pairs of words, whose hashes are the least in both.
#[derive(Serialize)]
struct Meeting {
    band: u8,
    family: &'static str,
    because: Vec<String>,
}

pub(crate) fn run(command: ResumeCommand, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let ResumeCommand::Compare(CompareArgs { one, two }) = command;
    let (one, two) = (fingerprint(&one)?, fingerprint(&two)?);
    session.show(&compare(&one, &two), text)
}

fn fingerprint(path: &Path) -> Result<Fingerprint, Failure> {
    let text = document::text(path)?;
    Fingerprint::of(&text).map_err(|error| Failure::new(format_args!("{}: {error}", path.display())))
}

fn compare(one: &Fingerprint, two: &Fingerprint) -> Comparison {
    let shared = one.shared(two);
    let score = match one.exact == two.exact {
        true => Some(ResumeScore::EXACT),
        false => u8::try_from(shared.len()).ok().and_then(ResumeScore::of),
    };
    let meeting = |number: &u8| {
        let band = &one.bands[usize::from(*number)];
        let because = band.because.iter().map(|feature| feature.to_string()).collect();
        Meeting { band: *number, family: band.family.name(), because }
    };
    Comparison {
        shared: shared.len(),
        of: one.bands.len(),
        likeness: score.map(|score| score.likeness),
        bands: shared.iter().map(meeting).collect(),
    }
}

fn text(comparison: &Comparison) -> String {
    let Comparison { shared, of, likeness, bands } = comparison;
    let mut lines = vec![format!("{shared} of {of} bands in common: {}", worth(*likeness))];
    for Meeting { band, family, because } in bands {
        let because: Vec<_> = because.iter().map(|feature| format!("\"{}\"", plain(feature))).collect();
        lines.push(wrap(&format!("band {band:>2}, {family}: {}", because.join(", ")), 4));
    }
    lines.join("\n")
}

const fn worth(likeness: Option<Likeness>) -> &'static str {
    match likeness {
        None => "nothing that chance does not explain",
        Some(Likeness::Candidate) => "worth a look",
        Some(Likeness::Match) => "versions of one resume",
        Some(Likeness::Strong) => "versions of one resume, much of it kept",
        Some(Likeness::Exact) => "the same words in the same order",
    }
}
