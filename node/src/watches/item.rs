//! One identifier of a watch: its kind and tags, and what whoever asked was told about it.

use larum_protocol::{
    kind::Kind,
    statement::DerivedTag,
    tag::{Tag, Tags},
    verdict::Verdict,
};
use minicbor::{Decode, Encode};

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

    /// An identifier that an applicant uses no more: its place stays, as long as an alert names it.
    const fn gone() -> Self {
        Self { kind: 0, known: None, tags: Vec::new() }
    }

    pub(crate) const fn is_gone(&self) -> bool {
        self.tags.is_empty()
    }

    /// Whether it is the same identifier, as far as an epoch that both have tags of tells.
    fn is_same(&self, other: &Self) -> bool {
        let tells = |one: &EpochTags| other.tags.iter().any(|two| (one.epoch, one.subject) == (two.epoch, two.subject));
        self.kind == other.kind && self.tags.iter().any(tells)
    }

    fn each_tag(&self) -> impl Iterator<Item = Tag> + '_ {
        self.tags.iter().flat_map(|tags| std::iter::once(tags.subject).chain(tags.derived.iter().map(|form| form.tag)))
    }
}

/// Every tag of some identifiers.
pub(crate) fn each_tag(items: &[Item]) -> impl Iterator<Item = Tag> + '_ {
    items.iter().flat_map(Item::each_tag)
}

/// The same, in an order that does not depend on that of the identifiers.
pub(super) fn sorted_tags(items: &[Item]) -> Vec<Tag> {
    let mut tags: Vec<Tag> = each_tag(items).collect();
    tags.sort_unstable();
    tags
}

/// New identifiers laid out in the places of those that they replace, so that an alert stays about the same one: who was
/// there stays in place, and what is new takes no place that an alert names. With it the places that are empty now.
pub(crate) fn laid_out(old: &[Item], new: &[Item], is_named: impl Fn(u32) -> bool) -> (Vec<Item>, Vec<u32>) {
    let mut new: Vec<&Item> = new.iter().collect();
    let stays = |old: &Item| new.iter().position(|new| new.is_same(old)).map(|at| new.remove(at).clone());
    let mut laid: Vec<Item> = old.iter().map(stays).map(|item| item.unwrap_or_else(Item::gone)).collect();
    let left = (0..).zip(old.iter().zip(&laid)).filter(|(_, (old, laid))| laid.is_gone() && !old.is_gone());
    let left = left.map(|(place, _)| place).collect();
    let mut rest = new.into_iter().cloned();
    let free = (0..).zip(&mut laid).filter(|(place, item)| item.is_gone() && !is_named(*place));
    for ((_, place), item) in free.zip(rest.by_ref()) {
        *place = item;
    }
    laid.extend(rest);
    while let Some(last) = u32::try_from(laid.len()).ok().and_then(|length| length.checked_sub(1))
        && laid[last as usize].is_gone()
        && !is_named(last)
    {
        laid.pop();
    }
    (laid, left)
}

/// The newest epoch that some identifiers have tags of.
pub(super) fn newest_epoch(items: &[Item]) -> u32 {
    items.iter().flat_map(|item| item.tags.iter().map(|tags| tags.epoch)).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn item(tag: u8) -> Item {
        Item::new(Kind::Wallet, None, vec![Tags { epoch: 1, subject: Tag([tag; 32]), derived: Vec::new() }])
    }

    fn laid(old: &[u8], new: &[u8], named: &[u32]) -> (Vec<u8>, Vec<u32>) {
        let items = |tags: &[u8]| tags.iter().map(|tag| if *tag == 0 { Item::gone() } else { item(*tag) }).collect();
        let (old, new): (Vec<Item>, Vec<Item>) = (items(old), items(new));
        let (laid, left) = laid_out(&old, &new, |place| named.contains(&place));
        (laid.iter().map(|item| item.tags.first().map_or(0, |tags| tags.subject.0[0])).collect(), left)
    }

    #[test]
    fn who_stays_keeps_the_place_and_what_is_new_takes_none_that_an_alert_names() {
        assert_eq!(laid(&[1, 2, 3], &[3, 4, 1], &[]), (vec![1, 4, 3], vec![1]));
        assert_eq!(laid(&[1, 2, 3], &[3, 4, 1], &[1]), (vec![1, 0, 3, 4], vec![1]));
        assert_eq!(laid(&[1, 0, 3, 4], &[5, 1], &[1]), (vec![1, 0, 5], vec![2, 3]));
        assert_eq!(laid(&[1, 2], &[], &[1]), (vec![0, 0], vec![0, 1]));
        assert_eq!(laid(&[1, 2], &[], &[]), (vec![], vec![0, 1]));
        assert_eq!(laid(&[], &[7, 8], &[]), (vec![7, 8], vec![]));
    }
}
