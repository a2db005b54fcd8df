#![allow(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path, sync::Arc};

use larum_protocol::{
    api::{AuditEvent, Verdict},
    clock::{DAY_MS, Timestamp},
    hash::Digest,
    keys::SecretKey,
    receipt::{CoverageSummary, Receipt, Transcript},
};

use super::*;

const COVERAGE: CoverageSummary = CoverageSummary { state: 1, members: 3, heard: 3, roster: 1, heads: Digest([4; 32]) };

fn start(dir: &Path) -> Recorder {
    let config = RecorderConfig { dir: dir.to_owned(), consortium: Digest([2; 32]) };
    Recorder::start(config, Box::new(SecretKey::from_seed(&[1; 32]))).unwrap()
}

fn lookup(number: u8) -> Lookup {
    let mut tallies = Vec::new();
    Tally::add(&mut tallies, "phone", Verdict::Clear);
    Tally::add(&mut tallies, "email", Verdict::Listed);
    Tally::add(&mut tallies, "phone", Verdict::Clear);
    Lookup {
        event: Event::Check,
        token: Arc::from("t1"),
        verdict: Verdict::Listed,
        tallies,
        lines: 0,
        coverage: COVERAGE,
        transcript: Transcript::of(&[number], b"answer"),
    }
}

async fn record(dir: &Path, count: u8) {
    let recorder = start(dir);
    for number in 0..count {
        recorder.record(lookup(number)).await.unwrap();
    }
    recorder.close().await;
}

fn only_file(dir: &Path) -> PathBuf {
    file::list(dir).unwrap().pop().unwrap().1
}

#[tokio::test]
async fn i11_every_lookup_is_on_record_without_what_it_was_about() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), 3).await;

    let page = page(dir.path(), 1, 10).unwrap();
    assert_eq!(page.records.len(), 3);
    assert_eq!(page.next, None);
    let first = &page.records[0];
    assert_eq!((first.seq, first.event, first.token.as_str()), (1, AuditEvent::Check, "t1"));
    assert_eq!(first.verdict, Verdict::Listed);
    let counts: Vec<_> = first.results.iter().map(|r| (r.kind.as_ref(), r.verdict, r.count)).collect();
    assert_eq!(counts, [("email", Verdict::Listed, 1), ("phone", Verdict::Clear, 2)]);
    assert!(page.records.windows(2).all(|pair| pair[0].hash == pair[1].prev));
}

#[tokio::test]
async fn many_lookups_at_once_share_a_signature_and_each_gets_its_own_receipt() {
    let dir = tempfile::tempdir().unwrap();
    let recorder = start(dir.path());
    let answers = (0..200u8).map(|number| {
        let recorder = recorder.clone();
        async move { (number, recorder.record(lookup(number)).await.unwrap()) }
    });
    for (number, text) in futures::future::join_all(answers).await {
        let transcript = Transcript::of(&[number], b"answer");
        let receipt = Receipt::verify(&text, &transcript).unwrap();
        assert_eq!(receipt.coverage, COVERAGE);
        assert!(Receipt::verify(&text, &Transcript::of(&[number], b"other")).is_err());
    }
    recorder.close().await;
    let page = page(dir.path(), 1, 1_000).unwrap();
    let mut roots: Vec<_> = page.records.iter().map(|record| &record.root).collect();
    roots.dedup();
    assert!(roots.len() < 200, "no two lookups shared a signature");
    assert_eq!(verify(dir.path()).unwrap().last, 200);
}

#[tokio::test]
async fn a_chain_cut_at_any_byte_keeps_every_whole_record_and_goes_on() {
    let original = tempfile::tempdir().unwrap();
    record(original.path(), 3).await;
    let path = only_file(original.path());
    let name = path.file_name().unwrap();
    let bytes = fs::read(&path).unwrap();
    let record_bytes = (bytes.len() - file::HEADER_BYTES) / 3;

    for cut in file::HEADER_BYTES..=bytes.len() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(name), &bytes[..cut]).unwrap();
        let whole = ((cut - file::HEADER_BYTES) / record_bytes) as u64;
        let torn = (cut - file::HEADER_BYTES) % record_bytes;

        let mut chain = chain::Chain::open(dir.path(), 1_000).unwrap();
        let repaired = whole + u64::from(torn > 0);
        assert_eq!(chain.next_seq(), repaired + 1, "cut at {cut}");
        let entry = Entry {
            seq: repaired + 1,
            time_ms: 1,
            event: Event::Check,
            token: String::new(),
            verdict: 0,
            tallies: vec![],
            lines: 0,
            coverage: Digest([0; 32]),
            root: Digest([0; 32]),
        };
        chain.append(&[entry], 1).unwrap();
        assert_eq!(verify(dir.path()).unwrap().last, repaired + 1, "cut at {cut}");
        if torn > 0 {
            let recovery = &page(dir.path(), repaired, 1).unwrap().records[0];
            assert_eq!((recovery.event, recovery.lines), (AuditEvent::Recovered, Some(torn as u64)));
        }
    }
}

#[tokio::test]
async fn a_flipped_bit_in_any_byte_is_found() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), 2).await;
    let path = only_file(dir.path());
    let bytes = fs::read(&path).unwrap();
    assert!(verify(dir.path()).is_ok());
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 1 << (at % 8);
        fs::write(&path, &bad).unwrap();
        assert!(matches!(verify(dir.path()), Err(AuditError::Damaged { .. })), "byte {at}");
    }
}

/// A record of one check on each of three days, from a day of 1970 on.
fn three_days(dir: &Path) {
    let mut chain = chain::Chain::open(dir, 0).unwrap();
    for day in 0..3 {
        let now_ms = day * DAY_MS;
        chain.roll(now_ms).unwrap();
        let none = Digest([0; 32]);
        let (seq, token) = (chain.next_seq(), "t".to_owned());
        let (event, tallies) = (Event::Check, vec![]);
        let entry =
            Entry { seq, time_ms: now_ms, event, token, verdict: 1, tallies, lines: 0, coverage: none, root: none };
        chain.append(&[entry], now_ms).unwrap();
    }
}

#[tokio::test]
async fn a_new_day_begins_a_file_that_goes_on_where_the_last_one_ended() {
    let dir = tempfile::tempdir().unwrap();
    three_days(dir.path());
    assert_eq!(file::list(dir.path()).unwrap().len(), 3);
    assert_eq!(verify(dir.path()).unwrap().last, 3);
    let page = page(dir.path(), 2, 1).unwrap();
    assert_eq!((page.records[0].seq, page.next), (2, Some(3)));

    fs::remove_file(&file::list(dir.path()).unwrap()[1].1).unwrap();
    assert!(matches!(verify(dir.path()), Err(AuditError::Damaged { .. })), "a missing file is found");
}

#[tokio::test]
async fn a_stream_whose_reader_is_gone_is_recorded_from_its_reserved_slot() {
    let dir = tempfile::tempdir().unwrap();
    let recorder = start(dir.path());
    let slot = recorder.reserve().await.unwrap();
    slot.record_detached(Lookup { event: Event::BulkCut, lines: 7, ..lookup(0) });
    recorder.close().await;
    let page = page(dir.path(), 1, 10).unwrap();
    assert_eq!((page.records[0].event, page.records[0].lines), (AuditEvent::BulkCut, Some(7)));
    assert!(matches!(recorder.record(lookup(1)).await, Err(AuditError::Closed)));
}

#[tokio::test]
async fn what_is_older_than_is_kept_goes_and_the_rest_is_still_one_chain() {
    let dir = tempfile::tempdir().unwrap();
    three_days(dir.path());
    // Whole files alone go, and only once all in them is too old
    assert_eq!(prune(dir.path(), Timestamp(0)).unwrap(), Pruned::default());
    assert_eq!(prune(dir.path(), Timestamp(DAY_MS)).unwrap(), Pruned { files: 1, records: 1 });
    let left = verify(dir.path()).unwrap();
    assert_eq!((left.first, left.last), (2, 3));
    // The newest file stays: the chain goes on from it
    assert_eq!(prune(dir.path(), Timestamp(u64::MAX)).unwrap(), Pruned { files: 1, records: 1 });
    assert_eq!(verify(dir.path()).unwrap(), Verified { first: 3, ..left });
}

#[tokio::test]
async fn an_export_holds_by_itself_and_any_change_in_it_is_found() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path(), 3).await;
    let records = page(dir.path(), 1, 10).unwrap().records;
    let all = |records: &[larum_protocol::api::AuditRecord]| {
        let mut exported = Exported::default();
        records.iter().try_for_each(|record| exported.take(record)).map(|()| exported.verified())
    };
    assert_eq!(all(&records).unwrap(), Some(verify(dir.path()).unwrap()));
    assert_eq!(all(&[]).unwrap(), None);

    let changed = |change: fn(&mut Vec<larum_protocol::api::AuditRecord>)| {
        let mut records = records.clone();
        change(&mut records);
        all(&records).unwrap_err()
    };
    const CHANGED: &str = "it is not what its hash was made of";
    assert_eq!(changed(|records| records[1].verdict = Verdict::Clear), CHANGED);
    assert_eq!(changed(|records| records[1].token = "t2".to_owned()), CHANGED);
    assert_eq!(changed(|records| records[1].results[0].count = 9), CHANGED);
    assert_eq!(changed(|records| records[1].time = "2026-01-01T00:00:00Z".to_owned()), CHANGED);
    assert_eq!(changed(|records| records[1].time = "yesterday".to_owned()), "it cannot be read as a record");
    assert_eq!(changed(|records| drop(records.remove(1))), "it does not follow the one before it");
    assert_eq!(changed(|records| records.swap(0, 1)), "it does not follow the one before it");
}

/// The numbers on a page, and the pages beside it.
fn numbers(dir: &Path, before: Option<u64>, limit: usize) -> (Vec<u64>, Option<u64>, Option<u64>) {
    let page = newest_first(dir, before, limit).unwrap();
    assert_eq!(page.unread, 0);
    (page.records.iter().map(|record| record.seq).collect(), page.older, page.newer)
}

#[tokio::test]
async fn the_newest_records_come_first_and_pages_meet_without_a_gap_across_files() {
    let dir = tempfile::tempdir().unwrap();
    three_days(dir.path());
    assert_eq!(numbers(dir.path(), None, 2), (vec![3, 2], Some(2), None));
    assert_eq!(numbers(dir.path(), Some(2), 2), (vec![1], None, Some(4)));
    assert_eq!(numbers(dir.path(), Some(4), 2), (vec![3, 2], Some(2), None), "back where it began");
    assert_eq!(numbers(dir.path(), Some(3), 1), (vec![2], Some(2), Some(4)));
    assert_eq!(numbers(dir.path(), Some(u64::MAX), 9), (vec![3, 2, 1], None, None));
    for nothing in [0, 1] {
        assert_eq!(numbers(dir.path(), Some(nothing), 2), (vec![], None, Some(3)), "before {nothing}");
    }
    // What is written later changes no page that is named by its number
    record(dir.path(), 2).await;
    assert_eq!(numbers(dir.path(), None, 2), (vec![5, 4], Some(4), None));
    assert_eq!(numbers(dir.path(), Some(4), 2), (vec![3, 2], Some(2), Some(6)));
}

#[tokio::test]
async fn the_newest_come_first_after_the_oldest_were_removed_and_where_there_are_none() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(newest_first(dir.path(), None, 2).unwrap(), NewestFirst::default(), "no file");
    record(dir.path(), 0).await;
    assert_eq!(newest_first(dir.path(), None, 2).unwrap(), NewestFirst::default(), "no record");

    let dir = tempfile::tempdir().unwrap();
    three_days(dir.path());
    prune(dir.path(), Timestamp(DAY_MS)).unwrap();
    assert_eq!(numbers(dir.path(), None, 1), (vec![3], Some(3), None));
    assert_eq!(numbers(dir.path(), Some(3), 1), (vec![2], None, Some(4)));
    assert_eq!(numbers(dir.path(), Some(2), 1), (vec![], None, Some(3)), "what was there is gone");
    assert_eq!(newest_first(dir.path(), None, 1).unwrap().held, Some((2, 3)));
    // A file that was begun a moment ago has no record of its own
    let mut chain = chain::Chain::open(dir.path(), 0).unwrap();
    chain.roll(5 * DAY_MS).unwrap();
    assert_eq!(file::list(dir.path()).unwrap().len(), 3);
    assert_eq!(numbers(dir.path(), None, 2), (vec![3, 2], None, None));
}

#[tokio::test]
async fn what_cannot_be_read_is_counted_and_hides_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    three_days(dir.path());
    let second = file::list(dir.path()).unwrap()[1].1.clone();
    let mut bytes = fs::read(&second).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&second, bytes).unwrap();
    let page = newest_first(dir.path(), None, 3).unwrap();
    assert_eq!(page.records.iter().map(|record| record.seq).collect::<Vec<_>>(), [3, 1]);
    assert_eq!((page.unread, page.held), (1, Some((1, 3))));
    assert!(verify(dir.path()).is_err());
}
