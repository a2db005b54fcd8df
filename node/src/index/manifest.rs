//! The one file that says which segments count, and what they cover.
//!
//! A segment that the manifest does not name does not exist: it was never finished being added, or has been merged away.
//! Replacing the manifest is therefore the instant at which a flush or a merge happens.

use std::{fs, io, path::Path};

use super::{
    IndexError, disk,
    error::Doing,
    layout::{FORMAT_VERSION, read_u32, read_u64},
};

const NAME: &str = "manifest";
const MAGIC: [u8; 8] = *b"larumidx";
const HEAD_BYTES: usize = 52;
const SEGMENT_BYTES: usize = 24;
const CRC_BYTES: usize = 4;
/// Far above what is ever live; bounds what is read of a file that is not ours.
const SEGMENTS_MAX: usize = 4_096;

/// What is live.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Manifest {
    /// Recognises the secret under which the keys were made.
    pub(super) mark: [u8; 16],
    /// Every place below this is in the segments.
    pub(super) covered: u64,
    /// No segment has had this number yet.
    pub(super) next: u64,
    pub(super) segments: Vec<Named>,
}

/// A segment as the manifest names it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Named {
    pub(super) number: u64,
    pub(super) entries: u64,
    pub(super) bytes: u64,
}

impl Manifest {
    /// The manifest of `dir`, or `None` if there is none yet.
    pub(super) fn load(dir: &Path) -> Result<Option<Self>, IndexError> {
        let path = dir.join(NAME);
        match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Ok(found)
                if found.len() > (HEAD_BYTES + SEGMENTS_MAX * SEGMENT_BYTES + CRC_BYTES) as u64 =>
            {
                return Err(IndexError::Damaged { what: "manifest" });
            }
            found => found.doing("looking for the manifest")?,
        };
        Self::decode(&fs::read(&path).doing("reading the manifest")?).map(Some)
    }

    /// Replaces the manifest of `dir`, durably.
    pub(super) fn save(&self, dir: &Path) -> Result<(), IndexError> {
        disk::replace(&dir.join(NAME), &self.encode())
    }

    /// Deletes the manifest of `dir`, if there is one.
    pub(super) fn remove(dir: &Path) -> Result<(), IndexError> {
        match fs::remove_file(dir.join(NAME)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).doing("deleting the manifest")
            }
            _ => Ok(()),
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes =
            Vec::with_capacity(HEAD_BYTES + self.segments.len() * SEGMENT_BYTES + CRC_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.mark);
        bytes.extend_from_slice(&self.covered.to_le_bytes());
        bytes.extend_from_slice(&self.next.to_le_bytes());
        bytes.extend_from_slice(&(self.segments.len() as u64).to_le_bytes());
        for named in &self.segments {
            for number in [named.number, named.entries, named.bytes] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
        }
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Self, IndexError> {
        let damaged = || IndexError::Damaged { what: "manifest" };
        let (body, crc) = bytes.split_last_chunk::<CRC_BYTES>().ok_or_else(damaged)?;
        let (head, rows) = body.split_first_chunk::<HEAD_BYTES>().ok_or_else(damaged)?;
        if crc32c::crc32c(body) != u32::from_le_bytes(*crc) || head[..8] != MAGIC {
            return Err(damaged());
        }
        let found = read_u32(head, 8);
        if found != FORMAT_VERSION {
            return Err(IndexError::OtherVersion { found });
        }
        let (rows, rest) = rows.as_chunks::<SEGMENT_BYTES>();
        if !rest.is_empty() || rows.len() as u64 != read_u64(head, 44) {
            return Err(damaged());
        }
        let segments = rows
            .iter()
            .map(|row| Named {
                number: read_u64(row, 0),
                entries: read_u64(row, 8),
                bytes: read_u64(row, 16),
            })
            .collect();
        Ok(Self {
            mark: *head[12..]
                .first_chunk()
                .expect("the head holds 16 bytes from 12 on"),
            covered: read_u64(head, 28),
            next: read_u64(head, 36),
            segments,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_manifest_comes_back_as_saved_and_any_flipped_bit_is_noticed() {
        let manifest = Manifest {
            mark: [3; 16],
            covered: 77,
            next: 9,
            segments: vec![Named {
                number: 8,
                entries: 100,
                bytes: 2_600,
            }],
        };
        let bytes = manifest.encode();
        assert_eq!(Manifest::decode(&bytes).unwrap(), manifest);
        for bit in 0..bytes.len() * 8 {
            let mut bent = bytes.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert!(Manifest::decode(&bent).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(
                Manifest::decode(&bytes[..length]).is_err(),
                "length {length}"
            );
        }
    }
}
