//! The table of what is new: everything inserted since the last segment was begun.
//!
//! A hash table leads from a key to its newest entry in a vector, and every entry to the one before it with the same key.
//! So a tag that a thousand statements carry costs as little to add to as any other; a table with a slot an entry would
//! walk all thousand slots for each one more.
//!
//! Invariant: never more than `capacity` entries, and all memory is asked for at once, so an insert never rehashes.

use hashbrown::HashTable;

use super::{
    Place,
    key::{Entry, Key},
};

/// Ends the chain of entries with one key.
const NONE: u32 = u32::MAX;

/// What is new, bounded.
#[derive(Debug)]
pub(super) struct Fresh {
    /// From a key to the position of its newest entry.
    heads: HashTable<u32>,
    links: Vec<Link>,
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
        Self {
            heads: HashTable::with_capacity(capacity),
            links: Vec::with_capacity(capacity),
            capacity,
        }
    }

    /// Adds an entry, or says `false` if the table is full.
    #[must_use]
    pub(super) fn push(&mut self, entry: Entry) -> bool {
        if self.links.len() >= self.capacity {
            return false;
        }
        let position = u32::try_from(self.links.len()).expect("below the capacity, which fits");
        let links = &self.links;
        let mut previous = NONE;
        match self.heads.find_mut(entry.key.low, |&head| {
            links[head as usize].entry.key == entry.key
        }) {
            Some(head) => previous = std::mem::replace(head, position),
            None => {
                self.heads.insert_unique(entry.key.low, position, |&head| {
                    links[head as usize].entry.key.low
                });
            }
        }
        self.links.push(Link { entry, previous });
        true
    }

    /// Gives every place of `key` to `hit`, newest first.
    #[inline]
    pub(super) fn find(&self, key: Key, mut hit: impl FnMut(Place)) {
        let Some(&head) = self
            .heads
            .find(key.low, |&head| self.links[head as usize].entry.key == key)
        else {
            return;
        };
        let mut next = head;
        while let Some(link) = self.links.get(next as usize) {
            hit(link.entry.place);
            next = link.previous;
        }
    }

    /// All entries in the order of a segment, each once.
    pub(super) fn sorted(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.links.iter().map(|link| link.entry).collect();
        entries.sort_unstable();
        entries.dedup();
        entries
    }

    pub(super) fn len(&self) -> usize {
        self.links.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Bytes of memory asked for; pages not written yet are not resident.
    pub(super) fn memory_bytes(&self) -> u64 {
        (self.heads.allocation_size() + self.links.capacity() * size_of::<Link>()) as u64
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
        let mut fresh = Fresh::with_capacity(8);
        assert!(
            fresh.push(entry(1, 5, 10))
                && fresh.push(entry(2, 5, 20))
                && fresh.push(entry(1, 5, 11))
        );
        assert_eq!(places(&fresh, 1, 5), [11, 10]);
        assert_eq!(places(&fresh, 2, 5), [20]);
        assert_eq!(places(&fresh, 3, 5), [0_u64; 0]);
    }

    #[test]
    fn a_full_table_refuses_and_keeps_what_it_has() {
        let mut fresh = Fresh::with_capacity(2);
        assert!(fresh.push(entry(1, 1, 1)) && fresh.push(entry(2, 2, 2)));
        assert!(!fresh.push(entry(3, 3, 3)));
        assert_eq!(fresh.len(), 2);
        assert_eq!(places(&fresh, 3, 3), [0_u64; 0]);
    }

    #[test]
    fn sorting_drops_what_was_inserted_twice() {
        let mut fresh = Fresh::with_capacity(8);
        for entry in [
            entry(2, 0, 1),
            entry(1, 0, 2),
            entry(1, 0, 1),
            entry(2, 0, 1),
        ] {
            assert!(fresh.push(entry));
        }
        assert_eq!(
            fresh.sorted(),
            [entry(1, 0, 1), entry(1, 0, 2), entry(2, 0, 1)]
        );
    }
}
