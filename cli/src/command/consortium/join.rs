//! `larum consortium join`: a new member takes the rosters, and the salt if it came along, into its data folder.

use std::collections::BTreeMap;

use larum_protocol::{
    hash::Digest,
    keys::PublicKey,
    roster::{Member, MemberStatus, Roster, RosterChain},
    salt::Grant,
    signed::Signed,
};
use serde::Serialize;

use super::Session;
use crate::{
    Status,
    args::JoinArgs,
    error::Failure,
    files,
    folder::{DataFolder, Keys},
    output::{count, plain},
};

#[derive(Serialize)]
struct Joined {
    consortium: String,
    name: String,
    roster: u64,
    members: usize,
    /// Epochs whose salt came along.
    salts: Vec<u32>,
}

pub(super) fn run(args: &JoinArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let folder = session.folder()?;
    let member = folder.member()?;
    let bundle = files::read_bundle(&args.bundle)?;
    let roster = bundle.chain.roster();
    if bundle.chain.consortium() != args.id {
        return Err(Failure::new("the bundle is of another consortium than --id names")
            .hint("ask somebody you trust for the id, not whoever sent the bundle"));
    }
    let own = own_entry(roster, &member.member_key)?;
    let missing = missing_rosters(&folder, &bundle.chain)?;
    let salts = take_salts(&folder, roster, own, args.id, &bundle.grants)?;
    for roster in &bundle.chain.since(0)[missing..] {
        folder.keep(roster)?;
    }
    let joined = Joined {
        consortium: args.id.to_string(),
        name: roster.name.clone(),
        roster: roster.version,
        members: roster.active_members().count(),
        salts,
    };
    let status = session.show(&joined, |joined| {
        format!(
            "joined {}, roster {}, {}\nconsortium {}",
            plain(&joined.name),
            joined.roster,
            count(joined.members as u64, "member"),
            joined.consortium
        )
    })?;
    session.console.note(if joined.salts.is_empty() {
        "next: larum serve; another member's node grants the salt once it is connected"
    } else {
        "next: larum serve"
    });
    Ok(status)
}

fn own_entry<'r>(roster: &'r Roster, key: &str) -> Result<&'r Member, Failure> {
    let own = roster.members.iter().find(|member| member.key.to_string() == key);
    own.filter(|member| member.status == MemberStatus::Active).ok_or_else(|| {
        Failure::new("this member is not an active one on the newest roster of the bundle")
            .hint("ask the governors to admit it, or for a newer bundle")
    })
}

/// How many of the chain's rosters lie in the folder already: they have to be the same.
fn missing_rosters(folder: &DataFolder, chain: &RosterChain) -> Result<usize, Failure> {
    let Some(kept) = folder.chain()? else { return Ok(0) };
    let (kept, offered) = (kept.since(0), chain.since(0));
    if kept.iter().zip(offered).any(|(kept, offered)| kept.id() != offered.id()) {
        return Err(Failure::new("the data folder holds other rosters than the bundle"));
    }
    Ok(kept.len().min(offered.len()))
}

fn take_salts(
    folder: &DataFolder,
    roster: &Roster,
    own: &Member,
    consortium: Digest,
    grants: &[Signed<Grant>],
) -> Result<Vec<u32>, Failure> {
    let meant: Vec<_> = grants.iter().filter(|grant| grant.to == own.id).collect();
    if meant.is_empty() {
        return Ok(Vec::new());
    }
    let keys = Keys::of(&folder.secrets()?)?;
    let mut salts = BTreeMap::new();
    for grant in meant {
        let epoch = roster.epochs.iter().find(|epoch| epoch.number == grant.epoch);
        let Some(epoch) = epoch.filter(|_| grant.consortium == consortium && may_grant(roster, &grant.from)) else {
            return Err(Failure::new("the bundle holds a salt that nobody on the roster granted to this consortium"));
        };
        salts.insert(epoch.number, grant.open(&keys.sealing, &epoch.commitment)?);
    }
    folder.change_secrets(|secrets| {
        secrets.salts.extend(salts.iter().map(|(epoch, salt)| (*epoch, *salt.expose())));
        Ok(())
    })?;
    Ok(salts.into_keys().collect())
}

fn may_grant(roster: &Roster, node: &PublicKey) -> bool {
    roster.may_connect(node)
}
