//! Journals on a real disk: order, crashes, damage, bounds.

#![allow(clippy::unwrap_used, reason = "tests")]

mod bounds;
mod crash;
mod damage;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use super::{Journal, JournalError, JournalKey};

fn key() -> JournalKey {
    JournalKey::derive(&[1; 32], "test")
}

fn path(dir: &Path) -> PathBuf {
    dir.join("journal")
}

/// Opens a journal; with it what was replayed.
fn open(dir: &Path) -> Result<(Journal, Vec<(u64, String)>), JournalError> {
    let mut seen = Vec::new();
    let journal = Journal::open(dir, &key(), |number, record| {
        seen.push((number, String::from_utf8(record.to_vec()).unwrap()));
    })?;
    Ok((journal, seen))
}

fn texts(dir: &Path) -> Vec<String> {
    open(dir).unwrap().1.into_iter().map(|(_, text)| text).collect()
}

async fn append(journal: &Journal, texts: &[&str]) -> u64 {
    journal.append(texts.iter().map(|text| text.as_bytes().to_vec()).collect()).await.unwrap()
}

/// A folder whose journal holds one frame for each text.
async fn with_frames(texts: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path()).unwrap();
    for text in texts {
        append(&journal, &[text]).await;
    }
    dir
}

#[tokio::test]
async fn what_was_appended_is_replayed_in_order_under_its_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, seen) = open(&dir.path().join("new/er")).unwrap();
    assert_eq!(seen, []);
    assert_eq!(append(&journal, &["one", "two"]).await, 1);
    assert_eq!(append(&journal, &[""]).await, 3);
    drop(journal);
    let (journal, seen) = open(&dir.path().join("new/er")).unwrap();
    assert_eq!(seen, [(1, "one".to_owned()), (2, "two".to_owned()), (3, String::new())]);
    assert_eq!((append(&journal, &["four"]).await, journal.records()), (4, 4));
}

#[tokio::test]
async fn appends_that_arrive_together_share_a_sync() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path()).unwrap();
    let texts: Vec<String> = (0..500).map(|number| number.to_string()).collect();
    // given a writer that is held up
    let (held, go) = std::sync::mpsc::channel();
    append(&journal, &["first"]).await;
    let busy = journal.rewrite(move |_, _| go.recv().is_ok());
    // when many want to append meanwhile
    let all = texts.iter().map(|text| async { append(&journal, &[text.as_str()]).await });
    let all = futures::future::join_all(all);
    let release = async {
        while journal.jobs.as_ref().unwrap().capacity() > super::WAITING_MAX - 500 {
            tokio::task::yield_now().await;
        }
        held.send(()).unwrap();
    };
    let (_, mut numbers, ()) = tokio::join!(busy, all, release);
    let by_number: BTreeMap<u64, &String> = numbers.iter().copied().zip(&texts).collect();
    numbers.sort_unstable();
    // then each has a number of its own, and the disk was asked twice in all
    assert_eq!(numbers, (2..502).collect::<Vec<u64>>());
    assert_eq!(journal.syncs(), 2);
    drop(journal);
    let seen = open(dir.path()).unwrap().1;
    assert!(seen[1..].iter().map(|(number, text)| (*number, text)).eq(by_number));
}

#[tokio::test]
async fn a_rewrite_keeps_numbers_and_what_is_appended_meanwhile() {
    let dir = with_frames(&["one", "two", "three", "four"]).await;
    let (journal, _) = open(dir.path()).unwrap();
    let before = journal.bytes();
    journal.rewrite(|number, _| number.is_multiple_of(2)).await.unwrap();
    assert!(journal.bytes() < before);
    assert_eq!(append(&journal, &["five"]).await, 5);
    drop(journal);
    let (journal, seen) = open(dir.path()).unwrap();
    assert_eq!(seen, [(2, "two".to_owned()), (4, "four".to_owned()), (5, "five".to_owned())]);
    // and a number is not given again, though nothing that had it is left
    journal.rewrite(|_, _| false).await.unwrap();
    drop(journal);
    let (journal, seen) = open(dir.path()).unwrap();
    assert_eq!((seen, append(&journal, &["six"]).await), (vec![], 6));
}

#[tokio::test]
async fn a_rewrite_of_more_than_one_frame_takes_keeps_everything() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path(), &key(), |_, _| {}).unwrap();
    for filling in 0..4 {
        journal.append(vec![vec![filling; 6 * 1024 * 1024]]).await.unwrap();
    }
    journal.rewrite(|number, _| number != 2).await.unwrap();
    drop(journal);
    let mut seen = Vec::new();
    drop(Journal::open(dir.path(), &key(), |number, record| seen.push((number, record[0], record.len()))).unwrap());
    assert_eq!(seen, [1, 3, 4].map(|number: u8| (u64::from(number), number - 1, 6 * 1024 * 1024)));
}

#[tokio::test]
async fn i1_nothing_can_be_read_off_the_disk() {
    let dir = with_frames(&["secret.mailbox@example.com"]).await;
    let bytes = fs::read(path(dir.path())).unwrap();
    assert!(!bytes.windows(6).any(|window| window == b"secret"));
    // nor are two journals alike that hold the same
    let other = with_frames(&["secret.mailbox@example.com"]).await;
    assert_ne!(fs::read(path(other.path())).unwrap()[100..], bytes[100..]);
}

#[tokio::test]
async fn whoever_stops_waiting_does_not_stop_the_append() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path()).unwrap();
    let journal = Arc::new(journal);
    let asked = Arc::new(Mutex::new(false));
    let (held, go) = std::sync::mpsc::channel();
    append(&journal, &["first"]).await;
    let seen = Arc::clone(&asked);
    let mut busy = Box::pin(journal.rewrite(move |_, _| {
        *seen.lock().unwrap() = true;
        go.recv().is_ok()
    }));
    assert!(futures::poll!(&mut busy).is_pending());
    let mut given_up = Box::pin(append(&journal, &["second"]));
    assert!(futures::poll!(&mut given_up).is_pending());
    drop(given_up);
    held.send(()).unwrap();
    busy.await.unwrap();
    drop(journal);
    assert_eq!(texts(dir.path()), ["first", "second"]);
    assert!(*asked.lock().unwrap());
}
