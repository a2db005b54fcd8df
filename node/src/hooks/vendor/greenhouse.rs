//! Greenhouse Recruiting: fat payloads, no time in the signature, notes by Harvest v3.
//!
//! Sources: developers.greenhouse.io/webhooks.html; harvestdocs.greenhouse.io (authentication, list endpoints, notes).
//! The signature covers neither a time nor the event's id, so that the body itself is remembered beside the id. Bodies
//! hold `\u003c` escapes: the raw bytes are verified, never a body that was written anew.

use axum::http::Method;
use futures::future::BoxFuture;
use larum_protocol::clock::Timestamp;
use serde_json::{Value, json};

use super::{
    Ats, Auth, Delivery, Refusal, Unreadable,
    json::{at, each, id, needed, text, texts},
    signed,
};
use crate::hooks::{
    api::{Api, Fault},
    arrival::{Arrival, Event},
    secret::{Secrets, hex},
};

/// Events after which an applicant's particulars are to be forgotten.
const ERASURES: [&str; 2] = ["candidate_anonymized", "delete_candidate"];

pub(super) struct Greenhouse;

impl Ats for Greenhouse {
    fn verify(&self, delivery: Delivery<'_>, secrets: &Secrets, _: Timestamp) -> Result<(), Refusal> {
        let header = delivery.header("signature").ok_or(Refusal::Unsigned)?;
        let (scheme, mac) = header.split_once(' ').ok_or(Refusal::Forged)?;
        let mac = hex(mac.trim()).filter(|_| scheme.eq_ignore_ascii_case("sha256"));
        signed(secrets, &[delivery.body], mac)
    }

    fn ids(&self, delivery: Delivery<'_>, _: &Value) -> Vec<String> {
        let event = delivery.header("greenhouse-event-id").map(|id| format!("event {id}"));
        event.into_iter().chain([super::body_id(delivery)]).collect()
    }

    fn read(&self, _: Delivery<'_>, body: &Value) -> Result<Event, Unreadable> {
        let payload = at(body, &["payload"]);
        match text(body, &["action"]) {
            Some("ping") => Ok(Event::Ping),
            Some(action) if ERASURES.contains(&action) => {
                let paths: [&[&str]; 4] =
                    [&["person_id"], &["candidate", "id"], &["application", "candidate", "id"], &["id"]];
                Ok(Event::Erase { candidate: needed(payload, &paths, "which candidate was erased")? })
            }
            Some("new_candidate_application") => {
                let application = at(payload, &["application"]);
                let mut arrival = person(at(application, &["candidate"]))?;
                arrival.application = id(application, &[&["id"]]);
                files(&mut arrival, application);
                Ok(Event::Application(Box::new(arrival)))
            }
            Some("update_candidate") => Ok(Event::Application(Box::new(person(at(payload, &["candidate"]))?))),
            Some(_) => Ok(Event::Ignored),
            None => Err(Unreadable::Lacks("its action")),
        }
    }

    fn auth(&self) -> Auth {
        Auth::Client
    }

    fn api_url(&self) -> Option<&'static str> {
        Some("https://harvest.greenhouse.io")
    }

    fn token_url(&self) -> Option<&'static str> {
        Some("https://auth.greenhouse.io/token")
    }

    fn file_hosts(&self) -> &'static [&'static str] {
        &["*.greenhouse.io", "*.s3.amazonaws.com", "s3.amazonaws.com"]
    }

    fn takes_notes(&self) -> bool {
        true
    }

    fn noted<'a>(&'a self, api: &'a Api, arrival: &'a Arrival, mark: &'a str) -> BoxFuture<'a, Result<bool, Fault>> {
        Box::pin(async move {
            let query = [("candidate_ids", arrival.candidate.as_str()), ("per_page", "500")];
            let mut page = api.page(&["v3", "notes"], &query).await?;
            // Further pages are addresses in a Link header (RFC 8288).
            for _ in 0..super::PAGES_MAX {
                if each(&page.body, &[]).any(|note| text(note, &["body"]).is_some_and(|body| body.contains(mark))) {
                    return Ok(true);
                }
                let Some(next) = page.next else { return Ok(false) };
                page = api.page_at(&next).await?;
            }
            Ok(false)
        })
    }

    fn note<'a>(&'a self, api: &'a Api, arrival: &'a Arrival, text: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let candidate: u64 = arrival.candidate.parse().map_err(|_| Fault::Refused)?;
            // Private: for those who may see private notes, not for everybody who interviews.
            let note = json!({"candidate_id": candidate, "body": text, "visibility": "private"});
            api.json(Method::POST, &["v3", "notes"], &note).await.map(drop)
        })
    }
}

fn person(candidate: &Value) -> Result<Arrival, Unreadable> {
    let mut arrival = Arrival::of(&needed(candidate, &[&["id"]], "which candidate applied")?)
        .ok_or(Unreadable::Lacks("which candidate applied"))?;
    arrival.name(&[text(candidate, &["first_name"]), text(candidate, &["last_name"])]);
    texts(candidate, &["email_addresses"], "value").for_each(|value| arrival.email(value));
    texts(candidate, &["phone_numbers"], "value").for_each(|value| arrival.phone(value));
    for list in ["social_media_addresses", "website_addresses"] {
        texts(candidate, &[list], "value").for_each(|value| arrival.link(value));
    }
    texts(candidate, &["addresses"], "value").for_each(|value| arrival.address(value));
    files(&mut arrival, candidate);
    Ok(arrival)
}

fn files(arrival: &mut Arrival, holder: &Value) {
    for file in each(holder, &["attachments"]).filter(|file| text(file, &["type"]) == Some("resume")) {
        text(file, &["url"]).into_iter().for_each(|url| arrival.document(text(file, &["filename"]), url));
    }
}
