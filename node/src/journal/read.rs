//! Reading a journal's file from its first frame to its last.
//!
//! Invariant: a frame is written only after the one before was synced. So one that cannot be read is what a crash left
//! half written if nothing readable follows, and damage if something does.
//! Invariant: a rewritten file was synced before it got its name, and its header says up to where: there nothing can be
//! half written, and what cannot be read is damage.

use std::{
    fs::File,
    io::{self, BufReader, Read as _, Seek as _, SeekFrom},
    path::Path,
};

use zeroize::Zeroizing;

use super::{
    JournalError,
    frame::{FILE_HEADER_BYTES, FRAME_HEADER_BYTES, SEALED_BYTES_MAX, Sealer},
};

/// A frame that was read.
struct Frame {
    place: u64,
    /// In the file.
    bytes: u64,
    records: Zeroizing<Vec<u8>>,
}

/// Reads frames in order.
pub(super) struct Reader<'a> {
    path: &'a Path,
    file: &'a File,
    sealer: &'a Sealer,
    buffered: BufReader<&'a File>,
    /// Where the next frame starts.
    pub(super) at: u64,
    end: u64,
    /// What lies before it was synced before the file got its name.
    whole: u64,
    /// The next frame's place.
    pub(super) place: u64,
}

impl<'a> Reader<'a> {
    /// Of the bytes up to `end`; those up to `whole` must be there.
    pub(super) fn new(
        path: &'a Path,
        mut file: &'a File,
        sealer: &'a Sealer,
        end: u64,
        whole: u64,
    ) -> Result<Self, JournalError> {
        let at = FILE_HEADER_BYTES as u64;
        file.seek(SeekFrom::Start(at)).map_err(JournalError::io("read", path))?;
        Ok(Self { path, file, sealer, buffered: BufReader::new(file), at, end, whole, place: 0 })
    }

    /// The records of the next frame; `None` at the end, or where a crash left one half written.
    pub(super) fn next_frame(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, JournalError> {
        if self.at == self.end.max(self.whole) {
            return Ok(None);
        }
        let read = self.try_frame().map_err(JournalError::io("read", self.path))?;
        let Some(frame) = read else {
            self.must_be_torn()?;
            return Ok(None);
        };
        if frame.place != self.place {
            return Err(self.damaged("the frames before it are missing, or it was moved"));
        }
        self.place += 1;
        self.at += frame.bytes;
        Ok(Some(frame.records))
    }

    /// The frame that starts here; `None` if there is none.
    fn try_frame(&mut self) -> io::Result<Option<Frame>> {
        let left = self.end - self.at;
        if left < FRAME_HEADER_BYTES as u64 {
            return Ok(None);
        }
        let mut header = [0; FRAME_HEADER_BYTES];
        self.buffered.read_exact(&mut header)?;
        let Some((place, sealed_bytes)) = self.sealer.header(&header) else { return Ok(None) };
        let bytes = (FRAME_HEADER_BYTES + sealed_bytes) as u64;
        if left < bytes {
            return Ok(None);
        }
        let mut sealed = vec![0; sealed_bytes];
        self.buffered.read_exact(&mut sealed)?;
        Ok(self.sealer.open_frame(&header, &sealed).map(|records| Frame { place, bytes, records }))
    }

    /// What cannot be read here is the end of the file only if it was not whole before, is no longer than one frame, and no
    /// frame follows.
    fn must_be_torn(&self) -> Result<(), JournalError> {
        if self.at < self.whole {
            return Err(self.damaged("it cannot be read, and it was on the disk whole"));
        }
        let left = self.end - self.at;
        if left > (FRAME_HEADER_BYTES + SEALED_BYTES_MAX) as u64 {
            return Err(self.damaged("it cannot be read, and more follows than a crash leaves behind"));
        }
        let mut rest = Vec::new();
        let mut file = self.file;
        file.seek(SeekFrom::Start(self.at))
            .and_then(|_| file.take(left).read_to_end(&mut rest))
            .map_err(JournalError::io("read", self.path))?;
        let follows = |at: usize| {
            let header: &[u8; FRAME_HEADER_BYTES] = rest.get(at..at + FRAME_HEADER_BYTES)?.try_into().ok()?;
            let (_, sealed) = self.sealer.header(header)?;
            let start = at + FRAME_HEADER_BYTES;
            self.sealer.open_frame(header, rest.get(start..start + sealed)?)
        };
        match (1..rest.len()).any(|at| follows(at).is_some()) {
            true => Err(self.damaged("it cannot be read, and what follows can")),
            false => Ok(()),
        }
    }

    /// Damage where the next frame starts.
    pub(super) fn damaged(&self, why: &'static str) -> JournalError {
        JournalError::Damaged { path: self.path.to_owned(), at: self.at, why }
    }
}
