//! Whole applications: one answer, one record, and bounds before memory is taken.

use larum_protocol::{
    api::*,
    receipt::{Receipt, Transcript, split_answer},
};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::harness::{DEADLINE, Reply, TestServer, read_reply, token};
use crate::http::Limits;

const BOUNDARY: &str = "----larum";

/// A form of fields: name, file name, bytes as text.
fn form(fields: &[(&str, Option<&str>, &str)]) -> String {
    let field = |(name, file, text): &(&str, Option<&str>, &str)| {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{text}\r\n")
    };
    let fields: String = fields.iter().map(field).collect();
    format!("{fields}--{BOUNDARY}--\r\n")
}

async fn send_form(server: &TestServer, body: &str) -> Reply {
    let bearer = format!("authorization: Bearer {}\r\n", server.token);
    let content = format!("content-type: multipart/form-data; boundary={BOUNDARY}\r\n");
    server.send_with("POST", path::APPLICATIONS, &format!("{bearer}{content}"), body).await
}

async fn send(server: &TestServer, body: &Value) -> Reply {
    server.send("POST", path::APPLICATIONS, &body.to_string()).await
}

async fn recorded(server: &TestServer) -> Vec<AuditRecord> {
    let page: AuditPage = server.send("GET", "/v1/audit?from=1&limit=10", "").await.json();
    page.records
}

#[tokio::test]
async fn i11_an_application_has_one_answer_that_is_on_record_with_a_receipt() {
    let server = TestServer::start().await;
    // Given an application with a listed mailbox, a resume that is worth a look, and a file that nobody can read
    let asked = json!({
        "reference": "candidate-1", "names": ["Jordan Example"],
        "emails": ["listed@example.com", "clear@example.com"],
        "documents": [
            {"name": "cv.txt", "data": data_encoding::BASE64.encode(b"the text of a listed resume")},
            {"data": data_encoding::BASE64.encode(&[0xff, 0xfe])},
        ],
        "watch_days": 0,
    });
    // when it is sent
    let reply = send(&server, &asked).await;
    // then each part has a result, in order, and the whole is as bad as the worst of them
    assert_eq!(reply.status, 200, "{reply:?}");
    let answer: ApplicationAnswer = reply.json();
    let shown: Vec<_> = answer.results.iter().map(|each| (each.document.as_deref(), each.result.verdict)).collect();
    assert_eq!(
        shown,
        [
            (None, Verdict::Listed),
            (None, Verdict::Clear),
            (Some("cv.txt"), Verdict::Caution),
            (Some("document 2"), Verdict::Unknown)
        ]
    );
    assert_eq!((answer.verdict, answer.names.as_slice()), (Verdict::Listed, ["Jordan Example".to_owned()].as_slice()));
    assert_eq!(answer.results[0].result.masked.as_deref(), Some("l***@e***.com"));
    assert!(answer.results[3].result.error.as_ref().unwrap().contains("encrypted"));
    // and the receipt verifies, and the record holds counts alone
    let (signed, receipt) = split_answer(&reply.body).unwrap();
    Receipt::verify(receipt, &Transcript::of(asked.to_string().as_bytes(), signed.as_bytes())).unwrap();
    let records = recorded(&server).await;
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].event, records[0].verdict), (AuditEvent::Application, Verdict::Listed));
    assert_eq!(records[0].results.iter().map(|result| result.count).sum::<u64>(), 4);
    let text = serde_json::to_string(&records).unwrap();
    assert!(!text.contains("example.com") && !text.contains("Jordan") && !text.contains("candidate-1"), "{text}");
    server.stop().await;
}

#[tokio::test]
async fn an_application_comes_as_a_form_with_files_too() {
    let server = TestServer::start().await;
    let application = json!({"reference": "candidate-2", "phones": ["+1 212 555 0142"]}).to_string();
    let body = form(&[
        ("application", None, &application),
        ("documents", Some("C:\\fakepath\\cv.txt"), "the text of a listed resume"),
    ]);
    let reply = send_form(&server, &body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let answer: ApplicationAnswer = reply.json();
    assert_eq!((answer.verdict, answer.reference.as_deref()), (Verdict::Caution, Some("candidate-2")));
    assert_eq!(answer.results[1].document.as_deref(), Some("cv.txt"));
    let (signed, receipt) = split_answer(&reply.body).unwrap();
    Receipt::verify(receipt, &Transcript::of(body.as_bytes(), signed.as_bytes())).unwrap();
    server.stop().await;
}

#[tokio::test]
async fn i8_an_application_whose_only_document_cannot_be_read_is_unknown() {
    let server = TestServer::start().await;
    let reply = send(&server, &json!({"documents": [{"data": "//79"}]})).await;
    let answer: ApplicationAnswer = reply.json();
    assert_eq!((answer.verdict, answer.results.len()), (Verdict::Unknown, 1));
    assert_eq!(recorded(&server).await[0].verdict, Verdict::Unknown);
    server.stop().await;
}

#[tokio::test]
async fn an_application_that_makes_no_sense_is_refused_and_not_quoted() {
    let server = TestServer::start().await;
    let long = "j.doe@example.com".repeat(20);
    let many: Vec<_> = (0..=CHECK_IDENTIFIERS_MAX).map(|n| format!("a{n}@example.com")).collect();
    let documents = |count| vec![json!({"data": ""}); count];
    for (body, told) in [
        (json!({}), "nothing to look up"),
        (json!({"names": ["Jordan Example"]}), "nothing to look up"),
        (json!({"emails": many}), "identifiers"),
        (json!({"emails": ["a@example.com"], "names": vec!["x"; 17]}), "16 names"),
        (json!({"emails": ["a@example.com"], "names": [long]}), "256 bytes"),
        (json!({"emails": ["a@example.com"], "reference": long}), "reference"),
        (json!({"documents": documents(9)}), "more than 8 documents"),
        (json!({"documents": [{"data": "j.doe@example.com"}]}), "document 1 is not base64"),
        (json!({"emails": ["a@example.com"], "watch_days": 366}), "365"),
        (json!({"emails": ["a@example.com"], "watch_days": 1}), "keeps no watches"),
    ] {
        let problem = send(&server, &body).await.problem(422, slug::INVALID);
        let detail = problem.detail.unwrap();
        assert!(detail.contains(told) && !detail.contains("example"), "{detail}");
    }
    send(&server, &json!({"email": ["a@example.com"]})).await.problem(400, slug::BAD_JSON);
    assert!(recorded(&server).await.is_empty(), "nothing was looked up");
    server.stop().await;
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_refused() {
    let server = TestServer::start().await;
    let whole = form(&[("application", None, "{\"emails\":[\"a@example.com\"]}")]);
    for body in ["", "no form", &whole[..whole.len() / 2], "------larum\r\n\r\n\r\n------larum--\r\n"] {
        send_form(&server, body).await.problem(400, slug::BAD_REQUEST);
    }
    send_form(&server, &form(&[("secret", None, "x")])).await.problem(400, slug::BAD_REQUEST);
    let twice = form(&[("application", None, "{}"), ("application", None, "{}")]);
    send_form(&server, &twice).await.problem(400, slug::BAD_REQUEST);
    let both = form(&[("application", None, "{\"documents\":[{\"data\":\"\"}]}")]);
    send_form(&server, &both).await.problem(422, slug::INVALID);
    let many: Vec<_> = (0..257).map(|_| ("documents", Some("x"), "x")).collect();
    send_form(&server, &form(&many)).await.problem(400, slug::BAD_REQUEST);
    let bearer = format!("authorization: Bearer {}\r\n", server.token);
    let reply =
        server.send_with("POST", path::APPLICATIONS, &format!("{bearer}content-type: text/plain\r\n"), "").await;
    assert!(reply.problem(415, slug::MEDIA_TYPE).detail.unwrap().contains("multipart/form-data"));
    server.stop().await;
}

#[tokio::test]
async fn an_application_wants_the_scope_to_check() {
    let server = TestServer::start().await;
    let bearer = format!("authorization: Bearer {}\r\n", token(&server.tokens, &[Scope::Publish, Scope::Admin]));
    let headers = format!("{bearer}content-type: application/json\r\n");
    server.send_with("POST", path::APPLICATIONS, &headers, "{}").await.problem(403, slug::SCOPE);
    server.stop().await;
}

#[tokio::test]
async fn i10_an_upload_of_2_gb_is_refused_before_any_of_it_is_read() {
    let server = TestServer::start().await;
    let (host, token) = (server.address, &server.token);
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\ncontent-type: multipart/form-data; \
         boundary={BOUNDARY}\r\n",
        path::APPLICATIONS
    );
    // Not one byte of the body is sent, so an answer means that none was waited for.
    let reply = server.raw(&format!("{head}content-length: 2147483648\r\n\r\n")).await;
    reply.problem(413, slug::TOO_LARGE);
    // One that does not say how long it is, is cut off at the limit.
    let mut stream = server.asked(&format!("{head}transfer-encoding: chunked\r\n\r\n")).await;
    let megabyte = format!("100000\r\n{}\r\n", "x".repeat(1 << 20));
    let (mut reads, mut writes) = stream.split();
    let flood = async {
        for _ in 0..2_048 {
            if writes.write_all(megabyte.as_bytes()).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let mut bytes = Vec::new();
    let answered = async {
        while !String::from_utf8_lossy(&bytes).contains("too-large") {
            assert_ne!(tokio::io::AsyncReadExt::read_buf(&mut reads, &mut bytes).await.unwrap(), 0);
        }
    };
    tokio::select! {
        () = flood => unreachable!("it never ends"),
        answered = tokio::time::timeout(DEADLINE, answered) => answered.expect("an answer in time"),
    }
    assert!(bytes.starts_with(b"HTTP/1.1 413"));
    server.stop().await;
}

#[tokio::test]
async fn i10_large_applications_have_few_places_and_small_ones_need_none() {
    let server = TestServer::limited(Limits { uploads: 1, ..Limits::default() }).await;
    let (host, token) = (server.address, &server.token);
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n",
        path::APPLICATIONS
    );
    let large = 2 * CHECK_BODY_BYTES_MAX;
    // Given one large application on its way: the server answers 100 once it wants the body, with the place taken
    let mut first = server.asked(&format!("{head}expect: 100-continue\r\ncontent-length: {large}\r\n\r\n")).await;
    assert_eq!(read_reply(&mut first).await.status, 100);
    // when another comes, it is told to come back, and a small one is answered
    let second = server.raw(&format!("{head}content-length: {large}\r\n\r\n")).await;
    second.problem(503, slug::UNAVAILABLE);
    assert_eq!(send(&server, &json!({"emails": ["a@example.com"]})).await.status, 200);
    // then the first still has its answer
    let body = json!({"emails": ["a@example.com"]}).to_string();
    first.write_all(format!("{body}{}", " ".repeat(large - body.len())).as_bytes()).await.unwrap();
    assert_eq!(read_reply(&mut first).await.status, 200);
    server.stop().await;
}
