//! SmartRecruiters: ids and a link, everything else by its API.
//!
//! Sources: developers.smartrecruiters.com (activating webhook subscriptions, create a webhook subscription secret key,
//! candidate API). Wants 202 within five seconds, and the value of `X-Hook-Secret` back when a subscription is activated.
//! The link is fetched from nowhere: only the candidate's id is taken, and the base URL is the operator's.

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use futures::future::BoxFuture;
use larum_protocol::clock::Timestamp;
use serde_json::Value;

use super::{
    Answers, Ats, Auth, Delivery, OLD_MS, Refusal, Unreadable,
    json::{at, each, id, text},
    timely,
};
use crate::hooks::{
    api::{Api, Fault},
    arrival::{Arrival, Event, is_id},
    secret::{Secrets, hex},
};

/// Signatures in one header: 16 keys may be valid, with room for a second scheme.
const SIGNATURES_MAX: usize = 32;
/// Bytes of the value to be echoed: theirs are UUIDs.
const HANDSHAKE_BYTES_MAX: usize = 256;
const HANDSHAKE: &str = "x-hook-secret";
const SIGNATURE: &str = "smartrecruiters-signature";

pub(super) struct SmartRecruiters;

impl Ats for SmartRecruiters {
    fn verify(&self, delivery: Delivery<'_>, secrets: &Secrets, now: Timestamp) -> Result<(), Refusal> {
        let header = delivery.header(SIGNATURE).ok_or(Refusal::Unsigned)?;
        let schemes = header.split(';').take(SIGNATURES_MAX);
        let sent: Vec<_> = schemes.filter_map(|one| one.trim().strip_prefix("v1=").and_then(hex)).collect();
        let [time, event, name, version, link] =
            ["smartrecruiters-timestamp", "event-id", "event-name", "event-version", "link"]
                .map(|name| delivery.header(name).unwrap_or_default());
        // The documentation's examples differ in how much of the link header is meant.
        let bare = link.replace(['<', '>'], "");
        let target = bare.split(';').next().unwrap_or_default().trim();
        let genuine = [link, bare.as_str(), target].map(|link| {
            let behind = [".", event, ".", name, ".", version, ".", link].concat();
            secrets.signed(&[time.as_bytes(), b".", delivery.body, behind.as_bytes()], &sent)
        });
        if !genuine.contains(&true) {
            return Err(Refusal::Forged);
        }
        let seconds: u64 = time.parse().map_err(|_| Refusal::Stale)?;
        timely(seconds.saturating_mul(1_000), now, OLD_MS)
    }

    fn ids(&self, delivery: Delivery<'_>, _: &Value) -> Vec<String> {
        let event = delivery.header("event-id").filter(|id| !id.is_empty()).map(|id| format!("event {id}"));
        vec![event.unwrap_or_else(|| super::body_id(delivery))]
    }

    fn read(&self, delivery: Delivery<'_>, body: &Value) -> Result<Event, Unreadable> {
        let name = delivery.header("event-name").unwrap_or_default();
        let lacks = Unreadable::Lacks("which candidate it is about");
        let paths: [&[&str]; 3] = [&["candidate_id"], &["candidateId"], &["candidate", "id"]];
        let candidate = || id(body, &paths).or_else(|| linked(delivery.header("link")?)).ok_or(lacks);
        match name {
            "application.created" | "candidate.created" => {
                let mut arrival = Arrival::of(&candidate()?).ok_or(lacks)?;
                arrival.application = id(body, &[&["application_id"], &["applicationId"]]);
                Ok(Event::Application(Box::new(arrival)))
            }
            "candidate.deleted" | "candidate.anonymized" | "candidate.removed" => {
                Ok(Event::Erase { candidate: candidate()? })
            }
            _ => Ok(Event::Ignored),
        }
    }

    fn handshake(&self, headers: &HeaderMap) -> Option<(&'static str, HeaderValue)> {
        let delivery = Delivery { headers, body: b"" };
        let value = delivery.header(HANDSHAKE).filter(|value| value.len() <= HANDSHAKE_BYTES_MAX)?;
        // One that is signed is a delivery, whatever else it carries.
        if headers.contains_key(SIGNATURE) { None } else { Some((HANDSHAKE, HeaderValue::from_str(value).ok()?)) }
    }

    fn answers(&self) -> Answers {
        Answers { accepted: StatusCode::ACCEPTED, ..Answers::default() }
    }

    fn auth(&self) -> Auth {
        Auth::Header("x-smarttoken")
    }

    fn api_url(&self) -> Option<&'static str> {
        Some("https://api.smartrecruiters.com")
    }

    fn file_hosts(&self) -> &'static [&'static str] {
        &["*.smartrecruiters.com", "*.s3.amazonaws.com", "s3.amazonaws.com"]
    }

    fn is_thin(&self) -> bool {
        true
    }

    fn complete<'a>(&'a self, api: &'a Api, mut arrival: Arrival) -> BoxFuture<'a, Result<Arrival, Fault>> {
        Box::pin(async move {
            let candidate = arrival.candidate.clone();
            let person = api.page(&["candidates", &candidate], &[]).await?.body;
            arrival.name(&[text(&person, &["firstName"]), text(&person, &["lastName"])]);
            text(&person, &["email"]).into_iter().for_each(|value| arrival.email(value));
            text(&person, &["phoneNumber"]).into_iter().for_each(|value| arrival.phone(value));
            // Both spellings of LinkedIn occur; whatever else stands there is a link as well.
            let web = at(&person, &["web"]).as_object().into_iter().flatten();
            web.filter_map(|(_, link)| link.as_str()).for_each(|link| arrival.link(link));
            let files = api.page(&["candidates", &candidate, "attachments"], &[]).await;
            let files = super::or_lost(&mut arrival, files.map(|page| page.body))?;
            for file in each(&files, &["content"]).filter(|file| text(file, &["type"]) == Some("RESUME")) {
                let url = text(file, &["actions", "download", "url"]);
                url.into_iter().for_each(|url| arrival.own_document(text(file, &["name"]), url));
            }
            Ok(arrival)
        })
    }
}

/// The candidate's id in a link such as `<https://api.smartrecruiters.com/candidates/ID>; rel="self"`.
fn linked(link: &str) -> Option<String> {
    let (_, rest) = link.split_once("/candidates/")?;
    let id = rest.split(['/', '>', '?', ';', '"', ' ']).next()?;
    is_id(id).then(|| id.to_owned())
}
