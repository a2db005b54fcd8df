//! Watches of applicants: one for each, which a later application replaces, and which an erasure takes away.

use super::*;

/// A watch of an applicant of Greenhouse, as an application asks for it.
fn application(reference: &str, tags: &[u8], days: u32) -> New {
    let (source, items) = (Some("greenhouse".to_owned()), tags.iter().map(|tag| item(*tag)).collect());
    New { source, reference: reference.to_owned(), items, of_application: true, ..new(0, days) }
}

#[tokio::test]
async fn what_an_application_says_anew_takes_the_place_of_what_it_said_before_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let opened = open(dir.path());
    let add = async |new: New| opened.watches.add(&[new], &opened.ledger).await.unwrap()[0];
    let first = add(application("9001", &[1, 2], 9)).await;
    // given others with the same number, whom it is not about
    add(New { source: Some("standard".to_owned()), ..application("9001", &[1], 5) }).await;
    add(New { source: None, of_application: false, ..application("9001", &[1], 5) }).await;
    // when the applicant gives another wallet, and fewer days are asked for
    let again = add(application("9001", &[3, 2], 5)).await;
    // then it is the same watch, as long as it was to be
    assert_eq!((again.id, again.until, again.is_new), (first.id, first.until, false));
    // and so it is once it was rewritten, whoever says it in whatever order
    assert_eq!(add(application("9001", &[2, 3], 3)).await.until, first.until);
    opened.watches.upkeep().await;
    assert_eq!((opened.watches.journal.records(), opened.watches.page(0, 9).count), (3, 3));
    drop(opened.watches);
    let watches = open_watches(dir.path(), 100);
    assert_eq!((carrying(&watches, 1), carrying(&watches, 2), carrying(&watches, 3)), (vec![2, 3], vec![1], vec![1]));
    let page = watches.page(0, 9);
    let sources: Vec<_> = page.watches.iter().map(|watch| watch.source.as_deref()).collect();
    assert_eq!(sources, [Some("greenhouse"), Some("standard"), None]);
    assert_eq!((page.watches[0].kinds.len(), &page.watches[0].until), (2, &first.until.to_string()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_report_raises_one_alert_however_often_an_application_came() {
    let dir = tempfile::tempdir().unwrap();
    let Opened { watches, ledger, mut rehearsal } = open(dir.path());
    let stop = CancellationToken::new();
    watches.start(Arc::clone(&ledger), stranger(), &stop);
    for tags in [&[1, 2][..], &[1, 3], &[4, 1]] {
        watches.add(&[application("9001", tags, 5)], &ledger).await.unwrap();
    }
    rehearsal.list(&[Tag([1; 32])], &watches).unwrap();
    let raised = alert(&watches, 0).await;
    assert_eq!((raised.source.as_deref(), raised.reference.as_str()), (Some("greenhouse"), "9001"));
    // when it comes once more, then the alert goes on; and without what was reported, it is closed
    watches.add(&[application("9001", &[5, 6, 1], 5)], &ledger).await.unwrap();
    watches.add(&[application("9001", &[7], 5)], &ledger).await.unwrap();
    let closed = alert(&watches, raised.change).await;
    assert_eq!((closed.id, closed.closed), (raised.id, Some(larum_protocol::api::AlertClosed::Removed)));
    // and what is new in its place raises its own
    rehearsal.list(&[Tag([7; 32])], &watches).unwrap();
    let next = alert(&watches, closed.change).await;
    assert!(next.id > closed.id && next.watch == raised.watch, "{next:?}");
    stop.cancel();
}

/// Stops holding, and waits until the files are closed.
async fn dies(watches: Arc<Watches>, stop: &CancellationToken) {
    stop.cancel();
    let ended = async {
        while Arc::strong_count(&watches) > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), ended).await.expect("it ends in time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_erased_leaves_memory_and_disk_and_nobody_else_does() {
    let dir = tempfile::tempdir().unwrap();
    let Opened { watches, ledger, mut rehearsal } = open(dir.path());
    let stop = CancellationToken::new();
    watches.start(Arc::clone(&ledger), stranger(), &stop);
    let others = [
        New { source: Some("standard".to_owned()), ..application("9001", &[1], 5) },
        New { source: None, of_application: false, ..application("9001", &[1], 5) },
        application("9002", &[1], 5),
    ];
    watches.add(&others, &ledger).await.unwrap();
    watches.add(&[application("9001", &[1], 5)], &ledger).await.unwrap();
    rehearsal.list(&[Tag([1; 32])], &watches).unwrap();
    let raised = async {
        while watches.alerts.waiting() < 4 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), raised).await.expect("four alerts in time");
    let newest = watches.alerts.newest();
    // when one of them is erased
    let whose = Whose { source: Some("greenhouse"), reference: "9001" };
    let erased = watches.erase(whose).await.unwrap();
    assert_eq!((erased.watches, erased.alerts, watches.alerts.waiting()), (1, 1, 3));
    assert!(watches.has_erased(), "and the task takes it off the disk within a minute");
    // also if the node dies before it does
    dies(watches, &stop).await;
    let watches = open_watches(dir.path(), 100);
    assert!(watches.has_erased());
    watches.upkeep().await;
    // then no change tells of it, nothing of it is in the files, and it does not come back
    assert!(watches.alerts.page(newest, None, 9).alerts.is_empty());
    assert!(!watches.has_erased() && watches.journal.records() == 3);
    assert_eq!(watches.erase(whose).await.unwrap(), Erased::default());
    watches.upkeep().await;
    drop(watches);
    let watches = open_watches(dir.path(), 100);
    assert!(!watches.has_erased());
    assert_eq!((watches.page(0, 9).count, watches.alerts.page(0, None, 9).alerts.len()), (3, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_seen_of_whom_is_erased_meanwhile_raises_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let Opened { watches, ledger, mut rehearsal } = open(dir.path());
    watches.add(&[application("9001", &[1], 5)], &ledger).await.unwrap();
    rehearsal.list(&[Tag([1; 32])], &watches).unwrap();
    let seen = watches.fold(&ledger, None, &[1]).unwrap();
    assert_eq!(seen.len(), 1);
    watches.erase(Whose { source: Some("greenhouse"), reference: "9001" }).await.unwrap();
    watches.settle(seen).await.unwrap();
    assert_eq!(watches.alerts.newest(), 0);
}
