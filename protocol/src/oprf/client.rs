//! The asker's part: it blinds, checks what each steward answers, and combines the answers of t of them.

use std::{collections::BTreeSet, num::NonZeroU16};

use curve25519_dalek::{RistrettoPoint, Scalar};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    ELEMENTS_MAX, Element, Evaluation, INPUT_BYTES_MAX, OprfError, PublicShare,
    group::{doubled_elements, half, hash_to_group, points, random_scalar, sha512},
    lagrange::AtZero,
    proof::Claim,
};

/// The function's value: secret, as whoever has it can try inputs against a tag.
#[derive(Clone, Eq, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct Output(pub [u8; 64]);

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Output(..)")
    }
}

/// Inputs that are asked for, each hidden behind a factor of its own that is never used again.
pub struct Blinding {
    inputs: Vec<Zeroizing<Vec<u8>>>,
    factors: Zeroizing<Vec<Scalar>>,
    elements: Vec<Element>,
    points: Vec<RistrettoPoint>,
}

/// An evaluation whose proof held.
#[derive(Clone, Debug)]
pub struct Verified {
    number: NonZeroU16,
    points: Vec<RistrettoPoint>,
}

impl std::fmt::Debug for Blinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blinding").field("inputs", &self.inputs.len()).finish_non_exhaustive()
    }
}

impl Blinding {
    /// Hides inputs. What stewards get is uniformly random, whatever the inputs are and however often they are asked for.
    ///
    /// # Errors
    /// [`OprfError::BadInputs`] for none, more than [`ELEMENTS_MAX`], or one of more than [`INPUT_BYTES_MAX`] bytes.
    pub fn new<R: CryptoRng>(inputs: &[&[u8]], random: &mut R) -> Result<Self, OprfError> {
        Self::with(inputs, inputs.iter().map(|_| random_scalar(random)).collect())
    }

    pub(super) fn with(inputs: &[&[u8]], factors: Vec<Scalar>) -> Result<Self, OprfError> {
        let short = inputs.iter().all(|input| input.len() <= INPUT_BYTES_MAX);
        if !short || !(1..=ELEMENTS_MAX).contains(&inputs.len()) {
            return Err(OprfError::BadInputs);
        }
        let factors = Zeroizing::new(factors);
        let hidden = |(input, factor): (&&[u8], &Scalar)| hash_to_group(input) * half(factor);
        let halves: Vec<RistrettoPoint> = inputs.iter().zip(factors.iter()).map(hidden).collect();
        Ok(Self {
            inputs: inputs.iter().map(|input| Zeroizing::new(input.to_vec())).collect(),
            elements: doubled_elements(&halves),
            points: halves.iter().map(|half| half + half).collect(),
            factors,
        })
    }

    /// What stewards are given.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// Checks a steward's answer against its public share.
    ///
    /// # Errors
    /// [`OprfError::WrongCount`], [`OprfError::BadElement`] or [`OprfError::WrongProof`]: the steward is wrong, and another
    /// has to be asked.
    pub fn verify(&self, share: &PublicShare, evaluation: &Evaluation) -> Result<Verified, OprfError> {
        if evaluation.elements.len() != self.elements.len() {
            return Err(OprfError::WrongCount);
        }
        let points = points(&evaluation.elements)?;
        let claim = Claim { public: &share.element, blinded: &self.elements, evaluated: &evaluation.elements };
        claim.verify(&share.point, &self.points, &points, &evaluation.proof)?;
        Ok(Verified { number: share.number, points })
    }

    /// The outputs, in the order of the inputs: the same ones from any `threshold` evaluations. From shares of different
    /// keys they are those of no key that anybody meant. The evaluations have to be of this request.
    ///
    /// # Errors
    /// [`OprfError::TooFew`] for fewer evaluations than the key was shared for: their outputs would be those of the stewards
    /// that answered, and tell them the inputs. [`OprfError::SameShare`] if two are by one share;
    /// [`OprfError::WrongCount`] if one is of another request.
    pub fn finish(&self, threshold: NonZeroU16, answers: &[Verified]) -> Result<Vec<Output>, OprfError> {
        let numbers: BTreeSet<NonZeroU16> = answers.iter().map(|answer| answer.number).collect();
        if numbers.len() != answers.len() {
            return Err(OprfError::SameShare);
        }
        if answers.len() < usize::from(threshold.get()) {
            return Err(OprfError::TooFew);
        }
        if answers.iter().any(|answer| answer.points.len() != self.inputs.len()) {
            return Err(OprfError::WrongCount);
        }
        let numbers: Vec<NonZeroU16> = answers.iter().map(|answer| answer.number).collect();
        let at_zero = AtZero::of(&numbers);
        // One inversion for all: of each factor, of what the sums are too large by, and of the two of the doubling.
        let too_large = at_zero.denominator() + at_zero.denominator();
        let mut factors: Zeroizing<Vec<Scalar>> =
            Zeroizing::new(self.factors.iter().map(|factor| factor * too_large).collect());
        Scalar::invert_batch_alloc(&mut factors);
        let combined = |at: usize| at_zero.sum(answers.iter().map(move |answer| &answer.points[at]));
        let mut halves: Vec<RistrettoPoint> =
            factors.iter().enumerate().map(|(at, factor)| combined(at) * factor).collect();
        let mut unblinded = doubled_elements(&halves);
        let outputs = self.inputs.iter().zip(&unblinded).map(|(input, element)| finalize(input, element)).collect();
        // With these, guesses can be tried as with the outputs.
        halves.zeroize();
        unblinded.iter_mut().for_each(|element| element.0.zeroize());
        Ok(outputs)
    }
}

/// RFC 9497, section 3.3.1: Finalize.
fn finalize(input: &[u8], unblinded: &Element) -> Output {
    let length = u16::try_from(input.len()).expect("inputs were counted").to_be_bytes();
    Output(sha512([length.as_slice(), input, &[0, 32], &unblinded.0, b"Finalize"]))
}
