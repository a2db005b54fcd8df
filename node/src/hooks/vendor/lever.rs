//! Lever: ids only, signed inside of the body.
//!
//! Sources: hire.lever.co/developer/documentation (webhooks, opportunities, resumes, notes); help.lever.co, "Configuring
//! webhooks".
//! `signature` covers `token` and `triggeredAt` and not `data`: whoever has seen one delivery could put other ids beside
//! the same signature. So the token is good for one delivery, whatever its event, `data` is believed no further than that ids
//! stand in it, everything else is fetched, and an erasure is carried out once the API answers 404.

use std::borrow::Cow;

use axum::http::Method;
use futures::future::BoxFuture;
use larum_protocol::clock::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Ats, Auth, Delivery, OLD_MS, Refusal, Unreadable,
    json::{at, each, id, needed, text, texts},
    signed, timely,
};
use crate::hooks::{
    api::{Api, Fault},
    arrival::{Arrival, Event},
    secret::{Secrets, hex},
};

pub(super) struct Lever;

/// What is signed, and by what. Everything else in the body is skipped without being kept: nothing is verified yet.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    token: Option<Cow<'a, str>>,
    #[serde(borrow)]
    signature: Option<Cow<'a, str>>,
    triggered_at: Option<u64>,
}

impl Ats for Lever {
    fn verify(&self, delivery: Delivery<'_>, secrets: &Secrets, now: Timestamp) -> Result<(), Refusal> {
        let envelope: Envelope<'_> = serde_json::from_slice(delivery.body).map_err(|_| Refusal::Forged)?;
        let Envelope { token: Some(token), signature: Some(signature), triggered_at: Some(triggered) } = envelope
        else {
            return Err(Refusal::Unsigned);
        };
        signed(secrets, &[token.as_bytes(), triggered.to_string().as_bytes()], hex(&signature))?;
        timely(triggered, now, OLD_MS)
    }

    fn ids(&self, _: Delivery<'_>, body: &Value) -> Vec<String> {
        text(body, &["token"]).map(|token| format!("token {token}")).into_iter().collect()
    }

    fn read(&self, _: Delivery<'_>, body: &Value) -> Result<Event, Unreadable> {
        let data = at(body, &["data"]);
        match text(body, &["event"]) {
            Some("applicationCreated") => {
                let opportunity =
                    needed(data, &[&["opportunityId"], &["candidateId"]], "which opportunity it is about")?;
                let mut arrival =
                    Arrival::of(&opportunity).ok_or(Unreadable::Lacks("which opportunity it is about"))?;
                arrival.application = id(data, &[&["applicationId"]]);
                Ok(Event::Application(Box::new(arrival)))
            }
            // Unsigned, like all of `data`: the API has to confirm it.
            Some("candidateDeleted") => {
                let candidate = needed(data, &[&["opportunityId"], &["candidateId"]], "which candidate was deleted")?;
                Ok(Event::Erase { candidate })
            }
            Some(_) => Ok(Event::Ignored),
            // The test from Lever's settings page has no event.
            None => Ok(Event::Ping),
        }
    }

    fn auth(&self) -> Auth {
        Auth::Basic
    }

    fn api_url(&self) -> Option<&'static str> {
        Some("https://api.lever.co")
    }

    fn file_hosts(&self) -> &'static [&'static str] {
        &["*.lever.co", "*.s3.amazonaws.com", "s3.amazonaws.com"]
    }

    fn is_thin(&self) -> bool {
        true
    }

    fn signs_ids(&self) -> bool {
        false
    }

    fn is_gone<'a>(&'a self, api: &'a Api, candidate: &'a str) -> BoxFuture<'a, Result<bool, Fault>> {
        Box::pin(async move {
            match api.page(&["v1", "opportunities", candidate], &[]).await {
                Ok(_) => Ok(false),
                Err(Fault::Gone) => Ok(true),
                Err(fault) => Err(fault),
            }
        })
    }

    fn takes_notes(&self) -> bool {
        true
    }

    fn complete<'a>(&'a self, api: &'a Api, mut arrival: Arrival) -> BoxFuture<'a, Result<Arrival, Fault>> {
        Box::pin(async move {
            let opportunity = arrival.candidate.clone();
            let path = ["v1", "opportunities", &opportunity];
            let answer = api.page(&path, &[("expand", "applications")]).await?.body;
            let person = at(&answer, &["data"]);
            arrival.name(&[text(person, &["name"])]);
            each(person, &["emails"]).filter_map(Value::as_str).for_each(|value| arrival.email(value));
            texts(person, &["phones"], "value").for_each(|value| arrival.phone(value));
            each(person, &["links"]).filter_map(Value::as_str).for_each(|value| arrival.link(value));
            for application in each(person, &["applications"]) {
                text(application, &["email"]).into_iter().for_each(|value| arrival.email(value));
                text(application, &["phone", "value"]).into_iter().for_each(|value| arrival.phone(value));
            }
            let path = ["v1", "opportunities", &opportunity, "resumes"];
            let resumes = api.page(&path, &[]).await;
            let resumes = super::or_lost(&mut arrival, resumes.map(|page| page.body))?;
            for file in each(&resumes, &["data"]).map(|resume| at(resume, &["file"])) {
                let (name, url) = (text(file, &["name"]), text(file, &["downloadUrl"]));
                url.into_iter().for_each(|url| arrival.own_document(name, url));
            }
            Ok(arrival)
        })
    }

    fn noted<'a>(&'a self, api: &'a Api, arrival: &'a Arrival, mark: &'a str) -> BoxFuture<'a, Result<bool, Fault>> {
        Box::pin(async move {
            let path = ["v1", "opportunities", &arrival.candidate, "notes"];
            let mut offset: Option<String> = None;
            for _ in 0..super::PAGES_MAX {
                let query: Vec<_> = offset.iter().map(|offset| ("offset", offset.as_str())).collect();
                let page = api.page(&path, &query).await?.body;
                let has = |entry: &Value| {
                    text(entry, &["text"]).is_some_and(|text| text.contains(mark))
                        || texts(entry, &["fields"], "value").any(|text| text.contains(mark))
                };
                if each(&page, &["data"]).any(has) {
                    return Ok(true);
                }
                offset = text(&page, &["next"]).map(str::to_owned);
                if offset.is_none() {
                    break;
                }
            }
            Ok(false)
        })
    }

    fn note<'a>(&'a self, api: &'a Api, arrival: &'a Arrival, text: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let path = ["v1", "opportunities", &arrival.candidate, "notes"];
            api.json(Method::POST, &path, &json!({"value": text})).await.map(drop)
        })
    }
}
