//! The watches in memory: by number, with the table of their tags.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::{BuildHasher as _, RandomState},
};

use larum_protocol::{clock::Day, tag::Tag};

use super::{
    item::{Item, each_tag, newest_epoch, sorted_tags},
    record::{New, Plan},
    table::{Slot, Table},
};

/// A watch as it is kept in memory.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) id: u64,
    pub(crate) source: Option<Box<str>>,
    pub(crate) reference: Box<str>,
    pub(crate) until: Day,
    epoch: u32,
    /// The identifiers, encoded: they are looked at only when something is said about one of them.
    items: Box<[u8]>,
    /// The record that says what is watched.
    pub(crate) said: u64,
    /// The record that last renewed it; 0 if none did.
    renewed: u64,
    of_application: bool,
    /// Its salt has ended.
    pub(crate) needs_check: bool,
}

/// Whom a watch is about: a person's name in the caller's own system, or in an applicant tracking system.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Whose<'a> {
    /// The applicant tracking system; none for what was asked for over the API.
    pub(crate) source: Option<&'a str>,
    pub(crate) reference: &'a str,
}

impl Watch {
    pub(crate) fn whose(&self) -> Whose<'_> {
        Whose { source: self.source.as_deref(), reference: &self.reference }
    }

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
    /// From whom a watch is about, by a hash of this process, to its number; where there is a reference.
    whose: BTreeSet<(u64, u64)>,
    hasher: RandomState,
    stale: usize,
}

impl List {
    /// Takes in a watch as the record `said` says it, in the place of the one that had its number.
    pub(crate) fn put(&mut self, id: u64, said: u64, new: &New) {
        self.remove(id);
        let (whose, items) = (new.whose(), &new.items);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            Slot::try_from(self.slots.len() - 1).expect("bounded by watch_count_max")
        });
        each_tag(items).for_each(|tag| self.table.insert(&tag, slot));
        self.slots[slot as usize] = Some(Watch {
            id,
            source: whose.source.map(Into::into),
            reference: whose.reference.into(),
            until: new.until,
            epoch: newest_epoch(items),
            items: minicbor::to_vec(items).expect("written to memory").into_boxed_slice(),
            said,
            renewed: 0,
            of_application: new.of_application,
            needs_check: false,
        });
        self.by_id.insert(id, slot);
        self.about.insert(self.likeness(whose, items), id);
        if !whose.reference.is_empty() {
            self.whose.insert((self.hasher.hash_one(whose), id));
        }
    }

    /// Takes a watch out; with it how many identifiers it had.
    pub(crate) fn remove(&mut self, id: u64) -> Option<u32> {
        let slot = self.by_id.remove(&id)?;
        let watch = self.slots[slot as usize].take()?;
        self.free.push(slot);
        let items = watch.items();
        let likeness = self.likeness(watch.whose(), &items);
        self.whose.remove(&(self.hasher.hash_one(watch.whose()), id));
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

    /// The watch of the same tags about the same person, if one is there and can still be hit.
    pub(crate) fn same(&self, whose: Whose<'_>, items: &[Item]) -> Option<&Watch> {
        let watch = self.get(*self.about.get(&self.likeness(whose, items))?)?;
        let is_same = watch.whose() == whose && sorted_tags(&watch.items()) == sorted_tags(items);
        (is_same && !watch.needs_check).then_some(watch)
    }

    /// The watches about somebody who has a reference, by number.
    pub(crate) fn of(&self, whose: Whose<'_>) -> Vec<u64> {
        let hash = self.hasher.hash_one(whose);
        let ids = self.whose.range((hash, 0)..=(hash, u64::MAX)).map(|(_, id)| *id);
        ids.filter(|id| self.get(*id).is_some_and(|watch| watch.whose() == whose)).collect()
    }

    /// What a new watch takes the place of: a watch, the newest about the same person, and others that end with it.
    pub(super) fn replaced(&self, new: &New) -> Option<(&Watch, Vec<u64>)> {
        let mut ids = if new.of_application { self.of(new.whose()) } else { Vec::new() };
        ids.retain(|id| self.get(*id).is_some_and(|watch| watch.of_application));
        Some((self.get(ids.pop()?)?, ids))
    }

    /// Carries out a plan whose records begin with `first`; `left` takes the places whose alerts are to be closed.
    pub(super) fn carry_out(&mut self, new: &New, plan: &Plan, first: u64, left: &mut Vec<(u64, Vec<u32>)>) {
        match plan {
            Plan::Add { at } => self.put(first + at, first + at, new),
            Plan::Replace { at, id, until, items, left: places, others } => {
                for other in others {
                    let places = self.remove(*other).unwrap_or_default();
                    left.push((*other, (0..places).collect()));
                }
                self.put(*id, first + at, &New { until: *until, items: items.clone(), ..new.clone() });
                left.push((*id, places.clone()));
            }
            Plan::Renew { at, id } => self.renew(*id, new.until, first + at),
            Plan::Leave { .. } => {}
        }
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
        self.after(0).flat_map(|watch| [watch.said, watch.renewed]).filter(|record| *record > 0).collect()
    }

    fn likeness(&self, whose: Whose<'_>, items: &[Item]) -> u64 {
        self.hasher.hash_one((whose, sorted_tags(items)))
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
        let own = |watch: &Watch| {
            watch.items.len() + watch.reference.len() + watch.source.as_ref().map_or(0, |source| source.len())
        };
        let owned: usize = self.slots.iter().flatten().map(own).sum();
        let slots = self.slots.capacity() * size_of::<Option<Watch>>();
        // A B-tree's nodes are two thirds full.
        let numbers = self.by_id.len() * (size_of::<u64>() + size_of::<Slot>()) * 3 / 2;
        let whose = self.whose.len() * 2 * size_of::<u64>() * 3 / 2;
        let about = self.about.capacity() * (2 * size_of::<u64>() + 1) * 8 / 7;
        (self.table.bytes(), owned + slots + numbers + about + whose)
    }
}
