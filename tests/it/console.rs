//! The console in a real browser: a recruiter checks an applicant and an investigator decides, disputes and reports.
//!
//! `LARUM_AXE` names the file of axe-core (npm) against whose rules each page is held; `tests/run` fetches it.
//! `LARUM_SCREENSHOTS` names a folder into which pictures of each page are put: those of `docs/console`.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use harness::{Browser, TestNet, email, eventually};
use larum_protocol::api::{
    AlertPage, AuditEvent, AuditRecord, Decision, Identifier, NewToken, NewWatch, ReviewList, Scope, TokenRequest,
    Verdict, WatchRequest, WatchesAnswer, path,
};

/// The source of axe-core; none, said loudly, where nobody fetched it.
fn axe() -> Option<String> {
    let Ok(file) = env::var("LARUM_AXE") else {
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "in CI nothing is skipped: LARUM_AXE has to name axe-core");
        eprintln!("SKIPPED: pages are not held against axe-core, since LARUM_AXE names none");
        return None;
    };
    Some(fs::read_to_string(file).unwrap())
}

/// Somebody at a browser, at the first node of a consortium.
struct Visit {
    browser: Browser,
    net: TestNet,
    base: String,
    axe: Option<String>,
    pictures: Option<PathBuf>,
}

impl Visit {
    async fn begin(browser: Browser) -> Self {
        let net = TestNet::start(2).await;
        let base = net[0].api().base().to_owned();
        let pictures = env::var_os("LARUM_SCREENSHOTS").map(PathBuf::from);
        if let Some(folder) = &pictures {
            fs::create_dir_all(folder).unwrap();
        }
        Self { browser, net, base, axe: axe(), pictures }
    }

    async fn go(&self, place: &str) {
        self.browser.page.goto(&format!("{}{place}", self.base)).await.unwrap();
    }

    async fn submit(&self) {
        self.browser.click("main button[type=submit]").await;
    }

    /// Holds the page against axe-core's rules, and takes its pictures.
    async fn fits(&self, name: &str) {
        if let Some(axe) = &self.axe {
            self.browser.is_accessible(axe, name).await;
        }
        if let Some(folder) = &self.pictures {
            self.browser.pictures(folder, name).await;
        }
    }

    async fn signs_in(&self) {
        let wanted = TokenRequest { name: "Robin".to_owned(), scopes: Scope::ALL.to_vec(), expires_days: Some(1) };
        let token: NewToken = self.net[0].api().post(path::TOKENS, &wanted).await.unwrap();
        self.go("").await;
        self.browser.shows("Sign in").await;
        self.fits("sign-in").await;
        self.browser.enter("#token", &token.token).await;
        self.browser.click("main button").await;
        self.browser.shows("Check an applicant").await;
        self.fits("check").await;
    }

    /// An applicant with a resume, whose mailbox another member has reported.
    async fn checks(&self, listed: &Identifier) {
        let browser = &self.browser;
        let resume = Path::new(env!("CARGO_MANIFEST_DIR")).join("documents/resume.txt");
        browser.enter("#emails", &listed.value).await;
        browser.enter("#names", "Jordan Example").await;
        browser.enter("#reference", "candidate-1").await;
        browser.enter("#documents", resume.to_str().unwrap()).await;
        self.submit().await;
        // then it shows what is known, masked, and leads to a review
        let shown = browser.shows("Go to review").await;
        assert!(shown.contains("Reported") && shown.contains("resume.txt"), "{shown}");
        assert!(shown.contains("Watched until") && !shown.contains(&listed.value), "masked: {shown}");
        self.fits("answer").await;
        // and its receipt verifies
        browser.click("main > details > summary").await;
        self.fits("saved").await;
        browser.click("main > details button").await;
        let shown = browser.shows("Genuine").await;
        assert!(shown.contains("Reported") && !shown.contains(&listed.value), "{shown}");
        self.fits("receipt").await;
        browser.click("main a[href='/receipts']").await;
        browser.shows("A saved check").await;
        self.fits("receipts").await;
    }

    /// The review is looked at in clear, is a false match, and disputed.
    async fn decides(&self, listed: &Identifier) {
        let Self { browser, net, .. } = self;
        self.go("/reviews?state=open").await;
        browser.shows("candidate-1").await;
        self.fits("reviews").await;
        browser.click("td a").await;
        browser.shows("What did you find?").await;
        self.fits("review").await;
        browser.click("form[action$='/identifiers'] button").await;
        let shown = browser.shows("Shown because you asked").await;
        let log = fs::read_to_string(net[0].log_path()).unwrap();
        assert!(
            shown.contains(&listed.value) && log.contains("shown in clear") && !log.contains(&listed.value),
            "{log}"
        );
        self.fits("in-clear").await;
        browser.click("input[value=false-match]").await;
        browser.enter("#reason", "The applicant showed a passport.").await;
        browser.click("input[name=dispute]").await;
        self.submit().await;
        let shown = browser.shows("Decisions").await;
        assert!(shown.contains("One report was disputed") && shown.contains("Reopen"), "{shown}");
        self.fits("decided").await;
        let list: ReviewList = net[0].api().get(&format!("{}?state=decided", path::REVIEWS)).await.unwrap();
        assert_eq!(list.reviews[0].decision, Some(Decision::FalseMatch));
    }

    /// Something is reported, and nothing leaves before it was seen.
    async fn reports(&self, reported: &Identifier) {
        let Self { browser, net, .. } = self;
        self.go("/statements").await;
        browser.click("input[value=publish]").await;
        browser.enter("#value", &reported.value).await;
        browser.click("#role option[value=actor-controlled]").await;
        browser.click("#evidence option[value=confirmed]").await;
        let day = "document.querySelector('#observed').value = arguments[0]";
        browser.page.execute(day, vec![harness::flag_day(3).into()]).await.unwrap();
        browser.click("#reason option[value='ART.REUSE']").await;
        self.fits("report").await;
        self.submit().await;
        let preview = browser.shows("This would leave your node").await;
        assert!(!preview.contains(&reported.value), "masked until asked: {preview}");
        assert_eq!(net[1].verdict(reported).await, Verdict::Clear);
        self.fits("preview").await;
        browser.click("input[name=standard]").await;
        self.submit().await;
        browser.shows("on its way").await;
    }

    /// Somebody is cleared and watched, is listed later, and a person sees the alert.
    async fn sees_an_alert(&self, disputed: &Identifier) {
        let Self { browser, net, .. } = self;
        let later = email("riley.watched");
        self.go("/check").await;
        browser.enter("#emails", &later.value).await;
        browser.enter("#names", "<img src=x onerror=alert(1)>").await;
        browser.enter("#reference", "candidate-2").await;
        self.submit().await;
        let shown = browser.shows("Watched until").await;
        assert!(shown.contains("Nothing known") && shown.contains("<img src=x"), "as text: {shown}");
        // given a contractor as well, about whom members disagree
        let watch = NewWatch { reference: "contractor-4".to_owned(), identifiers: vec![disputed.clone()], days: None };
        let _: WatchesAnswer = net[0].api().post(path::WATCHES, &WatchRequest { watches: vec![watch] }).await.unwrap();
        net[1].publish(std::slice::from_ref(&later)).await;
        eventually("both alerts are raised", async || {
            let page: AlertPage = net[0].api().get(path::ALERTS).await.unwrap();
            let has = |reference| page.alerts.iter().any(|alert| alert.reference == reference);
            (has("candidate-2") && has("contractor-4")).then_some(())
        })
        .await;

        self.go("/alerts").await;
        let shown = browser.shows("candidate-2").await;
        assert!(shown.contains("reported by one member") && shown.contains("Disputed: read both sides"), "{shown}");
        assert!(!shown.contains(&later.value), "{shown}");
        // who says what is there to read, and reading it is on record
        browser.click("tr details summary").await;
        browser.shows("Counts until").await;
        let record = net[0].api().audit().await.unwrap().records;
        let of_both = |record: &AuditRecord| record.results.iter().map(|result| result.count).sum::<u64>() == 2;
        let is_check = |record: &AuditRecord| record.event == AuditEvent::Check;
        assert!(record.iter().any(|record| is_check(record) && of_both(record)), "{record:?}");
        self.fits("alerts").await;
        browser.click("button[aria-label*='candidate-2']").await;
        browser.gone("button[aria-label*='candidate-2']").await;
        browser.click("a[href='/alerts?closed=true']").await;
        let shown = browser.shows("Seen by a person").await;
        assert!(shown.contains("candidate-2") && !shown.contains("contractor-4"), "{shown}");
        self.fits("alerts-closed").await;
    }
}

#[tokio::test]
async fn an_applicant_is_checked_reviewed_disputed_and_watched_in_a_browser_that_asks_nobody_else() {
    let Some(browser) = Browser::start().await else { return };
    // given another member's report of a mailbox, and somebody here with a token
    let visit = Visit::begin(browser).await;
    let (net, browser) = (&visit.net, &visit.browser);
    let listed = email("jordan.listed");
    net[1].publish(std::slice::from_ref(&listed)).await;
    net.all_say(&listed, Verdict::Listed).await;

    // when that person signs in and checks an applicant, and decides
    visit.signs_in().await;
    visit.checks(&listed).await;
    visit.decides(&listed).await;
    // then every member sees the dispute
    net.all_say(&listed, Verdict::Disputed).await;

    // and what is reported
    let reported = email("casey.reported");
    visit.reports(&reported).await;
    net.all_say(&reported, Verdict::Listed).await;

    // and that person sees what becomes known about who was checked before
    visit.sees_an_alert(&listed).await;

    for (name, told) in [("network", "Connections"), ("audit", "An application"), ("tokens", "A new token")] {
        visit.go(&format!("/{name}")).await;
        browser.shows(told).await;
        visit.fits(name).await;
    }
    // and nothing was asked of anybody but the node
    let asked = browser.asked_for().await;
    assert!(asked.len() > 10, "{asked:?}");
    // A `data:` address is a picture that the browser draws for itself.
    let foreign: Vec<_> = asked.iter().filter(|at| !at.starts_with(&visit.base) && !at.starts_with("data:")).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    let records = net[0].api().audit().await.unwrap().records;
    assert_eq!(records.iter().filter(|record| record.event == AuditEvent::Application).count(), 2);
}

#[tokio::test]
async fn a_long_reference_and_name_fit_a_phone_and_links_can_be_touched() {
    let Some(browser) = Browser::start().await else { return };
    let visit = Visit::begin(browser).await;
    let (net, browser) = (&visit.net, &visit.browser);
    let listed = email("jordan.listed");
    net[1].publish(std::slice::from_ref(&listed)).await;
    net.all_say(&listed, Verdict::Listed).await;
    visit.signs_in().await;

    // given an applicant with a name and a reference without a blank
    let (reference, name) = ("r".repeat(250), "N".repeat(250));
    browser.enter("#emails", &listed.value).await;
    browser.enter("#names", &name).await;
    browser.enter("#reference", &reference).await;
    visit.submit().await;
    browser.shows("Go to review").await;
    let mut pages = vec![("answer", browser.on_a_phone().await)];
    for (place, told) in [("/reviews", reference.as_str()), ("/reviews/1", "What did you find?"), ("/tokens", "Robin")]
    {
        visit.go(place).await;
        browser.shows(told).await;
        pages.push((place, browser.on_a_phone().await));
    }
    // then nothing has to be scrolled sideways, and no link is smaller than a finger (WCAG 2.5.8)
    for (page, (width, link)) in pages {
        assert!(width <= 360, "{page} is {width} pixels wide");
        assert!(link >= 24.0, "a link of {page} is {link} pixels high");
    }
}
