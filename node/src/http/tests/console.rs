//! The console over a socket: who gets in, what a form takes, and that nothing that others wrote runs.

mod in_clear;
mod receipts;
mod record;

use std::fmt::Write as _;

use larum_protocol::api::*;

use super::{
    fake::MEMBER,
    harness::{Reply, TestServer, token},
};
use crate::{console::place, http::auth::unix_seconds};

mod reviews;

const SCRIPT: &str = "<script>alert('applicant')</script>";

/// A browser that is signed in.
struct Browser<'a> {
    server: &'a TestServer,
    cookie: String,
    /// The secret of its session's forms.
    secret: String,
}

fn encoded(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Posts a form as a browser does, with these headers beside.
async fn post(server: &TestServer, place: &str, headers: &str, fields: &[(&str, &str)]) -> Reply {
    let origin = format!("origin: http://{}\r\nsec-fetch-site: same-origin\r\n", server.address);
    let content = "content-type: application/x-www-form-urlencoded\r\n";
    server.send_with("POST", place, &format!("{origin}{content}{headers}"), &encoded(fields)).await
}

fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

async fn sign_in<'a>(server: &'a TestServer, token: &str) -> Browser<'a> {
    let reply = post(server, place::SIGN_IN, "", &[("token", token)]).await;
    assert_eq!((reply.status, header(&reply, "location")), (303, Some("/")), "{reply:?}");
    let set = header(&reply, "set-cookie").unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict") && !set.contains("Secure"), "{set}");
    assert!(!set.contains(token), "the cookie is not the token");
    let cookie = format!("cookie: {}\r\n", set.split(';').next().unwrap());
    let mut browser = Browser { server, cookie, secret: String::new() };
    let home = browser.get(place::HOME).await;
    let page = browser.get(header(&home, "location").unwrap()).await;
    let (_, rest) = page.body.split_once("name=\"form\" value=\"").expect("a form with its secret");
    browser.secret = rest.split('"').next().unwrap().to_owned();
    browser
}

impl Browser<'_> {
    async fn get(&self, place: &str) -> Reply {
        self.server.send_with("GET", place, &self.cookie, "").await
    }

    async fn post(&self, place: &str, fields: &[(&str, &str)]) -> Reply {
        let fields: Vec<_> = fields.iter().copied().chain([("form", self.secret.as_str())]).collect();
        post(self.server, place, &self.cookie, &fields).await
    }

    /// Sends the check page's form, as a browser does: with a file field where none was chosen.
    async fn check(&self, fields: &[(&str, &str)]) -> Reply {
        let mut body = String::new();
        for (name, value) in fields.iter().copied().chain([("form", self.secret.as_str())]) {
            write!(body, "--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").unwrap();
        }
        body += "--b\r\ncontent-disposition: form-data; name=\"documents\"; filename=\"\"\r\n\r\n\r\n--b--\r\n";
        let headers = format!("{}content-type: multipart/form-data; boundary=b\r\n", self.cookie);
        self.server.send_with("POST", place::CHECK, &headers, &body).await
    }
}

#[tokio::test]
async fn a_page_shows_only_to_who_is_signed_in_and_may_load_only_what_the_node_serves() {
    let server = TestServer::start().await;
    for page in [
        place::CHECK,
        place::REVIEWS,
        "/reviews/1",
        place::ALERTS,
        place::STATEMENTS,
        place::NETWORK,
        place::AUDIT,
        place::RECEIPTS,
        place::TOKENS,
    ] {
        for cookie in ["", "cookie: larum_session=guess\r\n", "cookie: larum_session=\r\n"] {
            let reply = server.send_with("GET", page, cookie, "").await;
            assert_eq!((reply.status, header(&reply, "location")), (303, Some(place::SIGN_IN)), "{page}");
        }
    }
    let browser = sign_in(&server, &server.token).await;
    for page in [place::CHECK, place::REVIEWS, place::STATEMENTS, place::NETWORK, place::AUDIT, place::TOKENS] {
        let reply = browser.get(page).await;
        assert_eq!(reply.status, 200, "{page}: {reply:?}");
        let policy = header(&reply, "content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(header(&reply, "cache-control"), Some("no-store"));
        assert_eq!(header(&reply, "x-content-type-options"), Some("nosniff"));
        for inline in ["style=\"", "onclick", "javascript:", "http://", "https://"] {
            assert!(!reply.body.contains(inline), "{page} has {inline}");
        }
    }
    for asset in [place::STYLE, place::SCRIPT, place::ICON] {
        assert_eq!(server.send_with("GET", asset, "", "").await.status, 200);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_bad_token_opens_no_session_and_a_revoked_one_ends_it() {
    let server = TestServer::start().await;
    let old = TokenRequest { name: "old".to_owned(), scopes: vec![Scope::Check], expires_days: Some(1) };
    let old = server.tokens.create(&old, 1_000).unwrap().token;
    for token in ["", "larum_guess", &old] {
        let reply = post(&server, place::SIGN_IN, "", &[("token", token)]).await;
        assert_eq!((reply.status, header(&reply, "set-cookie")), (401, None));
        assert!(!reply.body.contains("guess"));
    }
    let request = TokenRequest { name: "new".to_owned(), scopes: vec![Scope::Check], expires_days: None };
    let made = server.tokens.create(&request, unix_seconds()).unwrap();
    let browser = sign_in(&server, &made.token).await;
    assert_eq!(browser.get(place::CHECK).await.status, 200);
    server.tokens.revoke(&made.info.id).unwrap();
    assert_eq!(browser.get(place::CHECK).await.status, 303);
    server.stop().await;
}

#[tokio::test]
async fn a_session_opens_nothing_beyond_its_tokens_scopes() {
    let server = TestServer::start().await;
    let only = token(&server.tokens, &[Scope::Check]);
    let browser = sign_in(&server, &only).await;
    for page in [place::STATEMENTS, place::AUDIT, place::TOKENS] {
        let reply = browser.get(page).await;
        assert_eq!(reply.status, 403, "{page}");
        assert!(
            reply.body.contains("does not permit this") && reply.body.contains("Reviews"),
            "with a way back: {reply:?}"
        );
    }
    for page in [place::STATEMENTS, place::CONFIRM, place::AUDIT_VERIFY, place::TOKENS, place::TOKEN_REVOKE] {
        assert_eq!(browser.post(page, &[]).await.status, 403, "{page}");
    }
    // and what an operator has to do is told to operators
    let told = |page: Reply| page.body.contains("unlock_file");
    assert!(!told(browser.get(place::NETWORK).await));
    assert!(told(sign_in(&server, &server.token).await.get(place::NETWORK).await));
    let home = browser.get(place::CHECK).await.body;
    assert!(!home.contains("href=\"/tokens\"") && home.contains("href=\"/reviews\""));
    server.stop().await;
}

#[tokio::test]
async fn a_form_counts_only_with_its_sessions_secret_and_from_this_origin() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    let other = sign_in(&server, &server.token).await;
    let before = server.tokens.list().len();
    let fields = [("name", "evil"), ("scope", "admin")];
    for secret in ["", "guess", &other.secret] {
        let forged: Vec<_> = fields.into_iter().chain([("form", secret)]).collect();
        assert_eq!(post(&server, place::TOKENS, &browser.cookie, &forged).await.status, 403);
    }
    // Another page of the browser: with the right secret even, which it cannot know.
    let good: Vec<_> = fields.into_iter().chain([("form", browser.secret.as_str())]).collect();
    let port = server.address.port();
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1", &format!("https://127.0.0.1:{port}")] {
        let headers =
            format!("{}origin: {origin}\r\ncontent-type: application/x-www-form-urlencoded\r\n", browser.cookie);
        let reply = server.send_with("POST", place::TOKENS, &headers, &encoded(&good)).await;
        reply.problem(403, slug::ORIGIN);
    }
    let headers =
        format!("{}sec-fetch-site: cross-site\r\ncontent-type: application/x-www-form-urlencoded\r\n", browser.cookie);
    assert_eq!(server.send_with("POST", place::TOKENS, &headers, &encoded(&good)).await.status, 403);
    let rebound = format!("GET /check HTTP/1.1\r\nhost: evil.example\r\n{}\r\n", browser.cookie);
    server.raw(&rebound).await.problem(421, slug::HOST);
    assert_eq!(server.tokens.list().len(), before, "nothing was made");

    let reply = browser.post(place::TOKENS, &fields).await;
    assert!(reply.status == 200 && reply.body.contains("larum_"), "{reply:?}");
    assert_eq!(server.tokens.list().len(), before + 1);
    server.stop().await;
}

#[tokio::test]
async fn a_cookie_is_no_token_for_the_api_and_a_token_none_for_the_console() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    browser.get(path::STATUS).await.problem(401, slug::UNAUTHORIZED);
    let bearer = format!("authorization: Bearer {}\r\n", server.token);
    assert_eq!(server.send_with("GET", place::CHECK, &bearer, "").await.status, 303);
    server.stop().await;
}

#[tokio::test]
async fn who_signs_out_is_out_and_nobody_else_can_do_it() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    post(&server, place::SIGN_OUT, &browser.cookie, &[("form", "guess")]).await;
    assert_eq!(browser.get(place::CHECK).await.status, 200);
    assert_eq!(browser.post(place::SIGN_OUT, &[]).await.status, 303);
    assert_eq!(browser.get(place::CHECK).await.status, 303);
    server.stop().await;
}

#[tokio::test]
async fn behind_a_proxy_with_tls_the_cookie_is_secure() {
    let config = crate::http::HttpConfig { hosts: vec!["larum.example".to_owned()], ..Default::default() };
    let server = TestServer::with(config, std::sync::Arc::new(crate::http::MemoryIdempotency::default())).await;
    let body = encoded(&[("token", &server.token)]);
    let length = body.len();
    let request = format!(
        "POST /sign-in HTTP/1.1\r\nhost: larum.example\r\norigin: https://larum.example\r\ncontent-type: \
         application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let reply = server.raw(&request).await;
    assert!(header(&reply, "set-cookie").unwrap().ends_with("; Secure"), "{reply:?}");
    server.stop().await;
}

#[tokio::test]
async fn i11_a_check_in_the_console_is_on_record_and_leads_to_its_review() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    let reply = browser.check(&[("emails", "listed@example.com\r\n\r\nclear@example.com"), ("names", SCRIPT)]).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(reply.body.contains("Go to review") && reply.body.contains("l***@e***.com"), "{reply:?}");
    let page: AuditPage = server.send("GET", "/v1/audit?from=1&limit=10", "").await.json();
    assert_eq!(page.records.len(), 1);
    assert_eq!((page.records[0].event, page.records[0].verdict), (AuditEvent::Application, Verdict::Listed));
    assert!(browser.get(place::AUDIT).await.body.contains("An application"));
    assert!(browser.post(place::AUDIT_VERIFY, &[]).await.body.contains("holds together"));

    let empty = browser.check(&[("emails", "  ")]).await;
    assert!(empty.status == 422 && empty.body.contains("nothing to look up"), "{empty:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_server_without_watches_offers_none_and_says_so_to_who_asks() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    assert!(!browser.get(place::CHECK).await.body.contains("watch_days"));
    let email = ("emails", "clear@example.com");
    for (days, status, told) in
        [("30", 422, "keeps no watches"), ("x", 422, "whole number"), ("0", 200, "Nothing known")]
    {
        let reply = browser.check(&[email, ("reference", "one"), ("watch_days", days)]).await;
        assert!(reply.status == status && reply.body.contains(told), "{days}: {reply:?}");
    }
    // and without a reference nothing is watched
    assert_eq!(browser.check(&[email, ("watch_days", "30")]).await.status, 200);
    assert_eq!(browser.get("/alerts?closed=odd").await.status, 400);
    assert_eq!(browser.post(place::ALERT_ACKNOWLEDGE, &[("id", "x")]).await.status, 400);
    let none = browser.post(place::ALERT_ACKNOWLEDGE, &[("id", "1")]).await;
    assert!(none.status == 503 && none.body.contains("not open yet"), "{none:?}");
    server.stop().await;
}

#[tokio::test]
async fn what_others_call_themselves_shows_as_text() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    let fields = [("emails", "listed@example.com"), ("names", SCRIPT), ("reference", SCRIPT)];
    let answer = browser.check(&fields).await.body;
    let list = browser.get("/reviews").await.body;
    let id = server.reviews.list(ReviewQuery::default()).reviews[0].id;
    let review = browser.get(&format!("/reviews/{id}")).await.body;
    for (page, told) in [(&answer, SCRIPT), (&answer, MEMBER), (&list, SCRIPT), (&review, SCRIPT), (&review, MEMBER)] {
        assert!(!page.contains(told), "it would run");
        assert!(page.contains(&told.replace('<', "&lt;").replace('>', "&gt;")), "it shows: {page}");
    }
    assert!(!list.contains("listed@") && !review.contains("listed@"), "masked");
    server.stop().await;
}

#[tokio::test]
async fn nothing_is_reported_without_the_standard_of_evidence_and_a_preview_sends_nothing() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    let row = [
        ("action", "publish"),
        ("kind", "email"),
        ("value", "actor@example.com"),
        ("role", "actor-controlled"),
        ("reason", "ART.REUSE"),
        ("evidence", "confirmed"),
        ("observed", "2026-03-02"),
    ];
    let affirmed: Vec<_> = row.into_iter().chain([("standard", "yes")]).collect();
    let reply = browser.post(place::CONFIRM, &row).await;
    assert!(reply.status == 422 && reply.body.contains("meets the standard"), "{reply:?}");
    let preview = browser.post(place::STATEMENTS, &row).await;
    assert!(preview.status == 200 && preview.body.contains("This would leave your node"), "{preview:?}");
    assert!(preview.body.contains(&"7a".repeat(32)), "the tag that stands for the value: {preview:?}");
    assert!(server.fake.published.lock().is_empty());
    let done = browser.post(place::CONFIRM, &affirmed).await;
    assert!(done.status == 200 && done.body.contains("Done"), "{done:?}");
    assert_eq!(server.fake.published.lock().len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn a_form_that_is_not_taken_comes_back_with_what_was_entered_and_what_is_wrong_in_plain_words() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    // a check of a country that there is not, and of more kinds than the usual ones
    let checked =
        [("emails", "kept@example.com"), ("ips", "192.0.2.7"), ("reference", "candidate-7"), ("region", "xx")];
    let reply = browser.check(&checked).await;
    assert_eq!(reply.status, 422, "{reply:?}");
    let told = ["role=\"alert\"", "There is no such country", "details open", "name=\"emails\""];
    for expected in checked.map(|(_, value)| value).into_iter().chain(told) {
        assert!(reply.body.contains(expected), "{expected}: {reply:?}");
    }
    assert!(!reply.body.contains("Status 422") && !reply.body.contains("in your browser"), "{reply:?}");
    let more = ["payments", "companies", "papers", "devices"];
    assert!(more.iter().all(|name| reply.body.contains(&format!("name=\"{name}\""))), "{reply:?}");
    let known = browser.check(&[("ips", "192.0.2.7")]).await;
    assert!(known.status == 200 && known.body.contains("<p>192.0.2.7</p>"), "it was looked up: {known:?}");

    // a report for a reason that is none to report, and a withdrawal for one that is
    let report = [("action", "publish"), ("kind", "phone"), ("value", "+1 202 555 0142"), ("reason", "COR.ERROR")];
    let reply = browser.post(place::STATEMENTS, &report).await;
    assert!(reply.status == 422 && reply.body.contains("one to withdraw or dispute"), "{reply:?}");
    for kept in
        ["value=\"publish\" checked", "value=\"phone\" selected", "value=\"COR.ERROR\" selected", "+1 202 555 0142"]
    {
        assert!(reply.body.contains(kept), "{kept}: {reply:?}");
    }
    let withdrawn = [("action", "withdraw"), ("kind", "phone"), ("value", "+1 202 555 0142"), ("reason", "ART.REUSE")];
    assert!(browser.post(place::STATEMENTS, &withdrawn).await.body.contains("one of the last three"));
    // and nothing is chosen beforehand
    let new = browser.get(place::STATEMENTS).await.body;
    assert!(new.contains("<option value=\"\">Choose one</option>") && !new.contains(" selected"), "{new}");
    // and who goes back from the preview finds the form as it was
    let right = [("action", "dispute"), ("kind", "phone"), ("value", "+1 202 555 0142"), ("reason", "COR.ERROR")];
    assert!(browser.post(place::STATEMENTS, &right).await.body.contains("name=\"edit\""));
    let edit: Vec<_> = right.into_iter().chain([("edit", "yes")]).collect();
    let back = browser.post(place::STATEMENTS, &edit).await;
    assert!(back.status == 200 && back.body.contains("value=\"dispute\" checked"), "{back:?}");
    assert!(!back.body.contains("role=\"alert\"") && server.fake.published.lock().is_empty(), "{back:?}");

    // and a token that may do nothing
    let reply = browser.post(place::TOKENS, &[("name", "a pipeline"), ("days", "30")]).await;
    assert!(reply.status == 422 && reply.body.contains("value=\"a pipeline\""), "{reply:?}");
    server.stop().await;
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_a_page_to_a_browser_and_an_error_to_a_program() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    let html = "accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";
    let page = server.send_with("GET", "/review", &format!("{}{html}", browser.cookie), "").await;
    assert!(page.status == 404 && page.head.contains("content-type: text/html"), "{page:?}");
    assert!(page.body.contains("There is no such page") && page.body.contains("href=\"/reviews\""), "{page:?}");
    let page = server.send_with("GET", "/review", html, "").await;
    assert!(page.status == 404 && !page.body.contains("<nav"), "nobody is signed in: {page:?}");
    server.send_with("GET", "/review", "", "").await.problem(404, slug::NOT_FOUND);
    server.stop().await;
}

#[tokio::test]
async fn a_token_is_revoked_only_by_who_says_so_twice_and_ones_own_is_marked() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    let other = TokenRequest { name: "pipeline".to_owned(), scopes: vec![Scope::Check], expires_days: None };
    let other = server.tokens.create(&other, unix_seconds()).unwrap();
    let (count, own) = (server.tokens.list().len(), browser.get(place::TOKENS).await.body);
    assert_eq!(own.matches("(yours)").count(), 1, "{own}");
    let ask = format!("{}?id={}", place::TOKEN_REVOKE, other.info.id);
    assert!(own.contains(&format!("href=\"{ask}\"")), "{own}");

    let asked = browser.get(&ask).await;
    assert!(asked.status == 200 && asked.body.contains("pipeline") && !asked.body.contains("signed out"), "{asked:?}");
    assert_eq!(server.tokens.list().len(), count, "to ask revokes nothing");
    assert_eq!(browser.post(place::TOKEN_REVOKE, &[("id", &other.info.id)]).await.status, 303);
    assert_eq!(server.tokens.list().len(), count - 1);
    assert_eq!(browser.get(&ask).await.status, 303, "it is gone");
    let own = server.tokens.list().remove(0).id;
    let asked = browser.get(&format!("{}?id={own}", place::TOKEN_REVOKE)).await;
    assert!(asked.body.contains("you will be signed out"), "{asked:?}");
    server.stop().await;
}
