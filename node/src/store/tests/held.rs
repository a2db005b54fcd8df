//! How much is held is told, whatever was appended, dropped, rewound or replayed.

use std::{fs, path::Path};

use larum_protocol::clock::Day;

use super::support::{Author, log, open, statements};
use crate::store::{Held, Store, rows::ExpiringRow};

fn of(numbers: impl IntoIterator<Item = u64>) -> Held {
    let mut held = Held::default();
    numbers.into_iter().for_each(|seq| held.add(statements(seq)));
    held
}

/// Fails unless so much is held, in this process, after a restart, and after the tables were rebuilt.
fn assert_held(folder: &Path, store: Store, expected: Held, what: &str) -> Store {
    assert_eq!(store.tally(), expected, "{what}");
    drop(store);
    let (store, _) = open(folder);
    assert_eq!(store.tally(), expected, "{what}, after a restart");
    drop(store);
    fs::remove_dir_all(folder.join("tables")).unwrap();
    let (store, _) = open(folder);
    assert_eq!(store.tally(), expected, "{what}, after a rebuild");
    store
}

#[test]
fn what_is_held_is_counted_through_appending_dropping_and_rewinding() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    assert_eq!(store.tally(), Held::default());
    let mut one = Author { keep_until: Day(10), ..Author::new(1) };
    let made = one.append(&store, 3);
    Author { keep_until: Day(20), ..one }.append(&store, 5);
    Author::new(2).append(&store, 4);
    let (all, other) = (1..=8, 1..=4);
    let store = assert_held(folder.path(), store, of(all.chain(other.clone())), "appended");

    let gone: Vec<_> = made.iter().map(|made| made.key()).collect();
    store.drop_batches(&gone).unwrap();
    store.drop_batches(&gone).unwrap(); // again does no harm
    let store = assert_held(folder.path(), store, of((4..=8).chain(other.clone())), "dropped");

    store.rewind(&log(1), 6).unwrap();
    assert_held(folder.path(), store, of((4..=6).chain(other)), "rewound");
}

#[test]
fn a_folder_whose_rows_do_not_say_how_much_is_held_is_counted_and_says_so_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    Author::new(1).append(&store, 9);
    // As the first format wrote them
    store.tables.write_as_version_1::<ExpiringRow>();
    store.close().unwrap();
    drop(store);
    fs::write(folder.path().join("FORMAT"), "larum data folder, format 1\n").unwrap();

    for _ in 0..2 {
        let (store, recovery) = open(folder.path());
        assert_eq!(recovery.tables_rebuilt, None);
        assert_eq!(store.tally(), of(1..=9));
        let silent = store.tables.all::<ExpiringRow>().filter(|row| row.as_ref().unwrap().1.statements.is_none());
        assert_eq!(silent.count(), 0);
    }
    let format = fs::read_to_string(folder.path().join("FORMAT")).unwrap();
    assert_eq!(format, "larum data folder, format 2\n");
}
