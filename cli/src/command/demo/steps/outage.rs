//! A node dies without warning, misses batches, and catches up. It never answers clear where it should not.

use larum_protocol::api::Verdict;

use super::super::{
    place::{ALDER, BIRCH, CEDAR},
    play::Play,
};
use crate::error::Failure;

/// What Alder reports while Cedar is away: one batch each, as flags of `publish`.
const MISSED: [[&str; 4]; 3] = [
    ["--kind", "email", "--value", "rowan.pike@example.net"],
    ["--kind", "profile", "--value", "https://www.linkedin.com/in/rowan-pike-demo-77"],
    ["--kind", "domain", "--value", "lanternfield-devs.example"],
];
/// What every one of them shares.
const FINDING: [&str; 6] = ["--role", "actor-controlled", "--reason", "ID.STAND_IN", "--evidence", "confirmed"];
/// Something that was reported before Cedar's node was killed.
const REPORTED_BEFORE: [&str; 2] = ["--email", "elena.marsh@example.com"];
/// The last that it missed, as a recruiter would ask about it.
const MISSED_LAST: [&str; 2] = ["--domain", "https://careers.LanternField-Devs.example/apply"];

/// Kills Cedar's node, and lets Alder go on.
pub(super) async fn die(play: &mut Play<'_, '_, '_>, observed: &str) -> Result<(), Failure> {
    play.show.begin("Cedar's node is killed with SIGKILL, and Alder reports more")?;
    let killed = play.take(CEDAR)?.kill().await?;
    play.show.expect("Cedar's node is gone", killed)?;
    for (identifier, seq) in MISSED.into_iter().zip(4..) {
        let rest = ["--observed", observed, "--data", ALDER.folder];
        let done = play.run(&[["publish"].as_slice(), &identifier, &FINDING, &rest].concat()).await?;
        let published = done.out.contains(&format!(", batch {seq}, "));
        play.show.expect(format!("batch {seq} of Alder's log is published without it"), published)?;
    }
    let listed = play.becomes(BIRCH, &MISSED_LAST, Verdict::Listed, &[Verdict::Clear, Verdict::Unknown]).await?;
    play.show.expect("Birch answers listed", listed)?;
    play.show.end()
}

/// Starts Cedar's node again.
pub(super) async fn come_back(play: &mut Play<'_, '_, '_>) -> Result<(), Failure> {
    play.show.begin("Cedar's node returns and catches up")?;
    play.start(CEDAR).await?;
    let kept = play.verdict(CEDAR, &REPORTED_BEFORE).await? == Verdict::Listed;
    play.show.expect("it serves again, and what it held is listed at once", kept)?;
    let caught_up = play.becomes(CEDAR, &MISSED_LAST, Verdict::Listed, &[Verdict::Unknown]).await?;
    play.show.expect("what it missed is listed, and was never called clear", caught_up)?;
    let fresh = play.is_fresh(CEDAR, 2).await?;
    play.show.expect("it is fresh", fresh)?;
    play.show.end()
}
