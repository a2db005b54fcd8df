//! Writes a segment in one pass, holding no more than one partition's directory in memory.
//!
//! Invariant: entries arrive in rising order. Invariant: the file has its temporary name until it is whole and synced;
//! a writer that is dropped before takes it away.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use xorf::{BinaryFuse8, DmaSerializable};

use super::{
    IndexError, disk,
    error::Doing,
    key::Entry,
    layout::{
        BUCKET_KEYS, DESCRIPTOR_BYTES, ENTRY_BYTES, Footer, Record, bucket_of, encode_entry,
        partition_bits, partition_of,
    },
};

/// Written at once, and at a multiple of this: a kernel whose page cache has huge pages then keeps the file in them, and
/// look-ups are spared most of the page table.
const WRITE_BYTES: usize = 2 << 20;

/// A segment being written.
#[derive(Debug)]
pub(super) struct SegmentWriter {
    file: File,
    path: PathBuf,
    finished: bool,
    /// Bytes written so far; what is in the buffer comes after.
    written: u64,
    buffer: Vec<u8>,
    /// Up to here the buffer is under a checksum.
    summed: usize,
    bits: u32,
    entries: u64,
    table: Vec<u8>,
    draft: Draft,
}

/// The partition being written.
#[derive(Debug, Default)]
struct Draft {
    number: usize,
    offset: u64,
    entries: u32,
    entries_crc: u32,
    /// The distinct upper key halves: what the filter is built over.
    highs: Vec<u64>,
    /// For each of them the first entry that has it.
    firsts: Vec<u32>,
}

impl SegmentWriter {
    /// Begins the segment that will be called `path`, of about `expected` entries.
    pub(super) fn create(path: &Path, expected: u64) -> Result<Self, IndexError> {
        Ok(Self {
            file: File::create(disk::temporary(path)).doing("creating a segment")?,
            path: path.to_owned(),
            finished: false,
            written: 0,
            buffer: Vec::with_capacity(WRITE_BYTES + ENTRY_BYTES),
            summed: 0,
            bits: partition_bits(expected),
            entries: 0,
            table: Vec::new(),
            draft: Draft::default(),
        })
    }

    /// Adds an entry above all before it.
    pub(super) fn push(&mut self, entry: &Entry) -> Result<(), IndexError> {
        let partition = partition_of(entry.key.high, self.bits);
        while self.draft.number < partition {
            self.end_partition()?;
        }
        self.draft.note(entry)?;
        self.buffer.extend_from_slice(&encode_entry(entry));
        self.entries += 1;
        if self.buffer.len() >= WRITE_BYTES {
            self.sum();
            self.write_whole()?;
        }
        Ok(())
    }

    /// Writes the rest, syncs, and gives the file its name. Returns its length in bytes.
    pub(super) fn finish(mut self) -> Result<u64, IndexError> {
        for _ in self.draft.number..1 << self.bits {
            self.end_partition()?;
        }
        let footer = Footer {
            bits: self.bits,
            entries: self.entries,
            table_offset: self.position(),
            table_crc: crc32c::crc32c(&self.table),
        };
        self.buffer.extend_from_slice(&self.table);
        self.buffer.extend_from_slice(&footer.encode());
        self.file
            .write_all(&self.buffer)
            .doing("writing a segment")?;
        self.file.sync_all().doing("syncing a segment")?;
        disk::publish(&self.path)?;
        self.finished = true;
        Ok(self.position())
    }

    pub(super) fn entries(&self) -> u64 {
        self.entries
    }

    /// How long the file is, with what is not written yet.
    fn position(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    fn end_partition(&mut self) -> Result<(), IndexError> {
        self.sum();
        let (record, side) = self.draft.close(self.bits);
        self.table.extend_from_slice(&record.encode());
        self.buffer.extend_from_slice(&side);
        self.summed = self.buffer.len();
        self.draft.restart(self.position());
        self.write_whole()
    }

    /// Adds the entries in the buffer to their partition's checksum.
    fn sum(&mut self) {
        let crc = self.draft.entries_crc;
        self.draft.entries_crc = crc32c::crc32c_append(crc, &self.buffer[self.summed..]);
        self.summed = self.buffer.len();
    }

    /// Writes as many whole pieces as there are. All of them are under a checksum.
    fn write_whole(&mut self) -> Result<(), IndexError> {
        let whole = self.buffer.len() - self.buffer.len() % WRITE_BYTES;
        self.file
            .write_all(&self.buffer[..whole])
            .doing("writing a segment")?;
        self.buffer.drain(..whole);
        self.summed -= whole;
        self.written += whole as u64;
        Ok(())
    }
}

impl Drop for SegmentWriter {
    fn drop(&mut self) {
        if !self.finished {
            // Best effort: the next start deletes what is left behind.
            let _ = fs::remove_file(disk::temporary(&self.path));
        }
    }
}

impl Draft {
    fn note(&mut self, entry: &Entry) -> Result<(), IndexError> {
        if self.highs.last() != Some(&entry.key.high) {
            debug_assert!(
                self.highs.last() < Some(&entry.key.high),
                "entries arrive in rising order"
            );
            self.highs.push(entry.key.high);
            self.firsts.push(self.entries);
        }
        self.entries = self
            .entries
            .checked_add(1)
            .ok_or(IndexError::PartitionFull)?;
        Ok(())
    }

    /// The row of the table, and the bytes of directory and filter.
    fn close(&self, bits: u32) -> (Record, Vec<u8>) {
        let buckets = u32::try_from(self.highs.len().div_ceil(BUCKET_KEYS).max(1))
            .expect("no more than entries, which fit");
        let mut side = self.directory(bits, buckets);
        let (descriptor, fingerprints) = filter(&self.highs);
        side.extend_from_slice(&fingerprints);
        let record = Record {
            offset: self.offset,
            entries: self.entries,
            entries_crc: self.entries_crc,
            buckets,
            filter_bytes: u32::try_from(fingerprints.len())
                .expect("about 1.13 bytes a key of one partition"),
            descriptor,
            side_crc: crc32c::crc32c(&side),
        };
        (record, side)
    }

    fn directory(&self, bits: u32, buckets: u32) -> Vec<u8> {
        let mut starts: Vec<u32> = Vec::with_capacity(buckets as usize + 1);
        for (&high, &first) in self.highs.iter().zip(&self.firsts) {
            let bucket = bucket_of(high, bits, buckets);
            starts.resize((bucket + 1).max(starts.len()), first);
        }
        starts.resize(buckets as usize + 1, self.entries);
        starts
            .iter()
            .flat_map(|start| start.to_le_bytes())
            .collect()
    }

    fn restart(&mut self, offset: u64) {
        self.number += 1;
        self.offset = offset;
        self.entries = 0;
        self.entries_crc = 0;
        self.highs.clear();
        self.firsts.clear();
    }
}

/// A filter over distinct keys. xorf tries a thousand seeds; should all fail, the partition does without a filter, which
/// is slower and never wrong.
fn filter(highs: &[u64]) -> ([u8; DESCRIPTOR_BYTES], Box<[u8]>) {
    let mut descriptor = [0; DESCRIPTOR_BYTES];
    match BinaryFuse8::try_from(highs) {
        Ok(filter) => {
            filter.dma_copy_descriptor_to(&mut descriptor);
            (descriptor, filter.fingerprints)
        }
        Err(reason) => {
            tracing::warn!(
                reason,
                keys = highs.len(),
                "an index partition goes without a filter"
            );
            (descriptor, Box::default())
        }
    }
}

const _: () = assert!(BinaryFuse8::DESCRIPTOR_LEN == DESCRIPTOR_BYTES);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::layout::read_u32;

    #[test]
    fn a_bucket_starts_at_the_first_entry_of_its_first_key() {
        let draft = Draft {
            highs: vec![0, 1 << 62, u64::MAX],
            firsts: vec![0, 5, 6],
            entries: 9,
            ..Draft::default()
        };
        let bytes = draft.directory(0, 4);
        let starts: Vec<u32> = (0..5).map(|bucket| read_u32(&bytes, bucket * 4)).collect();
        assert_eq!(starts, [0, 5, 6, 6, 9]);
    }

    #[test]
    fn an_abandoned_segment_leaves_no_file() {
        let dir = tempfile::tempdir().expect("a folder for the test");
        let path = dir.path().join("segment");
        drop(SegmentWriter::create(&path, 10));
        assert_eq!(
            fs::read_dir(dir.path()).expect("the folder exists").count(),
            0
        );
    }
}
