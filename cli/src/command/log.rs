//! `larum log`: every log known, with its head.

use larum_protocol::api::{LogInfo, LogList, path};

use super::Session;
use crate::{
    Status,
    error::Failure,
    output::{Table, short},
};

/// Letters of an incarnation that are shown.
const INCARNATION_LETTERS: usize = 8;

pub(crate) fn run(session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let list: LogList = session.client()?.get(path::LOGS)?;
    session.show(&list, |list| {
        let mut table = Table::new(["member", "log", "status", "floor", "seq", "announced", "head"]);
        list.logs.iter().for_each(|log| table.row(row(log)));
        table.render()
    })
}

/// The node and the incarnation, of each as much as tells it from others.
fn name(log: &str) -> String {
    let (node, incarnation) = log.split_once(':').unwrap_or((log, ""));
    format!("{}:{}", short(node), incarnation.get(..INCARNATION_LETTERS).unwrap_or(incarnation))
}

fn row(log: &LogInfo) -> [String; 7] {
    let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let status = match log.forked_at {
        Some(seq) => format!("forked at {seq}"),
        None => log.status.clone(),
    };
    [
        log.member.clone(),
        name(&log.log),
        status,
        log.floor.to_string(),
        number(log.seq),
        number(log.announced.or(log.seq)),
        log.head.as_deref().map_or("-", short).to_owned(),
    ]
}
