//! Tags chosen to hurt.

use std::time::{Duration, Instant};

use super::{Index, SECRET, tag};
use crate::index::{Options, Place};

/// Far above what is needed, far below what a quadratic walk takes.
const PATIENCE: Duration = Duration::from_secs(20);
const COUNT: u64 = 200_000;

#[test]
fn tags_with_a_common_prefix_spread_like_any_others() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path(), SECRET, Options::default()).unwrap();
    let entries: Vec<_> = (0..COUNT)
        .map(|number| (tag(number), Place(number)))
        .collect();
    index.insert(&entries).unwrap();
    index.flush().unwrap();
    let tags: Vec<_> = (0..COUNT * 2).map(tag).collect();
    let started = Instant::now();
    let mut out = Vec::new();
    index.lookup(&tags, &mut out);
    assert_eq!(out.len() as u64, COUNT);
    assert!(started.elapsed() < PATIENCE);
}

#[test]
fn a_tag_on_very_many_statements_neither_slows_nor_hides_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path(), SECRET, Options::default()).unwrap();
    let started = Instant::now();
    let crowd: Vec<_> = (0..COUNT).map(|place| (tag(1), Place(place))).collect();
    let others: Vec<_> = (100..400)
        .map(|number| (tag(number), Place(number)))
        .collect();
    index.insert(&crowd).unwrap();
    index.insert(&others).unwrap();
    let check = || {
        let mut out = Vec::new();
        index.lookup(&[tag(1)], &mut out);
        assert_eq!(out.len() as u64, COUNT);
        let tags: Vec<_> = (0..500).filter(|number| *number != 1).map(tag).collect();
        index.lookup(&tags, &mut out);
        assert_eq!(out.len(), 300);
    };
    check();
    index.flush().unwrap();
    check();
    index.compact().unwrap();
    check();
    assert!(started.elapsed() < PATIENCE);
}
