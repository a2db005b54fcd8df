//! Any other system that signs as Standard Webhooks say.
//!
//! Source: github.com/standard-webhooks/standard-webhooks, spec. The events are ours: `application.created` with `data` of
//! `{reference, names, identifiers: [{kind, value}], documents: [{name, url}]}`, and `candidate.erased` with `reference`.

use larum_protocol::{clock::Timestamp, kind::Kind};
use serde_json::Value;

use super::{
    Ats, Delivery, Refusal, TOLERANCE_MS, Unreadable,
    json::{at, each, needed, text},
    timely,
};
use crate::hooks::{
    arrival::{Arrival, Event},
    secret::{Secrets, base64},
};

/// Signatures in one header: two keys of two schemes, and room.
const SIGNATURES_MAX: usize = 16;

pub(super) struct Standard;

impl Ats for Standard {
    fn verify(&self, delivery: Delivery<'_>, secrets: &Secrets, now: Timestamp) -> Result<(), Refusal> {
        let [id, time, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"]
            .map(|name| delivery.header(name).filter(|text| !text.is_empty()).ok_or(Refusal::Unsigned));
        let (id, time) = (id?, time?);
        let schemes = signatures?.split(' ').take(SIGNATURES_MAX);
        let sent: Vec<_> = schemes.filter_map(|one| one.strip_prefix("v1,").and_then(base64)).collect();
        if !secrets.signed(&[id.as_bytes(), b".", time.as_bytes(), b".", delivery.body], &sent) {
            return Err(Refusal::Forged);
        }
        let seconds: u64 = time.parse().map_err(|_| Refusal::Stale)?;
        timely(seconds.saturating_mul(1_000), now, TOLERANCE_MS)
    }

    fn ids(&self, delivery: Delivery<'_>, _: &Value) -> Vec<String> {
        delivery.header("webhook-id").map(|id| format!("id {id}")).into_iter().collect()
    }

    fn read(&self, _: Delivery<'_>, body: &Value) -> Result<Event, Unreadable> {
        let data = at(body, &["data"]);
        match text(body, &["type"]) {
            Some("application.created" | "application.updated") => {
                let mut arrival = Arrival::of(&needed(data, &[&["reference"]], "its reference")?)
                    .ok_or(Unreadable::Lacks("its reference"))?;
                arrival.name(&each(data, &["names"]).take(1).map(Value::as_str).collect::<Vec<_>>());
                for entry in each(data, &["identifiers"]) {
                    let kind = text(entry, &["kind"]).and_then(|kind| kind.parse::<Kind>().ok());
                    let kind = kind.ok_or(Unreadable::Lacks("a known kind of each identifier"))?;
                    let value = text(entry, &["value"]).ok_or(Unreadable::Lacks("a value of each identifier"))?;
                    arrival.add(kind, value);
                }
                for entry in each(data, &["documents"]) {
                    text(entry, &["url"]).into_iter().for_each(|url| arrival.document(text(entry, &["name"]), url));
                }
                Ok(Event::Application(Box::new(arrival)))
            }
            Some("candidate.erased") => {
                Ok(Event::Erase { candidate: needed(data, &[&["reference"]], "its reference")? })
            }
            Some("ping") => Ok(Event::Ping),
            Some(_) => Ok(Event::Ignored),
            None => Err(Unreadable::Lacks("its type")),
        }
    }

    /// `whsec_` and Base64.
    fn key(&self) -> fn(&str) -> Option<Vec<u8>> {
        |line| {
            let text = line.strip_prefix("whsec_")?.trim_end_matches('=');
            data_encoding::BASE64_NOPAD.decode(text.as_bytes()).ok()
        }
    }
}
