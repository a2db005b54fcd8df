//! From a tag that a peer chose to a key that nobody can aim.
//!
//! Whoever can choose bucket numbers can put a million tags into one bucket. So every tag is hashed again, under a secret
//! of this node, before it meets a table, a directory or a filter.
//!
//! The function is SipHash-1-3 with 128 bits of output (Aumasson and Bernstein, 2012), which was designed against exactly
//! this flooding and is what Rust's own `HashMap` uses. Keyed BLAKE3 would do as well and takes six times as long, 60 ns
//! against 10, which is more than all the rest of a miss. The output never leaves the node, it does not hide tags (they
//! lie in the logs beside it), and a hit is compared with the full tag by the caller; so flooding resistance is all that
//! is asked of it.
//!
//! Invariant: all 32 bytes of a tag count, so tags that share a prefix are as far apart as any.

use std::fmt;

use siphasher::sip128::SipHasher13;

use super::Place;

/// Derives the SipHash key from the caller's secret.
const CONTEXT_KEY: &str = "larum index 2026-11-22 siphash key";
/// Derives the mark by which a manifest recognises its secret.
const CONTEXT_MARK: &str = "larum index 2026-11-22 secret mark";

/// The hidden key of a tag: 128 bits, in the order in which segments are sorted.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Key {
    /// The upper half: picks partition, bucket and filter slots.
    pub(crate) high: u64,
    /// The lower half: picks the slot in the table of what is new.
    pub(super) low: u64,
}

/// One tag's key and one place where a statement carries it. Ordered as in a segment.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) place: Place,
}

/// Re-keys tags under the node's secret.
#[derive(Clone)]
pub(super) struct Rekey {
    hasher: SipHasher13,
    mark: [u8; 16],
}

impl Rekey {
    pub(super) fn new(secret: &[u8; 32]) -> Self {
        let derived = blake3::derive_key(CONTEXT_KEY, secret);
        let (first, rest) = derived.split_first_chunk().expect("32 bytes hold 8");
        let (second, _) = rest.split_first_chunk().expect("24 bytes hold 8");
        let marked = blake3::derive_key(CONTEXT_MARK, secret);
        Self {
            hasher: SipHasher13::new_with_keys(
                u64::from_le_bytes(*first),
                u64::from_le_bytes(*second),
            ),
            mark: *marked.first_chunk().expect("32 bytes hold 16"),
        }
    }

    /// The key of `tag`, about 10 ns.
    #[inline]
    pub(super) fn key(&self, tag: &[u8; 32]) -> Key {
        let hash = self.hasher.hash(tag);
        Key {
            high: hash.h1,
            low: hash.h2,
        }
    }

    /// Tells this secret from another without revealing either.
    pub(super) fn mark(&self) -> [u8; 16] {
        self.mark
    }
}

impl fmt::Debug for Rekey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rekey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_depends_on_every_byte_of_the_tag_and_on_the_secret() {
        let rekey = Rekey::new(&[7; 32]);
        let tag = [9; 32];
        for byte in 0..32 {
            let mut other = tag;
            other[byte] ^= 1;
            assert_ne!(rekey.key(&tag), rekey.key(&other), "byte {byte}");
        }
        let elsewhere = Rekey::new(&[8; 32]);
        assert_ne!(rekey.key(&tag), elsewhere.key(&tag));
        assert_ne!(rekey.mark(), elsewhere.mark());
    }

    #[test]
    fn the_secret_does_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", Rekey::new(&[7; 32])), "Rekey { .. }");
    }
}
