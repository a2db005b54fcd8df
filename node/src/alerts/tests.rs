//! Alerts over restarts, and who follows them.

#![allow(clippy::unwrap_used, reason = "tests")]

use larum_protocol::verdict::{Strength, Verdict};

use super::{
    follow::{FOLLOWERS_MAX, FOLLOWERS_OF_TOKEN_MAX},
    *,
};

const SEED: [u8; 32] = [3; 32];

fn open(dir: &Path) -> Arc<Alerts> {
    let metrics = Arc::new(Metrics::new());
    let callbacks = Callbacks::open(dir, &SEED, &[], Arc::clone(&metrics)).unwrap();
    Arc::new(Alerts::open(dir, &SEED, Arc::new(callbacks), metrics, CancellationToken::new()).unwrap())
}

fn seen(watch: u64, verdict: Option<Verdict>) -> Seen {
    let strength = (verdict == Some(Verdict::Listed)).then_some(Strength::Confirmed);
    let reference = format!("candidate-{watch}");
    let voices = Voices { members: 1, ..Voices::default() };
    Seen { watch, place: 0, source: None, reference, kind: "email", known: None, verdict, strength, voices }
}

#[tokio::test]
async fn an_alert_is_raised_once_and_not_again_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let alerts = open(dir.path());
    let raised = alerts.settle(&[seen(1, Some(Verdict::Listed)), seen(2, Some(Verdict::Caution))]).await.unwrap();
    assert_eq!(raised.iter().map(|alert| (alert.id, alert.change)).collect::<Vec<_>>(), [(1, 1), (2, 2)]);
    drop(alerts);
    let alerts = open(dir.path());
    assert_eq!(alerts.settle(&[seen(1, Some(Verdict::Listed))]).await.unwrap(), []);
    // and what follows is a change of the same alert
    let changed = alerts.settle(&[seen(1, None)]).await.unwrap();
    assert_eq!((changed[0].id, changed[0].change, changed[0].closed), (1, 3, Some(AlertClosed::Lifted)));
    assert_eq!(alerts.page(0, Some(AlertState::Open), 10).alerts.len(), 1);
}

#[tokio::test]
async fn who_follows_goes_on_where_it_was_and_ends_with_the_node() {
    let dir = tempfile::tempdir().unwrap();
    let alerts = open(dir.path());
    alerts.settle(&[seen(1, Some(Verdict::Listed)), seen(2, Some(Verdict::Listed))]).await.unwrap();
    let mut follower = alerts.follow(1, &"one".into()).unwrap();
    assert_eq!(follower.next(&alerts).await.unwrap()[0].watch, 2);
    let third = [seen(3, Some(Verdict::Listed))];
    let (next, _) = tokio::join!(follower.next(&alerts), alerts.settle(&third));
    assert_eq!(next.unwrap()[0].watch, 3);
    alerts.stop.cancel();
    assert!(follower.next(&alerts).await.is_none());
}

#[test]
fn one_token_takes_no_more_than_its_share_of_the_places_and_gives_them_back() {
    let dir = tempfile::tempdir().unwrap();
    let alerts = open(dir.path());
    let follow = |token: &str| alerts.follow(0, &token.into());
    let mut greedy: Vec<_> = (0..FOLLOWERS_OF_TOKEN_MAX).map(|_| follow("greedy").unwrap()).collect();
    assert_eq!(follow("greedy").unwrap_err(), NoPlace::OfToken);
    let others: Vec<_> = (FOLLOWERS_OF_TOKEN_MAX..FOLLOWERS_MAX).map(|at| follow(&at.to_string()).unwrap()).collect();
    assert_eq!(follow("late").unwrap_err(), NoPlace::InAll);
    greedy.pop();
    assert!(follow("greedy").is_ok());
    drop((greedy, others));
    assert!(follow("late").is_ok());
}

#[tokio::test]
async fn alerts_about_whom_was_erased_are_gone_before_the_file_is_rewritten_and_after() {
    let dir = tempfile::tempdir().unwrap();
    let alerts = open(dir.path());
    let of = |watch, source: &str| Seen { source: Some(source.to_owned()), ..seen(watch, Some(Verdict::Listed)) };
    let about = |watch, source| Seen { reference: "9001".to_owned(), ..of(watch, source) };
    alerts.settle(&[about(1, "greenhouse"), about(2, "standard")]).await.unwrap();
    assert_eq!(alerts.erase(Some("greenhouse"), "9001").await.unwrap(), (1, 0));
    assert_eq!(alerts.erase(None, "9001").await.unwrap(), (0, 0));
    let left = |alerts: &Alerts| alerts.page(0, None, 9).alerts.iter().map(|alert| alert.watch).collect::<Vec<_>>();
    assert_eq!((left(&alerts), alerts.waiting(), alerts.journal.records()), (vec![2], 1, 4));
    drop(alerts);
    let alerts = open(dir.path());
    assert_eq!(left(&alerts), [2]);
    alerts.upkeep(|_| true, true).await.unwrap();
    assert_eq!(alerts.journal.records(), 1);
    drop(alerts);
    assert_eq!(left(&open(dir.path())), [2]);
}

#[tokio::test]
async fn whoever_acknowledges_and_hangs_up_leaves_the_disk_and_the_memory_alike() {
    let dir = tempfile::tempdir().unwrap();
    let alerts = open(dir.path());
    alerts.settle(&[seen(1, Some(Verdict::Listed))]).await.unwrap();
    let mut follower = alerts.follow(1, &"one".into()).unwrap();
    let mut acknowledging = Box::pin(alerts.acknowledge(1));
    assert!(futures::poll!(&mut acknowledging).is_pending());
    drop(acknowledging);
    let heard = tokio::time::timeout(std::time::Duration::from_secs(20), follower.next(&alerts)).await;
    assert_eq!(heard.expect("a change in time").unwrap()[0].closed, Some(AlertClosed::Acknowledged));
}

#[tokio::test]
async fn pages_follow_the_order_of_changes() {
    let dir = tempfile::tempdir().unwrap();
    let alerts = open(dir.path());
    let all: Vec<Seen> = (1..=5).map(|watch| seen(watch, Some(Verdict::Listed))).collect();
    alerts.settle(&all).await.unwrap();
    alerts.acknowledge(1).await.unwrap();
    let first = alerts.page(0, None, 3);
    assert_eq!((first.alerts.iter().map(|alert| alert.id).collect::<Vec<_>>(), first.next), (vec![2, 3, 4], Some(4)));
    let last = alerts.page(4, None, 3);
    assert_eq!((last.alerts.iter().map(|alert| alert.id).collect::<Vec<_>>(), last.next), (vec![5, 1], None));
    assert!(matches!(alerts.acknowledge(99).await, Err(AlertError::Unknown)));
}

#[tokio::test]
async fn people_see_what_changed_last_first_and_apart_from_what_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let alerts = open(dir.path());
    let all: Vec<Seen> = (1..=5).map(|watch| seen(watch, Some(Verdict::Listed))).collect();
    alerts.settle(&all).await.unwrap();
    alerts.acknowledge(2).await.unwrap();
    alerts.acknowledge(4).await.unwrap();
    let shown = |before, closed, limit| {
        let page = alerts.newest_first(before, closed, limit);
        (page.alerts.iter().map(|alert| alert.id).collect::<Vec<_>>(), page.next)
    };
    assert_eq!(alerts.waiting(), 3);
    assert_eq!(shown(None, false, 2), (vec![5, 3], Some(3)));
    assert_eq!(shown(Some(3), false, 2), (vec![1], None));
    assert_eq!(shown(None, true, 2), (vec![4, 2], None));
    assert_eq!(shown(Some(0), false, 2), (vec![], None));
}

#[tokio::test]
async fn what_is_old_is_forgotten_and_the_rest_survives_the_rewrite() {
    let dir = tempfile::tempdir().unwrap();
    let alerts = open(dir.path());
    alerts.settle(&[seen(1, Some(Verdict::Listed)), seen(2, Some(Verdict::Listed))]).await.unwrap();
    let record = alerts.state.read().get(1).cloned().unwrap();
    let old = AlertInfo { changed: "2020-01-01T00:00:00Z".to_owned(), ..record.alert.clone() };
    alerts.keep(vec![Record { alert: old, ..record }]).await.unwrap();
    // while it is watched it stays
    alerts.upkeep(|_| true, false).await.unwrap();
    assert_eq!(alerts.page(0, None, 10).alerts.len(), 2);
    alerts.upkeep(|_| false, false).await.unwrap();
    drop(alerts);
    let left = open(dir.path()).page(0, None, 10).alerts;
    assert_eq!(left.iter().map(|alert| alert.watch).collect::<Vec<_>>(), [2]);
}
