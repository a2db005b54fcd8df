//! I8: what could not be looked up leaves no application clear, on record as in the answer, and a person hears of it.

use harness::{
    Founding, TestNet, TestNode, eventually, identifier,
    vendor::{FakeVendor, Mishap, lever, standard},
};
use larum_protocol::api::{AuditRecord, Review, ReviewList, Verdict, path};
use reqwest::StatusCode;
use serde_json::json;

use super::{KEY, configure, deliver, local, try_deliver, worked_off};
use crate::receiver::Receiver;

const SECRET: &str = "webhook-secret-of-a-vendor";
/// Base64 of 24 bytes.
const STANDARD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The only lookup that a vendor's deliveries made.
async fn lookup(node: &TestNode, vendor: &str) -> AuditRecord {
    let page = node.api().audit().await.unwrap();
    let mut records = page.records.into_iter().filter(|record| record.token == format!("hook:{vendor}"));
    let record = records.next().expect("a lookup on record");
    assert!(records.next().is_none(), "one lookup");
    record
}

#[tokio::test]
async fn i8_a_resume_that_may_not_be_fetched_leaves_an_application_unknown_on_record_and_opens_a_review() {
    // Given a hook without notes, and a resume at a host that nobody allowed
    let (vendor, mut receiver) = (FakeVendor::start(KEY).await, Receiver::start(&[]).await);
    let mut net = TestNet::lay(&Founding::of(1));
    configure(&net[0], "standard", STANDARD, KEY, &local(&vendor));
    receiver.is_told_by(&net[0]);
    net.start_all().await;
    let data = json!({"reference": "c-1", "identifiers": [{"kind": "email", "value": "nobody.knows@example.com"}],
        "documents": [{"name": "resume.pdf", "url": "https://elsewhere.example.com/r.pdf"}]});
    let delivery = standard(STANDARD, "event-1", &json!({"type": "application.created", "data": data}));
    assert_eq!(deliver(&net[0], "standard", &delivery).await.0, StatusCode::OK);
    worked_off(&net[0]).await;

    // then the record says unknown, a review says what is missing, and both are told
    assert_eq!(lookup(&net[0], "standard").await.verdict, Verdict::Unknown);
    let reviews: ReviewList = net[0].api().get(path::REVIEWS).await.unwrap();
    let [summary] = &reviews.reviews[..] else { panic!("{reviews:?}") };
    assert_eq!((summary.verdict, summary.reference.as_deref()), (Verdict::Unknown, Some("c-1")));
    let review: Review = net[0].api().get(&format!("{}/{}", path::REVIEWS, summary.id)).await.unwrap();
    let why: Vec<_> = review.findings.iter().map(|finding| finding.result.error.as_deref()).collect();
    assert_eq!(why, [Some("1 of the documents could not be fetched")]);
    assert!(!review.identifiers_kept, "nothing matched");
    assert_eq!(receiver.next().await.json()["type"], "review.opened");
    let said = receiver.next().await.json();
    assert_eq!((&said["type"], &said["data"]["verdict"]), (&"application.checked".into(), &"unknown".into()));
    assert_eq!((&said["data"]["again"], said["data"]["review"].as_u64()), (&false.into(), Some(summary.id)));
}

#[tokio::test]
async fn i8_an_applicant_whom_the_vendors_api_does_not_know_is_unknown_and_heard_of() {
    // Given an API that answers 404 to everything, as a typing error in api_url makes it
    let (vendor, mut receiver) = (FakeVendor::start(KEY).await, Receiver::start(&[]).await);
    let mut net = TestNet::lay(&Founding::of(1));
    configure(&net[0], "lever", SECRET, KEY, &local(&vendor));
    receiver.is_told_by(&net[0]);
    net.start_all().await;
    let delivery = lever(SECRET, "token-1", "applicationCreated", &json!({"opportunityId": "op-1"}));
    assert_eq!(deliver(&net[0], "lever", &delivery).await.0, StatusCode::OK);
    worked_off(&net[0]).await;
    assert_eq!(lookup(&net[0], "lever").await.verdict, Verdict::Unknown);
    assert_eq!(receiver.next().await.json()["type"], "review.opened");
    assert_eq!(receiver.next().await.json()["data"]["verdict"], "unknown");
    let log = std::fs::read_to_string(net[0].log_path()).unwrap();
    assert!(log.contains("does not know an applicant") && log.contains("lever"), "the log tells");
    assert!(!log.contains("op-1"), "and names nobody");
}

#[tokio::test]
async fn the_token_of_an_ignored_event_erases_nobody_and_neither_does_an_erasure_that_lever_does_not_confirm() {
    // Given a listed applicant of Lever's with a review
    let vendor = FakeVendor::start(KEY).await;
    let mut net = TestNet::lay(&Founding::of(1));
    configure(&net[0], "lever", SECRET, KEY, &local(&vendor));
    net.start_all().await;
    let listed = identifier("email", "listed.person@mail.example.org");
    net[0].publish(std::slice::from_ref(&listed)).await;
    net[0].wait_for_verdict(&listed, Verdict::Listed).await;
    vendor.put_person("op-1", json!({"emails": [listed.value], "resumes": []}));
    let applied = lever(SECRET, "token-1", "applicationCreated", &json!({"opportunityId": "op-1"}));
    deliver(&net[0], "lever", &applied).await;
    worked_off(&net[0]).await;
    let reviews = async || net[0].api().get::<ReviewList>(path::REVIEWS).await.unwrap().reviews.len();
    assert_eq!(reviews().await, 1);

    // when the token of a change of stage comes again as an erasure, and when a token of its own does
    let data = json!({"opportunityId": "op-1"});
    for (token, event) in
        [("token-2", "candidateStageChange"), ("token-2", "candidateDeleted"), ("3", "candidateDeleted")]
    {
        assert_eq!(deliver(&net[0], "lever", &lever(SECRET, token, event, &data)).await.0, StatusCode::OK, "{event}");
    }
    // then the first is known by its token, and Lever still has whom the second names
    worked_off(&net[0]).await;
    let metrics = net[0].api().metrics().await.unwrap();
    for line in [
        r#"larum_hooks_received_total{vendor="lever",outcome="known"} 1"#,
        r#"larum_hooks_worked_total{vendor="lever",outcome="unconfirmed"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    assert_eq!(reviews().await, 1);

    // and when it has not any more, the review goes
    vendor.remove_person("op-1");
    deliver(&net[0], "lever", &lever(SECRET, "token-4", "candidateDeleted", &data)).await;
    worked_off(&net[0]).await;
    assert_eq!(reviews().await, 0);
}

#[tokio::test]
async fn a_vendor_that_hangs_keeps_nobody_waiting_but_its_own() {
    // Given Lever's API that lets every call run out of time, with sixty applications
    let vendor = FakeVendor::start(KEY).await;
    let mut net = TestNet::lay(&Founding::of(1));
    configure(&net[0], "lever", SECRET, KEY, &local(&vendor));
    configure(&net[0], "standard", STANDARD, KEY, &local(&vendor));
    net.start_all().await;
    let listed = identifier("email", "listed.person@mail.example.org");
    net[0].publish(std::slice::from_ref(&listed)).await;
    net[0].wait_for_verdict(&listed, Verdict::Listed).await;
    vendor.meet(std::iter::repeat_n(Mishap::Slow(std::time::Duration::from_secs(600)), 500));
    for number in 0..60 {
        let data = json!({"opportunityId": format!("op-{number}")});
        deliver(&net[0], "lever", &lever(SECRET, &format!("token-{number}"), "applicationCreated", &data)).await;
    }
    let hangs = async || (vendor.calls().len() >= 3).then_some(());
    eventually("Lever is asked", hangs).await;

    // when an application comes from elsewhere, and its applicant is erased there
    let started = std::time::Instant::now();
    let data = json!({"reference": "c-1", "identifiers": [{"kind": "email", "value": listed.value}]});
    let reviews = async || net[0].api().get::<ReviewList>(path::REVIEWS).await.unwrap().reviews.len();
    let applied = standard(STANDARD, "1", &json!({"type": "application.created", "data": data}));
    deliver(&net[0], "standard", &applied).await;
    eventually("it is reviewed", async || (reviews().await == 1).then_some(())).await;
    let erased = standard(STANDARD, "2", &json!({"type": "candidate.erased", "data": {"reference": "c-1"}}));
    deliver(&net[0], "standard", &erased).await;
    eventually("it is forgotten", async || (reviews().await == 0).then_some(())).await;

    // then it waited for none of them, and of them no more than a few ask at a time
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    assert!(vendor.calls().len() <= 3, "{} calls", vendor.calls().len());
}

#[tokio::test]
async fn i8_what_stands_behind_very_many_equal_entries_is_looked_up_too() {
    let mut net = TestNet::lay(&Founding::of(1));
    let vendor = FakeVendor::start(KEY).await;
    configure(&net[0], "standard", STANDARD, KEY, &local(&vendor));
    net.start_all().await;
    let listed = identifier("email", "listed.person@mail.example.org");
    net[0].publish(std::slice::from_ref(&listed)).await;
    net[0].wait_for_verdict(&listed, Verdict::Listed).await;
    let one = |value: &str| json!({"kind": "email", "value": value});
    let mut identifiers = vec![one("nobody.knows@example.com"); 256];
    identifiers.push(one(&listed.value));
    let data = json!({"reference": "c-1", "identifiers": identifiers});
    let (headers, body) = standard(STANDARD, "1", &json!({"type": "application.created", "data": data}));
    try_deliver(net[0].api().base(), "standard", (&headers, &body)).await.unwrap();
    worked_off(&net[0]).await;
    assert_eq!(lookup(&net[0], "standard").await.verdict, Verdict::Listed);
}
