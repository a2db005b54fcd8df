//! One employer warns, another asks, and the warning is taken back.

use larum_protocol::{
    api::{CheckAnswer, Verdict},
    clock::Day,
    receipt::SavedCheck,
};

use super::super::{
    place::{ALDER, BIRCH, CEDAR, EMPLOYERS},
    play::Play,
};
use crate::{Status, error::Failure, files};

/// How long ago the first report's cases were observed: a file with days in it would expire.
const OBSERVED_DAYS_AGO: u32 = 10;
/// One of the reported telephone numbers, as a recruiter reads it off an application.
const PHONE: [&str; 4] = ["--phone", "303.555.0142", "--region", "US"];
/// The reason under which the application's mailbox was reported.
const REASON: &str = "ART.REUSE";

/// Publishes the report; returns the day it names.
pub(super) async fn publish(play: &mut Play<'_, '_, '_>) -> Result<String, Failure> {
    play.show.begin("Alder reports what it found out about a ring of impostors")?;
    let today = larum_node::clock::now().day();
    let observed = Day(today.0.saturating_sub(OBSERVED_DAYS_AGO)).to_string();
    let report = ["publish", "--file", "report.csv", "--observed", &observed, "--data", ALDER.folder];
    let done = play.run(&report).await?;
    play.show.output(&done.out)?;
    play.show
        .expect("all rows are published, as salted hashes in one signed batch", done.out.contains(", 0 refused"))?;
    for employer in EMPLOYERS {
        let listed = play.becomes(employer, &PHONE, Verdict::Listed, &[Verdict::Clear, Verdict::Unknown]).await?;
        play.show.expect(format!("{} answers listed", employer.short), listed)?;
    }
    play.show.end()?;
    Ok(observed)
}

pub(super) async fn check(play: &mut Play<'_, '_, '_>) -> Result<(), Failure> {
    play.show.begin("Birch's recruiter looks two applicants up")?;
    let record = "answer.json";
    let done = play
        .attempt(&["check", "--application", "application.json", "--record", record, "--data", BIRCH.folder])
        .await?;
    play.show.output(&done.out)?;
    play.show.expect("the exit status is 1: somebody has to look", done.is(Status::Found))?;
    let record_path = play.place.path().join(record);
    let answer: SavedCheck = files::read_json(&record_path)?;
    let answer: CheckAnswer =
        serde_json::from_str(&answer.answer).map_err(|error| Failure::read(&record_path, error))?;
    let all = answer.results.len() == 5 && answer.results.iter().all(|result| result.verdict == Verdict::Listed);
    play.show.expect("all five are listed, though each is written differently", all)?;
    let mailbox = answer.results.iter().find(|result| result.kind == "email");
    let named = mailbox.is_some_and(|result| {
        result.reports.iter().any(|report| report.member == ALDER.name && report.reason == REASON)
    });
    play.show.expect("the answer says who reported it, and why", named)?;
    let verified = play.attempt(&["receipt", "verify", record, "--data", CEDAR.folder]).await?;
    play.show.expect("anybody with the roster can verify its receipt", verified.is(Status::Ok))?;
    let done = play.attempt(&["check", "--application", "honest.json", "--data", BIRCH.folder]).await?;
    play.show.output(&done.out)?;
    play.show.expect("an applicant whom nobody reports is clear", done.is(Status::Ok))?;
    play.show.end()
}

pub(super) async fn withdraw(play: &mut Play<'_, '_, '_>) -> Result<(), Failure> {
    play.show.begin("The number has a new, innocent owner: Alder withdraws it")?;
    let number = ["--kind", "phone", "--value", PHONE[1], "--region", PHONE[3]];
    let command = [["withdraw"].as_slice(), &number, &["--reason", "COR.RESOLVED", "--data", ALDER.folder]].concat();
    let done = play.run(&command).await?;
    play.show.expect("the withdrawal is published", done.out.contains("1 row withdrawn"))?;
    for employer in EMPLOYERS {
        let clear = play.becomes(employer, &PHONE, Verdict::Clear, &[Verdict::Listed, Verdict::Unknown]).await?;
        play.show.expect(format!("{} answers clear", employer.short), clear)?;
    }
    play.show.end()
}
