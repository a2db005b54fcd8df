//! Runs this same program, as a user would from a shell in the demo's folder.
//!
//! Invariant: nothing of the user's own larum comes in: the `LARUM_` variables are taken out of the environment.
//! Invariant: a command that is given up is killed.

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

use crate::{Status, error::Failure};

/// This program, in the demo's folder.
#[derive(Clone, Debug)]
pub(super) struct Larum {
    program: PathBuf,
    folder: PathBuf,
}

/// How a command ended.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) status: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl Larum {
    pub(super) fn new(folder: &Path) -> Result<Self, Failure> {
        let program = env::current_exe().map_err(|error| Failure::new(format_args!("no path to larum: {error}")))?;
        Ok(Self { program, folder: folder.to_owned() })
    }

    /// A command that is still to be run.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(&self.folder).kill_on_drop(true);
        for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"LARUM_")) {
            command.env_remove(name);
        }
        // Colours go to the demo's own console, which takes them out where nobody sees them.
        command.env("CLICOLOR_FORCE", "1").stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(super) async fn run(&self, arguments: &[&str]) -> Result<Done, Failure> {
        let output = self.command(arguments).output().await;
        let output = output.map_err(|error| Failure::new(format_args!("cannot run larum: {error}")))?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim_end().to_owned();
        Ok(Done { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) })
    }
}

impl Done {
    /// Whether it ended so.
    pub(super) fn is(&self, status: Status) -> bool {
        self.status == Some(status.code().into())
    }

    /// The error that a command which had to succeed stands for.
    pub(super) fn failure(&self, arguments: &[&str]) -> Failure {
        let verb = arguments.iter().take(2).take_while(|word| !word.starts_with('-')).copied().collect::<Vec<_>>();
        let said = self.err.lines().find(|line| line.contains("error")).unwrap_or(&self.err);
        let status = self.status.map_or_else(|| "a signal".to_owned(), |status| format!("exit status {status}"));
        Failure::new(format_args!("larum {} ended with {status}: {said}", verb.join(" ")))
    }
}
