//! Who was cleared and is listed later raises an alert: once, over crashes, wherever alerts are shown.

use std::{fs, io::Write as _, process::Stdio};

use harness::{Founding, PATIENCE, TestNet, TestNode, email, eventually};
use larum_protocol::api::{
    Action, AlertAction, AlertClosed, AlertInfo, AlertPage, AlertRequest, AlertState, CheckAnswer, CheckRequest,
    Identifier, NewWatch, StatementRow, Verdict, WatchPage, WatchRequest, WatchesAnswer, path,
};
use reqwest::{Method, StatusCode};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::timeout,
};

use crate::receiver::Receiver;

/// Checks somebody and keeps the check as a watch.
async fn watch(node: &TestNode, reference: &str, about: &[Identifier]) -> CheckAnswer {
    let reference = Some(reference.to_owned());
    let request = CheckRequest { identifiers: about.to_vec(), reference, watch_days: Some(30) };
    node.api().post(path::CHECK, &request).await.unwrap()
}

async fn alerts(node: &TestNode) -> Vec<AlertInfo> {
    let page: AlertPage = node.api().get(path::ALERTS).await.unwrap();
    page.alerts
}

/// Waits for the only alert to be like this.
async fn the_alert(node: &TestNode, what: &str, is_so: impl Fn(&AlertInfo) -> bool) -> AlertInfo {
    eventually(what, async || {
        let alerts = alerts(node).await;
        assert!(alerts.len() <= 1, "raised more than once: {alerts:?}");
        alerts.into_iter().find(|alert| is_so(alert))
    })
    .await
}

/// The server-sent events behind a change, as `(id, alert)`, until there are so many.
async fn events(node: &TestNode, after: u64, count: usize) -> Vec<(u64, AlertInfo)> {
    let request = node.api().request(Method::GET, path::ALERTS).header("accept", "text/event-stream");
    let mut response = request.header("last-event-id", after).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut text = String::new();
    let read = async {
        while text.matches("\n\n").count() < count {
            text.push_str(str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
        }
    };
    timeout(PATIENCE, read).await.expect("events in time");
    let event = |event: &str| {
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        (field("id:").unwrap().parse().unwrap(), serde_json::from_str(field("data:").unwrap()).unwrap())
    };
    text.split("\n\n").filter(|part| part.contains("data:")).map(event).collect()
}

#[tokio::test]
async fn whoever_was_cleared_and_is_listed_later_raises_one_alert_that_follows_the_case_to_its_end() {
    // given somebody who was cleared
    let net = TestNet::start(3).await;
    let about = email("cleared.in.march");
    let answer = watch(&net[0], "candidate-1", std::slice::from_ref(&about)).await;
    let kept = answer.watch.unwrap();
    assert_eq!((answer.verdict, kept.identifiers), (Verdict::Clear, 1));
    assert!(answer.receipt.is_some());

    // when another member lists the person
    net[1].publish(std::slice::from_ref(&about)).await;
    let raised = the_alert(&net[0], "an alert is raised", |alert| alert.state == AlertState::Open).await;
    assert_eq!((raised.reference.as_str(), raised.kind.as_str(), raised.watch), ("candidate-1", "email", kept.id));
    assert_eq!((raised.verdict, raised.members, raised.disputed_by), (Verdict::Listed, 1, 0));
    // it is shown as an event as well, and not to who has seen it already
    let seen = events(&net[0], 0, 1).await;
    assert_eq!((seen[0].0, seen[0].1.clone()), (raised.change, raised.clone()));

    // then a dispute marks it
    let dispute = StatementRow { reason: Some("COR.ERROR".to_owned()), ..harness::row(Action::Dispute, &about) };
    net[2].state(vec![dispute]).await;
    let disputed = the_alert(&net[0], "it is marked", |alert| alert.state == AlertState::Disputed).await;
    assert_eq!((disputed.id, disputed.members, disputed.disputed_by), (raised.id, 1, 1));
    let shown = net[0].cli(&["watch"]).await;
    assert!(shown.out.contains("reported by 1, disputed by 1"), "{}", shown.out);
    let seen = events(&net[0], raised.change, 1).await;
    assert_eq!(seen.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [disputed.change]);

    // and a withdrawal closes it
    net[1].withdraw(std::slice::from_ref(&about)).await;
    let lifted = the_alert(&net[0], "it is closed", |alert| alert.state == AlertState::Closed).await;
    assert_eq!((lifted.id, lifted.closed), (raised.id, Some(AlertClosed::Lifted)));
    // nobody else has heard of the reference
    assert_eq!(alerts(&net[1]).await, []);
}

#[tokio::test]
async fn i5_an_alert_is_raised_once_whenever_the_node_is_killed() {
    let mut net = TestNet::start(2).await;
    let about = email("killed.in.between");
    watch(&net[0], "candidate-1", std::slice::from_ref(&about)).await;
    // when the node is dead while the statement is made
    net[0].kill9().await;
    net[1].publish(std::slice::from_ref(&about)).await;
    net[0].start().await;
    let raised = the_alert(&net[0], "an alert is raised after the start", |_| true).await;
    // and is killed again, before and behind
    for _ in 0..2 {
        net[0].kill9().await;
        net[0].start().await;
        net.settled().await;
        assert_eq!(the_alert(&net[0], "it is still there", |_| true).await, raised);
    }
    // and what a person has seen stays closed
    let seen = AlertRequest { action: AlertAction::Acknowledge };
    let path = path::ALERT.replace("{id}", &raised.id.to_string());
    let done: AlertInfo = net[0].api().post(&path, &seen).await.unwrap();
    assert_eq!(done.closed, Some(AlertClosed::Acknowledged));
    net[0].restart().await;
    net.settled().await;
    assert_eq!(the_alert(&net[0], "it is closed", |_| true).await.state, AlertState::Closed);
}

#[tokio::test]
async fn people_are_loaded_from_a_file_and_followed_on_the_command_line_over_a_restart() {
    let mut net = TestNet::start(2).await;
    // given staff in a file, one of whom is listed already
    let (known, later) = (email("listed.before"), email("listed.after"));
    net[1].publish(std::slice::from_ref(&known)).await;
    net[0].wait_for_verdict(&known, Verdict::Listed).await;
    let file = net.scratch().join("staff.csv");
    let mut csv = fs::File::create(&file).unwrap();
    writeln!(csv, "employee,kind,value").unwrap();
    for (employee, value) in [("staff-1", &known.value), ("staff-2", &later.value)] {
        writeln!(csv, "{employee},email,{value}").unwrap();
    }
    let file = file.to_str().unwrap();
    let added = net[0].cli(&["watch", "add", "--file", file, "--column", "id=employee", "--days", "10"]).await;
    assert_eq!(added.code, Some(0), "{}", added.err);
    assert!(added.out.contains("2 watches added, 0 renewed"), "{}", added.out);
    let again = net[0].cli(&["watch", "add", "--file", file, "--column", "id=employee", "--days", "20"]).await;
    assert!(again.out.contains("0 watches added, 2 renewed"), "{}", again.out);
    let page: WatchPage = net[0].api().get(path::WATCHES).await.unwrap();
    assert_eq!((page.count, page.watches[1].reference.as_str()), (2, "staff-2"));
    the_alert(&net[0], "who is listed already raises an alert at once", |alert| alert.reference == "staff-1").await;

    // when somebody follows, and the node is killed meanwhile
    let mut follower = Command::new(harness::larum())
        .args(["--json", "--node", net[0].api().base(), "--data"])
        .arg(&net[0].site.folder)
        .args(["watch", "--follow"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    let mut next = async || -> AlertInfo {
        let line = timeout(PATIENCE, lines.next_line()).await.expect("a line in time").unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    };
    assert_eq!(next().await.reference, "staff-1");
    net[1].publish(std::slice::from_ref(&later)).await;
    assert_eq!(next().await.reference, "staff-2");
    follower.kill().await.unwrap();

    // then the list, the alerts and ending a watch are there after it
    net[0].kill9().await;
    net[0].start().await;
    let shown = net[0].cli(&["watch"]).await;
    assert!(shown.out.contains("staff-1") && shown.out.contains("staff-2"), "{}", shown.out);
    let id = page.watches[0].id.to_string();
    assert_eq!(net[0].cli(&["watch", "remove", &id]).await.code, Some(0));
    let closed = alerts(&net[0]).await.into_iter().find(|alert| alert.watch == page.watches[0].id).unwrap();
    assert_eq!(closed.closed, Some(AlertClosed::Removed));
    assert_eq!(net[0].cli(&["watch", "remove", &id]).await.code, Some(2));
}

#[tokio::test]
async fn ones_own_dispute_raises_no_alert_about_ones_own_applicants() {
    // given an applicant of whom another member's suspicion was known when the watch began
    let net = TestNet::start(2).await;
    let (about, other) = (email("only.suspected"), email("reported.afterwards"));
    let suspicion = StatementRow { evidence: Some("suspected".to_owned()), ..harness::publish(&about) };
    net[1].state(vec![suspicion]).await;
    net[0].wait_for_verdict(&about, Verdict::Caution).await;
    watch(&net[0], "candidate-1", std::slice::from_ref(&about)).await;
    watch(&net[0], "candidate-2", std::slice::from_ref(&other)).await;
    // when this employer disputes it
    let dispute = StatementRow { reason: Some("COR.ERROR".to_owned()), ..harness::row(Action::Dispute, &about) };
    net[0].state(vec![dispute]).await;
    net[0].wait_for_verdict(&about, Verdict::Disputed).await;
    // then the alert that comes next is about somebody else
    net[1].publish(std::slice::from_ref(&other)).await;
    let raised = the_alert(&net[0], "an alert is raised", |_| true).await;
    assert_eq!(raised.reference, "candidate-2");
}

/// Has a node that does not run answer at one place over its starts: at the address that is its own among the tests'.
fn listens_where_it_did(node: &TestNode) {
    let file = node.site.folder.join("larum.toml");
    let toml = fs::read_to_string(&file).unwrap();
    let own = toml.split("/ip4/").nth(1).unwrap().split('/').next().unwrap();
    let (anywhere, there) = (format!("{}:0", node.site.http), format!("{own}:7461"));
    let hosts = format!("http_allowed_hosts = [\"{}\"]", node.site.http);
    assert!(toml.contains(&anywhere) && toml.contains(&hosts), "{toml}");
    let toml = toml.replace(&anywhere, &there).replace(&hosts, &format!("http_allowed_hosts = [\"{own}\"]"));
    fs::write(&file, toml).unwrap();
}

#[tokio::test]
async fn whoever_follows_goes_on_where_it_was_when_the_node_is_started_again_with_another_token() {
    let mut net = TestNet::lay(&Founding::of(2));
    listens_where_it_did(&net[0]);
    net.start_all().await;
    net.settled().await;
    let people = [email("before.the.restart"), email("after.the.restart")];
    for (about, reference) in people.iter().zip(["candidate-1", "candidate-2"]) {
        watch(&net[0], reference, std::slice::from_ref(about)).await;
    }
    let token_file = net.scratch().join("token");
    let token_file = token_file.to_str().unwrap();
    let created = net[0].cli(&["token", "create", "--name", "one", "--scope", "check", "--out", token_file]).await;
    assert_eq!(created.code, Some(0), "{}", created.err);
    // given one who follows with the token that the node writes at its start, and one with a token of its own
    let follow = |more: &[&str]| {
        let mut child = Command::new(harness::larum())
            .args(["--json", "--node", net[0].api().base(), "--data"])
            .arg(&net[0].site.folder)
            .args(more)
            .args(["watch", "--follow"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        (child, lines)
    };
    net[1].publish(&people[..1]).await;
    the_alert(&net[0], "the first alert", |_| true).await;
    let mut followers = [follow(&[]), follow(&["--token-file", token_file])];
    let mut next = async |at: usize| -> AlertInfo {
        let line = timeout(PATIENCE, followers[at].1.next_line()).await.expect("a line in time").unwrap();
        serde_json::from_str(&line.expect("it follows still")).unwrap()
    };
    assert_eq!((next(0).await.reference, next(1).await.reference), ("candidate-1".into(), "candidate-1".into()));
    // when the node is killed and started again, and somebody else is listed
    net[0].kill9().await;
    net[0].start().await;
    net[1].publish(&people[1..]).await;
    // then both hear of that one, and of nothing else again
    assert_eq!((next(0).await.reference, next(1).await.reference), ("candidate-2".into(), "candidate-2".into()));
}

#[tokio::test]
async fn a_row_that_cannot_be_watched_is_named_and_the_others_are_watched() {
    let net = TestNet::start(1).await;
    let file = net.scratch().join("staff.csv");
    fs::write(&file, "id,kind,value\nE1,email,jane.doe@example.com\nE2,email,john@example.com\nE2,email,no mailbox\n")
        .unwrap();
    let added = net[0].cli(&["watch", "add", "--file", file.to_str().unwrap()]).await;
    assert_eq!(added.code, Some(2), "{}", added.err);
    assert!(added.out.contains("row 3 (E2): ") && added.out.contains("2 watches added"), "{}", added.out);
    assert!(added.out.contains("1 row not watched; all others are"), "{}", added.out);
    let none = net[0].cli(&["watch", "remove", "99"]).await;
    assert!(none.err.contains("larum watch list"), "{}", none.err);
}

/// A consortium of two whose first node tells a receiver.
async fn telling(receiver: &Receiver) -> TestNet {
    let mut net = TestNet::lay(&Founding::of(2));
    receiver.is_told_by(&net[0]);
    net.start_all().await;
    net.settled().await;
    net
}

#[tokio::test]
async fn a_callback_arrives_signed_again_after_an_error_and_after_a_crash() {
    let mut receiver = Receiver::start(&[500]).await;
    let mut net = telling(&receiver).await;
    let about = email("told.to.others");
    watch(&net[0], "candidate-7", std::slice::from_ref(&about)).await;
    net[1].publish(std::slice::from_ref(&about)).await;
    // given a receiver that fails the first time
    let first = receiver.next().await;
    assert!(first.is_signed());
    // when the node is killed before the second attempt
    net[0].kill9().await;
    net[0].start().await;
    let second = receiver.next().await;
    // then the same comes again, under the same id
    assert_eq!((&first.headers["webhook-id"], &first.body), (&second.headers["webhook-id"], &second.body));
    assert!(second.is_signed() && second.headers["webhook-signature"].contains(" v1a,"));
    let said = second.json();
    assert_eq!((&said["type"], &said["data"]["reference"]), (&"alert.raised".into(), &"candidate-7".into()));
    assert_eq!((&said["data"]["verdict"], &said["data"]["kinds"][0]), (&"listed".into(), &"email".into()));
    assert!(!second.body.contains("told.to.others"));
    // and so does what changes
    net[1].withdraw(std::slice::from_ref(&about)).await;
    let changed = receiver.next().await.json();
    assert_eq!((&changed["type"], &changed["data"]["closed"]), (&"alert.changed".into(), &"lifted".into()));
}

#[tokio::test]
async fn an_endpoint_that_says_that_it_is_gone_is_sent_nothing_more_and_the_status_says_so() {
    let mut receiver = Receiver::start(&[410]).await;
    let net = telling(&receiver).await;
    let people = [email("first.of.two"), email("second.of.two")];
    for about in &people {
        watch(&net[0], "candidate", std::slice::from_ref(about)).await;
    }
    net[1].publish(&people[..1]).await;
    receiver.next().await;
    net[0]
        .wait_until("the status says so", |status| {
            status.warnings.iter().any(|warning| warning.code == "callback-gone").then_some(())
        })
        .await;
    net[1].publish(&people[1..]).await;
    eventually("both alerts are raised", async || (alerts(&net[0]).await.len() == 2).then_some(())).await;
    assert!(receiver.is_quiet());
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_nothing_is_kept() {
    let net = TestNet::start(1).await;
    let api = net[0].api();
    let bad = async |request: WatchRequest| {
        let refused = api.post::<WatchesAnswer>(path::WATCHES, &request).await;
        refused.unwrap_err().slug().to_owned()
    };
    let new = |reference: String, days| NewWatch { reference, identifiers: vec![email("somebody")], days };
    assert_eq!(bad(WatchRequest { watches: Vec::new() }).await, "invalid");
    assert_eq!(bad(WatchRequest { watches: vec![new("x".repeat(257), None)] }).await, "invalid");
    assert_eq!(bad(WatchRequest { watches: vec![new("one".to_owned(), Some(0))] }).await, "invalid");
    for (path, slug) in [
        ("/v1/alerts?after=x", "bad-request"),
        ("/v1/alerts?state=odd", "bad-request"),
        ("/v1/watches?limit=0", "invalid"),
        ("/v1/watches?limit=1001", "invalid"),
    ] {
        assert_eq!(api.get::<WatchPage>(path).await.unwrap_err().slug(), slug, "{path}");
    }
    let follow = api.request(Method::GET, path::ALERTS).header("accept", "text/event-stream");
    assert_eq!(follow.header("last-event-id", "x").send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    // what cannot be read is not watched, and the answer says so
    let odd = Identifier { value: "no mailbox".to_owned(), ..email("x") };
    let request =
        WatchRequest { watches: vec![NewWatch { reference: "odd".to_owned(), identifiers: vec![odd], days: None }] };
    let answer: WatchesAnswer = api.post(path::WATCHES, &request).await.unwrap();
    assert_eq!((answer.added, answer.rows[0].watch.is_none(), answer.rows[0].errors.len()), (0, true, 1));
    let page: WatchPage = api.get(path::WATCHES).await.unwrap();
    assert_eq!(page.count, 0);
    // and it is on record that it was asked
    assert!(api.audit().await.unwrap().records.iter().any(|record| record.lines == Some(1)));
}
