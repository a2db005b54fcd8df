//! Making a key that nobody knows: Pedersen's distributed key generation with proofs of knowledge (FROST, Komlo and Goldberg
//! 2020, figure 1), by the crate `frost-ristretto255`.
//!
//! Each steward deals a polynomial; a share is the sum of what all polynomials have at its number. RFC 9591 leaves the
//! generation of keys open; its appendix C is with a dealer who knows the key, which is what this is there to avoid.
//!
//! The crate has another version of the curve than the rest of the program, so what goes in and out is bytes. Its shares
//! are for evaluating only: whoever signed with them as well would break the promises of both.

use std::{collections::BTreeMap, num::NonZeroU16};

use frost_ristretto255::{
    Error, Identifier, Signature,
    keys::{
        SigningShare, VerifiableSecretSharingCommitment,
        dkg::{part1, part2, part3, round1, round2},
    },
};
use zeroize::Zeroizing;

use super::{
    CustodyError, Dealings, Shared, Sharing, Values, Wrong, all_and_only,
    message::{Dealing, Header, Knowledge, Step, digest},
    public::public_key,
    seed::{Older, Purpose, random},
};
use crate::{
    codec,
    hash::Digest,
    oprf::{Element, PublicShare, Share},
    wire::List,
};

/// One steward's part in the first round.
pub struct Dkg {
    ceremony: Digest,
    number: NonZeroU16,
    sharing: Sharing,
    secret: round1::SecretPackage,
    dealing: Vec<u8>,
}

/// One steward's part in the second round, once all dealings are there.
pub struct Generation {
    sharing: Sharing,
    /// Of what it hands out; the receiver has to be filled in.
    header: Header,
    dealings: BTreeMap<Identifier, round1::Package>,
    secret: round2::SecretPackage,
    values: BTreeMap<Identifier, round2::Package>,
}

impl std::fmt::Debug for Dkg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dkg").field("number", &self.number).field("sharing", &self.sharing).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Generation").field("number", &self.header.dealer).finish_non_exhaustive()
    }
}

impl Dkg {
    /// The part of steward `number`, all of it derived from `seed`.
    ///
    /// The digest of the ceremony stands for everything that stewards agreed on beforehand: who has which number, the
    /// sharing, and that it is this attempt and no other. The seed is secret, uniformly random, and kept until the new
    /// shares are in use.
    ///
    /// # Errors
    /// [`CustodyError::NoPart`] if no share has this number.
    pub fn new(ceremony: &Digest, number: NonZeroU16, sharing: Sharing, seed: &[u8; 32]) -> Result<Self, CustodyError> {
        if !sharing.has(number) {
            return Err(CustodyError::NoPart);
        }
        let random = Older(random(seed, Purpose::Generation, ceremony, number, sharing, &[]));
        // What the bounds of a sharing let through, the crate takes; only an all-zero polynomial could fail.
        let (secret, package) = part1(identifier(number), sharing.count.get(), sharing.threshold.get(), random)
            .map_err(|_| CustodyError::Zero)?;
        let dealing = dealing(ceremony, number, &package).ok_or(CustodyError::Zero)?;
        Ok(Self { ceremony: *ceremony, number, sharing, secret, dealing: codec::encode(&dealing) })
    }

    /// What this steward says to everybody: public.
    pub fn round1(&self) -> &[u8] {
        &self.dealing
    }

    /// Takes what all others said. Its own dealing may be among them or not.
    ///
    /// # Errors
    /// [`CustodyError::Steward`], with who is wrong: missing, no part of this, of another ceremony, or without a proof.
    pub fn agree(&self, dealings: &Dealings) -> Result<Generation, CustodyError> {
        let mut dealings = dealings.clone();
        dealings.insert(self.number, self.dealing.clone());
        all_and_only(&dealings, self.sharing.numbers())?;
        let mut packages = BTreeMap::new();
        for (dealer, bytes) in dealings.iter().filter(|(dealer, _)| **dealer != self.number) {
            let package = package(bytes, &self.ceremony, *dealer, self.sharing);
            packages.insert(identifier(*dealer), package.map_err(|wrong| CustodyError::steward(*dealer, wrong))?);
        }
        let (secret, values) = part2(self.secret.clone(), &packages).map_err(|error| named(self.sharing, &error))?;
        let header = Header {
            step: Step::Generation,
            ceremony: self.ceremony,
            set: digest(Step::Generation, &self.ceremony, &dealings),
            dealer: self.number,
            receiver: self.number,
        };
        Ok(Generation { sharing: self.sharing, header, dealings: packages, secret, values })
    }
}

impl Generation {
    /// What all stewards compare before any of them hands out a value: if one has another digest, somebody said different
    /// things to different stewards.
    pub const fn digest(&self) -> Digest {
        self.header.set
    }

    /// The secret message for one of the others.
    ///
    /// # Errors
    /// [`CustodyError::NoPart`] for this steward itself and whoever has no part.
    pub fn round2_for(&self, other: NonZeroU16) -> Result<Zeroizing<Vec<u8>>, CustodyError> {
        let package = self.values.get(&identifier(other)).ok_or(CustodyError::NoPart)?;
        let value = Zeroizing::new(package.signing_share().serialize());
        let value: &[u8; 32] = value.as_slice().try_into().expect("the crate writes scalars in 32 bytes");
        Ok(Header { receiver: other, ..self.header }.with(value))
    }

    /// This steward's share, from what all others handed to it.
    ///
    /// # Errors
    /// [`CustodyError::Steward`], with who is wrong: missing, no part of this, or of a value that it did not commit to.
    pub fn finish(&self, values: &Values) -> Result<Shared, CustodyError> {
        let own = self.header.dealer;
        all_and_only(values, self.sharing.numbers().filter(|other| *other != own))?;
        let mut packages = BTreeMap::new();
        for (dealer, bytes) in values {
            let named = |wrong| CustodyError::steward(*dealer, wrong);
            let value = Header { dealer: *dealer, ..self.header }.read(bytes).map_err(named)?;
            let value = SigningShare::deserialize(&*value).map_err(|_| named(Wrong::WrongValue))?;
            packages.insert(identifier(*dealer), round2::Package::new(value));
        }
        let (own_keys, all_keys) =
            part3(&self.secret, &self.dealings, &packages).map_err(|error| named(self.sharing, &error))?;
        let secret = Zeroizing::new(own_keys.signing_share().serialize());
        let secret: &[u8; 32] = secret.as_slice().try_into().expect("the crate writes scalars in 32 bytes");
        let share = Share::new(own, secret).map_err(|_| CustodyError::Zero)?;
        let mut public = Vec::new();
        for number in self.sharing.numbers() {
            let element = all_keys.verifying_shares().get(&identifier(number)).and_then(|share| share.serialize().ok());
            let element = element.and_then(|bytes| bytes.try_into().ok()).ok_or(CustodyError::Zero)?;
            public.push(PublicShare::new(number, Element(element)).map_err(|_| CustodyError::Zero)?);
        }
        // What is checked here follows from what the crate has checked: it is the last look before a key is in use.
        let key = public_key(&public, self.sharing.threshold)?;
        if !public.contains(&share.public()) {
            return Err(CustodyError::NotOnePolynomial);
        }
        Ok(Shared { share, public, key })
    }
}

/// Who the crate says is wrong. Numbers and lengths were looked at before: what else can be wrong is nobody's fault, that
/// the sum of all is zero.
fn named(sharing: Sharing, error: &Error) -> CustodyError {
    let culprits = error.culprits();
    let culprit = sharing.numbers().find(|number| culprits.contains(&identifier(*number)));
    let wrong = match error {
        Error::InvalidProofOfKnowledge { .. } => Wrong::WrongProof,
        _ => Wrong::WrongValue,
    };
    culprit.map_or(CustodyError::Zero, |culprit| CustodyError::steward(culprit, wrong))
}

fn identifier(number: NonZeroU16) -> Identifier {
    Identifier::try_from(number.get()).expect("a number that is not zero")
}

/// What the crate made, as it travels. Nothing if a commitment is the identity, which cannot be written.
fn dealing(ceremony: &Digest, dealer: NonZeroU16, package: &round1::Package) -> Option<Dealing> {
    let commitments = package.commitment().serialize().ok()?;
    let commitments: Option<Vec<Element>> =
        commitments.into_iter().map(|bytes| bytes.try_into().ok().map(Element)).collect();
    let proof = package.proof_of_knowledge().serialize().ok()?.try_into().ok()?;
    Some(Dealing {
        step: Step::Generation,
        ceremony: *ceremony,
        dealer,
        commitments: List::of(commitments?),
        knowledge: Some(Knowledge(proof)),
    })
}

/// The same back, of a dealer that may be anybody's enemy.
fn package(bytes: &[u8], ceremony: &Digest, dealer: NonZeroU16, sharing: Sharing) -> Result<round1::Package, Wrong> {
    let dealing = Dealing::read(bytes, Step::Generation, ceremony, dealer)?;
    if dealing.commitments.len() != usize::from(sharing.threshold.get()) {
        return Err(Wrong::WrongLength);
    }
    let commitments = dealing.commitments.iter().map(|element| element.0);
    let commitment = VerifiableSecretSharingCommitment::deserialize(commitments).map_err(|_| Wrong::Malformed)?;
    let knowledge = dealing.knowledge.ok_or(Wrong::Malformed)?;
    let proof = Signature::deserialize(&knowledge.0).map_err(|_| Wrong::WrongProof)?;
    Ok(round1::Package::new(commitment, proof))
}
