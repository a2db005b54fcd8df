//! Every endpoint, asked as it should not be: one clear problem each, which repeats nothing of what was sent.

use std::sync::Arc;

use larum_protocol::api::*;

use super::harness::{Reply, TestServer, check_body, token};
use crate::http::{HttpConfig, MemoryIdempotency};

const JSON: &str = "content-type: application/json\r\n";

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}\r\n")
}

#[tokio::test]
async fn a_request_without_a_good_token_is_refused() {
    let server = TestServer::start().await;
    let body = check_body("a@example.com");
    for headers in ["", "authorization: Basic abc\r\n", "authorization: Bearer larum_guess\r\n", "authorization: x\r\n"]
    {
        let reply = server.send_with("POST", path::CHECK, &format!("{headers}{JSON}"), &body).await;
        reply.problem(401, slug::UNAUTHORIZED);
        assert!(reply.head.contains("www-authenticate: Bearer"));
        assert!(!reply.body.contains("guess"));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_token_opens_nothing_beyond_its_scopes() {
    let server = TestServer::start().await;
    let headers = format!("{}{JSON}", bearer(&token(&server.tokens, &[Scope::Check])));
    for (method, path) in [
        ("POST", path::STATEMENTS),
        ("GET", path::AUDIT),
        ("GET", path::TOKENS),
        ("POST", path::TOKENS),
        ("DELETE", "/v1/tokens/1"),
        ("GET", path::ALLOW),
        ("POST", path::ALLOW),
    ] {
        server.send_with(method, path, &headers, "{}").await.problem(403, slug::SCOPE);
    }
    let headers = format!("{}{JSON}", bearer(&token(&server.tokens, &[Scope::Publish, Scope::Admin])));
    for (method, path) in
        [("POST", path::CHECK), ("POST", path::CHECK_BULK), ("GET", path::STATUS), ("GET", path::LOGS)]
    {
        server.send_with(method, path, &headers, "{}").await.problem(403, slug::SCOPE);
    }
    server.stop().await;
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let server = TestServer::start().await;
    let request = TokenRequest { name: "old".to_owned(), scopes: vec![Scope::Check], expires_days: Some(1) };
    let old = server.tokens.create(&request, 1_000).unwrap().token;
    let reply = server.send_with("GET", path::STATUS, &bearer(&old), "").await;
    assert!(reply.problem(401, slug::UNAUTHORIZED).detail.unwrap().contains("expired"));
    server.stop().await;
}

#[tokio::test]
async fn a_foreign_host_is_refused_so_that_dns_rebinding_fails() {
    let config = HttpConfig { hosts: vec!["larum.example".to_owned()], ..HttpConfig::default() };
    let server = TestServer::with(config, Arc::new(MemoryIdempotency::default())).await;
    let port = server.address.port();
    let get = |host: String| format!("GET /healthz HTTP/1.1\r\n{host}content-length: 0\r\n\r\n");
    for host in ["evil.example", "localhost", "127.0.0.1:1", "localhost.evil.example", ""] {
        server.raw(&get(format!("host: {host}\r\n"))).await.problem(421, slug::HOST);
    }
    server.raw(&get(String::new())).await.problem(421, slug::HOST);
    let twice = format!("host: localhost:{port}\r\nhost: evil.example\r\n");
    let reply = server.raw(&get(twice)).await;
    assert!(reply.status == 421 || reply.status == 400, "{reply:?}");
    let absolute = format!("GET http://evil.example/healthz HTTP/1.1\r\nhost: localhost:{port}\r\n\r\n");
    server.raw(&absolute).await.problem(421, slug::HOST);
    for host in
        [format!("localhost:{port}"), format!("LOCALHOST:{port}"), format!("[::1]:{port}"), "larum.example".to_owned()]
    {
        assert_eq!(server.raw(&get(format!("host: {host}\r\n"))).await.status, 200, "{host}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_web_page_of_an_origin_that_is_not_configured_is_refused() {
    let config = HttpConfig { origins: vec!["https://ats.example".to_owned()], ..HttpConfig::default() };
    let server = TestServer::with(config, Arc::new(MemoryIdempotency::default())).await;
    for origin in ["https://evil.example", "null", "", "https://ats.example.evil.example"] {
        let reply = server.send_with("GET", path::HEALTHZ, &format!("origin: {origin}\r\n"), "").await;
        reply.problem(403, slug::ORIGIN);
    }
    let reply = server.send_with("GET", path::HEALTHZ, "origin: https://ats.example\r\n", "").await;
    assert_eq!(reply.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn json_that_cannot_be_read_is_explained_and_never_quoted() {
    let server = TestServer::start().await;
    let secret = "j.doe@example.com";
    let cases = [
        (String::new(), "ends early"),
        ("{".to_owned(), "ends early"),
        (format!("{{\"{secret}"), "ends early"),
        (secret.to_owned(), "not JSON"),
        (format!("{{\"identifiers\":[]}} {secret}"), "not JSON"),
        (format!("{{\"{secret}\":1}}"), "a field that is not known here, expected one of `identifiers`"),
        (format!("{{\"identifiers\":\"{secret}\"}}"), "wrong type or size, expected a sequence"),
        (format!("{{\"identifiers\":\"{secret}, expected {secret}\"}}"), "wrong type or size, expected a sequence"),
        (format!("{{\"identifiers\":[],\"watch_days\":\"{secret}\"}}"), "expected u16"),
        ("{\"identifiers\":[],\"watch_days\":-1}".to_owned(), "wrong type or size"),
        ("{\"identifiers\":[{\"kind\":\"email\"}]}".to_owned(), "the field `value` is missing"),
        ("{\"identifiers\":[],\"identifiers\":[]}".to_owned(), "`identifiers` stands there twice"),
        ("[".repeat(100_000), ""),
        (format!("{{\"identifiers\":{}", "[".repeat(100_000)), ""),
        ("{\"identifiers\":[{\"kind\":\"email\",\"value\":\"\\ud800\"}]}".to_owned(), "not JSON"),
    ];
    for (body, expected) in cases {
        let reply = server.send("POST", path::CHECK, &body).await;
        let detail = reply.problem(400, slug::BAD_JSON).detail.unwrap();
        assert!(detail.contains(expected), "{detail} does not say {expected}");
        assert!(detail.contains("line 1 column"), "{detail}");
        assert!(!reply.body.contains("example.com"), "{reply:?} quotes what was sent");
    }
    let body = r#"{"statements":[{"action":"j.doe@example.com","kind":"email","value":"x"}]}"#;
    let reply = server.send("POST", path::STATEMENTS, body).await;
    assert!(reply.problem(400, slug::BAD_JSON).detail.unwrap().contains("expected one of `publish`"));
    assert!(!reply.body.contains("example.com"));
    server.stop().await;
}

#[tokio::test]
async fn json_that_makes_no_sense_is_refused() {
    let server = TestServer::start().await;
    let many = serde_json::json!({"identifiers": vec![serde_json::json!({"kind": "email", "value": "x"}); CHECK_IDENTIFIERS_MAX + 1]});
    let long = check_body(&"x".repeat(VALUE_BYTES_MAX + 1));
    let bodies = [
        r#"{"identifiers":[]}"#.to_owned(),
        many.to_string(),
        long,
        r#"{"identifiers":[{"kind":"email","value":"x"}],"watch_days":366}"#.to_owned(),
        format!(r#"{{"identifiers":[{{"kind":"email","value":"x"}}],"reference":"{}"}}"#, "x".repeat(257)),
    ];
    for body in bodies {
        server.send("POST", path::CHECK, &body).await.problem(422, slug::INVALID);
    }
    server.send("POST", path::STATEMENTS, r#"{"statements":[]}"#).await.problem(422, slug::INVALID);
    server.send("POST", path::ALLOW, r#"{"action":"add","identifiers":[]}"#).await.problem(422, slug::INVALID);
    server.send("POST", path::TOKENS, r#"{"name":"","scopes":["check"]}"#).await.problem(422, slug::INVALID);
    server.send("GET", "/v1/audit?from=x", "").await.problem(400, slug::BAD_REQUEST);
    server.send("GET", "/v1/audit?form=1", "").await.problem(400, slug::BAD_REQUEST);
    server.stop().await;
}

#[tokio::test]
async fn odd_characters_are_values_like_any_other() {
    let server = TestServer::start().await;
    for value in ["\0", "a\u{202e}b", "𝒶@example.com", "\u{feff}", "' OR 1=1"] {
        assert_eq!(server.check(value).await.status, 200);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_path_method_or_type_is_a_problem_too() {
    let server = TestServer::start().await;
    server.send("GET", "/v1/nothing", "").await.problem(404, slug::NOT_FOUND);
    let reply = server.send("GET", path::CHECK, "").await;
    reply.problem(405, slug::METHOD);
    assert!(reply.head.to_ascii_lowercase().contains("allow: post"), "{}", reply.head);
    let headers = format!("{}content-type: text/plain\r\n", bearer(&server.token));
    server.send_with("POST", path::CHECK, &headers, "{}").await.problem(415, slug::MEDIA_TYPE);
    server.send_with("POST", path::CHECK, &bearer(&server.token), "{}").await.problem(415, slug::MEDIA_TYPE);
    server.send("POST", path::CHECK_BULK, "{}").await.problem(415, slug::MEDIA_TYPE);
    let target = format!("/v1/status?{}", "x".repeat(2_000));
    server.send("GET", &target, "").await.problem(400, slug::BAD_REQUEST);
    server.stop().await;
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_announced_or_not() {
    let server = TestServer::start().await;
    let headers = format!("{}{JSON}", bearer(&server.token));
    let host = server.address;
    for (path, max) in [(path::CHECK, CHECK_BODY_BYTES_MAX), (path::STATEMENTS, STATEMENTS_BODY_BYTES_MAX)] {
        let announced = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\n{headers}content-length: {}\r\n\r\n", max + 1);
        server.raw(&announced).await.problem(413, slug::TOO_LARGE);
    }
    let chunk = format!("{:x}\r\n{}\r\n", 256 * 1024, " ".repeat(256 * 1024));
    let chunked =
        format!("POST {} HTTP/1.1\r\nhost: {host}\r\n{headers}transfer-encoding: chunked\r\n\r\n", path::CHECK);
    server.raw(&format!("{chunked}{}", chunk.repeat(5))).await.problem(413, slug::TOO_LARGE);
    server.stop().await;
}

#[tokio::test]
async fn a_panic_ends_one_request_and_not_the_node() {
    let server = TestServer::start().await;
    let reply: Reply = server.check("panic").await;
    reply.problem(500, slug::INTERNAL);
    assert!(!reply.body.contains("asked for"), "{reply:?}");
    assert_eq!(server.check("a@example.com").await.status, 200);
    server.stop().await;
}
