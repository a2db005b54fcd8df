//! The `larum` command line: runs a node, asks a running one over HTTP, founds and governs a consortium offline.
//!
//! One file for each verb under `command/`; results go to standard output, everything else to standard error.
//!
//! Invariant: no message, table or log line shows an identifier in full; secrets come from files or standard input.
//! Invariant: a failure is one line that says what happened, and mostly a second one that says what to do.
//! Absent on purpose: rules. What an identifier or a roster may be is the protocol's, what happens to it the node's.

mod args;
mod client;
mod command;
mod console;
mod error;
mod files;
mod folder;
mod input;
mod output;
mod progress;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

pub use self::console::Console;

/// How a command ended, as the process's exit status.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// It did what was asked; of a check: nothing is reported.
    Ok,
    /// A check found something that a person must look at.
    Found,
    /// It failed, and standard error says why.
    Failed,
    /// A check found nothing, and the node cannot be sure.
    Unknown,
}

impl Status {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Found => 1,
            Self::Failed => 2,
            Self::Unknown => 3,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.code())
    }
}

/// Runs one command line; the first of `args` is the program's name.
pub fn run<I, T>(args: I, console: &mut Console<'_>) -> Status
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let cli = match args::Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(usage) => return console.usage(args::without_values(usage)),
    };
    match command::run(cli, console) {
        Ok(status) => status,
        Err(failure) => {
            console.failure(&failure);
            Status::Failed
        }
    }
}
