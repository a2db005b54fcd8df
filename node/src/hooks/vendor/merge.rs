//! Merge: one form for many systems.
//!
//! Source: docs.merge.dev, "Merge webhooks sent to you" and the Candidate model. The hook's id names the kind of event and
//! not the event, so that the body is what is remembered.

use larum_protocol::clock::Timestamp;
use serde_json::Value;

use super::{
    Ats, Delivery, Refusal, Unreadable,
    json::{at, each, needed, text, texts},
    signed,
};
use crate::hooks::{
    arrival::{Arrival, Event},
    secret::{Secrets, base64},
};

pub(super) struct Merge;

impl Ats for Merge {
    fn verify(&self, delivery: Delivery<'_>, secrets: &Secrets, _: Timestamp) -> Result<(), Refusal> {
        let header = delivery.header("x-merge-webhook-signature").ok_or(Refusal::Unsigned)?;
        signed(secrets, &[delivery.body], base64(header))
    }

    fn ids(&self, delivery: Delivery<'_>, _: &Value) -> Vec<String> {
        vec![super::body_id(delivery)]
    }

    fn read(&self, _: Delivery<'_>, body: &Value) -> Result<Event, Unreadable> {
        let event = text(body, &["hook", "event"]).ok_or(Unreadable::Lacks("its event"))?;
        let data = at(body, &["data"]);
        match event.to_ascii_lowercase().as_str() {
            "candidate.created" | "candidate.added" | "candidate.changed" | "candidate.synced" => {
                let mut arrival =
                    Arrival::of(&needed(data, &[&["remote_id"], &["id"]], "which candidate it is about")?)
                        .ok_or(Unreadable::Lacks("which candidate it is about"))?;
                arrival.name(&[text(data, &["first_name"]), text(data, &["last_name"])]);
                texts(data, &["email_addresses"], "value").for_each(|value| arrival.email(value));
                texts(data, &["phone_numbers"], "value").for_each(|value| arrival.phone(value));
                texts(data, &["urls"], "value").for_each(|value| arrival.link(value));
                let resume = |file: &&Value| text(file, &["attachment_type"]).is_none_or(|kind| kind == "RESUME");
                for file in each(data, &["attachments"]).filter(resume) {
                    let url = text(file, &["file_url"]);
                    url.into_iter().for_each(|url| arrival.document(text(file, &["file_name"]), url));
                }
                Ok(Event::Application(Box::new(arrival)))
            }
            "candidate.removed" | "candidate.deleted" => {
                let paths: [&[&str]; 2] = [&["remote_id"], &["id"]];
                Ok(Event::Erase { candidate: needed(data, &paths, "which candidate was removed")? })
            }
            "ping" => Ok(Event::Ping),
            _ => Ok(Event::Ignored),
        }
    }

    fn file_hosts(&self) -> &'static [&'static str] {
        &["*.merge.dev", "*.s3.amazonaws.com", "s3.amazonaws.com"]
    }
}
