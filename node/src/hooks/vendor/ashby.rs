//! Ashby: the mailbox and the phone number in the payload, links and the resume by its API.
//!
//! Sources: developers.ashbyhq.com (authenticating webhooks, retries, candidate.info, file.info, candidate.listNotes,
//! candidate.createNote). A 401, 403, 404, 405 or 410 is never tried again, so that a signature that does not fit gets a
//! 503: the secret may have been changed on one side only.

use axum::http::{Method, StatusCode};
use futures::future::BoxFuture;
use larum_protocol::clock::Timestamp;
use serde_json::{Value, json};

use super::{
    Answers, Ats, Auth, Delivery, Refusal, Unreadable,
    json::{at, each, id, needed, text, texts},
    signed,
};
use crate::hooks::{
    api::{Api, Fault},
    arrival::{Arrival, Event},
    secret::{Secrets, hex},
};

pub(super) struct Ashby;

impl Ats for Ashby {
    fn verify(&self, delivery: Delivery<'_>, secrets: &Secrets, _: Timestamp) -> Result<(), Refusal> {
        let header = delivery.header("ashby-signature").ok_or(Refusal::Unsigned)?;
        signed(secrets, &[delivery.body], header.strip_prefix("sha256=").and_then(hex))
    }

    fn ids(&self, delivery: Delivery<'_>, body: &Value) -> Vec<String> {
        let action = text(body, &["webhookActionId"]).map(|id| format!("action {id}"));
        vec![action.unwrap_or_else(|| super::body_id(delivery))]
    }

    fn read(&self, _: Delivery<'_>, body: &Value) -> Result<Event, Unreadable> {
        match text(body, &["action"]) {
            Some("ping") => Ok(Event::Ping),
            Some("applicationSubmit") => {
                let application = at(body, &["data", "application"]);
                let candidate = at(application, &["candidate"]);
                let mut arrival = Arrival::of(&needed(candidate, &[&["id"]], "which candidate applied")?)
                    .ok_or(Unreadable::Lacks("which candidate applied"))?;
                arrival.application = id(application, &[&["id"]]);
                person(&mut arrival, candidate);
                for holder in [application, at(body, &["data"])] {
                    text(holder, &["submitterClientIp"]).into_iter().for_each(|ip| arrival.ip(ip));
                }
                Ok(Event::Application(Box::new(arrival)))
            }
            Some("candidateDelete") => {
                let paths: [&[&str]; 3] = [&["candidate", "id"], &["candidateId"], &["id"]];
                Ok(Event::Erase { candidate: needed(at(body, &["data"]), &paths, "which candidate was deleted")? })
            }
            Some(_) => Ok(Event::Ignored),
            None => Err(Unreadable::Lacks("its action")),
        }
    }

    fn answers(&self) -> Answers {
        Answers { refused: StatusCode::SERVICE_UNAVAILABLE, ..Answers::default() }
    }

    fn auth(&self) -> Auth {
        Auth::Basic
    }

    fn api_url(&self) -> Option<&'static str> {
        Some("https://api.ashbyhq.com")
    }

    fn file_hosts(&self) -> &'static [&'static str] {
        &["*.ashbyhq.com", "*.s3.amazonaws.com", "*.s3.us-west-2.amazonaws.com", "s3.amazonaws.com"]
    }

    fn asks_more(&self) -> bool {
        true
    }

    fn takes_notes(&self) -> bool {
        true
    }

    fn complete<'a>(&'a self, api: &'a Api, mut arrival: Arrival) -> BoxFuture<'a, Result<Arrival, Fault>> {
        Box::pin(async move {
            let info = call(api, "candidate.info", &json!({"id": arrival.candidate})).await?;
            let candidate = at(&info, &["results"]);
            person(&mut arrival, candidate);
            texts(candidate, &["emailAddresses"], "value").for_each(|value| arrival.email(value));
            texts(candidate, &["phoneNumbers"], "value").for_each(|value| arrival.phone(value));
            texts(candidate, &["socialLinks"], "url").for_each(|value| arrival.link(value));
            let resume = at(candidate, &["resumeFileHandle"]);
            if let Some(handle) = text(resume, &["handle"]) {
                let file = super::or_lost(&mut arrival, call(api, "file.info", &json!({"fileHandle": handle})).await)?;
                let url = text(&file, &["results", "url"]);
                url.into_iter().for_each(|url| arrival.document(text(resume, &["name"]), url));
            }
            Ok(arrival)
        })
    }

    fn noted<'a>(&'a self, api: &'a Api, arrival: &'a Arrival, mark: &'a str) -> BoxFuture<'a, Result<bool, Fault>> {
        Box::pin(async move {
            let mut ask = json!({"candidateId": arrival.candidate});
            for _ in 0..super::PAGES_MAX {
                let page = call(api, "candidate.listNotes", &ask).await?;
                if texts(&page, &["results"], "content").any(|note| note.contains(mark)) {
                    return Ok(true);
                }
                match text(&page, &["nextCursor"]) {
                    Some(next) if at(&page, &["moreDataAvailable"]) == &Value::Bool(true) => {
                        ask["cursor"] = next.into()
                    }
                    _ => break,
                }
            }
            Ok(false)
        })
    }

    fn note<'a>(&'a self, api: &'a Api, arrival: &'a Arrival, text: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let note = json!({"candidateId": arrival.candidate, "note": text, "sendNotifications": false});
            call(api, "candidate.createNote", &note).await.map(drop)
        })
    }
}

fn person(arrival: &mut Arrival, candidate: &Value) {
    arrival.name(&[text(candidate, &["name"])]);
    text(candidate, &["primaryEmailAddress", "value"]).into_iter().for_each(|value| arrival.email(value));
    text(candidate, &["primaryPhoneNumber", "value"]).into_iter().for_each(|value| arrival.phone(value));
}

/// Ashby answers 200 to what it refuses, and says `success: false`.
async fn call(api: &Api, method: &str, ask: &Value) -> Result<Value, Fault> {
    let answer = api.json(Method::POST, &[method], ask).await?;
    if at(&answer, &["success"]) == &Value::Bool(false) {
        let gone =
            each(&answer, &["errors"]).any(|error| error.as_str().is_some_and(|code| code.contains("not_found")));
        return Err(if gone { Fault::Gone } else { Fault::Refused });
    }
    Ok(answer)
}
