//! What is stored is read back, in this process and after a restart.

use larum_protocol::{clock::Timestamp, hash::Digest};

use super::support::{Author, log, open, snapshot, try_open};
use crate::store::{
    AllowedEntry, IdempotentAnswer, Link, NewBatch, Position, ROW_BYTES_MAX, Recovery, StoreError, TokenRecord,
};

#[test]
fn batches_are_found_by_name_and_by_position_before_and_after_a_restart() {
    // given a group of batches of two logs, appended with one sync
    let folder = tempfile::tempdir().unwrap();
    let (store, recovery) = open(folder.path());
    assert_eq!(recovery, Recovery::default());
    let (mut one, mut two) = (Author::new(1), Author::new(2));
    let made: Vec<_> = (0..40).flat_map(|_| [one.next(), two.next()]).collect();
    let batches: Vec<_> = made.iter().map(|made| made.batch()).collect();
    let positions = store.append_batches(&batches).unwrap();
    let before = snapshot(&store);

    // when the node is restarted
    store.close().unwrap();
    drop(store);
    let (store, recovery) = open(folder.path());

    // then nothing had to be put right, and everything is there
    assert_eq!(recovery, Recovery::default());
    assert_eq!(snapshot(&store), before);
    for (made, position) in made.iter().zip(positions) {
        made.assert_is(&store.batch(&made.facts.log, made.facts.seq).unwrap().unwrap());
        assert_eq!(store.place(&made.facts.log, made.facts.seq).unwrap(), Some(position));
        assert_eq!(store.record_at(position).unwrap().body.as_ref(), Some(&made.body));
        assert_eq!(store.record_head_at(position).unwrap().head, made.header);
        let (head, slice) = store.statement_bytes(position.statement(90).unwrap(), 30).unwrap().unwrap();
        assert_eq!(head.head, made.header);
        assert_eq!(slice, &made.body[90..made.body.len().min(120)]);
    }
    assert_eq!(store.head(&log(1)).unwrap().seq, 40);
    assert_eq!(store.batch(&log(1), 41).unwrap(), None);
    assert!(matches!(store.record_at(Position::from_u64(9 << 28).unwrap()), Err(StoreError::NotFound)));
}

#[test]
fn a_batch_that_does_not_follow_the_head_is_refused_and_nothing_of_its_group_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let mut author = Author::new(1);
    let (first, second, third) = (author.next(), author.next(), author.next());
    let mut fork = Author { branch: 1, ..Author::new(1) };
    let (_, other_second) = (fork.next(), fork.next());
    store.append_batches(&[first.batch()]).unwrap();
    let end = store.end();

    let groups = [[second.batch(), second.batch()], [second.batch(), first.batch()], [third.batch(), second.batch()]];
    for group in groups.iter().map(|group| &group[..]).chain([&[other_second.batch()][..]]) {
        assert!(matches!(store.append_batches(group), Err(StoreError::HeadMoved)));
    }
    assert_eq!((store.end(), store.head(&log(1)).unwrap().seq), (end, 1));

    store.append_batches(&[second.batch(), third.batch()]).unwrap();
    assert_eq!(store.head(&log(1)).unwrap().hash, third.facts.hash);
}

#[test]
fn a_log_may_be_entered_behind_a_gap_only_when_the_caller_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let mut author = Author { seq: 9, ..Author::new(1) };
    let made = author.next();
    assert!(matches!(store.append_batches(&[made.batch()]), Err(StoreError::HeadMoved)));
    store.append_batches(&[NewBatch { link: Link::Skip, ..made.batch() }]).unwrap();
    assert_eq!(store.head(&log(1)).unwrap().seq, 10);

    // and a rebuild does not take the gap for a loss
    drop(store);
    std::fs::remove_dir_all(folder.path().join("tables")).unwrap();
    let (store, recovery) = open(folder.path());
    assert_eq!((store.head(&log(1)).unwrap().seq, recovery.logs_cut), (10, vec![]));
}

#[test]
fn pages_are_bounded_by_bytes_and_hold_at_least_one_batch() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let made = Author::new(1).append(&store, 30);
    Author::new(2).append(&store, 3);
    let (mut from, mut pages) = (1, 0);
    while from <= 30 {
        let page = store.batches(&log(1), from, 4_096).unwrap();
        let bytes: usize = page.iter().map(|batch| batch.header.len() + batch.body.as_ref().map_or(0, Vec::len)).sum();
        assert!(!page.is_empty() && bytes <= 4_096);
        for batch in &page {
            made[usize::try_from(from - 1).unwrap()].assert_is(batch);
            from += 1;
        }
        pages += 1;
    }
    assert!((4..=30).contains(&pages), "{pages} pages");
    assert_eq!(store.batches(&log(1), 5, 1).unwrap().len(), 1);
    assert!(store.batches(&log(1), 31, 4_096).unwrap().is_empty());
}

#[test]
fn rosters_proofs_and_grants_survive_and_are_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let roster = vec![3; 2 * 1_024 * 1_024];
    let (hash, other) = (Digest([1; 32]), Digest([2; 32]));
    let position = store.append_roster(4, hash, &roster).unwrap();
    store.append_roster(4, other, b"a second roster of one version").unwrap();
    store.append_proof(log(1), 7, b"proof").unwrap();
    store.append_grant(2, [5; 32], b"grant").unwrap();
    let end = store.end();
    assert_eq!(store.append_roster(4, hash, &roster).unwrap(), position);
    assert_eq!(store.end(), end);
    let before = snapshot(&store);
    drop(store);
    let (store, _) = open(folder.path());
    assert_eq!(snapshot(&store), before);
    assert_eq!(store.rosters(0).unwrap()[0].bytes, roster);
    assert_eq!((store.rosters(4).unwrap().len(), store.rosters(5).unwrap().len()), (2, 0));
    assert_eq!(
        (&store.proofs().unwrap()[0].bytes[..], &store.grants().unwrap()[0].bytes[..]),
        (&b"proof"[..], &b"grant"[..])
    );
}

#[test]
fn what_is_local_survives_a_restart_and_rows_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let token = TokenRecord { name: "ats".into(), scopes: 3, created: Timestamp(1), expires: Some(Timestamp(9)) };
    let answer = IdempotentAnswer { request: [4; 32], answer: b"{}".to_vec(), expires: Timestamp(50) };
    let entry = AllowedEntry { label: "j***@e***.com".into(), created: Timestamp(2) };
    store.put_token(&[1; 32], &token).unwrap();
    store.put_answers(&[([2; 32], answer.clone())]).unwrap();
    store.allow(&[3; 32], &entry).unwrap();
    store.put_setting("incarnation", &[8; 16]).unwrap();
    store.put_announcement(&log(1), b"announcement").unwrap();
    let long = vec![0; ROW_BYTES_MAX];
    assert!(matches!(store.put_setting("long", &long), Err(StoreError::TooLarge { .. })));
    drop(store);

    let (store, _) = open(folder.path());
    assert_eq!(store.token(&[1; 32]).unwrap(), Some(token));
    assert_eq!(store.answer(&[2; 32], Timestamp(49)).unwrap(), Some(answer));
    assert_eq!(store.answer(&[2; 32], Timestamp(50)).unwrap(), None);
    assert_eq!((store.forget_answers(Timestamp(49)).unwrap(), store.forget_answers(Timestamp(50)).unwrap()), (0, 1));
    assert_eq!(store.allow_list().unwrap(), [([3; 32], entry)]);
    assert_eq!(store.setting("incarnation").unwrap(), Some(vec![8; 16]));
    assert_eq!(store.setting("long").unwrap(), None);
    assert_eq!(store.announcements().unwrap(), [(log(1), b"announcement".to_vec())]);
    assert!(store.remove_token(&[1; 32]).unwrap() && store.disallow(&[3; 32]).unwrap());
    assert!(store.tokens().unwrap().is_empty() && store.allowed(&[3; 32]).unwrap().is_none());
}

#[test]
fn a_second_opener_and_a_newer_format_are_told_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let error = try_open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    drop(store);
    drop(open(folder.path()));
    std::fs::write(folder.path().join("FORMAT"), "larum data folder, format 3\n").unwrap();
    let error = try_open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::NewerFormat { found: 3, known: 2 }), "{error}");
}
