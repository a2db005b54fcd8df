//! Receipts: signed proof of what was asked and what was answered, which anybody can verify offline.
//!
//! Answers that a node commits together are the leaves of one Merkle tree, and the node signs its root once; each
//! receipt carries its own leaf's path. A leaf commits to the request's bytes, the answer's bytes and the coverage.
//!
//! Invariant: a leaf is blinded by a random nonce that only the receipt holds. The roots are kept in the audit record,
//! and without the nonce somebody who reads it could try every telephone number until a leaf fits.
//! Invariant: a receipt has one spelling; changing any bit of it, or of what it is about, makes it fail.
//! Absent on purpose: whether the signing node may speak for a member: the reader asks the roster for
//! [`Receipt::node`].

mod saved;

use minicbor::{Decode, Encode, bytes::ByteArray};
use thiserror::Error;

pub use self::saved::{RECEIPT_MEMBER, SavedAnswer, SavedCheck, split_answer};
use crate::{
    api::{CoverageInfo, CoverageState},
    codec,
    hash::{Digest, Label, digest},
    keys::{PublicKey, Signature},
};

/// The version of receipts that this program writes, and the only one it reads.
pub const RECEIPT_VERSION: u8 = 1;

/// Levels of the largest tree: 2^16 answers under one signature are far beyond what one group commit holds.
pub const PATH_MAX: usize = 16;

/// Characters of the longest receipt: the path and under 300 bytes of fixed fields, in base64.
pub const RECEIPT_CHARS_MAX: usize = 2_048;

const _: () = assert!((PATH_MAX * 34 + 300) * 4 / 3 < RECEIPT_CHARS_MAX);

/// What a receipt is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Transcript {
    /// BLAKE3 of the request's body, byte for byte.
    pub request: Digest,
    /// BLAKE3 of the answer: of a check its JSON without the receipt (see [`split_answer`]), of a bulk stream every
    /// line before the last, newlines included.
    pub answer: Digest,
}

impl Transcript {
    /// The transcript of a request and an answer that are held whole.
    pub fn of(request: &[u8], answer: &[u8]) -> Self {
        Self { request: Digest(*blake3::hash(request).as_bytes()), answer: Digest(*blake3::hash(answer).as_bytes()) }
    }
}

/// Coverage as a receipt carries it.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(array)]
pub struct CoverageSummary {
    /// 1 fresh, 2 catching up, 3 stale.
    #[n(0)]
    pub state: u8,
    /// Active members.
    #[n(1)]
    pub members: u32,
    /// How many of them were heard in time.
    #[n(2)]
    pub heard: u32,
    /// The roster's version.
    #[n(3)]
    pub roster: u64,
    /// Digest of the heads of all logs.
    #[n(4)]
    pub heads: Digest,
}

impl TryFrom<&CoverageInfo> for CoverageSummary {
    type Error = crate::hash::NotHex32;

    fn try_from(info: &CoverageInfo) -> Result<Self, Self::Error> {
        Ok(Self {
            state: match info.state {
                CoverageState::Fresh => 1,
                CoverageState::CatchingUp => 2,
                CoverageState::Stale => 3,
            },
            members: info.members,
            heard: info.heard,
            roster: info.roster,
            heads: info.heads.parse()?,
        })
    }
}

impl CoverageSummary {
    /// The digest that stands for this coverage in an audit record.
    pub fn digest(&self) -> Digest {
        digest(Label::ReceiptLeaf, &[b"coverage", &to_cbor(self)])
    }
}

/// Signed proof of one answer.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(array)]
pub struct Receipt {
    /// [`RECEIPT_VERSION`].
    #[n(0)]
    pub version: u8,
    /// The node that answered.
    #[n(1)]
    pub node: PublicKey,
    /// The consortium it answered for.
    #[n(2)]
    pub consortium: Digest,
    /// When, in milliseconds since 1970 (UTC).
    #[n(3)]
    pub time_ms: u64,
    /// Lines of a bulk stream; 0 for a single check.
    #[n(4)]
    pub lines: u64,
    /// The coverage it answered with.
    #[n(5)]
    pub coverage: CoverageSummary,
    /// Blinds the leaf.
    #[n(6)]
    pub nonce: ByteArray<16>,
    /// The leaf's way to the root, nearest sibling first.
    #[n(7)]
    pub path: Vec<Digest>,
    /// Bit i is set where the sibling on level i stands to the left.
    #[n(8)]
    pub lefts: u16,
    /// Over the root, by `node`.
    #[n(9)]
    pub signature: Signature,
}

/// Why a receipt proves nothing.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ReceiptError {
    /// Longer than any receipt can be.
    #[error("the receipt is longer than {RECEIPT_CHARS_MAX} characters")]
    TooLong,
    /// Not base64url without padding (RFC 4648, section 5).
    #[error("the receipt is not base64url")]
    Base64,
    /// Not the one CBOR spelling of a receipt.
    #[error("the receipt cannot be decoded")]
    Encoding,
    /// Written by a newer program.
    #[error("the receipt has version {0}, and this program reads version {RECEIPT_VERSION}")]
    Version(u8),
    /// It is about another request or answer, or it was altered.
    #[error("the signature does not fit this request and answer")]
    Signature,
}

impl Receipt {
    /// Reads `text` and checks that its node signed exactly `transcript`.
    ///
    /// The caller still asks the roster whether [`Receipt::node`] belongs to a member of [`Receipt::consortium`].
    pub fn verify(text: &str, transcript: &Transcript) -> Result<Self, ReceiptError> {
        let receipt: Self = text.parse()?;
        let root = receipt.root(transcript).ok_or(ReceiptError::Encoding)?;
        let signed = signed_root(&receipt.node, &receipt.consortium, receipt.time_ms, &root);
        receipt.node.verify(&signed, &receipt.signature).map_err(|_| ReceiptError::Signature)?;
        Ok(receipt)
    }

    /// The root that this receipt's path leads to from `transcript`; `None` if the path is malformed.
    pub fn root(&self, transcript: &Transcript) -> Option<Digest> {
        if self.path.len() > PATH_MAX || u32::from(self.lefts) >> self.path.len() != 0 {
            return None;
        }
        let mut hash = leaf(&self.nonce, self.lines, &self.coverage, transcript);
        for (level, sibling) in self.path.iter().enumerate() {
            hash = if self.lefts >> level & 1 == 1 { parent(sibling, &hash) } else { parent(&hash, sibling) };
        }
        Some(hash)
    }
}

impl std::fmt::Display for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&data_encoding::BASE64URL_NOPAD.encode(&to_cbor(self)))
    }
}

impl std::str::FromStr for Receipt {
    type Err = ReceiptError;

    fn from_str(text: &str) -> Result<Self, ReceiptError> {
        if text.len() > RECEIPT_CHARS_MAX {
            return Err(ReceiptError::TooLong);
        }
        let bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| ReceiptError::Base64)?;
        let receipt: Self = minicbor::decode(&bytes).map_err(|_| ReceiptError::Encoding)?;
        if to_cbor(&receipt) != bytes {
            return Err(ReceiptError::Encoding);
        }
        if receipt.version != RECEIPT_VERSION {
            return Err(ReceiptError::Version(receipt.version));
        }
        Ok(receipt)
    }
}

/// The leaf of one answer.
pub fn leaf(nonce: &[u8; 16], lines: u64, coverage: &CoverageSummary, transcript: &Transcript) -> Digest {
    digest(
        Label::ReceiptLeaf,
        &[nonce, &lines.to_be_bytes(), &to_cbor(coverage), &transcript.request.0, &transcript.answer.0],
    )
}

/// What the node signs for a root.
pub fn signed_root(node: &PublicKey, consortium: &Digest, time_ms: u64, root: &Digest) -> Digest {
    let version = [RECEIPT_VERSION];
    digest(Label::ReceiptRoot, &[&version, &node.0, &consortium.0, &time_ms.to_be_bytes(), &root.0])
}

/// A Merkle tree over leaves: each level pairs neighbours, and the last of an odd number moves up unpaired.
#[derive(Clone, Debug)]
pub struct Tree {
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// The tree over `leaves`, of which there is at least one and at most 2^[`PATH_MAX`].
    pub fn new(leaves: Vec<Digest>) -> Self {
        assert!(!leaves.is_empty() && leaves.len() <= 1 << PATH_MAX, "a tree has 1 to 65,536 leaves");
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above = below.chunks(2).map(|pair| match pair {
                [left, right] => parent(left, right),
                _ => pair[0],
            });
            levels.push(above.collect());
        }
        Self { levels }
    }

    /// The root.
    pub fn root(&self) -> Digest {
        self.levels[self.levels.len() - 1][0]
    }

    /// The path of leaf `index` and on which levels its sibling stands to the left, as [`Receipt`] holds them.
    pub fn path(&self, index: usize) -> (Vec<Digest>, u16) {
        let (mut path, mut lefts, mut at) = (Vec::with_capacity(self.levels.len()), 0, index);
        for level in &self.levels {
            if let Some(sibling) = level.get(at ^ 1) {
                lefts |= u16::from(at & 1 == 1) << path.len();
                path.push(*sibling);
            }
            at /= 2;
        }
        (path, lefts)
    }
}

fn parent(left: &Digest, right: &Digest) -> Digest {
    digest(Label::ReceiptNode, &[&left.0, &right.0])
}

fn to_cbor<T: Encode<()>>(value: &T) -> Vec<u8> {
    codec::encode(value)
}

#[cfg(test)]
mod tests;
