//! Workable: the applicant in the payload, comments by its API.
//!
//! Source: workable.readme.io (webhooks, comment-on-candidate, candidate activities). How the signature is written is not
//! documented; deliveries have it in hexadecimal digits, and Base64 of the same 32 bytes costs nothing to accept.

use axum::http::Method;
use futures::future::BoxFuture;
use larum_protocol::clock::Timestamp;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    Ats, Auth, Delivery, OLD_MS, Refusal, Unreadable,
    json::{at, needed, text, texts},
    signed, timely,
};
use crate::hooks::{
    api::{Api, Fault},
    arrival::{Arrival, Event},
    secret::{Secrets, base64, hex},
};

pub(super) struct Workable;

impl Ats for Workable {
    fn verify(&self, delivery: Delivery<'_>, secrets: &Secrets, now: Timestamp) -> Result<(), Refusal> {
        let header = delivery.header("x-workable-signature").ok_or(Refusal::Unsigned)?;
        let mac = header.strip_prefix("sha256=").unwrap_or(header);
        signed(secrets, &[delivery.body], hex(mac).or_else(|| base64(mac)))?;
        match super::parse(delivery.body).ok().as_ref().and_then(|body| text(body, &["fired_at"])).and_then(millis) {
            Some(fired) => timely(fired, now, OLD_MS),
            None => Ok(()),
        }
    }

    fn ids(&self, delivery: Delivery<'_>, body: &Value) -> Vec<String> {
        let event = text(body, &["id"]).map(|id| format!("event {id}"));
        vec![event.unwrap_or_else(|| super::body_id(delivery))]
    }

    fn read(&self, _: Delivery<'_>, body: &Value) -> Result<Event, Unreadable> {
        let data = at(body, &["data"]);
        match text(body, &["event_type"]) {
            Some("candidate_created") => {
                let mut arrival = Arrival::of(&needed(data, &[&["id"]], "which candidate applied")?)
                    .ok_or(Unreadable::Lacks("which candidate applied"))?;
                arrival.name(&[text(data, &["name"])]);
                text(data, &["email"]).into_iter().for_each(|value| arrival.email(value));
                text(data, &["phone"]).into_iter().for_each(|value| arrival.phone(value));
                text(data, &["address"]).into_iter().for_each(|value| arrival.address(value));
                texts(data, &["social_profiles"], "url").for_each(|value| arrival.link(value));
                text(data, &["resume_url"]).into_iter().for_each(|url| arrival.document(None, url));
                Ok(Event::Application(Box::new(arrival)))
            }
            Some("candidate_deleted") => {
                Ok(Event::Erase { candidate: needed(data, &[&["id"]], "which candidate was deleted")? })
            }
            Some(_) => Ok(Event::Ignored),
            None => Ok(Event::Ping),
        }
    }

    fn auth(&self) -> Auth {
        Auth::Bearer { member: true }
    }

    fn file_hosts(&self) -> &'static [&'static str] {
        &["*.workable.com", "*.s3.amazonaws.com", "s3.amazonaws.com"]
    }

    fn takes_notes(&self) -> bool {
        true
    }

    fn noted<'a>(&'a self, api: &'a Api, arrival: &'a Arrival, mark: &'a str) -> BoxFuture<'a, Result<bool, Fault>> {
        Box::pin(async move {
            let path = ["spi", "v3", "candidates", &arrival.candidate, "activities"];
            let mut page = api.page(&path, &[("limit", "100")]).await?;
            for _ in 0..super::PAGES_MAX {
                if texts(&page.body, &["activities"], "body").any(|text| text.contains(mark)) {
                    return Ok(true);
                }
                let Some(next) = text(&page.body, &["paging", "next"]).map(str::to_owned) else { return Ok(false) };
                page = api.page_at(&next).await?;
            }
            Ok(false)
        })
    }

    fn note<'a>(&'a self, api: &'a Api, arrival: &'a Arrival, text: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let path = ["spi", "v3", "candidates", &arrival.candidate, "comments"];
            let member = api.credential(1);
            let comment = json!({"member_id": &**member, "comment": {"body": text, "policy": ["recruiter", "admin"]}});
            api.json(Method::POST, &path, &comment).await.map(drop)
        })
    }
}

fn millis(text: &str) -> Option<u64> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    u64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
}
