//! Every endpoint, asked as it should be.

use larum_protocol::{
    api::*,
    receipt::{Receipt, Transcript, split_answer},
};

use super::harness::{TestServer, check_body, token};

#[tokio::test]
async fn a_check_answers_with_a_verdict_and_a_receipt_that_verifies_offline() {
    let server = TestServer::start().await;
    let asked = check_body("listed@example.com");
    let reply = server.send("POST", path::CHECK, &asked).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let answer: CheckAnswer = reply.json();
    assert_eq!((answer.verdict, answer.results[0].verdict), (Verdict::Listed, Verdict::Listed));

    let (signed, receipt) = split_answer(&reply.body).unwrap();
    let transcript = Transcript::of(asked.as_bytes(), signed.as_bytes());
    let verified = Receipt::verify(receipt, &transcript).unwrap();
    assert_eq!(verified.coverage.roster, 7);
    let unsigned = serde_json::to_string(&CheckAnswer { receipt: None, ..answer }).unwrap();
    assert_eq!(unsigned, signed, "the answer's types print what was signed");
    server.stop().await;
}

#[tokio::test]
async fn i11_a_check_is_on_record_before_its_answer_arrives_and_the_record_names_no_identifier() {
    let server = TestServer::start().await;
    server.check("listed@example.com").await;
    server.check("clear@example.com").await;
    let page: AuditPage = server.send("GET", "/v1/audit?from=1&limit=10", "").await.json();
    let verdicts: Vec<_> = page.records.iter().map(|record| record.verdict).collect();
    assert_eq!(verdicts, [Verdict::Listed, Verdict::Clear]);
    let tokens: TokenList = server.send("GET", path::TOKENS, "").await.json();
    assert_eq!(page.records[0].token, tokens.tokens[0].id);

    for file in std::fs::read_dir(server.dir.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(11).any(|window| window == b"example.com"));
    }
    server.stop().await;
}

#[tokio::test]
async fn i11_nothing_is_answered_when_the_record_cannot_be_written() {
    let server = TestServer::start().await;
    server.recorder.close().await;
    server.check("listed@example.com").await.problem(503, slug::AUDIT_UNAVAILABLE);
    let headers = format!("authorization: Bearer {}\r\ncontent-type: application/x-ndjson\r\n", server.token);
    let bulk = server.send_with("POST", path::CHECK_BULK, &headers, "").await;
    bulk.problem(503, slug::AUDIT_UNAVAILABLE);
    server.stop().await;
}

#[tokio::test]
async fn an_identifier_that_cannot_be_read_is_unknown_and_never_clear() {
    let server = TestServer::start().await;
    let answer: CheckAnswer = server.check("broken").await.json();
    assert_eq!((answer.verdict, answer.results[0].verdict), (Verdict::Unknown, Verdict::Unknown));
    assert!(answer.results[0].error.is_some());
    server.stop().await;
}

#[tokio::test]
async fn what_the_node_says_of_itself_can_be_read() {
    let server = TestServer::start().await;
    assert_eq!(server.send("GET", path::STATUS, "").await.json::<StatusAnswer>().member, "Acme");
    assert_eq!(server.send("GET", path::MEMBERS, "").await.json::<MemberList>().roster, 7);
    assert_eq!(server.send("GET", path::PEERS, "").await.json::<PeerList>(), PeerList::default());
    assert_eq!(server.send("GET", path::LOGS, "").await.json::<LogList>(), LogList::default());
    assert_eq!(server.send("GET", path::ALLOW, "").await.json::<AllowList>(), AllowList::default());
    let body = r#"{"action":"add","identifiers":[{"kind":"email","value":"hr@example.com"}]}"#;
    assert_eq!(server.send("POST", path::ALLOW, body).await.json::<AllowAnswer>().changed, 1);
    server.stop().await;
}

#[tokio::test]
async fn probes_need_no_token() {
    let server = TestServer::start().await;
    server.check("listed@example.com").await;
    for path in [path::HEALTHZ, path::READYZ] {
        let reply = server.send_with("GET", path, "", "").await;
        assert_eq!((reply.status, reply.json::<Health>().status.as_str()), (200, "ok"));
    }
    let metrics = server.send_with("GET", path::METRICS, "", "").await;
    assert!(metrics.body.contains("larum_lookups_total{verdict=\"listed\"} 1"), "{}", metrics.body);
    assert!(metrics.body.contains("larum_http_requests_total{route=\"/v1/check\",status=\"200\"} 1"));
    assert!(!metrics.body.contains("example.com"));

    *server.fake.ready.lock() = false;
    let reply = server.send_with("GET", path::READYZ, "", "").await;
    assert_eq!((reply.status, reply.json::<Health>().reason.as_deref()), (503, Some("catching up")));
    server.stop().await;
}

#[tokio::test]
async fn tokens_are_made_listed_and_revoked() {
    let server = TestServer::start().await;
    let body = r#"{"name":"greenhouse","scopes":["check"]}"#;
    let reply = server.send("POST", path::TOKENS, body).await;
    assert_eq!(reply.status, 201);
    let made: NewToken = reply.json();
    let list = server.send("GET", path::TOKENS, "").await;
    assert!(list.json::<TokenList>().tokens.contains(&made.info));
    assert!(!list.body.contains(&made.token), "a list shows no token");

    let headers = format!("authorization: bearer {}\r\n", made.token);
    assert_eq!(server.send_with("GET", path::STATUS, &headers, "").await.status, 200);
    let gone = format!("/v1/tokens/{}", made.info.id);
    assert_eq!(server.send("DELETE", &gone, "").await.status, 204);
    server.send("DELETE", &gone, "").await.problem(404, slug::NOT_FOUND);
    server.send_with("GET", path::STATUS, &headers, "").await.problem(401, slug::UNAUTHORIZED);
    server.stop().await;
}

#[tokio::test]
async fn the_openapi_document_names_every_path() {
    let server = TestServer::start().await;
    let reply = server.send_with("GET", path::OPENAPI, "", "").await;
    let document: serde_json::Value = reply.json();
    for known in [
        path::CHECK,
        path::CHECK_BULK,
        path::STATEMENTS,
        path::STATUS,
        path::MEMBERS,
        path::PEERS,
        path::LOGS,
        path::AUDIT,
        path::TOKENS,
        path::TOKEN,
        path::ALLOW,
        path::HEALTHZ,
        path::READYZ,
        path::METRICS,
        path::OPENAPI,
    ] {
        assert!(document["paths"].get(known).is_some(), "{known} is not documented");
    }
    assert!(document["components"]["schemas"]["CheckAnswer"].is_object());
    server.stop().await;
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request_and_answers_are_not_cached() {
    let server = TestServer::start().await;
    let reply = server.check("a@example.com").await;
    assert!(reply.head.contains("cache-control: no-store"), "{}", reply.head);
    assert!(reply.head.contains("x-content-type-options: nosniff"));
    assert!(!reply.head.contains("connection: close"));
    let narrow = token(&server.tokens, &[Scope::Check]);
    assert!(narrow.starts_with("larum_") && narrow.len() == 49);
    server.stop().await;
}
