//! `larum check --file`: rows in, JSON lines out, both at once and at the node's pace.
//!
//! A line's `id` is the row's number in the file unless a column gives one, so that an answer leads back to its row
//! even where broken rows were left out.

use std::{path::Path, thread};

use larum_protocol::api::{BulkIdentifier, BulkRow, BulkSummary, Verdict};
use serde::Deserialize;
use tokio::sync::mpsc::{self, Sender};

use super::{CheckArgs, status_of};
use crate::{
    Status,
    client::ClientError,
    command::{Session, status::coverage},
    error::Failure,
    input::{Columns, Field, Row, RowFault, Rows},
    output::{count, verdict},
    progress::Progress,
};

/// Bytes of lines that go out together.
const CHUNK_BYTES: usize = 32 * 1024;
/// Chunks that wait for the node: enough to keep it busy, little enough to hold.
const CHUNKS_AHEAD: usize = 4;
/// Broken rows that are named; the rest is counted.
const BROKEN_SHOWN_MAX: usize = 100;

/// What the reading thread found wrong.
#[derive(Default)]
struct Broken {
    count: u64,
    shown: Vec<(u64, String)>,
}

/// One line of the answer.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Row(BulkRow),
    Summary(BulkSummary),
}

/// What the answer added up to.
struct Tally {
    rows: u64,
    found: u64,
    worst: Verdict,
    summary: Option<BulkSummary>,
}

pub(super) fn run(file: &Path, args: &CheckArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let shared = shared(args)?;
    let rows = Rows::open(file, Columns::new(&args.column)?, session.console)?;
    if args.dry_run {
        return dry_run(rows, &shared, session);
    }
    let client = session.client()?;
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    let skip_bad = args.skip_bad;
    let reading = thread::spawn(move || feed(rows, &shared, skip_bad, &sender));
    let progress = Progress::new(session.console, "checked", None);
    let mut tally = Tally { rows: 0, found: 0, worst: Verdict::Clear, summary: None };
    let answered = client.check_bulk(receiver, |line| {
        session.console.raw(&[line, b"\n"].concat())?;
        progress.add(1);
        tally.take(line)
    });
    drop(progress);
    let broken = reading.join().expect("the reading thread does not panic");
    answered?;
    let broken = broken?;
    finish(&tally, &broken, skip_bad, session)
}

/// What every row shares.
fn shared(args: &CheckArgs) -> Result<Row, Failure> {
    let identifiers = &args.identifiers;
    let mut row = Row::default();
    match identifiers.kind.as_slice() {
        [] => {}
        [kind] => row.set(Field::Kind, kind.name()),
        _ => return Err(Failure::new("--kind is given twice for one file")),
    }
    row.set(Field::Region, identifiers.region.as_deref().unwrap_or_default());
    row.set(Field::Asset, identifiers.asset.as_deref().unwrap_or_default());
    Ok(row)
}

/// Reads the file and sends its good rows; stops early where a broken one may not be left out, or nobody listens.
fn feed(mut rows: Rows, shared: &Row, skip_bad: bool, sender: &Sender<Vec<u8>>) -> Result<Broken, Failure> {
    let mut broken = Broken::default();
    let mut chunk = Vec::with_capacity(CHUNK_BYTES);
    while let Some((number, row)) = rows.next()? {
        match row.and_then(|row| line(number, row, shared)) {
            Ok(line) => {
                serde_json::to_writer(&mut chunk, &line).expect("writing to memory cannot fail");
                chunk.push(b'\n');
            }
            Err(fault) => broken.add(number, fault.to_string()),
        }
        if broken.count > 0 && !skip_bad {
            break;
        }
        if chunk.len() >= CHUNK_BYTES && sender.blocking_send(std::mem::take(&mut chunk)).is_err() {
            return Ok(broken);
        }
    }
    if !chunk.is_empty() {
        let _ = sender.blocking_send(chunk); // nobody listens once the request failed, and that is the error to tell
    }
    Ok(broken)
}

fn line(number: u64, mut row: Row, shared: &Row) -> Result<BulkIdentifier, RowFault> {
    row.complete(shared);
    Ok(BulkIdentifier {
        id: Some(row.take(Field::Id).unwrap_or_else(|| number.to_string())),
        kind: row.take(Field::Kind).ok_or(RowFault::Missing(Field::Kind))?,
        value: row.take(Field::Value).ok_or(RowFault::Missing(Field::Value))?,
        region: row.take(Field::Region),
        asset: row.take(Field::Asset),
    })
}

impl Broken {
    fn add(&mut self, number: u64, fault: String) {
        self.count += 1;
        if self.shown.len() < BROKEN_SHOWN_MAX {
            self.shown.push((number, fault));
        }
    }
}

impl Tally {
    fn take(&mut self, line: &[u8]) -> Result<(), Failure> {
        match serde_json::from_slice(line).map_err(|_| ClientError::NotUnderstood)? {
            Line::Row(row) => {
                self.rows += 1;
                self.found += u64::from(status_of(row.verdict) == Status::Found);
                self.worst = self.worst.max(row.verdict);
            }
            Line::Summary(summary) => self.summary = Some(summary),
        }
        Ok(())
    }
}

fn finish(tally: &Tally, broken: &Broken, skip_bad: bool, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    for (number, fault) in &broken.shown {
        session.console.note(&format!("row {number}: {fault}"));
    }
    if broken.count > 0 && !skip_bad {
        return Err(Failure::new("a row is broken, so those from there on were not checked")
            .hint("mend it, or pass --skip-bad to leave such rows out"));
    }
    let Some(summary) = tally.summary.as_ref().filter(|summary| summary.lines == tally.rows) else {
        return Err(ClientError::Broken.into());
    };
    let (rows, found) = (count(tally.rows, "row"), tally.found);
    session.console.note(&format!("{rows}, {found} to look at, worst: {}", verdict(tally.worst)));
    session.console.note(&format!("coverage: {}", coverage(&summary.coverage)));
    if broken.count > 0 {
        session.console.note(&format!("{} left out", count(broken.count, "broken row")));
    }
    let status = status_of(tally.worst);
    // A row that was left out may be anything.
    Ok(if status == Status::Ok && broken.count > 0 { Status::Unknown } else { status })
}

fn dry_run(mut rows: Rows, shared: &Row, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let (mut good, mut broken) = (0, Broken::default());
    while let Some((number, row)) = rows.next()? {
        match row.and_then(|row| line(number, row, shared)) {
            Ok(_) => good += 1,
            Err(fault) => broken.add(number, fault.to_string()),
        }
    }
    for (number, fault) in &broken.shown {
        session.console.note(&format!("row {number}: {fault}"));
    }
    session.show(&serde_json::json!({ "rows": good, "broken": broken.count }), |_| {
        format!("{} would be asked about, {}", count(good, "row"), count(broken.count, "broken row"))
    })?;
    Ok(if broken.count > 0 { Status::Failed } else { Status::Ok })
}
