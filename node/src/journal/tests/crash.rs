//! What a crash leaves behind.

use super::*;

#[tokio::test]
async fn wherever_a_crash_cuts_the_last_append_the_ones_before_stand() {
    let dir = with_frames(&["one", "two"]).await;
    let before = fs::read(path(dir.path())).unwrap().len();
    append(&open(dir.path()).unwrap().0, &["three", "four"]).await;
    let whole = fs::read(path(dir.path())).unwrap();
    for cut in before..whole.len() {
        fs::write(path(dir.path()), &whole[..cut]).unwrap();
        let (journal, seen) = open(dir.path()).unwrap();
        // both records of the last append are gone together
        assert_eq!(seen, [(1, "one".to_owned()), (2, "two".to_owned())], "cut at {cut}");
        // and the journal goes on from there
        append(&journal, &["again"]).await;
        drop(journal);
        assert_eq!(texts(dir.path()), ["one", "two", "again"], "cut at {cut}");
    }
}

#[tokio::test]
async fn a_power_cut_that_leaves_holes_in_the_last_append_loses_only_that() {
    let dir = with_frames(&["one"]).await;
    let before = fs::read(path(dir.path())).unwrap().len();
    append(&open(dir.path()).unwrap().0, &["two"]).await;
    let whole = fs::read(path(dir.path())).unwrap();
    for hole in before..whole.len() {
        let mut bytes = whole.clone();
        bytes[hole..].fill(0); // a file system may have grown the file without writing into it
        if bytes == whole {
            continue;
        }
        fs::write(path(dir.path()), &bytes).unwrap();
        assert_eq!(texts(dir.path()), ["one"], "hole at {hole}");
    }
}

#[tokio::test]
async fn a_crash_in_a_rewrite_leaves_the_old_file_or_the_new_one() {
    // given a file before and after a rewrite
    let dir = with_frames(&["one", "two", "three"]).await;
    let old = fs::read(path(dir.path())).unwrap();
    open(dir.path()).unwrap().0.rewrite(|number, _| number != 2).await.unwrap();
    let new = fs::read(path(dir.path())).unwrap();
    // when it crashed while the new one was being written aside
    for cut in 0..=new.len() {
        fs::write(path(dir.path()), &old).unwrap();
        fs::write(dir.path().join("journal.new"), &new[..cut]).unwrap();
        assert_eq!(texts(dir.path()), ["one", "two", "three"], "cut at {cut}");
        assert!(!dir.path().join("journal.new").exists());
    }
    // or just behind its renaming
    fs::write(path(dir.path()), &new).unwrap();
    assert_eq!(texts(dir.path()), ["one", "three"]);
}

#[tokio::test]
async fn a_crash_before_the_first_append_leaves_an_empty_journal() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("journal.new"), b"LARUM").unwrap();
    assert_eq!(texts(dir.path()), Vec::<String>::new());
    assert_eq!(texts(dir.path()), Vec::<String>::new());
}
