//! What stewards said of the shares that a proposal puts into use: it travels with the proposal, and whoever signs checks it.
//!
//! Invariant: nobody signs shares into use that one of their stewards has not said, signed, that it keeps. Public shares of a
//! key can be made up so that no rule of rosters tells them from real ones; with them in force the key is lost.

use larum_protocol::{
    hash::Digest,
    oprf::Element,
    roster::{Plan, Roster, Stewards},
    steward::Acknowledgement,
};

use crate::{error::Failure, output::plain};

const HINT: &str = "let larum consortium stewards commit write the proposal: it takes the stewards' words along";

/// Checks that every steward of shares which `after` puts into use has acknowledged exactly these, in `words`.
///
/// `before` is the roster that it replaces, whose plan the shares were made for.
pub(super) fn check(
    before: Option<&Roster>,
    after: &Roster,
    consortium: &Digest,
    words: &[Vec<u8>],
) -> Result<(), Failure> {
    for epoch in &after.epochs {
        let Some(stewards) = &epoch.stewards else { continue };
        let before = before.ok_or_else(|| {
            Failure::new(
                "the roster that this one replaces is not known here, so nobody can say whether it puts shares \
                          into use that their stewards keep",
            )
            .hint("name a bundle with --roster FILE: larum consortium show --bundle FILE writes one")
        })?;
        let known = before.epochs.iter().find(|known| known.number == epoch.number);
        if known.and_then(|known| known.stewards.as_ref()).is_some_and(|known| same_shares(known, stewards)) {
            continue;
        }
        let plan = before.plan.as_ref().ok_or_else(|| {
            Failure::new(format_args!("epoch {} gets shares that the roster before does not plan", epoch.number))
                .hint("do not sign it, and ask whoever proposed it what it is")
        })?;
        check_words(stewards, plan, before, consortium, words)?;
    }
    Ok(())
}

fn same_shares(known: &Stewards, new: &Stewards) -> bool {
    (known.generation, known.threshold, &known.stewards) == (new.generation, new.threshold, &new.stewards)
}

fn check_words(
    new: &Stewards,
    plan: &Plan,
    roster: &Roster,
    consortium: &Digest,
    words: &[Vec<u8>],
) -> Result<(), Failure> {
    let shares: Vec<Element> = new.stewards.iter().map(|steward| steward.share).collect();
    let said = |node| words.iter().filter_map(move |word| Acknowledgement::read(word, consortium, plan, node));
    let without: Vec<String> = plan
        .nodes
        .iter()
        .filter(|node| !said(node).any(|said| said == shares))
        .map(|node| roster.node(node).map_or_else(|| node.to_string(), |(member, _)| plain(&member.name).into_owned()))
        .collect();
    if without.is_empty() && plan.nodes.iter().eq(new.stewards.iter().map(|steward| &steward.node)) {
        return Ok(());
    }
    let who = if without.is_empty() { "the planned stewards".to_owned() } else { without.join(", ") };
    Err(Failure::new(format_args!("not signed: the shares that it puts into use are not acknowledged by {who}"))
        .hint(HINT))
}
