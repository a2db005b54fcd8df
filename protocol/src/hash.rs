//! BLAKE3 digests and the one table of domain labels.
//!
//! Invariant: every hash and every signature of the protocol names its purpose with a [`Label`], and every part is
//! length-prefixed, so that no two inputs of different meaning ever meet.

use std::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

/// What a hash or a signature is for. The strings are part of the protocol: docs/protocol.md lists them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Label {
    /// A steward's word that it keeps its new share.
    Acknowledgement,
    /// A node's signed announcement of its own log.
    Announcement,
    /// What a steward was asked to evaluate.
    Asked,
    /// The statements of one batch.
    Body,
    /// What a steward charged, chained to the charge before.
    Charge,
    /// A ceremony of stewards, planned by a roster.
    Ceremony,
    /// What a steward evaluated, as signed.
    Evaluated,
    /// A batch header; its digest is the batch's id.
    Header,
    /// A request to become a member.
    JoinRequest,
    /// A member's certificate for one of its nodes.
    NodeCertificate,
    /// One answer to a check, a leaf of a receipt's tree.
    ReceiptLeaf,
    /// An inner node of a receipt's tree.
    ReceiptNode,
    /// The root of a receipt's tree with the coverage, as signed.
    ReceiptRoot,
    /// One record of the audit log, chained to the one before.
    AuditRecord,
    /// The heads that count, as the coverage of an answer and its receipt name them.
    Coverage,
    /// The heads that count and the forks that are proven, as two nodes compare them.
    Heads,
    /// A key or a body of an idempotent request, as a node keeps it.
    Idempotency,
    /// What a node's own secrets are derived for: its allow list, its index.
    LocalKey,
    /// An entry of a node's own allow list.
    LocalAllow,
    /// A pair of neighbouring words of a resume: what its rows are hashed under.
    ResumePair,
    /// A word of a resume, likewise.
    ResumeWord,
    /// A roster; the digest of version 0 is the consortium's id.
    Roster,
    /// What a governor's signature of a roster covers.
    RosterSignature,
    /// A consortium salt, so that a member can tell that it was given the right one.
    SaltCommitment,
    /// A salt, sealed to one member.
    SaltGrant,
    /// The info string of HPKE when a salt is sealed.
    SaltSealing,
    /// The tag of a form that stewards evaluated.
    SplitTag,
    /// The salt of the memory-hard stretch of one kind and epoch.
    StretchSalt,
    /// One statement, as disputes refer to it.
    Statement,
    /// The key under which the tags of one kind and epoch are made.
    TagKey,
    /// A tag.
    Tag,
    /// A bearer token, as a node keeps it.
    Token,
    /// The info string of HPKE when a node seals what it published.
    VaultSealing,
}

impl Label {
    /// The bytes that stand for this label in a hash.
    pub const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Acknowledgement => b"larum/1 acknowledgement",
            Self::Announcement => b"larum/1 announcement",
            Self::Asked => b"larum/1 asked",
            Self::AuditRecord => b"larum/1 audit record",
            Self::Body => b"larum/1 body",
            Self::Ceremony => b"larum/1 ceremony",
            Self::Charge => b"larum/1 charge",
            Self::Coverage => b"larum/1 coverage",
            Self::Evaluated => b"larum/1 evaluated",
            Self::Header => b"larum/1 header",
            Self::Heads => b"larum/1 heads",
            Self::Idempotency => b"larum/1 idempotency",
            Self::LocalAllow => b"larum/1 local allow",
            Self::LocalKey => b"larum/1 local key",
            Self::JoinRequest => b"larum/1 join request",
            Self::NodeCertificate => b"larum/1 node certificate",
            Self::ReceiptLeaf => b"larum/1 receipt leaf",
            Self::ReceiptNode => b"larum/1 receipt node",
            Self::ReceiptRoot => b"larum/1 receipt root",
            Self::ResumePair => b"larum/1 resume pair",
            Self::ResumeWord => b"larum/1 resume word",
            Self::Roster => b"larum/1 roster",
            Self::RosterSignature => b"larum/1 roster signature",
            Self::SaltCommitment => b"larum/1 salt commitment",
            Self::SaltGrant => b"larum/1 salt grant",
            Self::SaltSealing => b"larum/1 salt sealing",
            Self::SplitTag => b"larum/1 split tag",
            Self::Statement => b"larum/1 statement",
            Self::StretchSalt => b"larum/1 stretch salt",
            Self::Tag => b"larum/1 tag",
            Self::TagKey => b"larum/1 tag key",
            Self::Token => b"larum/1 token",
            Self::VaultSealing => b"larum/1 vault sealing",
        }
    }
}

/// A 32-byte BLAKE3 hash.
#[derive(Clone, Copy, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The first eight bytes, as head exchanges carry them.
    pub fn prefix(&self) -> u64 {
        let mut prefix = [0; 8];
        prefix.copy_from_slice(&self.0[..8]);
        u64::from_be_bytes(prefix)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", data_encoding::HEXLOWER.encode(&self.0[..6]))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl std::str::FromStr for Digest {
    type Err = NotHex32;

    fn from_str(text: &str) -> Result<Self, NotHex32> {
        hex32(text).map(Self)
    }
}

/// A text that is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected 64 hexadecimal digits")]
pub struct NotHex32;

/// Reads 64 hexadecimal digits of either case.
pub(crate) fn hex32(text: &str) -> Result<[u8; 32], NotHex32> {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| NotHex32)?;
    bytes.try_into().map_err(|_| NotHex32)
}

/// The digest of `parts` under `label`: BLAKE3 over each part behind its length (8 bytes, big-endian), label first.
pub fn digest(label: Label, parts: &[&[u8]]) -> Digest {
    Digest(*absorb(blake3::Hasher::new(), label, parts).finalize().as_bytes())
}

/// The same under a 32-byte key: BLAKE3's keyed mode.
pub fn keyed_digest(key: &[u8; 32], label: Label, parts: &[&[u8]]) -> Digest {
    Digest(*absorb(blake3::Hasher::new_keyed(key), label, parts).finalize().as_bytes())
}

/// As many bytes as asked for: BLAKE3's extendable output over the same input as [`digest`]'s.
pub(crate) fn expand(label: Label, parts: &[&[u8]], out: &mut [u8]) {
    absorb(blake3::Hasher::new(), label, parts).finalize_xof().fill(out);
}

fn absorb(mut hasher: blake3::Hasher, label: Label, parts: &[&[u8]]) -> blake3::Hasher {
    for part in std::iter::once(&label.bytes()).chain(parts) {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher
}

/// Makes a newtype of a fixed number of bytes travel as one CBOR byte string.
macro_rules! byte_string {
    ($name:ty, $wrap:expr, $length:literal) => {
        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                let bytes = d.bytes()?;
                let array: [u8; $length] = bytes
                    .try_into()
                    .map_err(|_| decode::Error::message(concat!("expected ", $length, " bytes")).at(d.position()))?;
                Ok($wrap(array))
            }
        }
    };
}
pub(crate) use byte_string;

byte_string!(Digest, Digest, 32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_a_byte_between_parts_changes_the_digest() {
        assert_ne!(digest(Label::Tag, &[b"ab", b"c"]), digest(Label::Tag, &[b"a", b"bc"]));
        assert_ne!(digest(Label::Tag, &[b"abc"]), digest(Label::TagKey, &[b"abc"]));
    }
}
