//! `larum consortium show`: who belongs to the consortium, and the bundle that a new member joins with.

use std::path::Path;

use larum_protocol::{
    roster::{Member, Roster, RosterChain, SignedRoster},
    salt::{Grant, GrantScope, grant},
    signed::Signed,
    tag::Salt,
};
use serde::Serialize;

use super::{Session, chain, edit, now, words};
use crate::{
    Status,
    args::{RosterSource, ShowArgs},
    error::Failure,
    files::{self, Bundle},
    folder::Keys,
    output::{Table, count, plain, short},
};

#[derive(Serialize)]
struct Shown {
    consortium: Option<String>,
    name: String,
    version: u64,
    id: String,
    issued: String,
    threshold: u8,
    governors: Vec<String>,
    signed_by: Vec<String>,
    members: Vec<ShownMember>,
    epochs: Vec<u32>,
    custody: Vec<String>,
    policy: Vec<String>,
}

#[derive(Serialize)]
struct ShownMember {
    number: u32,
    name: String,
    status: &'static str,
    key: String,
    nodes: Vec<ShownNode>,
}

#[derive(Serialize)]
struct ShownNode {
    key: String,
    addresses: Vec<String>,
}

pub(super) fn run(args: &ShowArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let proposal = match &args.file {
        Some(file) if files::is_roster(file)? => Some(files::read_roster(file)?),
        _ => None,
    };
    if let Some(proposal) = proposal.filter(|_| args.bundle.is_none()) {
        return show(&proposal, session);
    }
    let chain = chain(&RosterSource { roster: args.file.clone() }, session)?;
    match &args.bundle {
        Some(out) => bundle(chain, out, &args.grant, session),
        None => show(chain.newest(), session),
    }
}

fn show(roster: &SignedRoster, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    session.show(&shown(roster), text)
}

fn bundle(
    chain: RosterChain,
    out: &Path,
    members: &[String],
    session: &mut Session<'_, '_>,
) -> Result<Status, Failure> {
    let grants = grants(&chain, members, session)?;
    let (version, id) = (chain.roster().version, chain.consortium().to_string());
    let sealed = grants.len();
    files::write_bundle(out, &Bundle { chain, grants })?;
    let written = serde_json::json!({
        "bundle": out.display().to_string(), "consortium": id, "roster": version, "grants": sealed
    });
    let status = session.show(&written, |_| format!("bundle     {}\nconsortium {id}", out.display()))?;
    session.console.note("next: send the bundle, and read the consortium's id to the new member over the telephone");
    Ok(status)
}

/// The salt of every live epoch, sealed to each of `members`.
fn grants(chain: &RosterChain, members: &[String], session: &Session<'_, '_>) -> Result<Vec<Signed<Grant>>, Failure> {
    if members.is_empty() {
        return Ok(Vec::new());
    }
    let secrets = session.folder()?.secrets()?;
    let node = Keys::of(&secrets)?.node;
    let roster = chain.roster();
    let mut grants = Vec::new();
    for name in members {
        let member = &roster.members[edit::position(roster, name)?];
        for epoch in &roster.epochs {
            let salt = secrets.salts.get(&epoch.number).ok_or_else(|| {
                Failure::new(format_args!("the salt of epoch {} is not held here", epoch.number))
                    .hint("leave --grant out: a member's node grants it over the network")
            })?;
            let scope = GrantScope { consortium: chain.consortium(), epoch: epoch.number, to: member.id };
            let salt = Salt::new(*salt);
            grants.push(grant(scope, &salt, &member.sealing, &node, now(), &mut rand::rng())?);
        }
    }
    Ok(grants)
}

fn shown(signed: &SignedRoster) -> Shown {
    let roster = signed.roster();
    let is_genesis = roster.version == 0;
    Shown {
        consortium: roster.consortium.or(is_genesis.then(|| signed.id())).map(|id| id.to_string()),
        name: roster.name.clone(),
        version: roster.version,
        id: signed.id().to_string(),
        issued: roster.issued.to_string(),
        threshold: roster.threshold,
        governors: roster.governors.iter().map(ToString::to_string).collect(),
        signed_by: signed.signatures().iter().map(|given| given.governor.to_string()).collect(),
        members: roster.members.iter().map(shown_member).collect(),
        epochs: roster.epochs.iter().map(|epoch| epoch.number).collect(),
        custody: words::custody_of(roster),
        policy: policy_words(roster),
    }
}

fn shown_member(member: &Member) -> ShownMember {
    let node = |node: &larum_protocol::roster::Node| ShownNode {
        key: node.key.to_string(),
        addresses: node.addresses.clone(),
    };
    ShownMember {
        number: member.id.0,
        name: member.name.clone(),
        status: words::member_status(member.status),
        key: member.key.to_string(),
        nodes: member.nodes.iter().map(node).collect(),
    }
}

fn policy_words(roster: &Roster) -> Vec<String> {
    let lines = words::describe(None, roster);
    lines.iter().filter_map(|line| line.trim().strip_prefix("policy: ").map(str::to_owned)).collect()
}

fn text(shown: &Shown) -> String {
    let mut table = Table::new(["no", "member", "status", "nodes", "key", "address"]);
    for member in &shown.members {
        let address = member.nodes.iter().flat_map(|node| &node.addresses).next();
        table.row([
            member.number.to_string(),
            member.name.clone(),
            member.status.to_owned(),
            member.nodes.len().to_string(),
            short(&member.key).to_owned(),
            address.cloned().unwrap_or_else(|| "dials out".to_owned()),
        ]);
    }
    let governors = count(shown.governors.len() as u64, "governor");
    let mut lines = vec![
        format!("{}, roster {} of {}", plain(&shown.name), shown.version, shown.issued),
        format!("consortium {}", shown.consortium.as_deref().unwrap_or("none yet")),
        format!("{governors}, {} must sign; signed by {}", shown.threshold, shown.signed_by.len()),
        table.render(),
    ];
    lines.extend(shown.custody.iter().cloned());
    lines.extend(shown.policy.iter().map(|line| format!("policy: {line}")));
    lines.join("\n")
}
