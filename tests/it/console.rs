//! The console in a real browser: a recruiter checks an applicant and an investigator decides, disputes and reports.
//!
//! `LARUM_AXE` names the file of axe-core (npm) against whose rules each page is held; `tests/run` fetches it.

use std::{env, fs};

use harness::{Browser, TestNet, email};
use larum_protocol::api::{AuditEvent, Decision, NewToken, ReviewList, Scope, TokenRequest, Verdict, path};

/// The source of axe-core; none, said loudly, where nobody fetched it.
fn axe() -> Option<String> {
    let Ok(file) = env::var("LARUM_AXE") else {
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "in CI nothing is skipped: LARUM_AXE has to name axe-core");
        eprintln!("SKIPPED: pages are not held against axe-core, since LARUM_AXE names none");
        return None;
    };
    Some(fs::read_to_string(file).unwrap())
}

#[tokio::test]
async fn an_applicant_is_checked_reviewed_and_disputed_in_a_browser_that_asks_nobody_else() {
    let Some(browser) = Browser::start().await else { return };
    let axe = axe();
    let fits = async |name: &str| {
        if let Some(axe) = &axe {
            browser.is_accessible(axe, name).await;
        }
    };
    // Given another member's report of a mailbox, and somebody here with a token
    let net = TestNet::start(2).await;
    let listed = email("jordan.listed");
    net[1].publish(std::slice::from_ref(&listed)).await;
    net.all_say(&listed, Verdict::Listed).await;
    let wanted = TokenRequest { name: "Robin".to_owned(), scopes: Scope::ALL.to_vec(), expires_days: Some(1) };
    let token: NewToken = net[0].api().post(path::TOKENS, &wanted).await.unwrap();
    let base = net[0].api().base().to_owned();

    // when that person signs in and checks an applicant with a resume
    browser.page.goto(&base).await.unwrap();
    browser.shows("Sign in").await;
    fits("sign in").await;
    browser.enter("#token", &token.token).await;
    browser.click("main button").await;
    browser.shows("Check an applicant").await;
    fits("check").await;
    let resume = net.scratch().join("resume.txt");
    fs::write(&resume, "Jordan Example, senior engineer. ".repeat(40)).unwrap();
    browser.enter("#emails", &listed.value).await;
    browser.enter("#names", "<img src=x onerror=alert(1)>").await;
    browser.enter("#reference", "candidate-1").await;
    browser.enter("#documents", resume.to_str().unwrap()).await;
    browser.click("main button[type=submit]").await;
    // then it shows what is known, masked, and leads to a review
    let shown = browser.shows("Go to review").await;
    assert!(shown.contains("Reported") && shown.contains("resume.txt"), "{shown}");
    assert!(shown.contains("<img src=x") && !shown.contains(&listed.value), "as text, and masked: {shown}");
    fits("answer").await;

    // when the review is decided as a false match, with a dispute
    browser.page.goto(&format!("{base}/reviews?state=open")).await.unwrap();
    browser.shows("candidate-1").await;
    fits("reviews").await;
    browser.click("td a").await;
    browser.shows("What did you find?").await;
    fits("review").await;
    browser.click("input[value=false-match]").await;
    browser.enter("#reason", "The applicant showed a passport.").await;
    browser.click("input[name=dispute]").await;
    browser.click("main button[type=submit]").await;
    // then it is decided, and every member sees the dispute
    browser.shows("Decisions").await;
    let list: ReviewList = net[0].api().get(&format!("{}?state=decided", path::REVIEWS)).await.unwrap();
    assert_eq!(list.reviews[0].decision, Some(Decision::FalseMatch));
    net.all_say(&listed, Verdict::Disputed).await;

    // when something is reported
    let reported = email("casey.reported");
    browser.page.goto(&format!("{base}/statements")).await.unwrap();
    browser.click("input[value=publish]").await;
    browser.enter("#value", &reported.value).await;
    browser.click("#role option[value=actor-controlled]").await;
    browser.click("#evidence option[value=confirmed]").await;
    let day = "document.querySelector('#observed').value = arguments[0]";
    browser.page.execute(day, vec![harness::flag_day(3).into()]).await.unwrap();
    browser.click("input[name=standard]").await;
    fits("report").await;
    browser.click("main button[type=submit]").await;
    // then nothing leaves before it was seen
    let preview = browser.shows("This would leave your node").await;
    assert!(!preview.contains(&reported.value), "masked until asked: {preview}");
    assert_eq!(net[1].verdict(&reported).await, Verdict::Clear);
    fits("preview").await;
    browser.click("input[name=standard]").await;
    browser.click("main button[type=submit]").await;
    browser.shows("on its way").await;
    net.all_say(&reported, Verdict::Listed).await;

    for (place, told) in [("/network", "Connections"), ("/audit", "An application"), ("/tokens", "A new token")] {
        browser.page.goto(&format!("{base}{place}")).await.unwrap();
        browser.shows(told).await;
        fits(place).await;
    }
    // and nothing was asked of anybody but the node
    let asked = browser.asked_for().await;
    assert!(asked.len() > 10, "{asked:?}");
    // A `data:` address is a picture that the browser draws for itself.
    let foreign: Vec<_> = asked.iter().filter(|at| !at.starts_with(&base) && !at.starts_with("data:")).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    let records = net[0].api().audit().await.unwrap().records;
    assert_eq!(records.iter().filter(|record| record.event == AuditEvent::Application).count(), 1);
}
