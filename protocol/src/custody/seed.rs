//! From the seed of one steward's part to its random numbers.

use std::num::NonZeroU16;

use chacha20::ChaCha20Rng;
use frost_ristretto255::rand_core as older;
use rand_core::{Rng as _, SeedableRng as _};
use zeroize::Zeroizing;

use super::Sharing;
use crate::hash::{Digest, Label, keyed_digest};

/// What the numbers are for.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Generation,
    Resharing,
}

/// ChaCha20 from a seed that is derived from the steward's and from all that the polynomial depends on: the same numbers
/// never stand in two polynomials, from both of which somebody could have values.
pub(super) fn random(
    seed: &[u8; 32],
    purpose: Purpose,
    ceremony: &Digest,
    dealer: NonZeroU16,
    sharing: Sharing,
    constant: &[u8],
) -> ChaCha20Rng {
    let purpose: &[u8] = match purpose {
        Purpose::Generation => b"custody generation",
        Purpose::Resharing => b"custody resharing",
    };
    let [dealer, threshold, count] =
        [dealer, sharing.threshold, sharing.count].map(|number| number.get().to_be_bytes());
    let parts = [purpose, &ceremony.0, &dealer, &threshold, &count, constant];
    let derived = Zeroizing::new(keyed_digest(seed, Label::LocalKey, &parts).0);
    ChaCha20Rng::from_seed(*derived)
}

/// The same numbers for a crate that draws them by an older generation of `rand_core`.
pub(super) struct Older(pub(super) ChaCha20Rng);

impl older::RngCore for Older {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), older::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl older::CryptoRng for Older {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_any_chacha20() {
        let mut one = ChaCha20Rng::from_seed([7; 32]);
        let mut other = rand_chacha::ChaCha20Rng::from_seed([7; 32]);
        let (mut ours, mut theirs) = ([0; 300], [0; 300]);
        one.fill_bytes(&mut ours);
        other.fill_bytes(&mut theirs);
        assert_eq!(ours, theirs);
    }
}
