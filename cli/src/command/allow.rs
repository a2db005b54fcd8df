//! `larum allow`: what this employer vouches for, whatever others report (I12).

use larum_protocol::api::{AllowAction, AllowAnswer, AllowEntry, AllowList, AllowRequest, path};

use super::{Session, identifiers};
use crate::{
    Status,
    args::{AllowChange, AllowCommand},
    error::Failure,
    output::{Table, count, plain},
};

pub(crate) fn run(command: AllowCommand, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    match command {
        AllowCommand::Add(args) => change(AllowAction::Add, args, session),
        AllowCommand::List => list(session),
        AllowCommand::Remove(args) => change(AllowAction::Remove, args, session),
    }
}

fn change(action: AllowAction, args: AllowChange, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let identifiers = identifiers::selected(&args.identifiers, session.console)?;
    let request = AllowRequest { action, identifiers, note: args.note };
    let answer: AllowAnswer = session.client()?.post(path::ALLOW, &request)?;
    let failed = answer.rows.iter().any(|row| row.error.is_some());
    session.show(&answer, |answer| {
        let mut lines: Vec<String> = Vec::new();
        for row in &answer.rows {
            let outcome = match (&row.error, row.unchanged) {
                (Some(error), _) => plain(error),
                (None, true) => "it was so already".into(),
                (None, false) => "done".into(),
            };
            lines.push(format!("{}  {outcome}", plain(row.masked.as_deref().unwrap_or("***"))));
        }
        lines.push(format!("{} changed", count(answer.changed, "identifier")));
        lines.join("\n")
    })?;
    Ok(if failed { Status::Failed } else { Status::Ok })
}

fn list(session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let list: AllowList = session.client()?.get(path::ALLOW)?;
    session.show(&list, |list| {
        let mut table = Table::new(["kind", "identifier", "added", "note"]);
        list.entries.iter().for_each(|entry| table.row(row(entry)));
        table.render()
    })
}

fn row(entry: &AllowEntry) -> [String; 4] {
    let added = entry.added.get(..10).unwrap_or(&entry.added).to_owned();
    [entry.kind.clone(), entry.masked.clone(), added, entry.note.clone().unwrap_or_default()]
}
