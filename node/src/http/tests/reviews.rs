//! Reviews over a socket: opened by an application, read, decided, disputed.

use larum_protocol::api::*;
use serde_json::{Value, json};

use super::{
    fake::MEMBER,
    harness::{Reply, TestServer, token},
};
use crate::reviews::CHECKLIST;

/// Has a listed application checked, and gives its review's number.
async fn opened(server: &TestServer, reference: &str) -> u64 {
    let asked = json!({"reference": reference, "emails": ["listed@example.com", "clear@example.com"]});
    let answer: ApplicationAnswer = server.send("POST", path::APPLICATIONS, &asked.to_string()).await.json();
    answer.review.expect("a listed application is a matter for a person")
}

async fn decide(server: &TestServer, id: u64, body: &Value) -> Reply {
    server.send("POST", &format!("/v1/reviews/{id}/decision"), &body.to_string()).await
}

#[tokio::test]
async fn i9_a_listed_application_opens_a_review_and_a_clear_one_does_not() {
    let server = TestServer::start().await;
    let id = opened(&server, "candidate-1").await;
    let clear = json!({"reference": "candidate-2", "emails": ["clear@example.com"]});
    let answer: ApplicationAnswer = server.send("POST", path::APPLICATIONS, &clear.to_string()).await.json();
    assert_eq!(answer.review, None);

    let list: ReviewList = server.send("GET", "/v1/reviews?state=open", "").await.json();
    let shown: Vec<_> = list.reviews.iter().map(|review| (review.id, review.reference.as_deref())).collect();
    assert_eq!((shown, list.waiting), (vec![(id, Some("candidate-1"))], 1));
    let reply = server.send("GET", &format!("/v1/reviews/{id}"), "").await;
    assert!(!reply.body.contains("listed@example.com"), "masked: {}", reply.body);
    let review: Review = reply.json();
    assert_eq!(review.findings[0].result.masked.as_deref(), Some("l***@e***.com"));
    assert_eq!(review.findings[0].result.reports[0].member, MEMBER);
    assert_eq!(review.checklist.len(), CHECKLIST.len());
    server.stop().await;
}

#[tokio::test]
async fn a_false_match_is_disputed_in_one_step() {
    let server = TestServer::start().await;
    let id = opened(&server, "candidate-1").await;
    let body = json!({"decision": "false-match", "reason": "Another person it is.", "dispute": true});
    let review: Review = decide(&server, id, &body).await.json();
    assert_eq!((review.summary.state, review.summary.decision), (ReviewState::Decided, Some(Decision::FalseMatch)));
    assert_eq!(review.disputes, ["ab".repeat(32)]);
    let read: Vec<_> = server.fake.objections.lock().iter().flat_map(|objection| objection.read.clone()).collect();
    assert_eq!(read, ["ab".repeat(32)]);

    decide(&server, id, &body).await.problem(409, slug::CONFLICT);
    assert_eq!(server.fake.objections.lock().len(), 1, "nothing is disputed twice");
    server.stop().await;
}

#[tokio::test]
async fn i9_a_dispute_that_came_since_shows_and_nobody_decides_without_having_read_it() {
    let server = TestServer::start().await;
    let id = opened(&server, "candidate-1").await;
    let get = async || -> Review { server.send("GET", &format!("/v1/reviews/{id}"), "").await.json() };
    let read = get().await.shown;
    for known in server.fake.known.lock().values_mut().filter(|known| known.verdict == Verdict::Listed) {
        let disputed = Report { member: "Elm".to_owned(), stance: "dispute".to_owned(), ..known.reports[0].clone() };
        known.verdict = Verdict::Disputed;
        known.reports.push(disputed);
    }
    let body = |shown: &str| json!({"decision": "victim", "reason": "It was stolen.", "dispute": true, "shown": shown});
    let told = decide(&server, id, &body(&read)).await.problem(409, slug::CONFLICT).detail.unwrap();
    assert!(told.contains("since this review was read") && server.fake.objections.lock().is_empty(), "{told}");
    let now = get().await;
    assert_eq!((now.verdict_now, now.findings[0].since.len()), (Some(Verdict::Disputed), 1));
    assert_eq!(decide(&server, id, &body(&now.shown)).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_decision_is_reopened_and_a_colleague_who_may_publish_disputes_it_later() {
    let server = TestServer::start().await;
    let id = opened(&server, "candidate-1").await;
    let at = |what: &str| format!("/v1/reviews/{id}/{what}");
    let reason = json!({"reason": "The wrong button was pressed."}).to_string();
    server.send("POST", &at("reopen"), &reason).await.problem(409, slug::CONFLICT);
    decide(&server, id, &json!({"decision": "unsure", "reason": "It cannot be told."})).await;
    server.send("POST", &at("reopen"), &json!({"reason": "x"}).to_string()).await.problem(422, slug::INVALID);
    server.send("POST", &at("reopen"), "{}").await.problem(400, slug::BAD_JSON);
    let reopened: Review = server.send("POST", &at("reopen"), &reason).await.json();
    assert_eq!((reopened.summary.state, reopened.marks.len()), (ReviewState::Open, 2));
    server.send("POST", &at("dispute"), "{}").await.problem(409, slug::CONFLICT);

    let decided: Review = decide(&server, id, &json!({"decision": "victim", "reason": "It was stolen."})).await.json();
    assert!(decided.summary.undisputed && decided.disputable);
    let list: ReviewList = server.send("GET", "/v1/reviews?undisputed=true", "").await.json();
    assert_eq!(list.reviews.len(), 1);
    let headers = |scopes: &[Scope]| {
        let token = token(&server.tokens, scopes);
        format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n")
    };
    for scopes in [&[Scope::Check][..], &[Scope::Publish]] {
        server.send_with("POST", &at("dispute"), &headers(scopes), "{}").await.problem(403, slug::SCOPE);
    }
    let reply = server.send_with("POST", &at("dispute"), &headers(&[Scope::Check, Scope::Publish]), "{}").await;
    let disputed: Review = reply.json();
    assert_eq!((disputed.disputes.len(), server.fake.objections.lock().len()), (1, 1));
    server.send("POST", "/v1/reviews/99999/dispute", "{}").await.problem(404, slug::NOT_FOUND);
    server.stop().await;
}

#[tokio::test]
async fn a_dispute_takes_the_scope_to_publish_and_reading_the_scope_to_check() {
    let server = TestServer::start().await;
    let id = opened(&server, "candidate-1").await;
    let headers = |scope| {
        let token = token(&server.tokens, &[scope]);
        format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n")
    };
    let target = format!("/v1/reviews/{id}/decision");
    let dispute = json!({"decision": "victim", "reason": "It was stolen.", "dispute": true}).to_string();
    server.send_with("POST", &target, &headers(Scope::Check), &dispute).await.problem(403, slug::SCOPE);
    assert!(server.fake.objections.lock().is_empty());
    for (method, target) in [("GET", "/v1/reviews"), ("GET", "/v1/reviews/1"), ("POST", target.as_str())] {
        server.send_with(method, target, &headers(Scope::Publish), &dispute).await.problem(403, slug::SCOPE);
        server.send_with(method, target, "", &dispute).await.problem(401, slug::UNAUTHORIZED);
    }
    let alone = json!({"decision": "victim", "reason": "It was stolen."}).to_string();
    let reply = server.send_with("POST", &target, &headers(Scope::Check), &alone).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    server.stop().await;
}

#[tokio::test]
async fn what_makes_no_sense_is_told_and_decides_nothing() {
    let server = TestServer::start().await;
    let id = opened(&server, "candidate-1").await;
    let unchecked = json!({"decision": "confirmed", "reason": "The report says so."});
    decide(&server, id, &unchecked).await.problem(422, slug::INVALID);
    decide(&server, id, &json!({"decision": "unsure", "reason": ""})).await.problem(422, slug::INVALID);
    decide(&server, id, &json!({"decision": "guilty", "reason": "They are guilty."}))
        .await
        .problem(400, slug::BAD_JSON);
    decide(&server, id, &json!({"decision": "unsure"})).await.problem(400, slug::BAD_JSON);
    decide(&server, id + 1, &json!({"decision": "unsure", "reason": "It cannot be told."}))
        .await
        .problem(404, slug::NOT_FOUND);
    for target in ["/v1/reviews/0", "/v1/reviews/18446744073709551615"] {
        server.send("GET", target, "").await.problem(404, slug::NOT_FOUND);
    }
    for target in ["/v1/reviews/x", "/v1/reviews/-1", "/v1/reviews/18446744073709551616", "/v1/reviews?state=x"] {
        server.send("GET", target, "").await.problem(400, slug::BAD_REQUEST);
    }
    let most = "/v1/reviews?after=18446744073709551615&limit=18446744073709551615";
    assert_eq!(server.send("GET", most, "").await.status, 200);
    assert_eq!(server.reviews.get(id).unwrap().summary.state, ReviewState::Open);
    server.stop().await;
}

#[tokio::test]
async fn what_matched_is_given_in_clear_only_to_who_asks_for_it_and_only_while_it_is_kept() {
    let server = TestServer::start().await;
    let id = opened(&server, "candidate-1").await;
    let target = format!("/v1/reviews/{id}/identifiers");
    let clear: ReviewIdentifiers = server.send("POST", &target, "").await.json();
    let values: Vec<_> = clear.identifiers.iter().map(|each| (each.kind.as_str(), each.value.as_str())).collect();
    assert_eq!((clear.review, values), (id, vec![("email", "listed@example.com")]));
    assert!(!format!("{clear:?}").contains("listed@"));
    assert_eq!(server.send("GET", &target, "").await.status, 405);

    let publisher = format!("authorization: Bearer {}\r\n", token(&server.tokens, &[Scope::Publish]));
    server.send_with("POST", &target, &publisher, "").await.problem(403, slug::SCOPE);
    server.send_with("POST", &target, "", "").await.problem(401, slug::UNAUTHORIZED);
    server.send("POST", "/v1/reviews/99999/identifiers", "").await.problem(404, slug::NOT_FOUND);
    server.send("POST", "/v1/reviews/x/identifiers", "").await.problem(400, slug::BAD_REQUEST);
    decide(&server, id, &json!({"decision": "unsure", "reason": "It cannot be told."})).await;
    server.send("POST", &target, "").await.problem(409, slug::CONFLICT);
    server.stop().await;
}
