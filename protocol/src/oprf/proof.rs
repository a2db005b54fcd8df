//! The proof that many elements were multiplied by one share (RFC 9497, section 2.2: a batched Chaum-Pedersen proof that
//! two logarithms are equal).

use curve25519_dalek::{RistrettoPoint, Scalar, traits::VartimeMultiscalarMul as _};
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    Element, OprfError,
    group::{CONTEXT, doubled_elements, half, hash_to_scalar, random_scalar, sha512},
};
use crate::hash::byte_string;

/// What the seed of the weights is hashed with.
const SEED_TAG: &[u8] = b"Seed-";

/// Challenge and response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Proof(pub [u8; 64]);

byte_string!(Proof, Proof, 64);

/// What is proven: `evaluated[i]` is `blinded[i]` times the logarithm of `public`.
pub(super) struct Claim<'a> {
    pub(super) public: &'a Element,
    pub(super) blinded: &'a [Element],
    pub(super) evaluated: &'a [Element],
}

impl Claim<'_> {
    /// Half the weight of each element in the sums that stand for all (ComputeComposites): the sums are doubled as they are
    /// compressed.
    fn half_weights(&self) -> Vec<Scalar> {
        let tag_length = [0, SEED_TAG.len() as u8 + CONTEXT.len() as u8];
        let seed = sha512([[0, 32].as_slice(), &self.public.0, &tag_length, SEED_TAG, CONTEXT]);
        let weight = |(index, (blinded, evaluated)): (usize, (&Element, &Element))| {
            let index = u16::try_from(index).expect("a batch is counted in two bytes").to_be_bytes();
            let parts: [&[u8]; 8] =
                [&[0, 64], &seed, &index, &[0, 32], &blinded.0, &[0, 32], &evaluated.0, b"Composite"];
            half(&hash_to_scalar(&parts))
        };
        self.blinded.iter().zip(self.evaluated).enumerate().map(weight).collect()
    }

    /// Of the sums of what was blinded and evaluated, and of what the proof commits to: half of each.
    fn challenge(&self, halves: [RistrettoPoint; 4]) -> Scalar {
        let elements = doubled_elements(&halves);
        let length: &[u8] = &[0, 32];
        let mut parts: Vec<&[u8]> = Vec::with_capacity(11);
        for element in std::iter::once(self.public).chain(&elements) {
            parts.extend([length, &element.0]);
        }
        parts.push(b"Challenge");
        hash_to_scalar(&parts)
    }

    /// Proves it, for whoever knows the logarithm: of the points `blinded`, with half of what each was multiplied to.
    pub(super) fn prove<R: CryptoRng>(
        &self,
        secret: &Scalar,
        blinded: &[RistrettoPoint],
        halves: &[RistrettoPoint],
        random: &mut R,
    ) -> Proof {
        // Whoever has it and the proof has the share.
        let nonce = Zeroizing::new(random_scalar(random));
        self.prove_with(secret, blinded, halves, &nonce)
    }

    pub(super) fn prove_with(
        &self,
        secret: &Scalar,
        blinded: &[RistrettoPoint],
        halves: &[RistrettoPoint],
        nonce: &Scalar,
    ) -> Proof {
        let weights = self.half_weights();
        let sum = RistrettoPoint::vartime_multiscalar_mul(&weights, blinded);
        let evaluated = match (halves, &weights[..]) {
            // What is public is multiplied faster than by the secret, as long as it is but one.
            ([half], [weight]) => RistrettoPoint::vartime_multiscalar_mul([weight + weight], [half]),
            _ => sum * secret,
        };
        let one = RistrettoPoint::mul_base(&Zeroizing::new(half(nonce)));
        let challenge = self.challenge([sum, evaluated, one, sum * nonce]);
        let mut proof = [0; 64];
        proof[..32].copy_from_slice(&challenge.to_bytes());
        proof[32..].copy_from_slice(&(nonce - challenge * secret).to_bytes());
        Proof(proof)
    }

    /// Checks a proof. All of it is public, so variable time tells nothing.
    pub(super) fn verify(
        &self,
        public: &RistrettoPoint,
        blinded: &[RistrettoPoint],
        evaluated: &[RistrettoPoint],
        proof: &Proof,
    ) -> Result<(), OprfError> {
        let scalar = |bytes: &[u8]| {
            let bytes: [u8; 32] = bytes.try_into().expect("half a proof");
            Option::<Scalar>::from(Scalar::from_canonical_bytes(bytes)).ok_or(OprfError::WrongProof)
        };
        let (challenge, response) = (scalar(&proof.0[..32])?, scalar(&proof.0[32..])?);
        let weights = self.half_weights();
        let all_blinded = RistrettoPoint::vartime_multiscalar_mul(&weights, blinded);
        let all_evaluated = RistrettoPoint::vartime_multiscalar_mul(&weights, evaluated);
        let one = RistrettoPoint::vartime_double_scalar_mul_basepoint(&half(&challenge), public, &half(&response));
        let other = RistrettoPoint::vartime_multiscalar_mul([response, challenge], [all_blinded, all_evaluated]);
        let expected = self.challenge([all_blinded, all_evaluated, one, other]);
        if expected == challenge { Ok(()) } else { Err(OprfError::WrongProof) }
    }
}
