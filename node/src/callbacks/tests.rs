//! Callbacks to a receiver on loopback: signed, tried again, over restarts, and ended by 410.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{collections::VecDeque, io::Write as _, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use tokio::sync::mpsc;

use super::*;

const SEED: [u8; 32] = [4; 32];

/// What a receiver got.
struct Got {
    headers: HeaderMap,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

#[derive(Clone)]
struct Script(Arc<Mutex<VecDeque<u16>>>, mpsc::UnboundedSender<Got>);

/// A receiver that answers as told, then with 200; its address and what it gets.
async fn receiver(answers: &[u16]) -> (String, mpsc::UnboundedReceiver<Got>) {
    let (send, got) = mpsc::unbounded_channel();
    let script = Script(Arc::new(Mutex::new(answers.iter().copied().collect())), send);
    let answer = async |State(Script(answers, send)): State<Script>, headers: HeaderMap, body: String| -> Response {
        send.send(Got { headers, body }).unwrap();
        let status = StatusCode::from_u16(answers.lock().await.pop_front().unwrap_or(200)).unwrap();
        (status, [(header::LOCATION, "/elsewhere")]).into_response()
    };
    let app = Router::new().fallback(any(answer)).with_state(script);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/hook?token=hidden", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, got)
}

fn open(dir: &Path, url: &str) -> (Arc<Callbacks>, CancellationToken) {
    let secret_file = dir.join("secret");
    let mut file = std::fs::File::create(&secret_file).unwrap();
    writeln!(file, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let config = CallbackConfig { url: url.parse().unwrap(), secret_file, events: vec!["alert.raised"] };
    let callbacks = Callbacks::open(dir, &SEED, &[config], Arc::new(Metrics::new())).unwrap();
    let (callbacks, stop) = (Arc::new(callbacks), CancellationToken::new());
    callbacks.start(&stop);
    (callbacks, stop)
}

fn event(kind: &'static str, alert: u64) -> Event {
    let data = serde_json::json!({ "alert": alert });
    Event { kind, at: "2026-11-02T00:00:00Z".to_owned(), data, source: Some((Stream::Alerts, alert)) }
}

async fn next(got: &mut mpsc::UnboundedReceiver<Got>) -> Got {
    tokio::time::timeout(Duration::from_secs(30), got.recv()).await.expect("a request in time").unwrap()
}

async fn settled(callbacks: &Callbacks, waiting: usize) {
    let settled = async {
        while callbacks.queue.read().len() != waiting {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), settled).await.expect("settled in time");
}

#[tokio::test]
async fn a_callback_arrives_signed_and_only_what_was_asked_for_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let (url, mut got) = receiver(&[]).await;
    let (callbacks, _stop) = open(dir.path(), &url);
    callbacks.send(vec![event("alert.changed", 1), event("alert.raised", 2)]).await.unwrap();
    let request = next(&mut got).await;
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["type"], "alert.raised");
    assert_eq!(body["data"]["alert"], 2);
    // the signatures are those of id, time and body
    let (id, at) = (request.header("webhook-id"), request.header("webhook-timestamp").parse::<u64>().unwrap());
    assert!(now().0 / 1_000 - at < 60);
    let secret = sign::Secret::read(&dir.path().join("secret")).unwrap();
    let expected = sign::signatures(&secret, &NodeSigner::new(&SEED), id, at, &request.body);
    assert_eq!(request.header("webhook-signature"), expected);
    assert!(expected.starts_with("v1,") && expected.contains(" v1a,"));
    settled(&callbacks, 0).await;
    assert_eq!(callbacks.last_source(Stream::Alerts), 2);
    // and nothing of it, nor the address, can be read off the disk
    let disk = std::fs::read(dir.path().join("callbacks/journal")).unwrap();
    for word in [b"alert.".as_slice(), b"hidden"] {
        assert!(!disk.windows(word.len()).any(|window| window == word));
    }
}

#[tokio::test]
async fn what_failed_comes_again_under_the_same_id_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    // given a receiver that fails, then sends elsewhere, and is never followed there
    let (url, mut got) = receiver(&[500, 302]).await;
    let (callbacks, stop) = open(dir.path(), &url);
    callbacks.send(vec![event("alert.raised", 1)]).await.unwrap();
    let first = next(&mut got).await;
    let second = next(&mut got).await; // five seconds later
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert_eq!(first.body, second.body);
    stop.cancel();
    // when the node is started again, what failed waits for its time
    settle_attempts(&callbacks, 2).await;
    drop(callbacks);
    let (callbacks, _stop) = open(dir.path(), &url);
    let (number, delivery) = callbacks.queue.read().first(callbacks.endpoints[0].id).unwrap();
    assert!(delivery.attempts == 2 && delivery.due > now().0 + 200_000, "{delivery:?}");
    assert_eq!(first.header("webhook-id"), callbacks.message_id(number, &first.body));
}

/// Waits until so many attempts are on record. A cancelled worker may have been between its answer and the record.
async fn settle_attempts(callbacks: &Callbacks, attempts: u32) {
    let endpoint = callbacks.endpoints[0].id;
    let (event, delivery) = callbacks.queue.read().first(endpoint).unwrap();
    if delivery.attempts < attempts {
        let due = now().0 + 300_000;
        callbacks.settle(Record::Failed { event, to: endpoint, attempts, due }).await;
    }
}

#[tokio::test]
async fn what_was_not_sent_before_a_crash_is_sent_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let (url, mut got) = receiver(&[]).await;
    let (callbacks, stop) = open(dir.path(), &url);
    stop.cancel();
    tokio::task::yield_now().await;
    callbacks.send(vec![event("alert.raised", 1)]).await.unwrap();
    drop(callbacks);
    let (callbacks, _stop) = open(dir.path(), &url);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&next(&mut got).await.body).unwrap()["data"]["alert"], 1);
    settled(&callbacks, 0).await;
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_sent_nothing_more_and_what_waits_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (url, mut got) = receiver(&[410]).await;
    let (callbacks, _stop) = open(dir.path(), &url);
    callbacks.send(vec![event("alert.raised", 1)]).await.unwrap();
    next(&mut got).await;
    let gone = async {
        while callbacks.stopped().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.expect("stopped in time");
    callbacks.send(vec![event("alert.raised", 2)]).await.unwrap();
    let shown = url.split("/hook").next().unwrap();
    assert_eq!(callbacks.stopped(), [(shown, 2)]);
    assert!(got.try_recv().is_err());
    // when it is back after a restart, both are sent
    drop(callbacks);
    let (callbacks, _stop) = open(dir.path(), &url);
    settled(&callbacks, 0).await;
}

/// Callbacks that nobody works off.
fn idle(dir: &Path) -> Callbacks {
    std::fs::write(dir.join("secret"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let url = "http://127.0.0.1:9/".parse().unwrap();
    let config = CallbackConfig { url, secret_file: dir.join("secret"), events: vec!["alert.raised"] };
    Callbacks::open(dir, &SEED, &[config], Arc::new(Metrics::new())).unwrap()
}

#[tokio::test]
async fn more_than_fits_into_one_append_is_taken_in_pieces_and_of_too_many_those_that_fit() {
    let dir = tempfile::tempdir().unwrap();
    let callbacks = idle(dir.path());
    // given more bytes than one append takes
    let long =
        |alert| Event { data: serde_json::json!({ "alert": "x".repeat(1024 * 1024) }), ..event("alert.raised", alert) };
    callbacks.send((1..=20).map(long).collect()).await.unwrap();
    assert_eq!(callbacks.last_source(Stream::Alerts), 20);
    // and more events than may wait
    let most = WAITING_MAX as u64;
    let too_many = callbacks.send((21..=most + 5).map(|alert| event("alert.raised", alert)).collect()).await;
    assert!(matches!(too_many, Err(CallbackError::TooMany)));
    assert_eq!((callbacks.last_source(Stream::Alerts), callbacks.queue.read().len()), (most, WAITING_MAX));
    // when one has arrived, the next is taken
    let to = callbacks.endpoints[0].id;
    callbacks.settle(Record::Done { event: 1, to }).await;
    let rest = callbacks.send((most + 1..=most + 5).map(|alert| event("alert.raised", alert)).collect()).await;
    assert!(matches!(rest, Err(CallbackError::TooMany)));
    assert_eq!(callbacks.last_source(Stream::Alerts), most + 1);
}

#[tokio::test]
async fn what_waits_about_somebody_who_was_erased_is_dropped_and_leaves_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let callbacks = idle(dir.path());
    let about = |alert, source: Option<&str>, reference: &str| Event {
        data: serde_json::json!({ "alert": alert, "source": source, "reference": reference }),
        ..event("alert.raised", alert)
    };
    let events =
        vec![about(1, Some("greenhouse"), "9001"), about(2, None, "9001"), about(3, Some("greenhouse"), "90\"01")];
    callbacks.send(events).await.unwrap();
    assert_eq!(callbacks.erase(Some("greenhouse"), "9001").await.unwrap(), 1);
    assert_eq!(callbacks.erase(Some("greenhouse"), "9001").await.unwrap(), 0);
    callbacks.rewrite().await.unwrap();
    assert_eq!((callbacks.queue.read().len(), callbacks.journal.records()), (2, 2));
    assert_eq!(callbacks.erase(Some("greenhouse"), "90\"01").await.unwrap(), 1);
    assert_eq!(callbacks.erase(None, "9001").await.unwrap(), 1);
    drop(callbacks);
    assert_eq!(idle(dir.path()).queue.read().len(), 0);
}

#[tokio::test]
async fn what_arrived_is_not_sent_again_after_a_rewrite_though_it_was_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    let callbacks = idle(dir.path());
    // given the newest change of each stream, and both arrived
    let review = Event { source: Some((Stream::Reviews, 3)), ..event("alert.raised", 3) };
    callbacks.send(vec![event("alert.raised", 7), review]).await.unwrap();
    for event in [1, 2] {
        callbacks.settle(Record::Done { event, to: callbacks.endpoints[0].id }).await;
    }
    // when the journal is rewritten, however often
    for _ in 0..3 {
        callbacks.rewrite().await.unwrap();
        assert_eq!(callbacks.journal.records(), 2);
    }
    drop(callbacks);
    // then a start sends nothing, and still knows them
    let callbacks = idle(dir.path());
    assert_eq!(callbacks.queue.read().len(), 0);
    assert_eq!((callbacks.last_source(Stream::Alerts), callbacks.last_source(Stream::Reviews)), (7, 3));
}

#[tokio::test]
async fn whom_the_newest_event_names_leaves_the_disk_when_erased() {
    let dir = tempfile::tempdir().unwrap();
    let callbacks = idle(dir.path());
    // given that the newest event of all waits, is about somebody, and its first attempt failed
    let data = serde_json::json!({ "alert": 1, "reference": "9001" });
    callbacks.send(vec![Event { data, ..event("alert.raised", 1) }]).await.unwrap();
    let to = callbacks.endpoints[0].id;
    callbacks.settle(Record::Failed { event: 1, to, attempts: 1, due: now().0 }).await;
    // when they are erased
    assert_eq!(callbacks.erase(None, "9001").await.unwrap(), 1);
    callbacks.rewrite().await.unwrap();
    drop(callbacks);
    // then nothing says who they were, and a start sends nothing
    let (key, mut records) = (JournalKey::derive(&SEED, "callbacks"), Vec::new());
    drop(Journal::open(&dir.path().join("callbacks"), &key, |_, record| records.push(record.to_vec())).unwrap());
    assert!(!records.iter().any(|record| record.windows(4).any(|window| window == b"9001")));
    let callbacks = idle(dir.path());
    assert_eq!((callbacks.queue.read().len(), callbacks.last_source(Stream::Alerts)), (0, 1));
}

#[tokio::test]
async fn what_a_wrong_clock_put_off_is_sent_within_a_day_of_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let callbacks = idle(dir.path());
    callbacks.send(vec![event("alert.raised", 1)]).await.unwrap();
    let to = callbacks.endpoints[0].id;
    callbacks.settle(Record::Failed { event: 1, to, attempts: 1, due: u64::MAX }).await;
    drop(callbacks);
    let callbacks = idle(dir.path());
    let (_, delivery) = callbacks.queue.read().first(to).unwrap();
    assert!(delivery.due <= now().0 + schedule::WAIT_MAX_MS, "{delivery:?}");
}

#[tokio::test]
async fn who_is_not_configured_any_more_is_sent_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _got) = receiver(&[410]).await;
    let (callbacks, _stop) = open(dir.path(), &url);
    callbacks.send(vec![event("alert.raised", 1)]).await.unwrap();
    drop(callbacks);
    let callbacks = Callbacks::open(dir.path(), &SEED, &[], Arc::new(Metrics::new())).unwrap();
    assert_eq!((callbacks.queue.read().len(), callbacks.last_source(Stream::Alerts)), (0, 1));
}
