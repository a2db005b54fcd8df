//! `larum doctor`: looks at everything that a node stands on, and says of each thing that is wrong what to do.
//!
//! Works with and without a running node, and changes nothing.
//! Invariant: nothing shown holds an identifier, a key, a salt or a token.

mod folder;
mod machine;
mod running;

use serde::Serialize;

use super::Session;
use crate::{
    Status,
    error::Failure,
    output::{style, wrap},
};

/// Columns of the word before a finding.
const INDENT: usize = 9;

/// How a thing is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// As it should be.
    Good,
    /// It works, and somebody should look at it.
    Warning,
    /// It does not work.
    Bad,
}

/// What was found out about one thing.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    state: State,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Finding {
    fn good(text: impl Into<String>) -> Self {
        Self { state: State::Good, text: text.into(), hint: None }
    }

    fn warning(text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { state: State::Warning, text: text.into(), hint: Some(hint.into()) }
    }

    fn bad(text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { state: State::Bad, text: text.into(), hint: Some(hint.into()) }
    }

    fn failed(failure: &Failure) -> Self {
        let hint = failure.advice().map(str::to_owned);
        Self { state: State::Bad, text: failure.message().to_owned(), hint }
    }
}

#[derive(Serialize)]
struct Report {
    findings: Vec<Finding>,
}

pub(crate) fn run(session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let folder = session.folder()?;
    let mut findings = folder::look(&folder);
    findings.extend(machine::look(&folder));
    findings.extend(running::look(&folder, session));
    let report = Report { findings };
    session.show(&report, text)?;
    Ok(match report.findings.iter().any(|finding| finding.state == State::Bad) {
        true => Status::Failed,
        false => Status::Ok,
    })
}

fn text(report: &Report) -> String {
    let lines = report.findings.iter().map(|finding| {
        let (word, shown) = match finding.state {
            State::Good => ("good", style::good("good")),
            State::Warning => ("look at", style::warning("look at")),
            State::Bad => ("bad", style::error("bad")),
        };
        let gap = " ".repeat(INDENT - word.len());
        let hint = finding.hint.as_ref().map(|hint| format!("\n{}", style::dim(&wrap(hint, INDENT))));
        format!("{shown}{gap}{}{}", wrap(&finding.text, INDENT).trim_start(), hint.unwrap_or_default())
    });
    let count = |state| report.findings.iter().filter(|finding| finding.state == state).count();
    let (bad, warnings) = (count(State::Bad), count(State::Warning));
    let sum = format!("{} looked at: {bad} bad, {warnings} to look at", report.findings.len());
    lines.chain([String::new(), sum]).collect::<Vec<_>>().join("\n")
}
