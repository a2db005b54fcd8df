//! `larum bench`: how fast this program is on this machine, beside what limits it, measured in the same run.
//!
//! Absent on purpose: the measurements (`larum_node::bench`).

use std::{env, path::Path, process::Command, time::Duration};

use larum_node::bench::{self, BenchError, Line};
use serde::Serialize;

use super::Session;
use crate::{
    Status,
    args::{BenchArgs, Measure},
    error::Failure,
    folder::DataFolder,
    output::style,
};

/// Identifiers of the bulk check.
const BULK_LINES: usize = 1_024 * 1_024;
/// How long each server is asked one identifier at a time.
const CHECKS_TIME: Duration = Duration::from_secs(4);
/// Publications among ten nodes.
const PUBLICATIONS: usize = 100;

/// What is written as JSON: the lines, and every figure behind them.
#[derive(Serialize)]
struct Measured {
    lines: Vec<Line>,
    figures: serde_json::Value,
}

pub(crate) fn run(args: &BenchArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let dir = match &args.dir {
        Some(dir) => tempfile::tempdir_in(dir),
        None => tempfile::tempdir(),
    };
    let dir = dir.map_err(|error| Failure::new(format_args!("there is no folder to work in: {error}")))?;
    for part in parts(args.measure) {
        let folder = dir.path().join(part.name());
        std::fs::create_dir(&folder).map_err(|error| Failure::write(&folder, error))?;
        session.console.note(&format!("measuring: {}", part.name()));
        let measured = part.run(args, &folder).map_err(Failure::new)?;
        std::fs::remove_dir_all(&folder).map_err(|error| Failure::write(&folder, error))?;
        match session.global.json {
            true => session.console.json_line(&measured)?,
            false => measured.lines.iter().try_for_each(|line| session.console.line(&shown(line)))?,
        }
    }
    Ok(Status::Ok)
}

/// One run gives the lines about restarts and about disk.
fn parts(measure: Measure) -> Vec<Measure> {
    use Measure::{All, CatchUp, Gossip, Http, Index, Receive, Restart, Watches};
    match measure {
        All => vec![Index, Http, Receive, CatchUp, Gossip, Restart, Watches],
        one => vec![one],
    }
}

impl Measure {
    fn name(self) -> String {
        clap::ValueEnum::to_possible_value(&self).map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn run(self, args: &BenchArgs, dir: &Path) -> Result<Measured, BenchError> {
        let tags = |short, long| args.tags.unwrap_or(if args.long { long } else { short });
        let statements = |short| args.statements.unwrap_or(if args.long { 10_000_000 } else { short });
        Ok(match self {
            Self::All | Self::Index => {
                let report = bench::index::run(dir, tags(10_000_000, 100_000_000))?;
                measured(report.lines().to_vec(), &report)
            }
            Self::Http => {
                let report = bench::http::run(dir, tags(1_000_000, 10_000_000), CHECKS_TIME, BULK_LINES)?;
                measured(report.lines().to_vec(), &report)
            }
            Self::Receive => {
                // Everything that is received is made beforehand and held in memory.
                let report = bench::receive::run(dir, statements(500_000))?;
                measured(vec![report.line()], &report)
            }
            Self::CatchUp => {
                let report = bench::catch_up::run(dir, statements(200_000), &serve)?;
                measured(vec![report.line()], &report)
            }
            Self::Gossip => {
                let report = bench::gossip::run(dir, PUBLICATIONS)?;
                measured(vec![report.line()], &report)
            }
            Self::Watches => {
                let report = bench::watches::run(args.watches.unwrap_or(1_000_000));
                measured(report.lines().to_vec(), &report)
            }
            Self::Privacy => {
                let report = bench::privacy::run()?;
                measured(report.lines(), &report)
            }
            Self::Resumes => {
                let folder =
                    args.folder.as_deref().ok_or_else(|| BenchError::Wrong("no folder is named".to_owned()))?;
                let report = bench::resumes::run(folder, args.seed, args.plot.as_deref())?;
                measured(report.lines(), &report)
            }
            Self::Restart | Self::Disk => {
                let report = bench::restart::run(dir, statements(1_000_000), &serve)?;
                let lines = [report.line(), report.disk_line()];
                measured(lines[usize::from(self == Self::Disk)..].to_vec(), &report)
            }
        })
    }
}

fn measured(lines: Vec<Line>, report: &impl Serialize) -> Measured {
    let figures = serde_json::to_value(report).expect("figures are numbers under names");
    Measured { lines, figures }
}

/// This program, serving a folder that the measurement furnished.
fn serve(folder: &Path) -> Result<Command, BenchError> {
    let failed = |failure: Failure| BenchError::Wrong(failure.message().to_owned());
    DataFolder::at(folder).introduce("bench").map_err(failed)?;
    let mut command = Command::new(env::current_exe()?);
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("LARUM_")) {
        command.env_remove(name); // what the user set is for their own node
    }
    command.arg("--data").arg(folder).arg("serve");
    Ok(command)
}

/// Two lines that fit a terminal.
fn shown(line: &Line) -> String {
    let word = if line.met { style::good("met") } else { style::warning("not met") };
    let ratio = line.ratio.map(|ratio| format!("  ratio {ratio:.2}")).unwrap_or_default();
    let Line { what, measured, beside, reach, .. } = line;
    format!("{what}\n  measured  {measured}\n  beside    {beside}{ratio}\n  reach     {reach}: {word}")
}
