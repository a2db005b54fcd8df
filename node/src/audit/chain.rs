//! The writing end of the chain: opens it, repairs a torn tail, appends, and begins new files.

use std::{
    fs::{self, File, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use larum_protocol::{clock::DAY_MS, hash::Digest};

use super::{
    AuditError, FILE_BYTES_MAX,
    file::{self, Contents, HEADER_BYTES, Item, Place},
    record::{Entry, Event},
};

/// The open chain. One per folder: the node's lock on its data folder sees to that.
#[derive(Debug)]
pub(super) struct Chain {
    dir: PathBuf,
    path: PathBuf,
    file: Arc<File>,
    /// Bytes of sound records: what a failed write is cut back to.
    length: u64,
    place: Place,
    /// The day of the newest record in this file.
    day: Option<u64>,
    buffer: Vec<u8>,
}

impl Chain {
    /// Opens the chain under `dir`, checking its newest file.
    ///
    /// What a crash left half written is set aside beside the file under `.torn`, and a record says so.
    pub(super) fn open(dir: &Path, now_ms: u64) -> Result<Self, AuditError> {
        fs::create_dir_all(dir).map_err(AuditError::io(dir))?;
        let Some((_, path)) = file::list(dir)?.pop() else {
            return Self::begin(dir, Place::START);
        };
        let mut contents = Contents::open(&path)?;
        let mut newest: Option<Entry> = None;
        while let Item::Record(bytes) = contents.next() {
            newest = minicbor::decode(bytes).ok();
        }
        let (length, place, torn) = (contents.offset(), contents.place(), contents.rest().len() as u64);
        if torn > 0 {
            let aside = path.with_extension(format!("{length}.torn"));
            fs::write(&aside, contents.rest()).map_err(AuditError::io(&aside))?;
            tracing::warn!(bytes = torn, aside = %aside.display(), "the audit record's torn tail was set aside");
        }
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(AuditError::io(&path))?;
        let day = newest.map(|entry| entry.time_ms / DAY_MS);
        let (dir, file) = (dir.to_owned(), Arc::new(file));
        let mut chain = Self { dir, path, file, length, place, day, buffer: Vec::new() };
        chain.cut_back()?;
        if torn > 0 {
            chain.append(&[chain.recovery(torn, now_ms)], now_ms)?;
            chain.file.sync_data().map_err(AuditError::io(&chain.path))?;
        }
        Ok(chain)
    }

    fn begin(dir: &Path, place: Place) -> Result<Self, AuditError> {
        let (path, mut file) = file::create(dir, place)?;
        file.seek(SeekFrom::End(0)).map_err(AuditError::io(&path))?;
        let (dir, length) = (dir.to_owned(), HEADER_BYTES as u64);
        Ok(Self { dir, path, file: Arc::new(file), length, place, day: None, buffer: Vec::new() })
    }

    fn recovery(&self, torn: u64, time_ms: u64) -> Entry {
        let none = Digest([0; 32]);
        let (event, token, verdict) = (Event::Recovered, String::new(), 1);
        Entry {
            seq: self.place.next,
            time_ms,
            event,
            token,
            verdict,
            tallies: vec![],
            lines: torn,
            coverage: none,
            root: none,
        }
    }

    /// The number that the next record bears.
    pub(super) fn next_seq(&self) -> u64 {
        self.place.next
    }

    /// The file written last, for whoever syncs it.
    pub(super) fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Whether this file is full, or of another day.
    pub(super) fn must_roll(&self, now_ms: u64) -> bool {
        let day = now_ms / DAY_MS;
        let due = self.length >= FILE_BYTES_MAX || self.day.is_some_and(|of_newest| of_newest != day);
        due && self.length > HEADER_BYTES as u64
    }

    /// Begins a new file if one is due; the old one is on disk then.
    pub(super) fn roll(&mut self, now_ms: u64) -> Result<(), AuditError> {
        if self.must_roll(now_ms) {
            self.file.sync_data().map_err(AuditError::io(&self.path))?;
            *self = Self::begin(&self.dir, self.place)?;
        }
        Ok(())
    }

    /// Writes `entries`, numbered from [`next_seq`](Self::next_seq), with one system call. All or none is written.
    pub(super) fn append(&mut self, entries: &[Entry], now_ms: u64) -> Result<(), AuditError> {
        let mut place = self.place;
        self.buffer.clear();
        for entry in entries {
            debug_assert_eq!(entry.seq, place.next, "records are numbered without a gap");
            file::push(&mut self.buffer, &mut place, entry);
        }
        if let Err(source) = (&*self.file).write_all(&self.buffer) {
            self.cut_back()?;
            return Err(AuditError::Io { path: self.path.clone(), source });
        }
        self.length += self.buffer.len() as u64;
        self.place = place;
        self.day = Some(now_ms / DAY_MS);
        Ok(())
    }

    /// Drops whatever stands beyond the sound records.
    fn cut_back(&mut self) -> Result<(), AuditError> {
        let mut file = &*self.file;
        let cut = file.set_len(self.length).and_then(|()| file.seek(SeekFrom::Start(self.length)));
        cut.map(drop).map_err(AuditError::io(&self.path))
    }
}
