//! Cedar's applicants come by webhooks of Greenhouse: one whom somebody reported, and one who is reported later.
//!
//! Invariant (I9): what the node does about an applicant is a note, a review and an alert, all for a person.

use std::time::Duration;

use larum_protocol::api::{ReviewList, Verdict, WatchPage, path};

use super::super::{
    place::{ALDER, CEDAR},
    play::Play,
};
use crate::{error::Failure, folder::DataFolder};

/// How long Cedar's node may take to keep a webhook and to answer it.
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// An applicant with a mailbox and a number that Alder reported, each written differently; and what must not leave Cedar.
const REPORTED: Applicant =
    Applicant { file: "webhook-reported.json", candidate: 70_001, words: &["marsh", "ellie", "5550142"] };
/// An applicant whom nobody reports yet.
const HONEST: Applicant = Applicant { file: "webhook-honest.json", candidate: 70_002, words: &["rhea", "dunmore"] };
/// The other's mailbox, as Alder reports it afterwards.
const LATER: [&str; 4] = ["--kind", "email", "--value", "Rhea.Dunmore@example.org"];
const FINDING: [&str; 6] = ["--role", "actor-controlled", "--reason", "ID.STAND_IN", "--evidence", "confirmed"];
/// The line of Cedar's metrics which says that both webhooks are worked off, and nothing is left to be done about them.
const BOTH_WORKED_OFF: &str = "larum_hooks_worked_total{vendor=\"greenhouse\",outcome=\"checked\"} 2";

/// Somebody who applies at Cedar.
struct Applicant {
    /// The webhook.
    file: &'static str,
    /// The number at Greenhouse, by which Cedar refers to the applicant.
    candidate: u64,
    /// Parts of names and identifiers, in lower case and without marks; too long to stand in an id by chance.
    words: &'static [&'static str],
}

impl Applicant {
    fn reference(&self) -> String {
        self.candidate.to_string()
    }

    /// Whether a text says nothing by which a stranger could know the applicant.
    fn is_unnamed_in(&self, text: &str) -> bool {
        let plain: String = text.to_lowercase().chars().filter(|&each| each.is_alphanumeric()).collect();
        !text.contains('@') && !self.words.iter().any(|word| plain.contains(word))
    }
}

pub(super) async fn webhook(play: &mut Play<'_, '_, '_>, observed: &str) -> Result<(), Failure> {
    play.show.begin("A Greenhouse webhook arrives at Cedar; a later publication raises an alert")?;
    let fresh = play.is_fresh(CEDAR, 2).await?;
    play.show.expect("Cedar's node is fresh, and [[hooks]] in larum.toml names Greenhouse", fresh)?;
    reported(play).await?;
    not_reported(play).await?;
    reported_later(play, observed).await?;
    let nothing_else = play.receiver.strange() == 0;
    play.show.expect("nobody was moved or rejected: only notes and callbacks were sent", nothing_else)?;
    play.show.end()
}

/// The webhook of an applicant whom Alder reported becomes a note and a review.
async fn reported(play: &mut Play<'_, '_, '_>) -> Result<(), Failure> {
    deliver(play, &REPORTED).await?;
    let note = play.eventually(async || Ok(play.receiver.notes(REPORTED.candidate).pop())).await?.unwrap_or_default();
    play.show.output(&note)?;
    let for_a_person =
        note.contains(Verdict::Listed.advice()) && note.contains("- email:") && note.contains("- phone:");
    play.show.expect("a note at Greenhouse says that a person must review", for_a_person)?;
    play.show.expect("it names no identifier", REPORTED.is_unnamed_in(&note))?;

    let open = format!("{}?state=open", path::REVIEWS);
    play.show.request(&format!("GET {open}"), &[], "")?;
    let list: ReviewList = play.ask(CEDAR, move |node| node.get(&open)).await?;
    for review in &list.reviews {
        let from = [review.source.as_deref(), review.reference.as_deref()].map(Option::unwrap_or_default).join(" ");
        let (id, verdict, kinds) = (review.id, review.verdict.name(), review.kinds.join(", "));
        play.show.output(&format!("review {id}  {verdict}  {from}  ({kinds})"))?;
    }
    let reference = REPORTED.reference();
    let waits = list.reviews.iter().any(|review| review.reference.as_deref() == Some(&reference));
    play.show.expect("a review is open, and waits for a person", waits)?;
    told(play, "review.opened", &REPORTED).await
}

/// The webhook of an applicant whom nobody reports becomes neither; the applicant is watched.
async fn not_reported(play: &mut Play<'_, '_, '_>) -> Result<(), Failure> {
    deliver(play, &HONEST).await?;
    let worked_off = play.eventually(async || {
        let metrics = play.ask(CEDAR, |node| node.get_text(path::METRICS)).await?;
        Ok(metrics.lines().any(|line| line == BOTH_WORKED_OFF).then_some(()))
    });
    let no_note = worked_off.await?.is_some() && play.receiver.notes(HONEST.candidate).is_empty();
    play.show.expect("whom nobody reports gets no note", no_note)?;
    let reviews: ReviewList = play.ask(CEDAR, |node| node.get(path::REVIEWS)).await?;
    let reference = HONEST.reference();
    let none = reviews.reviews.iter().all(|review| review.reference.as_deref() != Some(&reference));
    play.show.expect("and no review", none)?;
    let listed = play.run(&["watch", "list", "--data", CEDAR.folder]).await?;
    play.show.output(&listed.out)?;
    let watched: WatchPage = play.ask(CEDAR, |node| node.get(path::WATCHES)).await?;
    let watched = watched.watches.iter().any(|watch| watch.reference == reference);
    play.show.expect("but is watched from now on", watched && listed.out.contains(&reference))
}

/// Alder reports the other's mailbox as well.
async fn reported_later(play: &mut Play<'_, '_, '_>, observed: &str) -> Result<(), Failure> {
    let rest = ["--observed", observed, "--data", ALDER.folder];
    let done = play.run(&[["publish"].as_slice(), &LATER, &FINDING, &rest].concat()).await?;
    play.show.expect("Alder publishes the mailbox of the one who is watched", done.out.contains(", batch 3, "))?;
    let reference = HONEST.reference();
    told(play, "alert.raised", &HONEST).await?;
    let alerts = play.run(&["watch", "--data", CEDAR.folder]).await?;
    play.show.output(&alerts.out)?;
    let shown = alerts.out.lines().any(|line| line.contains(&reference) && line.contains("listed"));
    play.show.expect("larum watch shows the alert to whoever works at Cedar", shown)
}

/// Waits for the callback that tells such an event of an applicant, and shows it.
async fn told(play: &mut Play<'_, '_, '_>, event: &str, applicant: &Applicant) -> Result<(), Failure> {
    let reference = applicant.reference();
    let Some(callback) = play.eventually(async || Ok(play.receiver.callback(event, &reference))).await? else {
        return play.show.expect(format!("a callback arrives: {event}"), false);
    };
    let (verdict, kinds) = (&callback.data.verdict, callback.data.kinds.join(", "));
    play.show.output(&format!("< {event}  {verdict}  {reference}  ({kinds})"))?;
    let listed = *verdict == Verdict::Listed.name();
    play.show.expect(format!("a callback arrives: {event}, and rightly signed"), listed)?;
    play.show.expect("it holds the reference and no identifier", applicant.is_unnamed_in(&callback.body))
}

/// Sends an applicant's webhook as Greenhouse does, and shows it.
async fn deliver(play: &mut Play<'_, '_, '_>, applicant: &Applicant) -> Result<(), Failure> {
    let path = play.place.path().join(applicant.file);
    let body = std::fs::read_to_string(&path).map_err(|error| Failure::read(&path, error))?;
    let signature = play.receiver.webhook_signature(body.as_bytes());
    let node = DataFolder::at(&play.place.path().join(CEDAR.folder)).http_url()?;
    let url = format!("{node}{}", path::HOOK.replace("{vendor}", "greenhouse"));
    play.show.request(&format!("POST {url}"), &[("Signature", &signature)], &body)?;
    let failed = |error: reqwest::Error| Failure::new(format_args!("a webhook cannot be sent: {error}"));
    // Without a token: the signature is the credential.
    let http = reqwest::Client::builder().no_proxy().timeout(ANSWER_TIME).build().map_err(failed)?;
    let answer = http.post(url).header("Signature", signature).body(body).send().await.map_err(failed)?;
    play.show.expect("Cedar's node keeps it and answers 200", answer.status() == reqwest::StatusCode::OK)
}
