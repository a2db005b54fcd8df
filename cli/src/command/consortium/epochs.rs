//! Salt epochs, in proposals: what may begin, when one may end, and what is said of it.
//!
//! Invariant: no proposal ends an epoch before today. What was said in it alone would be found by nobody, and whoever is
//! listed would be clear.

use larum_protocol::{
    clock::Day,
    keys::PublicKey,
    limits::EPOCHS_MAX,
    roster::{Epoch, Roster, Stewards},
};

use super::Session;
use crate::{
    error::Failure,
    output::{count, plain},
};

/// An epoch that ends sooner than this, in days, is asked about: members have to publish again by then, and their vaults
/// and nodes may be off over a weekend.
const NOTICE_DAYS: u32 = 7;

/// What an epoch's custody is worth.
pub(super) fn custody(epoch: &Epoch) -> String {
    epoch.stewards.as_ref().map_or_else(
        || "shared, every member can try out values".to_owned(),
        |stewards| format!("split: {} of {} stewards", stewards.threshold, stewards.stewards.len()),
    )
}

/// Refuses a last day that is over, and asks about one that is near.
pub(super) fn check_last_day(until: Day, today: Day, yes: bool, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    if until < today {
        return Err(Failure::new(format_args!(
            "{until} is over already: what was said until now would not be found any more, and whoever is listed would be \
             clear"
        ))
        .hint("name the day by which every member will have published again what it still stands by"));
    }
    let days = until.0 - today.0;
    if days < NOTICE_DAYS && !yes {
        let left = count(days.into(), "day");
        session.console.confirm(&format!(
            "what is not published again by {until}, in {left}, is not found after it, and whoever is listed by it is \
             clear. End it so soon?"
        ))?;
    }
    Ok(())
}

/// Refuses to end epochs at once where a node holds statements.
pub(super) fn check_unused(statements: u64) -> Result<(), Failure> {
    if statements == 0 {
        return Ok(());
    }
    Err(Failure::new(format_args!(
        "{} published already, and would not be found any more",
        count(statements, "statement")
    ))
    .hint("pass --until DAY: until then, members publish again what they still stand by"))
}

/// Refuses one epoch too many. Those that ended before today are dropped when another begins.
pub(super) fn check_room(roster: &Roster, today: Day) -> Result<(), Failure> {
    let live: Vec<_> = live(roster, today).collect();
    if live.len() < EPOCHS_MAX {
        return Ok(());
    }
    let failure = Failure::new(format_args!("{} epochs are in use already, and there can be no more", live.len()));
    Err(match live.iter().filter_map(|epoch| Some((epoch.until?, epoch.number))).min() {
        Some((until, number)) => failure.hint(format_args!("epoch {number} ends on {until}; try again after that day")),
        None => failure,
    })
}

/// Refuses to go back from split custody to a salt that every member has.
pub(super) fn check_stays_split(roster: &Roster) -> Result<(), Failure> {
    match roster.epochs.last().and_then(|epoch| Some((epoch.number, epoch.stewards.as_ref()?))) {
        None => Ok(()),
        Some((number, _)) => Err(Failure::new(format_args!(
            "custody of epoch {number} is split, and an epoch with a new salt alone would be shared: every member could \
             try out values again"
        ))
        .hint("larum consortium stewards rotate begins an epoch with a new salt and a new key")),
    }
}

/// The epochs that are not over.
pub(super) fn live(roster: &Roster, today: Day) -> impl Iterator<Item = &Epoch> {
    roster.epochs.iter().filter(move |epoch| epoch.until.is_none_or(|until| until >= today))
}

/// What a governor has to know of epochs that end before they were to, or soon.
pub(super) fn endings(before: Option<&Roster>, after: &Roster, today: Day) -> Vec<String> {
    let of = |roster: &Roster, number: u32| roster.epochs.iter().find(|epoch| epoch.number == number).cloned();
    let mut lines = Vec::new();
    let known = before.map_or(&after.epochs, |before| &before.epochs);
    for was in known.iter().filter(|was| before.is_none() || was.until.is_none_or(|until| until >= today)) {
        let number = was.number;
        let is = of(after, number);
        if before.is_some() && is.as_ref().is_some_and(|is| is.until == was.until) {
            continue;
        }
        let over = "what was said in it alone is not found any more, and whoever is listed by it is clear";
        match is.map(|is| is.until) {
            None => lines.push(format!("  warning: epoch {number} is in use and is dropped at once: {over}")),
            Some(Some(until)) if until < today => {
                lines.push(format!("  warning: epoch {number} ends on {until}, which is over: {over}"));
            }
            Some(Some(until)) if until.0 - today.0 < NOTICE_DAYS => {
                let left = count((until.0 - today.0).into(), "day");
                lines.push(format!("  warning: epoch {number} ends on {until}, in {left}: after it, {over}"));
            }
            Some(_) => {}
        }
    }
    lines
}

/// What is still worth nothing under split custody: an epoch beside it that is shared.
pub(super) fn shared_beside_split(roster: &Roster, today: Day) -> Option<String> {
    roster.epochs.last()?.stewards.as_ref()?;
    let shared: Vec<_> = live(roster, today).filter(|epoch| epoch.stewards.is_none()).collect();
    let until = shared.iter().filter_map(|epoch| epoch.until).max()?;
    Some(format!(
        "note: until {until} split custody protects nothing new: each statement is made in the shared epoch, too, and every \
         member can try out its values"
    ))
}

/// What has to follow when nodes that are stewards are cut off.
pub(super) fn stewards_cut_off(roster: &Roster, is_cut_off: impl Fn(&PublicKey) -> bool, today: Day) -> Vec<String> {
    let is_steward = |stewards: &Stewards| stewards.stewards.iter().any(|steward| is_cut_off(&steward.node));
    let split = live(roster, today).filter_map(|epoch| Some((epoch.number, epoch.stewards.as_ref()?)));
    let note = |(number, stewards): (u32, &Stewards)| {
        let gone = stewards.stewards.iter().filter(|steward| is_cut_off(&steward.node));
        let names: Vec<_> = gone.filter_map(|steward| roster.node(&steward.node)).collect();
        let names: Vec<_> = names.iter().map(|(member, _)| plain(&member.name)).collect();
        format!(
            "note: {} is a steward of epoch {number}: its node evaluates nothing from then on and keeps its share. Once \
             this is applied, deal the shares anew without it: larum consortium stewards reshare --epoch {number}, or \
             refresh --epoch {number} --without MEMBER where it is to stay a steward",
            names.join(", ")
        )
    };
    split.filter(|(_, stewards)| is_steward(stewards)).map(note).collect()
}
