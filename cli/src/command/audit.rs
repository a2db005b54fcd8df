//! `larum audit`: the record of lookups, listed, exported, checked and kept no longer than it has to be.
//!
//! Listing and exporting ask the running node; checking and removing work on the data folder, with or without one.

use std::{
    fs::{self, OpenOptions},
    io::{BufRead as _, BufReader, Write},
    path::Path,
};

use larum_node::audit::{self, Exported, Pruned, Verified};
use larum_protocol::{
    api::{AUDIT_PAGE_MAX, AuditPage, AuditRecord, TokenList, path},
    hash::Digest,
};
use serde::Serialize;

use super::Session;
use crate::{
    Status,
    args::{AuditCommand, AuditVerifyArgs, ExportArgs, ListArgs, PruneArgs},
    client::Client,
    error::Failure,
    output::{Table, count},
};

/// The folder of the record in the data folder.
const AUDIT_FOLDER: &str = "audit";
/// Bytes of one line of an export: a record is at most 4 KiB of CBOR, which JSON's names make three times as long.
const LINE_BYTES_MAX: usize = 64 * 1024;

pub(crate) fn run(command: AuditCommand, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    match command {
        AuditCommand::List(args) => list(&args, session),
        AuditCommand::Export(args) => export(&args, session),
        AuditCommand::Verify(args) => verify(&args, session),
        AuditCommand::Prune(args) => prune(&args, session),
    }
}

fn page(client: &Client, from: Option<u64>, limit: usize) -> Result<AuditPage, Failure> {
    let from = from.map(|from| format!("from={from}&")).unwrap_or_default();
    Ok(client.get(&format!("{}?{from}limit={}", path::AUDIT, limit.clamp(1, AUDIT_PAGE_MAX)))?)
}

fn list(args: &ListArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let client = session.client()?;
    let page = page(&client, args.from, args.limit)?;
    // One that was revoked has no name any more, and shows by its id.
    let tokens: TokenList = client.get(path::TOKENS)?;
    session.show(&page, |page| {
        let mut table = Table::new(["number", "time", "what", "token", "verdict", "identifiers"]).whole([0, 1]);
        page.records.iter().for_each(|record| table.row(row(record, &tokens)));
        let next = page.next.map(|next| format!("\nmore with --from {next}")).unwrap_or_default();
        format!("{}{next}", table.render())
    })
}

fn row(record: &AuditRecord, tokens: &TokenList) -> [String; 6] {
    let results: Vec<String> =
        record.results.iter().map(|result| format!("{} {} {}", result.count, result.kind, result.verdict)).collect();
    let event = serde_json::to_value(record.event).ok();
    let event = event.as_ref().and_then(|event| event.as_str()).unwrap_or_default().to_owned();
    let time = record.time.get(..19).unwrap_or(&record.time).replace('T', " ");
    let named = tokens.tokens.iter().find(|token| token.id == record.token);
    let token = named.map_or_else(|| record.token.clone(), |token| token.name.clone());
    [record.seq.to_string(), time, event, token, record.verdict.to_string(), results.join(", ")]
}

fn export(args: &ExportArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let client = session.client()?;
    let mut file = match &args.out {
        Some(path) => Some(
            OpenOptions::new().create_new(true).write(true).open(path).map_err(|error| Failure::write(path, error))?,
        ),
        None => None,
    };
    let (mut from, mut records) = (args.from, 0_u64);
    loop {
        let page = page(&client, from, AUDIT_PAGE_MAX)?;
        records += page.records.len() as u64;
        for record in &page.records {
            match (&mut file, &args.out) {
                (Some(file), Some(path)) => line(file, record).map_err(|error| Failure::write(path, error))?,
                _ => session.console.json_line(record)?,
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    if let (Some(file), Some(path)) = (file, &args.out) {
        file.sync_all().map_err(|error| Failure::write(path, error))?;
        session.console.note(&format!("{} written to {}", count(records, "record"), path.display()));
    }
    Ok(Status::Ok)
}

fn line(file: &mut fs::File, record: &AuditRecord) -> std::io::Result<()> {
    let mut text = serde_json::to_vec(record)?;
    text.push(b'\n');
    file.write_all(&text)
}

/// What was found to hold.
#[derive(Serialize)]
struct Holds {
    records: u64,
    first: u64,
    last: u64,
    head: String,
}

fn verify(args: &AuditVerifyArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let noted = args.noted.as_deref().map(|noted| noted.parse::<Digest>().map(|hash| hash.to_string()));
    let noted = noted.transpose().map_err(|_| Failure::new("the noted hash is no hash: it has 64 hex digits"))?;
    let (verified, has_noted) = match &args.file {
        Some(path) => of_export(path, noted.as_deref())?,
        None => of_folder(&session.folder()?.path().join(AUDIT_FOLDER), noted.as_deref())?,
    };
    if noted.is_some() && !has_noted {
        return Err(Failure::new("the chain holds, but no record in it has the noted hash")
            .hint("it was removed by age, or the chain was made anew: compare with an export from that time"));
    }
    let Verified { first, last, head } = verified;
    let holds = Holds { records: last + 1 - first, first, last, head: head.to_string() };
    session.show(&holds, |holds| {
        let Holds { records, first, last, head } = holds;
        let none = "no record; nothing was looked up yet".to_owned();
        if *records == 0 {
            return none;
        }
        let text = format!("{} hold, numbers {first} to {last}", count(*records, "record"));
        format!("{text}\nnewest hash {head}\nnote it down: nothing before it can be changed unnoticed")
    })
}

fn of_folder(dir: &Path, noted: Option<&str>) -> Result<(Verified, bool), Failure> {
    if !dir.exists() {
        return Err(Failure::new(format_args!("{} is not there: this node has recorded nothing", dir.display()))
            .hint("name the node's data folder with --data"));
    }
    let verified = audit::verify(dir).map_err(|error| {
        Failure::new(error).hint("keep the files as they are, and compare them with a backup or an export")
    })?;
    let (mut from, mut found) = (Some(verified.first), false);
    while let (Some(next), Some(noted), false) = (from, noted, found) {
        let page = audit::page(dir, next, AUDIT_PAGE_MAX).map_err(Failure::new)?;
        found = page.records.iter().any(|record| record.hash == noted);
        from = page.next;
    }
    Ok((verified, found))
}

fn of_export(path: &Path, noted: Option<&str>) -> Result<(Verified, bool), Failure> {
    let file = fs::File::open(path).map_err(|error| Failure::read(path, error))?;
    let (mut exported, mut found, mut number) = (Exported::default(), false, 0_u64);
    let mut reader = BufReader::new(file);
    let mut text = Vec::new();
    loop {
        text.clear();
        let mut bounded = std::io::Read::take(&mut reader, LINE_BYTES_MAX as u64);
        let read = bounded.read_until(b'\n', &mut text).map_err(|error| Failure::read(path, error))?;
        if read == 0 {
            break;
        }
        number += 1;
        let bad = |why: &str| {
            Failure::new(format_args!("line {number} of {}: {why}", path.display()))
                .hint("the lines before it hold; compare with another export")
        };
        let record: AuditRecord = serde_json::from_slice(&text).map_err(|_| bad("it is no record"))?;
        exported.take(&record).map_err(bad)?;
        found |= noted == Some(record.hash.as_str());
    }
    let nothing = Verified { first: 1, last: 0, head: Digest([0; 32]) };
    Ok((exported.verified().unwrap_or(nothing), found))
}

fn prune(args: &PruneArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let folder = session.folder()?;
    let days = match args.days {
        Some(days) => days,
        None => folder.config(Default::default())?.audit_retention_days,
    };
    let dir = folder.path().join(AUDIT_FOLDER);
    let pruned = audit::prune(&dir, audit::kept_from(days)).map_err(Failure::new)?;
    session.show(&pruned, |Pruned { files, records }| match files {
        0 => format!("nothing is older than {days} days"),
        _ => format!("{} older than {days} days removed", count(*records, "record")),
    })
}
