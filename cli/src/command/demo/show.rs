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
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::Value;

    use super::*;

    fn shown(json: bool, act: impl FnOnce(&mut Show<'_, '_>) -> Result<(), Failure>) -> (Option<Status>, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console::captured(Vec::new(), &mut out, &mut err);
        let mut show = Show::new(&mut console, json);
        let ended = act(&mut show);
        let status = show.close(ended, None).ok();
        drop(console);
        (status, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_failed_expectation_fails_its_step_and_the_demo() {
        let (status, out) = shown(true, |show| {
            show.begin("a step that holds")?;
            show.expect("it holds", true)?;
            show.end()?;
            show.begin("a step that does not")?;
            show.expect("it holds", false)?;
            show.end()
        });
        assert_eq!(status, None);
        let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let held: Vec<_> = lines.iter().map(|line| line["held"].as_bool().unwrap()).collect();
        assert_eq!(held, [true, false, false], "{out}");
        assert_eq!(lines[1]["expectations"][0]["held"], false);
    }

    #[test]
    fn an_interrupt_fails_the_step_that_it_cuts_off() {
        let (status, out) = shown(true, |show| {
            show.begin("a step that is cut off")?;
            show.expect("it holds so far", true)?;
            Err(Failure::new("interrupted"))
        });
        assert_eq!(status, None);
        let step: Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
        assert_eq!((&step["held"], &step["failure"]), (&Value::from(false), &Value::from("interrupted")));
    }

    #[test]
    fn a_step_that_expects_nothing_does_not_hold() {
        let (status, _) = shown(false, |show| {
            show.begin("an idle step")?;
            show.end()
        });
        assert_eq!(status, None);
    }

    #[test]
    fn every_line_fits_80_columns() {
        let (status, out) = shown(false, |show| {
            show.open()?;
            show.begin("a step with a long command")?;
            show.command(&[
                "consortium",
                "found",
                "--name",
                "A consortium",
                "--governors",
                "3",
                "--threshold",
                "2",
                "--out",
                "x",
            ])?;
            show.expect("a sentence as long as sentences of the demo get, about so long", true)?;
            show.end()
        });
        assert_eq!(status, Some(Status::Ok));
        assert!(out.contains("--name \"A consortium\""), "{out}");
        for line in out.lines() {
            assert!(columns(line) <= WIDTH, "{line}");
        }
    }
}
