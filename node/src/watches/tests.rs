//! Watches over restarts, and what is held against them.

#![allow(clippy::unwrap_used, reason = "tests")]

mod applicants;

use larum_protocol::{
    statement::DerivedTag,
    tag::{Tag, Tags},
    verdict::Verdict,
};

use super::*;
use crate::{
    bench::{Rehearsal, rehearsal},
    callbacks::Callbacks,
    on_record::prepare,
};

const SEED: [u8; 32] = [9; 32];

struct Opened {
    watches: Arc<Watches>,
    ledger: Arc<Ledger>,
    rehearsal: Rehearsal,
}

fn open_watches(dir: &Path, count_max: u32) -> Watches {
    let metrics = Arc::new(Metrics::new());
    let callbacks = Arc::new(Callbacks::open(dir, &SEED, &[], Arc::clone(&metrics)).unwrap());
    let alerts = Alerts::open(dir, &SEED, callbacks, Arc::clone(&metrics), CancellationToken::new()).unwrap();
    Watches::open(dir, &SEED, count_max, Arc::new(alerts), metrics).unwrap()
}

fn open(dir: &Path) -> Opened {
    let rehearsal = rehearsal(&dir.join("ledger")).unwrap();
    let ledger = Arc::clone(&rehearsal.ledger);
    Opened { watches: Arc::new(open_watches(dir, 100)), ledger, rehearsal }
}

impl Watches {
    /// Keeps watches that come of no lookup.
    async fn add(&self, new: &[New], ledger: &Ledger) -> Result<Vec<Kept>, WatchError> {
        self.keep(new, ledger, Gate::open()).await
    }
}

/// A node that says nothing itself.
fn stranger() -> PublicKey {
    larum_protocol::keys::SecretKey::from_seed(&SEED).public()
}

fn item(tag: u8) -> Item {
    let derived = vec![DerivedTag { derivation: 1, tag: Tag([tag ^ 0x80; 32]) }];
    Item::new(Kind::Wallet, None, vec![Tags { epoch: 1, subject: Tag([tag; 32]), derived }])
}

fn new(tag: u8, days: u32) -> New {
    let (reference, until) = (format!("candidate-{tag}"), now().day().plus(days));
    New { source: None, reference, until, items: vec![item(tag)], of_application: false }
}

/// What the watches carry that a statement about a tag would be held against.
fn carrying(watches: &Watches, tag: u8) -> Vec<u64> {
    let list = watches.list.read();
    let mut found: Vec<u64> = list.carrying(&Tag([tag; 32])).collect();
    found.sort_unstable();
    found
}

#[tokio::test]
async fn what_is_kept_is_there_after_a_restart_and_what_was_ended_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let opened = open(dir.path());
    let ids = opened
        .watches
        .add(&[new(1, 5), new(2, 5), New { reference: "other".to_owned(), ..new(1, 5) }], &opened.ledger)
        .await
        .unwrap();
    assert_eq!(ids.iter().map(|kept| kept.id).collect::<Vec<_>>(), [1, 2, 3]);
    opened.watches.remove(3).await.unwrap();
    assert!(matches!(opened.watches.remove(3).await, Err(WatchError::Unknown)));
    drop(opened.watches);
    let watches = open_watches(dir.path(), 100);
    assert_eq!(
        (carrying(&watches, 1), carrying(&watches, 2), carrying(&watches, 2 ^ 0x80)),
        (vec![1], vec![2], vec![2])
    );
    let page = watches.page(0, 1);
    assert_eq!((page.watches[0].reference.as_str(), page.count, page.next), ("candidate-1", 2, Some(1)));
}

#[tokio::test]
async fn who_is_asked_for_again_is_renewed_and_not_watched_twice() {
    let dir = tempfile::tempdir().unwrap();
    let opened = open(dir.path());
    opened.watches.add(&[new(1, 5)], &opened.ledger).await.unwrap();
    let again = opened.watches.add(&[new(1, 9), new(1, 3)], &opened.ledger).await.unwrap();
    assert_eq!(again.iter().map(|kept| (kept.id, kept.is_new)).collect::<Vec<_>>(), [(1, false), (1, false)]);
    let last = now().day().plus(9).to_string();
    assert_eq!((opened.watches.page(0, 9).count, &opened.watches.page(0, 9).watches[0].until), (1, &last));
    // over a restart and a rewrite as well, also once the first day that was asked for is over
    opened.watches.end(now().day().plus(6), |_| true);
    opened.watches.upkeep().await;
    drop(opened.watches);
    let watches = open_watches(dir.path(), 100);
    assert_eq!((watches.page(0, 9).watches[0].until.clone(), watches.journal.records()), (last, 2));
}

#[tokio::test]
async fn i1_no_reference_and_no_tag_can_be_read_off_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let opened = open(dir.path());
    opened.watches.add(&[new(7, 5)], &opened.ledger).await.unwrap();
    let bytes = std::fs::read(dir.path().join("watches/journal")).unwrap();
    assert!(!bytes.windows(9).any(|window| window == b"candidate"));
    assert!(!bytes.windows(16).any(|window| window == [7; 16]));
}

#[tokio::test]
async fn i4_a_watch_ends_with_its_last_day_and_is_wiped_off_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let opened = open(dir.path());
    opened.watches.add(&[new(1, 5), new(2, 9)], &opened.ledger).await.unwrap();
    opened.watches.end(now().day().plus(5), |_| true);
    assert_eq!(carrying(&opened.watches, 1), [1]);
    opened.watches.end(now().day().plus(6), |_| true);
    assert_eq!((carrying(&opened.watches, 1), carrying(&opened.watches, 2)), (vec![], vec![2]));
    opened.watches.upkeep().await;
    assert_eq!(opened.watches.journal.records(), 1);
}

#[tokio::test]
async fn a_watch_whose_salt_has_ended_asks_for_a_new_check() {
    let dir = tempfile::tempdir().unwrap();
    let opened = open(dir.path());
    opened.watches.add(&[new(1, 5)], &opened.ledger).await.unwrap();
    opened.watches.end(now().day(), |epoch| epoch != 1);
    assert!(carrying(&opened.watches, 1).is_empty());
    let page = opened.watches.page(0, 10);
    assert_eq!((page.watches[0].needs_check, page.needs_check, page.count), (true, 1, 1));
    opened.watches.remove(1).await.unwrap();
    assert_eq!(opened.watches.page(0, 10).needs_check, 0);
}

#[tokio::test]
async fn no_more_is_kept_than_may_be() {
    let dir = tempfile::tempdir().unwrap();
    let opened = open(dir.path());
    let watches = open_watches(&dir.path().join("few"), 2);
    watches.add(&[new(1, 5)], &opened.ledger).await.unwrap();
    let refused = watches.add(&[new(2, 5), new(3, 5)], &opened.ledger).await;
    assert!(matches!(refused, Err(WatchError::Full { count: 1, most: 2 })));
    assert_eq!(watches.page(0, 10).count, 1);
}

/// Waits until an alert is in a state; the tests' patience ends with the runtime's own clock.
async fn alert(watches: &Watches, after: u64) -> larum_protocol::api::AlertInfo {
    let mut follower = watches.alerts.follow(after, &"test".into()).unwrap();
    let changed = tokio::time::timeout(std::time::Duration::from_secs(20), follower.next(&watches.alerts)).await;
    changed.expect("an alert in time").unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stored_raises_an_alert_whether_it_comes_before_or_behind_the_watch() {
    let dir = tempfile::tempdir().unwrap();
    let Opened { watches, ledger, mut rehearsal } = open(dir.path());
    let stop = CancellationToken::new();
    watches.start(Arc::clone(&ledger), stranger(), &stop);
    // given one that is listed before it is watched
    rehearsal.list(&[Tag([1; 32])], &watches).unwrap();
    watches.add(&[new(1, 5), new(2, 5)], &ledger).await.unwrap();
    let first = alert(&watches, 0).await;
    assert_eq!((first.watch, first.verdict, first.reference.as_str()), (1, Verdict::Listed, "candidate-1"));
    // when the other is listed as well
    rehearsal.list(&[Tag([2; 32])], &watches).unwrap();
    let second = alert(&watches, first.change).await;
    assert_eq!((second.watch, second.members), (2, 1));
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i5_what_was_stored_just_before_a_crash_raises_its_alert_at_the_next_start_and_only_once() {
    let dir = tempfile::tempdir().unwrap();
    let Opened { watches, ledger, mut rehearsal } = open(dir.path());
    watches.add(&[new(1, 5)], &ledger).await.unwrap();
    // Nobody holds when it arrives: the process dies in between
    rehearsal.list(&[Tag([1; 32])], &watches).unwrap();
    drop(watches);
    let watches = Arc::new(open_watches(dir.path(), 100));
    let stop = CancellationToken::new();
    watches.start(Arc::clone(&ledger), stranger(), &stop);
    let raised = alert(&watches, 0).await;
    // And once more
    rehearsal.list(&[Tag([3; 32])], &watches).unwrap();
    watches.add(&[new(3, 5)], &ledger).await.unwrap();
    let next = alert(&watches, raised.change).await;
    assert_eq!((raised.watch, next.watch), (1, 2));
    stop.cancel();
}

/// Waits for something that a task of its own brings about.
async fn soon(what: &str, is_so: impl Fn() -> bool) {
    let waited = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), waited).await.unwrap_or_else(|_| panic!("{what}"));
}

#[tokio::test]
async fn whoever_hangs_up_leaves_the_disk_and_the_memory_alike() {
    let dir = tempfile::tempdir().unwrap();
    let Opened { watches, ledger, .. } = open(dir.path());
    // when somebody who has a watch kept does not wait for it
    let (keeper, new) = (Arc::clone(&watches), vec![new(1, 5)]);
    let prepared = prepare(|gate| async move { keeper.keep(&new, &ledger, gate).await.map(drop) }).await;
    let mut keeping = Box::pin(prepared.unwrap().unwrap().keep());
    assert!(futures::poll!(&mut keeping).is_pending());
    drop(keeping);
    // then it is there
    soon("it is kept", || watches.page(0, 10).count == 1).await;
    // and gone if somebody ends it who does not wait either
    let mut removing = Box::pin(watches.remove(1));
    assert!(futures::poll!(&mut removing).is_pending());
    drop(removing);
    soon("it is ended", || watches.page(0, 10).count == 0).await;
}

#[tokio::test]
async fn i11_a_watch_whose_lookup_is_not_recorded_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let Opened { watches, ledger, .. } = open(dir.path());
    let (keeper, wanted, held) = (Arc::clone(&watches), vec![new(1, 5)], Arc::clone(&ledger));
    let prepared = prepare(|gate| async move { keeper.keep(&wanted, &held, gate).await.map(drop) }).await;
    let prepared = prepared.unwrap().unwrap();
    assert_eq!(prepared.what[0].id, 1);
    drop(prepared);
    // and the next one has the number that it would have had
    let kept = watches.add(&[new(2, 5)], &ledger).await.unwrap();
    assert_eq!((kept[0].id, watches.page(0, 10).count, watches.journal.records()), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_that_stayed_open_when_their_watch_was_ended_are_closed_by_ending_it_again() {
    // given a watch with an alert, which was ended while the disk took no alert
    let dir = tempfile::tempdir().unwrap();
    let Opened { watches, ledger, mut rehearsal } = open(dir.path());
    let stop = CancellationToken::new();
    watches.start(Arc::clone(&ledger), stranger(), &stop);
    watches.add(&[new(1, 5)], &ledger).await.unwrap();
    rehearsal.list(&[Tag([1; 32])], &watches).unwrap();
    let raised = alert(&watches, 0).await;
    watches.list.write().remove(1);
    // when it is ended again
    watches.remove(1).await.unwrap();
    // then its alert is closed, and there is nothing left to end
    assert_eq!(alert(&watches, raised.change).await.state, larum_protocol::api::AlertState::Closed);
    assert!(matches!(watches.remove(1).await, Err(WatchError::Unknown)));
    stop.cancel();
}
