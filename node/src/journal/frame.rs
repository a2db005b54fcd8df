//! How the bytes of a journal lie, and how they are sealed.
//!
//! ```text
//! file   0   "LARUMJNL"
//!        8   version of the layout                 (numbers little-endian)
//!       12   id of this file, random: what was sealed for another file does not open here
//!       28   lowest number that the next record may have
//!       36   bytes of this file that were synced before it got its name: none of them can be half written
//!       44   keyed hash of the 44 bytes before, by which another key is told from damage
//!       76   frames, each right behind the other
//!
//! frame  0   place of the frame in its file, from 0: a frame that was moved or taken out is noticed
//!        8   length of what is sealed
//!       12   CRC32C of the file's id and the 12 bytes before
//!       16   nonce, random
//!       40   sealed: records, each a number (8 bytes), a length (4) and its bytes
//! ```
//!
//! Sealed with XChaCha20-Poly1305 (RFC 8439 with the extended nonce of draft-irtf-cfrg-xchacha-03), the file's id and the
//! frame's first 16 bytes beside it. The nonce is random and long, because a place may be written twice: after a write
//! that failed, and after a crash.

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, AeadInOut as _, Payload},
};
use larum_protocol::hash::{Label, keyed_digest};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{APPEND_BYTES_MAX, JournalKey};

pub(super) const FILE_HEADER_BYTES: usize = 76;
pub(super) const FRAME_HEADER_BYTES: usize = 16;
const MAGIC: &[u8; 8] = b"LARUMJNL";
const LAYOUT_VERSION: u32 = 2;
/// Magic and version: the same in every layout.
const LAYOUT_BYTES: usize = 12;
const ID_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
const MAC_BYTES: usize = 16;
/// Bytes that sealing adds.
pub(super) const SEAL_BYTES: usize = NONCE_BYTES + MAC_BYTES;
/// Bytes that stand before each record in a frame.
pub(super) const RECORD_HEAD_BYTES: usize = 12;
/// Bytes behind a frame's header: nothing sealed is longer, so a length that claims more is not believed.
pub(super) const SEALED_BYTES_MAX: usize = SEAL_BYTES + APPEND_BYTES_MAX;

/// Why a file's header is not one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum BadHeader {
    NotAJournal,
    Short,
    Version(u32),
    /// Damage or another key: the two look alike unless the rest is in order.
    Key,
}

/// What a file's header says beside its id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct FileHeader {
    /// The lowest number that the next record may have.
    pub(super) next: u64,
    /// Bytes that were synced before the file got its name.
    pub(super) whole: u64,
}

/// What seals the frames of one file.
pub(super) struct Sealer {
    cipher: XChaCha20Poly1305,
    id: [u8; ID_BYTES],
}

impl Sealer {
    /// For a new file.
    pub(super) fn create(key: &JournalKey) -> Result<Self, getrandom::Error> {
        let mut id = [0; ID_BYTES];
        getrandom::fill(&mut id)?;
        Ok(Self { cipher: cipher(key), id })
    }

    /// The bytes with which the file starts.
    pub(super) fn file_header(&self, key: &JournalKey, FileHeader { next, whole }: FileHeader) -> Vec<u8> {
        let mut header = MAGIC.to_vec();
        header.extend(LAYOUT_VERSION.to_le_bytes());
        header.extend(self.id);
        header.extend(next.to_le_bytes());
        header.extend(whole.to_le_bytes());
        let check = check(key, &header);
        header.extend(check);
        header
    }

    /// For a file that starts with these bytes, as many as it has of a header; and what the header says.
    pub(super) fn open(key: &JournalKey, start: &[u8]) -> Result<(Self, FileHeader), BadHeader> {
        let layout = start.get(..LAYOUT_BYTES).ok_or(BadHeader::Short)?;
        if !layout.starts_with(MAGIC) {
            return Err(BadHeader::NotAJournal);
        }
        let version = u32_at(layout, 8);
        if version != LAYOUT_VERSION {
            return Err(BadHeader::Version(version));
        }
        let header = start.get(..FILE_HEADER_BYTES).ok_or(BadHeader::Short)?;
        let (plain, found) = header.split_at(FILE_HEADER_BYTES - 32);
        if !bool::from(check(key, plain).ct_eq(found)) {
            return Err(BadHeader::Key);
        }
        let id = plain[12..12 + ID_BYTES].try_into().expect("sixteen bytes");
        let says = FileHeader { next: u64_at(plain, 28), whole: u64_at(plain, 36) };
        Ok((Self { cipher: cipher(key), id }, says))
    }

    /// A whole frame of records.
    pub(super) fn seal(&self, place: u64, records: &[u8]) -> Result<Vec<u8>, getrandom::Error> {
        let sealed_bytes = SEAL_BYTES + records.len();
        let mut frame = Vec::with_capacity(FRAME_HEADER_BYTES + sealed_bytes);
        frame.extend(place.to_le_bytes());
        frame.extend(u32::try_from(sealed_bytes).expect("bounded by SEALED_BYTES_MAX").to_le_bytes());
        frame.extend(self.checksum(&frame).to_le_bytes());
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let beside = self.beside(&frame);
        frame.extend(nonce);
        let payload = Payload { msg: records, aad: &beside };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).expect("far shorter than the cipher's limit");
        frame.extend(sealed);
        Ok(frame)
    }

    /// Place and sealed length of the frame that starts with `header`; `None` if it is no frame's header.
    pub(super) fn header(&self, header: &[u8; FRAME_HEADER_BYTES]) -> Option<(u64, usize)> {
        let (place, sealed) = (u64_at(header, 0), u32_at(header, 8) as usize);
        let is_sound = u32_at(header, 12) == self.checksum(&header[..12]);
        (is_sound && (SEAL_BYTES..=SEALED_BYTES_MAX).contains(&sealed)).then_some((place, sealed))
    }

    /// The records of a frame; `None` if it was not sealed like this.
    pub(super) fn open_frame(&self, header: &[u8; FRAME_HEADER_BYTES], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        self.cipher.decrypt_in_place(&XNonce::from(*nonce), &self.beside(header), &mut *plain).ok()?;
        Some(plain)
    }

    fn checksum(&self, header: &[u8]) -> u32 {
        crc32c::crc32c_append(crc32c::crc32c(&self.id), header)
    }

    fn beside(&self, header: &[u8]) -> Vec<u8> {
        [&self.id, header].concat()
    }
}

fn cipher(key: &JournalKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(*key.0).into())
}

fn check(key: &JournalKey, header: &[u8]) -> [u8; 32] {
    keyed_digest(&key.0, Label::LocalKey, &[b"journal header", header]).0
}

/// Adds one record to those of a frame.
pub(super) fn add_record(frame: &mut Vec<u8>, number: u64, record: &[u8]) {
    frame.extend(number.to_le_bytes());
    frame.extend(u32::try_from(record.len()).expect("bounded by RECORD_BYTES_MAX").to_le_bytes());
    frame.extend(record);
}

/// The records of an opened frame, with their numbers; `None` in place of what is no record.
pub(super) fn records(mut plain: &[u8]) -> impl Iterator<Item = Option<(u64, &[u8])>> {
    std::iter::from_fn(move || {
        if plain.is_empty() {
            return None;
        }
        let record = plain.split_at_checked(RECORD_HEAD_BYTES).and_then(|(head, rest)| {
            let (record, rest) = rest.split_at_checked(u32_at(head, 8) as usize)?;
            plain = rest;
            Some((u64_at(head, 0), record))
        });
        if record.is_none() {
            plain = &[];
        }
        Some(record)
    })
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
