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
    let body = json!({"decision": "false-match", "reason": "Another person.", "dispute": true});
    let review: Review = decide(&server, id, &body).await.json();
    assert_eq!((review.summary.state, review.summary.decision), (ReviewState::Decided, Some(Decision::FalseMatch)));
    assert_eq!(review.disputes, ["ab".repeat(32)]);
    let published = server.fake.published.lock().clone();
    let said: Vec<_> = published.iter().map(|row| (row.action, row.value.as_str(), row.reason.as_deref())).collect();
    assert_eq!(said, [(Action::Dispute, "listed@example.com", Some("COR.ERROR"))]);

    decide(&server, id, &body).await.problem(409, slug::CONFLICT);
    assert_eq!(server.fake.published.lock().len(), 1, "nothing is disputed twice");
    server.stop().await;
}

#[tokio::test]
async fn a_decision_whose_dispute_fails_is_not_kept() {
    let server = TestServer::start().await;
    let id = opened(&server, "candidate-1").await;
    let body = json!({"decision": "victim", "reason": "Stolen.", "dispute": true, "identifiers":
        [{"kind": "email", "value": "undisputed@example.com"}]});
    let problem = decide(&server, id, &body).await.problem(422, slug::INVALID);
    assert!(problem.detail.unwrap().contains("nothing was decided"));
    assert_eq!(server.reviews.get(id).unwrap().summary.state, ReviewState::Open);
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
    let dispute = json!({"decision": "victim", "reason": "Stolen.", "dispute": true}).to_string();
    server.send_with("POST", &target, &headers(Scope::Check), &dispute).await.problem(403, slug::SCOPE);
    assert!(server.fake.published.lock().is_empty());
    for (method, target) in [("GET", "/v1/reviews"), ("GET", "/v1/reviews/1"), ("POST", target.as_str())] {
        server.send_with(method, target, &headers(Scope::Publish), &dispute).await.problem(403, slug::SCOPE);
        server.send_with(method, target, "", &dispute).await.problem(401, slug::UNAUTHORIZED);
    }
    let alone = json!({"decision": "victim", "reason": "Stolen."}).to_string();
    let reply = server.send_with("POST", &target, &headers(Scope::Check), &alone).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    server.stop().await;
}

#[tokio::test]
async fn what_makes_no_sense_is_told_and_decides_nothing() {
    let server = TestServer::start().await;
    let id = opened(&server, "candidate-1").await;
    decide(&server, id, &json!({"decision": "confirmed", "reason": "x"})).await.problem(422, slug::INVALID);
    decide(&server, id, &json!({"decision": "unsure", "reason": ""})).await.problem(422, slug::INVALID);
    decide(&server, id, &json!({"decision": "guilty", "reason": "x"})).await.problem(400, slug::BAD_JSON);
    decide(&server, id, &json!({"decision": "unsure"})).await.problem(400, slug::BAD_JSON);
    decide(&server, id + 1, &json!({"decision": "unsure", "reason": "x"})).await.problem(404, slug::NOT_FOUND);
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
