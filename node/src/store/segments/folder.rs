//! Opening the folder of segments: which files are there, and where the newest one soundly ends.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::{Mutex, RwLock};

use super::{
    SEGMENT_BYTES, Segments, Writer,
    file::{HEADER_BYTES, SegmentFile, Unreadable, number_of, sync_folder},
};
use crate::store::{error::StoreError, position::Position, record::FRAME_BYTES, record::Frame};

/// The segment files found in a folder, before the end of the newest was looked at.
#[derive(Debug)]
pub(crate) struct SegmentFolder {
    files: BTreeMap<u32, Arc<SegmentFile>>,
    folder: PathBuf,
}

impl SegmentFolder {
    /// Opens every segment in `folder`, which is created if need be.
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        let disk = |source| StoreError::disk("list", folder, source);
        fs::create_dir_all(folder).map_err(disk)?;
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(disk)? {
            let path = entry.map_err(disk)?.path();
            if let Some(number) = path.file_name().and_then(|name| name.to_str()).and_then(number_of) {
                files.insert(number, Arc::new(SegmentFile::open(path, number)?));
            }
        }
        Ok(Self { files, folder: folder.to_owned() })
    }

    /// The numbers of the segments found, oldest first.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        self.files.keys().copied().collect()
    }

    /// Whether all before `position` can be there: its segment exists and is long enough.
    pub(crate) fn reaches(&self, position: Position) -> Result<bool, StoreError> {
        match self.files.get(&position.segment()) {
            Some(file) => Ok(position.offset() <= bytes_of(file)?),
            None => Ok(position == Position::START),
        }
    }

    /// Cuts what was being written when the process ended, and makes the folder ready for appending. Everything before
    /// `verified` is taken to be sound; no segment up to `number_used` is created again, so that a position never comes
    /// to mean another record. Returns how many bytes were cut.
    pub(crate) fn recover(
        mut self,
        verified: Position,
        number_used: u32,
        segment_bytes: u64,
    ) -> Result<(Segments, u64), StoreError> {
        let newest = self.files.last_key_value().map(|(_, file)| Arc::clone(file));
        let (mut written, mut cut) = (HEADER_BYTES, 0);
        if let Some(file) = &newest {
            let from =
                if verified.segment() == file.number() { verified.offset().max(HEADER_BYTES) } else { HEADER_BYTES };
            (written, cut) = cut_torn_tail(file, from)?;
        }
        let file = match newest {
            Some(file) if file.number() >= number_used => file,
            _ => {
                written = HEADER_BYTES;
                let file = Arc::new(SegmentFile::create(&self.folder, number_used + 1)?);
                self.files.insert(file.number(), Arc::clone(&file));
                file
            }
        };
        let segment_bytes = segment_bytes.min(SEGMENT_BYTES);
        let writer = Writer { buffer: Vec::new(), file, written, durable: written, refusing: false };
        let (files, writer) = (RwLock::new(self.files), Mutex::new(writer));
        Ok((Segments { folder: self.folder, files, segment_bytes, writer }, cut))
    }
}

/// Finds where the records from `from` on soundly end and cuts the file there: `(bytes kept, bytes cut)`.
///
/// What is cut was never acknowledged: a bad record is only cut if no record behind it says that it was written after
/// this one had been synced. Otherwise an acknowledged record is damaged, and that is an error.
fn cut_torn_tail(file: &SegmentFile, from: u64) -> Result<(u64, u64), StoreError> {
    let disk = |action| move |source: io::Error| StoreError::disk(action, file.path(), source);
    let length = file.bytes().map_err(disk("read"))?;
    let mut end = from;
    let damage = loop {
        if end >= length {
            break None;
        }
        match file.record_at(end) {
            Ok((_, frame)) => end += frame.bytes(),
            Err(Unreadable::Damaged(detail)) => break Some(detail),
            Err(why) => return Err(file.unreadable(end, why)),
        }
    };
    if let Some(detail) = damage {
        if was_synced(file, end, length).map_err(disk("read"))? {
            return Err(file.unreadable(end, Unreadable::Damaged(detail)));
        }
        file.truncate(end).map_err(disk("cut"))?;
    }
    // What is kept may have been written and never synced. It counts from now on, so it must be on the disk.
    file.sync().map_err(disk("sync"))?;
    sync_folder(file.path().parent().unwrap_or(Path::new("."))).map_err(disk("sync the folder of"))?;
    Ok((end, length - end))
}

/// Whether a sound record lies somewhere behind `bad` that was written when `bad` was already on the disk.
fn was_synced(file: &SegmentFile, bad: u64, length: u64) -> io::Result<bool> {
    let bytes = usize::try_from(length - bad).map_err(io::Error::other)?;
    let tail = match file.read_exact(bad, bytes) {
        Ok(tail) => tail,
        Err(Unreadable::Disk(error)) => return Err(error),
        Err(Unreadable::Damaged(_)) => return Ok(false), // the file shrank under us: nothing behind it to find
    };
    let sound_and_later = |at: &usize| {
        let rest = &tail[*at..];
        let Some(frame) = rest.first_chunk().and_then(|frame| Frame::decode(frame, file.salt())) else { return false };
        let head = rest.get(FRAME_BYTES..FRAME_BYTES + frame.head_bytes);
        u64::from(frame.durable) > bad && head.is_some_and(|head| frame.head_holds(head))
    };
    Ok((1..tail.len()).any(|at| sound_and_later(&at)))
}

fn bytes_of(file: &SegmentFile) -> Result<u64, StoreError> {
    file.bytes().map_err(|source| StoreError::disk("read", file.path(), source))
}
