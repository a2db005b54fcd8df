//! One file of the chain: a header that says where the chain stands, then records.
//!
//! A header is a magic, the first sequence number and the hash before it. A record is its length (4 bytes,
//! little-endian), its CBOR and its chain hash (32 bytes), which doubles as its checksum.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use larum_protocol::hash::Digest;

use super::{
    AuditError, RECORD_BYTES_MAX,
    record::{Entry, chain_hash},
};

const MAGIC: &[u8; 8] = b"larumau1";
pub(super) const HEADER_BYTES: usize = 8 + 8 + 32;
pub(super) const LENGTH_BYTES: usize = 4;
pub(super) const HASH_BYTES: usize = 32;
const SUFFIX: &str = ".audit";

/// Where the chain stands: the number of the next record and the hash before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Place {
    pub(super) next: u64,
    pub(super) prev: Digest,
}

impl Place {
    /// Where every chain begins.
    pub(super) const START: Self = Self { next: 1, prev: Digest([0; 32]) };
}

/// The files in `dir`, oldest first, each with the sequence number that its name states.
pub(super) fn list(dir: &Path) -> Result<Vec<(u64, PathBuf)>, AuditError> {
    let mut files = Vec::new();
    for item in fs::read_dir(dir).map_err(AuditError::io(dir))? {
        let path = item.map_err(AuditError::io(dir))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let first = name.and_then(|name| name.strip_suffix(SUFFIX)).and_then(|first| first.parse().ok());
        if let Some(first) = first {
            files.push((first, path));
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// Begins a file at `place`. It gets its name only when its header is on disk.
pub(super) fn create(dir: &Path, place: Place) -> Result<(PathBuf, File), AuditError> {
    let path = dir.join(format!("{:020}{SUFFIX}", place.next));
    let temporary = path.with_extension("new");
    let create = || {
        let mut file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(&temporary)?;
        file.write_all(&header(place))?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        File::open(dir)?.sync_all()?;
        Ok(file)
    };
    create().map_err(AuditError::io(&path)).map(|file| (path.clone(), file))
}

fn header(place: Place) -> Vec<u8> {
    [MAGIC.as_slice(), &place.next.to_le_bytes(), &place.prev.0].concat()
}

/// What the header says of the file at `path`, which begins with `bytes`.
pub(super) fn begins_at(path: &Path, bytes: &[u8]) -> Result<Place, AuditError> {
    let damaged = |what| AuditError::Damaged { path: path.to_owned(), offset: 0, what };
    let header = bytes.get(..HEADER_BYTES).ok_or_else(|| damaged("the header is cut short"))?;
    if &header[..8] != MAGIC {
        return Err(damaged("this is not an audit record of a version that this program reads"));
    }
    let next = u64::from_le_bytes(header[8..16].try_into().expect("eight bytes"));
    let prev = Digest(header[16..].try_into().expect("thirty-two bytes"));
    Ok(Place { next, prev })
}

/// Appends one record to `buffer` and moves `place` on.
pub(super) fn push(buffer: &mut Vec<u8>, place: &mut Place, entry: &Entry) {
    let bytes = entry.to_bytes();
    debug_assert!(bytes.len() <= RECORD_BYTES_MAX, "a record's fields are bounded");
    let hash = chain_hash(&place.prev, &bytes);
    buffer.extend_from_slice(&u32::try_from(bytes.len()).expect("a record is small").to_le_bytes());
    buffer.extend_from_slice(&bytes);
    buffer.extend_from_slice(&hash.0);
    *place = Place { next: place.next + 1, prev: hash };
}

/// A file, read whole.
pub(super) struct Contents {
    path: PathBuf,
    bytes: Vec<u8>,
    at: usize,
    place: Place,
}

/// What stands at the reader's position.
pub(super) enum Item<'a> {
    /// A sound record's bytes.
    Record(&'a [u8]),
    /// Nothing more.
    End,
    /// Something that is no sound record.
    Damage(&'static str),
}

impl Contents {
    /// Reads the file at `path` and its header.
    pub(super) fn open(path: &Path) -> Result<Self, AuditError> {
        let mut bytes = Vec::new();
        File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(AuditError::io(path))?;
        let place = begins_at(path, &bytes)?;
        Ok(Self { path: path.to_owned(), bytes, at: HEADER_BYTES, place })
    }

    /// Where the chain stands before the next record.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// How far the sound records reach.
    pub(super) fn offset(&self) -> u64 {
        self.at as u64
    }

    /// Bytes beyond the sound records.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// The next record, its hash checked.
    pub(super) fn next(&mut self) -> Item<'_> {
        let rest = &self.bytes[self.at..];
        if rest.is_empty() {
            return Item::End;
        }
        let Some((record, hash, length)) = frame(rest) else {
            return Item::Damage("a record is cut short");
        };
        if chain_hash(&self.place.prev, record) != hash {
            return Item::Damage("a record does not fit the one before it");
        }
        self.at += length;
        self.place = Place { next: self.place.next + 1, prev: hash };
        Item::Record(record)
    }

    /// The error that says what is wrong at the reader's position.
    pub(super) fn damaged(&self, what: &'static str) -> AuditError {
        AuditError::Damaged { path: self.path.clone(), offset: self.offset(), what }
    }
}

/// The record at the start of `bytes`, its hash, and how long both are.
fn frame(bytes: &[u8]) -> Option<(&[u8], Digest, usize)> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|&length| length <= RECORD_BYTES_MAX)?;
    let (record, rest) = rest.split_at_checked(length)?;
    let hash = rest.first_chunk::<HASH_BYTES>()?;
    Some((record, Digest(*hash), LENGTH_BYTES + length + HASH_BYTES))
}
