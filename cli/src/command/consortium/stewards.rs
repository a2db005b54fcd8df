//! `larum consortium stewards`: who holds the key of split custody.
//!
//! Two rosters make a ceremony: one plans it, and once the stewards have made their shares, a second puts them into use.
//! Between the two the nodes work by themselves.

use data_encoding::BASE64;
use larum_protocol::{
    api::{PlannedSteward, StatusAnswer, StewardsAnswer, path},
    clock::Day,
    hash::Digest,
    keys::PublicKey,
    oprf::Element,
    roster::{Budget, NodeStatus, Plan, Roster, RosterChain, Steward, Stewards, stewards::FIRST_GENERATION},
    steward::Acknowledgement,
};

use super::{Session, chain, edit, epochs, evidence, now, propose, stewards_shown};
use crate::{
    Status,
    args::{ChooseArgs, CommitArgs, PlanArgs, RefreshArgs, ReshareArgs, StewardsCommand},
    error::Failure,
};

/// Public shares by number, and the signed words of those who keep them.
type Acknowledged = (Vec<Element>, Vec<Vec<u8>>);

pub(super) fn run(command: &StewardsCommand, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    match command {
        StewardsCommand::Choose(args) => choose(args, session),
        StewardsCommand::Rotate(args) => rotate(args, session),
        StewardsCommand::Refresh(args) => refresh(args, session),
        StewardsCommand::Reshare(args) => reshare(args, session),
        StewardsCommand::Commit(args) => commit(args, session),
        StewardsCommand::Cancel(args) => cancel(args, session),
        StewardsCommand::Show => stewards_shown::run(session),
        StewardsCommand::Verify(args) => evidence::run(args, session),
    }
}

fn choose(args: &ChooseArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let chain = chain(&args.plan.source, session)?;
    let nodes = nodes(chain.roster(), &args.committee.stewards)?;
    let plan = next_key(chain.roster(), args.committee.threshold, nodes)?;
    propose_plan(&chain, Some(plan), &args.plan, session)
}

fn rotate(args: &PlanArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let chain = chain(&args.source, session)?;
    let (_, stewards) = current(chain.roster(), None)?;
    let nodes = stewards.stewards.iter().map(|steward| steward.node).collect();
    let plan = next_key(chain.roster(), stewards.threshold, nodes)?;
    propose_plan(&chain, Some(plan), args, session)
}

fn refresh(args: &RefreshArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let chain = chain(&args.plan.source, session)?;
    let key = current(chain.roster(), args.epoch)?;
    let (_, stewards) = key;
    let nodes = stewards.stewards.iter().map(|steward| steward.node).collect();
    let plan = new_shares(chain.roster(), key, stewards.threshold, nodes, &args.without)?;
    propose_plan(&chain, Some(plan), &args.plan, session)
}

fn reshare(args: &ReshareArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let chain = chain(&args.plan.source, session)?;
    let nodes = nodes(chain.roster(), &args.committee.stewards)?;
    let key = current(chain.roster(), args.epoch)?;
    let plan = new_shares(chain.roster(), key, args.committee.threshold, nodes, &args.without)?;
    propose_plan(&chain, Some(plan), &args.plan, session)
}

fn cancel(args: &PlanArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let chain = chain(&args.source, session)?;
    planned(chain.roster())?;
    propose_plan(&chain, None, args, session)
}

fn propose_plan(
    chain: &RosterChain,
    plan: Option<Plan>,
    args: &PlanArgs,
    session: &mut Session<'_, '_>,
) -> Result<Status, Failure> {
    let mut roster = edit::successor(chain.newest(), now());
    let is_planned = plan.is_some();
    roster.plan = plan;
    let status = propose::write(chain, roster, &args.out, session)?;
    if is_planned {
        session
            .console
            .note("then: once it is applied, larum consortium stewards show, and commit when all have acknowledged");
    }
    Ok(status)
}

/// Puts the shares that were made into use.
fn commit(args: &CommitArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let chain = chain(&args.plan.source, session)?;
    let plan = planned(chain.roster())?.clone();
    let (shares, words) = acknowledged(&chain, &plan, session)?;
    let mut roster = edit::successor(chain.newest(), now());
    // Of the key that gets new shares; of a new key, the newest before it.
    let before = |of: &dyn Fn(u32) -> bool| {
        let mut epochs = roster.epochs.iter().rev().filter(|epoch| of(epoch.number));
        epochs.find_map(|epoch| epoch.stewards.as_ref()).map(|stewards| stewards.budget)
    };
    let before = before(&|number| number == plan.epoch).or_else(|| before(&|_| true));
    let stewards = Stewards {
        generation: plan.generation,
        threshold: plan.threshold,
        stewards: (1..)
            .zip(&plan.nodes)
            .zip(shares)
            .map(|((number, node), share)| Steward { number, node: *node, share })
            .collect(),
        budget: args.budget.map(Budget).or(before).unwrap_or(Budget::USUAL),
    };
    if roster.epochs.iter().all(|epoch| epoch.number != plan.epoch) {
        let until = last_day(args, session)?;
        propose::rotate_salt(&mut roster, until, &args.plan.out, session)?;
        edit::split_custody(&mut roster.policy);
    }
    let epoch = roster.epochs.iter_mut().find(|epoch| epoch.number == plan.epoch);
    epoch.ok_or_else(|| Failure::new("the planned epoch is not the next one any more"))?.stewards = Some(stewards);
    roster.plan = None;
    let beside = epochs::shared_beside_split(&roster, now().day());
    let status = propose::write_acknowledged(&chain, roster, words, &args.plan.out, session)?;
    beside.iter().for_each(|note| session.console.note(note));
    Ok(status)
}

/// The last day of the epoch before the one that begins.
fn last_day(args: &CommitArgs, session: &mut Session<'_, '_>) -> Result<Day, Failure> {
    let today = now().day();
    if args.nothing_published {
        let status: StatusAnswer = session.client()?.get(path::STATUS)?;
        epochs::check_unused(status.store.statements)?;
        return Ok(Day(today.0.saturating_sub(1)));
    }
    let until = args.until.ok_or_else(|| {
        Failure::new("a new epoch begins, and nothing says how long the one before is used beside it")
            .hint("pass --until DAY: until then, members publish again what they still stand by")
    })?;
    epochs::check_last_day(until, today, args.yes, session)?;
    Ok(until)
}

/// The public shares that all stewards have acknowledged, as the running node heard them, and their words for it.
fn acknowledged(chain: &RosterChain, plan: &Plan, session: &Session<'_, '_>) -> Result<Acknowledged, Failure> {
    let heard: StewardsAnswer = session.client()?.get(path::STEWARDS)?;
    let consortium = chain.consortium();
    let ceremony = plan.ceremony(&consortium).to_string();
    let planned = heard.plan.filter(|planned| planned.ceremony == ceremony).ok_or_else(|| {
        Failure::new("the running node does not know of this ceremony yet").hint("wait until it has the newest roster")
    })?;
    // What stewards signed is believed, and not what the node makes of it: governors put these shares into use.
    let word = |steward: &PlannedSteward, node: &PublicKey| {
        let signed = BASE64.decode(steward.word.as_ref()?.as_bytes()).ok()?;
        Some((Acknowledgement::read(&signed, &consortium, plan, node)?, signed))
    };
    let said: Vec<_> = planned.stewards.iter().zip(&plan.nodes).map(|(steward, node)| word(steward, node)).collect();
    let silent = planned.stewards.iter().zip(&said).filter(|(_, said)| said.is_none());
    let missing: Vec<&str> = silent.map(|(steward, _)| steward.member.as_str()).collect();
    let hint = "larum consortium stewards show says why; a ceremony that is stuck is planned again";
    if !missing.is_empty() || said.len() != plan.nodes.len() {
        return Err(Failure::new(format_args!("not acknowledged by {}", missing.join(", "))).hint(hint));
    }
    let (shares, words): (Vec<_>, Vec<_>) = said.into_iter().flatten().unzip();
    let first = shares.first().cloned().unwrap_or_default();
    if shares.iter().any(|said| *said != first) {
        return Err(Failure::new("the stewards acknowledge different shares: one of them deals falsely").hint(hint));
    }
    Ok((first, words))
}

/// The plan of a key that there is none of yet.
fn next_key(roster: &Roster, threshold: u8, nodes: Vec<PublicKey>) -> Result<Plan, Failure> {
    // Before the ceremony, and not after it.
    epochs::check_room(roster, now().day())?;
    let newest = roster.epochs.last().map_or(0, |epoch| epoch.number);
    let epoch = newest.checked_add(1).ok_or_else(|| Failure::new("there is no further epoch number"))?;
    Ok(Plan { epoch, generation: FIRST_GENERATION, threshold, nodes, nonce: nonce()?, dealers: Vec::new() })
}

/// The plan of new shares of a key in use.
fn new_shares(
    roster: &Roster,
    (epoch, old): (u32, &Stewards),
    threshold: u8,
    nodes: Vec<PublicKey>,
    without: &[String],
) -> Result<Plan, Failure> {
    let left_out = self::nodes(roster, without)?;
    let dealers = old.stewards.iter().filter(|steward| !left_out.contains(&steward.node));
    let dealers: Vec<u16> = dealers.map(|steward| steward.number).take(old.threshold.into()).collect();
    if dealers.len() < usize::from(old.threshold) {
        return Err(Failure::new(format_args!(
            "{} stewards have to deal, and only {} are left",
            old.threshold,
            dealers.len()
        )));
    }
    let generation = old.generation.checked_add(1).ok_or_else(|| Failure::new("there is no further generation"))?;
    Ok(Plan { epoch, generation, threshold, nodes, nonce: nonce()?, dealers })
}

fn planned(roster: &Roster) -> Result<&Plan, Failure> {
    roster.plan.as_ref().ok_or_else(|| {
        Failure::new("the roster plans no ceremony")
            .hint("larum consortium stewards choose, refresh, reshare or rotate")
    })
}

/// Who holds the key of an epoch; of the newest, if none is named.
fn current(roster: &Roster, epoch: Option<u32>) -> Result<(u32, &Stewards), Failure> {
    let named = roster.epochs.iter().rev().find(|known| epoch.is_none_or(|epoch| known.number == epoch));
    let Some(named) = named else {
        return Err(Failure::new("there is no such epoch").hint("larum consortium stewards show lists them"));
    };
    named.stewards.as_ref().map(|stewards| (named.number, stewards)).ok_or_else(|| {
        Failure::new(format_args!("custody of epoch {} is shared: there are no stewards", named.number))
            .hint("larum consortium stewards choose, or name an epoch that has some with --epoch")
    })
}

/// A node of each member that can be reached: stewards have to be.
fn nodes(roster: &Roster, members: &[String]) -> Result<Vec<PublicKey>, Failure> {
    let node = |member: &String| {
        let member = &roster.members[edit::position(roster, member)?];
        let active = || member.nodes.iter().filter(|node| node.status == NodeStatus::Active);
        let found = active().find(|node| !node.addresses.is_empty()).or_else(|| active().next());
        found.map(|node| node.key).ok_or_else(|| Failure::new(format_args!("{} has no active node", member.name)))
    };
    members.iter().map(node).collect()
}

fn nonce() -> Result<Digest, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| Failure::new("the system gives no random numbers"))?;
    Ok(Digest(bytes))
}
