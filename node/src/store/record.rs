//! One record of a segment file: a frame of fixed size, then the head, then the body.
//!
//! ```text
//! byte  0      state of the body: PRESENT or ERASED (not covered by a checksum: it changes in place)
//!       1      kind
//!       2      link: whether the batch follows its log's head or skips what nobody holds any more
//!       3      zero
//!       4      length of the head          (all numbers little-endian)
//!       8      length of the body
//!      12      CRC32C of the body
//!      16      how much of this file was known to be synced when the record was written
//!      20      two 64-bit numbers of the writer's own
//!      36      CRC32C of bytes 1 to 36 and the head, seeded with the segment's salt
//!      40      head, then body
//! ```
//!
//! Invariant: head and body are kept byte for byte as they were received, since that is what was signed.
//! The salt is random and stays on this disk, so that no peer can put into a body what looks like a record.

use larum_protocol::{
    limits::{HEADER_BYTES_MAX, ROSTER_BYTES_MAX},
    signed::ENVELOPE_BYTES,
};

use super::position::{BODY_BYTES_MAX, Position};

/// Bytes of a record before its head.
pub(crate) const FRAME_BYTES: usize = 40;
/// Most bytes in a head: a signed header takes up to 300, so this is generous and still bounds what is read.
pub const HEAD_BYTES_MAX: usize = 16 * 1_024;
/// Most bytes in the body of a record that is not a batch: the largest roster under 32 governors' signatures.
pub const CONTROL_BODY_BYTES_MAX: usize = ROSTER_BYTES_MAX + 64 * 1_024;
const _: () = assert!(BODY_BYTES_MAX <= CONTROL_BODY_BYTES_MAX);
const _: () = assert!(HEADER_BYTES_MAX + ENVELOPE_BYTES <= HEAD_BYTES_MAX);

/// The body follows the head. All bits differ from [`ERASED`], so that no single flipped bit turns one into the other.
const PRESENT: u8 = 0xA5;
/// The body is gone on purpose; its bytes are zeros or a hole.
pub(crate) const ERASED: u8 = 0x5A;

/// What a record holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RecordKind {
    /// Head: signed header; body: its statements.
    Batch,
    /// Proof that a log forked.
    ForkProof,
    /// A salt grant, sealed to its recipient.
    Grant,
    /// Head: signed header of a batch whose body nobody keeps any more; no body.
    Header,
    /// The log was cut back after the roster decided a fork.
    Rewind,
    /// A signed roster.
    Roster,
}

impl RecordKind {
    const ALL: [(Self, u8); 6] = [
        (Self::Batch, 1),
        (Self::Header, 2),
        (Self::Roster, 3),
        (Self::ForkProof, 4),
        (Self::Grant, 5),
        (Self::Rewind, 6),
    ];

    fn byte(self) -> u8 {
        Self::ALL.iter().find(|(kind, _)| *kind == self).expect("ALL lists every kind").1
    }

    fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == byte).map(|(kind, _)| *kind)
    }

    /// Most bytes in the body of a record of this kind.
    pub(crate) fn body_bytes_max(self) -> usize {
        match self {
            Self::Batch => BODY_BYTES_MAX,
            Self::Header | Self::Rewind => 0,
            Self::ForkProof | Self::Grant | Self::Roster => CONTROL_BODY_BYTES_MAX,
        }
    }
}

/// How a batch continues its log.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Link {
    /// It follows the head that is held: next number, and `prev` is that head's hash.
    #[default]
    Next,
    /// It starts after a gap: the caller has checked that the log's author declared all between to count no more.
    Skip,
}

/// A record to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewRecord<'a> {
    /// What it holds.
    pub(crate) kind: RecordKind,
    /// How it continues its log; `Next` for what is not a batch.
    pub(crate) link: Link,
    /// Two numbers of the writer's own, kept beside what was signed.
    pub(crate) meta: [u64; 2],
    /// At most [`HEAD_BYTES_MAX`].
    pub(crate) head: &'a [u8],
    /// At most 1 MiB in a batch, [`CONTROL_BODY_BYTES_MAX`] otherwise.
    pub(crate) body: &'a [u8],
}

impl NewRecord<'_> {
    /// Bytes the record takes in a segment.
    pub(crate) fn bytes(&self) -> usize {
        FRAME_BYTES + self.head.len() + self.body.len()
    }

    /// Appends the encoded record to `out`.
    pub(crate) fn encode(&self, salt: u32, durable: u32, out: &mut Vec<u8>) {
        let start = out.len();
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("bounded by the limits above").to_le_bytes();
        out.extend([PRESENT, self.kind.byte(), u8::from(self.link == Link::Skip), 0]);
        out.extend(length(self.head));
        out.extend(length(self.body));
        out.extend(crc32c::crc32c(self.body).to_le_bytes());
        out.extend(durable.to_le_bytes());
        out.extend(self.meta[0].to_le_bytes());
        out.extend(self.meta[1].to_le_bytes());
        let crc = crc32c::crc32c_append(crc32c::crc32c_append(salt, &out[start + 1..]), self.head);
        out.extend(crc.to_le_bytes());
        out.extend(self.head);
        out.extend(self.body);
    }
}

/// The first bytes of a record, decoded but for its head not yet believed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) kind: RecordKind,
    pub(crate) link: Link,
    pub(crate) erased: bool,
    pub(crate) meta: [u64; 2],
    pub(crate) head_bytes: usize,
    pub(crate) body_bytes: usize,
    pub(crate) durable: u32,
    body_crc: u32,
    head_crc: u32,
    covered_crc: u32,
}

impl Frame {
    /// Reads a frame; `None` if it cannot be one. Lengths are within limits afterwards.
    pub(crate) fn decode(bytes: &[u8; FRAME_BYTES], salt: u32) -> Option<Self> {
        let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let erased = match bytes[0] {
            PRESENT => false,
            ERASED => true,
            _ => return None,
        };
        let kind = RecordKind::from_byte(bytes[1])?;
        let link = match bytes[2] {
            0 => Link::Next,
            1 => Link::Skip,
            _ => return None,
        };
        let head_bytes = usize::try_from(u32_at(4)).ok().filter(|bytes| *bytes <= HEAD_BYTES_MAX)?;
        let body_bytes = usize::try_from(u32_at(8)).ok().filter(|bytes| *bytes <= kind.body_bytes_max())?;
        (bytes[3] == 0).then_some(Self {
            kind,
            link,
            erased,
            meta: [u64_at(20), u64_at(28)],
            head_bytes,
            body_bytes,
            durable: u32_at(16),
            body_crc: u32_at(12),
            head_crc: u32_at(36),
            covered_crc: crc32c::crc32c_append(salt, &bytes[1..36]),
        })
    }

    /// Bytes of the whole record.
    pub(crate) fn bytes(&self) -> u64 {
        (FRAME_BYTES + self.head_bytes + self.body_bytes) as u64
    }

    /// Whether frame and head are as they were written.
    pub(crate) fn head_holds(&self, head: &[u8]) -> bool {
        crc32c::crc32c_append(self.covered_crc, head) == self.head_crc
    }

    /// Whether the body is as it was written.
    pub(crate) fn body_holds(&self, body: &[u8]) -> bool {
        crc32c::crc32c(body) == self.body_crc
    }
}

/// A record's frame and head, without its body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecordHead {
    /// Where it lies.
    pub position: Position,
    /// What it holds.
    pub kind: RecordKind,
    /// How it continues its log.
    pub link: Link,
    /// The writer's two numbers.
    pub meta: [u64; 2],
    /// The head as it was written.
    pub head: Vec<u8>,
    /// Length of the body as it was written.
    pub body_bytes: usize,
    /// False once the body was erased, and for a header that came without one.
    pub body_present: bool,
}

/// A whole record, its checksums verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// All but the body.
    pub head: RecordHead,
    /// The body as it was written; `None` once it was erased, and for a header that came without one.
    pub body: Option<Vec<u8>>,
}
