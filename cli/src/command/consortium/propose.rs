//! `larum consortium admit`, `remove`, `suspend`, `propose`: the next roster, for governors to sign.

use std::path::Path;

use larum_node::secrets::SALTS_MAX;
use larum_protocol::{
    clock::Day,
    keys::PublicKey,
    roster::{Budget, MemberStatus, NodeStatus, Quota, Roster, RosterChain, SignedRoster, check_follows},
    tag::Salt,
};
use serde::Serialize;

use super::{Session, chain, edit, epochs, now, words};
use crate::{
    Status,
    args::{AdmitArgs, MemberArgs, ProposeArgs},
    error::Failure,
    files::{self, Proposal},
};

/// From so many members on custody can be split such that one may be away, and none can make tags alone.
const MEMBERS_TO_SPLIT: usize = 3;

#[derive(Serialize)]
struct Proposed {
    proposal: String,
    version: u64,
    changes: Vec<String>,
}

pub(super) fn admit(args: &AdmitArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let chain = chain(&args.source, session)?;
    let mut roster = edit::successor(chain.newest(), now());
    let quota = Quota { asserts: args.quota.quota_asserts, others: args.quota.quota_others };
    for path in &args.requests {
        edit::admit(&mut roster, files::read_request(path)?.value(), quota);
    }
    let could_split = roster.active_members().count() >= MEMBERS_TO_SPLIT
        && roster.epochs.last().is_none_or(|epoch| epoch.stewards.is_none());
    let status = write(&chain, roster, &args.out, session)?;
    if could_split {
        session.console.note(
            "note: custody is shared, so every member can try out values; with three members the key can be split: \
             larum consortium stewards choose",
        );
    }
    Ok(status)
}

pub(super) fn remove(args: &MemberArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let (status, roster) = set_status(args, MemberStatus::Removed, session)?;
    session.console.note(match epochs::check_stays_split(&roster) {
        Ok(()) => "note: the removed member still knows the salt; larum consortium propose --rotate-salt-until DAY",
        Err(_) => {
            "note: the removed member still knows the salt, but no steward helps it with tags any more; a new key is needed \
             only if as many shares as it takes may be in wrong hands: larum consortium stewards rotate"
        }
    });
    if let Some(note) = epochs::shared_beside_split(&roster, now().day()) {
        session.console.note(&note);
    }
    Ok(status)
}

pub(super) fn suspend(args: &MemberArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    Ok(set_status(args, MemberStatus::Suspended, session)?.0)
}

fn set_status(
    args: &MemberArgs,
    status: MemberStatus,
    session: &mut Session<'_, '_>,
) -> Result<(Status, Roster), Failure> {
    let chain = chain(&args.source, session)?;
    let mut roster = edit::successor(chain.newest(), now());
    edit::set_status(&mut roster, &args.member, status)?;
    let member = roster.members[edit::position(&roster, &args.member)?].id;
    let is_cut_off = |node: &PublicKey| roster.node(node).is_some_and(|(of, _)| of.id == member);
    let notes = epochs::stewards_cut_off(&roster, is_cut_off, now().day());
    let status = write(&chain, roster.clone(), &args.out, session)?;
    notes.iter().for_each(|note| session.console.note(note));
    Ok((status, roster))
}

pub(super) fn change(args: &ProposeArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let chain = chain(&args.source, session)?;
    let mut roster = edit::successor(chain.newest(), now());
    for member in &args.reinstate {
        edit::set_status(&mut roster, member, MemberStatus::Active)?;
    }
    for key in &args.retire_node {
        edit::set_node_status(&mut roster, key, NodeStatus::Retired)?;
    }
    for key in &args.revoke_node {
        edit::set_node_status(&mut roster, key, NodeStatus::Revoked)?;
    }
    for end in &args.end_log {
        edit::end_log(&mut roster, end)?;
    }
    edit::governors(&mut roster, &args.add_governor, &args.remove_governor, args.threshold)?;
    edit::policy(&mut roster.policy, &args.policy)?;
    if let Some(budget) = args.steward_budget {
        edit::steward_budget(&mut roster, Budget(budget))?;
    }
    let unchanged = Roster { issued: roster.issued, ..edit::successor(chain.newest(), now()) } == roster;
    if unchanged && args.rotate_salt_until.is_none() {
        return Err(Failure::new("nothing would change").hint("say what to propose; larum consortium propose --help"));
    }
    if let Some(until) = args.rotate_salt_until {
        epochs::check_stays_split(&roster)?;
        epochs::check_last_day(until, now().day(), args.yes, session)?;
        rotate_salt(&mut roster, until, &args.out, session)?;
    }
    let gone = |node: &PublicKey| args.revoke_node.contains(node) || args.retire_node.contains(node);
    let notes = epochs::stewards_cut_off(&roster, gone, now().day());
    let status = write(&chain, roster, &args.out, session)?;
    notes.iter().for_each(|note| session.console.note(note));
    Ok(status)
}

/// Starts an epoch whose salt this node makes and keeps, to grant it once the roster is in force.
pub(super) fn rotate_salt(
    roster: &mut Roster,
    until: Day,
    out: &Path,
    session: &Session<'_, '_>,
) -> Result<(), Failure> {
    refuse_existing(out)?;
    epochs::check_room(roster, now().day())?;
    let newest = roster.epochs.last().map_or(0, |epoch| epoch.number);
    let number = newest.checked_add(1).ok_or_else(|| Failure::new("there is no further epoch number"))?;
    let salt = session.folder()?.change_secrets(|secrets| {
        // An earlier proposal of the same epoch may be on its way to be signed: its salt must stay the one.
        if let Some(salt) = secrets.salts.get(&number) {
            return Ok(Salt::new(*salt));
        }
        if secrets.salts.len() >= SALTS_MAX {
            secrets.salts.pop_first();
        }
        let salt = new_salt()?;
        secrets.salts.insert(number, *salt.expose());
        Ok(salt)
    })?;
    edit::rotate_salt(roster, number, &salt, until, now().day());
    Ok(())
}

/// A salt of random bytes.
pub(super) fn new_salt() -> Result<Salt, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| Failure::new("the system gives no random numbers"))?;
    Ok(Salt::new(bytes))
}

fn refuse_existing(path: &Path) -> Result<(), Failure> {
    match path.exists() {
        true => Err(Failure::new(format_args!("{} exists already and is not overwritten", path.display()))),
        false => Ok(()),
    }
}

/// Writes a proposal that puts no new shares into use.
pub(super) fn write(
    chain: &RosterChain,
    roster: Roster,
    out: &Path,
    session: &mut Session<'_, '_>,
) -> Result<Status, Failure> {
    write_acknowledged(chain, roster, Vec::new(), out, session)
}

/// Writes a proposal, and what stewards said of the shares that it puts into use.
pub(super) fn write_acknowledged(
    chain: &RosterChain,
    mut roster: Roster,
    acknowledgements: Vec<Vec<u8>>,
    out: &Path,
    session: &mut Session<'_, '_>,
) -> Result<Status, Failure> {
    roster.format = roster.format_needed();
    check_follows(chain.roster(), &roster)
        .map_err(|error| Failure::new(error).hint("no node would take it, so no proposal was written"))?;
    let changes = words::describe(Some(chain.roster()), &roster);
    let version = roster.version;
    files::write_proposal(out, &Proposal { roster: SignedRoster::propose(roster)?, acknowledgements })?;
    let proposed = Proposed { proposal: out.display().to_string(), version, changes };
    let status = session
        .show(&proposed, |proposed| format!("{}\nproposal {}", proposed.changes.join("\n"), proposed.proposal))?;
    let threshold = chain.roster().threshold;
    session.console.note(&format!("next: {threshold} governors sign it with larum consortium sign"));
    Ok(status)
}
