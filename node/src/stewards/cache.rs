//! What stewards said of inputs that were asked before: saves their time and the member's budget. Sensitive, so it is in
//! memory only, bounded, wiped as it goes, and can be turned off.
//!
//! Kept under a keyed hash of the input, so that no canonical form stays in memory. What was not asked for since half of
//! the room was filled goes first.

use std::collections::HashMap;

use larum_protocol::{
    hash::{Digest, Label, keyed_digest},
    oprf::Output,
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

    /// What was said of an input in an epoch.
    pub(super) fn get(&self, epoch: u32, input: &[u8]) -> Option<Output> {
        if self.room == 0 {
            return None;
        }
        let name = self.name(epoch, input);
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
    pub(super) fn put(&self, epoch: u32, input: &[u8], output: &Output) {
        if self.room > 0 {
            let name = self.name(epoch, input);
            self.keep(&mut self.generations.lock(), name, output.clone());
        }
    }

    fn keep(&self, generations: &mut Generations, name: Digest, output: Output) {
        if generations.young.len() >= self.room {
            generations.old = std::mem::take(&mut generations.young); // those before are wiped as they are dropped
        }
        generations.young.insert(name, output);
    }

    fn name(&self, epoch: u32, input: &[u8]) -> Digest {
        keyed_digest(&self.key, Label::LocalKey, &[&epoch.to_be_bytes(), input])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(byte: u8) -> Output {
        Output([byte; 64])
    }

    #[test]
    fn what_was_said_of_an_input_is_known_in_its_epoch_alone() {
        let cache = Cache::new(10);
        cache.put(1, b"input", &output(7));
        assert_eq!(cache.get(1, b"input"), Some(output(7)));
        assert_eq!(cache.get(2, b"input"), None);
        assert_eq!(cache.get(1, b"other"), None);
    }

    #[test]
    fn the_room_is_bounded_and_what_is_asked_for_again_stays() {
        let cache = Cache::new(8);
        cache.put(1, &[0], &output(0));
        for number in 1..100 {
            cache.put(1, &[number], &output(number));
            assert_eq!(cache.get(1, &[0]), Some(output(0)), "after {number}");
            let generations = cache.generations.lock();
            assert!(generations.young.len() + generations.old.len() <= 8);
        }
        assert_eq!(cache.get(1, &[1]), None);
    }

    #[test]
    fn nothing_is_kept_where_it_is_off() {
        let cache = Cache::new(0);
        cache.put(1, b"input", &output(7));
        assert_eq!(cache.get(1, b"input"), None);
    }
}
