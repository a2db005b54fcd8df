//! The table of what is new: everything inserted since the last segment was begun.
//!
//! A hash table leads from a key to its newest entry in a vector, and every entry to the one before it with the same key.
//! So a tag that a thousand statements carry costs as little to add to as any other; a table with a slot an entry would
//! walk all thousand slots for each one more.
//!
//! In front stands a sieve of atomic words, which tells nearly every miss apart without the lock: taking a lock is a
//! memory fence, and a fence keeps the processor from overlapping the memory accesses of one look-up with the next.
//!
//! Invariant: never more than `capacity` entries, and all memory is asked for at once, so an insert never rehashes.
//! Invariant: nothing enters after [`Fresh::seal`], so what is written to a segment is all of it.

use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashTable;
use parking_lot::RwLock;

use super::{
    Place,
    key::{Entry, Key},
};

/// Ends the chain of entries with one key.
const NONE: u32 = u32::MAX;
/// Entries added under one lock: a look-up that passes the sieve waits for at most these, some 10 us.
const PUSH_CHUNK: usize = 128;
/// Of the sieve: one word for so many entries, three bits each. About one miss in 30 passes a full one.
const ENTRIES_PER_WORD: usize = 8;

/// What is new, bounded.
#[derive(Debug)]
pub(super) struct Fresh {
    sieve: Box<[AtomicU64]>,
    chains: RwLock<Chains>,
}

#[derive(Debug)]
struct Chains {
    /// From a key to the position of its newest entry.
    heads: HashTable<u32>,
    links: Vec<Link>,
    /// 0 once sealed.
    capacity: usize,
}

#[derive(Debug)]
struct Link {
    entry: Entry,
    /// The position of the entry before this one with the same key.
    previous: u32,
}

impl Fresh {
    /// A table for at most `capacity` entries, which must be below 2^32 - 1.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        assert!(capacity < NONE as usize, "positions are 32 bits wide");
        let words = capacity.div_ceil(ENTRIES_PER_WORD).next_power_of_two();
        Self {
            sieve: (0..words).map(|_| AtomicU64::new(0)).collect(),
            chains: RwLock::new(Chains {
                heads: HashTable::with_capacity(capacity),
                links: Vec::with_capacity(capacity),
                capacity,
            }),
        }
    }

    /// Adds entries until they end, which is `true`, or the table is full or sealed. What is added is taken.
    #[must_use]
    pub(super) fn push(&self, entries: &mut &[Entry]) -> bool {
        while !entries.is_empty() {
            let mut chains = self.chains.write();
            let room = chains.capacity.saturating_sub(chains.links.len());
            if room == 0 {
                return false;
            }
            let (chunk, rest) = entries.split_at(entries.len().min(room).min(PUSH_CHUNK));
            for entry in chunk {
                let (word, bits) = self.sieve_of(entry.key);
                word.fetch_or(bits, Ordering::Relaxed);
                chains.push(*entry);
            }
            *entries = rest;
        }
        true
    }

    /// Refuses entries from now on.
    pub(super) fn seal(&self) {
        self.chains.write().capacity = 0;
    }

    /// Gives every place of `key` to `hit`, newest first.
    #[inline]
    pub(super) fn find(&self, key: Key, hit: impl FnMut(Place)) {
        // Relaxed: whoever knows that an insert has returned knows its bits, and nobody else is promised anything.
        let (word, bits) = self.sieve_of(key);
        if word.load(Ordering::Relaxed) & bits == bits {
            self.chains.read().find(key, hit);
        }
    }

    /// The word of the sieve for `key`, and which of its bits.
    #[inline]
    fn sieve_of(&self, key: Key) -> (&AtomicU64, u64) {
        let word = key.low as usize & (self.sieve.len() - 1);
        let bits = [34, 40, 46].map(|shift| 1 << ((key.low >> shift) & 63));
        (&self.sieve[word], bits[0] | bits[1] | bits[2])
    }

    /// All entries in the order of a segment, each once.
    pub(super) fn sorted(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self
            .chains
            .read()
            .links
            .iter()
            .map(|link| link.entry)
            .collect();
        entries.sort_unstable();
        entries.dedup();
        entries
    }

    pub(super) fn len(&self) -> usize {
        self.chains.read().links.len()
    }

    /// Bytes of memory asked for; pages not written yet are not resident.
    pub(super) fn memory_bytes(&self) -> u64 {
        let chains = self.chains.read();
        let links = chains.links.capacity() * size_of::<Link>();
        (chains.heads.allocation_size() + links + size_of_val(&*self.sieve)) as u64
    }
}

impl Chains {
    fn push(&mut self, entry: Entry) {
        let position = u32::try_from(self.links.len()).expect("below the capacity, which fits");
        let links = &self.links;
        let same = |&head: &u32| links[head as usize].entry.key == entry.key;
        let mut previous = NONE;
        if let Some(head) = self.heads.find_mut(entry.key.low, same) {
            previous = std::mem::replace(head, position);
        } else {
            let hash = |&head: &u32| links[head as usize].entry.key.low;
            self.heads.insert_unique(entry.key.low, position, hash);
        }
        self.links.push(Link { entry, previous });
    }

    fn find(&self, key: Key, mut hit: impl FnMut(Place)) {
        let same = |&head: &u32| self.links[head as usize].entry.key == key;
        let mut next = self.heads.find(key.low, same).copied().unwrap_or(NONE);
        while let Some(link) = self.links.get(next as usize) {
            hit(link.entry.place);
            next = link.previous;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(high: u64, low: u64, place: u64) -> Entry {
        Entry {
            key: Key { high, low },
            place: Place(place),
        }
    }

    fn places(fresh: &Fresh, high: u64, low: u64) -> Vec<u64> {
        let mut found = Vec::new();
        fresh.find(Key { high, low }, |place| found.push(place.0));
        found
    }

    #[test]
    fn keys_that_share_a_slot_stay_apart() {
        let fresh = Fresh::with_capacity(8);
        assert!(fresh.push(&mut &[entry(1, 5, 10), entry(2, 5, 20), entry(1, 5, 11)][..]));
        assert_eq!(places(&fresh, 1, 5), [11, 10]);
        assert_eq!(places(&fresh, 2, 5), [20]);
        assert_eq!(places(&fresh, 3, 5), [0_u64; 0]);
    }

    #[test]
    fn a_full_table_takes_what_fits_and_refuses_the_rest() {
        let fresh = Fresh::with_capacity(2);
        let entries = [entry(1, 1, 1), entry(2, 2, 2), entry(3, 3, 3)];
        let mut left = &entries[..];
        assert!(!fresh.push(&mut left));
        assert_eq!(left, &entries[2..]);
        assert_eq!(places(&fresh, 3, 3), [0_u64; 0]);
    }

    #[test]
    fn a_sealed_table_refuses_and_keeps_what_it_has() {
        let fresh = Fresh::with_capacity(8);
        assert!(fresh.push(&mut &[entry(1, 1, 1)][..]));
        fresh.seal();
        assert!(!fresh.push(&mut &[entry(2, 2, 2)][..]));
        assert_eq!((fresh.len(), places(&fresh, 1, 1)), (1, vec![1]));
    }

    #[test]
    fn sorting_drops_what_was_inserted_twice() {
        let fresh = Fresh::with_capacity(8);
        let entries = [
            entry(2, 0, 1),
            entry(1, 0, 2),
            entry(1, 0, 1),
            entry(2, 0, 1),
        ];
        assert!(fresh.push(&mut &entries[..]));
        assert_eq!(
            fresh.sorted(),
            [entry(1, 0, 1), entry(1, 0, 2), entry(2, 0, 1)]
        );
    }
}
