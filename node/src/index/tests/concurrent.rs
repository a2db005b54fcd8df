//! Look-ups from several threads while entries move from place to place.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
};

use super::{Index, open, tag};
use crate::index::Place;

const ENTRIES: u64 = 6_000;

/// Looks up everything up to the newest entry again and again until told to stop.
fn look_up(index: &Index, newest: &AtomicU64, done: &AtomicBool) -> u64 {
    let mut rounds = 0;
    let mut out = Vec::new();
    while !done.load(Ordering::Acquire) {
        let newest = newest.load(Ordering::Acquire);
        // The last 64 are those that are moving.
        let numbers: Vec<u64> = (newest.saturating_sub(64)..newest)
            .chain([newest / 2, ENTRIES + 7])
            .collect();
        let tags: Vec<_> = numbers.iter().map(|number| tag(*number)).collect();
        index.lookup(&tags, &mut out);
        for (position, number) in numbers.iter().enumerate() {
            let found: Vec<u64> = out
                .iter()
                .filter(|hit| hit.0 == position)
                .map(|hit| hit.1.0)
                .collect();
            let expected = if *number < newest {
                vec![*number]
            } else {
                found.clone()
            };
            assert_eq!(found, expected, "entry {number} of {newest}");
            assert!(*number < ENTRIES || found.is_empty());
        }
        rounds += 1;
    }
    rounds
}

#[test]
fn nothing_is_missed_or_seen_twice_while_entries_move() {
    let dir = tempfile::tempdir().unwrap();
    let index = open(dir.path());
    let newest = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| look_up(&index, &newest, &done)))
            .collect();
        for number in 0..ENTRIES {
            index.insert(&[(tag(number), Place(number))]).unwrap();
            newest.store(number + 1, Ordering::Release);
            index.commit(number + 1);
        }
        index.compact().unwrap();
        done.store(true, Ordering::Release);
        for reader in readers {
            assert!(reader.join().unwrap() > 0);
        }
    });
    assert_eq!((index.len(), index.covered()), (ENTRIES, ENTRIES));
}

#[test]
fn several_threads_may_insert_flush_and_compact_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let index = open(dir.path());
    thread::scope(|scope| {
        for writer in 0..4_u64 {
            let index = &index;
            scope.spawn(move || {
                for number in 0..100 {
                    let number = writer * 100 + number;
                    index.insert(&[(tag(number), Place(number))]).unwrap();
                }
                if writer % 2 == 0 {
                    index.flush().unwrap()
                } else {
                    index.compact().unwrap()
                }
            });
        }
    });
    index.compact().unwrap();
    assert_eq!(index.len(), 400);
}

#[test]
fn dropping_an_index_gives_up_what_runs_and_loses_nothing_that_was_covered() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..20_u64 {
        let index = open(dir.path());
        let covered = index.covered();
        assert!(covered <= round * 100);
        let numbers = covered..(round + 1) * 100;
        index
            .insert(
                &numbers
                    .map(|number| (tag(number), Place(number)))
                    .collect::<Vec<_>>(),
            )
            .unwrap();
        index.commit((round + 1) * 100);
        drop(index);
    }
    let index = open(dir.path());
    let mut out = Vec::new();
    let tags: Vec<_> = (0..index.covered()).map(tag).collect();
    index.lookup(&tags, &mut out);
    assert_eq!(out.len() as u64, index.covered());
}
