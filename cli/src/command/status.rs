//! `larum status`: how the node is doing, and what its operator should look at.

use larum_protocol::api::{CoverageInfo, CoverageState, StatusAnswer, path};

use super::Session;
use crate::{
    Status,
    error::Failure,
    output::{count, plain, short, style, wrap},
};

pub(crate) fn run(session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let status: StatusAnswer = session.client()?.get(path::STATUS)?;
    session.show(&status, text)
}

fn text(status: &StatusAnswer) -> String {
    let log = status.log.as_ref().map_or_else(
        || "none yet".to_owned(),
        |log| {
            format!("{} at {}", short(&log.log), log.seq.map_or_else(|| "its start".to_owned(), |seq| seq.to_string()))
        },
    );
    let store = &status.store;
    let mut lines = vec![
        field("member", &status.member),
        field("consortium", &status.consortium),
        field("peer id", &status.peer),
        field("version", &format!("{}, running since {}", status.version, status.started)),
        field("coverage", &coverage(&status.coverage)),
        field("peers", &format!("{} connected", status.peers)),
        field("log", &log),
        field("holds", &format!("{}, {}", count(store.logs, "log"), count(store.statements, "statement"))),
        field("", &format!("{}, {}", count(store.tags, "tag"), bytes(store.bytes))),
    ];
    if let Some(left) = status.steward_budget_left {
        lines.push(field("stewards", &format!("{left} evaluations left today")));
    }
    lines.extend(
        status.listen.iter().enumerate().map(|(at, address)| field(if at == 0 { "listens" } else { "" }, address)),
    );
    for warning in &status.warnings {
        lines.push(format!("{} {}", style::warning("warning:"), plain(&warning.code)));
        lines.push(wrap(&warning.text, 2));
    }
    lines.join("\n")
}

/// One line on how much an answer is worth.
pub(crate) fn coverage(coverage: &CoverageInfo) -> String {
    let state = match coverage.state {
        CoverageState::CatchingUp => "catching up",
        CoverageState::Fresh => "fresh",
        CoverageState::Stale => "stale",
    };
    let (heard, members) = (coverage.heard, count(coverage.members.into(), "member"));
    let mut text = format!("{state}, {heard} of {members} heard, roster {}", coverage.roster);
    if !coverage.absent.is_empty() {
        text.push_str(&format!("; not heard: {}", coverage.absent.join(", ")));
    }
    if !coverage.forked.is_empty() {
        text.push_str(&format!("; {} forked", count(coverage.forked.len() as u64, "log")));
    }
    text
}

fn field(name: &str, value: &str) -> String {
    format!("{name:<12}{}", wrap(value, 12).trim_start())
}

fn bytes(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}
