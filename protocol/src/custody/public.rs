//! Whether public shares belong together, and what they are shares of.

use std::num::NonZeroU16;

use curve25519_dalek::{RistrettoPoint, Scalar, traits::VartimeMultiscalarMul as _};

use super::{CustodyError, STEWARDS_MAX, THRESHOLD_MIN};
use crate::oprf::{Element, PublicShare, group, lagrange};

/// The public key that public shares stand for: they have to lie on one polynomial of degree `threshold - 1` (Shamir, 1979,
/// in the exponent), so that any `threshold` of the shares come to the same key.
///
/// # Errors
/// [`CustodyError::BadSharing`] for a threshold out of bounds; [`CustodyError::NotOnePolynomial`] if they do not lie on one,
/// if two have the same number, or if they are fewer than the threshold; [`CustodyError::Zero`] if the key is zero.
pub fn public_key(shares: &[PublicShare], threshold: NonZeroU16) -> Result<Element, CustodyError> {
    if !(THRESHOLD_MIN..=STEWARDS_MAX).contains(&threshold.get()) {
        return Err(CustodyError::BadSharing);
    }
    let numbers: Vec<NonZeroU16> = shares.iter().map(PublicShare::number).collect();
    let twice = (1..numbers.len()).any(|at| numbers[..at].contains(&numbers[at]));
    let (Some((first, rest)), false) = (shares.split_at_checked(usize::from(threshold.get())), twice) else {
        return Err(CustodyError::NotOnePolynomial);
    };
    let numbers = &numbers[..first.len()];
    let value = |at: u16| {
        RistrettoPoint::vartime_multiscalar_mul(
            lagrange::coefficients(numbers, at),
            first.iter().map(PublicShare::point),
        )
    };
    if rest.iter().any(|share| value(share.number().get()) != *share.point()) {
        return Err(CustodyError::NotOnePolynomial);
    }
    let key = group::element(&value(0));
    group::point(&key).map_or(Err(CustodyError::Zero), |_| Ok(key))
}

/// What a polynomial that was committed to has at a place, times the base point (Feldman, 1987).
pub(super) fn committed(commitments: &[RistrettoPoint], at: NonZeroU16) -> RistrettoPoint {
    let at = Scalar::from(at.get());
    let powers = std::iter::successors(Some(Scalar::ONE), |power| Some(power * at)).take(commitments.len());
    RistrettoPoint::vartime_multiscalar_mul(powers.collect::<Vec<_>>(), commitments)
}
