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
    let job = inbox.next().await;
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
    let job = inbox.next().await;
    let note = Note { mark: "larum:1:listed".to_owned(), text: "a note".to_owned(), verdict: 4 };
    let progress = Progress { checks: 1, note: Some(note), told: None, again: None, said: None };
    assert!(inbox.advance(job.id, &progress).await.unwrap());
    drop(inbox);

    let inbox = open(&folder);
    let again = inbox.next().await;
    assert_eq!((again.id, again.mark, again.progress), (job.id, job.mark, progress));
}

#[tokio::test]
async fn what_is_to_be_checked_again_waits_for_its_time_after_a_restart_too() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = open(&folder);
    accept(&inbox, "event 1", application("later")).await;
    let job = inbox.next().await;
    let progress = Progress { checks: 1, again: Some(now().0 + 3_600_000), ..Progress::default() };
    inbox.advance(job.id, &progress).await.unwrap();
    drop(inbox);

    let inbox = open(&folder);
    accept(&inbox, "event 2", application("sooner")).await;
    let job = inbox.next().await;
    assert!(matches!(&job.task, Task::Check(arrival) if arrival.candidate == "sooner"));
    assert!(inbox.state.lock().take(now().0).0.is_none(), "the other one is not due");
}

#[tokio::test]
async fn an_erasure_takes_away_what_waits_and_what_is_in_work_and_leaves_nothing_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = open(&folder);
    accept(&inbox, "event 1", application("gone")).await;
    let in_work = inbox.next().await;
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
    let jobs = [inbox.next().await, inbox.next().await];
    assert!(matches!(&jobs[0].task, Task::Check(arrival) if arrival.candidate == "stays"));
    assert!(matches!(&jobs[1].task, Task::Erase(candidate) if **candidate == *"gone"));
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
async fn tests_and_foreign_events_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = open(&folder);
    assert_eq!(accept(&inbox, "event 1", Event::Ping).await, Accepted::Nothing);
    assert_eq!(accept(&inbox, "event 1", Event::Ignored).await, Accepted::Nothing);
    assert_eq!((inbox.len(), inbox.journal.records()), (0, 0));
}
