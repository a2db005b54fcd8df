//! Bulk streams: order, receipts, damage, back-pressure.

use std::{fmt::Write, time::Duration};

use larum_protocol::{
    api::*,
    receipt::{Receipt, Transcript},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::harness::{DEADLINE, TestServer};
use crate::{audit, http::Limits};

/// Sends `body` as one stream and gives the answer's body.
pub(super) async fn bulk(server: &TestServer, body: &str) -> String {
    let mut stream = open(server, body.len()).await;
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(DEADLINE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    let text = String::from_utf8(answer).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("application/x-ndjson"), "{head}");
    unchunk(body)
}

async fn open(server: &TestServer, length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let (host, token, path) = (server.address, &server.token, path::CHECK_BULK);
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n");
    let head = format!("{head}content-type: application/x-ndjson\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Takes chunked transfer coding apart (RFC 9112, section 7.1).
fn unchunk(mut text: &str) -> String {
    let mut body = String::new();
    loop {
        let (size, rest) = text.split_once("\r\n").unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return body;
        }
        body.push_str(&rest[..size]);
        text = &rest[size + 2..];
    }
}

#[tokio::test]
async fn lines_come_back_in_order_with_one_receipt_for_all() {
    let server = TestServer::start().await;
    let mut asked = String::new();
    for number in 0..1_000 {
        let value = if number % 10 == 0 { "listed@example.com" } else { "x@example.com" };
        writeln!(asked, r#"{{"id":"{number}","kind":"email","value":"{value}"}}"#).unwrap();
    }
    let answer = bulk(&server, &asked).await;
    let lines: Vec<_> = answer.lines().collect();
    assert_eq!(lines.len(), 1_001);
    for (number, line) in lines[..1_000].iter().enumerate() {
        let row: BulkRow = serde_json::from_str(line).unwrap();
        let verdict = if number % 10 == 0 { Verdict::Listed } else { Verdict::Clear };
        assert_eq!((row.line, row.id, row.verdict), (number as u64 + 1, Some(number.to_string()), verdict));
    }
    let summary: BulkSummary = serde_json::from_str(lines[1_000]).unwrap();
    assert_eq!((summary.lines, summary.identifiers), (1_000, 1_000));
    let before = &answer[..answer.len() - lines[1_000].len() - 1];
    let receipt = Receipt::verify(&summary.receipt, &Transcript::of(asked.as_bytes(), before.as_bytes())).unwrap();
    assert_eq!(receipt.lines, 1_000);
    assert!(Receipt::verify(&summary.receipt, &Transcript::of(b"other", before.as_bytes())).is_err());

    let page = audit::page(server.dir.path(), 1, 10).unwrap();
    let events: Vec<_> = page.records.iter().map(|record| (record.event, record.lines)).collect();
    assert_eq!(events, [(AuditEvent::BulkOpened, Some(0)), (AuditEvent::Bulk, Some(1_000))]);
    assert_eq!(page.records[1].verdict, Verdict::Listed);
    server.stop().await;
}

#[tokio::test]
async fn bad_lines_are_answered_in_their_place_as_unknown() {
    let server = TestServer::start().await;
    let long = "x".repeat(BULK_LINE_BYTES_MAX + 1);
    let asked = format!(
        "{{\"kind\":\"email\",\"value\":\"a@example.com\"}}\n\nnot json j@example.com\n{long}\n[]\n\
         [{{\"kind\":\"email\",\"value\":\"listed@example.com\"}},{{\"kind\":\"email\",\"value\":\"b\"}}]\n\
         {{\"kind\":\"email\",\"value\":\"x\",\"typo\":1}}"
    );
    let answer = bulk(&server, &asked).await;
    let lines: Vec<_> = answer.lines().collect();
    let rows: Vec<BulkRow> = lines[..6].iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seen: Vec<_> = rows.iter().map(|row| (row.line, row.verdict, row.error.is_some())).collect();
    let unknown = Verdict::Unknown;
    let expected = [
        (1, Verdict::Clear, false),
        (3, unknown, true),
        (4, unknown, true),
        (5, unknown, true),
        (6, Verdict::Listed, false),
        (7, unknown, true),
    ];
    assert_eq!(seen, expected);
    assert_eq!(rows[4].results.len(), 2);
    assert!(!lines[1].contains("example.com"), "{}", lines[1]);
    assert_eq!(serde_json::from_str::<BulkSummary>(lines[6]).unwrap().lines, 6);
    server.stop().await;
}

#[tokio::test]
async fn an_empty_stream_has_a_receipt_too() {
    let server = TestServer::start().await;
    let answer = bulk(&server, "").await;
    let summary: BulkSummary = serde_json::from_str(answer.trim_end()).unwrap();
    assert_eq!(summary.lines, 0);
    assert!(Receipt::verify(&summary.receipt, &Transcript::of(b"", b"")).is_ok());
    server.stop().await;
}

#[tokio::test]
async fn a_line_is_answered_before_the_next_one_is_sent() {
    let server = TestServer::start().await;
    let line = "{\"kind\":\"email\",\"value\":\"a@example.com\"}\n";
    let mut stream = open(&server, line.len() * 2).await;
    let mut answer = Vec::new();
    for number in 1..=2 {
        stream.write_all(line.as_bytes()).await.unwrap();
        let expected = format!("\"line\":{number},");
        let answered = async {
            while !String::from_utf8_lossy(&answer).contains(&expected) {
                assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
            }
        };
        timeout(DEADLINE, answered).await.expect("an answer before the stream's end");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_reader_that_does_not_read_stops_the_server_from_reading() {
    let server = TestServer::start().await;
    let line = "{\"kind\":\"email\",\"value\":\"a@example.com\"}\n".repeat(256);
    let pages = 20_000;
    let mut stream = open(&server, line.len() * pages).await;
    let mut sent = 0;
    for _ in 0..pages {
        // The socket's buffers fill up within a few megabytes; then nothing more is taken.
        match timeout(Duration::from_millis(500), stream.write_all(line.as_bytes())).await {
            Ok(written) => written.unwrap(),
            Err(_) => break,
        }
        sent += 1;
    }
    assert!(sent < pages, "the server read {} MB for a reader that takes nothing", sent * line.len() / 1_000_000);
    let looked_up = *server.fake.lines.lock();
    assert!(looked_up <= sent as u64 * 256 + 256, "{looked_up}");

    drop(stream);
    server.stop().await;
}

#[tokio::test]
async fn i11_a_stream_whose_reader_takes_nothing_is_cut_off_on_record_and_frees_its_place() {
    let limits = Limits { taking_time: Duration::from_millis(500), bulk_streams: 1, ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let line = "{\"kind\":\"email\",\"value\":\"listed@example.com\"}\n".repeat(256);
    let pages = 100_000;
    let mut stalled = open(&server, line.len() * pages).await;
    // Given one that asks on and on and never reads: in the end the server takes no more, and lets it go.
    let asked = async { while stalled.write_all(line.as_bytes()).await.is_ok() {} };
    timeout(DEADLINE, asked).await.expect("it is cut off");

    // Then the place is free for another, while the first still keeps its end of the connection
    let answer = bulk(&server, "{\"kind\":\"email\",\"value\":\"a@example.com\"}\n").await;
    assert!(answer.contains("\"receipt\""), "{answer}");

    let dir = std::sync::Arc::clone(&server.dir);
    let recorder = server.recorder.clone();
    server.stop().await;
    recorder.close().await;
    drop(stalled);
    let page = audit::page(dir.path(), 1, 10).unwrap();
    let cut: Vec<_> = page.records.iter().filter(|record| record.event == AuditEvent::BulkCut).collect();
    assert_eq!(cut.len(), 1, "{:?}", page.records);
    assert!(cut[0].lines.is_some_and(|lines| lines > 256) && cut[0].verdict == Verdict::Listed);
}

#[tokio::test]
async fn i11_a_stream_that_is_cut_off_is_on_record() {
    let server = TestServer::start().await;
    let line = "{\"kind\":\"email\",\"value\":\"listed@example.com\"}\n";
    let mut stream = open(&server, line.len() * 10).await;
    stream.write_all(line.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).contains("\"line\":1") {
        assert_ne!(timeout(DEADLINE, stream.read_buf(&mut answer)).await.unwrap().unwrap(), 0);
    }
    drop(stream);
    let dir = std::sync::Arc::clone(&server.dir);
    let recorder = server.recorder.clone();
    server.stop().await;
    recorder.close().await;
    let page = audit::page(dir.path(), 1, 10).unwrap();
    let cut = &page.records[1];
    assert_eq!((cut.event, cut.lines, cut.verdict), (AuditEvent::BulkCut, Some(1), Verdict::Listed));
}

#[tokio::test]
async fn a_silent_stream_ends_with_a_problem_and_streams_beyond_the_limit_wait_outside() {
    let limits = Limits { bulk_idle_time: Duration::from_millis(300), bulk_streams: 1, ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let mut silent = open(&server, 100).await;
    let mut head = [0; 12];
    timeout(DEADLINE, silent.read_exact(&mut head)).await.unwrap().unwrap();
    let headers = format!("authorization: Bearer {}\r\ncontent-type: application/x-ndjson\r\n", server.token);
    server.send_with("POST", path::CHECK_BULK, &headers, "").await.problem(503, slug::UNAVAILABLE);
    let mut rest = Vec::new();
    timeout(DEADLINE, silent.read_to_end(&mut rest)).await.unwrap().ok();
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.contains("urn:larum:problem:"), "{rest}");
    assert!(!rest.contains("\"receipt\""), "{rest}");
    server.stop().await;
}

#[tokio::test]
async fn a_body_may_take_longer_to_arrive_than_headers_may() {
    let header_time = Duration::from_millis(300);
    let server = TestServer::limited(Limits { header_time, ..Limits::default() }).await;
    let line = b"{\"kind\":\"email\",\"value\":\"x@example.com\"}\n";
    let mut stream = open(&server, 20 * line.len()).await;
    for _ in 0..20 {
        stream.write_all(line).await.unwrap();
        tokio::time::sleep(header_time / 5).await; // a sender that is slower than headers may be
    }
    let mut answer = Vec::new();
    timeout(DEADLINE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    let rows = String::from_utf8(answer).unwrap().matches("\"line\":").count();
    assert_eq!(rows, 20);
    server.stop().await;
}
