//! Bounds, and a disk that is full.

use std::process::Command;

use super::{super::*, *};

#[tokio::test]
async fn what_is_too_long_is_refused_before_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path()).unwrap();
    let before = journal.bytes();
    let refused = journal.append(vec![vec![0; RECORD_BYTES_MAX + 1]]).await;
    assert!(matches!(refused, Err(JournalError::RecordTooLong(_))));
    let refused = journal.append(vec![vec![0; RECORD_BYTES_MAX]; 2]).await;
    assert!(matches!(refused, Err(JournalError::AppendTooLong(_))));
    assert_eq!(journal.bytes(), before);
    journal.append(vec![vec![0; RECORD_BYTES_MAX]]).await.unwrap();
}

#[tokio::test]
async fn a_file_that_has_reached_its_bound_keeps_what_it_has_and_takes_more_after_a_rewrite() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open_bounded(dir.path(), &key(), 10_000, |_, _| {}).unwrap();
    let mut kept = 0;
    let error = loop {
        match journal.append(vec![vec![7; 1_000]]).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 10);
    };
    assert!(matches!(error, JournalError::Full { bytes_max: 10_000, .. }));
    assert_eq!((kept, journal.records()), (9, 9));
    journal.rewrite(|number, _| number > 5).await.unwrap();
    assert_eq!(journal.append(vec![vec![7; 1_000]]).await.unwrap(), 10);
    drop(journal);
    let mut numbers = Vec::new();
    drop(Journal::open(dir.path(), &key(), |number, _| numbers.push(number)).unwrap());
    assert_eq!(numbers, [6, 7, 8, 9, 10]);
}

#[test]
fn a_file_is_worth_rewriting_once_most_of_it_is_dead() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (journal, _) = open(dir.path()).unwrap();
    runtime.block_on(journal.append(vec![vec![]; 1_023])).unwrap();
    assert!(!journal.is_mostly_dead(0));
    runtime.block_on(journal.append(vec![vec![]; 977])).unwrap();
    assert!(journal.is_mostly_dead(999));
    assert!(!journal.is_mostly_dead(1_000));
}

const FOLDER: &str = "LARUM_TEST_JOURNAL_FOLDER";
const TEST: &str = "journal::tests::bounds::i5_a_full_disk_loses_nothing_that_was_acknowledged";
/// The limit: 2,048 blocks of 512 bytes. A write beyond it fails as one to a full disk does, provided the signal that
/// goes with it is ignored; a shell sets both, since they survive `exec`.
const SCRIPT: &str = "trap '' XFSZ; ulimit -f 2048; exec \"$@\"";

#[test]
fn i5_a_full_disk_loses_nothing_that_was_acknowledged() {
    if let Ok(folder) = std::env::var(FOLDER) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        return runtime.block_on(fill(Path::new(&folder)));
    }
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .args(["-c", SCRIPT, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture", "--test-threads", "1"])
        .env(FOLDER, dir.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    // without the limit, what the child acknowledged is there and the journal goes on
    let (journal, seen) = open(dir.path()).unwrap();
    let acknowledged = fs::read_to_string(dir.path().join("acknowledged")).unwrap().parse::<usize>().unwrap();
    assert_eq!(seen.len(), acknowledged);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(append(&journal, &["more"])), acknowledged as u64 + 1);
}

/// Appends until the file may not grow: in a child that may write no file of more than 1 MiB.
async fn fill(dir: &Path) {
    let (journal, _) = open(dir).unwrap();
    let record = "x".repeat(10_000);
    let mut acknowledged = 0;
    let error = loop {
        match journal.append(vec![record.clone().into_bytes()]).await {
            Ok(_) => acknowledged += 1,
            Err(error) => break error,
        }
        assert!(acknowledged < 1_000, "the limit did not hold");
    };
    assert!(matches!(error, JournalError::Io { retryable: true, .. }), "{error}");
    assert!(error.to_string().contains("what was acknowledged before is safe"), "{error}");
    // what still fits is still taken, in the place of what did not
    append(&journal, &["small"]).await;
    assert!(journal.append(vec![record.into_bytes()]).await.is_err());
    append(&journal, &["small"]).await;
    // a rewrite that does not fit leaves everything as it is
    assert_eq!(journal.records(), acknowledged + 2);
    fs::write(dir.join("acknowledged"), (acknowledged + 2).to_string()).unwrap();
}
