//! What dealers send: commitments to everybody, one secret value to each receiver.
//!
//! A value stands behind its header and not in it: the codec keeps copies of what it reads, which nothing wipes.

use std::num::NonZeroU16;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use zeroize::Zeroizing;

use super::{Dealings, STEWARDS_MAX, Wrong};
use crate::{
    codec,
    hash::{Digest, byte_string},
    oprf::Element,
    wire::List,
};

/// Bytes of a dealing: as many commitments as there are shares, and what is around them.
const DEALING_BYTES_MAX: usize = 1_024;
/// Bytes of a value with its header.
const VALUE_BYTES_MAX: usize = 128;
/// Bytes of the value alone.
const SCALAR_BYTES: usize = 32;

const _: () = assert!(STEWARDS_MAX as usize * 34 + 64 + 128 <= DEALING_BYTES_MAX);

/// Which ceremony a message is part of.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(index_only)]
pub(super) enum Step {
    #[n(0)]
    Generation,
    #[n(1)]
    Resharing,
}

/// A proof that a dealer knows its constant, as `frost-ristretto255` writes it.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) struct Knowledge(pub(super) [u8; 64]);

byte_string!(Knowledge, Knowledge, 64);

/// What a dealer says to everybody.
#[derive(Decode, Encode)]
pub(super) struct Dealing {
    #[n(0)]
    pub(super) step: Step,
    #[n(1)]
    pub(super) ceremony: Digest,
    #[n(2)]
    pub(super) dealer: NonZeroU16,
    /// Each coefficient of its polynomial times the base point, the constant first.
    #[n(3)]
    pub(super) commitments: List<Element, { STEWARDS_MAX as usize }>,
    /// That it knows the constant. Where the constant is a share, its public share says who does.
    #[n(4)]
    pub(super) knowledge: Option<Knowledge>,
}

impl Dealing {
    /// Reads what `dealer` sent.
    pub(super) fn read(bytes: &[u8], step: Step, ceremony: &Digest, dealer: NonZeroU16) -> Result<Self, Wrong> {
        let dealing: Self = codec::decode(bytes, DEALING_BYTES_MAX).map_err(|_| Wrong::Malformed)?;
        match dealing {
            Self { step: found, .. } if found != step => Err(Wrong::Malformed),
            Self { ceremony: found, .. } if found != *ceremony => Err(Wrong::OtherCeremony),
            Self { dealer: found, .. } if found != dealer => Err(Wrong::OtherName),
            Self { knowledge, .. } if knowledge.is_some() != (step == Step::Generation) => Err(Wrong::Malformed),
            dealing => Ok(dealing),
        }
    }
}

/// What all who saw the same dealings of the same ceremony have in common.
///
/// BLAKE3 in its mode for deriving keys, whose context keeps it apart from every hash that has a label.
pub(super) fn digest(step: Step, ceremony: &Digest, dealings: &Dealings) -> Digest {
    let mut hash = blake3::Hasher::new_derive_key("larum/1 custody: the dealings of one ceremony");
    hash.update(&codec::encode(&step));
    hash.update(&ceremony.0);
    for (dealer, dealing) in dealings {
        hash.update(&dealer.get().to_be_bytes());
        hash.update(&(dealing.len() as u64).to_be_bytes());
        hash.update(dealing);
    }
    Digest(*hash.finalize().as_bytes())
}

/// Where a value belongs: whatever differs, it is not for this place.
#[derive(Clone, Copy, Decode, Encode)]
pub(super) struct Header {
    #[n(0)]
    pub(super) step: Step,
    #[n(1)]
    pub(super) ceremony: Digest,
    #[n(2)]
    pub(super) set: Digest,
    #[n(3)]
    pub(super) dealer: NonZeroU16,
    #[n(4)]
    pub(super) receiver: NonZeroU16,
}

impl Header {
    /// The message that hands over a value.
    pub(super) fn with(&self, value: &[u8; SCALAR_BYTES]) -> Zeroizing<Vec<u8>> {
        let header = codec::encode(self);
        // As long as it will be: what grows leaves copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(header.len() + SCALAR_BYTES));
        bytes.extend_from_slice(&header);
        bytes.extend_from_slice(value);
        bytes
    }

    /// The value of a message that has this header.
    pub(super) fn read(&self, bytes: &[u8]) -> Result<Zeroizing<[u8; SCALAR_BYTES]>, Wrong> {
        let (header, value) = bytes.split_last_chunk::<SCALAR_BYTES>().ok_or(Wrong::Malformed)?;
        let found: Self = codec::decode(header, VALUE_BYTES_MAX - SCALAR_BYTES).map_err(|_| Wrong::Malformed)?;
        if found.step != self.step {
            Err(Wrong::Malformed)
        } else if found.ceremony != self.ceremony {
            Err(Wrong::OtherCeremony)
        } else if (found.dealer, found.receiver) != (self.dealer, self.receiver) {
            Err(Wrong::OtherName)
        } else if found.set != self.set {
            Err(Wrong::OtherSet)
        } else {
            Ok(Zeroizing::new(*value))
        }
    }
}
