//! The watches in memory: by number, with the table of their tags.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{BuildHasher as _, RandomState},
};

use larum_protocol::{
    clock::Day,
    kind::Kind,
    statement::DerivedTag,
    tag::{Tag, Tags},
    verdict::Verdict,
};
use minicbor::{Decode, Encode};

use super::table::{Slot, Table};

/// One identifier of a watch, as it is kept.
#[derive(Clone, Debug, Decode, Encode)]
pub(crate) struct Item {
    /// The kind's number.
    #[n(0)]
    pub(crate) kind: u16,
    /// The place in [`Verdict::ALL`] of what whoever asked was told when the watch began, if there was one to tell.
    #[n(1)]
    pub(crate) known: Option<u8>,
    /// Its tags in each epoch that was live then.
    #[n(2)]
    pub(crate) tags: Vec<EpochTags>,
}

/// The tags of one epoch.
#[derive(Clone, Debug, Decode, Encode)]
pub(crate) struct EpochTags {
    #[n(0)]
    epoch: u32,
    #[n(1)]
    subject: Tag,
    #[n(2)]
    derived: Vec<DerivedTag>,
}

impl Item {
    /// An identifier with these tags; what was told about it, if anybody was.
    pub(crate) fn new(kind: Kind, known: Option<Verdict>, tags: Vec<Tags>) -> Self {
        let tags = tags.into_iter();
        let tags = tags.map(|Tags { epoch, subject, derived }| EpochTags { epoch, subject, derived });
        Self { kind: kind.number(), known: known.map(|verdict| verdict as u8), tags: tags.collect() }
    }

    /// The tags as the fold takes them.
    pub(crate) fn tags(&self) -> Vec<Tags> {
        let tags = self.tags.iter().cloned();
        tags.map(|EpochTags { epoch, subject, derived }| Tags { epoch, subject, derived }).collect()
    }

    /// What whoever asked was told.
    pub(crate) fn known(&self) -> Option<Verdict> {
        Verdict::ALL.get(usize::from(self.known?)).copied()
    }

    fn each_tag(&self) -> impl Iterator<Item = Tag> + '_ {
        self.tags.iter().flat_map(|tags| std::iter::once(tags.subject).chain(tags.derived.iter().map(|form| form.tag)))
    }
}

/// Every tag of some identifiers.
pub(crate) fn each_tag(items: &[Item]) -> impl Iterator<Item = Tag> + '_ {
    items.iter().flat_map(Item::each_tag)
}

/// The newest epoch that some identifiers have tags of.
fn newest_epoch(items: &[Item]) -> u32 {
    items.iter().flat_map(|item| item.tags.iter().map(|tags| tags.epoch)).max().unwrap_or(0)
}

/// A watch as it is kept in memory.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) id: u64,
    pub(crate) reference: Box<str>,
    pub(crate) until: Day,
    epoch: u32,
    /// The identifiers, encoded: they are looked at only when something is said about one of them.
    items: Box<[u8]>,
    /// The record that last renewed it; 0 if none did.
    renewed: u64,
    /// Its salt has ended.
    pub(crate) needs_check: bool,
}

impl Watch {
    /// Its identifiers.
    pub(crate) fn items(&self) -> Vec<Item> {
        minicbor::decode(&self.items).unwrap_or_default()
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct List {
    slots: Vec<Option<Watch>>,
    free: Vec<Slot>,
    by_id: BTreeMap<u64, Slot>,
    table: Table,
    /// From what a watch is about to its number, by a hash of this process: who is asked for again is renewed.
    about: HashMap<u64, u64>,
    hasher: RandomState,
    stale: usize,
}

impl List {
    /// Takes in a watch.
    pub(crate) fn insert(&mut self, id: u64, reference: &str, until: Day, items: &[Item]) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            Slot::try_from(self.slots.len() - 1).expect("bounded by watch_count_max")
        });
        each_tag(items).for_each(|tag| self.table.insert(&tag, slot));
        let encoded = minicbor::to_vec(items).expect("written to memory").into_boxed_slice();
        let epoch = newest_epoch(items);
        let watch =
            Watch { id, reference: reference.into(), until, epoch, items: encoded, renewed: 0, needs_check: false };
        self.slots[slot as usize] = Some(watch);
        self.by_id.insert(id, slot);
        self.about.insert(self.likeness(reference, items), id);
    }

    /// Takes a watch out; with it how many identifiers it had.
    pub(crate) fn remove(&mut self, id: u64) -> Option<u32> {
        let slot = self.by_id.remove(&id)?;
        let watch = self.slots[slot as usize].take()?;
        self.free.push(slot);
        let items = watch.items();
        let likeness = self.likeness(&watch.reference, &items);
        if self.about.get(&likeness) == Some(&id) {
            self.about.remove(&likeness);
        }
        if watch.needs_check {
            self.stale -= 1;
        } else {
            each_tag(&items).for_each(|tag| self.table.remove(&tag, slot));
        }
        u32::try_from(items.len()).ok()
    }

    /// The watch of the same tags under the same reference, if one is there and can still be hit.
    pub(crate) fn same(&self, reference: &str, items: &[Item]) -> Option<&Watch> {
        let watch = self.get(*self.about.get(&self.likeness(reference, items))?)?;
        let is_same = &*watch.reference == reference && each_tag(&watch.items()).eq(each_tag(items));
        (is_same && !watch.needs_check).then_some(watch)
    }

    /// Lets a watch last longer, as a record says.
    pub(crate) fn renew(&mut self, id: u64, until: Day, record: u64) {
        let slot = self.by_id.get(&id).and_then(|slot| self.slots.get_mut(*slot as usize));
        if let Some(watch) = slot.and_then(Option::as_mut) {
            watch.until = watch.until.max(until);
            watch.renewed = record;
        }
    }

    /// Records that have to stay.
    pub(crate) fn live(&self) -> HashSet<u64> {
        self.after(0).flat_map(|watch| [watch.id, watch.renewed]).filter(|record| *record > 0).collect()
    }

    fn likeness(&self, reference: &str, items: &[Item]) -> u64 {
        let tags: Vec<Tag> = each_tag(items).collect();
        self.hasher.hash_one((reference, tags))
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Watch> {
        self.slots.get(*self.by_id.get(&id)? as usize)?.as_ref()
    }

    /// The watches that may carry a tag.
    pub(crate) fn carrying(&self, tag: &Tag) -> impl Iterator<Item = u64> + '_ {
        self.table.find(tag).filter_map(|slot| self.slots.get(slot as usize)?.as_ref().map(|watch| watch.id))
    }

    /// Watches with a higher number, by number.
    pub(crate) fn after(&self, id: u64) -> impl Iterator<Item = &Watch> {
        self.by_id.range(id.saturating_add(1)..).filter_map(|(_, slot)| self.slots.get(*slot as usize)?.as_ref())
    }

    /// Takes out watches whose last day is over; gives their numbers.
    pub(crate) fn expire(&mut self, today: Day) -> Vec<u64> {
        let over: Vec<u64> = self.after(0).filter(|watch| watch.until < today).map(|watch| watch.id).collect();
        for id in &over {
            self.remove(*id);
        }
        over
    }

    /// Ends watches none of whose epochs is live any more: they stay as something to check again. Gives how many.
    pub(crate) fn end_epochs(&mut self, is_live: impl Fn(u32) -> bool) -> usize {
        let mut ended = 0;
        for (at, watch) in self.slots.iter_mut().enumerate() {
            let Some(watch) = watch.as_mut().filter(|watch| !watch.needs_check && !is_live(watch.epoch)) else {
                continue;
            };
            let slot = Slot::try_from(at).expect("bounded by watch_count_max");
            each_tag(&watch.items()).for_each(|tag| self.table.remove(&tag, slot));
            watch.needs_check = true;
            ended += 1;
        }
        self.stale += ended;
        ended
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Watches that have ended with their salt.
    pub(crate) const fn stale(&self) -> usize {
        self.stale
    }

    /// Tags that are held against.
    pub(crate) fn tags(&self) -> usize {
        self.table.len()
    }

    /// Bytes of the table, and of everything else as far as it grows with the watches.
    pub(crate) fn bytes(&self) -> (usize, usize) {
        let own = |watch: &Watch| watch.items.len() + watch.reference.len();
        let owned: usize = self.slots.iter().flatten().map(own).sum();
        let slots = self.slots.capacity() * size_of::<Option<Watch>>();
        // A B-tree's nodes are two thirds full.
        let numbers = self.by_id.len() * (size_of::<u64>() + size_of::<Slot>()) * 3 / 2;
        let about = self.about.capacity() * (2 * size_of::<u64>() + 1) * 8 / 7;
        (self.table.bytes(), owned + slots + numbers + about)
    }
}
