//! Which deliveries were accepted before, so that none is worked off twice.
//!
//! Invariant: what is remembered is never younger than a vendor's last retry when it is forgotten: rather than that, a new
//! delivery is told to come back.

use std::collections::{HashMap, VecDeque};

use super::record::Key;
use crate::hooks::vendor::OLD_MS;

/// Keys that are remembered: 64 MB of memory.
const KEYS_MAX: usize = 1_000_000;
/// Milliseconds for which a key is remembered where there is room: some vendors sign no time, and what they sent can be
/// sent again by whoever has it.
const LONG_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// Milliseconds for which it is remembered in any case: twice as long as any vendor tries.
pub(super) const SURE_MS: u64 = 2 * 24 * 60 * 60 * 1_000;
const _: () = assert!(SURE_MS > OLD_MS && LONG_MS > SURE_MS);

/// The keys, and when each was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    at: HashMap<Key, u64>,
    order: VecDeque<(u64, Key)>,
}

impl Seen {
    /// Whether one of these was seen.
    pub(super) fn any(&self, keys: &[Key]) -> bool {
        keys.iter().any(|key| self.at.contains_key(key))
    }

    /// Whether so many more can be remembered.
    pub(super) fn has_room(&mut self, count: usize, now: u64) -> bool {
        self.has_room_within(count, now, KEYS_MAX)
    }

    fn has_room_within(&mut self, count: usize, now: u64, max: usize) -> bool {
        while let Some((at, key)) = self.order.front().copied() {
            if at > now {
                // The clock was wrong then, and nothing behind this one would ever be forgotten.
                self.order[0].0 = now;
                break;
            }
            let age = now - at;
            let full = self.at.len() + count > max;
            if age < SURE_MS || (age < LONG_MS && !full) {
                break;
            }
            self.order.pop_front();
            self.at.remove(&key);
        }
        self.at.len() + count <= max
    }

    /// Remembers keys.
    pub(super) fn insert(&mut self, keys: impl IntoIterator<Item = Key>, at: u64) {
        for key in keys {
            if self.at.insert(key, at).is_none() {
                self.order.push_back((at, key));
            }
        }
    }

    /// The time before which nothing is remembered.
    pub(super) fn since(&self) -> u64 {
        self.order.front().map_or(u64::MAX, |(at, _)| *at)
    }

    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        self.at.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn key(number: u8) -> Key {
        [number; 16]
    }

    #[test]
    fn a_key_of_a_clock_that_was_ahead_is_forgotten_in_its_turn_and_holds_up_no_other() {
        let mut seen = Seen::default();
        seen.insert([key(1)], 100 * LONG_MS);
        seen.insert([key(2)], 5);
        assert!(seen.has_room_within(0, 10, 3) && seen.any(&[key(1)]) && seen.any(&[key(2)]));
        assert!(seen.has_room_within(1, 10 + LONG_MS, 3) && seen.len() == 0);
    }

    #[test]
    fn a_key_is_known_until_it_is_old_or_there_is_no_room_and_never_forgotten_while_it_could_come_again() {
        let mut seen = Seen::default();
        seen.insert([key(1)], 0);
        seen.insert([key(2)], SURE_MS);
        assert!(seen.any(&[key(9), key(1)]) && !seen.any(&[key(9)]));
        assert!(seen.has_room_within(1, SURE_MS, 3) && seen.any(&[key(1)]), "there is room");
        assert!(seen.has_room_within(1, SURE_MS, 2) && !seen.any(&[key(1)]), "the old one made room");
        assert!(!seen.has_room_within(1, SURE_MS + 1, 1) && seen.any(&[key(2)]), "the young one does not");
        assert!(seen.has_room_within(1, SURE_MS + LONG_MS, 10) && seen.len() == 0, "in the end each is forgotten");
    }
}
