//! `larum consortium`: founding and governing, offline and by files that people hand to each other.
//!
//! A proposal is a roster that nobody has signed yet; governors read it in words and sign it, each where its key is;
//! whoever holds enough signatures applies it. Every rule is the protocol's: `SignedRoster::propose` for what a roster
//! may say, `RosterChain` for what may follow.

mod acknowledged;
mod apply;
mod edit;
mod epochs;
mod evidence;
mod found;
mod governor;
mod join;
mod propose;
mod request;
mod show;
mod sign;
mod stewards;
mod stewards_shown;
mod words;

use data_encoding::BASE64;
use larum_node::{config::Settings, net::Multiaddr};
use larum_protocol::{
    api::{RosterList, path},
    clock::Timestamp,
    roster::{RosterChain, SignedRoster},
};

use super::Session;
use crate::{
    Status,
    args::{ConsortiumCommand, RosterSource},
    client::ClientError,
    error::Failure,
    files,
};

pub(crate) fn run(command: ConsortiumCommand, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    match command {
        ConsortiumCommand::Admit(args) => propose::admit(&args, session),
        ConsortiumCommand::Apply(args) => apply::run(&args, session),
        ConsortiumCommand::Found(args) => found::run(&args, session),
        ConsortiumCommand::Governor(args) => governor::run(&args, session),
        ConsortiumCommand::Join(args) => join::run(&args, session),
        ConsortiumCommand::Propose(args) => propose::change(&args, session),
        ConsortiumCommand::Remove(args) => propose::remove(&args, session),
        ConsortiumCommand::Request(args) => request::run(&args, session),
        ConsortiumCommand::Show(args) => show::run(&args, session),
        ConsortiumCommand::Sign(args) => sign::run(&args, session),
        ConsortiumCommand::Stewards(command) => stewards::run(&command, session),
        ConsortiumCommand::Suspend(args) => propose::suspend(&args, session),
    }
}

/// The chain that a proposal follows: of the file that is named, else of the running node, else of the data folder.
fn chain(source: &RosterSource, session: &mut Session<'_, '_>) -> Result<RosterChain, Failure> {
    match known_chain(source, session)? {
        Some(chain) => Ok(chain),
        None => Err(Failure::new("no roster is known here")
            .hint("found or join a consortium first, or name a roster or bundle file with --roster")),
    }
}

fn known_chain(source: &RosterSource, session: &mut Session<'_, '_>) -> Result<Option<RosterChain>, Failure> {
    if let Some(path) = &source.roster {
        return files::read_chain(path).map(Some);
    }
    if session.global.node.is_some() {
        return node_chain(session)?.map_or_else(|| Ok(None), |chain| Ok(Some(chain)));
    }
    let kept = session.folder()?.chain()?;
    if kept.is_none() {
        return Ok(None);
    }
    // A running node may have heard of newer rosters than were ever written to the folder.
    match node_chain(session) {
        Ok(Some(chain)) => Ok(Some(chain)),
        Ok(None) => Ok(kept),
        Err(failure) => {
            session.console.note(&format!("note: {}; going by the data folder's roster", failure.message()));
            Ok(kept)
        }
    }
}

/// The chain of the running node; `None` where no node runs.
fn node_chain(session: &Session<'_, '_>) -> Result<Option<RosterChain>, Failure> {
    let client = session.client()?;
    let mut rosters = Vec::new();
    let mut from = 0;
    loop {
        let page: RosterList = match client.get(&format!("{}?from={from}", path::ROSTERS)) {
            Err(ClientError::Unreachable(_)) if session.global.node.is_none() => return Ok(None),
            page => page?,
        };
        for text in &page.rosters {
            let bytes = BASE64.decode(text.as_bytes()).map_err(|_| ClientError::NotUnderstood)?;
            rosters.push(SignedRoster::decode(&bytes)?);
        }
        match page.next.filter(|next| *next > from) {
            Some(next) => from = next,
            None => return files::chain_of(rosters.into_iter().map(Ok)),
        }
    }
}

/// Where others reach this node: as the arguments say, else as the configuration does.
fn addresses(named: &[Multiaddr], session: &Session<'_, '_>) -> Result<Vec<String>, Failure> {
    let configured = session.folder()?.config(Settings::default())?.p2p_external;
    let chosen = if named.is_empty() { configured } else { named.to_vec() };
    Ok(chosen.iter().map(ToString::to_string).collect())
}

/// The time by this machine's clock.
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
