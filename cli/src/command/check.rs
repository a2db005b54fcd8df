//! `larum check`: what is known about an applicant's identifiers.
//!
//! The exit status says the verdict: 0 clear, 1 caution, listed or disputed, 2 error, 3 unknown. No path that fails,
//! and no row that could not be read, ends in 0 (I8).

mod bulk;
mod report;

use larum_protocol::api::{CheckAnswer, CheckRequest, Identifier, Verdict, path};
use serde::{Deserialize, Serialize};

use super::{
    Session,
    identifiers::{self, Application, masked},
};
use crate::{Status, args::CheckArgs, client::ClientError, error::Failure, files, output::count};

/// Request and answer as they went over the wire: what a receipt commits to.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    pub(crate) request: String,
    pub(crate) answer: String,
}

pub(crate) fn run(args: CheckArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    match &args.file {
        Some(file) => bulk::run(file, &args, session),
        None => single(args, session),
    }
}

/// The exit status that stands for a verdict.
const fn status_of(verdict: Verdict) -> Status {
    match verdict {
        Verdict::Clear => Status::Ok,
        Verdict::Caution | Verdict::Disputed | Verdict::Listed => Status::Found,
        Verdict::Unknown => Status::Unknown,
    }
}

fn single(args: CheckArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let request = request(&args, session)?;
    if args.dry_run {
        return dry_run(&request, session);
    }
    if args.record.as_ref().is_some_and(|path| path.exists()) {
        return Err(Failure::new("the file for the record exists already and is not overwritten"));
    }
    let body = serde_json::to_vec(&request).expect("our own types are JSON");
    let bytes = session.client()?.post_bytes(path::CHECK, body.clone())?;
    let answer: CheckAnswer = serde_json::from_slice(&bytes).map_err(|_| ClientError::NotUnderstood)?;
    if answer.results.len() != request.identifiers.len() {
        return Err(ClientError::NotUnderstood.into());
    }
    if let Some(path) = &args.record {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| ClientError::NotUnderstood);
        files::write_json(path, &Record { request: text(&body)?, answer: text(&bytes)? })?;
    }
    if session.global.json {
        // As it came: indenting it would break what the receipt commits to.
        session.console.raw(bytes.trim_ascii_end())?;
        session.console.line("")?;
    } else {
        session.console.line(&report::text(&request.identifiers, &answer))?;
    }
    Ok(status_of(answer.verdict))
}

fn request(args: &CheckArgs, session: &mut Session<'_, '_>) -> Result<CheckRequest, Failure> {
    let (mut identifiers, mut reference) = (Vec::new(), None);
    if let Some(path) = &args.application {
        let application: Application = files::read_json(path)?;
        identifiers = application.identifiers(&args.identifiers);
        reference = application.reference;
    }
    if identifiers.is_empty() || args.identifiers.names_any() {
        identifiers.extend(identifiers::selected(&args.identifiers, session.console)?);
    }
    let reference = args.reference.clone().or(reference);
    Ok(CheckRequest { identifiers, reference, watch_days: args.watch_days })
}

fn dry_run(request: &CheckRequest, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    #[derive(Serialize)]
    struct Asked {
        kind: String,
        masked: String,
    }
    let asked = |identifier: &Identifier| Asked { kind: identifier.kind.clone(), masked: masked(identifier) };
    let asked: Vec<_> = request.identifiers.iter().map(asked).collect();
    session.show(&asked, |asked| {
        let lines = asked.iter().map(|asked| format!("would ask about {} {}", asked.kind, asked.masked));
        let sum = format!("{} would go to this employer's own node", count(asked.len() as u64, "identifier"));
        lines.chain([sum]).collect::<Vec<_>>().join("\n")
    })
}
