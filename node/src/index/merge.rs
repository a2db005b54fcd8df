//! Many sorted segments into one, in bounded memory.
//!
//! Each source is read through a buffer of its own and not through the map, because a merge reads everything once and in
//! order. The checksum of each partition's entries is compared on the way, so damage is found and never copied.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, binary_heap::PeekMut},
    os::unix::fs::FileExt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    IndexError, Keep,
    error::Doing,
    key::Entry,
    layout::{ENTRY_BYTES, decode_entry},
    segment::Segment,
    writer::SegmentWriter,
};

/// Read of a source at once.
const BUFFER_ENTRIES: usize = 20_000;
/// Entries between two looks at whether to give up: a few milliseconds.
const CANCEL_ENTRIES: u64 = 1 << 16;

/// A finished merge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Merged {
    pub(super) entries: u64,
    pub(super) bytes: u64,
}

/// Writes what `keep` keeps of `sources` to the segment `path`; each entry once. `None`, and no file, if that is nothing.
pub(super) fn merge(
    sources: &[Arc<Segment>],
    path: &Path,
    keep: &Keep,
    cancelled: &AtomicBool,
) -> Result<Option<Merged>, IndexError> {
    let expected = sources.iter().map(|source| source.named().entries).sum();
    let mut writer = SegmentWriter::create(path, expected)?;
    let mut cursors: Vec<Cursor> = sources.iter().map(|source| Cursor::new(source)).collect();
    let mut heap = BinaryHeap::with_capacity(cursors.len());
    for (source, cursor) in cursors.iter_mut().enumerate() {
        heap.extend(cursor.next()?.map(|entry| Reverse((entry, source))));
    }
    let mut last = None;
    let mut seen = 0_u64;
    while let Some(mut top) = heap.peek_mut() {
        let Reverse((entry, source)) = *top;
        match cursors[source].next()? {
            Some(next) => *top = Reverse((next, source)),
            None => drop(PeekMut::pop(top)),
        }
        // Sooner than the checksum, which is complete only once a partition has been read.
        if last.is_some_and(|last| entry < last) {
            return Err(IndexError::Damaged { what: "order of a segment's entries" });
        }
        if last != Some(entry) && keep.holds(entry.place) {
            writer.push(&entry)?;
        }
        last = Some(entry);
        seen += 1;
        if seen.is_multiple_of(CANCEL_ENTRIES) && cancelled.load(Ordering::Relaxed) {
            return Err(IndexError::Closing);
        }
    }
    match writer.entries() {
        0 => Ok(None),
        entries => Ok(Some(Merged { entries, bytes: writer.finish()? })),
    }
}

/// Reads one segment's entries in order.
struct Cursor<'a> {
    segment: &'a Segment,
    /// The partition after the one being read.
    next_partition: usize,
    /// Entries of the partition being read that are not in the buffer yet.
    unread: u64,
    /// Where they lie in the file.
    offset: u64,
    crc: u32,
    expected_crc: u32,
    buffer: Vec<u8>,
    position: usize,
}

impl<'a> Cursor<'a> {
    fn new(segment: &'a Segment) -> Self {
        Self {
            segment,
            next_partition: 0,
            unread: 0,
            offset: 0,
            crc: 0,
            expected_crc: 0,
            buffer: Vec::new(),
            position: 0,
        }
    }

    fn next(&mut self) -> Result<Option<Entry>, IndexError> {
        while self.position == self.buffer.len() {
            if self.unread == 0 && !self.begin_partition()? {
                return Ok(None);
            }
            self.fill()?;
        }
        let bytes = self.buffer[self.position..].first_chunk().expect("the buffer holds whole entries");
        self.position += ENTRY_BYTES;
        Ok(Some(decode_entry(bytes)))
    }

    fn begin_partition(&mut self) -> Result<bool, IndexError> {
        if self.crc != self.expected_crc {
            return Err(IndexError::Damaged { what: "entries of a segment" });
        }
        let Some(record) = self.segment.records().get(self.next_partition) else {
            return Ok(false);
        };
        self.next_partition += 1;
        self.unread = u64::from(record.entries);
        self.offset = record.offset;
        self.crc = 0;
        self.expected_crc = record.entries_crc;
        Ok(true)
    }

    fn fill(&mut self) -> Result<(), IndexError> {
        let entries = self.unread.min(BUFFER_ENTRIES as u64);
        self.buffer.resize(entries as usize * ENTRY_BYTES, 0);
        self.segment.file().read_exact_at(&mut self.buffer, self.offset).doing("reading a segment")?;
        self.crc = crc32c::crc32c_append(self.crc, &self.buffer);
        self.unread -= entries;
        self.offset += self.buffer.len() as u64;
        self.position = 0;
        Ok(())
    }
}

/// Which sources to merge, as positions in `sizes`: few enough remain, and nothing large is rewritten for little.
///
/// Begins with the smallest, takes as many as must go, and takes the next larger as long as what is gathered is a
/// quarter of it. So an entry is rewritten only into something at least a quarter larger, or when there is no room left.
pub(super) fn choose(sizes: &[u64], segments_max: usize) -> Vec<usize> {
    if sizes.len() <= segments_max {
        return Vec::new();
    }
    let must = sizes.len() - segments_max + 1;
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&position| sizes[position]);
    let mut gathered = 0_u64;
    let taken = order
        .iter()
        .enumerate()
        .take_while(|&(taken, &position)| {
            let take = taken < must || sizes[position] / SIZE_RATIO <= gathered;
            gathered = gathered.saturating_add(sizes[position]);
            take
        })
        .count();
    order.truncate(taken);
    order
}

/// A segment this many times larger than what is merged stays as it is.
const SIZE_RATIO: u64 = 4;

#[cfg(test)]
mod tests {
    use super::choose;

    #[test]
    fn nothing_is_merged_while_there_is_room() {
        assert_eq!(choose(&[100, 5, 1], 3), [0_usize; 0]);
    }

    #[test]
    fn a_large_segment_is_left_alone_for_small_ones() {
        assert_eq!(choose(&[100, 1, 50, 1], 3), [1, 3]);
        assert_eq!(choose(&[100, 2, 5, 1], 3), [3, 1, 2]);
        assert_eq!(choose(&[100, 20, 5, 2], 3), [3, 2, 1, 0]);
        assert_eq!(choose(&[1, 1, 1, 1, 1], 3), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn as_many_go_as_must() {
        assert_eq!(choose(&[1_000, 100, 10, 1], 3), [3, 2]);
        assert_eq!(choose(&[1_000_000, 10_000, 100, 1], 1).len(), 4);
    }
}
