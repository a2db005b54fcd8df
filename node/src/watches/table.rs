//! From a tag to the watches that carry it, in memory: what every arriving statement is held against.
//!
//! A hash table of the first eight bytes of each tag. Those bytes are hashes already, and what is in the table are tags of
//! this employer's own watches, so that no other member can make it slow. A hit is only a hint: the fold decides.
//! Twelve bytes a tag and one of the table's own, at most eight in nine taken.

use hashbrown::HashTable;
use larum_protocol::tag::Tag;

/// A slot in the list of watches.
pub(crate) type Slot = u32;

/// The first eight bytes of a tag, in two halves so that no room is lost between them, and the watch's slot.
#[derive(Clone, Copy, Eq, PartialEq)]
struct Entry([u32; 3]);

impl Entry {
    const fn new(key: u64, slot: Slot) -> Self {
        Self([(key >> 32) as u32, key as u32, slot])
    }

    const fn key(&self) -> u64 {
        ((self.0[0] as u64) << 32) | self.0[1] as u64
    }
}

/// The table.
#[derive(Default)]
pub(crate) struct Table(HashTable<Entry>);

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("tags", &self.0.len()).finish()
    }
}

impl Table {
    /// Adds a tag of a watch.
    pub(crate) fn insert(&mut self, tag: &Tag, slot: Slot) {
        let key = key(tag);
        self.0.insert_unique(key, Entry::new(key, slot), Entry::key);
    }

    /// Takes a tag of a watch out.
    pub(crate) fn remove(&mut self, tag: &Tag, slot: Slot) {
        let key = key(tag);
        if let Ok(entry) = self.0.find_entry(key, |entry| *entry == Entry::new(key, slot)) {
            entry.remove();
        }
    }

    /// The watches that may carry a tag.
    pub(crate) fn find(&self, tag: &Tag) -> impl Iterator<Item = Slot> + '_ {
        let key = key(tag);
        self.0.iter_hash(key).filter(move |entry| entry.key() == key).map(|entry| entry.0[2])
    }

    /// Tags in the table.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.allocation_size()
    }
}

fn key(tag: &Tag) -> u64 {
    u64::from_le_bytes(tag.0[..8].try_into().expect("a tag has 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(number: u8, rest: u8) -> Tag {
        let mut bytes = [rest; 32];
        bytes[..8].copy_from_slice(&[number; 8]);
        Tag(bytes)
    }

    #[test]
    fn a_tag_leads_to_every_watch_that_carries_it_until_it_is_taken_out() {
        let mut table = Table::default();
        for slot in [3, 5] {
            table.insert(&tag(1, 0), slot);
        }
        table.insert(&tag(2, 0), 3);
        let mut found: Vec<Slot> = table.find(&tag(1, 0)).collect();
        found.sort_unstable();
        assert_eq!((found, table.find(&tag(9, 0)).count(), table.len()), (vec![3, 5], 0, 3));
        table.remove(&tag(1, 0), 3);
        table.remove(&tag(1, 0), 4);
        assert_eq!((table.find(&tag(1, 0)).collect::<Vec<_>>(), table.find(&tag(2, 0)).count()), (vec![5], 1));
    }
}
