//! What the index promises, checked from outside: against a model, across crashes and damage, under concurrent use, and
//! against tags chosen to hurt.

#![allow(clippy::unwrap_used, reason = "tests")]

mod concurrent;
mod crash;
mod damage;
mod hostile;
mod model;

use std::path::Path;

use super::{Index, Keep, Options, Place};

const SECRET: [u8; 32] = [42; 32];

/// Tables so small that a few dozen entries flush and merge.
fn tiny() -> Options {
    Options {
        fresh_entries: 16,
        segments_max: 2,
        keep: Keep::all(),
    }
}

fn open(dir: &Path) -> Index {
    Index::open(dir, SECRET, tiny()).unwrap()
}

/// Tags that differ in their last bytes only, as a peer might choose them.
fn tag(number: u64) -> [u8; 32] {
    let mut tag = [0xAB; 32];
    tag[24..].copy_from_slice(&number.to_be_bytes());
    tag
}

/// Entry `number` lies at place `number`.
fn entries(numbers: impl IntoIterator<Item = u64>) -> Vec<([u8; 32], Place)> {
    numbers
        .into_iter()
        .map(|number| (tag(number), Place(number)))
        .collect()
}

fn places(index: &Index, number: u64) -> Vec<u64> {
    let mut out = Vec::new();
    index.lookup(&[tag(number)], &mut out);
    out.into_iter().map(|(_, place)| place.0).collect()
}

/// An index of 100 entries in segments, closed again.
fn closed_index(dir: &Path) {
    let index = open(dir);
    index.insert(&entries(0..100)).unwrap();
    index.commit(100);
    index.compact().unwrap();
    index.close().unwrap();
}

#[test]
fn an_entry_is_found_as_soon_as_it_is_inserted_and_after_every_move() {
    let dir = tempfile::tempdir().unwrap();
    let index = open(dir.path());
    assert!(index.is_empty());
    index
        .insert(&[(tag(1), Place(7)), (tag(1), Place(3)), (tag(2), Place(9))])
        .unwrap();
    let check = |index: &Index| {
        assert_eq!(places(index, 1), [3, 7]);
        assert_eq!(places(index, 2), [9]);
        assert_eq!(places(index, 3), [0_u64; 0]);
    };
    check(&index);
    index.flush().unwrap();
    check(&index);
    index.compact().unwrap();
    check(&index);
    index.close().unwrap();
    check(&open(dir.path()));
}

#[test]
fn a_batch_answers_each_tag_under_its_own_position() {
    let dir = tempfile::tempdir().unwrap();
    let index = open(dir.path());
    index.insert(&entries((0..1_000).step_by(2))).unwrap();
    let tags: Vec<_> = (0..1_000).map(tag).collect();
    let mut out = vec![(5, Place(5))];
    index.lookup(&tags, &mut out);
    let expected: Vec<_> = (0..1_000)
        .step_by(2)
        .map(|number| (number, Place(number as u64)))
        .collect();
    assert_eq!(out, expected);
    index.lookup(&[], &mut out);
    assert_eq!(out, []);
}

#[test]
fn what_was_inserted_twice_is_answered_once_and_stored_once() {
    let dir = tempfile::tempdir().unwrap();
    let index = open(dir.path());
    for _ in 0..3 {
        index.insert(&entries(0..10)).unwrap();
        assert_eq!(places(&index, 4), [4]);
        index.flush().unwrap();
    }
    index.compact().unwrap();
    assert_eq!(index.len(), 10);
}

#[test]
fn covered_follows_what_was_committed_only_when_it_is_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let index = open(dir.path());
    index.insert(&entries(0..5)).unwrap();
    index.commit(5);
    assert_eq!(index.covered(), 0);
    index.flush().unwrap();
    assert_eq!(index.covered(), 5);
    // Nothing new to index, but more of the log has been read.
    index.commit(8);
    index.commit(6);
    index.flush().unwrap();
    assert_eq!(index.covered(), 8);
    drop(index);
    assert_eq!(open(dir.path()).covered(), 8);
}

#[test]
fn a_merge_drops_the_places_that_are_dead() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        keep: Keep::when(|place| place.0 >= 60),
        ..tiny()
    };
    let index = Index::open(dir.path(), SECRET, options).unwrap();
    index.insert(&entries(0..100)).unwrap();
    index.compact().unwrap();
    assert_eq!(index.len(), 40);
    assert_eq!(places(&index, 59), [0_u64; 0]);
    assert_eq!(places(&index, 60), [60]);
}

#[test]
fn a_merge_of_nothing_but_dead_places_leaves_no_segment() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        keep: Keep::when(|_| false),
        ..tiny()
    };
    let index = Index::open(dir.path(), SECRET, options).unwrap();
    index.insert(&entries(0..40)).unwrap();
    index.compact().unwrap();
    assert_eq!(index.stats().segments, 0);
    index.compact().unwrap();
    index.close().unwrap();
    assert!(open(dir.path()).is_empty());
}

#[test]
fn segments_stay_few_however_many_flushes_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let index = open(dir.path());
    for round in 0..40 {
        index.insert(&entries(round * 10..round * 10 + 10)).unwrap();
        index.flush().unwrap();
        assert!(
            index.stats().segments <= tiny().segments_max + 8,
            "round {round}"
        );
    }
    index.compact().unwrap();
    let stats = index.stats();
    assert_eq!((stats.segments, stats.entries), (1, 400));
    assert!(stats.disk_bytes > 400 * 24 && stats.resident_bytes > 400);
}

#[test]
fn a_large_segment_is_spread_over_partitions_and_all_of_it_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let count = 1_200_000; // above one partition's million
    let options = Options {
        fresh_entries: 700_000,
        ..Options::default()
    };
    let index = Index::open(dir.path(), SECRET, options).unwrap();
    let all = entries(0..count);
    index.insert(&all).unwrap();
    index.compact().unwrap();
    index.verify().unwrap();
    let tags: Vec<_> = all.iter().map(|(tag, _)| *tag).collect();
    let mut out = Vec::new();
    index.lookup(&tags, &mut out);
    assert_eq!(out.len() as u64, count);
    assert!(
        out.iter()
            .all(|(position, place)| *position as u64 == place.0)
    );
    let stats = index.stats();
    assert!(
        stats.disk_bytes <= 27 * count && stats.resident_bytes <= 2 * count,
        "{stats:?}"
    );
}

#[test]
fn options_of_nothing_still_make_an_index_that_works() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        fresh_entries: 0,
        segments_max: 0,
        keep: Keep::all(),
    };
    let index = Index::open(dir.path(), SECRET, options).unwrap();
    index.insert(&entries(0..5)).unwrap();
    index.compact().unwrap();
    assert!((0..5).all(|number| places(&index, number) == [number]));
    assert_eq!(index.stats().segments, 1);
}
