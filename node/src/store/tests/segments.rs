//! The ends and the middles of segment files, byte by byte.

use std::{fs, path::Path};

use crate::store::{
    Link, Position, RecordKind, StoreError,
    record::NewRecord,
    segments::{SegmentFolder, Segments, file::HEADER_BYTES},
};

fn record(body: &[u8]) -> NewRecord<'_> {
    NewRecord { kind: RecordKind::Batch, link: Link::Next, meta: [1, 2], head: b"a header", body }
}

fn recover(folder: &Path) -> Result<(Segments, u64), StoreError> {
    SegmentFolder::open(folder)?.recover(Position::START, 0, 4_096)
}

fn bodies(segments: &Segments) -> Vec<Vec<u8>> {
    segments.scan(Position::START).unwrap().map(|record| record.unwrap().body.unwrap()).collect()
}

/// One segment with three records, each synced by itself: the file's name and the records' offsets, the end last.
fn three_records(folder: &Path) -> (std::path::PathBuf, Vec<u64>) {
    let (segments, _) = recover(folder).unwrap();
    let mut offsets: Vec<u64> =
        [b"one", b"two", b"six"].iter().map(|body| segments.append(&[record(*body)]).unwrap()[0].offset()).collect();
    offsets.push(segments.end().offset());
    (folder.join("0000000001.seg"), offsets)
}

#[test]
fn a_torn_tail_is_cut_at_every_length_and_the_log_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (file, offsets) = three_records(folder.path());
    let whole = fs::read(&file).unwrap();
    for length in offsets[2]..offsets[3] {
        for fill in [None, Some(0), Some(0xFF)] {
            // given a last record of which only the first bytes, or those and garbage, reached the disk
            let mut torn = whole[..usize::try_from(length).unwrap()].to_vec();
            if let Some(fill) = fill {
                torn.resize(whole.len() + 7, fill);
            }
            fs::write(&file, &torn).unwrap();
            // when the folder is opened
            let (segments, cut) = recover(folder.path()).unwrap();
            // then exactly that is cut, and what is appended next is found after yet another start
            assert_eq!(cut, torn.len() as u64 - offsets[2], "length {length} fill {fill:?}");
            segments.append(&[record(b"new")]).unwrap();
            drop(segments);
            let (segments, cut) = recover(folder.path()).unwrap();
            assert_eq!((bodies(&segments), cut), (vec![b"one".to_vec(), b"two".to_vec(), b"new".to_vec()], 0));
        }
    }
}

#[test]
fn a_flipped_bit_in_an_acknowledged_record_is_one_error_that_names_file_and_offset() {
    let folder = tempfile::tempdir().unwrap();
    let (file, offsets) = three_records(folder.path());
    let whole = fs::read(&file).unwrap();
    for at in offsets[0]..offsets[2] {
        let bad = if at < offsets[1] { offsets[0] } else { offsets[1] };
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[usize::try_from(at).unwrap()] ^= 1 << bit;
            fs::write(&file, &flipped).unwrap();
            match recover(folder.path()) {
                Err(StoreError::Damaged { file: named, offset, .. }) => {
                    assert_eq!((named, offset), (file.clone(), bad))
                }
                other => panic!("byte {at} bit {bit}: {other:?}"),
            }
            assert_eq!(fs::read(&file).unwrap(), flipped, "nothing is cut when something acknowledged is damaged");
        }
    }
}

#[test]
fn a_record_forged_inside_a_body_does_not_count_as_one() {
    // given a body that is itself a record, written under another salt, and claims that much was synced
    let folder = tempfile::tempdir().unwrap();
    let (file, offsets) = three_records(folder.path());
    let mut forged = Vec::new();
    record(b"forged").encode(0, u32::MAX, &mut forged);
    let (segments, _) = recover(folder.path()).unwrap();
    segments.append(&[record(&forged)]).unwrap();
    drop(segments);
    // when the record around it is torn in its first byte
    let mut torn = fs::read(&file).unwrap();
    torn[usize::try_from(offsets[3]).unwrap()] = 0;
    fs::write(&file, &torn).unwrap();
    // then it is cut as any torn tail is
    let (segments, cut) = recover(folder.path()).unwrap();
    assert_eq!((segments.end().offset(), cut), (offsets[3], torn.len() as u64 - offsets[3]));
}

#[test]
fn segments_roll_and_only_the_newest_may_be_torn() {
    let folder = tempfile::tempdir().unwrap();
    let (segments, _) = recover(folder.path()).unwrap();
    let written: Vec<Vec<u8>> = (0..20_u8).map(|number| vec![number; 1_000]).collect();
    for body in &written {
        segments.append_unsynced(&[record(body)]).unwrap();
    }
    segments.sync().unwrap();
    let numbers = segments.numbers();
    assert!(numbers.len() >= 5, "{numbers:?}");
    drop(segments);
    let (segments, cut) = recover(folder.path()).unwrap();
    assert_eq!((bodies(&segments), cut), (written, 0));
    drop(segments);

    let first = folder.path().join("0000000001.seg");
    fs::OpenOptions::new().write(true).open(&first).unwrap().set_len(HEADER_BYTES + 60).unwrap();
    let (segments, _) = recover(folder.path()).unwrap();
    let error = segments.scan(Position::START).unwrap().next().unwrap().unwrap_err();
    assert!(matches!(error, StoreError::Damaged { file, offset: HEADER_BYTES, .. } if file == first));
}

#[test]
fn a_segment_that_was_being_created_or_was_renamed_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = three_records(folder.path());
    fs::write(folder.path().join("0000000002.new"), b"LARUM").unwrap();
    assert_eq!(recover(folder.path()).unwrap().0.numbers(), [1]);
    fs::copy(&file, folder.path().join("0000000002.seg")).unwrap();
    let error = recover(folder.path()).unwrap_err();
    assert!(error.to_string().contains("another segment"), "{error}");
}

#[test]
fn what_exceeds_a_limit_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (segments, _) = recover(folder.path()).unwrap();
    let body = vec![0; 1_024 * 1_024 + 1];
    let head = vec![0; 16 * 1_024 + 1];
    let (long_body, long_head) = (record(&body), NewRecord { head: &head, ..record(b"") });
    let header_with_body = NewRecord { kind: RecordKind::Header, ..record(b"x") };
    let group = vec![record(&body[1..]); 65];
    for records in [&[long_body][..], &[long_head], &[header_with_body], &group] {
        assert!(matches!(segments.append(records), Err(StoreError::TooLarge { .. })));
    }
    assert_eq!(segments.end().offset(), HEADER_BYTES);
}
