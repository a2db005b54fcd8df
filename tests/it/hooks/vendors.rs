//! Each vendor over its own API: what the delivery lacks is asked for, and the note comes back.

use harness::{
    Founding, TestNet, identifier,
    vendor::{self, FakeVendor, Signed, mac, now_ms},
};
use larum_protocol::api::Verdict;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{KEY, configure, deliver, greenhouse_key, local, notes, on_record, worked_off};

const SECRET: &str = "webhook-secret-of-a-vendor";
const LISTED: &str = "listed.person@mail.example.org";
const RESUME: &str = include_str!("../../documents/resume.txt");

fn lever(candidate: &str) -> Signed {
    let data = json!({"applicationId": "a-1", "opportunityId": candidate, "contactId": "c-1"});
    vendor::lever(SECRET, "a7d66f63d2b239b0caf758f7c2", "applicationCreated", &data)
}

fn ashby(candidate: &str) -> Signed {
    let body = json!({"webhookActionId": "w-1", "action": "applicationSubmit",
        "data": {"application": {"id": "a-1", "candidate": {"id": candidate, "name": "Jane Doe"}}}});
    let body = body.to_string();
    (vec![("ashby-signature", format!("sha256={}", mac(SECRET, &body)))], body)
}

fn workable(candidate: &str, resume: &str) -> Signed {
    let body = json!({"id": "e-1", "event_type": "candidate_created", "resource_type": "candidate",
        "data": {"id": candidate, "name": "Jane Doe", "email": LISTED, "resume_url": resume}});
    let body = body.to_string();
    (vec![("x-workable-signature", mac(SECRET, &body))], body)
}

fn smartrecruiters(candidate: &str) -> Signed {
    let body = json!({"job_id": "j-1", "candidate_id": candidate}).to_string();
    let time = (now_ms() / 1_000).to_string();
    let signature = mac(SECRET, &format!("{time}.{body}.123.application.created.v201910."));
    let headers = vec![
        ("smartrecruiters-timestamp", time),
        ("smartrecruiters-signature", format!("v1={signature}")),
        ("event-id", "123".to_owned()),
        ("event-name", "application.created".to_owned()),
        ("event-version", "v201910".to_owned()),
    ];
    (headers, body)
}

/// A node with a hook, a listed mailbox, and a vendor that has a resume.
async fn given(vendor: &str, credentials: &str, note: bool) -> (TestNet, FakeVendor, String) {
    let fake = FakeVendor::start(KEY).await;
    let resume = fake.put_file("resume.txt", RESUME.as_bytes());
    let mut net = TestNet::lay(&Founding::of(1));
    let mut more = format!("{}note = {note}\n", local(&fake));
    if vendor != "greenhouse" {
        more = more.lines().filter(|line| !line.starts_with("token_url")).collect::<Vec<_>>().join("\n");
    }
    configure(&net[0], vendor, SECRET, credentials, &more);
    net.start_all().await;
    let listed = identifier("email", LISTED);
    net[0].publish(std::slice::from_ref(&listed)).await;
    net[0].wait_for_verdict(&listed, Verdict::Listed).await;
    (net, fake, resume)
}

/// The mailbox and the resume were looked up, once.
async fn looked_up(net: &TestNet, vendor: &str) {
    worked_off(&net[0]).await;
    assert_eq!(on_record(&net[0], vendor).await, 1);
    let page = net[0].api().audit().await.unwrap();
    let record = page.records.iter().find(|record| record.token == format!("hook:{vendor}")).unwrap();
    let kinds: Vec<_> = record.results.iter().map(|result| (result.kind.as_ref(), result.verdict)).collect();
    assert_eq!(kinds, [("email", Verdict::Listed), ("resume", Verdict::Clear)], "{vendor}");
    assert_eq!(record.verdict, Verdict::Listed);
}

fn is_a_note(notes: &[String]) {
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("- email: reported") && notes[0].contains("[larum:"), "{notes:?}");
}

#[tokio::test]
async fn levers_ids_are_resolved_and_noted() {
    let (net, fake, resume) = given("lever", KEY, true).await;
    let resumes: Value = json!([{"file": {"name": "resume.txt", "downloadUrl": resume}}]);
    fake.put_person(
        "op-1",
        json!({"name": "Jane Doe", "emails": [LISTED], "phones": [], "links": [], "resumes": resumes}),
    );
    assert_eq!(deliver(&net[0], "lever", &lever("op-1")).await.0, StatusCode::OK);
    is_a_note(&notes(&fake, "op-1", 1).await);
    looked_up(&net, "lever").await;
}

#[tokio::test]
async fn ashbys_links_and_resume_are_asked_for_and_noted() {
    let (net, fake, resume) = given("ashby", KEY, true).await;
    let email = json!([{"value": LISTED}]);
    let handle = json!({"name": "resume.txt", "handle": resume});
    fake.put_person("ca-1", json!({"id": "ca-1", "emailAddresses": email, "resumeFileHandle": handle}));
    assert_eq!(deliver(&net[0], "ashby", &ashby("ca-1")).await.0, StatusCode::OK);
    is_a_note(&notes(&fake, "ca-1", 1).await);
    looked_up(&net, "ashby").await;
}

#[tokio::test]
async fn workables_payload_is_checked_and_commented_on() {
    let (net, fake, resume) = given("workable", &format!("{KEY}\nmember-1\n"), true).await;
    assert_eq!(deliver(&net[0], "workable", &workable("w-1", &resume)).await.0, StatusCode::OK);
    is_a_note(&notes(&fake, "w-1", 1).await);
    looked_up(&net, "workable").await;
}

#[tokio::test]
async fn smartrecruiters_ids_are_resolved_and_a_subscription_is_activated() {
    let (net, fake, resume) = given("smartrecruiters", KEY, false).await;
    let attachments = json!([{"type": "AVATAR", "actions": {"download": {"url": "http://127.0.0.1:1/x"}}},
        {"type": "RESUME", "name": "resume.txt", "actions": {"download": {"url": resume}}}]);
    fake.put_person("sr-1", json!({"firstName": "Jane", "email": LISTED, "attachments": attachments}));
    let response = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = response.post(format!("{}/v1/hooks/smartrecruiters", net[0].api().base()));
    let response = response.header("x-hook-secret", "c0ffee").send().await.unwrap();
    assert_eq!((response.status(), &response.headers()["x-hook-secret"]), (StatusCode::OK, &"c0ffee".parse().unwrap()));

    assert_eq!(deliver(&net[0], "smartrecruiters", &smartrecruiters("sr-1")).await.0, StatusCode::ACCEPTED);
    looked_up(&net, "smartrecruiters").await;
}

#[tokio::test]
async fn greenhouses_ping_is_answered_and_leaves_nothing() {
    let (net, _, _) = given("greenhouse", &greenhouse_key(KEY), true).await;
    let ping = vendor::greenhouse(SECRET, "p", &json!({"action": "ping", "payload": {"web_hook_id": 6}}));
    assert_eq!(deliver(&net[0], "greenhouse", &ping).await.0, StatusCode::OK);
    worked_off(&net[0]).await;
    assert_eq!(on_record(&net[0], "greenhouse").await, 0);
}
