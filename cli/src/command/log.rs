//! `larum log`: every log known, with its head.

use larum_protocol::api::{LogInfo, LogList, path};

use super::Session;
use crate::{
    Status,
    error::Failure,
    output::{Table, short},
};

pub(crate) fn run(session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let list: LogList = session.client()?.get(path::LOGS)?;
    session.show(&list, |list| {
        let mut table = Table::new(["member", "log", "status", "floor", "seq", "announced", "head"]);
        list.logs.iter().for_each(|log| table.row(row(log)));
        table.render()
    })
}

fn row(log: &LogInfo) -> [String; 7] {
    let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let status = match log.forked_at {
        Some(seq) => format!("forked at {seq}"),
        None => log.status.clone(),
    };
    [
        log.member.clone(),
        short(&log.log).to_owned(),
        status,
        log.floor.to_string(),
        number(log.seq),
        number(log.announced.or(log.seq)),
        log.head.as_deref().map_or("-", short).to_owned(),
    ]
}
