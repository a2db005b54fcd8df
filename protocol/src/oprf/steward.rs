//! A steward's part: it multiplies what it is given by its share, and proves that it did.

use std::num::NonZeroU16;

use curve25519_dalek::{RistrettoPoint, Scalar};
use minicbor::{Decode, Encode};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    ELEMENTS_MAX, Element, NUMBER_MAX, OprfError,
    group::{doubled_elements, element, half, point, points, scalar},
    proof::{Claim, Proof},
};
use crate::codec;

/// A steward's share of the key: its number and the value of the sharing polynomial there.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Share {
    #[zeroize(skip)]
    number: NonZeroU16,
    secret: Scalar,
    #[zeroize(skip)]
    public: Element,
}

/// What everybody knows of a share: its number, and its value times the base point.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PublicShare {
    pub(super) number: NonZeroU16,
    pub(super) element: Element,
    pub(super) point: RistrettoPoint,
}

/// A steward's answer.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Evaluation {
    /// Each blinded element times the share, in the order asked.
    #[cbor(n(0), decode_with = "codec::list::<_, _, ELEMENTS_MAX>")]
    pub elements: Vec<Element>,
    /// That all of them were multiplied by the share that the roster says.
    #[n(1)]
    pub proof: Proof,
}

impl Evaluation {
    /// Whether it is not what the steward of a share has to answer to some elements: what anybody can tell who is shown
    /// the question and the signed answer. Never where the question itself is none.
    pub fn is_wrong(&self, share: &PublicShare, blinded: &[Element]) -> bool {
        let Ok(asked) = points(blinded) else { return false };
        let claim = Claim { public: &share.element, blinded, evaluated: &self.elements };
        let holds =
            |evaluated: Vec<RistrettoPoint>| claim.verify(&share.point, &asked, &evaluated, &self.proof).is_ok();
        self.elements.len() != blinded.len() || !points(&self.elements).is_ok_and(holds)
    }
}

impl std::fmt::Debug for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Share").field("number", &self.number).finish_non_exhaustive()
    }
}

impl PublicShare {
    /// A share as a roster states it.
    ///
    /// # Errors
    /// [`OprfError::BadElement`] if it is not an element, or the identity; [`OprfError::BadNumber`] if no share has this
    /// number.
    pub fn new(number: NonZeroU16, element: Element) -> Result<Self, OprfError> {
        if number.get() > NUMBER_MAX {
            return Err(OprfError::BadNumber);
        }
        Ok(Self { number, element, point: point(&element)? })
    }

    /// Which share it is: where the sharing polynomial has its value.
    pub const fn number(&self) -> NonZeroU16 {
        self.number
    }

    pub(crate) const fn point(&self) -> &RistrettoPoint {
        &self.point
    }

    /// As a roster states it.
    pub const fn element(&self) -> Element {
        self.element
    }
}

impl Share {
    /// The share of this number.
    ///
    /// # Errors
    /// [`OprfError::BadScalar`] if the bytes are not a scalar in its one encoding, or zero; [`OprfError::BadNumber`] if no
    /// share has this number.
    pub fn new(number: NonZeroU16, bytes: &[u8; 32]) -> Result<Self, OprfError> {
        if number.get() > NUMBER_MAX {
            return Err(OprfError::BadNumber);
        }
        let secret = scalar(bytes)?;
        Ok(Self { number, secret, public: element(&RistrettoPoint::mul_base(&secret)) })
    }

    /// Which share it is.
    pub const fn number(&self) -> NonZeroU16 {
        self.number
    }

    /// The secret, for its steward to keep.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.secret.to_bytes())
    }

    pub(crate) const fn secret(&self) -> &Scalar {
        &self.secret
    }

    /// What everybody may know of it.
    pub fn public(&self) -> PublicShare {
        PublicShare::new(self.number, self.public).expect("a scalar that is not zero gives an element")
    }

    /// Evaluates a batch.
    ///
    /// # Errors
    /// [`OprfError::BadInputs`] for no element or more than [`ELEMENTS_MAX`]; [`OprfError::BadElement`] for bytes that are
    /// none. Nothing was computed with the share then.
    pub fn evaluate<R: CryptoRng>(&self, blinded: &[Element], random: &mut R) -> Result<Evaluation, OprfError> {
        if !(1..=ELEMENTS_MAX).contains(&blinded.len()) {
            return Err(OprfError::BadInputs);
        }
        let decoded = points(blinded)?;
        let halves = self.half_multiplied(&decoded);
        let elements = doubled_elements(&halves);
        let claim = Claim { public: &self.public, blinded, evaluated: &elements };
        let proof = claim.prove(&self.secret, &decoded, &halves, random);
        Ok(Evaluation { elements, proof })
    }

    /// Half of each point times the share.
    fn half_multiplied(&self, points: &[RistrettoPoint]) -> Vec<RistrettoPoint> {
        let half = Zeroizing::new(half(&self.secret));
        points.iter().map(|point| point * *half).collect()
    }
}
