//! One file of the chain, read record by record: for pages, of which people may ask many at once.
//!
//! Invariant: memory holds one record at a time, however large the file is.
//! Absent on purpose: saying what is damaged and where. A walk ends where nothing sound follows; `verify` names the place.

use std::{
    fs::File,
    io::{BufReader, ErrorKind, Read as _},
    path::{Path, PathBuf},
};

use larum_protocol::hash::Digest;

use super::{
    AuditError, RECORD_BYTES_MAX,
    file::{HASH_BYTES, HEADER_BYTES, LENGTH_BYTES, Place, begins_at},
    record::{Entry, chain_hash},
};

/// Bytes that are read at a time: some hundreds of records.
const BUFFER_BYTES: usize = 64 * 1024;

/// A place in a file of the chain.
pub(super) struct Walk {
    path: PathBuf,
    file: BufReader<File>,
    at: u64,
    place: Place,
    record: Vec<u8>,
}

/// A sound record, the hash before it and its own.
pub(super) struct Step {
    pub(super) entry: Entry,
    pub(super) prev: Digest,
    pub(super) hash: Digest,
}

impl Walk {
    /// Opens the file at `path`, before its first record.
    pub(super) fn open(path: &Path) -> Result<Self, AuditError> {
        let file = File::open(path).map_err(AuditError::io(path))?;
        let (mut file, mut header) = (BufReader::with_capacity(BUFFER_BYTES, file), Vec::with_capacity(HEADER_BYTES));
        file.by_ref().take(HEADER_BYTES as u64).read_to_end(&mut header).map_err(AuditError::io(path))?;
        let place = begins_at(path, &header)?;
        Ok(Self { path: path.to_owned(), file, at: HEADER_BYTES as u64, place, record: Vec::new() })
    }

    /// Where the chain stands before the next record.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// The next record, its hash checked; `None` where nothing sound follows: at the end, where something is being
    /// written, and at damage.
    pub(super) fn next(&mut self) -> Result<Option<Step>, AuditError> {
        let Some(length) = self.length()? else { return Ok(None) };
        let mut record = std::mem::take(&mut self.record);
        record.resize(length, 0);
        let sound = self.fill(&mut record)?;
        let hash = self.hash()?.filter(|hash| sound && chain_hash(&self.place.prev, &record) == *hash);
        self.record = record;
        let Some(hash) = hash else { return Ok(None) };
        let what = "a record cannot be decoded";
        let damaged = |_| AuditError::Damaged { path: self.path.clone(), offset: self.at, what };
        let entry = minicbor::decode(&self.record).map_err(damaged)?;
        let prev = self.place.prev;
        self.pass(length, hash);
        Ok(Some(Step { entry, prev, hash }))
    }

    /// Moves past records without checking them, up to number `seq` or to the end of what is whole.
    pub(super) fn skip_to(&mut self, seq: u64) -> Result<(), AuditError> {
        while self.place.next < seq {
            let Some(length) = self.length()? else { return Ok(()) };
            let over = i64::try_from(length).expect("a record is small");
            self.file.seek_relative(over).map_err(AuditError::io(&self.path))?;
            let Some(hash) = self.hash()? else { return Ok(()) };
            self.pass(length, hash);
        }
        Ok(())
    }

    fn pass(&mut self, length: usize, hash: Digest) {
        self.at += (LENGTH_BYTES + length + HASH_BYTES) as u64;
        self.place = Place { next: self.place.next + 1, prev: hash };
    }

    /// The length of the next record.
    fn length(&mut self) -> Result<Option<usize>, AuditError> {
        let mut bytes = [0; LENGTH_BYTES];
        let whole = self.fill(&mut bytes)?;
        let length = usize::try_from(u32::from_le_bytes(bytes)).ok();
        Ok(length.filter(|&length| whole && length <= RECORD_BYTES_MAX))
    }

    fn hash(&mut self) -> Result<Option<Digest>, AuditError> {
        let mut bytes = [0; HASH_BYTES];
        Ok(self.fill(&mut bytes)?.then_some(Digest(bytes)))
    }

    /// Whether there was as much as was asked for.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<bool, AuditError> {
        match self.file.read_exact(bytes) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(AuditError::io(&self.path)(error)),
        }
    }
}
