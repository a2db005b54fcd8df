//! An immutable segment: a file mapped for its entries, with directory and filter in memory.
//!
//! A miss touches three bytes of the filter. A hit goes on to one directory slot and one bucket of entries. Keys are
//! looked up a batch at a time in three passes, so that the memory accesses of one pass, which do not depend on each
//! other, overlap; that is where the factor between one look-up and sixteen comes from.
//!
//! Invariant: what `open` accepted cannot panic later: it checks that offsets lie inside the file, that directories
//! rise, and that filters are as long as their descriptors say.
//! Absent on purpose: any check of the mapped entries on look-up; see [`Segment::verify`].

mod filter;
mod open;

use std::{
    fs::File,
    hint::black_box,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use memmap2::{Mmap, MmapMut};

use super::{
    IndexError, Place,
    key::Key,
    layout::{ENTRY_BYTES, Record, START_BYTES, bucket_of, decode_entry, partition_of, read_u32},
    manifest::Named,
};
use filter::{Filter, Slots};

/// Keys looked up together: enough to fill the memory system, few enough to stay in registers and L1.
pub(super) const WIDTH: usize = 16;
/// Buckets up to this many entries are scanned; a longer one holds a tag with many places and is bisected first.
const SCAN_ENTRIES_MAX: usize = 32;

/// A segment open for look-ups.
#[derive(Debug)]
pub(super) struct Segment {
    named: Named,
    path: PathBuf,
    file: File,
    map: Mmap,
    /// Directory and filter of each partition in turn.
    resident: MmapMut,
    bits: u32,
    records: Vec<Record>,
    partitions: Vec<Partition>,
}

/// What a look-up needs of a [`Record`], in the form in which it needs it.
#[derive(Debug)]
struct Partition {
    /// Where the entries lie in the map.
    entries: usize,
    /// Where the directory lies in the resident part.
    directory: usize,
    buckets: u32,
    filter: Filter,
}

impl Segment {
    /// The file of segment `number`.
    pub(super) fn path_of(dir: &Path, number: u64) -> PathBuf {
        dir.join(format!("segment-{number:016x}"))
    }

    /// Gives each place of each of at most [`WIDTH`] keys to `hit`, with the key's position.
    #[inline]
    pub(super) fn find(&self, keys: &[Key], mut hit: impl FnMut(usize, Place)) {
        if let [key] = keys {
            if self
                .partition(*key)
                .filter
                .slots(key.high)
                .pass(&self.resident)
            {
                scan(self.bucket(*key), *key, |place| hit(0, place));
            }
            return;
        }
        let mut slots = [Slots::default(); WIDTH];
        for (slots, key) in slots.iter_mut().zip(keys) {
            *slots = self.partition(*key).filter.slots(key.high);
        }
        let mut maybe = 0_u32;
        for (position, slots) in slots[..keys.len()].iter().enumerate() {
            maybe |= u32::from(slots.pass(&self.resident)) << position;
        }
        if maybe != 0 {
            self.search(keys, maybe, &mut hit);
        }
    }

    /// Looks for the keys whose bit is set in `maybe`.
    fn search(&self, keys: &[Key], maybe: u32, hit: &mut impl FnMut(usize, Place)) {
        let mut buckets: [&[[u8; ENTRY_BYTES]]; WIDTH] = [&[]; WIDTH];
        for position in ones(maybe) {
            buckets[position] = self.bucket(keys[position]);
        }
        // Touching every bucket before scanning any lets their cache misses overlap: a prefetch without `unsafe`. Every
        // second entry, because a cache line holds more than two.
        let mut touched = 0;
        for position in ones(maybe) {
            for entry in buckets[position].iter().take(SCAN_ENTRIES_MAX).step_by(2) {
                touched ^= entry[0];
            }
        }
        black_box(touched);
        for position in ones(maybe) {
            scan(buckets[position], keys[position], |place| {
                hit(position, place)
            });
        }
    }

    #[inline]
    fn partition(&self, key: Key) -> &Partition {
        &self.partitions[partition_of(key.high, self.bits)]
    }

    /// The entries among which this key is, if it is there.
    #[inline]
    fn bucket(&self, key: Key) -> &[[u8; ENTRY_BYTES]] {
        let partition = self.partition(key);
        let slot =
            partition.directory + bucket_of(key.high, self.bits, partition.buckets) * START_BYTES;
        let start = read_u32(&self.resident, slot) as usize;
        let end = read_u32(&self.resident, slot + START_BYTES) as usize;
        let bytes = &self.map
            [partition.entries + start * ENTRY_BYTES..partition.entries + end * ENTRY_BYTES];
        bytes.as_chunks().0
    }

    /// Checks the checksum of every entry: reads the whole file.
    pub(super) fn verify(&self, cancelled: &AtomicBool) -> Result<(), IndexError> {
        for (record, partition) in self.records.iter().zip(&self.partitions) {
            if cancelled.load(Ordering::Relaxed) {
                return Err(IndexError::Closing);
            }
            let bytes = &self.map
                [partition.entries..partition.entries + record.entries as usize * ENTRY_BYTES];
            if crc32c::crc32c(bytes) != record.entries_crc {
                return Err(IndexError::Damaged {
                    what: "entries of a segment",
                });
            }
        }
        Ok(())
    }

    pub(super) fn named(&self) -> Named {
        self.named
    }

    /// The file as named, which may be gone already.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn records(&self) -> &[Record] {
        &self.records
    }

    /// Bytes of directory and filter in memory.
    pub(super) fn resident_bytes(&self) -> u64 {
        self.resident.len() as u64
    }
}

/// Gives the places of `key` among sorted `entries` to `hit`.
#[inline]
fn scan(entries: &[[u8; ENTRY_BYTES]], key: Key, mut hit: impl FnMut(Place)) {
    if entries.len() > SCAN_ENTRIES_MAX {
        let from = entries.partition_point(|entry| decode_entry(entry).key < key);
        let found = entries[from..]
            .iter()
            .map(decode_entry)
            .take_while(|entry| entry.key == key);
        return found.for_each(|entry| hit(entry.place));
    }
    // All are compared before any is looked at: a branch on each would stall until its bytes have come from memory.
    let mut equal = 0_u32;
    for (position, entry) in entries.iter().enumerate() {
        equal |= u32::from(decode_entry(entry).key == key) << position;
    }
    for position in ones(equal) {
        hit(decode_entry(&entries[position]).place);
    }
}

/// The positions of the bits that are set, lowest first.
fn ones(mut bits: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let position = bits.trailing_zeros() as usize;
        bits &= bits.checked_sub(1)?;
        Some(position)
    })
}
