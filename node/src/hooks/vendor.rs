//! What tells applicant tracking systems apart: one file each, all behind [`Ats`].
//!
//! A vendor's file says how its deliveries are signed, where the applicant's identifiers stand, what its API adds, and
//! which statuses it handles best. Verifying and reading are pure: bytes, headers and the time in, an event out.
//! Invariant: the raw body is verified, and nothing is read out of a body before that (Lever signs inside of the body: of
//! it only what is signed and ids are read).
//! Invariant: of people only the applicant is read: recruiters, coordinators, referrers and hiring teams stand in the same
//! bodies and are nobody's business here.
//! Absent on purpose: sockets (`fetch.rs`), what is kept (`inbox.rs`).

mod ashby;
mod greenhouse;
mod json;
mod lever;
mod merge;
mod rules;
mod smartrecruiters;
mod standard;
mod workable;

use axum::http::{HeaderMap, HeaderValue};
use futures::future::BoxFuture;
use larum_protocol::clock::Timestamp;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::rules::{Answers, Auth};
use super::{
    api::{Api, Fault},
    arrival::{Arrival, Event},
    secret::Secrets,
};

/// Milliseconds that a clock may be ahead or behind: what Standard Webhooks allow.
const TOLERANCE_MS: u64 = 5 * 60 * 1_000;
/// Milliseconds after which a delivery with a time in it is refused, where a retry carries the time of the first attempt:
/// the longest that any of these vendors retries is a day, and what was seen is remembered for longer than this
/// (`inbox/seen.rs`), so that nothing can be replayed later.
pub(crate) const OLD_MS: u64 = 25 * 60 * 60 * 1_000;

/// Pages of notes that are looked through for a mark: an applicant has some dozens of notes, and pages hold a hundred.
const PAGES_MAX: usize = 10;

/// An applicant tracking system.
#[derive(Clone, Copy, Debug, Decode, Deserialize, Encode, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum Vendor {
    /// Ashby.
    #[n(1)]
    Ashby,
    /// Greenhouse Recruiting.
    #[n(2)]
    Greenhouse,
    /// Lever.
    #[n(3)]
    Lever,
    /// Merge, which speaks for many.
    #[n(4)]
    Merge,
    /// SmartRecruiters.
    #[n(5)]
    Smartrecruiters,
    /// Anything that signs as Standard Webhooks say.
    #[n(6)]
    Standard,
    /// Workable.
    #[n(7)]
    Workable,
}

/// A request as it came in.
#[derive(Clone, Copy)]
pub(crate) struct Delivery<'a> {
    pub(crate) headers: &'a HeaderMap,
    /// The raw body: what was signed.
    pub(crate) body: &'a [u8],
}

/// Why a delivery is not believed. None of it goes further.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Refusal {
    /// No signature where there should be one.
    #[error("the delivery is not signed; set the webhook's secret in the system that sends it")]
    Unsigned,
    /// None of the secrets made it.
    #[error("the signature does not fit; secret_file must hold the secret that the system signs with")]
    Forged,
    /// Signed, but long ago or in the future.
    #[error("the delivery is too old, or the clock of one side is wrong")]
    Stale,
}

/// Why a genuine delivery cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Unreadable {
    /// No JSON, or nested more than 128 deep (`serde_json`'s own bound).
    #[error("the body is not JSON")]
    NotJson,
    /// Without it nothing can be done.
    #[error("the body does not say {0}")]
    Lacks(&'static str),
}

/// One vendor.
pub(crate) trait Ats: Sync {
    /// Whether this vendor sent it, with a secret that is valid now.
    fn verify(&self, delivery: Delivery<'_>, secrets: &Secrets, now: Timestamp) -> Result<(), Refusal>;

    /// What by itself tells a verified delivery from every other: ids that the signature covers, or else the body.
    fn ids(&self, delivery: Delivery<'_>, body: &Value) -> Vec<String>;

    /// What a verified delivery says.
    fn read(&self, delivery: Delivery<'_>, body: &Value) -> Result<Event, Unreadable>;

    /// What to echo to a request by which the vendor asks whether anybody is there.
    fn handshake(&self, _headers: &HeaderMap) -> Option<(&'static str, HeaderValue)> {
        None
    }

    /// How a line of the secrets' file becomes a key.
    fn key(&self) -> fn(&str) -> Option<Vec<u8>> {
        |line| Some(line.as_bytes().to_vec())
    }

    fn answers(&self) -> Answers {
        Answers::default()
    }

    fn auth(&self) -> Auth {
        Auth::None
    }

    /// Where the API is, if it is at one place for all customers.
    fn api_url(&self) -> Option<&'static str> {
        None
    }

    /// Where its access tokens come from.
    fn token_url(&self) -> Option<&'static str> {
        None
    }

    /// Hosts that serve its customers' files, beside the API's.
    fn file_hosts(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether the ids in its deliveries are signed. Where they are not, an erasure is believed once the API does not know
    /// the applicant any more.
    fn signs_ids(&self) -> bool {
        true
    }

    /// Whether the API says that there is no such applicant any more.
    fn is_gone<'a>(&'a self, _api: &'a Api, _candidate: &'a str) -> BoxFuture<'a, Result<bool, Fault>> {
        Box::pin(async { Ok(true) })
    }

    /// Whether its deliveries name the applicant only, so that nothing can be checked without the API.
    fn is_thin(&self) -> bool {
        false
    }

    /// Whether its API adds something to a delivery.
    fn asks_more(&self) -> bool {
        self.is_thin()
    }

    /// Whether notes can be written.
    fn takes_notes(&self) -> bool {
        false
    }

    /// Adds what the delivery lacks.
    fn complete<'a>(&'a self, _api: &'a Api, arrival: Arrival) -> BoxFuture<'a, Result<Arrival, Fault>> {
        Box::pin(async { Ok(arrival) })
    }

    /// Whether a note with this marker is there.
    fn noted<'a>(&'a self, _api: &'a Api, _arrival: &'a Arrival, _mark: &'a str) -> BoxFuture<'a, Result<bool, Fault>> {
        Box::pin(async { Ok(false) })
    }

    /// Writes a note for the people who look at the applicant.
    fn note<'a>(&'a self, _api: &'a Api, _arrival: &'a Arrival, _text: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async { Ok(()) })
    }
}

impl Vendor {
    /// Every vendor.
    pub const ALL: [Self; 7] = [
        Self::Ashby,
        Self::Greenhouse,
        Self::Lever,
        Self::Merge,
        Self::Smartrecruiters,
        Self::Standard,
        Self::Workable,
    ];

    /// Its name in paths, in the configuration and in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ashby => "ashby",
            Self::Greenhouse => "greenhouse",
            Self::Lever => "lever",
            Self::Merge => "merge",
            Self::Smartrecruiters => "smartrecruiters",
            Self::Standard => "standard",
            Self::Workable => "workable",
        }
    }

    /// The vendor of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|vendor| vendor.name() == name)
    }

    /// What tells it from the others.
    pub(crate) const fn ats(self) -> &'static dyn Ats {
        match self {
            Self::Ashby => &ashby::Ashby,
            Self::Greenhouse => &greenhouse::Greenhouse,
            Self::Lever => &lever::Lever,
            Self::Merge => &merge::Merge,
            Self::Smartrecruiters => &smartrecruiters::SmartRecruiters,
            Self::Standard => &standard::Standard,
            Self::Workable => &workable::Workable,
        }
    }
}

impl<'a> Delivery<'a> {
    /// A header that stands there exactly once: of two, each side could read another.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?;
        values.next().is_none().then_some(first)?.to_str().ok().map(str::trim)
    }
}

/// Reads the body of a verified delivery. The tree lives no longer than the reading of it, which awaits nothing: so
/// there are never more of them than threads.
pub(crate) fn parse(body: &[u8]) -> Result<Value, Unreadable> {
    serde_json::from_slice(body).map_err(|_| Unreadable::NotJson)
}

/// What tells a delivery without an id from others.
fn body_id(delivery: Delivery<'_>) -> String {
    format!("body {}", blake3::hash(delivery.body))
}

/// What the API says of documents, or nothing and one document that was lost: what else is known of the applicant is
/// checked all the same. Only what may be had later is still a fault.
fn or_lost(arrival: &mut Arrival, answer: Result<Value, Fault>) -> Result<Value, Fault> {
    match answer {
        Err(fault @ Fault::Later(_)) => Err(fault),
        Err(_) => {
            arrival.lost += 1;
            Ok(Value::Null)
        }
        Ok(answer) => Ok(answer),
    }
}

/// Refuses a time that is too long ago or in the future.
fn timely(sent_ms: u64, now: Timestamp, old_ms: u64) -> Result<(), Refusal> {
    let early = now.0.saturating_sub(old_ms);
    let late = now.0.saturating_add(TOLERANCE_MS);
    if (early..=late).contains(&sent_ms) { Ok(()) } else { Err(Refusal::Stale) }
}

/// Refuses what no secret signed.
fn signed(secrets: &Secrets, parts: &[&[u8]], sent: Option<[u8; 32]>) -> Result<(), Refusal> {
    let sent = sent.ok_or(Refusal::Forged)?;
    if secrets.signed(parts, &[sent]) { Ok(()) } else { Err(Refusal::Forged) }
}

#[cfg(test)]
mod tests;
