//! Randomness from a seed that is printed, so that a failure can be repeated.

use std::ops::Range;

use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};

/// A generator that says what it was seeded with.
#[derive(Debug)]
pub struct Seeded(StdRng);

impl Seeded {
    /// The generator of a test: seeded by `LARUM_SEED`, else by `default`.
    pub fn new(test: &str, default: u64) -> Self {
        let seed = std::env::var("LARUM_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(default);
        eprintln!("{test}: seed {seed} (set LARUM_SEED to repeat another)");
        Self(StdRng::seed_from_u64(seed))
    }

    /// The generator itself, for whoever draws from one.
    pub fn generator(&mut self) -> &mut StdRng {
        &mut self.0
    }

    /// One of a range.
    pub fn below(&mut self, range: Range<u64>) -> u64 {
        self.0.random_range(range)
    }

    /// One of a slice.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(0..from.len() as u64) as usize]
    }

    /// So many bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// 32 bytes.
    pub fn seed32(&mut self) -> [u8; 32] {
        self.bytes(32).try_into().expect("32 were asked for")
    }
}
