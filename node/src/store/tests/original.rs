//! A folder knows whether it is the one in which the node's log was last written.

use std::{fs, path::Path, process::Command};

use larum_protocol::log::Incarnation;

use super::support::open;

const OWN: Incarnation = Incarnation([7; 16]);

fn is_original(folder: &Path) -> bool {
    open(folder).0.is_original(&OWN)
}

fn mark(folder: &Path) {
    open(folder).0.mark_original(&OWN).unwrap();
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(done.success());
}

#[test]
fn i5_a_folder_that_stays_in_place_or_is_renamed_is_the_original() {
    let scratch = tempfile::tempdir().unwrap();
    let (folder, renamed) = (scratch.path().join("store"), scratch.path().join("renamed"));
    assert!(!is_original(&folder), "nothing says so yet");
    mark(&folder);
    assert!(is_original(&folder));
    mark(&folder);
    assert!(is_original(&folder), "it was marked anew");
    assert!(!open(&folder).0.is_original(&Incarnation([8; 16])), "it is another log's");

    fs::rename(&folder, &renamed).unwrap();
    assert!(is_original(&renamed));
}

#[test]
fn i5_a_copy_is_not_the_original_and_the_original_still_is() {
    let scratch = tempfile::tempdir().unwrap();
    let (folder, copied) = (scratch.path().join("store"), scratch.path().join("copied"));
    mark(&folder);
    copy(&folder, &copied);
    assert!(!is_original(&copied));
    assert!(is_original(&folder));

    mark(&copied);
    assert!(is_original(&copied), "it is one from now on, of a log of its own");
}

#[test]
fn i5_a_backup_that_is_put_back_over_its_own_folder_is_not_the_original() {
    let scratch = tempfile::tempdir().unwrap();
    let (folder, backup) = (scratch.path().join("store"), scratch.path().join("backup"));
    mark(&folder);
    copy(&folder, &backup);
    mark(&folder); // the node was stopped, or started again, since

    // `cp` over a file that is there keeps its inode and its time of birth
    copy(&backup.join("."), &folder);
    assert!(!is_original(&folder));
}

#[test]
fn i5_what_cannot_be_read_as_a_mark_is_none() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("store");
    mark(&folder);
    let path = folder.join("ORIGINAL");
    for words in [&b""[..], b"\xff\xfe", &[b'a'; 100_000]] {
        fs::write(&path, words).unwrap();
        assert!(!is_original(&folder));
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(!is_original(&folder));
}
