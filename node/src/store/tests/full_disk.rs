//! A disk that is full: one clear error, nothing acknowledged that is not there, and on it goes once there is space.
//!
//! The disk is a tmpfs of a few megabytes. Only root may mount one; for anybody else the limit on a file's size has the
//! same effect on a segment, and a child process of this test runs under it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::support::{Author, Made, log, open};
use crate::store::{Store, StoreError};

/// A small disk, unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` if this user may not mount.
    fn mount(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let options = format!("size={size}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(at.to_owned()))
    }

    fn grow(&self, size: &str) {
        let options = format!("remount,size={size}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Appends until the disk is full: what was acknowledged, and the batch that was not.
fn fill(store: &Store, author: &mut Author) -> (Vec<Made>, Made, StoreError) {
    let mut acknowledged = Vec::new();
    for _ in 0..50_000 {
        let made = author.next();
        match store.append_batches(&[made.batch()]) {
            Ok(_) => acknowledged.push(made),
            Err(error) => return (acknowledged, made, error),
        }
    }
    panic!("the disk did not fill up");
}

fn assert_held(store: &Store, acknowledged: &[Made]) {
    for made in acknowledged {
        made.assert_is(&store.batch(&made.facts.log, made.facts.seq).unwrap().unwrap());
    }
}

#[test]
fn a_full_disk_under_the_segments_is_an_error_after_which_the_same_append_may_be_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("segments"), "2m") else {
        return super::file_limit::run_under_a_file_size_limit();
    };
    let (store, _) = open(folder.path());
    let mut author = Author::new(1);
    // when the disk fills up
    let (acknowledged, refused, error) = fill(&store, &mut author);
    // then the error says that nothing was acknowledged, and the log stands where it stood
    assert!(matches!(error, StoreError::Disk { retryable: true, .. }), "{error:?}");
    assert!(error.to_string().starts_with("nothing was acknowledged"), "{error}");
    assert_eq!(store.head(&log(1)).unwrap().seq, acknowledged.len() as u64);
    assert!(store.append_batches(&[refused.batch()]).is_err());
    assert_held(&store, &acknowledged);
    // and with more space the very same batch is taken, by the same process
    disk.grow("4m");
    store.append_batches(&[refused.batch()]).unwrap();
    let more = author.append(&store, 10);
    drop(store);
    let (store, recovery) = open(folder.path());
    assert_eq!((recovery.bytes_cut, recovery.tables_rebuilt), (0, None));
    for batches in [&acknowledged[..], &[refused], &more] {
        assert_held(&store, batches);
    }
    drop(store);
}

#[test]
fn a_full_disk_under_the_whole_data_folder_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path(), "6m") else {
        return super::file_limit::run_under_a_file_size_limit();
    };
    let (store, _) = open(folder.path());
    let mut author = Author::new(1);
    let (acknowledged, _, error) = fill(&store, &mut author);
    assert!(acknowledged.len() > 100, "{} {error}", acknowledged.len());
    assert_held(&store, &acknowledged);
    drop(store);
    disk.grow("32m");
    let (store, recovery) = open(folder.path());
    assert_held(&store, &acknowledged);
    let head = store.head(&log(1)).unwrap().seq;
    assert!((acknowledged.len() as u64..=acknowledged.len() as u64 + 1).contains(&head), "{head} {recovery:?} {error}");
    Author::resumed(&store, 1).append(&store, 10);
    drop(store);
}
