//! One segment file: its header, and reads and writes at given offsets.
//!
//! ```text
//! byte  0      "LARUMSEG"
//!       8      version of the layout     (numbers little-endian)
//!      12      number of the segment, so that a renamed file is noticed
//!      16      salt of the records' checksums, random, never leaves this disk
//!      20      CRC32C of the 20 bytes before
//!      24      records (record.rs), each right behind the other
//! ```
//!
//! Invariant: a file under its final name has a whole header, because it is written, synced and then renamed.
//! Absent on purpose: which records matter, and when to sync.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::store::{
    error::StoreError,
    position::Position,
    record::{ERASED, FRAME_BYTES, Frame, Record, RecordHead},
};

/// Bytes before the first record.
pub(crate) const HEADER_BYTES: u64 = 24;
const MAGIC: &[u8; 8] = b"LARUMSEG";
const LAYOUT_VERSION: u32 = 1;
/// Read at once to get a frame and, nearly always, its whole head: a signed header takes up to 300 bytes.
const HEAD_READ_BYTES: usize = 512;

/// Why a record could not be read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    Damaged(&'static str),
    Disk(io::Error),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// An open segment file.
#[derive(Debug)]
pub(crate) struct SegmentFile {
    file: File,
    number: u32,
    path: PathBuf,
    salt: u32,
    /// Bodies marked as gone since the file was opened.
    erasures: AtomicU64,
}

impl SegmentFile {
    /// Creates segment `number` in `folder`; on disk under its name when this returns.
    pub(crate) fn create(folder: &Path, number: u32) -> Result<Self, StoreError> {
        let path = folder.join(file_name(number));
        let new = path.with_extension("new");
        let salt = random_u32().map_err(|source| StoreError::disk("get randomness for", &path, source))?;
        let header = encode_header(number, salt);
        write_renamed(folder, &new, &path, &header).map_err(|source| {
            let retryable = is_out_of_space(&source);
            StoreError::Disk { action: "create", file: path.clone(), retryable, source }
        })?;
        Self::open(path, number)
    }

    /// Opens the file at `path`, which must be segment `number`.
    pub(crate) fn open(path: PathBuf, number: u32) -> Result<Self, StoreError> {
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = file.map_err(|source| StoreError::disk("open", &path, source))?;
        let mut header = [0; HEADER_BYTES as usize];
        let read = read_up_to(&file, &mut header, 0).map_err(|source| StoreError::disk("read", &path, source))?;
        match decode_header(&header[..read], number) {
            Ok(salt) => Ok(Self { file, number, path, salt, erasures: AtomicU64::new(0) }),
            Err(detail) => Err(StoreError::Damaged { file: path, offset: 0, detail }),
        }
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn salt(&self) -> u32 {
        self.salt
    }

    pub(crate) fn bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    pub(crate) fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    pub(crate) fn truncate(&self, bytes: u64) -> io::Result<()> {
        self.file.set_len(bytes)
    }

    /// fdatasync: when this returns, what was written is on the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Frame and head of the record at `offset`, verified.
    pub(crate) fn head_at(&self, offset: u64) -> Result<(Frame, RecordHead), Unreadable> {
        let mut buffer = [0; HEAD_READ_BYTES];
        let read = read_up_to(&self.file, &mut buffer, offset)?;
        let (frame, rest) = buffer[..read].split_first_chunk().ok_or(Unreadable::Damaged("the file ends within it"))?;
        let frame = Frame::decode(frame, self.salt).ok_or(Unreadable::Damaged("it does not start as a record does"))?;
        let head = match rest.get(..frame.head_bytes) {
            Some(head) => head.to_vec(),
            None => self.read_exact(offset + FRAME_BYTES as u64, frame.head_bytes)?,
        };
        if !frame.head_holds(&head) {
            return Err(Unreadable::Damaged("the checksum of its head does not match"));
        }
        let position = Position::new(self.number, offset).ok_or(Unreadable::Damaged("it starts too late"))?;
        let body_present = !frame.erased && frame.kind.body_bytes_max() > 0;
        let (kind, link, meta, body_bytes) = (frame.kind, frame.link, frame.meta, frame.body_bytes);
        Ok((frame, RecordHead { position, kind, link, meta, head, body_bytes, body_present }))
    }

    /// The whole record at `offset`, verified, and the offset behind it.
    pub(crate) fn record_at(&self, offset: u64) -> Result<(Record, Frame), Unreadable> {
        let (frame, head) = self.head_at(offset)?;
        let body_offset = offset + (FRAME_BYTES + frame.head_bytes) as u64;
        if !head.body_present {
            return Ok((Record { head, body: None }, frame));
        }
        let body = self.read_exact(body_offset, frame.body_bytes)?;
        match frame.body_holds(&body) {
            true => Ok((Record { head, body: Some(body) }, frame)),
            // Erased while it was being read.
            false if self.is_marked_erased(offset) => {
                Ok((Record { head: RecordHead { body_present: false, ..head }, body: None }, frame))
            }
            false => Err(Unreadable::Damaged("the checksum of its body does not match")),
        }
    }

    /// Marks the body of the record at `offset` as gone. To be synced before [`Self::erase_body`].
    pub(crate) fn mark_erased(&self, offset: u64) -> io::Result<()> {
        let marked = self.file.write_all_at(&[ERASED], offset);
        self.erasures.fetch_add(1, Ordering::SeqCst); // behind the mark: who counts the same before and after saw no mark
        marked
    }

    /// How many bodies were marked as gone so far.
    pub(crate) fn erasures(&self) -> u64 {
        self.erasures.load(Ordering::SeqCst)
    }

    /// Whether the body of the record at `offset` is marked as gone.
    pub(crate) fn is_marked_erased(&self, offset: u64) -> bool {
        let mut state = [0];
        matches!(read_up_to(&self.file, &mut state, offset), Ok(1)) && state[0] == ERASED
    }

    /// Gives the disk space of a body back, or overwrites it with zeros where the file system cannot.
    pub(crate) fn erase_body(&self, offset: u64, frame: &Frame) -> io::Result<()> {
        let start = offset + (FRAME_BYTES + frame.head_bytes) as u64;
        match frame.body_bytes as u64 {
            0 => Ok(()),
            bytes if punch_hole(&self.file, start, bytes).is_ok() => Ok(()),
            _ => self.file.write_all_at(&vec![0; frame.body_bytes], start),
        }
    }

    /// `bytes` bytes from `offset`.
    pub(crate) fn read_exact(&self, offset: u64, bytes: usize) -> Result<Vec<u8>, Unreadable> {
        let mut buffer = vec![0; bytes];
        match read_up_to(&self.file, &mut buffer, offset)? {
            read if read == bytes => Ok(buffer),
            _ => Err(Unreadable::Damaged("the file ends within it")),
        }
    }

    /// What the caller of a failed read is told.
    pub(crate) fn unreadable(&self, offset: u64, why: Unreadable) -> StoreError {
        match why {
            Unreadable::Damaged(detail) => StoreError::Damaged { file: self.path.clone(), offset, detail },
            Unreadable::Disk(source) => StoreError::disk("read", &self.path, source),
        }
    }
}

/// The name of segment `number`.
pub(crate) fn file_name(number: u32) -> String {
    format!("{number:010}.seg")
}

/// The number of the segment that is called `name`; `None` for any other file.
pub(crate) fn number_of(name: &str) -> Option<u32> {
    let number = name.strip_suffix(".seg")?.parse().ok()?;
    (file_name(number) == name).then_some(number)
}

/// Makes changes of a folder's entries durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Whether a write failed for want of space, after which nothing is lost and it may succeed later.
pub(crate) fn is_out_of_space(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), FileTooLarge | QuotaExceeded | StorageFull)
}

/// Fills `buffer` from `offset`, as far as the file goes.
pub(crate) fn read_up_to(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Writes `bytes` to `new`, syncs it, and gives it its final name: there whole, or not at all.
pub(crate) fn write_renamed(folder: &Path, new: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = File::create(new)?;
    file.write_all_at(bytes, 0)?;
    file.sync_all()?;
    std::fs::rename(new, path)?;
    sync_folder(folder)
}

fn encode_header(number: u32, salt: u32) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend([LAYOUT_VERSION, number, salt].into_iter().flat_map(u32::to_le_bytes));
    header.extend(crc32c::crc32c(&header).to_le_bytes());
    header
}

/// The salt of the segment whose file starts with `header`.
fn decode_header(header: &[u8], number: u32) -> Result<u32, &'static str> {
    let header: &[u8; HEADER_BYTES as usize] = header.try_into().map_err(|_| "the file is shorter than its header")?;
    let u32_at = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("four bytes"));
    match () {
        () if header[..8] != *MAGIC => Err("the file is not a segment"),
        () if crc32c::crc32c(&header[..20]) != u32_at(20) => Err("the checksum of the file's header does not match"),
        () if u32_at(8) != LAYOUT_VERSION => Err("the file has a layout that this version does not know"),
        () if u32_at(12) != number => Err("the file holds another segment than its name says"),
        () => Ok(u32_at(16)),
    }
}

fn random_u32() -> io::Result<u32> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(u32::from_le_bytes(bytes))
}

#[cfg(target_os = "linux")]
fn punch_hole(file: &File, start: u64, bytes: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    Ok(fallocate(file, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, start, bytes)?)
}

#[cfg(not(target_os = "linux"))]
fn punch_hole(_: &File, _: u64, _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
