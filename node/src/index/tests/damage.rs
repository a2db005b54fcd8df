//! A damaged file is an error and never a wrong answer.

use std::{
    fs,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{Index, Options, SECRET, closed_index, entries, open, tiny};
use crate::index::IndexError;

const ENTRIES_BYTES: usize = 100 * 24;

fn segment(dir: &Path) -> PathBuf {
    let mut found: Vec<PathBuf> = fs::read_dir(dir)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("segment-"))
        .collect();
    assert_eq!(found.len(), 1);
    found.pop().unwrap()
}

fn open_error(dir: &Path) -> IndexError {
    Index::open(dir, SECRET, tiny()).unwrap_err()
}

#[test]
fn any_flipped_bit_outside_the_entries_is_noticed_on_opening() {
    let dir = tempfile::tempdir().unwrap();
    closed_index(dir.path());
    let path = segment(dir.path());
    let whole = fs::read(&path).unwrap();
    for at in ENTRIES_BYTES..whole.len() {
        let mut bent = whole.clone();
        bent[at] ^= 1 << (at % 8);
        fs::write(&path, bent).unwrap();
        assert!(matches!(open_error(dir.path()), IndexError::Damaged { .. }), "byte {at} of {}", whole.len());
    }
    fs::write(&path, whole).unwrap();
    open(dir.path());
}

#[test]
fn a_flipped_bit_in_the_entries_is_noticed_by_verifying_and_by_merging() {
    let dir = tempfile::tempdir().unwrap();
    closed_index(dir.path());
    let path = segment(dir.path());
    let mut bytes = fs::read(&path).unwrap();
    bytes[1_000] ^= 4;
    fs::write(&path, bytes).unwrap();
    let index = open(dir.path());
    assert!(matches!(index.verify(), Err(IndexError::Damaged { .. })));
    index.insert(&entries(100..110)).unwrap();
    match index.compact() {
        Err(IndexError::Background(cause)) => assert!(matches!(*cause, IndexError::Damaged { .. })),
        other => panic!("damage went unnoticed: {other:?}"),
    }
}

#[test]
fn i8_a_flipped_bit_in_the_entries_is_noticed_by_itself_and_asks_for_a_rebuild() {
    let dir = tempfile::tempdir().unwrap();
    closed_index(dir.path());
    let path = segment(dir.path());
    let whole = fs::read(&path).unwrap();
    let mut bent = whole.clone();
    bent[1_000] ^= 4;
    fs::write(&path, bent).unwrap();

    let index = open(dir.path());
    let started = Instant::now();
    while index.is_sound() {
        assert!(started.elapsed() < Duration::from_secs(30), "nobody looked");
        std::thread::yield_now();
    }
    drop(index);

    // Though the file reads well again: what was merged or looked up meanwhile cannot be trusted
    fs::write(&path, whole).unwrap();
    assert!(matches!(open_error(dir.path()), IndexError::Damaged { .. }));
    Index::wipe(dir.path()).unwrap();
    assert!(open(dir.path()).is_sound());
}

#[test]
fn a_merge_that_meets_damage_asks_for_a_rebuild() {
    let dir = tempfile::tempdir().unwrap();
    closed_index(dir.path());
    let index = open(dir.path());
    let path = segment(dir.path());
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.write_all_at(&[0xFF; 24], 240).unwrap(); // after it was opened, and seen by the mapping, too
    index.insert(&entries(100..110)).unwrap();
    assert!(index.compact().is_err());
    assert!(!index.is_sound());
    drop(index);
    assert!(matches!(open_error(dir.path()), IndexError::Damaged { .. }));
}

#[test]
fn a_segment_cut_anywhere_or_missing_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    closed_index(dir.path());
    let path = segment(dir.path());
    let whole = fs::read(&path).unwrap();
    for length in [0, 1, ENTRIES_BYTES, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(matches!(open_error(dir.path()), IndexError::Damaged { .. }), "length {length}");
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(open_error(dir.path()), IndexError::Io { .. }));
}

#[test]
fn an_index_of_another_secret_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    closed_index(dir.path());
    assert!(matches!(Index::open(dir.path(), [1; 32], Options::default()), Err(IndexError::OtherSecret)));
}

#[test]
fn a_wiped_index_is_empty_and_spares_what_is_not_its_own() {
    let dir = tempfile::tempdir().unwrap();
    closed_index(dir.path());
    fs::write(dir.path().join("note.txt"), b"mine").unwrap();
    fs::write(dir.path().join("manifest"), b"torn").unwrap();
    assert!(matches!(open_error(dir.path()), IndexError::Damaged { .. }));
    Index::wipe(dir.path()).unwrap();
    let index = Index::open(dir.path(), [1; 32], tiny()).unwrap();
    assert_eq!((index.covered(), index.len()), (0, 0));
    assert!(dir.path().join("note.txt").exists());
    Index::wipe(&dir.path().join("never-was")).unwrap();
}
