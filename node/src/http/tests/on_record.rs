//! On record before the answer leaves (I11): the writer of the record is held back, and nothing may be answered.

use std::{io::ErrorKind, time::Instant};

use larum_protocol::{
    api::*,
    receipt::{Receipt, Transcript, split_answer},
};
use serde_json::json;
use tokio::{io::AsyncReadExt, net::TcpStream, time::timeout};

use super::harness::{DEADLINE, TestServer, check_body, read_reply};

#[tokio::test]
async fn i11_no_check_is_answered_before_it_is_on_record() {
    // Given a record whose writer does not get to write
    let (server, writer) = TestServer::held().await;
    // When somebody checks
    let body = check_body("listed@example.com");
    let stream = server.asked(&request(&server, path::CHECK, "application/json", &body)).await;
    // Then no byte of the answer leaves while the lookup waits
    let mut stream = unanswered(&server, stream).await;
    // And once it is on record, the answer comes with the receipt for it
    tokio::spawn(writer);
    let reply = read_reply(&mut stream).await;
    let (signed, receipt) = split_answer(&reply.body).expect("the receipt is in the answer");
    Receipt::verify(receipt, &Transcript::of(body.as_bytes(), signed.as_bytes())).unwrap();
    assert_eq!(recorded(&server).await, [(AuditEvent::Check, Verdict::Listed)]);
    server.stop().await;
}

#[tokio::test]
async fn i11_no_line_of_a_stream_is_answered_before_the_stream_is_on_record() {
    let (server, writer) = TestServer::held().await;
    let line = "{\"kind\":\"email\",\"value\":\"listed@example.com\"}\n";
    let stream = server.asked(&request(&server, path::CHECK_BULK, "application/x-ndjson", line)).await;
    let mut stream = unanswered(&server, stream).await;
    assert_eq!(*server.fake.lines.lock(), 0, "nothing was looked up either");

    tokio::spawn(writer);
    let mut answer = Vec::new();
    timeout(DEADLINE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert!(String::from_utf8(answer).unwrap().contains("\"receipt\":\""), "the last line holds the receipt");
    let both = [(AuditEvent::BulkOpened, Verdict::Unknown), (AuditEvent::Bulk, Verdict::Listed)];
    assert_eq!(recorded(&server).await, both);
    server.stop().await;
}

fn application() -> String {
    json!({"reference": "candidate-1", "emails": ["listed@example.com"]}).to_string()
}

#[tokio::test]
async fn i11_nothing_is_kept_of_an_application_that_cannot_be_recorded() {
    // Given a record that takes nothing
    let (server, writer) = TestServer::held().await;
    drop(writer);
    // When a listed applicant is looked up
    let reply = server.send("POST", path::APPLICATIONS, &application()).await;
    // Then there is no answer, and nobody can read one in a review
    reply.problem(503, slug::AUDIT_UNAVAILABLE);
    let list: ReviewList = server.send("GET", path::REVIEWS, "").await.json();
    assert_eq!(list.reviews, []);
    server.stop().await;
}

#[tokio::test]
async fn i11_who_hangs_up_leaves_a_review_and_its_record_or_neither() {
    // Given somebody who hangs up while the lookup waits to be recorded
    let (server, writer) = TestServer::held().await;
    let stream = server.asked(&request(&server, path::APPLICATIONS, "application/json", &application())).await;
    let stream = unanswered(&server, stream).await;
    assert_eq!(server.reviews.list(ReviewQuery::default()).reviews, [], "nothing is kept before the record");
    drop(stream);
    assert_eq!(server.send_with("GET", path::HEALTHZ, "", "").await.status, 200, "the server has noticed by then");
    // When the record is written
    tokio::spawn(writer);
    let started = Instant::now();
    while server.reviews.list(ReviewQuery::default()).waiting == 0 {
        assert!(started.elapsed() < DEADLINE, "the review is never kept");
        tokio::task::yield_now().await;
    }
    // Then both are there
    assert_eq!(recorded(&server).await, [(AuditEvent::Application, Verdict::Listed)]);
    server.stop().await;
}

#[tokio::test]
async fn an_application_is_answered_and_recorded_when_there_is_no_room_for_its_review() {
    let server = TestServer::start().await;
    server.reviews.fill_up();
    let reply = server.send("POST", path::APPLICATIONS, &application()).await;
    let answer: ApplicationAnswer = reply.json();
    assert_eq!((answer.verdict, answer.review), (Verdict::Listed, None));
    assert!(answer.warnings[0].contains("no review could be opened"), "{:?}", answer.warnings);
    assert_eq!(recorded(&server).await, [(AuditEvent::Application, Verdict::Listed)]);
    server.stop().await;
}

fn request(server: &TestServer, path: &str, content: &str, body: &str) -> String {
    let (host, token, length) = (server.address, &server.token, body.len());
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n");
    format!("{head}content-type: {content}\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// Waits until a lookup has reached the record, and asserts that nothing has come back on `stream` by then.
///
/// All tasks share this test's one thread, so an answer that does not wait for the record is on the wire before the test
/// sees the lookup in the queue; the other request lets through whatever else was ready.
async fn unanswered(server: &TestServer, stream: TcpStream) -> TcpStream {
    let started = Instant::now();
    while server.recorder.depth() == 0 {
        assert!(started.elapsed() < DEADLINE, "the lookup never reaches the record");
        tokio::task::yield_now().await;
    }
    assert_eq!(server.send_with("GET", path::HEALTHZ, "", "").await.status, 200, "the server itself goes on");
    // The system is asked: tokio would say that nothing is there until it has been told.
    let stream = stream.into_std().unwrap();
    let early = stream.peek(&mut [0; 1]);
    assert_eq!(early.map_err(|error| error.kind()), Err(ErrorKind::WouldBlock), "an answer left before its record");
    TcpStream::from_std(stream).unwrap()
}

#[tokio::test]
async fn i11_whether_a_dispute_would_be_taken_is_read_on_record() {
    // Given that a dispute is taken where another member reports something
    let server = TestServer::start().await;
    let row = json!({"action": "dispute", "kind": "email", "value": "listed@example.com", "reason": "COR.ERROR"});
    // When somebody only asks whether one would be
    let body = json!({"statements": [row], "dry_run": true}).to_string();
    let answer: StatementsAnswer = server.send("POST", path::STATEMENTS, &body).await.json();
    assert_eq!(answer.rows[0].error, None);
    // Then that is a lookup, too
    assert_eq!(recorded(&server).await, [(AuditEvent::Check, Verdict::Disputed)]);
    server.stop().await;
}

async fn recorded(server: &TestServer) -> Vec<(AuditEvent, Verdict)> {
    let page: AuditPage = server.send("GET", "/v1/audit?from=1&limit=10", "").await.json();
    page.records.iter().map(|record| (record.event, record.verdict)).collect()
}
