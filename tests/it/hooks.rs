//! Webhooks of applicant tracking systems, against a local server that speaks their APIs.

mod bad_input;
mod burst;
mod erased;
mod flood;
mod huge;
mod incomplete;
mod told;
mod vendors;

use harness::{
    Founding, Needles, TestNet, TestNode, email, eventually, phone,
    vendor::{FakeVendor, Mishap, Signed, greenhouse, greenhouse_application},
};
use larum_protocol::api::{Verdict, path};
use reqwest::{Method, StatusCode};
use serde_json::json;

pub(crate) const SECRET: &str = "webhook-secret-of-greenhouse";
const KEY: &str = "api-key-1";

/// Writes a hook's table and its files to a node that does not run.
fn configure(node: &TestNode, vendor: &str, secrets: &str, credentials: &str, more: &str) {
    let folder = &node.site.folder;
    std::fs::write(folder.join(format!("{vendor}.secret")), secrets).unwrap();
    std::fs::write(folder.join(format!("{vendor}.key")), credentials).unwrap();
    let file = folder.join("larum.toml");
    let written = std::fs::read_to_string(&file).unwrap();
    let table = format!(
        "{written}\n[[hooks]]\nvendor = \"{vendor}\"\nsecret_file = \"{vendor}.secret\"\n\
         credentials_file = \"{vendor}.key\"\n{more}\n"
    );
    std::fs::write(file, table).unwrap();
}

/// The keys of a hook whose API is the local server.
fn local(vendor: &FakeVendor) -> String {
    let url = vendor.url();
    format!(
        "api_url = \"{url}\"\ntoken_url = \"{url}/token\"\nhosts = [\"{}\"]\nallow_private = true\n",
        vendor.address
    )
}

fn greenhouse_key(key: &str) -> String {
    format!("client\n{key}\n4711\n")
}

/// Sends a delivery; gives status and body.
pub(crate) async fn deliver(node: &TestNode, vendor: &str, (headers, body): &Signed) -> (StatusCode, String) {
    try_deliver(node.api().base(), vendor, (headers, body)).await.unwrap()
}

async fn try_deliver(
    base: &str,
    vendor: &str,
    (headers, body): (&[(&'static str, String)], &str),
) -> Result<(StatusCode, String), reqwest::Error> {
    // No token: the signature is the credential.
    let client = reqwest::Client::builder().no_proxy().build()?;
    send(&client, base, vendor, headers, body).await
}

async fn send(
    client: &reqwest::Client,
    base: &str,
    vendor: &str,
    headers: &[(&'static str, String)],
    body: &str,
) -> Result<(StatusCode, String), reqwest::Error> {
    let mut request = client.request(Method::POST, format!("{base}/v1/hooks/{vendor}")).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let response = request.send().await?;
    Ok((response.status(), response.text().await?))
}

/// Waits for so many notes about an applicant.
pub(crate) async fn notes(vendor: &FakeVendor, candidate: &str, count: usize) -> Vec<String> {
    eventually(&format!("{count} notes about {candidate}: {:?}", vendor.calls().last()), async || {
        let notes = vendor.notes(candidate);
        (notes.len() >= count).then_some(notes)
    })
    .await
}

/// Waits until nothing waits in the inbox.
async fn worked_off(node: &TestNode) {
    eventually("the inbox is empty", async || {
        let metrics = node.api().metrics().await.ok()?;
        metrics.lines().any(|line| line == "larum_hooks_queue 0").then_some(())
    })
    .await;
}

/// Lookups on record that a vendor's deliveries made, page by page.
pub(crate) async fn on_record(node: &TestNode, vendor: &str) -> usize {
    let (mut from, mut found) = (1, 0);
    loop {
        let page: larum_protocol::api::AuditPage =
            node.api().get(&format!("{}?limit=1000&from={from}", path::AUDIT)).await.unwrap();
        let Some(last) = page.records.last() else { return found };
        from = last.seq + 1;
        found += page.records.iter().filter(|record| record.token == format!("hook:{vendor}")).count();
    }
}

pub(crate) async fn greenhouse_net(note: bool) -> (TestNet, FakeVendor) {
    let vendor = FakeVendor::start(KEY).await;
    let mut net = TestNet::lay(&Founding::of(2));
    let more = format!("{}note = {note}\nregion = \"US\"\n", local(&vendor));
    configure(&net[0], "greenhouse", SECRET, &greenhouse_key(KEY), &more);
    net.start_all().await;
    net.settled().await;
    (net, vendor)
}

#[tokio::test]
async fn a_webhook_of_a_reported_applicant_becomes_one_note_for_a_person() {
    // Given an applicant whom another member reported, and a recruiter and a coordinator who are nobody's business
    let (net, vendor) = greenhouse_net(true).await;
    let reported = phone(303, 7);
    net[1].publish(&[reported.clone(), email("recruiter"), email("coordinator")]).await;
    net.all_say(&reported, Verdict::Listed).await;

    // when the webhook comes, and comes again, under its own id and under another
    let body = greenhouse_application(501, &["jane.doe@example.com"], &["(303) 555-0107"], None);
    let delivery = greenhouse(SECRET, "event-1", &body);
    for (event, delivery) in [("event-1", &delivery), ("event-1", &delivery), ("2", &greenhouse(SECRET, "2", &body))] {
        assert_eq!(deliver(&net[0], "greenhouse", delivery).await, (StatusCode::OK, String::new()), "{event}");
    }

    // then one note tells what is known, by kind, and one lookup of two identifiers is on record
    let notes = notes(&vendor, "501", 1).await;
    worked_off(&net[0]).await;
    assert_eq!(vendor.notes("501"), notes, "one note");
    let note = &notes[0];
    assert!(note.contains("- phone: reported on confirmed evidence, by one member"), "{note}");
    assert!(
        note.contains(":listed]") && !note.contains("email") && !note.replace("-", "").contains("5550107"),
        "{note}"
    );
    let page = net[0].api().audit().await.unwrap();
    let of_hook: Vec<_> = page.records.iter().filter(|record| record.token == "hook:greenhouse").collect();
    assert_eq!(of_hook.len(), 1);
    assert_eq!(of_hook[0].results.iter().map(|result| result.count).sum::<u64>(), 2);

    // and nothing of it lies on the disk or in the log
    let secrets = ["jane.doe@example.com", "recruiter@mail.example.org", "555-0107", SECRET, KEY];
    let needles = Needles::of(&secrets);
    let mut found = needles.found_below(&net[0].site.folder);
    found.retain(|(path, _)| path.extension().is_none_or(|extension| extension != "secret" && extension != "key"));
    assert!(found.is_empty(), "{found:?}");
    let log = std::fs::read(net[0].log_path()).unwrap();
    assert!(needles.found_in(&log).is_empty());
}

#[tokio::test]
async fn an_applicant_of_whom_nothing_is_known_gets_no_note() {
    let (net, vendor) = greenhouse_net(true).await;
    let body = greenhouse_application(502, &["nobody.knows@example.com"], &[], None);
    deliver(&net[0], "greenhouse", &greenhouse(SECRET, "event-1", &body)).await;
    worked_off(&net[0]).await;
    assert_eq!(on_record(&net[0], "greenhouse").await, 1);
    assert_eq!(vendor.notes("502"), Vec::<String>::new());
}

#[tokio::test]
async fn a_note_comes_through_a_vendor_that_limits_fails_and_writes_without_saying_so() {
    let (net, vendor) = greenhouse_net(true).await;
    let reported = phone(303, 7);
    net[1].publish(std::slice::from_ref(&reported)).await;
    net.all_say(&reported, Verdict::Listed).await;
    // Given a vendor that asks for two seconds, fails, is slow, and then writes the note but answers 500
    vendor.meet([
        Mishap::Status(429, Some(2)),
        Mishap::Status(503, None),
        Mishap::Slow(std::time::Duration::from_millis(300)),
        Mishap::DoneAndFailed,
    ]);
    let started = std::time::Instant::now();
    let body = greenhouse_application(503, &[], &["+1 303 555 0107"], None);
    deliver(&net[0], "greenhouse", &greenhouse(SECRET, "event-1", &body)).await;
    // then the note is there once, because it is looked for before it is written again
    notes(&vendor, "503", 1).await;
    worked_off(&net[0]).await;
    assert_eq!(vendor.notes("503").len(), 1);
    assert!(started.elapsed().as_secs() >= 2, "sooner than the vendor asked for");
    assert_eq!(on_record(&net[0], "greenhouse").await, 1, "checked once, however often the note was tried");
}

#[tokio::test]
async fn a_key_and_a_secret_that_are_rotated_are_read_without_a_restart() {
    let (net, vendor) = greenhouse_net(true).await;
    let reported = phone(303, 7);
    net[1].publish(std::slice::from_ref(&reported)).await;
    net.all_say(&reported, Verdict::Listed).await;
    let body = |id| greenhouse_application(id, &[], &["+1 303 555 0107"], None);
    deliver(&net[0], "greenhouse", &greenhouse(SECRET, "event-1", &body(601))).await;
    notes(&vendor, "601", 1).await;

    // when the API's key is changed at the vendor, and then in the file
    vendor.rotate_key("api-key-2");
    let folder = &net[0].site.folder;
    std::fs::write(folder.join("greenhouse.key"), greenhouse_key("api-key-2")).unwrap();
    deliver(&net[0], "greenhouse", &greenhouse(SECRET, "event-2", &body(602))).await;
    notes(&vendor, "602", 1).await;

    // and the secret is, with the old one good for a while
    let new = "another-secret-of-greenhouse";
    let early = deliver(&net[0], "greenhouse", &greenhouse(new, "event-3", &body(603))).await;
    assert_eq!(early.0, StatusCode::UNAUTHORIZED);
    std::fs::write(folder.join("greenhouse.secret"), format!("{new}\n{SECRET}\n")).unwrap();
    for (secret, candidate) in [(new, 603), (SECRET, 604)] {
        let delivery = greenhouse(secret, &format!("event-{candidate}"), &body(candidate));
        assert_eq!(deliver(&net[0], "greenhouse", &delivery).await.0, StatusCode::OK);
        notes(&vendor, &candidate.to_string(), 1).await;
    }
}

#[tokio::test]
async fn i8_an_application_that_cannot_be_answered_is_told_of_and_checked_again_until_it_can() {
    // Given a node that hears no other member
    let vendor = FakeVendor::start(KEY).await;
    let mut net = TestNet::lay(&Founding::of(2));
    configure(&net[0], "greenhouse", SECRET, &greenhouse_key(KEY), &format!("{}note = true\n", local(&vendor)));
    net[0].start().await;
    let body = greenhouse_application(701, &["late.news@example.com"], &[], None);
    deliver(&net[0], "greenhouse", &greenhouse(SECRET, "event-1", &body)).await;
    // then the note says that nobody can tell
    let first = notes(&vendor, "701", 1).await;
    assert!(first[0].contains(":unknown]") && first[0].contains("cannot tell now"), "{}", first[0]);

    // and when the others are heard after a kill, that there is an answer
    net[0].kill9().await;
    net[0].start().await;
    net[1].start().await;
    net.settled().await;
    let both = notes(&vendor, "701", 2).await;
    assert!(both[1].contains(":clear]"), "{}", both[1]);
    worked_off(&net[0]).await;
    assert_eq!(vendor.notes("701").len(), 2);
}

#[tokio::test]
async fn an_erased_applicant_leaves_nothing_to_be_done() {
    let (net, vendor) = greenhouse_net(true).await;
    let reported = phone(303, 7);
    net[1].publish(std::slice::from_ref(&reported)).await;
    net.all_say(&reported, Verdict::Listed).await;
    // Given a note that cannot be written
    vendor.down(true);
    let body = greenhouse_application(801, &[], &["+1 303 555 0107"], None);
    deliver(&net[0], "greenhouse", &greenhouse(SECRET, "event-1", &body)).await;
    eventually("it was checked", async || (on_record(&net[0], "greenhouse").await == 1).then_some(())).await;
    // when the applicant is erased
    let erase = json!({"action": "delete_candidate", "payload": {"person_id": 801}});
    assert_eq!(deliver(&net[0], "greenhouse", &greenhouse(SECRET, "event-2", &erase)).await.0, StatusCode::OK);
    worked_off(&net[0]).await;
    // then no note is written, even if the vendor is there again
    vendor.down(false);
    let other = greenhouse_application(802, &[], &["+1 303 555 0107"], None);
    deliver(&net[0], "greenhouse", &greenhouse(SECRET, "event-3", &other)).await;
    notes(&vendor, "802", 1).await;
    worked_off(&net[0]).await;
    assert_eq!(vendor.notes("801"), Vec::<String>::new());
}
