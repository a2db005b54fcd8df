//! What is kept of a lookup: never anything that is not on record, and never instead of an answer.

use std::{fs, io::Write as _};

use harness::{ApiError, Founding, TestNet, TestNode, email, eventually};
use larum_protocol::api::{
    AlertPage, ApplicationAnswer, ApplicationRequest, CheckAnswer, CheckRequest, NewWatch, ReviewList, Verdict,
    WatchPage, WatchRequest, WatchesAnswer, path,
};

use crate::full_disk::Tmpfs;

fn application(reference: &str, mailbox: &str) -> ApplicationRequest {
    let (reference, emails) = (Some(reference.to_owned()), vec![email(mailbox).value]);
    ApplicationRequest { reference, emails, watch_days: Some(30), ..ApplicationRequest::default() }
}

fn watches(mailbox: &str) -> WatchRequest {
    let watch = NewWatch { reference: "contractor-1".to_owned(), identifiers: vec![email(mailbox)], days: Some(30) };
    WatchRequest { watches: vec![watch] }
}

/// How many watches, reviews and alerts there are.
async fn kept(node: &TestNode) -> (u64, u64, usize) {
    let watches: WatchPage = node.api().get(path::WATCHES).await.unwrap();
    let reviews: ReviewList = node.api().get(path::REVIEWS).await.unwrap();
    let alerts: AlertPage = node.api().get(path::ALERTS).await.unwrap();
    (watches.count, reviews.waiting, alerts.alerts.len())
}

#[tokio::test]
async fn i11_nothing_is_kept_of_a_lookup_that_a_full_disk_keeps_off_the_record() {
    // given a node that knows of a mailbox, and whose record has no room
    let mut net = TestNet::lay(&Founding::of(1));
    let audit = net[0].site.folder.join("audit");
    fs::create_dir_all(&audit).unwrap();
    let Some(_disk) = Tmpfs::over(audit.clone(), 64) else { return };
    net.start_all().await;
    net.settled().await;
    net[0].publish(&[email("rowan")]).await;
    net[0].wait_for_verdict(&email("rowan"), Verdict::Listed).await;
    let ballast = audit.join("ballast");
    let mut file = fs::File::create(&ballast).unwrap();
    while file.write_all(&[0x5a; 64]).is_ok() {}
    drop(file);
    // what is left of the record's last page takes a few lookups more
    while net[0].api().check(&[email("nobody")]).await.is_ok() {}
    // when it is looked up in every way that keeps something
    let api = net[0].api();
    let refused = |slug: Result<(), ApiError>| assert_eq!(slug.unwrap_err().slug(), "audit-unavailable");
    refused(api.post::<ApplicationAnswer>(path::APPLICATIONS, &application("candidate-1", "rowan")).await.map(drop));
    refused(api.post::<WatchesAnswer>(path::WATCHES, &watches("rowan")).await.map(drop));
    let (identifiers, reference) = (vec![email("rowan")], Some("candidate-2".to_owned()));
    let check = CheckRequest { identifiers, reference, watch_days: Some(30) };
    refused(api.post::<CheckAnswer>(path::CHECK, &check).await.map(drop));
    // then nothing is there to be read instead of the answer, and after a restart neither
    assert_eq!(kept(&net[0]).await, (0, 0, 0));
    fs::remove_file(&ballast).unwrap();
    net[0].restart().await;
    assert_eq!(kept(&net[0]).await, (0, 0, 0));
    // and with room all of it is kept
    net.settled().await;
    let _: ApplicationAnswer =
        net[0].api().post(path::APPLICATIONS, &application("candidate-1", "rowan")).await.unwrap();
    let _: WatchesAnswer = net[0].api().post(path::WATCHES, &watches("rowan")).await.unwrap();
    eventually("both are watched, and one raises an alert", async || (kept(&net[0]).await == (2, 1, 1)).then_some(()))
        .await;
    drop(net);
}

#[tokio::test]
async fn a_full_list_of_watches_keeps_no_applicant_from_being_answered_and_reviewed() {
    // given a node that may keep one watch, and does
    let net = TestNet::lay(&Founding::of(1));
    let file = net[0].site.folder.join("larum.toml");
    let mut toml = fs::OpenOptions::new().append(true).open(&file).unwrap();
    writeln!(toml, "watch_count_max = 1").unwrap();
    let mut net = net;
    net.start_all().await;
    net.settled().await;
    let api = net[0].api();
    let _: WatchesAnswer = api.post(path::WATCHES, &watches("hazel")).await.unwrap();
    net[0].publish(&[email("rowan")]).await;
    net[0].wait_for_verdict(&email("rowan"), Verdict::Listed).await;
    let recorded = api.audit().await.unwrap().records.len();
    // when a listed applicant is to be watched
    let answer: ApplicationAnswer = api.post(path::APPLICATIONS, &application("candidate-1", "rowan")).await.unwrap();
    // then there is a verdict and a review, and the answer says that there is no watch
    assert_eq!((answer.verdict, answer.watched_until.as_deref()), (Verdict::Listed, None));
    assert!(answer.review.is_some() && answer.warnings[0].contains("watch_count_max"), "{answer:?}");
    let (identifiers, reference) = (vec![email("rowan")], Some("candidate-2".to_owned()));
    let check = CheckRequest { identifiers, reference, watch_days: Some(30) };
    let answer: CheckAnswer = api.post(path::CHECK, &check).await.unwrap();
    assert_eq!((answer.verdict, answer.watch.is_none(), answer.warnings.len()), (Verdict::Listed, true, 1));
    assert_eq!(api.audit().await.unwrap().records.len(), recorded + 2);
    assert_eq!(kept(&net[0]).await, (1, 1, 0));
}
