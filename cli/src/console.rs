//! Where a command reads and writes: the process's streams, or a test's buffers.
//!
//! Text is written with ANSI styles; the stream behind takes them out where nobody would see colours (`NO_COLOR`, a
//! pipe, a file).
//! Invariant: control characters in what others wrote never reach the terminal.

use std::io::{self, BufRead, BufReader, IsTerminal, Write};

use serde::Serialize;

use crate::{Status, error::Failure, output::style};

/// Standard input, output and error of a command.
pub struct Console<'a> {
    stdin: Option<Box<dyn BufRead + Send>>,
    out: Box<dyn Write + 'a>,
    err: Box<dyn Write + 'a>,
    interactive: bool,
}

impl std::fmt::Debug for Console<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").field("interactive", &self.interactive).finish_non_exhaustive()
    }
}

impl Console<'static> {
    /// The process's own streams.
    pub fn system() -> Self {
        Self {
            stdin: Some(Box::new(BufReader::new(io::stdin()))),
            out: Box::new(anstream::stdout()),
            err: Box::new(anstream::stderr()),
            interactive: io::stderr().is_terminal(),
        }
    }
}

impl<'a> Console<'a> {
    /// Buffers, for tests: nothing is interactive and no colour is kept.
    pub fn captured(stdin: Vec<u8>, out: &'a mut Vec<u8>, err: &'a mut Vec<u8>) -> Self {
        Self {
            stdin: Some(Box::new(io::Cursor::new(stdin))),
            out: Box::new(anstream::StripStream::new(out as &mut dyn Write)),
            err: Box::new(anstream::StripStream::new(err as &mut dyn Write)),
            interactive: false,
        }
    }

    /// Whether a person watches standard error: progress is shown only then.
    pub(crate) const fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// Standard input, which only one reader of a command can have.
    pub(crate) fn stdin(&mut self) -> Result<Box<dyn BufRead + Send>, Failure> {
        self.stdin.take().ok_or_else(|| Failure::new("standard input is read twice").hint("name files for the others"))
    }

    /// Writes one line of a result.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.out, "{text}").map_err(Failure::output)
    }

    /// Writes bytes of a result as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).and_then(|()| self.out.flush()).map_err(Failure::output)
    }

    /// Writes a result for programs: one JSON document, indented.
    pub(crate) fn json<T: Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).expect("our own types are JSON");
        self.line(&text)
    }

    /// Writes a result for programs: one JSON line, at once.
    pub(crate) fn json_line<T: Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        let mut text = serde_json::to_string(value).expect("our own types are JSON");
        text.push('\n');
        self.raw(text.as_bytes())
    }

    /// Tells the person something that is no result. Nothing is lost if standard error is closed.
    pub(crate) fn note(&mut self, text: &str) {
        let _ = writeln!(self.err, "{text}");
    }

    /// Asks for a yes on standard input.
    pub(crate) fn confirm(&mut self, question: &str) -> Result<(), Failure> {
        let _ = write!(self.err, "{question} [y/N] ").and_then(|()| self.err.flush());
        let mut answer = String::new();
        let read = io::Read::take(self.stdin()?, ANSWER_BYTES_MAX).read_line(&mut answer);
        match (read, answer.trim().to_ascii_lowercase().as_str()) {
            (Ok(_), "y" | "yes") => Ok(()),
            _ => Err(Failure::new("not confirmed, nothing was done").hint("answer y, or pass --yes")),
        }
    }

    pub(crate) fn failure(&mut self, failure: &Failure) {
        if failure.is_closed_pipe() {
            return;
        }
        self.note(&format!("{}: {}", style::error("error"), failure.message()));
        if let Some(hint) = failure.advice() {
            self.note(&format!("{}: {hint}", style::hint("hint")));
        }
    }

    pub(crate) fn usage(&mut self, usage: clap::Error) -> Status {
        let text = usage.render().ansi().to_string();
        if usage.use_stderr() {
            let _ = write!(self.err, "{text}");
            return Status::Failed;
        }
        let _ = write!(self.out, "{text}");
        Status::Ok
    }
}

/// Bytes of an answer to a question; more than a word is no answer.
const ANSWER_BYTES_MAX: u64 = 64;
