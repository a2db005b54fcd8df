//! One journal file: read once at the start, then appended to, and replaced whole.
//!
//! Invariant: a file under its final name has a whole header, because it is written aside, synced and then renamed.
//! Invariant: a frame is written only after the one before was synced.
//! Absent on purpose: what is done about a frame that cannot be read (`read.rs`).

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{
    APPEND_BYTES_MAX, JournalError, JournalKey,
    frame::{
        BadHeader, FILE_HEADER_BYTES, FRAME_HEADER_BYTES, FileHeader, RECORD_HEAD_BYTES, Sealer, add_record, records,
    },
    read::Reader,
    tail,
};

const FILE_NAME: &str = "journal";
const ASIDE_NAME: &str = "journal.new";
/// Owner reads and writes, nobody else anything.
pub(super) const MODE: u32 = 0o600;

/// An open journal file and where it ends.
pub(super) struct JournalFile {
    dir: PathBuf,
    path: PathBuf,
    file: File,
    key: JournalKey,
    sealer: Sealer,
    /// Bytes that were synced before the file got its name.
    whole: u64,
    /// Bytes that are synced; what lies behind them was never acknowledged.
    length: u64,
    /// Frames.
    frames: u64,
    /// Records.
    records: u64,
    /// The number of the next record.
    next: u64,
    /// Something may lie behind `length`.
    is_torn: bool,
    /// A new file was renamed, and the folder not synced yet.
    is_folder_behind: bool,
    bytes_max: u64,
}

impl JournalFile {
    /// Opens the journal of a folder, or begins one, and gives every record to `replay`.
    pub(super) fn open(
        dir: &Path,
        key: &JournalKey,
        bytes_max: u64,
        mut replay: impl FnMut(u64, &[u8]),
    ) -> Result<Self, JournalError> {
        fs::create_dir_all(dir).map_err(JournalError::io("make", dir))?;
        remove_if_there(&dir.join(ASIDE_NAME))?;
        let path = dir.join(FILE_NAME);
        if !path.try_exists().map_err(JournalError::io("open", &path))? {
            return Self::begin(dir, key, bytes_max);
        }
        let mut journal = Self::attach(path, dir, key, bytes_max)?;
        journal.read_all(&mut replay)?;
        Ok(journal)
    }

    fn begin(dir: &Path, key: &JournalKey, bytes_max: u64) -> Result<Self, JournalError> {
        let (aside, path) = (dir.join(ASIDE_NAME), dir.join(FILE_NAME));
        let mut file = Self::create(&aside, dir, key, 1, bytes_max)?;
        file.sync("write")?;
        fs::rename(&aside, &path).map_err(JournalError::io("begin", &path))?;
        file.path = path;
        file.is_folder_behind = true;
        file.sync_folder()?;
        // The folder itself may be new as well.
        let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(parent).and_then(|parent| parent.sync_all()).map_err(JournalError::io("sync", parent))?;
        Ok(file)
    }

    /// A new file with a header and nothing behind it, not synced.
    fn create(path: &Path, dir: &Path, key: &JournalKey, next: u64, bytes_max: u64) -> Result<Self, JournalError> {
        let sealer = Sealer::create(key).map_err(|_| JournalError::NoRandomness)?;
        let header = sealer.file_header(key, FileHeader { next, whole: FILE_HEADER_BYTES as u64 });
        let created = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path);
        created.and_then(|mut file| file.write_all(&header)).map_err(JournalError::io("begin", path))?;
        Self::attach(path.to_owned(), dir, key, bytes_max)
    }

    /// The file at `path`, of which nothing but the header was read.
    fn attach(path: PathBuf, dir: &Path, key: &JournalKey, bytes_max: u64) -> Result<Self, JournalError> {
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(JournalError::io("open", &path))?;
        let (sealer, FileHeader { next, whole }) = open_header(&file, &path, key)?;
        Ok(Self {
            dir: dir.to_owned(),
            path,
            file,
            key: key.clone(),
            sealer,
            whole,
            length: FILE_HEADER_BYTES as u64,
            frames: 0,
            records: 0,
            next,
            is_torn: false,
            is_folder_behind: false,
            bytes_max,
        })
    }

    /// Bytes of the file.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// Records in the file.
    pub(super) const fn records(&self) -> u64 {
        self.records
    }

    /// The number of the next record.
    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    /// Appends records as one frame and syncs it; gives the first one's number. After an error the file is as before.
    pub(super) fn append(&mut self, batch: &[Vec<u8>]) -> Result<u64, JournalError> {
        let first = self.next;
        let mut plain = Zeroizing::new(Vec::with_capacity(framed_bytes(batch)));
        (first..).zip(batch).for_each(|(number, record)| add_record(&mut plain, number, record));
        self.sync_folder()?;
        self.write_frame(&plain)?;
        if let Err(error) = self.sync("write") {
            self.is_torn = true;
            return Err(error);
        }
        self.advance(&plain, batch.len() as u64);
        self.next = first + batch.len() as u64;
        Ok(first)
    }

    /// Replaces the file by one that holds the records for which `keep` holds, under the same numbers. There whole or not
    /// at all.
    pub(super) fn rewrite(&mut self, mut keep: impl FnMut(u64, &[u8]) -> bool) -> Result<(), JournalError> {
        self.sync_folder()?;
        let aside = self.dir.join(ASIDE_NAME);
        let written = self.write_live(&aside, &mut keep);
        let written = written.and_then(|new| {
            fs::rename(&aside, &self.path).map_err(JournalError::io("replace", &self.path))?;
            Ok(new)
        });
        let mut new = match written {
            Ok(new) => new,
            Err(error) => {
                let _ = fs::remove_file(&aside); // the first error is the one to tell, and the next start removes it
                return Err(error);
            }
        };
        new.path = std::mem::take(&mut self.path);
        // Until the folder is synced a power cut may bring the old file back, so nothing is appended before it is.
        new.is_folder_behind = true;
        *self = new;
        tail::remove(&self.dir)?;
        self.sync_folder()
    }

    /// Writes what is to be kept into a file aside, and syncs it.
    fn write_live(&self, aside: &Path, keep: &mut impl FnMut(u64, &[u8]) -> bool) -> Result<Self, JournalError> {
        remove_if_there(aside)?;
        let mut new = Self::create(aside, &self.dir, &self.key, self.next, self.bytes_max)?;
        let mut reader = Reader::new(&self.path, &self.file, &self.sealer, self.length, self.length)?;
        let (mut plain, mut count) = (Zeroizing::new(Vec::new()), 0);
        while let Some(frame) = reader.next_frame()? {
            for record in records(&frame) {
                let (number, record) = record.ok_or_else(|| reader.damaged(NOT_RECORDS))?;
                if !keep(number, record) {
                    continue;
                }
                if plain.len() + RECORD_HEAD_BYTES + record.len() > APPEND_BYTES_MAX {
                    new.add_frame(&plain, count)?;
                    (plain, count) = (Zeroizing::new(Vec::new()), 0);
                }
                add_record(&mut plain, number, record);
                count += 1;
            }
        }
        if count > 0 {
            new.add_frame(&plain, count)?;
        }
        new.whole = new.length;
        let header = new.sealer.file_header(&new.key, FileHeader { next: new.next, whole: new.whole });
        new.file.write_all_at(&header, 0).map_err(JournalError::io("write", aside))?;
        new.sync("write")?;
        Ok(new)
    }

    fn add_frame(&mut self, plain: &[u8], count: u64) -> Result<(), JournalError> {
        self.write_frame(plain)?;
        self.advance(plain, count);
        Ok(())
    }

    fn write_frame(&mut self, plain: &[u8]) -> Result<(), JournalError> {
        let frame = self.sealer.seal(self.frames, plain).map_err(|_| JournalError::NoRandomness)?;
        if self.length + frame.len() as u64 > self.bytes_max {
            return Err(JournalError::Full { path: self.path.clone(), bytes_max: self.bytes_max });
        }
        // What a write that failed left behind is cut off first: a frame of this place must not be followed by its rest.
        let cut = if self.is_torn { self.file.set_len(self.length) } else { Ok(()) };
        let written = cut.and_then(|()| {
            self.is_torn = true;
            self.file.seek(SeekFrom::Start(self.length))?;
            self.file.write_all(&frame)
        });
        if written.is_err() {
            let _ = self.file.set_len(self.length); // tried again before the next write
        }
        written.map_err(JournalError::io("write", &self.path))
    }

    /// The frame of `plain` is written: what comes next lies behind it.
    fn advance(&mut self, plain: &[u8], count: u64) {
        self.length += frame_bytes(plain.len());
        self.frames += 1;
        self.records += count;
        self.is_torn = false;
    }

    fn sync(&self, action: &'static str) -> Result<(), JournalError> {
        self.file.sync_data().map_err(JournalError::io(action, &self.path))
    }

    fn sync_folder(&mut self) -> Result<(), JournalError> {
        if self.is_folder_behind {
            let synced = File::open(&self.dir).and_then(|dir| dir.sync_all());
            synced.map_err(JournalError::io("sync", &self.dir))?;
            self.is_folder_behind = false;
        }
        Ok(())
    }

    /// Reads every frame, and sets aside what a crash left half written at the end.
    fn read_all(&mut self, replay: &mut impl FnMut(u64, &[u8])) -> Result<(), JournalError> {
        let end = self.file.metadata().map_err(JournalError::io("read", &self.path))?.len();
        let mut reader = Reader::new(&self.path, &self.file, &self.sealer, end, self.whole)?;
        let (mut count, mut next) = (0, self.next);
        while let Some(frame) = reader.next_frame()? {
            for record in records(&frame) {
                let (number, record) = record.ok_or_else(|| reader.damaged(NOT_RECORDS))?;
                replay(number, record);
                count += 1;
                next = next.max(number + 1);
            }
        }
        let (length, frames) = (reader.at, reader.place);
        (self.length, self.frames, self.records, self.next) = (length, frames, count, next);
        if length < end {
            tail::set_aside(&self.dir, &self.file, length)?;
            self.file.set_len(length).map_err(JournalError::io("cut the end of", &self.path))?;
            self.sync("cut the end of")?;
        }
        Ok(())
    }
}

const NOT_RECORDS: &str = "what is sealed there are no records";

fn open_header(file: &File, path: &Path, key: &JournalKey) -> Result<(Sealer, FileHeader), JournalError> {
    let damaged = |why| JournalError::Damaged { path: path.to_owned(), at: 0, why };
    let mut start = Vec::with_capacity(FILE_HEADER_BYTES);
    let read = file.take(FILE_HEADER_BYTES as u64).read_to_end(&mut start);
    read.map_err(JournalError::io("read", path))?;
    Sealer::open(key, &start).map_err(|bad| match bad {
        BadHeader::NotAJournal => damaged("it is no journal"),
        BadHeader::Short => damaged("it is shorter than its header"),
        BadHeader::Version(found) => JournalError::Version { path: path.to_owned(), found },
        BadHeader::Key => JournalError::OtherKey(path.to_owned()),
    })
}

pub(super) fn remove_if_there(path: &Path) -> Result<(), JournalError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(JournalError::io("remove", path)(error)),
        _ => Ok(()), // at most what a crash left behind
    }
}

/// Bytes of records in a frame, before it is sealed.
pub(super) fn framed_bytes(batch: &[Vec<u8>]) -> usize {
    batch.iter().map(|record| RECORD_HEAD_BYTES + record.len()).sum()
}

/// Bytes of a frame in the file.
const fn frame_bytes(plain: usize) -> u64 {
    (FRAME_HEADER_BYTES + super::frame::SEAL_BYTES + plain) as u64
}
