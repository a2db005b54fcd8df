//! Every vector of `tests/vectors/hooks`: what is genuine is read, what was touched is refused.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeMap, fs, path::Path};

use axum::http::{HeaderName, HeaderValue};
use larum_protocol::kind::Kind;

use super::*;

#[derive(serde::Deserialize)]
struct Vector {
    vendor: String,
    secrets: Vec<String>,
    /// Seconds.
    now: u64,
    headers: BTreeMap<String, String>,
    body: String,
    status: u16,
    refused: Option<String>,
    event: Option<String>,
    candidate: Option<String>,
    application: Option<String>,
    names: Option<Vec<String>>,
    identifiers: Option<Vec<(String, String)>>,
    documents: Option<Vec<String>>,
    #[serde(default)]
    absent: Vec<String>,
    replay_of: Option<String>,
}

impl Vector {
    fn vendor(&self) -> Vendor {
        Vendor::from_name(&self.vendor).unwrap()
    }

    fn headers(&self) -> HeaderMap {
        let header = |(name, value): (&String, &String)| {
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
        };
        self.headers.iter().map(header).collect()
    }

    fn verify(&self, vendor: Vendor, headers: &HeaderMap) -> Result<(), Refusal> {
        let secrets = Secrets::of(self.secrets.iter().map(String::as_str), vendor.ats().key()).unwrap();
        let delivery = Delivery { headers, body: self.body.as_bytes() };
        vendor.ats().verify(delivery, &secrets, Timestamp(self.now * 1_000))
    }

    fn ids(&self) -> Vec<String> {
        let headers = self.headers();
        let delivery = Delivery { headers: &headers, body: self.body.as_bytes() };
        self.vendor().ats().ids(delivery, &parse(delivery.body).unwrap())
    }
}

fn vectors() -> BTreeMap<(String, String), Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/hooks");
    let mut found = BTreeMap::new();
    for vendor in Vendor::ALL {
        for entry in fs::read_dir(folder.join(vendor.name())).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let vector = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            found.insert((vendor.name().to_owned(), name), vector);
        }
    }
    assert!(found.len() > 150, "only {} vectors", found.len());
    found
}

#[test]
fn genuine_deliveries_are_read_and_tampered_ones_refused_with_the_vendors_status() {
    for ((folder, name), vector) in vectors() {
        let what = format!("{folder}/{name}");
        let (vendor, headers) = (vector.vendor(), vector.headers());
        let answers = vendor.ats().answers();
        match (vector.verify(vendor, &headers), &vector.refused) {
            (Err(refusal), Some(expected)) => {
                assert_eq!(format!("{refusal:?}").to_lowercase(), *expected, "{what}");
                assert_eq!(answers.refused.as_u16(), vector.status, "{what}");
            }
            (Ok(()), None) => {
                assert_eq!(answers.accepted.as_u16(), vector.status, "{what}");
                reads_as(&what, &vector, vendor, &headers);
            }
            (verified, _) => panic!("{what}: {verified:?}"),
        }
    }
}

fn reads_as(what: &str, vector: &Vector, vendor: Vendor, headers: &HeaderMap) {
    let delivery = Delivery { headers, body: vector.body.as_bytes() };
    let event = vendor.ats().read(delivery, &parse(delivery.body).unwrap()).unwrap();
    let (name, candidate) = match &event {
        Event::Application(arrival) => ("application", Some(&arrival.candidate)),
        Event::Erase { candidate } => ("erase", Some(candidate)),
        Event::Ping => ("ping", None),
        Event::Ignored => ("ignored", None),
    };
    assert_eq!(Some(name), vector.event.as_deref(), "{what}");
    assert_eq!(candidate, vector.candidate.as_ref(), "{what}");
    let Event::Application(arrival) = event else { return };
    let identifiers = arrival.identifiers.iter().map(|named| {
        let kind = Kind::from_number(named.kind).unwrap();
        (kind.name().to_owned(), named.value.clone())
    });
    let identifiers: Vec<_> = identifiers.collect();
    if let Some(expected) = &vector.identifiers {
        assert_eq!(identifiers, *expected, "{what}");
    }
    if let Some(expected) = &vector.documents {
        let urls: Vec<_> = arrival.documents.iter().map(|document| document.url.clone()).collect();
        assert_eq!((urls, &arrival.names), (expected.clone(), vector.names.as_ref().unwrap()), "{what}");
        assert_eq!(arrival.application, vector.application, "{what}");
    }
    let kept = String::from_utf8_lossy(&minicbor::to_vec(&*arrival).unwrap()).into_owned();
    for absent in &vector.absent {
        assert!(!kept.contains(absent.as_str()), "{what}: {absent} is not the applicant's");
    }
}

#[test]
fn what_is_sent_again_is_known_by_its_id() {
    let vectors = vectors();
    let replays: Vec<_> = vectors.iter().filter(|(_, vector)| vector.replay_of.is_some()).collect();
    assert!(replays.len() >= 9);
    for ((vendor, name), vector) in replays {
        let first = &vectors[&(vendor.clone(), vector.replay_of.clone().unwrap())];
        assert!(vector.ids().iter().any(|id| first.ids().contains(id)), "{vendor}/{name}");
    }
}

#[test]
fn a_delivery_that_is_genuine_for_one_vendor_is_refused_by_every_other() {
    for ((folder, name), vector) in vectors() {
        if vector.refused.is_some() || vector.vendor() == Vendor::Standard {
            continue;
        }
        for other in Vendor::ALL.into_iter().filter(|other| *other != vector.vendor() && *other != Vendor::Standard) {
            assert!(vector.verify(other, &vector.headers()).is_err(), "{folder}/{name} taken by {}", other.name());
        }
    }
}

#[test]
fn every_single_bit_of_a_signed_body_counts() {
    for ((folder, name), vector) in vectors() {
        // Lever signs two fields only; its vectors say which.
        if name != "genuine" || vector.vendor() == Vendor::Lever {
            continue;
        }
        let (vendor, headers) = (vector.vendor(), vector.headers());
        let secrets = Secrets::of(vector.secrets.iter().map(String::as_str), vendor.ats().key()).unwrap();
        for at in 0..vector.body.len() {
            let mut body = vector.body.clone().into_bytes();
            body[at] ^= 1 << (at % 8);
            let delivery = Delivery { headers: &headers, body: &body };
            let refused = vendor.ats().verify(delivery, &secrets, Timestamp(vector.now * 1_000));
            assert_eq!(refused, Err(Refusal::Forged), "{folder}: byte {at}");
        }
    }
}

#[test]
fn a_header_that_stands_there_twice_is_no_header() {
    let vectors = vectors();
    let vector = &vectors[&("greenhouse".to_owned(), "genuine".to_owned())];
    let mut headers = vector.headers();
    let signature = headers["signature"].clone();
    headers.append("signature", signature);
    assert_eq!(vector.verify(Vendor::Greenhouse, &headers), Err(Refusal::Unsigned));
}

#[test]
fn a_subscription_is_activated_by_an_echo_and_a_signed_delivery_is_never_taken_for_one() {
    let ats = Vendor::Smartrecruiters.ats();
    let mut headers = HeaderMap::new();
    headers.insert("x-hook-secret", HeaderValue::from_static("c0ffee"));
    assert_eq!(ats.handshake(&headers), Some(("x-hook-secret", HeaderValue::from_static("c0ffee"))));
    headers.insert("smartrecruiters-signature", HeaderValue::from_static("v1=00"));
    assert_eq!(ats.handshake(&headers), None);
    headers.clear();
    headers.insert("x-hook-secret", HeaderValue::from_str(&"x".repeat(300)).unwrap());
    assert_eq!(ats.handshake(&headers), None);
    let others = Vendor::ALL.into_iter().filter(|vendor| *vendor != Vendor::Smartrecruiters);
    headers.insert("x-hook-secret", HeaderValue::from_static("c0ffee"));
    others.for_each(|vendor| assert_eq!(vendor.ats().handshake(&headers), None));
}

#[test]
fn a_body_that_is_signed_and_absurd_is_an_error_and_no_panic() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    assert_eq!(parse(deep.as_bytes()), Err(Unreadable::NotJson));
    let headers = HeaderMap::new();
    for vendor in Vendor::ALL {
        for body in
            ["null", "[]", "1", "\"x\"", "{}", r#"{"action":7,"payload":[],"data":"x","event_type":null,"hook":1}"#]
        {
            let delivery = Delivery { headers: &headers, body: body.as_bytes() };
            let value = parse(delivery.body).unwrap();
            let event = vendor.ats().read(delivery, &value);
            assert!(!matches!(event, Ok(Event::Application(_) | Event::Erase { .. })), "{} {body}", vendor.name());
            let ids = vendor.ats().ids(delivery, &value);
            assert!(ids.len() <= 2, "{}", vendor.name());
        }
    }
}
