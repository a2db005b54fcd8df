//! What the audience sees: numbered steps, the commands as they are run, what held, and how long it took.
//!
//! For programs (`--json`) each step is one line, and so is the end.
//! Invariant: a step that is reported as held has said at least one expectation, and all of them held.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde::Serialize;

use super::place::Place;
use crate::{
    Status,
    console::Console,
    error::Failure,
    output::{WIDTH, columns, count, plain, style},
};

/// Blanks before an expectation. Commands and what they say stand at the edge, as in a terminal.
const INDENT: usize = 4;

/// The stage of one demo.
pub(super) struct Show<'c, 'io> {
    console: &'c mut Console<'io>,
    json: bool,
    started: Instant,
    steps: u32,
    step: Option<Step>,
}

/// One step, as it is told to programs.
#[derive(Debug, Serialize)]
struct Step {
    step: u32,
    title: &'static str,
    held: bool,
    ms: u64,
    commands: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requests: Vec<String>,
    expectations: Vec<Expectation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    #[serde(skip)]
    started: Instant,
    /// When the last expectation was looked at.
    #[serde(skip)]
    last: Instant,
}

#[derive(Debug, Serialize)]
struct Expectation {
    what: String,
    held: bool,
    ms: u64,
}

/// The last line for programs.
#[derive(Serialize)]
struct End {
    held: bool,
    steps: u32,
    ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<String>,
}

impl<'c, 'io> Show<'c, 'io> {
    pub(super) fn new(console: &'c mut Console<'io>, json: bool) -> Self {
        Self { console, json, started: Instant::now(), steps: 0, step: None }
    }

    /// Says what is about to happen.
    pub(super) fn open(&mut self) -> Result<(), Failure> {
        self.line(0, &style::strong("Three employers, three nodes, one warning. Everybody in it is fictional."))
    }

    /// Begins a step.
    pub(super) fn begin(&mut self, title: &'static str) -> Result<(), Failure> {
        self.steps += 1;
        let now = Instant::now();
        self.step = Some(Step {
            step: self.steps,
            title,
            held: true,
            ms: 0,
            commands: Vec::new(),
            requests: Vec::new(),
            expectations: Vec::new(),
            failure: None,
            started: now,
            last: now,
        });
        self.line(0, "")?;
        self.line(0, &style::strong(&format!("{:>2}. {title}", self.steps)))
    }

    /// Shows a command that is about to be run.
    pub(super) fn command(&mut self, arguments: &[&str]) -> Result<(), Failure> {
        let words: Vec<_> = ["larum"].iter().chain(arguments).map(|word| quoted(word)).collect();
        let lines = broken_into_lines(&words);
        if let Some(step) = &mut self.step {
            step.commands.push(words.join(" "));
        }
        lines.iter().try_for_each(|line| self.line(0, &style::dim(line)))
    }

    /// Shows a request that is about to be sent: where to, the headers that matter, and the body as it is.
    pub(super) fn request(&mut self, to: &str, headers: &[(&str, &str)], body: &str) -> Result<(), Failure> {
        if let Some(step) = &mut self.step {
            step.requests.push(to.to_owned());
        }
        let headers = headers.iter().flat_map(|(name, value)| header_lines(name, value));
        let lines = std::iter::once(to.to_owned()).chain(headers).chain(body.lines().map(str::to_owned));
        lines.map(|line| format!("> {line}")).try_for_each(|line| self.line(0, &style::dim(&line)))
    }

    /// Shows what a command said.
    pub(super) fn output(&mut self, text: &str) -> Result<(), Failure> {
        text.lines().try_for_each(|line| self.line(0, line))
    }

    /// Says what should hold, whether it does, and how long that took since the last time; an error if it does not.
    pub(super) fn expect(&mut self, what: impl Into<String>, held: bool) -> Result<(), Failure> {
        let what = what.into();
        let Some(step) = &mut self.step else { return Err(Failure::new("an expectation outside a step")) };
        let took = milliseconds(step.last.elapsed());
        step.last = Instant::now();
        step.held &= held;
        step.expectations.push(Expectation { what: what.clone(), held, ms: took });
        let mark = if held { style::good("✓") } else { style::error("✗") };
        let took = format!("{took} ms");
        let used = INDENT + 2 + columns(&what) + columns(&took);
        let gap = " ".repeat(WIDTH.saturating_sub(used).max(1));
        self.line(INDENT, &format!("{mark} {what}{gap}{}", style::dim(&took)))?;
        match held {
            true => Ok(()),
            false => Err(Failure::new(format_args!("what was expected does not hold: {what}"))),
        }
    }

    /// Ends the step.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        let Some(mut step) = self.step.take() else { return Ok(()) };
        step.ms = milliseconds(step.started.elapsed());
        step.held &= !step.expectations.is_empty() && step.failure.is_none();
        if self.json {
            self.console.json_line(&step)?;
        }
        match step.held || step.failure.is_some() {
            true => Ok(()),
            false => Err(Failure::new(format_args!("step {} expects nothing", step.step))),
        }
    }

    /// Shows the ends of the nodes' logs, for whoever has to find out what went wrong.
    pub(super) fn log_tails(&mut self, place: &Place) {
        for (name, tail) in place.log_tails() {
            self.console.note(&format!("the end of {name}:"));
            tail.iter().for_each(|line| self.console.note(&format!("  {}", plain(line))));
        }
    }

    /// Ends the demo, well or not.
    pub(super) fn close(&mut self, ended: Result<(), Failure>, kept: Option<&Path>) -> Result<Status, Failure> {
        let failure = ended.err().map(|failure| self.broken_off(failure));
        let (steps, ms) = (self.steps, milliseconds(self.started.elapsed()));
        let kept = kept.map(|path| path.display().to_string());
        if self.json {
            self.console.json_line(&End { held: failure.is_none(), steps, ms, kept: kept.clone() })?;
        }
        if let Some(kept) = kept {
            self.line(0, "")?;
            self.line(0, &format!("kept in {kept}; go on there with larum serve --data alder"))?;
        }
        if let Some(failure) = failure {
            return Err(failure);
        }
        self.line(0, "")?;
        let seconds = ms as f64 / 1000.0;
        self.line(0, &style::good(&format!("{} held, in {seconds:.1} s.", count(steps.into(), "step"))))?;
        Ok(Status::Ok)
    }

    /// Ends the step in which something failed, and says which it was.
    fn broken_off(&mut self, failure: Failure) -> Failure {
        let Some(step) = &mut self.step else { return failure };
        let message = format!("step {}, {}: {}", step.step, step.title, failure.message());
        step.failure = Some(failure.message().to_owned());
        let ended = self.end();
        let told = Failure::new(message);
        match (ended, failure.advice()) {
            (Err(failure), _) => failure,
            (Ok(()), Some(hint)) => told.hint(hint),
            (Ok(()), None) => told,
        }
    }

    fn line(&mut self, indent: usize, text: &str) -> Result<(), Failure> {
        match self.json {
            true => Ok(()),
            false => self.console.line(&format!("{}{text}", " ".repeat(if text.is_empty() { 0 } else { indent }))),
        }
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+@,".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("\"{}\"", word.replace('"', "\\\"")) }
}

/// A header, on two lines where one is too long.
fn header_lines(name: &str, value: &str) -> Vec<String> {
    let line = format!("{name}: {value}");
    match value.split_once(' ') {
        Some((first, rest)) if columns(&line) + "> ".len() > WIDTH => {
            vec![format!("{name}: {first}"), format!("    {rest}")]
        }
        _ => vec![line],
    }
}

/// A command line that fits, with its breaks as a shell takes them: a flag and its value stay together.
fn broken_into_lines(words: &[String]) -> Vec<String> {
    let room = WIDTH - " \\".len();
    let mut lines = vec!["$".to_owned()];
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let value = words.next_if(|next| word.starts_with("--") && !next.starts_with("--"));
        let word = value.map_or_else(|| word.clone(), |value| format!("{word} {value}"));
        let line = lines.last_mut().expect("there is a first line");
        if columns(line) + 1 + columns(&word) <= room {
            line.push(' ');
            line.push_str(&word);
        } else {
            line.push_str(" \\");
            lines.push(format!("    {word}"));
        }
    }
    lines
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
