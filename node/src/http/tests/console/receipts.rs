//! Receipts verified on their page: what is genuine, what is not, and who may ask.

use larum_protocol::receipt::SavedCheck;

use super::*;
use crate::http::tests::{bulk::bulk, harness::check_body};

impl Browser<'_> {
    /// Sends the form of the page of receipts: files as a browser sends them, and texts with its line ends.
    async fn verify(&self, files: &[(&str, &str)], texts: &[(&str, &str)]) -> Reply {
        let mut body = String::new();
        for (name, value) in texts.iter().copied().chain([("form", self.secret.as_str())]) {
            let value = value.replace('\n', "\r\n");
            write!(body, "--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").unwrap();
        }
        for name in ["record", "request", "answer"] {
            let chosen = files.iter().find(|(field, _)| *field == name);
            let (file, value) = chosen.map_or(("", ""), |(_, value)| ("saved.json", *value));
            let head = format!("content-disposition: form-data; name=\"{name}\"; filename=\"{file}\"");
            write!(body, "--b\r\n{head}\r\n\r\n{value}\r\n").unwrap();
        }
        body += "--b--\r\n";
        let headers = format!("{}content-type: multipart/form-data; boundary=b\r\n", self.cookie);
        self.server.send_with("POST", place::RECEIPTS, &headers, &body).await
    }
}

/// A check, as somebody saved it.
async fn saved(server: &TestServer) -> SavedCheck {
    let request = check_body("listed@example.com");
    let answer = server.send("POST", path::CHECK, &request).await.body;
    SavedCheck { request, answer }
}

fn shows_as_genuine(reply: &Reply) {
    assert_eq!(reply.status, 200, "{reply:?}");
    for told in ["Genuine: a node of", "Reported", "Up to date", "3 of 3 members", "version 7", "&lt;script&gt;"] {
        assert!(reply.body.contains(told), "{told} is missing: {}", reply.body);
    }
    assert!(!reply.body.contains("listed@example.com") && !reply.body.contains(MEMBER), "{}", reply.body);
}

fn shows_as_not_genuine(reply: &Reply, told: &str) {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(reply.body.contains(told) && !reply.body.contains("Genuine"), "{told} is missing: {}", reply.body);
}

#[tokio::test]
async fn a_saved_check_is_genuine_however_it_is_given_and_any_change_is_not() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    let check = saved(&server).await;
    let record = serde_json::to_string(&check).unwrap();
    shows_as_genuine(&browser.verify(&[("record", &record)], &[]).await);
    shows_as_genuine(&browser.verify(&[], &[("record_text", &record)]).await);
    shows_as_genuine(&browser.verify(&[("request", &check.request), ("answer", &check.answer)], &[]).await);
    shows_as_genuine(&browser.verify(&[("answer", &check.answer)], &[("request_text", &check.request)]).await);
    let copied = format!("{}\n", check.request);
    shows_as_genuine(&browser.verify(&[], &[("request_text", &copied), ("answer_text", &check.answer)]).await);

    let changed = record.replace("listed@", "clear@");
    shows_as_not_genuine(&browser.verify(&[("record", &changed)], &[]).await, "does not fit");
    let changed = check.answer.replace("\"listed\"", "\"clear\"");
    let reply = browser.verify(&[("request", &check.request), ("answer", &changed)], &[]).await;
    shows_as_not_genuine(&reply, "does not fit");
    let (cut, _) = check.answer.rsplit_once(",\"receipt\"").unwrap();
    let reply = browser.verify(&[("request", &check.request), ("answer", cut)], &[]).await;
    shows_as_not_genuine(&reply, "no receipt");
    server.stop().await;
}

#[tokio::test]
async fn a_bulk_stream_is_verified_with_its_line_ends() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    let line = |value: &str| format!("{{\"kind\":\"email\",\"value\":\"{value}\"}}\n");
    let request = line("clear@example.com") + &line("listed@example.com");
    let answer = bulk(&server, &request).await;
    for (files, texts) in [
        (vec![("request", request.as_str()), ("answer", answer.as_str())], vec![]),
        (vec![], vec![("request_text", request.as_str()), ("answer_text", answer.as_str())]),
    ] {
        let reply = browser.verify(&files, &texts).await;
        shows_as_genuine(&reply);
        assert!(reply.body.contains("the worst of 2 lines"), "{}", reply.body);
    }
    let cut = answer.lines().next().unwrap();
    shows_as_not_genuine(&browser.verify(&[("request", &request), ("answer", cut)], &[]).await, "no receipt");
    server.stop().await;
}

#[tokio::test]
async fn what_the_page_of_an_answer_offers_to_save_verifies_with_the_applicants_files() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    let page = browser.check(&[("emails", "listed@example.com"), ("names", SCRIPT)]).await.body;
    let (_, rest) = page.split_once("name=\"record_text\"").unwrap();
    let (record, _) = rest.split_once('>').unwrap().1.split_once("</textarea>").unwrap();
    let record = ["&quot;\"", "&lt;<", "&gt;>", "&amp;&"].into_iter().fold(record.to_owned(), |text, each| {
        let (entity, letter) = each.split_once(';').unwrap();
        text.replace(&format!("{entity};"), letter)
    });
    let check: SavedCheck = serde_json::from_str(&record).unwrap();
    assert!(!record.contains(&browser.secret) && check.request.contains("listed@example.com"), "{record}");
    shows_as_genuine(&browser.verify(&[], &[("record_text", &record)]).await);
    server.stop().await;
}

#[tokio::test]
async fn a_receipt_whose_signer_nobody_can_vouch_for_is_not_called_genuine() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    let check = saved(&server).await;
    let record = serde_json::to_string(&check).unwrap();
    server.fake.members.lock().members[0].status = "suspended".to_owned();
    assert!(browser.verify(&[("record", &record)], &[]).await.body.contains("suspended by now"));
    server.fake.members.lock().members[0].nodes[0].status = "revoked".to_owned();
    shows_as_not_genuine(&browser.verify(&[("record", &record)], &[]).await, "lost or stolen");
    server.fake.members.lock().members.clear();
    shows_as_not_genuine(&browser.verify(&[("record", &record)], &[]).await, "on nobody's list");
    server.stop().await;
}

#[tokio::test]
async fn receipts_are_for_who_may_check_and_for_who_may_read_the_record() {
    let server = TestServer::start().await;
    let check = serde_json::to_string(&saved(&server).await).unwrap();
    for (scope, may) in [(Scope::Check, true), (Scope::Admin, true), (Scope::Publish, false)] {
        let token = token(&server.tokens, &[scope]);
        let browser = sign_in(&server, &token).await;
        let page = browser.get(place::RECEIPTS).await;
        let verified = browser.verify(&[("record", &check)], &[]).await;
        assert_eq!((page.status == 200, verified.status == 200), (may, may), "{scope:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn i10_what_is_missing_odd_or_too_large_is_told_and_not_repeated() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    for files in [vec![], vec![("request", "{}")], vec![("answer", "{}")]] {
        let reply = browser.verify(&files, &[]).await;
        assert!(reply.status == 422 && reply.body.contains("both the request and the answer"), "{reply:?}");
    }
    let odd = browser.verify(&[("record", "{\"request\":\"j.doe@example.com\"}")], &[]).await;
    assert!(odd.status == 422 && odd.body.contains("not a saved check") && !odd.body.contains("j.doe"), "{odd:?}");
    // Not one byte of the body is sent, so an answer means that none was waited for
    let (host, cookie) = (server.address, &browser.cookie);
    let content = "content-type: multipart/form-data; boundary=b\r\ncontent-length: 25165825\r\n";
    let large = format!("POST {} HTTP/1.1\r\nhost: {host}\r\n{cookie}{content}\r\n", place::RECEIPTS);
    let reply = server.raw(&large).await;
    assert!(reply.status == 413 && reply.body.contains("larum receipt verify"), "{reply:?}");
    server.stop().await;
}
