//! Asks a binary fuse filter in two steps: where to look, then looking.
//!
//! xorf builds the filters and can ask them, one key at a time and in one go. Then no more than two or three keys are
//! under way at once, because the processor runs out of room for instructions while it waits for the first. Taken apart,
//! the second step is three loads a key, and the memory accesses of sixteen keys overlap.
//!
//! The arithmetic is that of Graf and Lemire, "Binary Fuse Filters" (2022), as xorf 0.13 has it; a test compares them.

use xorf::Descriptor;

use crate::index::layout::{DESCRIPTOR_BYTES, Record, read_u32, read_u64, scale};

/// One partition's filter, without its fingerprints.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    descriptor: Descriptor,
    /// Where the fingerprints begin in the resident part.
    start: usize,
    /// The partition has no filter.
    absent: bool,
}

/// Where the answer for one key lies.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slots {
    at: [usize; 3],
    fingerprint: u8,
    absent: bool,
}

impl Filter {
    /// The filter of `record`, whose fingerprints begin at `start`; `None` if a slot might lie outside of them.
    pub(super) fn new(record: &Record, start: usize) -> Option<Self> {
        let absent = record.filter_bytes == 0;
        let descriptor = decode(&record.descriptor);
        let length = u64::from(descriptor.segment_length);
        let fits = descriptor.segment_length.is_power_of_two()
            && descriptor.segment_length_mask == descriptor.segment_length - 1
            && descriptor
                .segment_count_length
                .is_multiple_of(descriptor.segment_length)
            && u64::from(descriptor.segment_count_length) + 2 * length
                <= u64::from(record.filter_bytes);
        (absent || fits).then_some(Self {
            descriptor,
            start,
            absent,
        })
    }

    /// Where the answer for a key with this upper half lies.
    #[inline]
    pub(super) fn slots(&self, high: u64) -> Slots {
        let hash = mix(high.wrapping_add(self.descriptor.seed));
        let mask = u64::from(self.descriptor.segment_length_mask);
        let length = u64::from(self.descriptor.segment_length);
        let first = scale(hash, self.descriptor.segment_count_length);
        // Wrapping, here and below: `new` has checked the sizes, and a check a step costs as much as the arithmetic.
        let second = first.wrapping_add(length) ^ ((hash >> 18) & mask);
        let third = first.wrapping_add(length << 1) ^ (hash & mask);
        Slots {
            at: [first, second, third].map(|slot| self.start.wrapping_add(slot as usize)),
            fingerprint: (hash ^ (hash >> 32)) as u8,
            absent: self.absent,
        }
    }
}

impl Slots {
    /// Whether the key may be there: always if it is, once in 256 if not.
    #[inline]
    pub(super) fn pass(&self, resident: &[u8]) -> bool {
        let [first, second, third] = self.at;
        // Before anything is loaded, and never seen to be true.
        if self.absent {
            return true;
        }
        self.fingerprint == resident[first] ^ resident[second] ^ resident[third]
    }
}

fn decode(bytes: &[u8; DESCRIPTOR_BYTES]) -> Descriptor {
    Descriptor {
        seed: read_u64(bytes, 0),
        segment_length: read_u32(bytes, 8),
        segment_length_mask: read_u32(bytes, 12),
        segment_count_length: read_u32(bytes, 16),
    }
}

/// The finalizer of MurmurHash3, 64 bits (Appleby).
#[inline]
fn mix(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use xorf::{BinaryFuse8, DmaSerializable, Filter as _};

    use super::*;

    fn record(filter: &BinaryFuse8) -> Record {
        let mut descriptor = [0; DESCRIPTOR_BYTES];
        filter.dma_copy_descriptor_to(&mut descriptor);
        Record {
            offset: 0,
            entries: 0,
            entries_crc: 0,
            buckets: 1,
            filter_bytes: filter.fingerprints.len() as u32,
            descriptor,
            side_crc: 0,
        }
    }

    #[test]
    fn it_answers_as_xorf_does_wherever_the_fingerprints_begin() {
        for count in [0_u64, 1, 2, 3, 100, 50_000] {
            let keys: Vec<u64> = (0..count).map(|key| mix(key + 1)).collect();
            let xorf = BinaryFuse8::try_from(&keys).unwrap();
            let resident = [&[9; 7][..], &xorf.fingerprints].concat();
            let filter = Filter::new(&record(&xorf), 7).unwrap();
            for key in (0..count + 10_000).map(|key| mix(key + 1)) {
                assert_eq!(
                    filter.slots(key).pass(&resident),
                    xorf.contains(&key),
                    "of {count}"
                );
            }
        }
    }

    #[test]
    fn a_filter_that_is_too_short_is_refused_and_a_missing_one_lets_all_pass() {
        let xorf = BinaryFuse8::try_from(&[1, 2, 3][..]).unwrap();
        let mut record = record(&xorf);
        record.filter_bytes -= 1;
        assert!(Filter::new(&record, 0).is_none());
        record.filter_bytes = 0;
        assert!(Filter::new(&record, 0).unwrap().slots(77).pass(&[]));
    }
}
