//! A backup holds all that only this node knows, and none of what opens its keys.

use std::{fs, path::Path};

use harness::{
    Needles, TestNode, email, eventually, files_below, phone,
    vendor::{greenhouse, greenhouse_application},
};
use larum_protocol::api::{
    AlertPage, AllowAction, AllowList, ApplicationAnswer, ApplicationRequest, NewToken, NewWatch, ReviewList, Scope,
    TokenRequest, Verdict, WatchPage, WatchRequest, WatchesAnswer, path,
};

use crate::hooks::{SECRET, deliver, greenhouse_net, notes, on_record};

/// What lies beside the folder and has to be put back by hand.
const APART: [&str; 3] = ["unlock.key", "greenhouse.secret", "greenhouse.key"];

fn words(path: &Path) -> &str {
    path.to_str().unwrap()
}

async fn queue(node: &TestNode, length: usize) {
    let line = format!("larum_hooks_queue {length}");
    eventually("so many applications wait", async || {
        node.api().metrics().await.ok()?.lines().any(|found| found == line).then_some(())
    })
    .await;
}

async fn reviews(node: &TestNode) -> usize {
    let list: ReviewList = node.api().get(path::REVIEWS).await.unwrap();
    list.reviews.len()
}

async fn says(node: &TestNode, arguments: &[&str], expected: &str) {
    let said = node.cli(arguments).await;
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.err.contains(expected), "{said:?}");
}

#[tokio::test]
async fn i5_what_only_this_node_knows_is_there_after_a_backup_and_a_restore() {
    // given a watch with its alert, a review, a token, an allow list, and an application that waits for its vendor
    let (mut net, vendor) = greenhouse_net(true).await;
    let (own, listed, later) = (phone(303, 7), email("already.listed"), email("listed.later"));
    let watch = NewWatch { reference: "contractor-4".to_owned(), identifiers: vec![later.clone()], days: None };
    let _: WatchesAnswer = net[0].api().post(path::WATCHES, &WatchRequest { watches: vec![watch] }).await.unwrap();
    net[1].publish(&[listed.clone(), later.clone()]).await;
    net.all_say(&listed, Verdict::Listed).await;
    eventually("the alert is raised", async || {
        let alerts: AlertPage = net[0].api().get(path::ALERTS).await.unwrap();
        (alerts.alerts.len() == 1).then_some(())
    })
    .await;
    let applied = ApplicationRequest { emails: vec![listed.value.clone()], ..ApplicationRequest::default() };
    let _: ApplicationAnswer = net[0].api().post(path::APPLICATIONS, &applied).await.unwrap();
    net[0].api().allow(AllowAction::Add, std::slice::from_ref(&own)).await.unwrap();
    let token = TokenRequest { name: "ats".to_owned(), scopes: vec![Scope::Check], expires_days: Some(90) };
    let token: NewToken = net[0].api().post(path::TOKENS, &token).await.unwrap();
    vendor.down(true);
    let body = greenhouse_application(7, &[&listed.value], &[], None);
    assert!(deliver(&net[0], "greenhouse", &greenhouse(SECRET, "event-1", &body)).await.0.is_success());
    eventually("both applications opened a review", async || {
        (reviews(&net[0]).await == 2 && on_record(&net[0], "greenhouse").await == 1).then_some(())
    })
    .await;
    queue(&net[0], 1).await;

    // when it is backed up: not while it runs, and over nothing
    let (target, folder) = (net.scratch().join("backup"), net[0].site.folder.clone());
    says(&net[0], &["backup", words(&target)], "in use by another process").await;
    assert!(!target.exists());
    net[0].stop().await;
    let done = net[0].cli(&["backup", words(&target)]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(APART.iter().all(|name| done.err.contains(&format!("/{name};"))), "{done:?}");
    says(&net[0], &["backup", words(&target)], "exists already").await;

    // then nothing that opens the keys is in it
    let secret = |name: &&str| {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        text.lines().max_by_key(|line| line.len()).unwrap().to_owned()
    };
    let secrets: Vec<String> = APART.iter().map(secret).collect();
    assert_eq!(Needles::of(&secrets).found_below(&target), []);
    for file in files_below(&target) {
        assert!(!file.ends_with("cli.token") && !file.ends_with("store/ORIGINAL"), "{}", file.display());
    }

    // and it is restored into an empty folder only
    says(&net[0], &["restore", words(&target)], "not empty").await;
    net[0].site.folder = net.scratch().join("restored");
    let done = net[0].cli(&["restore", words(&target)]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    for name in APART {
        assert!(done.err.contains(&format!("/{name} back")), "{done:?}");
        fs::copy(folder.join(name), net[0].site.folder.join(name)).unwrap();
    }
    net[0].start().await;

    // and everything is there
    assert!(net[0].log_tail().contains("this node opens a new log"));
    let api = net[0].api();
    let watches: WatchPage = api.get(path::WATCHES).await.unwrap();
    assert!(watches.watches.iter().any(|watch| watch.reference == "contractor-4"), "{watches:?}");
    let alerts: AlertPage = api.get(path::ALERTS).await.unwrap();
    assert_eq!(alerts.alerts.iter().map(|alert| alert.reference.as_str()).collect::<Vec<_>>(), ["contractor-4"]);
    assert_eq!(reviews(&net[0]).await, 2);
    let allowed: AllowList = api.get(path::ALLOW).await.unwrap();
    assert_eq!(allowed.entries.len(), 1);
    assert_eq!(api.with_token(&token.token).check(&[listed]).await.unwrap().verdict, Verdict::Listed);
    assert!(net[0].cli(&["audit", "verify"]).await.code == Some(0));
    queue(&net[0], 1).await;
    vendor.down(false);
    notes(&vendor, "7", 1).await;
}

#[tokio::test]
async fn a_backup_into_the_data_folder_is_refused_by_whatever_way_it_is_named() {
    // given a stopped node, and a link into its folder
    let mut net = harness::TestNet::start(1).await;
    net[0].stop().await;
    let (folder, link) = (net[0].site.folder.clone(), net.scratch().join("link"));
    std::os::unix::fs::symlink(folder.join("store"), &link).unwrap();

    // when it is backed up into that folder, then it says so and leaves nothing there
    for place in [&folder, &folder.join("store"), &folder.join("store/.."), &link] {
        says(&net[0], &["backup", words(&place.join("backup"))], "lies in the data folder").await;
        assert!(!place.join("backup").exists(), "{}", place.display());
    }
    // control: beside it there is no objection
    assert_eq!(net[0].cli(&["backup", words(&net.scratch().join("backup"))]).await.code, Some(0));
}

#[tokio::test]
async fn a_backup_that_is_not_whole_is_not_restored() {
    let mut net = harness::TestNet::start(1).await;
    net[0].stop().await;
    let (target, new) = (net.scratch().join("backup"), net.scratch().join("restored"));
    assert_eq!(net[0].cli(&["backup", words(&target)]).await.code, Some(0));
    net[0].site.folder.clone_from(&new);

    // a byte that was changed since
    let member = target.join("member.json");
    let written = fs::read(&member).unwrap();
    fs::write(&member, [&written[..], b" "].concat()).unwrap();
    says(&net[0], &["restore", words(&target)], "not as it was written").await;
    assert!(!new.join("secrets.age").exists(), "half a folder starts no node");
    fs::remove_dir_all(&new).unwrap();
    fs::write(&member, written).unwrap();

    // a list that leads elsewhere, and none
    let list = target.join("backup.json");
    let text = fs::read_to_string(&list).unwrap();
    fs::write(&list, text.replace("member.json", "store/../../stray")).unwrap();
    says(&net[0], &["restore", words(&target)], "belongs to no data folder").await;
    fs::remove_file(&list).unwrap();
    says(&net[0], &["restore", words(&target)], "no whole backup").await;
    assert!(!new.exists());
}
