//! A disk that is full: one clear error, nothing acknowledged that is not there, and on it goes once there is space.
//!
//! The disk is a tmpfs of a few megabytes. Only root may mount one; for anybody else the limit on a file's size has the
//! same effect on a segment, and a child process of this test runs under it.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use larum_protocol::clock::Timestamp;

use super::support::{Author, Made, log, open, try_open};
use crate::store::{Store, StoreError, TokenRecord};

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
    let (mut acknowledged, mut positions) = (Vec::new(), Vec::new());
    for _ in 0..50_000 {
        let made = author.next();
        match store.append_batches(&[made.batch()]) {
            Ok(at) => {
                positions.extend(at);
                acknowledged.push(made);
            }
            Err(error) => {
                // A check reads by position: it goes on whatever became of the tables.
                for (made, position) in acknowledged.iter().zip(positions) {
                    assert_eq!(store.record_at(position).unwrap().body.as_ref(), Some(&made.body));
                }
                return (acknowledged, made, error);
            }
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
    drop(store);
    disk.grow("32m");
    let (store, recovery) = open(folder.path());
    assert_held(&store, &acknowledged);
    let head = store.head(&log(1)).unwrap().seq;
    assert!((acknowledged.len() as u64..=acknowledged.len() as u64 + 1).contains(&head), "{head} {recovery:?} {error}");
    Author::resumed(&store, 1).append(&store, 10);
    drop(store);
}

#[test]
fn a_start_on_a_full_disk_says_so_and_the_next_one_with_room_has_lost_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("tables"), "4m") else { return };
    let (store, _) = open(folder.path());
    Author::new(1).append(&store, 10);
    let token = TokenRecord { name: "t".into(), scopes: 1, created: Timestamp(1), expires: None };
    store.put_token(&[1; 32], &token).unwrap();
    store.close().unwrap();
    drop(store);
    drop(open(folder.path())); // so that sled's file has all its blocks, and only the snapshot needs more
    // given a disk without any room
    let ballast = disk.0.join("ballast");
    let mut file = std::fs::File::create(&ballast).unwrap();
    while file.write_all(&[7; 4_096]).is_ok() {}
    drop(file);
    // when the store is opened, then the error says what is wrong
    let error = try_open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("the disk is full"), "{error}");
    // and with room it opens, with everything that was acknowledged
    std::fs::remove_file(ballast).unwrap();
    let (store, recovery) = open(folder.path());
    assert!(recovery.may_continue_own_log(), "{recovery:?}");
    assert!(store.token(&[1; 32]).unwrap().is_some());
    drop(store);
}
