//! A resume with another name on it, other employers and other words, is known again.

use larum_protocol::api::Verdict;

use super::super::{
    place::{ALDER, BIRCH},
    play::Play,
};
use crate::{Status, error::Failure};

/// The resume that Birch received.
const RECEIVED: [&str; 2] = ["--resume", "resume.pdf"];

pub(super) async fn edited(play: &mut Play<'_, '_, '_>, observed: &str) -> Result<(), Failure> {
    play.show.begin("Alder reports a resume; Birch gets an edited version of it as a PDF")?;
    let finding = ["--role", "actor-controlled", "--reason", "ART.REUSE", "--evidence", "confirmed"];
    let report = ["publish", "--resume", "reported.docx", "--observed", observed, "--data", ALDER.folder];
    play.run(&[report.as_slice(), &finding].concat()).await?;
    let listed = play.becomes(BIRCH, &RECEIVED, Verdict::Listed, &[Verdict::Clear, Verdict::Unknown]).await?;
    let done = play.attempt(&[["check", "--data", BIRCH.folder].as_slice(), &RECEIVED].concat()).await?;
    play.show.output(&done.out)?;
    play.show.expect("it is listed, as a version of the reported one", listed && done.is(Status::Found))?;
    play.show.end()
}
