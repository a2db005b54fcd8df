//! `larum check`: what is known about an applicant's identifiers.
//!
//! The exit status says the verdict: 0 clear, 1 caution, listed or disputed, 2 error, 3 unknown. No path that fails,
//! and no row that could not be read, ends in 0 (I8).

mod application;
mod bulk;
mod report;

use std::path::Path;

use larum_protocol::{
    api::{ApplicationAnswer, CheckAnswer, CheckRequest, Identifier, Verdict, path},
    receipt::SavedCheck,
};
use serde::Serialize;

use super::{
    Session,
    identifiers::{self, masked},
};
use crate::{Status, args::CheckArgs, client::ClientError, error::Failure, files, output::count};

pub(crate) fn run(args: CheckArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    match (&args.file, &args.application) {
        (Some(file), _) => bulk::run(file, &args, session),
        (None, Some(file)) => whole(file, &args, session),
        (None, None) => single(args, session),
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
    let identifiers = identifiers::selected(&args.identifiers, session.console)?;
    let files = identifiers::files(&args.identifiers);
    let request = CheckRequest { identifiers, reference: args.reference.clone(), watch_days: args.watch_days };
    if args.dry_run {
        return dry_run(&request.identifiers, session);
    }
    let body = serde_json::to_vec(&request).expect("our own types are JSON");
    let bytes = asked(path::CHECK, body, &args, session)?;
    let answer: CheckAnswer = serde_json::from_slice(&bytes).map_err(|_| ClientError::NotUnderstood)?;
    if answer.results.len() != request.identifiers.len() {
        return Err(ClientError::NotUnderstood.into());
    }
    show(&bytes, session, || report::text(&request.identifiers, &files, &answer))?;
    Ok(status_of(answer.verdict))
}

/// One application, with its documents.
fn whole(file: &Path, args: &CheckArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let named = match args.identifiers.names_any() {
        true => identifiers::selected(&args.identifiers, session.console)?,
        false => Vec::new(),
    };
    let mut request = application::request(file, args, named)?;
    let body = serde_json::to_vec(&request).expect("our own types are JSON");
    let (documents, identifiers) = (request.documents.len(), request.take_identifiers());
    if identifiers.is_empty() && documents == 0 {
        return Err(Failure::read(file, "it names no identifier and no resume").hint("there is nothing to look up"));
    }
    if args.dry_run {
        return dry_run(&identifiers, session);
    }
    let bytes = asked(path::APPLICATIONS, body, args, session)?;
    let answer: ApplicationAnswer = serde_json::from_slice(&bytes).map_err(|_| ClientError::NotUnderstood)?;
    if answer.results.len() != identifiers.len() + documents {
        return Err(ClientError::NotUnderstood.into());
    }
    show(&bytes, session, || report::application(&answer))?;
    Ok(status_of(answer.verdict))
}

/// Asks, and writes down what was asked and answered if that is wanted.
fn asked(path: &str, body: Vec<u8>, args: &CheckArgs, session: &mut Session<'_, '_>) -> Result<Vec<u8>, Failure> {
    if args.record.as_ref().is_some_and(|path| path.exists()) {
        return Err(Failure::new("the file for the record exists already and is not overwritten"));
    }
    let bytes = session.client()?.post_bytes(path, body.clone())?;
    if let Some(path) = &args.record {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| ClientError::NotUnderstood);
        files::write_json(path, &SavedCheck { request: text(&body)?, answer: text(&bytes)? })?;
    }
    Ok(bytes)
}

fn show(answer: &[u8], session: &mut Session<'_, '_>, text: impl FnOnce() -> String) -> Result<(), Failure> {
    if !session.global.json {
        return session.console.line(&text());
    }
    // As it came: indenting it would break what the receipt commits to.
    session.console.raw(answer.trim_ascii_end())?;
    session.console.line("")
}

fn dry_run(identifiers: &[Identifier], session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    #[derive(Serialize)]
    struct Asked {
        kind: String,
        masked: String,
    }
    let asked = |identifier: &Identifier| Asked { kind: identifier.kind.clone(), masked: masked(identifier) };
    let asked: Vec<_> = identifiers.iter().map(asked).collect();
    session.show(&asked, |asked| {
        let lines = asked.iter().map(|asked| format!("would ask about {} {}", asked.kind, asked.masked));
        let sum = format!("{} would go to this employer's own node", count(asked.len() as u64, "identifier"));
        lines.chain([sum]).collect::<Vec<_>>().join("\n")
    })
}
