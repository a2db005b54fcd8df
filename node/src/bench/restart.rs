//! From starting a process to its first right answer, and how much disk the logs take.

use std::{path::Path, time::Duration};

use larum_protocol::api::Verdict;
use serde::Serialize;

use super::{
    BenchError, Line,
    line::grouped,
    process::{Process, Serve},
    rig::{LAST_WALLET, Rig, UNLISTED_WALLET, free_addresses},
};

/// How long the first start, which fills the index, may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// A right answer: what is listed last, and something that is not.
const ASKED: [u64; 2] = [LAST_WALLET, UNLISTED_WALLET];
const RIGHT: [Verdict; 2] = [Verdict::Listed, Verdict::Clear];

/// What was measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RestartReport {
    /// Statements in the store.
    pub statements: u64,
    /// Seconds until the first right answer when the index has to be filled from the segments.
    pub rebuild_seconds: f64,
    /// The same after `kill -9` of a node whose index was just filled.
    pub killed_seconds: f64,
    /// The same after a stop in good order.
    pub clean_seconds: f64,
    /// Bytes of the statements themselves.
    pub body_bytes: u64,
    /// Bytes that the segments take on the disk.
    pub segment_bytes: u64,
}

impl RestartReport {
    /// The line about restarts.
    pub fn line(&self) -> Line {
        Line {
            what: format!("restart, {} statements", grouped(self.statements as f64)),
            measured: format!("{:.2} s to the first right answer", self.clean_seconds),
            beside: format!(
                "after kill -9: {:.2} s; without an index: {:.2} s",
                self.killed_seconds, self.rebuild_seconds
            ),
            ratio: None,
            reach: "<= 1 s",
            met: self.clean_seconds <= 1.0 && self.killed_seconds <= 1.0,
        }
    }

    /// The line about disk.
    pub fn disk_line(&self) -> Line {
        let ratio = self.segment_bytes as f64 / self.body_bytes as f64;
        Line {
            what: format!("disk for the logs, {} statements", grouped(self.statements as f64)),
            measured: format!("{} B", grouped(self.segment_bytes as f64)),
            beside: format!("the statements' own: {} B", grouped(self.body_bytes as f64)),
            ratio: Some(ratio),
            reach: "<= 1.2x",
            met: ratio <= 1.2,
        }
    }
}

/// Fills a data folder below `dir` with `statements` and starts a node on it three times.
pub fn run(dir: &Path, statements: u64, serve: Serve<'_>) -> Result<RestartReport, BenchError> {
    let address = free_addresses(1)?[0];
    let rig = Rig::found(dir, &[(None, address)])?;
    let filled = rig.fill(0, statements)?;
    let start = || {
        let node = Process::start(serve, &rig.folder(0))?;
        let took = node.wait_for(&ASKED, &RIGHT, PATIENCE)?;
        Ok::<_, BenchError>((node, took.as_secs_f64()))
    };
    let (first, rebuild_seconds) = start()?;
    drop(first); // kill -9
    let (second, killed_seconds) = start()?;
    second.stop()?;
    let (third, clean_seconds) = start()?;
    third.stop()?;
    Ok(RestartReport {
        statements: filled.statements,
        rebuild_seconds,
        killed_seconds,
        clean_seconds,
        body_bytes: filled.body_bytes,
        segment_bytes: rig.segment_bytes(0),
    })
}
