//! The bytes of a segment file.
//!
//! ```text
//! segment   = partition*  table  footer
//! partition = entries directory filter       one for each value of the key's leading `bits` bits
//! entries   = (key 16 bytes, place 8 bytes)*  big-endian, sorted, each once
//! directory = u32 LE * (buckets + 1)          bucket b holds entries directory[b] .. directory[b + 1]
//! filter    = binary fuse fingerprints        of the distinct upper key halves; empty: no filter, ask the directory
//! table     = record * 2^bits
//! footer    = what is fixed, and the checksum of the table
//! ```
//!
//! Partitions make the work local: building a filter over 100 million keys at once would take 2 GB, over a partition of
//! about a million it takes 25 MB, and a directory entry needs only 32 bits. The footer stands last because a segment is
//! written in one pass, and so that a torn file has none.
//!
//! Invariant: every byte is under some CRC-32C (RFC 3720). Directory, filter, table and footer are checked when a
//! segment is opened; entries when they are merged or verified, for checking gigabytes would spoil every start.

use super::{IndexError, Place, key::Entry, key::Key};

/// Of a segment's footer and of the manifest alike.
pub(super) const FORMAT_VERSION: u32 = 1;
/// A 16-byte key and an 8-byte place.
pub(super) const ENTRY_BYTES: usize = 24;
/// Distinct keys in a directory bucket, on average: two or three cache lines of entries, and 0.67 B a tag.
pub(super) const BUCKET_KEYS: usize = 6;
/// A directory is a list of these.
pub(super) const START_BYTES: usize = 4;
/// Above about a million keys a binary fuse filter stops getting smaller a key.
pub(super) const PARTITION_ENTRIES: u64 = 1 << 20;
/// 4,096 partitions of a million entries: the table stays small, and no segment of ours comes near.
pub(super) const PARTITION_BITS_MAX: u32 = 12;
/// xorf's own form: seed (8) and three lengths (4 each).
pub(super) const DESCRIPTOR_BYTES: usize = 20;
pub(super) const RECORD_BYTES: usize = 48;
pub(super) const FOOTER_BYTES: usize = 40;

const FOOTER_MAGIC: [u8; 8] = *b"larumseg";

/// How many leading key bits pick the partition of a segment of about `entries`.
pub(super) fn partition_bits(entries: u64) -> u32 {
    let partitions = entries.div_ceil(PARTITION_ENTRIES).max(1);
    partitions
        .next_power_of_two()
        .ilog2()
        .min(PARTITION_BITS_MAX)
}

/// The partition of a key with this upper half.
#[inline]
pub(super) fn partition_of(high: u64, bits: u32) -> usize {
    // Two shifts, because shifting 64 bits by 64 is not defined for `bits` = 0.
    (high >> 1 >> (63 - bits)) as usize
}

/// The bucket, below `buckets`, of a key with this upper half in its partition. Grows with the key.
#[inline]
pub(super) fn bucket_of(high: u64, bits: u32, buckets: u32) -> usize {
    scale(high << bits, buckets) as usize
}

/// Maps 64 evenly spread bits to a number below `bound`, in order.
#[inline]
pub(super) fn scale(bits: u64, bound: u32) -> u64 {
    (u128::from(bits).wrapping_mul(u128::from(bound)) >> 64) as u64
}

pub(super) fn encode_entry(entry: &Entry) -> [u8; ENTRY_BYTES] {
    let mut bytes = [0; ENTRY_BYTES];
    bytes[..8].copy_from_slice(&entry.key.high.to_be_bytes());
    bytes[8..16].copy_from_slice(&entry.key.low.to_be_bytes());
    bytes[16..].copy_from_slice(&entry.place.0.to_be_bytes());
    bytes
}

#[inline]
pub(super) fn decode_entry(bytes: &[u8; ENTRY_BYTES]) -> Entry {
    let [high, low, place] = [0, 8, 16].map(|at| {
        u64::from_be_bytes(
            *bytes[at..]
                .first_chunk()
                .expect("24 bytes hold three numbers of 8"),
        )
    });
    Entry {
        key: Key { high, low },
        place: Place(place),
    }
}

/// Where one partition lies and how to read it: a row of the table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Record {
    /// Offset of the entries in the file; directory and filter follow them.
    pub(super) offset: u64,
    pub(super) entries: u32,
    pub(super) entries_crc: u32,
    pub(super) buckets: u32,
    /// 0: no filter.
    pub(super) filter_bytes: u32,
    pub(super) descriptor: [u8; DESCRIPTOR_BYTES],
    /// Over directory and filter.
    pub(super) side_crc: u32,
}

impl Record {
    pub(super) fn encode(&self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        bytes[..8].copy_from_slice(&self.offset.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.entries.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.entries_crc.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.buckets.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.filter_bytes.to_le_bytes());
        bytes[24..44].copy_from_slice(&self.descriptor);
        bytes[44..].copy_from_slice(&self.side_crc.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8; RECORD_BYTES]) -> Self {
        Self {
            offset: read_u64(bytes, 0),
            entries: read_u32(bytes, 8),
            entries_crc: read_u32(bytes, 12),
            buckets: read_u32(bytes, 16),
            filter_bytes: read_u32(bytes, 20),
            descriptor: *bytes[24..]
                .first_chunk()
                .expect("the record holds 20 bytes from 24 on"),
            side_crc: read_u32(bytes, 44),
        }
    }

    /// Bytes of the entries.
    pub(super) fn entries_bytes(&self) -> u64 {
        u64::from(self.entries) * ENTRY_BYTES as u64
    }

    /// Bytes of the directory.
    pub(super) fn directory_bytes(&self) -> u64 {
        (u64::from(self.buckets) + 1) * START_BYTES as u64
    }

    /// Bytes of directory and filter.
    pub(super) fn side_bytes(&self) -> u64 {
        self.directory_bytes() + u64::from(self.filter_bytes)
    }
}

/// The last bytes of a segment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Footer {
    pub(super) bits: u32,
    pub(super) entries: u64,
    pub(super) table_offset: u64,
    pub(super) table_crc: u32,
}

impl Footer {
    pub(super) fn encode(&self) -> [u8; FOOTER_BYTES] {
        let mut bytes = [0; FOOTER_BYTES];
        bytes[..8].copy_from_slice(&FOOTER_MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.bits.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.entries.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.table_offset.to_le_bytes());
        bytes[32..36].copy_from_slice(&self.table_crc.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..36]);
        bytes[36..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8; FOOTER_BYTES]) -> Result<Self, IndexError> {
        if crc32c::crc32c(&bytes[..36]) != read_u32(bytes, 36) || bytes[..8] != FOOTER_MAGIC {
            return Err(IndexError::Damaged {
                what: "footer of a segment",
            });
        }
        let found = read_u32(bytes, 8);
        if found != FORMAT_VERSION {
            return Err(IndexError::OtherVersion { found });
        }
        Ok(Self {
            bits: read_u32(bytes, 12),
            entries: read_u64(bytes, 16),
            table_offset: read_u64(bytes, 24),
            table_crc: read_u32(bytes, 32),
        })
    }
}

/// The number at `at`, which the caller has made sure lies inside.
#[inline]
pub(super) fn read_u32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(
        *bytes[at..]
            .first_chunk()
            .expect("the caller keeps 4 bytes in front"),
    )
}

/// The number at `at`, which the caller has made sure lies inside.
pub(super) fn read_u64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(
        *bytes[at..]
            .first_chunk()
            .expect("the caller keeps 8 bytes in front"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_hold_about_a_million_entries() {
        assert_eq!(partition_bits(0), 0);
        assert_eq!(partition_bits(PARTITION_ENTRIES), 0);
        assert_eq!(partition_bits(PARTITION_ENTRIES + 1), 1);
        assert_eq!(partition_bits(100_000_000), 7);
        assert_eq!(partition_bits(u64::MAX), PARTITION_BITS_MAX);
    }

    #[test]
    fn partition_and_bucket_follow_the_order_of_keys() {
        assert_eq!(partition_of(u64::MAX, 0), 0);
        assert_eq!(partition_of(u64::MAX, 7), 127);
        assert_eq!(bucket_of(0, 7, 1_000), 0);
        assert_eq!(bucket_of(u64::MAX, 7, 1_000), 999);
        assert!(bucket_of(1 << 40, 7, 1_000) <= bucket_of(1 << 50, 7, 1_000));
    }

    #[test]
    fn rows_and_footers_come_back_as_written() {
        let record = Record {
            offset: 1 << 40,
            entries: 2,
            entries_crc: 3,
            buckets: 4,
            filter_bytes: 5,
            descriptor: [6; DESCRIPTOR_BYTES],
            side_crc: 7,
        };
        assert_eq!(Record::decode(&record.encode()), record);
        let footer = Footer {
            bits: 7,
            entries: 1 << 33,
            table_offset: 9,
            table_crc: 10,
        };
        assert_eq!(Footer::decode(&footer.encode()).ok(), Some(footer));
    }
}
