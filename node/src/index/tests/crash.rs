//! What a crash or a full disk leaves behind does no harm.

use std::fs;

use super::{Index, SECRET, closed_index, entries, open, places, tiny};
use crate::index::IndexError;

#[test]
fn a_crash_while_a_file_is_written_leaves_the_index_as_it_was() {
    // Given an index, and the unfinished files of a flush, a merge and a manifest.
    let dir = tempfile::tempdir().unwrap();
    closed_index(dir.path());
    for name in ["segment-00000000000000ff.tmp", "manifest.tmp"] {
        fs::write(dir.path().join(name), b"half of it").unwrap();
    }
    // When it is opened.
    let index = open(dir.path());
    // Then they are gone, and it answers as before.
    assert!(!dir.path().join("segment-00000000000000ff.tmp").exists());
    assert!(!dir.path().join("manifest.tmp").exists());
    assert_eq!(index.covered(), 100);
    assert!((0..100).all(|number| places(&index, number) == [number]));
}

#[test]
fn a_crash_between_naming_a_segment_and_the_manifest_leaves_the_index_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    closed_index(dir.path());
    let manifest = fs::read(dir.path().join("manifest")).unwrap();
    let index = open(dir.path());
    index.insert(&entries(100..110)).unwrap();
    index.commit(110);
    index.close().unwrap();
    // The newer segment is on disk whole; the manifest that names it is not.
    fs::write(dir.path().join("manifest"), manifest).unwrap();
    let index = open(dir.path());
    assert_eq!(index.covered(), 100);
    assert_eq!(index.len(), 100);
    assert_eq!(places(&index, 105), [0_u64; 0]);
    index.insert(&entries(100..110)).unwrap();
    index.flush().unwrap();
    assert_eq!(places(&index, 105), [105]);
}

#[test]
fn a_crash_before_the_first_manifest_leaves_an_empty_index() {
    let dir = tempfile::tempdir().unwrap();
    closed_index(dir.path());
    fs::remove_file(dir.path().join("manifest")).unwrap();
    let index = open(dir.path());
    assert_eq!((index.covered(), index.len()), (0, 0));
}

#[test]
fn what_cannot_be_written_is_still_found_and_written_later() {
    // Given new entries, and a disk that refuses.
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("index");
    let index = open(&folder);
    index.insert(&entries(0..10)).unwrap();
    index.commit(10);
    fs::remove_dir_all(&folder).unwrap();
    // When they are flushed, it fails, and they are found nevertheless.
    assert!(matches!(index.flush(), Err(IndexError::Background(_))));
    assert_eq!((places(&index, 3), index.covered()), (vec![3], 0));
    // When memory is full as well, inserting says so and does not wait for ever.
    assert!(matches!(
        index.insert(&entries(10..60)),
        Err(IndexError::Background(_))
    ));
    // And when the disk is back, nothing is missing.
    fs::create_dir(&folder).unwrap();
    index.insert(&entries(10..12)).unwrap_err();
    index.flush().unwrap();
    index.insert(&entries(10..60)).unwrap();
    index.commit(60);
    index.flush().unwrap();
    assert!((0..60).all(|number| places(&index, number) == [number]));
    assert_eq!(index.covered(), 60);
}

#[test]
fn a_folder_is_open_once() {
    let dir = tempfile::tempdir().unwrap();
    let index = open(dir.path());
    assert!(matches!(
        Index::open(dir.path(), SECRET, tiny()),
        Err(IndexError::Locked)
    ));
    assert!(matches!(Index::wipe(dir.path()), Err(IndexError::Locked)));
    drop(index);
    open(dir.path());
}
