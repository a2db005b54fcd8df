//! Greenhouse and the receiver of callbacks as Cedar's node meets them: who is let in, what is kept, where it ends.

#![allow(clippy::unwrap_used, reason = "tests")]

use reqwest::{Client, Method, RequestBuilder};

use super::*;

async fn started() -> (Receiver, impl Fn(Method, &str) -> RequestBuilder) {
    let receiver = Receiver::start().await.unwrap();
    let (url, http) = (receiver.url(), Client::builder().no_proxy().build().unwrap());
    (receiver, move |method, path: &str| http.request(method, format!("{url}{path}")))
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_note_needs_an_access_token_and_is_listed_then() {
    let (receiver, ask) = started().await;
    let bearer = format!("Bearer {}", receiver.shared.access_token);
    let write = || {
        ask(Method::POST, "/v3/notes").body("{\"candidate_id\": 7, \"body\": \"look\", \"visibility\": \"private\"}")
    };
    assert_eq!(status(write()).await, 401);
    assert_eq!((receiver.notes(7).len(), receiver.strange()), (0, 1));
    assert_eq!(status(write().header(AUTHORIZATION, &bearer)).await, 201);
    let listed = ask(Method::GET, "/v3/notes?candidate_ids=7&per_page=500").header(AUTHORIZATION, &bearer);
    assert_eq!(listed.send().await.unwrap().json::<Value>().await.unwrap(), json!([{"body": "look"}]));
    assert_eq!((receiver.notes(7), receiver.notes(8)), (vec!["look".to_owned()], Vec::new()));
}

#[tokio::test]
async fn whoever_would_move_or_reject_an_applicant_is_counted() {
    let (receiver, ask) = started().await;
    for (at, (method, path)) in
        [(Method::POST, "/v3/applications/1/reject"), (Method::DELETE, "/v3/notes")].into_iter().enumerate()
    {
        assert_eq!(status(ask(method, path)).await, 404);
        assert_eq!(receiver.strange() as usize, at + 1);
    }
}

#[tokio::test]
async fn no_more_is_taken_or_kept_than_the_bounds_allow() {
    let (receiver, ask) = started().await;
    let bearer = format!("Bearer {}", receiver.shared.access_token);
    let write = |body: String| status(ask(Method::POST, "/v3/notes").header(AUTHORIZATION, &bearer).body(body));
    assert_eq!(write(" ".repeat(BODY_BYTES_MAX + 1)).await, 413);
    for _ in 0..KEPT_MAX {
        assert_eq!(write("{\"candidate_id\": 7, \"body\": \"look\"}".to_owned()).await, 201);
    }
    assert_eq!(write("{\"candidate_id\": 7, \"body\": \"look\"}".to_owned()).await, 503);
    assert_eq!(receiver.notes(7).len(), KEPT_MAX);
}

#[tokio::test]
async fn a_callback_without_a_right_signature_is_not_kept() {
    let (receiver, ask) = started().await;
    let body = "{\"type\": \"alert.raised\", \"data\": {\"reference\": \"7\", \"kinds\": [], \"verdict\": \"listed\"}}";
    let forged = ask(Method::POST, "/callback")
        .header("webhook-id", "1")
        .header("webhook-timestamp", (larum_node::clock::now().0 / 1000).to_string())
        .header("webhook-signature", format!("v1,{}", BASE64.encode(&[0; 32])));
    assert_eq!(status(forged.body(body)).await, 401);
    assert!(receiver.callback("alert.raised", "7").is_none());
    assert_eq!(receiver.strange(), 1);
}
