//! A roster with the signatures that governors gave it: how it is made, kept and handed on.

use minicbor::{Decode, Encode, bytes::ByteVec};

use super::{Roster, RosterFault};
use crate::{
    codec::{self, DecodeError},
    hash::{Digest, Label, digest},
    keys::{BadSignature, PublicKey, SecretKey, Signature},
    limits::{GOVERNORS_MAX, ROSTER_BYTES_MAX},
    signed::version_of,
};

/// A roster and the signatures that governors gave it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedRoster {
    roster: Roster,
    id: Digest,
    payload: Box<[u8]>,
    signatures: Vec<RosterSignature>,
}

/// One governor's signature of a roster.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct RosterSignature {
    /// The governor's key.
    #[n(0)]
    pub governor: PublicKey,
    /// Its signature.
    #[n(1)]
    pub signature: Signature,
}

#[derive(Decode, Encode)]
struct RosterEnvelope {
    #[n(0)]
    payload: ByteVec,
    #[n(1)]
    signatures: Vec<RosterSignature>,
}

/// Why bytes were not taken for a signed roster.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RosterDecodeError {
    /// Not the encoding of one.
    #[error("roster: {0}")]
    Decode(#[from] DecodeError),
    /// Breaks its own rules.
    #[error("roster: {0}")]
    Fault(#[from] RosterFault),
    /// More signatures than governors may be, or not in ascending order of keys.
    #[error("roster: the signatures are not at most {GOVERNORS_MAX} in ascending order of governor")]
    Signatures,
}

/// Bytes of a signed roster.
pub const SIGNED_ROSTER_BYTES_MAX: usize = ROSTER_BYTES_MAX + GOVERNORS_MAX * 128 + 64;

impl SignedRoster {
    /// An unsigned proposal.
    pub fn propose(roster: Roster) -> Result<Self, RosterFault> {
        roster.check()?;
        let payload = codec::encode(&roster).into_boxed_slice();
        let id = digest(Label::Roster, &[&payload]);
        Ok(Self { roster, id, payload, signatures: Vec::new() })
    }

    /// Reads a roster, and checks sizes, encoding and its own rules; not yet whose signatures it carries.
    pub fn decode(bytes: &[u8]) -> Result<Self, RosterDecodeError> {
        let envelope: RosterEnvelope = codec::decode(bytes, SIGNED_ROSTER_BYTES_MAX)?;
        // One of a later format has fields that are not known here, and is no liar's for that.
        if let Some(format) = version_of(&envelope.payload).filter(|format| *format > Roster::FORMAT_WITH_STEWARDS) {
            return Err(DecodeError::UnknownVersion(format).into());
        }
        let roster: Roster = codec::decode(&envelope.payload, ROSTER_BYTES_MAX)?;
        if roster.format < Roster::FORMAT {
            return Err(DecodeError::UnknownVersion(roster.format).into());
        }
        let ascending = envelope.signatures.windows(2).all(|pair| pair[0].governor < pair[1].governor);
        if envelope.signatures.len() > GOVERNORS_MAX || !ascending {
            return Err(RosterDecodeError::Signatures);
        }
        roster.check()?;
        let id = digest(Label::Roster, &[&envelope.payload]);
        Ok(Self { roster, id, payload: Vec::from(envelope.payload).into(), signatures: envelope.signatures })
    }

    /// The roster with its signatures, to keep and to forward.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&RosterEnvelope { payload: self.payload.to_vec().into(), signatures: self.signatures.clone() })
    }

    /// What it says.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Its digest: the name by which its successor knows it.
    pub fn id(&self) -> Digest {
        self.id
    }

    /// The signatures, by ascending governor key.
    pub fn signatures(&self) -> &[RosterSignature] {
        &self.signatures
    }

    /// Adds a governor's signature, or replaces the one it gave before.
    pub fn sign(&mut self, key: &SecretKey) {
        self.add(RosterSignature { governor: key.public(), signature: key.sign(&self.signed_id()) });
    }

    /// Takes over the signatures that another copy of the same roster carries; `false` if it is another roster.
    pub fn merge(&mut self, other: &Self) -> bool {
        if other.id != self.id {
            return false;
        }
        other.signatures.iter().cloned().for_each(|signature| self.add(signature));
        true
    }

    fn add(&mut self, signature: RosterSignature) {
        match self.signatures.binary_search_by_key(&signature.governor, |given| given.governor) {
            Ok(at) => self.signatures[at] = signature,
            Err(at) => self.signatures.insert(at, signature),
        }
    }

    /// How many of `governors` have validly signed it. A signature that does not verify is an error.
    pub fn count_signatures(&self, governors: &[PublicKey]) -> Result<usize, BadSignature> {
        let id = self.signed_id();
        let mut count = 0;
        for given in &self.signatures {
            given.governor.verify(&id, &given.signature)?;
            count += usize::from(governors.contains(&given.governor));
        }
        Ok(count)
    }

    fn signed_id(&self) -> Digest {
        digest(Label::RosterSignature, &[&self.id.0])
    }
}
