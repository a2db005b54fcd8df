//! Publishing, and answering a repeat alike.

use std::sync::Arc;

use larum_protocol::api::*;

use super::harness::{Reply, TestServer};
use crate::http::{HttpConfig, IdempotencyStore, MemoryIdempotency};

const GOOD: &str = r#"{"action":"publish","kind":"email","value":"j@example.com","role":"actor-controlled","reason":"ART.REUSE","evidence":"confirmed","observed":"2026-03-02"}"#;
const BAD: &str = r#"{"action":"publish","kind":"email","value":"k@example.com"}"#;

fn body(rows: &[&str], options: &str) -> String {
    format!("{{\"statements\":[{}]{options}}}", rows.join(","))
}

async fn publish(server: &TestServer, key: &str, body: &str) -> Reply {
    let bearer = format!("authorization: Bearer {}\r\n", server.token);
    let headers = format!("{bearer}content-type: application/json\r\nidempotency-key: {key}\r\n");
    server.send_with("POST", path::STATEMENTS, &headers, body).await
}

#[tokio::test]
async fn accepted_rows_come_back_with_their_batch() {
    let server = TestServer::start().await;
    let answer: StatementsAnswer = server.send("POST", path::STATEMENTS, &body(&[GOOD], "")).await.json();
    assert_eq!((answer.accepted, answer.refused, answer.batches[0].seq), (1, 0, 1));
    assert!(answer.rows[0].statement.is_some());
    server.stop().await;
}

#[tokio::test]
async fn one_bad_row_publishes_nothing_unless_it_may_be_skipped() {
    let server = TestServer::start().await;
    let problem = server.send("POST", path::STATEMENTS, &body(&[GOOD, BAD], "")).await.problem(422, slug::ROWS_REFUSED);
    assert_eq!((problem.errors.len(), problem.errors[0].row), (1, 2));
    let dry = server.send("POST", path::STATEMENTS, &body(&[GOOD, BAD], ",\"dry_run\":true")).await;
    assert_eq!(dry.json::<StatementsAnswer>().refused, 1);
    assert!(server.fake.published.lock().is_empty());
    let skipped = server.send("POST", path::STATEMENTS, &body(&[GOOD, BAD], ",\"skip_bad\":true")).await;
    assert_eq!(skipped.json::<StatementsAnswer>().accepted, 1);
    assert_eq!(server.fake.published.lock().len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn the_same_key_and_body_publish_once_and_another_body_is_refused() {
    let server = TestServer::start().await;
    let first = publish(&server, "\"k1\"", &body(&[GOOD], "")).await;
    let again = publish(&server, "k1", &body(&[GOOD], "")).await;
    assert_eq!((first.status, &first.body), (200, &again.body));
    assert_eq!(server.fake.published.lock().len(), 1);
    publish(&server, "k1", &body(&[GOOD, GOOD], "")).await.problem(422, slug::KEY_REUSED);
    assert_eq!(publish(&server, "k2", &body(&[GOOD], "")).await.status, 200);
    assert_eq!(server.fake.published.lock().len(), 2);
    server.stop().await;
}

#[tokio::test]
async fn a_key_outlives_a_restart_and_belongs_to_its_token() {
    let store: Arc<dyn IdempotencyStore> = Arc::new(MemoryIdempotency::default());
    let first = TestServer::with(HttpConfig::default(), Arc::clone(&store)).await;
    let (tokens, token) = (Arc::clone(&first.tokens), first.token.clone());
    let answer = publish(&first, "k1", &body(&[GOOD], "")).await;
    first.stop().await;

    let mut second = TestServer::with_tokens(HttpConfig::default(), store, tokens).await;
    let other = std::mem::replace(&mut second.token, token);
    assert_eq!(publish(&second, "k1", &body(&[GOOD], "")).await.body, answer.body);
    assert!(second.fake.published.lock().is_empty(), "the answer was remembered");
    second.token = other;
    assert_eq!(publish(&second, "k1", &body(&[GOOD], "")).await.status, 200);
    assert_eq!(second.fake.published.lock().len(), 1, "another token's key is another key");
    second.stop().await;
}

#[tokio::test]
async fn a_refused_publication_may_be_tried_again_under_its_key() {
    let server = TestServer::start().await;
    publish(&server, "k1", &body(&[BAD], "")).await.problem(422, slug::ROWS_REFUSED);
    assert_eq!(publish(&server, "k1", &body(&[GOOD], "")).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_key_that_is_being_worked_on_is_told_so() {
    let server = TestServer::start().await;
    let held = server.fake.permits.acquire_many(1_000).await.unwrap();
    let text = body(&[GOOD], "");
    // Whichever of the two arrives first waits for the permits, so the other one finds the key in use.
    let (one, other) = (Box::pin(publish(&server, "k1", &text)), Box::pin(publish(&server, "k1", &text)));
    let (refused, waiting) = futures::future::select(one, other).await.factor_first();
    refused.problem(409, slug::IN_PROGRESS);
    drop(held);
    assert_eq!(waiting.await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn i1_what_is_remembered_of_a_publication_holds_nothing_to_guess_from() {
    let store = Arc::new(MemoryIdempotency::default());
    let server = TestServer::with(HttpConfig::default(), Arc::clone(&store) as _).await;
    let answer = publish(&server, "k1", &body(&[GOOD], "")).await;
    assert!(!answer.body.contains("masked"), "{answer:?}");
    let saved = store.all();
    assert_eq!(saved.len(), 1);
    assert_ne!(saved[0].body.0, *blake3::hash(body(&[GOOD], "").as_bytes()).as_bytes());
    server.stop().await;
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let server = TestServer::start().await;
    for key in ["", "\"\"", &"x".repeat(129)] {
        publish(&server, key, &body(&[GOOD], "")).await.problem(400, slug::BAD_REQUEST);
    }
    server.stop().await;
}
