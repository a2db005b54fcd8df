//! I4 on disk: what is dropped is gone, what is needed stays.

use std::{fs, path::Path};

use larum_protocol::{clock::Day, hash::Digest};

use super::support::{Author, log, open, snapshot};
use crate::store::{NewBatch, Store};

/// Whether any segment file holds these bytes.
fn on_disk(folder: &Path, bytes: &[u8]) -> bool {
    let files = fs::read_dir(folder.join("segments")).unwrap();
    files
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .any(|file| file.windows(bytes.len()).any(|at| at == bytes))
}

fn reopened(folder: &Path, store: Store, keep_tables: bool) -> Store {
    drop(store);
    if !keep_tables {
        fs::remove_dir_all(folder.join("tables")).unwrap();
    }
    open(folder).0
}

#[test]
fn i4_a_body_is_erased_when_its_last_day_has_passed_and_its_header_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let mut author = Author::new(1);
    let mut made = Vec::new();
    for day in [30, 10, 20] {
        author.keep_until = Day(day);
        made.extend(author.append(&store, 1));
    }
    assert_eq!(store.droppable(Day(10), 10).unwrap(), []);
    assert_eq!(store.droppable(Day(11), 10).unwrap(), [(log(1), 2)]);
    assert_eq!(store.droppable(Day(31), 2).unwrap(), [(log(1), 2), (log(1), 3)]);
    let place = store.place(&log(1), 2).unwrap().unwrap();
    assert!(on_disk(folder.path(), &made[1].body));

    store.drop_batches(&[made[1].key()]).unwrap();
    store.drop_batches(&[made[1].key()]).unwrap(); // again does no harm
    for keep_tables in [true, true, false] {
        assert!(!on_disk(folder.path(), &made[1].body) && on_disk(folder.path(), &made[2].body));
        let batch = store.batch(&log(1), 2).unwrap().unwrap();
        assert_eq!((batch.header, batch.body), (made[1].header.clone(), None));
        assert_eq!(store.statement_bytes(place.statement(0).unwrap(), 10).unwrap(), None);
        assert_eq!(store.droppable(Day(11), 10).unwrap(), []);
        made[2].assert_is(&store.batch(&log(1), 3).unwrap().unwrap());
        store = reopened(folder.path(), store, keep_tables);
    }
}

#[test]
fn i4_an_erasure_that_a_crash_interrupted_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let made = Author::new(1).append(&store, 2);
    let place = store.place(&log(1), 1).unwrap().unwrap();
    // given a body that is marked as gone and still there: the crash came between the two
    let file = fs::OpenOptions::new().write(true).open(folder.path().join("segments/0000000001.seg")).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &[crate::store::record::ERASED], place.offset()).unwrap();
    assert!(on_disk(folder.path(), &made[0].body));
    assert_eq!(store.batch(&log(1), 1).unwrap().unwrap().body, None);
    // then whether the tables survived or not, it is erased for good
    let store = reopened(folder.path(), store, true);
    assert!(!on_disk(folder.path(), &made[0].body));
    made[1].assert_is(&store.batch(&log(1), 2).unwrap().unwrap());
}

#[test]
fn i4_headers_below_the_floor_are_forgotten_and_their_segments_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let mut author = Author::new(1);
    store.append_roster(0, Digest([1; 32]), b"genesis").unwrap();
    store.append_proof(log(3), 6, b"proof").unwrap();
    author.append(&store, 100);
    let segments = store.segments.numbers().len();
    assert!(segments > 2);
    assert_eq!(store.reclaim().unwrap(), 0);
    author.floor = 95;
    author.append(&store, 1);

    // when everything below the floor is dropped, a few at a time
    let mut rounds = 0;
    loop {
        let droppable = store.droppable(Day(0), 30).unwrap();
        if droppable.is_empty() {
            break;
        }
        assert!(droppable.len() <= 30);
        store.drop_batches(&droppable).unwrap();
        rounds += 1;
        assert!(rounds < 10);
    }
    assert_eq!((rounds, store.batch(&log(1), 94).unwrap()), (4, None));
    let deleted = store.reclaim().unwrap();
    assert!(deleted >= segments - 2, "{deleted} of {segments}");

    // then the rest, roster and proof included, is there after a restart and after a rebuild
    let before = snapshot(&store);
    assert!(before.contains(&"proof 3 6".to_owned()));
    let store = reopened(folder.path(), store, true);
    assert_eq!(snapshot(&store), before);
    let store = reopened(folder.path(), store, false);
    assert_eq!(snapshot(&store), before);
    assert_eq!(store.rosters(0).unwrap()[0].bytes, b"genesis");
    assert_eq!((store.head(&log(1)).unwrap().seq, store.head(&log(1)).unwrap().floor), (101, 95));
    assert_eq!(store.batches(&log(1), 95, usize::MAX).unwrap().len(), 7);
    assert_eq!(store.batches(&log(1), 1, usize::MAX).unwrap(), [], "a page has no gap, not even at its start");
}

#[test]
fn a_batch_whose_body_nobody_keeps_is_stored_as_a_header() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let made = Author::new(1).next();
    store.append_batches(&[NewBatch { body: None, ..made.batch() }]).unwrap();
    let store = reopened(folder.path(), store, false);
    let batch = store.batch(&log(1), 1).unwrap().unwrap();
    assert_eq!((batch.header, batch.body), (made.header, None));
    assert_eq!(store.droppable(Day(u32::MAX), 10).unwrap(), []);
}
