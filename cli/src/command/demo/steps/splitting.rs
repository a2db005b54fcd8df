//! The three split the key that tags are made with: from then on none of them can try out values by itself.

use larum_protocol::api::Verdict;

use super::super::{
    place::{ALDER, BIRCH, CEDAR, EMPLOYERS},
    play::Play,
};
use crate::{Status, error::Failure};

/// The roster that plans it, and the one that puts the shares into use.
const PLAN: &str = "roster-2.json";
const SPLIT: &str = "roster-3.json";
/// Somebody whom nobody ever reports.
const NOBODY: [&str; 2] = ["--email", "not.reported@example.org"];
/// Somebody else, whom nobody asked about before: what stewards said once is remembered.
const NOBODY_ELSE: [&str; 2] = ["--email", "never.asked.about@example.org"];
/// Where Alder, who governs, has its data.
const ALDERS: [&str; 2] = ["--data", ALDER.folder];

pub(super) async fn split(play: &mut Play<'_, '_, '_>) -> Result<(), Failure> {
    play.show.begin("The three split the key: any two have to help, and none learns what is asked")?;
    let choose = ["consortium", "stewards", "choose", "--threshold", "2", "--out", PLAN];
    let stewards = EMPLOYERS.map(|employer| ["--steward", employer.name]).concat();
    play.run(&[choose.as_slice(), &stewards, &ALDERS].concat()).await?;
    decide(play, PLAN).await?;
    let made =
        play.stewards_become(ALDER, |answer| answer.plan.as_ref().is_some_and(|plan| plan.shares.is_some())).await?;
    play.show.expect("their nodes made a key among themselves, that is whole nowhere", made)?;

    // Nothing was published with the old salt, so that there is nothing to use it for any more.
    let commit = ["consortium", "stewards", "commit", "--nothing-published", "--out", SPLIT];
    play.run(&[commit.as_slice(), &ALDERS].concat()).await?;
    decide(play, SPLIT).await?;
    for employer in EMPLOYERS {
        let in_use = play.stewards_become(employer, |answer| !answer.keys.is_empty()).await?
            && play.becomes(employer, &NOBODY, Verdict::Clear, &[Verdict::Unknown]).await?;
        play.show.expect(format!("{} makes tags with the help of two", employer.short), in_use)?;
    }
    let shown = play.run(&["consortium", "stewards", "show", "--data", BIRCH.folder]).await?;
    play.show.output(&shown.out)?;
    play.show.end()
}

/// Two governors sign a proposal, and it is applied.
async fn decide(play: &mut Play<'_, '_, '_>, proposal: &str) -> Result<(), Failure> {
    for key in ["governors/governor-1.key", "governors/governor-2.key"] {
        play.run(&[["consortium", "sign", proposal, "--key", key, "--yes"].as_slice(), &ALDERS].concat()).await?;
    }
    play.run(&[["consortium", "apply", proposal].as_slice(), &ALDERS].concat()).await?;
    Ok(())
}

/// With one steward gone two are left, which is enough; what one alone can do is nothing.
pub(super) async fn one_is_enough_to_lose(play: &mut Play<'_, '_, '_>) -> Result<(), Failure> {
    play.show.begin("Birch's node is gone as well: with one steward nobody can make a tag, and nobody says clear")?;
    let killed = play.take(BIRCH)?.kill().await? && play.take(CEDAR)?.kill().await?;
    play.show.expect("Birch's and Cedar's nodes are killed", killed)?;
    let done = play.attempt(&[["check"].as_slice(), &NOBODY_ELSE, &ALDERS].concat()).await?;
    play.show.output(&done.out)?;
    play.show.expect("Alder answers unknown and says who did not help", done.is(Status::Unknown))?;
    for employer in [BIRCH, CEDAR] {
        play.start(employer).await?;
    }
    let clear = play.becomes(ALDER, &NOBODY_ELSE, Verdict::Clear, &[Verdict::Unknown]).await?;
    play.show.expect("they return, and so do the answers", clear)?;
    play.show.end()
}
