//! `larum watch add`: a file of people, row by row; rows that follow each other with one id are one person.
//!
//! The whole file is read before anything is sent, so that a broken row leaves nothing half done. What the node cannot watch
//! is named by its row, and the others are watched all the same.

use std::path::Path;

use larum_protocol::{
    api::{
        CHECK_IDENTIFIERS_MAX, Identifier, NewWatch, NotWatched, Verdict, WATCH_ROWS_MAX, WATCHES_BODY_BYTES_MAX,
        WatchOutcome, WatchRequest, WatchesAnswer, path,
    },
    kind::{Kind, UnknownKind},
};

use crate::{
    Status,
    args::WatchAddArgs,
    command::{Session, watch::watches},
    error::Failure,
    input::{Columns, Field, Row, Rows},
    output::{count, plain},
    progress::Progress,
};

/// Bytes of one request's watches: what the node takes, less some for what stands around them.
const REQUEST_BYTES_MAX: usize = WATCHES_BODY_BYTES_MAX - 1_024;
/// Rows that are not watched whole and are named; the rest is counted.
const SHOWN_MAX: usize = 100;

/// Somebody in the file, and the rows of the identifiers.
struct Person {
    new: NewWatch,
    rows: Vec<u64>,
}

pub(super) fn run(args: &WatchAddArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let wanted = read(&args.file, args, session)?;
    if wanted.is_empty() {
        return Err(Failure::new("the file holds no row"));
    }
    let (client, total) = (session.client()?, wanted.len());
    let (wanted, named): (Vec<NewWatch>, Vec<(String, Vec<u64>)>) =
        wanted.into_iter().map(|Person { new, rows }| (new.clone(), (new.reference, rows))).unzip();
    let mut whole = WatchesAnswer::default();
    let progress = Progress::new(session.console, "watched", Some(total as u64));
    for request in requests(wanted)? {
        let before = whole.rows.len() as u64;
        let answer: WatchesAnswer = client.post(path::WATCHES, &request).map_err(|error| {
            let kept = watches(whole.added);
            Failure::from(error).hint(format_args!("{kept} of this file were added before; add the rest alone"))
        })?;
        whole.added += answer.added;
        whole.rows.extend(answer.rows.into_iter().map(|row| WatchOutcome { row: row.row + before, ..row }));
        progress.add(request.watches.len() as u64);
    }
    drop(progress);
    let all_whole = whole.rows.iter().all(|row| row.errors.is_empty());
    session.show(&whole, |whole| text(whole, &named))?;
    Ok(if all_whole { Status::Ok } else { Status::Failed })
}

fn text(answer: &WatchesAnswer, named: &[(String, Vec<u64>)]) -> String {
    let mut lines = Vec::new();
    let told = |(outcome, (reference, rows)): (&WatchOutcome, &(String, Vec<u64>))| -> Vec<String> {
        let at = |identifier: u64| usize::try_from(identifier).ok().and_then(|at| rows.get(at.checked_sub(1)?));
        let row = |NotWatched { identifier, why }: &NotWatched| {
            let row = at(*identifier).map_or_else(|| "a row".to_owned(), |row| format!("row {row}"));
            format!("{row} ({}): {}", plain(reference), plain(why))
        };
        outcome.errors.iter().map(row).collect()
    };
    let broken: Vec<String> = answer.rows.iter().zip(named).flat_map(told).collect();
    lines.extend(broken.iter().take(SHOWN_MAX).cloned());
    if broken.len() > SHOWN_MAX {
        lines.push(format!("and {} more", broken.len() - SHOWN_MAX));
    }
    if !broken.is_empty() {
        lines.push(format!("{} not watched; all others are", count(broken.len() as u64, "row")));
    }
    let known = answer.rows.iter().filter(|row| row.verdict.is_some_and(|verdict| verdict > Verdict::Unknown)).count();
    let kept = answer.rows.iter().filter(|row| row.watch.is_some()).count() as u64;
    lines.push(format!("{} added, {} renewed", watches(answer.added), kept.saturating_sub(answer.added)));
    if known > 0 {
        lines.push(format!("of them {known} are reported already: larum watch shows their alerts"));
    }
    lines.join("\n")
}

fn read(file: &Path, args: &WatchAddArgs, session: &mut Session<'_, '_>) -> Result<Vec<Person>, Failure> {
    let mut rows = Rows::open(file, Columns::new(&args.column)?, session.console)?;
    let mut people: Vec<Person> = Vec::new();
    while let Some((number, row)) = rows.next()? {
        let broken = |what: String| Failure::new(format_args!("row {number}: {what}")).hint("nothing was added");
        let (reference, identifier) =
            row.map_err(|fault| fault.to_string()).and_then(|row| one(row, args)).map_err(broken)?;
        match people.last_mut() {
            Some(Person { new, rows })
                if new.reference == reference && new.identifiers.len() < CHECK_IDENTIFIERS_MAX =>
            {
                new.identifiers.push(identifier);
                rows.push(number);
            }
            _ => {
                let new = NewWatch { reference, identifiers: vec![identifier], days: args.days };
                people.push(Person { new, rows: vec![number] });
            }
        }
    }
    Ok(people)
}

fn one(mut row: Row, args: &WatchAddArgs) -> Result<(String, Identifier), String> {
    let missing = |field: Field| format!("it does not say what its {} is", field.name());
    let reference = row.take(Field::Id).ok_or_else(|| missing(Field::Id))?;
    let named = row.take(Field::Kind).or_else(|| args.kind.map(|kind| kind.name().to_owned()));
    let kind: Kind =
        named.ok_or_else(|| missing(Field::Kind))?.parse().map_err(|error: UnknownKind| error.to_string())?;
    let value = row.take(Field::Value).ok_or_else(|| missing(Field::Value))?;
    let takes_region = matches!(kind, Kind::Address | Kind::Phone);
    let region = row.take(Field::Region).or_else(|| args.region.clone().filter(|_| takes_region));
    Ok((reference, Identifier { kind: kind.name().to_owned(), value, region, asset: row.take(Field::Asset) }))
}

/// Cuts the watches into what one request takes.
fn requests(watches: Vec<NewWatch>) -> Result<Vec<WatchRequest>, Failure> {
    let (mut requests, mut bytes) = (Vec::<WatchRequest>::new(), 0);
    for (number, watch) in (1..).zip(watches) {
        let length = serde_json::to_vec(&watch).expect("our own types are JSON").len() + 1;
        if length > REQUEST_BYTES_MAX {
            return Err(Failure::new(format_args!("watch {number} is too large")).hint("nothing was added"));
        }
        let is_full =
            |request: &WatchRequest| request.watches.len() == WATCH_ROWS_MAX || bytes + length > REQUEST_BYTES_MAX;
        if requests.last().is_none_or(is_full) {
            requests.push(WatchRequest { watches: Vec::new() });
            bytes = 0;
        }
        bytes += length;
        requests.last_mut().expect("one was pushed").watches.push(watch);
    }
    Ok(requests)
}
