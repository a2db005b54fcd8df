//! One employer's running node: a `larum serve` of its own.
//!
//! Invariant: a node that is dropped is killed; one whose demo was killed stops by itself, as its input ends.

use std::{
    fs::{File, OpenOptions},
    process::Stdio,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdin, ChildStdout},
    time::{sleep, timeout},
};

use super::{
    larum::Larum,
    place::{Employer, Place},
};
use crate::error::Failure;

/// How long a node may take to serve, and to stop.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a node is started whose port somebody took, and the pause between.
const STARTS_MAX: u32 = 5;
const PAUSE: Duration = Duration::from_millis(300);

/// A running node.
#[derive(Debug)]
pub(super) struct Node {
    child: Child,
    input: ChildStdin,
    _output: BufReader<ChildStdout>,
    /// What it said when it was ready.
    pub(super) said: String,
}

impl Node {
    /// The arguments of the command that runs a node.
    pub(super) const fn arguments(employer: Employer) -> [&'static str; 4] {
        ["serve", "--stop-on-eof", "--data", employer.folder]
    }

    /// Starts a node and waits until it serves.
    pub(super) async fn start(larum: &Larum, place: &Place, employer: Employer) -> Result<Self, Failure> {
        for _ in 1..STARTS_MAX {
            match Self::start_once(larum, place, employer).await {
                Err(failure) if failure.message().contains("cannot listen") => sleep(PAUSE).await,
                ended => return ended,
            }
        }
        Self::start_once(larum, place, employer).await
    }

    async fn start_once(larum: &Larum, place: &Place, employer: Employer) -> Result<Self, Failure> {
        let path = place.log(employer);
        let log = OpenOptions::new().create(true).append(true).open(&path);
        let log: File = log.map_err(|error| Failure::write(&path, error))?;
        let mut command = larum.command(&Self::arguments(employer));
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn();
        let mut child = spawned.map_err(|error| Failure::new(format_args!("cannot start a node: {error}")))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::new("a node was started without its pipes"));
        };
        let mut output = BufReader::new(output);
        let mut said = String::new();
        let read = timeout(PATIENCE, output.read_line(&mut said)).await;
        if !matches!(read, Ok(Ok(bytes)) if bytes > 0) {
            let _ = child.kill().await;
            return Err(Failure::new(format_args!("{}'s node does not serve: {}", employer.name, last_line(&path))));
        }
        Ok(Self { child, input, _output: output, said: said.trim_end().to_owned() })
    }

    /// Kills it at once, by SIGKILL, and waits until it is gone; whether that is what ended it.
    pub(super) async fn kill(mut self) -> Result<bool, Failure> {
        let failed = |error| Failure::new(format_args!("cannot kill a node: {error}"));
        let ended = self.child.try_wait().map_err(failed)?;
        self.child.kill().await.map_err(failed)?;
        Ok(ended.is_none())
    }

    /// Lets it stop in good order; whether it did.
    pub(super) async fn stop(self) -> Result<bool, Failure> {
        let Self { mut child, input, .. } = self;
        drop(input);
        match timeout(PATIENCE, child.wait()).await {
            Ok(status) => Ok(status.is_ok_and(|status| status.success())),
            Err(_) => {
                let _ = child.kill().await;
                Ok(false)
            }
        }
    }
}

fn last_line(path: &std::path::Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .rev()
        .find(|line| line.contains("error"))
        .or(text.lines().last())
        .unwrap_or("it said nothing")
        .to_owned()
}
