//! What matched in a review: masked until somebody asks, then as text, and never without a word in the log.

use std::{fmt::Debug, sync::Arc};

use parking_lot::Mutex;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use super::*;

/// Everything that is logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0.lock(), "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Has a mailbox checked that is listed, and gives its review's number.
async fn opened(browser: &Browser<'_>, mailbox: &str) -> u64 {
    browser.check(&[("emails", mailbox)]).await;
    browser.server.reviews.list(ReviewQuery::default()).reviews.last().unwrap().id
}

#[tokio::test]
async fn what_matched_is_masked_until_somebody_asks_and_the_log_says_who_did() {
    let log = Log::default();
    let _logging = tracing::subscriber::set_default(log.clone());
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    let id = opened(&browser, "listed@example.com").await;
    let (page, asked) = (format!("/reviews/{id}"), format!("/reviews/{id}/identifiers"));
    let masked = browser.get(&page).await.body;
    assert!(!masked.contains("listed@example.com") && masked.contains("Show it in clear"), "{masked}");

    let shown = browser.post(&asked, &[]).await;
    assert!(shown.status == 200 && shown.body.contains("listed@example.com"), "{shown:?}");
    assert_eq!(header(&shown, "cache-control"), Some("no-store"));
    assert!(shown.body.contains("Keep this decision") && !shown.body.contains("Show it in clear"), "{shown:?}");
    assert!(!browser.get(&page).await.body.contains("listed@example.com"), "the next time it is masked again");

    let said = log.0.lock().clone();
    let token = &server.tokens.list()[0].id;
    assert!(said.contains(&format!("review={id} ")) && said.contains(&format!("token=\"{token}\"")), "{said}");
    assert!(said.contains("shown in clear") && !said.contains("listed@"), "{said}");
    server.stop().await;
}

#[tokio::test]
async fn a_hostile_value_shows_as_text() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    let id = opened(&browser, &format!("{SCRIPT}listed@example.com")).await;
    let shown = browser.post(&format!("/reviews/{id}/identifiers"), &[]).await.body;
    assert!(shown.contains("&lt;script&gt;alert('applicant')&lt;/script&gt;listed@example.com"), "{shown}");
    assert!(!shown.contains(SCRIPT) && !shown.contains(MEMBER), "{shown}");
    server.stop().await;
}

#[tokio::test]
async fn nothing_is_shown_to_who_may_not_check_or_did_not_ask_on_a_page_or_once_it_is_gone() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    let id = opened(&browser, "listed@example.com").await;
    let asked = format!("/reviews/{id}/identifiers");
    assert_eq!(browser.get(&asked).await.status, 405, "a link shows nothing");
    for secret in ["", "guess"] {
        let forged = post(&server, &asked, &browser.cookie, &[("form", secret)]).await;
        assert!(forged.status == 403 && !forged.body.contains("listed@"), "{forged:?}");
    }
    let publisher = token(&server.tokens, &[Scope::Publish]);
    assert_eq!(sign_in(&server, &publisher).await.post(&asked, &[]).await.status, 403);
    assert_eq!(browser.post("/reviews/99999/identifiers", &[]).await.status, 404);

    browser.post(&format!("/reviews/{id}"), &[("decision", "unsure"), ("reason", "It cannot be told.")]).await;
    let page = browser.get(&format!("/reviews/{id}")).await.body;
    assert!(page.contains("What matched is not kept") && !page.contains("Show it in clear"), "{page}");
    let gone = browser.post(&asked, &[]).await;
    assert!(gone.status == 409 && gone.body.contains("does not keep what matched"), "{gone:?}");
    server.stop().await;
}
