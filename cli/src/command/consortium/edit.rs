//! Changes to a roster, one function each. Whether the result may be is for `SignedRoster::propose` to say.

use larum_protocol::{
    clock::{Day, Timestamp},
    hash::Digest,
    keys::PublicKey,
    log::Incarnation,
    roster::{
        Budget, Epoch, JoinRequest, LogEnd, Member, MemberId, MemberStatus, NodeStatus, Policy, Quota, Roster,
        SignedRoster,
    },
    tag::{Custody, Salt, Stretch},
};

use crate::{args::PolicyArgs, error::Failure};

/// The roster that follows `newest` and changes nothing yet.
pub(super) fn successor(newest: &SignedRoster, issued: Timestamp) -> Roster {
    let roster = newest.roster();
    Roster {
        version: roster.version + 1,
        consortium: Some(roster.consortium.unwrap_or(newest.id())),
        prev: Some(newest.id()),
        issued: issued.max(roster.issued),
        ..roster.clone()
    }
}

/// Puts an applicant on the roster; of one whose member key is there already, the node is added or brought up to date.
pub(super) fn admit(roster: &mut Roster, request: &JoinRequest, quota: Quota) {
    match roster.members.iter_mut().find(|member| member.key == request.key) {
        Some(member) => readmit(member, request, quota),
        None => {
            let id = roster.members.last().map_or(1, |member| member.id.0.saturating_add(1));
            roster.members.push(request.roster_member(MemberId(id), quota));
        }
    }
}

fn readmit(member: &mut Member, request: &JoinRequest, quota: Quota) {
    member.name.clone_from(&request.name);
    member.sealing = request.sealing;
    member.status = MemberStatus::Active;
    match member.nodes.iter_mut().find(|node| node.key == request.node) {
        Some(node) => node.addresses.clone_from(&request.addresses),
        None => member.nodes.push(request.roster_node(quota)),
    }
}

/// Sets whether a member, named or numbered, counts.
pub(super) fn set_status(roster: &mut Roster, member: &str, status: MemberStatus) -> Result<(), Failure> {
    let at = position(roster, member)?;
    roster.members[at].status = status;
    Ok(())
}

/// The place of a member that is named or numbered.
pub(super) fn position(roster: &Roster, member: &str) -> Result<usize, Failure> {
    let number = member.parse().ok().map(MemberId);
    let is_meant = |entry: &Member| entry.name.to_lowercase() == member.to_lowercase() || Some(entry.id) == number;
    roster
        .members
        .iter()
        .position(is_meant)
        .ok_or_else(|| Failure::new("no such member is on the roster").hint("larum consortium show lists them"))
}

/// Sets whether a node's key counts.
pub(super) fn set_node_status(roster: &mut Roster, key: &PublicKey, status: NodeStatus) -> Result<(), Failure> {
    node(roster, key)?.status = status;
    Ok(())
}

/// Ends a log, as `NODE:INCARNATION:SEQ:HASH` says.
pub(super) fn end_log(roster: &mut Roster, text: &str) -> Result<(), Failure> {
    let failure = || Failure::new("--end-log is not NODE:INCARNATION:SEQ:HASH").hint("larum log shows them");
    let mut parts = text.split(':');
    let mut part = || parts.next().filter(|part| !part.is_empty());
    let key: PublicKey = part().and_then(|part| part.parse().ok()).ok_or_else(failure)?;
    let incarnation = part().and_then(|part| data_encoding::HEXLOWER_PERMISSIVE.decode(part.as_bytes()).ok());
    let incarnation = incarnation.and_then(|bytes| bytes.try_into().ok()).map(Incarnation).ok_or_else(failure)?;
    let seq: u64 = part().and_then(|part| part.parse().ok()).ok_or_else(failure)?;
    let hash: Option<Digest> = part().map(|part| part.parse().map_err(|_| failure())).transpose()?;
    if (seq == 0) != hash.is_none() {
        return Err(failure());
    }
    let end = LogEnd { incarnation, seq, hash };
    let ended = &mut node(roster, &key)?.ended;
    ended.retain(|known| known.incarnation != incarnation);
    ended.push(end);
    Ok(())
}

fn node<'r>(roster: &'r mut Roster, key: &PublicKey) -> Result<&'r mut larum_protocol::roster::Node, Failure> {
    let mut nodes = roster.members.iter_mut().flat_map(|member| &mut member.nodes);
    nodes.find(|node| node.key == *key).ok_or_else(|| {
        Failure::new("no such node is on the roster").hint("larum consortium show --json lists their keys")
    })
}

/// Adds and removes governors, and sets how many must sign.
pub(super) fn governors(
    roster: &mut Roster,
    add: &[PublicKey],
    remove: &[PublicKey],
    threshold: Option<u8>,
) -> Result<(), Failure> {
    if remove.iter().any(|key| !roster.governors.contains(key)) {
        return Err(Failure::new("a governor to remove is not on the roster"));
    }
    roster.governors.retain(|key| !remove.contains(key));
    roster.governors.extend(add);
    roster.threshold = threshold.unwrap_or(roster.threshold);
    Ok(())
}

/// Starts a new salt epoch; those before are used until `until` at the latest.
pub(super) fn rotate_salt(roster: &mut Roster, number: u32, salt: &Salt, until: Day, today: Day) {
    roster.epochs.retain(|epoch| epoch.until.is_none_or(|last| last >= today));
    for epoch in &mut roster.epochs {
        epoch.until = Some(epoch.until.map_or(until, |last| last.min(until)));
    }
    roster.epochs.push(Epoch { number, commitment: salt.commitment(number), until: None, stewards: None });
}

/// Lets stewards help with every kind, in epochs that have some.
pub(super) fn split_custody(policy: &mut Policy) {
    policy.kinds.iter_mut().for_each(|kind| kind.custody = Custody::Split(kind.custody.stretch()));
}

/// Sets how much stewards answer to each member, for every key.
pub(super) fn steward_budget(roster: &mut Roster, budget: Budget) -> Result<(), Failure> {
    let mut has_stewards = false;
    for stewards in roster.epochs.iter_mut().filter_map(|epoch| epoch.stewards.as_mut()) {
        stewards.budget = budget;
        has_stewards = true;
    }
    if has_stewards {
        return Ok(());
    }
    Err(Failure::new("custody is shared: there are no stewards, and so no budget")
        .hint("larum consortium stewards choose"))
}

/// Changes the policy where the arguments say so.
pub(super) fn policy(policy: &mut Policy, args: &PolicyArgs) -> Result<(), Failure> {
    policy.corroboration = args.corroboration.unwrap_or(policy.corroboration);
    policy.fresh_seconds = args.fresh_seconds.unwrap_or(policy.fresh_seconds);
    policy.fresh_percent = args.fresh_percent.unwrap_or(policy.fresh_percent);
    policy.victim_life_days = args.victim_life_days.unwrap_or(policy.victim_life_days);
    policy.watch_days_max = args.watch_days_max.unwrap_or(policy.watch_days_max);
    policy.kinds.retain(|entry| !args.without_kind.iter().any(|kind| kind.number() == entry.kind));
    for (kind, days) in &args.life {
        let entry = policy.kinds.iter_mut().find(|entry| entry.kind == kind.number());
        entry.ok_or_else(|| Failure::new(format_args!("the policy does not use the kind {kind}")))?.life_days = *days;
    }
    if let Some((memory_kib, passes, lanes)) = args.stretch {
        for entry in &mut policy.kinds {
            if let Custody::Shared(Some(stretch)) | Custody::Split(Some(stretch)) = &mut entry.custody {
                *stretch = Stretch { memory_kib, passes, lanes };
            }
        }
    }
    Ok(())
}
