//! What the rest of the operator's pipeline hears of an application that came by a webhook.

use harness::{
    Founding, TestNet, TestNode, phone,
    vendor::{FakeVendor, greenhouse, greenhouse_application},
};
use larum_protocol::api::{Decision, DecisionRequest, Review, Verdict, path};
use reqwest::StatusCode;

use super::{KEY, SECRET, configure, deliver, greenhouse_key, local, worked_off};
use crate::receiver::Receiver;

#[tokio::test]
async fn callbacks_tell_what_came_of_an_application_and_what_a_person_decided() {
    // Given a hook, a receiver of callbacks, and an applicant whom another member reported
    let (vendor, mut receiver) = (FakeVendor::start(KEY).await, Receiver::start(&[]).await);
    let mut net = TestNet::lay(&Founding::of(2));
    configure(&net[0], "greenhouse", SECRET, &greenhouse_key(KEY), &format!("{}region = \"US\"\n", local(&vendor)));
    receiver.is_told_by(&net[0]);
    net.start_all().await;
    net.settled().await;
    let reported = phone(303, 7);
    net[1].publish(std::slice::from_ref(&reported)).await;
    net.all_say(&reported, Verdict::Listed).await;

    // when that applicant applies, and another whom nobody knows
    applies(&net[0], 501, "(303) 555-0107").await;
    applies(&net[0], 502, "(303) 555-0108").await;

    // then a review is opened, and both outcomes are told, without a number
    let opened = receiver.next().await;
    assert!(opened.is_signed() && !opened.body.contains("5550107"));
    let said = opened.json();
    assert_eq!((&said["type"], &said["data"]["reference"]), (&"review.opened".into(), &"501".into()));
    assert_eq!((&said["data"]["kinds"][0], &said["data"]["state"]), (&"phone".into(), &"open".into()));
    let review = said["data"]["review"].as_u64().unwrap();
    for (candidate, verdict) in [("501", "listed"), ("502", "clear")] {
        let said = receiver.next().await.json();
        assert_eq!((&said["type"], &said["data"]["reference"]), (&"application.checked".into(), &candidate.into()));
        assert_eq!((&said["data"]["source"], &said["data"]["verdict"]), (&"greenhouse".into(), &verdict.into()));
        assert_eq!(said["data"]["review"].as_u64(), Some(review).filter(|_| verdict == "listed"));
    }

    // and the decision is told once, over a crash, without its reason
    let decision = DecisionRequest {
        decision: Decision::Unsure,
        reason: "Nobody answers the telephone.".to_owned(),
        acknowledged: Vec::new(),
        dispute: false,
        shown: None,
    };
    let place = format!("{}/{review}/decision", path::REVIEWS);
    let _: Review = net[0].api().post(&place, &decision).await.unwrap();
    let decided = receiver.next().await;
    let said = decided.json();
    assert_eq!((&said["type"], &said["data"]["decision"]), (&"review.decided".into(), &"unsure".into()));
    assert!(!decided.body.contains("telephone"));
    net[0].kill9().await;
    net[0].start().await;
    applies(&net[0], 503, "(303) 555-0109").await;
    let mut next = receiver.next().await;
    if next.headers["webhook-id"] == decided.headers["webhook-id"] {
        next = receiver.next().await; // the crash came before the node had written down that it arrived
    }
    let said = next.json();
    assert_eq!((&said["type"], &said["data"]["reference"]), (&"application.checked".into(), &"503".into()));
}

/// Sends the webhook of an applicant with a number, and waits until it is worked off.
async fn applies(node: &TestNode, candidate: u64, number: &str) {
    let body = greenhouse_application(candidate, &[], &[number], None);
    let answer = deliver(node, "greenhouse", &greenhouse(SECRET, &candidate.to_string(), &body)).await;
    assert_eq!(answer, (StatusCode::OK, String::new()));
    worked_off(node).await;
}
