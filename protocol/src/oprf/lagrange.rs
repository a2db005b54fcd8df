//! Lagrange's coefficients: what each share of a polynomial weighs in the polynomial's value at some place.
//!
//! Share numbers are small, so at zero the coefficients are small integers over one common denominator: a point is
//! multiplied by them with a handful of additions, and the denominator goes into a factor that is multiplied by anyway.

use std::num::NonZeroU16;

use curve25519_dalek::{RistrettoPoint, Scalar, traits::Identity as _};

/// Coefficients at zero.
pub(super) struct AtZero {
    numerators: Vec<i64>,
    denominator: u64,
}

impl AtZero {
    /// Of the shares of these numbers: different ones of at most [`super::NUMBER_MAX`], with which nothing overflows.
    pub(super) fn of(numbers: &[NonZeroU16]) -> Self {
        let fractions: Vec<(i64, i64)> = numbers.iter().map(|own| fraction(*own, numbers)).collect();
        let common = fractions.iter().fold(1, |common, (_, below)| common / divisor(common, *below) * below);
        let numerators = fractions.iter().map(|(above, below)| above * (common / below)).collect();
        Self { numerators, denominator: common.unsigned_abs() }
    }

    /// What the sums of [`AtZero::sum`] still have to be divided by.
    pub(super) fn denominator(&self) -> Scalar {
        Scalar::from(self.denominator)
    }

    /// The points, each times its numerator. In variable time: numbers and points are public.
    pub(super) fn sum<'a>(&self, points: impl Iterator<Item = &'a RistrettoPoint> + Clone) -> RistrettoPoint {
        let bits =
            self.numerators.iter().map(|numerator| 64 - numerator.unsigned_abs().leading_zeros()).max().unwrap_or(0);
        (0..bits).rev().fold(RistrettoPoint::identity(), |sum, bit| {
            let with_bit = self.numerators.iter().zip(points.clone());
            let with_bit = with_bit.filter(|(numerator, _)| numerator.unsigned_abs() >> bit & 1 == 1);
            with_bit.fold(sum + sum, |sum, (numerator, point)| if *numerator < 0 { sum - point } else { sum + point })
        })
    }
}

/// The coefficient of one number, in lowest terms and with what is below positive.
fn fraction(own: NonZeroU16, all: &[NonZeroU16]) -> (i64, i64) {
    let others = all.iter().filter(|other| **other != own).map(|other| i64::from(other.get()));
    let own = i64::from(own.get());
    let (above, below) = others.fold((1, 1), |(above, below), other| (above * other, below * (other - own)));
    let common = divisor(above, below) * below.signum();
    (above / common, below / common)
}

/// The greatest common divisor.
fn divisor(one: i64, other: i64) -> i64 {
    if other == 0 { one.abs() } else { divisor(other, one % other) }
}

/// The coefficients for the value at any place. The numbers have to be different.
pub(crate) fn coefficients(numbers: &[NonZeroU16], at: u16) -> Vec<Scalar> {
    let at = Scalar::from(at);
    let place = |number: &NonZeroU16| Scalar::from(number.get());
    let coefficient = |own: &NonZeroU16| {
        let others = numbers.iter().filter(|other| *other != own).map(place);
        let (above, below) = others.fold((Scalar::ONE, Scalar::ONE), |(above, below), other| {
            (above * (other - at), below * (other - place(own)))
        });
        above * below.invert()
    };
    numbers.iter().map(coefficient).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oprf::NUMBER_MAX;

    fn numbers(chosen: u32) -> Vec<NonZeroU16> {
        (1..=NUMBER_MAX).filter(|number| chosen >> (number - 1) & 1 == 1).filter_map(NonZeroU16::new).collect()
    }

    /// 5 + 3 x + 2 x^2
    fn value(x: u16) -> Scalar {
        Scalar::from(5 + 3 * u64::from(x) + 2 * u64::from(x) * u64::from(x))
    }

    #[test]
    fn coefficients_give_a_polynomial_back_wherever_it_is_asked_for() {
        let numbers = [1, 4, 7].map(|number| NonZeroU16::new(number).expect("not zero"));
        for at in [0, 1, 2, 4, 9] {
            let weights = coefficients(&numbers, at);
            let sum: Scalar = numbers.iter().zip(weights).map(|(number, weight)| value(number.get()) * weight).sum();
            assert_eq!(sum, value(at));
        }
    }

    #[test]
    fn integers_over_one_denominator_are_the_coefficients_at_zero_and_never_overflow() {
        for chosen in 1..1_u32 << NUMBER_MAX {
            let numbers = numbers(chosen);
            let at_zero = AtZero::of(&numbers);
            // The sum over the constant polynomial 1 is 1.
            let sum: i128 = at_zero.numerators.iter().map(|numerator| i128::from(*numerator)).sum();
            assert_eq!(sum, i128::from(at_zero.denominator), "{numbers:?}");
            // And over x it is 0.
            let by_number = at_zero.numerators.iter().zip(&numbers);
            let sum: i128 = by_number.map(|(numerator, x)| i128::from(*numerator) * i128::from(x.get())).sum();
            assert_eq!(sum, if numbers.len() > 1 { 0 } else { i128::from(numbers[0].get()) }, "{numbers:?}");
        }
    }

    #[test]
    fn points_are_summed_as_scalars_are() {
        for chosen in [0b1, 0b111, 0b1001001, 0b100_0000_0000_0001, 0b111_1111_1111_1111] {
            let numbers = numbers(chosen);
            let points: Vec<RistrettoPoint> =
                numbers.iter().map(|number| RistrettoPoint::mul_base(&value(number.get()))).collect();
            let at_zero = AtZero::of(&numbers);
            let sum = at_zero.sum(points.iter());
            let weights = coefficients(&numbers, 0);
            let expected: RistrettoPoint = points.iter().zip(weights).map(|(point, weight)| point * weight).sum();
            assert_eq!(sum, expected * at_zero.denominator());
        }
    }
}
