//! Lost, damaged and mismatched files: what can be rebuilt is, and what cannot is said.

use std::{fs, path::Path};

use larum_protocol::{
    clock::{Day, Timestamp},
    hash::Digest,
    log::LogId,
};
use rand::{RngExt as _, SeedableRng as _};

use super::support::{Author, copy, log, open, snapshot, try_open};
use crate::store::{Recovery, Store, StoreError, TablesRebuilt, TokenRecord};

/// Whose bodies [`filled`] drops.
fn dropped() -> [(LogId, u64); 2] {
    [(log(1), 3), (log(2), 7)]
}

/// A store with a bit of everything in several segments.
fn filled(folder: &Path) -> Store {
    let (store, _) = open(folder);
    let (mut one, mut two) = (Author::new(1), Author::new(2));
    one.append(&store, 120);
    store.append_roster(0, Digest([1; 32]), b"genesis").unwrap();
    two.append(&store, 9);
    store.append_proof(log(2), 6, b"proof").unwrap();
    store.append_grant(1, [9; 32], b"grant").unwrap();
    store.rewind(&log(2), 5).unwrap();
    Author { branch: 1, ..Author::resumed(&store, 2) }.append(&store, 20);
    store.drop_batches(&dropped()).unwrap();
    let token = TokenRecord { name: "t".into(), scopes: 1, created: Timestamp(1), expires: None };
    store.put_token(&[1; 32], &token).unwrap();
    store
}

#[test]
fn tables_that_were_deleted_are_rebuilt_and_what_was_only_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let before = snapshot(&store);
    drop(store);
    fs::remove_dir_all(folder.path().join("tables")).unwrap();

    let (store, recovery) = open(folder.path());
    assert_eq!(snapshot(&store), before);
    assert_eq!(recovery.tables_rebuilt, Some(TablesRebuilt::Missing));
    assert!(recovery.lost.contains(&"tokens") && recovery.lost.contains(&"allow list"), "{recovery:?}");
    assert!(!recovery.may_continue_own_log());
    assert_eq!((store.tokens().unwrap(), recovery.bytes_cut), (vec![], 0));
    drop(store);
    assert_eq!(open(folder.path()).1, Recovery::default());
}

#[test]
fn a_start_that_was_killed_while_it_wrote_a_snapshot_of_the_tables_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    // given what a start leaves behind that is killed before and within the snapshot's write
    let tables = folder.path().join("tables");
    for left in [&[][..], &[1; 20]] {
        let unfinished = tables.join(format!("snap.{:016X}.generating", u64::MAX));
        fs::write(&unfinished, left).unwrap();
        // when the store is opened again
        let (store, recovery) = open(folder.path());
        // then everything is there, and the log may go on
        assert!(recovery.may_continue_own_log(), "{recovery:?}");
        assert!(store.token(&[1; 32]).unwrap().is_some());
        assert!(!unfinished.exists());
    }
}

#[test]
fn tables_that_are_damaged_are_rebuilt_and_set_aside_if_they_do_not_open() {
    let original = tempfile::tempdir().unwrap();
    let store = filled(original.path());
    let before = snapshot(&store);
    store.close().unwrap();
    drop(store);
    let db = fs::read(original.path().join("tables/db")).unwrap();
    let (mut set_aside, mut rebuilt) = (0, 0);
    for seed in 0..50 {
        let mut random = rand::rngs::SmallRng::seed_from_u64(seed);
        let folder = tempfile::tempdir().unwrap();
        copy(original.path(), folder.path());
        let mut damaged = db.clone();
        match seed % 5 {
            0 => random.fill(&mut damaged[..]),
            1 => damaged.truncate(random.random_range(0..db.len())),
            2 => damaged.fill(0),
            3 => (0..db.len() / 4_096).for_each(|page| damaged[page * 4_096 + random.random_range(0..4_096)] ^= 0x40),
            _ => {} // a row of garbage, below
        }
        fs::write(folder.path().join("tables/db"), &damaged).unwrap();
        if seed % 5 == 4 {
            let row = [b"h", &[1; 48][..]].concat();
            sled::open(folder.path().join("tables")).unwrap().insert(row, &random.random::<[u8; 9]>()).unwrap();
        }
        let (store, recovery) = open(folder.path());
        // Tables that fell back to before the bodies were dropped list them as droppable, and it is done again.
        store.drop_batches(&dropped()).unwrap();
        assert_eq!(snapshot(&store), before, "seed {seed}: {recovery:?}");
        let token_is_there = store.token(&[1; 32]).unwrap().is_some();
        assert!(token_is_there || recovery.lost.contains(&"tokens"), "seed {seed}: {recovery:?}");
        assert!(token_is_there || !recovery.may_continue_own_log(), "seed {seed}: {recovery:?}");
        rebuilt += usize::from(recovery.tables_rebuilt.is_some());
        if let Some(TablesRebuilt::Damaged { set_aside: path }) = &recovery.tables_rebuilt {
            assert!(path.join("db").exists() && path.starts_with(folder.path()), "seed {seed}: {path:?}");
            set_aside += 1;
        }
    }
    assert!(set_aside >= 10 && rebuilt >= 30, "{set_aside} set aside, {rebuilt} rebuilt");
}

#[test]
fn a_damaged_segment_is_an_error_whose_advice_works() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let all = store.batches(&log(1), 1, usize::MAX).unwrap();
    drop(store);
    let file = folder.path().join("segments/0000000002.seg");
    let mut bytes = fs::read(&file).unwrap();
    bytes[2_000] ^= 1;
    fs::write(&file, &bytes).unwrap();
    fs::remove_dir_all(folder.path().join("tables")).unwrap();

    // when it must be read, then the error names it and says what to do
    let error = try_open(folder.path()).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, StoreError::Damaged { .. }) && text.contains("0000000002.seg"), "{text}");
    assert!(text.contains("move this one file out of the data folder"), "{text}");

    // and when that is done, the logs are held up to the hole, and can be continued by the missing batches
    fs::remove_file(&file).unwrap();
    let (store, recovery) = open(folder.path());
    assert_eq!(recovery.logs_cut, [log(1)]);
    let held = store.head(&log(1)).unwrap().seq;
    assert!((1..120).contains(&held));
    assert_eq!(store.batches(&log(1), 1, usize::MAX).unwrap(), all[..usize::try_from(held).unwrap()]);
    let mut author = Author::resumed(&store, 1);
    author.append(&store, usize::try_from(120 - held).unwrap());
    let again = store.batches(&log(1), 1, usize::MAX).unwrap();
    let without_position = |batches: &[crate::store::StoredBatch]| -> Vec<_> {
        batches.iter().map(|batch| (batch.facts, batch.header.clone())).collect()
    };
    assert_eq!(without_position(&again), without_position(&all));
}

#[test]
fn a_missing_or_shorter_segment_is_noticed_and_no_position_is_used_twice() {
    for shorten in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let store = filled(folder.path());
        let end = store.end();
        store.close().unwrap();
        drop(store);
        let file = folder.path().join(format!("segments/{:010}.seg", end.segment()));
        match shorten {
            true => fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(end.offset() - 1).unwrap(),
            false => fs::rename(&file, folder.path().join("moved.seg")).unwrap(),
        }
        let (store, recovery) = open(folder.path());
        assert_eq!(recovery.tables_rebuilt, Some(TablesRebuilt::SegmentsChanged));
        assert_eq!(recovery.segments_missing, if shorten { vec![] } else { vec![end.segment()] });
        assert!(!recovery.may_continue_own_log() && recovery.lost.is_empty());
        assert!(store.head(&log(2)).is_none_or(|head| head.seq < 25));
        assert!(shorten || store.end() > end, "{:?} {end:?}", store.end());
        assert!(store.token(&[1; 32]).unwrap().is_some(), "what the tables alone hold is kept");
    }
}

#[test]
fn a_rewind_is_repeated_by_every_kind_of_replay() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let mut author = Author::new(1);
    let old = author.append(&store, 9);
    store.rewind(&log(1), 5).unwrap();
    assert_eq!(store.head(&log(1)).unwrap().hash, old[4].facts.hash);
    assert_eq!(store.batch(&log(1), 6).unwrap(), None);
    let new = Author { branch: 1, ..Author::resumed(&store, 1) }.append(&store, 2);
    store.rewind(&log(1), 7).unwrap(); // already there: nothing to do
    let before = snapshot(&store);
    drop(store);
    for keep_tables in [true, false] {
        if !keep_tables {
            fs::remove_dir_all(folder.path().join("tables")).unwrap();
        }
        let (store, recovery) = open(folder.path());
        assert_eq!(recovery.records_replayed, 12);
        assert_eq!(snapshot(&store), before);
        new[1].assert_is(&store.batch(&log(1), 7).unwrap().unwrap());
        assert!(store.droppable(Day(u32::MAX), 100).unwrap().len() == 7);
        assert!(recovery.logs_cut.is_empty());
        drop(store);
        if keep_tables {
            continue;
        }
        let bytes = fs::read(folder.path().join("segments/0000000001.seg")).unwrap();
        let holds = |body: &[u8]| bytes.windows(body.len()).any(|window| window == body);
        assert!(holds(&new[0].body) && old[5].body == new[0].body, "the control: the same body under the new branch");
        assert!(!holds(&old[7].body) && !holds(&old[8].body), "what was rewound is erased");
    }
    // and a log can be forgotten altogether
    let (store, _) = open(folder.path());
    store.rewind(&log(1), 0).unwrap();
    assert_eq!(store.head(&log(1)), None);
    Author::new(1).append(&store, 1);
}
