//! `larum consortium apply`: a fully signed roster goes to the running node, or waits in the data folder for its start.

use data_encoding::BASE64;
use larum_protocol::{
    api::{RosterAnswer, RosterOffer, RosterOutcome, path},
    roster::{Accepted, RosterChain, SignedRoster},
};
use serde::Serialize;

use super::Session;
use crate::{Status, args::ApplyArgs, client::ClientError, error::Failure, files};

#[derive(Serialize)]
struct Applied {
    version: u64,
    outcome: RosterOutcome,
    /// `node`, or `folder` where no node runs.
    to: &'static str,
}

pub(super) fn run(args: &ApplyArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let roster = merged(args)?;
    let applied = match offer(&roster, session)? {
        Some(answer) => {
            keep_copy(&roster, session);
            Applied { version: roster.roster().version, outcome: answer.outcome, to: "node" }
        }
        None => keep(&roster, session)?,
    };
    if applied.outcome == RosterOutcome::Rival {
        session.console.note("warning: governors have signed two rosters of this version; a successor has to decide");
    }
    session.show(&applied, |applied| {
        let outcome = match applied.outcome {
            RosterOutcome::Appended => "is the newest now",
            RosterOutcome::Known => "was known already",
            RosterOutcome::Rival => "is kept beside its rival",
            RosterOutcome::Switched => "is the newest now, and its predecessor was chosen over its rival",
        };
        match applied.to {
            "node" => format!("roster {} {outcome}", applied.version),
            _ => format!("roster {} {outcome}; no node runs, and it takes it at its start", applied.version),
        }
    })
}

/// One roster with the signatures of all files.
fn merged(args: &ApplyArgs) -> Result<SignedRoster, Failure> {
    let mut rosters = args.rosters.iter().map(|path| files::read_roster(path).map(|roster| (path, roster)));
    let (_, mut roster) = rosters.next().expect("at least one file is named")?;
    for other in rosters {
        let (path, other) = other?;
        if !roster.merge(&other) {
            return Err(Failure::read(path, "it holds another roster than the first file"));
        }
    }
    Ok(roster)
}

/// Hands the roster to the running node; `None` where none runs.
fn offer(roster: &SignedRoster, session: &Session<'_, '_>) -> Result<Option<RosterAnswer>, Failure> {
    let named = session.global.node.is_some();
    let client = match session.client() {
        Ok(client) => client,
        Err(failure) if named => return Err(failure),
        Err(_) => return Ok(None),
    };
    let offer = RosterOffer { roster: BASE64.encode(&roster.encode()) };
    match client.post(path::ROSTERS, &offer) {
        Ok(answer) => Ok(Some(answer)),
        Err(ClientError::Unreachable(_)) if !named => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Brings the data folder up to date too where it has all versions before, for what is read there without a node.
/// The node holds the roster already, so nothing is lost where that fails.
fn keep_copy(roster: &SignedRoster, session: &Session<'_, '_>) {
    let Ok(folder) = session.folder() else { return };
    if let Ok(Some(mut chain)) = folder.chain()
        && chain.offer(roster.clone()) == Ok(Accepted::Appended)
    {
        let _ = folder.keep(roster);
    }
}

fn keep(roster: &SignedRoster, session: &Session<'_, '_>) -> Result<Applied, Failure> {
    let folder = session.folder()?;
    let version = roster.roster().version;
    let outcome = match folder.chain()? {
        None => {
            RosterChain::found(roster.clone())?;
            require_member(roster, session)?;
            Accepted::Appended
        }
        Some(mut chain) => chain.offer(roster.clone())?,
    };
    let outcome = match outcome {
        Accepted::Appended => RosterOutcome::Appended,
        Accepted::Known => RosterOutcome::Known,
        Accepted::Rival | Accepted::Switched => {
            return Err(Failure::new("governors have signed two rosters of this version")
                .hint("start the node and apply it again: it keeps both as proof"));
        }
    };
    if outcome == RosterOutcome::Appended {
        folder.keep(roster)?;
    }
    Ok(Applied { version, outcome, to: "folder" })
}

/// A genesis belongs only into the folder of a member that it names.
fn require_member(genesis: &SignedRoster, session: &Session<'_, '_>) -> Result<(), Failure> {
    let member = session.folder()?.member()?;
    let named = |key: &str| genesis.roster().members.iter().any(|entry| entry.key.to_string() == key);
    match named(&member.member_key) {
        true => Ok(()),
        false => {
            Err(Failure::new("the genesis does not name this member").hint("larum consortium join takes a bundle"))
        }
    }
}
