//! What stewards said of inputs that were asked before: saves their time and the member's budget. Sensitive, so it is in
//! memory only, bounded, wiped as it goes, and can be turned off.
//!
//! Kept under a keyed hash of the input, so that no canonical form stays in memory. What was not asked for since half of
//! the room was filled goes first.

use std::collections::HashMap;

use larum_protocol::{
    hash::{Digest, Label, keyed_digest},
    oprf::Output,
    roster::Stewards,
};
use parking_lot::Mutex;
use zeroize::Zeroizing;

/// Outputs by input.
pub(crate) struct Cache {
    key: Zeroizing<[u8; 32]>,
    /// Entries of each generation; none if it is off.
    room: usize,
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<Digest, Output>,
    old: HashMap<Digest, Output>,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("room", &self.room).finish_non_exhaustive()
    }
}

impl Cache {
    /// A cache of at most `entries`; of none, it is off. Off, too, if the system gives no random key.
    pub(crate) fn new(entries: u32) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        let room = if getrandom::fill(&mut *key).is_ok() { entries as usize / 2 } else { 0 };
        Self { key, room, generations: Mutex::default() }
    }

    /// What names a key: where two rosters gave an epoch two keys, what one said is nothing to the other.
    pub(super) fn of(&self, epoch: u32, stewards: &Stewards) -> Digest {
        let shares: Vec<&[u8]> = stewards.stewards.iter().map(|steward| steward.share.0.as_slice()).collect();
        keyed_digest(&self.key, Label::LocalKey, &[&epoch.to_be_bytes(), &shares.concat()])
    }

    /// What was said of an input with a key.
    pub(super) fn get(&self, of: &Digest, input: &[u8]) -> Option<Output> {
        if self.room == 0 {
            return None;
        }
        let name = self.name(of, input);
        let mut generations = self.generations.lock();
        let found = generations.young.get(&name).cloned();
        if found.is_some() {
            return found;
        }
        let again = generations.old.remove(&name)?;
        self.keep(&mut generations, name, again.clone());
        Some(again)
    }

    /// Keeps what was said.
    pub(super) fn put(&self, of: &Digest, input: &[u8], output: &Output) {
        if self.room > 0 {
            let name = self.name(of, input);
            self.keep(&mut self.generations.lock(), name, output.clone());
        }
    }

    fn keep(&self, generations: &mut Generations, name: Digest, output: Output) {
        if generations.young.len() >= self.room {
            generations.old = std::mem::take(&mut generations.young); // those before are wiped as they are dropped
        }
        generations.young.insert(name, output);
    }

    fn name(&self, of: &Digest, input: &[u8]) -> Digest {
        keyed_digest(&self.key, Label::LocalKey, &[&of.0, input])
    }
}

#[cfg(test)]
mod tests {
    use larum_protocol::{
        keys::PublicKey,
        oprf::Element,
        roster::{Budget, Steward},
    };

    use super::*;

    const KEY: Digest = Digest([9; 32]);

    fn output(byte: u8) -> Output {
        Output([byte; 64])
    }

    #[test]
    fn what_was_said_of_an_input_is_known_with_its_key_alone() {
        let cache = Cache::new(10);
        let stewards = |share| Stewards {
            generation: 1,
            threshold: 2,
            stewards: vec![Steward { number: 1, node: PublicKey([1; 32]), share: Element([share; 32]) }],
            budget: Budget(100),
        };
        let of = cache.of(1, &stewards(3));
        cache.put(&of, b"input", &output(7));
        assert_eq!(cache.get(&of, b"input"), Some(output(7)));
        assert_eq!(cache.get(&of, b"other"), None);
        // Neither in another epoch, nor with a rival's key of the same epoch
        assert_eq!(cache.get(&cache.of(2, &stewards(3)), b"input"), None);
        assert_eq!(cache.get(&cache.of(1, &stewards(4)), b"input"), None);
    }

    #[test]
    fn the_room_is_bounded_and_what_is_asked_for_again_stays() {
        let cache = Cache::new(8);
        cache.put(&KEY, &[0], &output(0));
        for number in 1..100 {
            cache.put(&KEY, &[number], &output(number));
            assert_eq!(cache.get(&KEY, &[0]), Some(output(0)), "after {number}");
            let generations = cache.generations.lock();
            assert!(generations.young.len() + generations.old.len() <= 8);
        }
        assert_eq!(cache.get(&KEY, &[1]), None);
    }

    #[test]
    fn nothing_is_kept_where_it_is_off() {
        let cache = Cache::new(0);
        cache.put(&KEY, b"input", &output(7));
        assert_eq!(cache.get(&KEY, b"input"), None);
    }
}
