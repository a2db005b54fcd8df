//! Files that are not what was written.

use super::*;

/// Where each frame starts, from the lengths in their headers; and the end.
fn starts(bytes: &[u8]) -> Vec<usize> {
    let mut starts = vec![super::super::frame::FILE_HEADER_BYTES];
    while let Some(length) = bytes.get(starts[starts.len() - 1] + 8..).and_then(|rest| rest.first_chunk::<4>()) {
        starts.push(starts[starts.len() - 1] + 16 + u32::from_le_bytes(*length) as usize);
    }
    starts
}

fn damaged_at(dir: &Path, bytes: &[u8]) -> u64 {
    fs::write(path(dir), bytes).unwrap();
    match open(dir).map(|(_, seen)| seen) {
        Err(JournalError::Damaged { at, .. }) => {
            assert_eq!(fs::read(path(dir)).unwrap(), bytes, "a damaged file is left alone");
            at
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_change_of_any_byte_that_records_follow_is_an_error() {
    let dir = with_frames(&["one", "two", "three"]).await;
    let whole = fs::read(path(dir.path())).unwrap();
    let starts = starts(&whole);
    for changed in starts[0]..starts[2] {
        let mut bytes = whole.clone();
        bytes[changed] ^= 0x40;
        let frame = if changed < starts[1] { starts[0] } else { starts[1] };
        assert_eq!(damaged_at(dir.path(), &bytes), frame as u64, "byte {changed}");
    }
}

#[tokio::test]
async fn records_that_are_taken_out_or_moved_are_an_error() {
    let dir = with_frames(&["one", "two", "three"]).await;
    let whole = fs::read(path(dir.path())).unwrap();
    let starts = starts(&whole);
    let frame = |which: usize| &whole[starts[which]..starts[which + 1]];
    let header = &whole[..starts[0]];
    for order in [[0, 2].as_slice(), &[1, 2], &[2], &[1, 0, 2], &[0, 2, 1], &[0, 0, 1, 2], &[0, 1, 1, 2]] {
        let bytes: Vec<u8> =
            header.iter().copied().chain(order.iter().flat_map(|which| frame(*which).to_vec())).collect();
        damaged_at(dir.path(), &bytes);
    }
    // nor can they come from another journal under the same key
    let other = with_frames(&["one", "two", "three"]).await;
    let foreign = fs::read(path(other.path())).unwrap();
    let bytes = [&whole[..starts[1]], &foreign[starts[1]..starts[2]], &whole[starts[2]..]].concat();
    assert_eq!(damaged_at(dir.path(), &bytes), starts[1] as u64);
}

#[tokio::test]
async fn a_changed_header_is_an_error_and_so_is_another_key() {
    let dir = with_frames(&["one"]).await;
    let whole = fs::read(path(dir.path())).unwrap();
    for changed in 0..super::super::frame::FILE_HEADER_BYTES {
        let mut bytes = whole.clone();
        bytes[changed] ^= 1;
        fs::write(path(dir.path()), &bytes).unwrap();
        assert!(open(dir.path()).is_err(), "byte {changed}");
    }
    for cut in 0..super::super::frame::FILE_HEADER_BYTES {
        damaged_at(dir.path(), &whole[..cut]);
    }
    fs::write(path(dir.path()), &whole).unwrap();
    for (seed, name) in [([2; 32], "test"), ([1; 32], "other")] {
        let opened = Journal::open(dir.path(), &JournalKey::derive(&seed, name), |_, _| panic!("opened"));
        assert!(matches!(opened, Err(JournalError::OtherKey(_))));
    }
    assert_eq!(texts(dir.path()), ["one"]);
}

#[tokio::test]
async fn rubbish_that_is_longer_than_any_append_is_an_error() {
    let dir = with_frames(&["one"]).await;
    let mut bytes = fs::read(path(dir.path())).unwrap();
    let end = bytes.len();
    bytes.resize(end + super::super::APPEND_BYTES_MAX + 1_024, 7);
    assert_eq!(damaged_at(dir.path(), &bytes), end as u64);
}

#[tokio::test]
async fn a_change_or_a_cut_anywhere_in_a_file_that_was_rewritten_is_an_error() {
    // given a journal whose records all lie in one frame since it was rewritten, and one that came later
    let dir = with_frames(&["one", "two", "three"]).await;
    let (journal, _) = open(dir.path()).unwrap();
    journal.rewrite(|number, _| number != 2).await.unwrap();
    let whole = fs::read(path(dir.path())).unwrap();
    append(&journal, &["four"]).await;
    drop(journal);
    let longer = fs::read(path(dir.path())).unwrap();
    let start = super::super::frame::FILE_HEADER_BYTES;
    // when any of its bits is flipped, or its end is missing
    for changed in start..whole.len() {
        let mut bytes = whole.clone();
        bytes[changed] ^= 1;
        assert_eq!(damaged_at(dir.path(), &bytes), start as u64, "byte {changed}");
    }
    for cut in start..whole.len() {
        assert_eq!(damaged_at(dir.path(), &whole[..cut]), start as u64, "cut at {cut}");
    }
    // then nothing is cut off, and what was appended later may still be torn
    fs::write(path(dir.path()), &longer[..longer.len() - 1]).unwrap();
    assert_eq!(texts(dir.path()), ["one", "three"]);
}

#[tokio::test]
async fn what_cannot_be_read_at_the_end_is_set_aside_until_the_next_rewrite() {
    let dir = with_frames(&["one", "two"]).await;
    let mut bytes = fs::read(path(dir.path())).unwrap();
    let second = starts(&bytes)[1];
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(path(dir.path()), &bytes).unwrap();
    let (journal, seen) = open(dir.path()).unwrap();
    assert_eq!(seen, [(1, "one".to_owned())]);
    let tail = dir.path().join("journal.tail");
    assert_eq!(fs::read(&tail).unwrap(), bytes[second..]);
    journal.rewrite(|_, _| true).await.unwrap();
    assert!(!tail.exists());
}

#[tokio::test]
async fn a_file_of_another_layout_is_refused_by_its_version() {
    let dir = with_frames(&["one"]).await;
    let mut bytes = fs::read(path(dir.path())).unwrap();
    bytes[8] = 1;
    for length in [68, bytes.len()] {
        fs::write(path(dir.path()), &bytes[..length]).unwrap();
        let refused = open(dir.path()).unwrap_err();
        assert!(matches!(refused, JournalError::Version { found: 1, .. }), "{refused}");
        assert!(refused.to_string().contains("layout version 1"), "{refused}");
    }
}
