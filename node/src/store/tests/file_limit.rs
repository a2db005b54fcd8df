//! A full disk for those who may not mount one: a limit on the size of a file, under which a child process runs.
//!
//! A write beyond the limit fails as one to a full disk does, provided the signal that goes with it is ignored. A shell
//! sets both, since they survive `exec`.

use std::{path::Path, process::Command};

use super::support::{Author, log, read_header};
use crate::store::{Options, Store, StoreError};

const FOLDER: &str = "LARUM_TEST_LIMIT_FOLDER";
const TEST: &str = "store::tests::file_limit::a_segment_that_may_not_grow_refuses_and_keeps_what_it_has";
/// The limit: 8,192 blocks of 512 bytes. Bodies are so long that segments reach it well before the tables do.
const SCRIPT: &str = "trap '' XFSZ; ulimit -f 8192; exec \"$@\"";

#[test]
fn a_segment_that_may_not_grow_refuses_and_keeps_what_it_has() {
    match std::env::var(FOLDER) {
        Ok(folder) => fill_up_to_the_limit(Path::new(&folder)),
        Err(_) => run_under_a_file_size_limit(),
    }
}

/// Runs this test in a child that may not write files of more than 4 MiB.
pub(super) fn run_under_a_file_size_limit() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .args(["-c", SCRIPT, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture", "--test-threads", "1"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    // without the limit, what the child acknowledged is there and the log goes on
    let (store, recovery) = Store::open(folder.path(), read_header).unwrap();
    assert_eq!(recovery.bytes_cut, 0);
    assert!(store.head(&log(1)).unwrap().seq > 100);
    Author::resumed(&store, 1).append(&store, 1);
}

fn fill_up_to_the_limit(folder: &Path) {
    let (store, _) = Store::open_with(folder, Options::default(), read_header).unwrap();
    let mut author = Author::new(1);
    for acknowledged in 0..5_000 {
        let mut made = author.next();
        made.body.resize(20_000, 7);
        if let Err(error) = store.append_batches(&[made.batch()]) {
            assert!(matches!(error, StoreError::Disk { retryable: true, .. }), "{error:?}");
            assert_eq!(store.head(&log(1)).unwrap().seq, acknowledged);
            assert!(store.append_batches(&[made.batch()]).is_err());
            return;
        }
    }
    panic!("the limit did not hold");
}
