//! Dealing shares of the same key anew: resharing (Desmedt and Jajodia, 1997) with commitments that show who is wrong
//! (Feldman, 1987).
//!
//! As many old stewards as the old threshold deal a polynomial each, whose constant is their old share. What all of them
//! have at a new number, weighed as the old shares are for the key, is the new share there: a polynomial with the same key
//! at zero, and otherwise new. One way serves three purposes:
//!
//! - *refresh* (Herzberg et al., 1995): the same stewards; what was stolen of less than the threshold is worth nothing;
//! - *repair*: a steward that lost its share is dealt one by others, and so is everybody;
//! - *change* of stewards and threshold: the new ones may be anybody, more or fewer.
//!
//! Invariant: the key is the same, and so is every output: the commitments have to come to it.
//! Invariant: old shares and new ones do not go together; which ones count is for the roster to say.
//! Absent on purpose: a new key. Whoever had as many old shares as the old threshold still has the key.

use std::{collections::BTreeMap, num::NonZeroU16};

use curve25519_dalek::{RistrettoPoint, Scalar};
use zeroize::Zeroizing;

use super::{
    CustodyError, Dealings, Sharing, Values, Wrong, all_and_only,
    message::{Dealing, Header, Step, digest},
    public::{committed, public_key},
    seed::{Purpose, random},
};
use crate::{
    codec,
    hash::Digest,
    oprf::{
        Element, PublicShare, Share,
        group::{element, points, random_scalar},
        lagrange,
    },
    wire::List,
};

/// What everybody knows of a resharing beforehand.
#[derive(Clone, Debug)]
pub struct Resharing {
    ceremony: Digest,
    old: Vec<PublicShare>,
    old_threshold: NonZeroU16,
    key: Element,
    new: Sharing,
}

/// One dealer's part.
pub struct Dealer {
    ceremony: Digest,
    number: NonZeroU16,
    new: Sharing,
    coefficients: Zeroizing<Vec<Scalar>>,
    commitments: Vec<RistrettoPoint>,
    dealing: Vec<u8>,
}

/// Dealings that hold, by as many dealers as it takes, and what they come to.
#[derive(Clone, Debug)]
pub struct Agreed {
    ceremony: Digest,
    set: Digest,
    dealings: BTreeMap<NonZeroU16, Vec<RistrettoPoint>>,
    public: Vec<PublicShare>,
}

impl std::fmt::Debug for Dealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dealer").field("number", &self.number).field("new", &self.new).finish_non_exhaustive()
    }
}

impl Resharing {
    /// From the public shares of all old stewards, any `old_threshold` of which stand for the key, to `new` ones.
    ///
    /// The digest of the ceremony stands for everything that stewards agreed on beforehand: who has which new number, both
    /// sharings, and that it is this attempt and no other.
    ///
    /// # Errors
    /// As [`public_key`]: the old shares have to belong together.
    pub fn new(
        ceremony: &Digest,
        old: &[PublicShare],
        old_threshold: NonZeroU16,
        new: Sharing,
    ) -> Result<Self, CustodyError> {
        let key = public_key(old, old_threshold)?;
        Ok(Self { ceremony: *ceremony, old: old.to_vec(), old_threshold, key, new })
    }

    /// The public key, which stays.
    pub const fn key(&self) -> Element {
        self.key
    }

    /// The part of an old steward, all of it derived from `seed`, which is secret and uniformly random.
    ///
    /// # Errors
    /// [`CustodyError::NoPart`] if this is none of the old shares.
    pub fn deal(&self, share: &Share, seed: &[u8; 32]) -> Result<Dealer, CustodyError> {
        let public = share.public();
        if !self.old.contains(&public) {
            return Err(CustodyError::NoPart);
        }
        let constant = public.element();
        let mut random = random(seed, Purpose::Resharing, &self.ceremony, share.number(), self.new, &constant.0);
        // As long as it will be: what grows leaves copies behind.
        let mut coefficients = Zeroizing::new(Vec::with_capacity(usize::from(self.new.threshold.get())));
        coefficients.push(*share.secret());
        coefficients.extend((1..self.new.threshold.get()).map(|_| random_scalar(&mut random)));
        let commitments: Vec<RistrettoPoint> = coefficients.iter().map(RistrettoPoint::mul_base).collect();
        let dealing = Dealing {
            step: Step::Resharing,
            ceremony: self.ceremony,
            dealer: share.number(),
            commitments: List::of(commitments.iter().map(element)),
            knowledge: None,
        };
        Ok(Dealer {
            ceremony: self.ceremony,
            number: share.number(),
            new: self.new,
            coefficients,
            commitments,
            dealing: codec::encode(&dealing),
        })
    }

    /// Takes what dealers said: exactly as many as the old threshold, and for everybody the same ones. If one is wrong it
    /// is left out, and another old steward deals instead.
    ///
    /// # Errors
    /// [`CustodyError::Steward`], with who is wrong; [`CustodyError::WrongDealers`] for more or fewer than it takes.
    pub fn agree(&self, dealings: &Dealings) -> Result<Agreed, CustodyError> {
        let mut read = BTreeMap::new();
        for (dealer, bytes) in dealings {
            let commitments = self.commitments(*dealer, bytes);
            read.insert(*dealer, commitments.map_err(|wrong| CustodyError::steward(*dealer, wrong))?);
        }
        if read.len() != usize::from(self.old_threshold.get()) {
            return Err(CustodyError::WrongDealers);
        }
        let public = self.combined(&read)?;
        let set = digest(Step::Resharing, &self.ceremony, dealings);
        Ok(Agreed { ceremony: self.ceremony, set, dealings: read, public })
    }

    fn commitments(&self, dealer: NonZeroU16, bytes: &[u8]) -> Result<Vec<RistrettoPoint>, Wrong> {
        let old = self.old.iter().find(|old| old.number() == dealer).ok_or(Wrong::Stranger)?;
        let dealing = Dealing::read(bytes, Step::Resharing, &self.ceremony, dealer)?;
        if dealing.commitments.len() != usize::from(self.new.threshold.get()) {
            return Err(Wrong::WrongLength);
        }
        if dealing.commitments.first() != Some(&old.element()) {
            return Err(Wrong::WrongConstant);
        }
        points(&dealing.commitments).map_err(|_| Wrong::Malformed)
    }

    /// The new public shares. That they stand for the old key follows from the constants, and is looked at once more.
    fn combined(&self, dealings: &BTreeMap<NonZeroU16, Vec<RistrettoPoint>>) -> Result<Vec<PublicShare>, CustodyError> {
        let dealers: Vec<NonZeroU16> = dealings.keys().copied().collect();
        let weights = lagrange::coefficients(&dealers, 0);
        let share = |number: NonZeroU16| {
            let parts = dealings.values().zip(&weights).map(|(dealt, weight)| committed(dealt, number) * weight);
            PublicShare::new(number, element(&parts.sum())).map_err(|_| CustodyError::Zero)
        };
        let public: Vec<PublicShare> = self.new.numbers().map(share).collect::<Result<_, _>>()?;
        if public_key(&public, self.new.threshold)? != self.key {
            return Err(CustodyError::NotOnePolynomial);
        }
        Ok(public)
    }
}

impl Dealer {
    /// The number of its old share, by which it deals.
    pub const fn number(&self) -> NonZeroU16 {
        self.number
    }

    /// What this dealer says to everybody: public.
    pub fn round1(&self) -> &[u8] {
        &self.dealing
    }

    /// The secret message for one receiver, once the set is agreed on and everybody's digest of it is the same.
    ///
    /// # Errors
    /// [`CustodyError::NoPart`] for whoever gets no share, and if this dealer's dealing is not in the set.
    pub fn round2_for(&self, agreed: &Agreed, receiver: NonZeroU16) -> Result<Zeroizing<Vec<u8>>, CustodyError> {
        let in_set = agreed.ceremony == self.ceremony && agreed.dealings.get(&self.number) == Some(&self.commitments);
        if !in_set || !self.new.has(receiver) {
            return Err(CustodyError::NoPart);
        }
        let at = Scalar::from(receiver.get());
        let mut value = Zeroizing::new(Scalar::ZERO);
        self.coefficients.iter().rev().for_each(|next| *value = *value * at + next);
        Ok(agreed.header(self.number, receiver).with(&Zeroizing::new(value.to_bytes())))
    }
}

impl Agreed {
    /// What all dealers and receivers compare before any value is handed out: if one has another digest, they do not have
    /// the same dealers, or a dealer said different things to them.
    pub const fn digest(&self) -> Digest {
        self.set
    }

    /// The new public shares of all, by number: the next roster states them.
    pub fn public(&self) -> &[PublicShare] {
        &self.public
    }

    /// The new share of a receiver, from what each dealer handed to it.
    ///
    /// # Errors
    /// [`CustodyError::Steward`], with which dealer is wrong; [`CustodyError::NoPart`] if there is no share of this number.
    pub fn finish(&self, receiver: NonZeroU16, values: &Values) -> Result<Share, CustodyError> {
        let public = self.public.iter().find(|public| public.number() == receiver).ok_or(CustodyError::NoPart)?;
        all_and_only(values, self.dealings.keys().copied())?;
        let dealers: Vec<NonZeroU16> = self.dealings.keys().copied().collect();
        let mut secret = Zeroizing::new(Scalar::ZERO);
        for ((dealer, dealt), weight) in self.dealings.iter().zip(lagrange::coefficients(&dealers, 0)) {
            let value = self.header(*dealer, receiver).read(&values[dealer]);
            let value = value.and_then(|value| held_against(&value, dealt, receiver));
            let value = value.map_err(|wrong| CustodyError::steward(*dealer, wrong))?;
            *secret += weight * *value;
        }
        let share = Share::new(receiver, &Zeroizing::new(secret.to_bytes())).map_err(|_| CustodyError::Zero)?;
        // As it follows from the values: the last look before the share is in use.
        if share.public() == *public { Ok(share) } else { Err(CustodyError::NotOnePolynomial) }
    }

    const fn header(&self, dealer: NonZeroU16, receiver: NonZeroU16) -> Header {
        Header { step: Step::Resharing, ceremony: self.ceremony, set: self.set, dealer, receiver }
    }
}

/// A value that its dealer committed to.
fn held_against(bytes: &[u8; 32], dealt: &[RistrettoPoint], receiver: NonZeroU16) -> Result<Zeroizing<Scalar>, Wrong> {
    let value: Option<Scalar> = Scalar::from_canonical_bytes(*bytes).into();
    let value = Zeroizing::new(value.ok_or(Wrong::WrongValue)?);
    if RistrettoPoint::mul_base(&value) != committed(dealt, receiver) {
        return Err(Wrong::WrongValue);
    }
    Ok(value)
}
