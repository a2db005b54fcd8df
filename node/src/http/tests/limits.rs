//! Rates, times and counts.

use std::time::Duration;

use larum_protocol::api::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::harness::{DEADLINE, TestServer, check_body, read_reply};
use crate::{
    http::{BindError, Limits, bind},
    tokens::Rate,
};

const SHORT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_token_that_asks_too_often_is_told_when_to_come_back() {
    let rate = Rate { per_second: 1, burst: 2 };
    let server = TestServer::limited(Limits { rate, ..Limits::default() }).await;
    for _ in 0..2 {
        assert_eq!(server.check("a@example.com").await.status, 200);
    }
    let reply = server.check("a@example.com").await;
    reply.problem(429, slug::RATE_LIMIT);
    assert!(reply.head.contains("retry-after: 1"), "{}", reply.head);
    assert_eq!(server.send_with("GET", path::HEALTHZ, "", "").await.status, 200, "others are not held up");
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_given_up() {
    let server = TestServer::limited(Limits { body_time: SHORT, ..Limits::default() }).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let (host, token) = (server.address, &server.token);
    let head = format!("POST /v1/check HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n");
    let head = format!("{head}content-type: application/json\r\ncontent-length: 100\r\n\r\n{{\"ident");
    stream.write_all(head.as_bytes()).await.unwrap();
    read_reply(&mut stream).await.problem(408, slug::TIMEOUT);
    server.stop().await;
}

#[tokio::test]
async fn headers_that_do_not_arrive_in_time_close_the_connection() {
    let server = TestServer::limited(Limits { header_time: SHORT, ..Limits::default() }).await;
    for start in ["", "GET /healthz HTTP/1.1\r\nhost: "] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        timeout(DEADLINE, stream.read_to_end(&mut rest)).await.expect("closed in time").ok();
    }
    server.stop().await;
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up() {
    let server = TestServer::limited(Limits { answer_time: SHORT, ..Limits::default() }).await;
    server.check("never").await.problem(503, slug::UNAVAILABLE);
    server.stop().await;
}

#[tokio::test]
async fn requests_beyond_the_limit_are_told_to_come_back() {
    let server = TestServer::limited(Limits { requests: 1, ..Limits::default() }).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    let (host, token, body) = (server.address, &server.token, check_body("never"));
    let head = format!("POST /v1/check HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n");
    let head = format!("{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    first.write_all(head.as_bytes()).await.unwrap();
    let refused = async {
        loop {
            let reply = server.send("GET", path::STATUS, "").await;
            if reply.status != 200 {
                return reply;
            }
        }
    };
    let reply = timeout(DEADLINE, refused).await.expect("the first request holds the only place");
    reply.problem(503, slug::UNAVAILABLE);
    assert!(reply.head.contains("retry-after: 1"));
    drop(first);
    server.stop().await;
}

#[tokio::test]
async fn i10_the_connection_that_is_idle_for_longest_makes_room_and_one_that_is_answered_does_not() {
    let server = TestServer::limited(Limits { connections: 2, ..Limits::default() }).await;
    let mut never = TcpStream::connect(server.address).await.unwrap();
    let (host, token, body) = (server.address, &server.token, check_body("never"));
    let head = format!("POST /v1/check HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n");
    let head = format!("{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    never.write_all(head.as_bytes()).await.unwrap();
    in_flight_becomes(&server, 1 + 1).await; // and the one that asks
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    for _ in 0..3 {
        assert_eq!(server.send_with("GET", path::HEALTHZ, "", "").await.status, 200);
    }
    let mut rest = Vec::new();
    timeout(DEADLINE, idle.read_to_end(&mut rest)).await.expect("it was closed").ok();
    in_flight_becomes(&server, 1 + 1).await;
    drop(never);
    server.stop().await;
}

#[tokio::test]
async fn i10_who_begins_to_sign_in_or_to_send_a_webhook_takes_nobody_elses_place() {
    let limits = Limits { sign_ins: 1, deliveries: 1, ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let host = server.address;
    let form = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nt";
    let mut begun = Vec::new();
    for _ in 0..3 {
        begun.push(server.asked(&format!("POST /sign-in HTTP/1.1\r\nhost: {host}\r\n{form}")).await);
    }
    let refused = timeout(DEADLINE, read_reply(&mut begun[2])).await.expect("it is not the first");
    refused.problem(503, slug::UNAVAILABLE);
    assert_eq!(server.check("a@example.com").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_request_whose_client_hung_up_is_not_in_flight_any_more() {
    let server = TestServer::start().await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = TcpStream::connect(server.address).await.unwrap();
        let (host, token, body) = (server.address, &server.token, check_body("never"));
        let head = format!("POST /v1/check HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n");
        let head = format!("{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        client.write_all(head.as_bytes()).await.unwrap();
        clients.push(client);
    }
    in_flight_becomes(&server, 3 + 1).await; // and the one that asks
    drop(clients);
    in_flight_becomes(&server, 1).await;
    server.stop().await;
}

/// Asks for the metrics until they name so many requests in flight.
async fn in_flight_becomes(server: &TestServer, expected: u32) {
    let line = format!("larum_http_in_flight {expected}\n");
    let seen = async { while !server.send_with("GET", path::METRICS, "", "").await.body.contains(&line) {} };
    timeout(DEADLINE, seen).await.unwrap_or_else(|_| panic!("never {line}"));
}

#[tokio::test]
async fn stopping_waits_for_a_request_in_flight_and_then_cuts_it_off() {
    let server = TestServer::limited(Limits { stop_time: SHORT, ..Limits::default() }).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let (host, token, body) = (server.address, server.token.clone(), check_body("never"));
    let head = format!("POST /v1/check HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n");
    let head = format!("{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(server.send_with("GET", path::HEALTHZ, "", "").await.status, 200);
    let address = server.address;
    server.stop().await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_port_that_is_taken_says_so_and_what_to_do() {
    let server = TestServer::start().await;
    let error = bind(server.address).await.unwrap_err();
    assert!(matches!(error, BindError::Taken(_)), "{error}");
    assert!(error.to_string().contains("choose another address"), "{error}");
    let foreign = bind("192.0.2.1:0".parse().unwrap()).await.unwrap_err();
    assert!(matches!(foreign, BindError::NotHere(_)), "{foreign}");
    server.stop().await;
}
