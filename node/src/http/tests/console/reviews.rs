//! The page of a review: its decision, what came since, a dispute, a second thought.

use super::*;

/// Has a listed applicant checked by this browser, and gives the review's address.
async fn opened(browser: &Browser<'_>) -> String {
    browser.check(&[("emails", "listed@example.com"), ("reference", "candidate-1")]).await;
    format!("/reviews/{}", browser.server.reviews.list(ReviewQuery::default()).reviews[0].id)
}

/// What the page had its form carry of what was read.
fn shown(page: &Reply) -> &str {
    let (_, rest) = page.body.split_once("name=\"shown\" value=\"").unwrap();
    rest.split('"').next().unwrap()
}

#[tokio::test]
async fn a_review_is_decided_and_disputed_on_its_page() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    let at = opened(&browser).await;
    let fields = [("decision", "confirmed"), ("reason", "We looked at it."), ("acknowledged", "heard")];
    let refused = browser.post(&at, &fields).await;
    assert!(refused.status == 422 && refused.body.contains("checklist"), "{refused:?}");
    assert!(refused.body.contains("We looked at it."), "what was written is there still: {refused:?}");
    assert_eq!(browser.post(&at, &[("reason", "We looked at it.")]).await.status, 422);
    let decided = browser.post(&at, &[("decision", "false-match"), ("reason", SCRIPT), ("dispute", "yes")]).await;
    assert_eq!((decided.status, header(&decided, "location")), (303, Some(at.as_str())), "{decided:?}");
    assert_eq!(server.fake.objections.lock().len(), 1);
    let page = browser.get(&at).await.body;
    assert!(page.contains("False match") && page.contains("One report was disputed"), "{page}");
    assert!(!page.contains(SCRIPT) && !page.contains("Keep this decision"), "{page}");
    for place in ["/reviews/x", "/reviews?state=x"] {
        assert_eq!(browser.get(place).await.status, 400);
    }
    assert_eq!(browser.get("/reviews/99999").await.status, 404);
    server.stop().await;
}

#[tokio::test]
async fn i9_what_came_since_shows_and_a_decision_without_having_read_it_shows_the_review_anew() {
    // given a page that somebody has open
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    let at = opened(&browser).await;
    let page = browser.get(&at).await;
    let facts = page.body.find("Reported by one employer.").unwrap();
    assert!(page.body.find("class=\"card\"").unwrap() < facts, "it stands in its card: {}", page.body);
    assert!(page.body.contains("According to &lt;script"), "a member's word and no fact: {}", page.body);
    // when the report is withdrawn, and this employer and another one say something
    for known in server.fake.known.lock().values_mut().filter(|known| known.verdict == Verdict::Listed) {
        let report = known.reports[0].clone();
        known.verdict = Verdict::Disputed;
        let say = |member: &str, stance: &str, statement: &str| Report {
            member: member.to_owned(),
            stance: stance.to_owned(),
            statement: Some(statement.repeat(32)),
            ..report.clone()
        };
        known.reports = vec![say("Cedar", "assert", "c1"), say("Acme", "dispute", "a1")];
    }
    let fields = [("decision", "unsure"), ("reason", "It cannot be told."), ("shown", shown(&page))];
    let refused = browser.post(&at, &fields).await;
    // then the page says so, with what was written
    assert_eq!(refused.status, 409);
    for told in ["Nothing was kept", "Withdrawn since", "New since", "Disputed since", "It cannot be told."] {
        assert!(refused.body.contains(told), "{told}: {}", refused.body);
    }
    assert!(refused.body.contains("When it was opened: Reported") && refused.body.contains("Your employer"));
    let fields = [("decision", "unsure"), ("reason", "It cannot be told."), ("shown", shown(&refused))];
    assert_eq!(browser.post(&at, &fields).await.status, 303);
    server.stop().await;
}

#[tokio::test]
async fn who_may_only_check_is_told_to_ask_a_colleague_who_disputes_it_on_the_same_page() {
    let server = TestServer::start().await;
    let only = token(&server.tokens, &[Scope::Check]);
    let (browser, colleague) = (sign_in(&server, &only).await, sign_in(&server, &server.token).await);
    let at = opened(&browser).await;
    let page = browser.get(&at).await.body;
    assert!(page.contains("ask a colleague who may") && !page.contains("name=\"dispute\""), "{page}");
    let fields = [("decision", "victim"), ("reason", "It was stolen.")];
    assert_eq!(browser.post(&at, &fields).await.status, 303);
    assert!(browser.get(&at).await.body.contains("Ask a colleague who may report"));
    assert!(browser.get("/reviews?undisputed=true").await.body.contains("candidate-1"));
    let dispute = format!("{at}/dispute");
    assert_eq!(browser.post(&dispute, &[]).await.status, 403);

    let page = colleague.get(&at).await;
    assert!(page.body.contains("Dispute the reports"), "{}", page.body);
    assert_eq!(colleague.post(&dispute, &[("shown", shown(&page))]).await.status, 303);
    assert!(colleague.get(&at).await.body.contains("One report was disputed"));
    assert!(!colleague.get("/reviews?undisputed=true").await.body.contains("candidate-1"));
    server.stop().await;
}

#[tokio::test]
async fn a_mistake_is_reopened_on_the_page() {
    let server = TestServer::start().await;
    let browser = sign_in(&server, &server.token).await;
    let at = opened(&browser).await;
    browser.post(&at, &[("decision", "unsure"), ("reason", "It cannot be told.")]).await;
    let reopen = format!("{at}/reopen");
    let refused = browser.post(&reopen, &[("reason", "x")]).await;
    assert!(refused.status == 422 && refused.body.contains("a sentence"), "{refused:?}");
    assert_eq!(browser.post(&reopen, &[("reason", "The wrong button was pressed.")]).await.status, 303);
    let page = browser.get(&at).await.body;
    assert!(
        page.contains("Reopened") && page.contains("Keep this decision") && page.contains("wrong button"),
        "{page}"
    );
    server.stop().await;
}
