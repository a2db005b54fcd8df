//! What the inbox keeps, and what it lets go.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::hooks::arrival::Arrival;

const SEED: [u8; 32] = [7; 32];

fn open(folder: &tempfile::TempDir) -> Inbox {
    Inbox::open(folder.path(), &SEED).unwrap()
}

fn application(candidate: &str) -> Event {
    let mut arrival = Arrival::of(candidate).unwrap();
    arrival.email(&format!("{candidate}@example.com"));
    Event::Application(Box::new(arrival))
}

fn erasure(candidate: &str) -> Event {
    Event::Erase { candidate: candidate.to_owned() }
}

async fn accept(inbox: &Inbox, id: &str, event: Event) -> Accepted {
    inbox.accept(Vendor::Greenhouse, vec![id.to_owned()], event).await.unwrap()
}

const CHECKS: Lane = Lane::Checks(Vendor::Greenhouse);

fn on_disk(folder: &tempfile::TempDir, text: &str) -> bool {
    let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    files.into_iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

#[tokio::test]
async fn a_delivery_is_accepted_once_over_restarts_and_is_there_until_it_is_worked_off() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = open(&folder);
    assert_eq!(accept(&inbox, "event 1", application("c-1")).await, Accepted::Kept);
    assert_eq!(accept(&inbox, "event 1", application("c-1")).await, Accepted::Known);
    drop(inbox);

    let inbox = open(&folder);
    assert_eq!(accept(&inbox, "event 1", application("c-1")).await, Accepted::Known);
    let job = inbox.next(CHECKS).await;
    assert!(matches!(&job.task, Task::Check(arrival) if arrival.candidate == "c-1"));
    inbox.done(job.id).await.unwrap();
    drop(inbox);

    let inbox = open(&folder);
    assert_eq!(inbox.len(), 0);
    assert_eq!(accept(&inbox, "event 1", application("c-1")).await, Accepted::Known, "worked off, and still known");
    let other = inbox.accept(Vendor::Lever, vec!["event 1".to_owned()], application("c-1")).await.unwrap();
    assert_eq!(other, Accepted::Kept, "another vendor's ids are its own");
}

#[tokio::test]
async fn one_of_several_ids_is_enough_to_know_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = open(&folder);
    let ids = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
    let accept = |these| inbox.accept(Vendor::Greenhouse, these, application("c-1"));
    assert_eq!(accept(ids(&["event 1", "body x"])).await.unwrap(), Accepted::Kept);
    assert_eq!(accept(ids(&["event 2", "body x"])).await.unwrap(), Accepted::Known);
    assert_eq!(accept(ids(&["event 1", "body y"])).await.unwrap(), Accepted::Known);
    assert_eq!(accept(ids(&["event 2", "body y"])).await.unwrap(), Accepted::Kept, "a refused one's ids are not taken");
}

#[tokio::test]
async fn what_was_checked_is_not_checked_again_after_a_crash_and_its_note_is_still_to_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = open(&folder);
    accept(&inbox, "event 1", application("c-1")).await;
    let job = inbox.next(CHECKS).await;
    let note = Note { mark: "larum:1:listed".to_owned(), text: "a note".to_owned(), verdict: 4 };
    let progress = Progress { checks: 1, note: Some(note), told: None, again: None, said: None };
    assert!(inbox.advance(job.id, &progress).await.unwrap());
    drop(inbox);

    let inbox = open(&folder);
    let again = inbox.next(CHECKS).await;
    assert_eq!((again.id, again.mark, again.progress), (job.id, job.mark, progress));
}

#[tokio::test]
async fn what_is_to_be_checked_again_waits_for_its_time_after_a_restart_too() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = open(&folder);
    accept(&inbox, "event 1", application("later")).await;
    let job = inbox.next(CHECKS).await;
    let progress = Progress { checks: 1, again: Some(now().0 + 3_600_000), ..Progress::default() };
    inbox.advance(job.id, &progress).await.unwrap();
    drop(inbox);

    let inbox = open(&folder);
    accept(&inbox, "event 2", application("sooner")).await;
    let job = inbox.next(CHECKS).await;
    assert!(matches!(&job.task, Task::Check(arrival) if arrival.candidate == "sooner"));
    assert!(inbox.state.lock().take(CHECKS, now().0).0.is_none(), "the other one is not due");
}

#[tokio::test]
async fn an_erasure_takes_away_what_waits_and_what_is_in_work_and_leaves_nothing_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = open(&folder);
    accept(&inbox, "event 1", application("gone")).await;
    let in_work = inbox.next(CHECKS).await;
    accept(&inbox, "event 2", application("gone")).await;
    accept(&inbox, "event 3", application("stays")).await;
    accept(&inbox, "event 4", erasure("gone")).await;

    assert!(!inbox.is_open(in_work.id) && !inbox.advance(in_work.id, &Progress::default()).await.unwrap());
    assert!(inbox.is_in_work(Vendor::Greenhouse, "gone"), "the eraser waits for the worker");
    inbox.let_go(in_work.id);
    assert!(!inbox.is_in_work(Vendor::Greenhouse, "gone"));
    inbox.tidy().await.unwrap();
    assert_eq!(inbox.journal.records(), 4 + 2, "four keys, an application and an erasure");
    drop(inbox);

    let inbox = open(&folder);
    assert_eq!(inbox.len(), 2);
    let jobs = [inbox.next(CHECKS).await, inbox.next(Lane::Erasures(Vendor::Greenhouse)).await];
    assert!(matches!(&jobs[0].task, Task::Check(arrival) if arrival.candidate == "stays"));
    assert!(matches!(&jobs[1].task, Task::Erase { candidate, .. } if **candidate == *"gone"));
    for event in 1..=4 {
        assert_eq!(accept(&inbox, &format!("event {event}"), application("gone")).await, Accepted::Known, "{event}");
    }
}

#[tokio::test]
async fn i1_nothing_on_the_disk_names_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = open(&folder);
    accept(&inbox, "event-of-jane", application("candidate-77")).await;
    for text in ["candidate-77", "example.com", "event-of-jane"] {
        assert!(!on_disk(&folder, text), "{text}");
    }
}

#[tokio::test]
async fn many_that_arrive_together_share_their_syncs() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = Arc::new(open(&folder));
    let accepts = (0..500).map(|number| {
        let inbox = Arc::clone(&inbox);
        tokio::spawn(async move { accept(&inbox, &format!("event {number}"), application("c-1")).await })
    });
    for accepted in futures::future::join_all(accepts.collect::<Vec<_>>()).await {
        assert_eq!(accepted.unwrap(), Accepted::Kept);
    }
    assert_eq!(inbox.len(), 500);
    assert!(inbox.journal.syncs() < 250, "{} syncs", inbox.journal.syncs());
}

#[tokio::test]
async fn of_tests_and_foreign_events_only_what_they_are_known_by_is_kept_so_that_nothing_comes_back_under_their_signature()
 {
    let folder = tempfile::tempdir().unwrap();
    let inbox = open(&folder);
    assert_eq!(accept(&inbox, "event 1", Event::Ping).await, Accepted::Nothing);
    assert_eq!(accept(&inbox, "event 2", Event::Ignored).await, Accepted::Nothing);
    assert_eq!((inbox.len(), inbox.journal.records()), (0, 2));
    drop(inbox);

    let inbox = open(&folder);
    assert_eq!(accept(&inbox, "event 1", application("c-1")).await, Accepted::Known);
    assert_eq!(accept(&inbox, "event 2", erasure("c-1")).await, Accepted::Known);
    assert_eq!(inbox.len(), 0);
}

#[tokio::test]
async fn an_erasure_that_nobody_signed_takes_nothing_away_before_it_is_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = open(&folder);
    inbox.accept(Vendor::Lever, vec!["token 1".to_owned()], application("op-1")).await.unwrap();
    inbox.accept(Vendor::Lever, vec!["token 2".to_owned()], erasure("op-1")).await.unwrap();
    assert_eq!(inbox.len(), 2);
    assert_eq!(inbox.drop_all(Vendor::Lever, "op-1", u64::MAX).await.unwrap(), 1);
}

#[tokio::test]
async fn an_erasure_by_a_person_here_takes_away_what_waits_and_needs_no_confirmation_after_a_restart_either() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = open(&folder);
    inbox.accept(Vendor::Lever, vec!["token 1".to_owned()], application("op-1")).await.unwrap();
    assert_eq!(inbox.erase(Vendor::Lever, "op-1".to_owned()).await.unwrap(), 1);
    assert_eq!(inbox.len(), 1);
    drop(inbox);

    let inbox = open(&folder);
    assert_eq!(inbox.len(), 1);
    assert!(matches!(inbox.next(Lane::Erasures(Vendor::Lever)).await.task, Task::Erase { confirmed: true, .. }));
}

#[test]
fn an_erasure_in_an_older_journal_is_one_that_no_person_here_confirmed() {
    let mut older = Vec::new();
    let mut encoder = minicbor::Encoder::new(&mut older);
    encoder.array(2).unwrap().u32(3).unwrap().array(3).unwrap().encode(Vendor::Lever).unwrap();
    encoder.u64(7).unwrap().str("op-1").unwrap();
    let record = minicbor::decode(&older).unwrap();
    assert!(matches!(record, Record::Erase { at: 7, candidate, confirmed: false, .. } if candidate == "op-1"));
}

#[tokio::test]
async fn what_waits_for_one_vendor_waits_in_no_other_lane() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = open(&folder);
    for number in 0..20 {
        inbox.accept(Vendor::Lever, vec![format!("token {number}")], application("slow")).await.unwrap();
    }
    accept(&inbox, "event 1", application("quick")).await;
    accept(&inbox, "event 2", erasure("other")).await;
    assert!(matches!(inbox.next(CHECKS).await.task, Task::Check(arrival) if arrival.candidate == "quick"));
    assert!(matches!(inbox.next(Lane::Erasures(Vendor::Greenhouse)).await.task, Task::Erase { .. }));
}

#[tokio::test]
async fn what_a_wrong_clock_put_into_the_far_future_is_taken_now_however_much_else_comes() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = open(&folder);
    accept(&inbox, "event 1", application("late")).await;
    let job = inbox.next(CHECKS).await;
    let year = 365 * 24 * 60 * 60 * 1_000;
    let progress = Progress { checks: 1, again: Some(now().0 + year), ..Progress::default() };
    inbox.advance(job.id, &progress).await.unwrap();
    drop(inbox);

    let inbox = open(&folder);
    accept(&inbox, "event 2", application("sooner")).await;
    assert_eq!(inbox.next(CHECKS).await.id, job.id);
    inbox.put_back(job.id, now().0 + year, Tries::default());
    assert_eq!(inbox.next(CHECKS).await.id, job.id);
}
