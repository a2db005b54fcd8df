//! The policy: what a consortium agreed on beside who belongs to it.

use minicbor::{Decode, Encode};

use super::{Roster, stewards::Stewards};
use crate::{
    clock::Day,
    hash::Digest,
    kind::{Entropy, Kind, SCHEME_VERSION},
    limits::{BODY_BYTES_MAX, EPOCHS_MAX, LIFE_DAYS_MAX},
    tag::{Custody, Stretch},
};

/// A salt epoch in use.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Epoch {
    /// Its number.
    #[n(0)]
    pub number: u32,
    /// What the salt's holder can be held to.
    #[n(1)]
    pub commitment: Digest,
    /// The last day on which it is used; none while no successor is planned.
    #[n(2)]
    pub until: Option<Day>,
    /// Who holds its key, if custody of it is split.
    #[n(3)]
    pub stewards: Option<Stewards>,
}

/// What is agreed for one kind.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct KindPolicy {
    /// The [`Kind`]'s number; one of a later version is kept.
    #[n(0)]
    pub kind: u16,
    /// The version of its canonical form: metadata, provider tables, stoplists.
    #[n(1)]
    pub scheme: u16,
    /// Who holds the secret, and the stretch.
    #[n(2)]
    pub custody: Custody,
    /// The longest that an assertion counts, in days from its observation.
    #[n(3)]
    pub life_days: u32,
}

/// What a consortium agreed on. On the wire: an array of its fields in this order.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Policy {
    /// The kinds in use, by ascending number.
    #[n(0)]
    pub kinds: Vec<KindPolicy>,
    /// How many members make a listing corroborated, and a suspicion a listing.
    #[n(1)]
    pub corroboration: u32,
    /// How old an announcement may be and still show that a member was heard, in seconds.
    #[n(2)]
    pub fresh_seconds: u32,
    /// The share of active members that must have been heard for coverage to be fresh, in percent.
    #[n(3)]
    pub fresh_percent: u8,
    /// The longest that a victim's role counts, in days.
    #[n(4)]
    pub victim_life_days: u32,
    /// Bytes of a batch body.
    #[n(5)]
    pub body_bytes_max: u32,
    /// The longest that a check may be kept as a watch, in days.
    #[n(6)]
    pub watch_days_max: u32,
    /// The highest version of headers that authors may write: raised once every node can read it.
    #[n(7)]
    pub header_version: u8,
}

/// The life of a victim's marker, in days: 13 months, as Cifas victim markers have.
pub const VICTIM_LIFE_DAYS: u32 = 400;

impl Default for Policy {
    /// What a small consortium starts with.
    fn default() -> Self {
        Self {
            kinds: Kind::ALL.map(KindPolicy::recommended).to_vec(),
            corroboration: 2,
            fresh_seconds: 3_600,
            fresh_percent: 80,
            victim_life_days: VICTIM_LIFE_DAYS,
            body_bytes_max: BODY_BYTES_MAX as u32,
            watch_days_max: 400,
            header_version: 1,
        }
    }
}

impl KindPolicy {
    /// Shared custody, stretched unless the kind has too much entropy to be enumerated, for the kind's default life.
    pub fn recommended(kind: Kind) -> Self {
        let stretch = if kind.entropy() == Entropy::High { None } else { Some(Stretch::RECOMMENDED) };
        Self {
            kind: kind.number(),
            scheme: SCHEME_VERSION,
            custody: Custody::Shared(stretch),
            life_days: kind.default_life_days(),
        }
    }
}

impl Policy {
    /// What is agreed for a kind; `None` where it is not used.
    pub fn kind(&self, number: u16) -> Option<&KindPolicy> {
        self.kinds.iter().find(|kind| kind.kind == number)
    }

    /// Checks every bound.
    pub fn check(&self) -> Result<(), &'static str> {
        if !self.kinds.windows(2).all(|pair| pair[0].kind < pair[1].kind) {
            return Err("the kinds are not in ascending order");
        }
        for kind in &self.kinds {
            if !(1..=LIFE_DAYS_MAX).contains(&kind.life_days) {
                return Err("a kind's life is not between 1 day and ten years");
            }
            if kind.custody.stretch().is_some_and(|stretch| !stretch.is_acceptable()) {
                return Err("a kind's stretch is not valid, or too costly for any node");
            }
        }
        let bounds = [
            ((1..=1_000).contains(&self.corroboration), "corroboration is not between 1 and 1,000 members"),
            ((60..=7 * 86_400).contains(&self.fresh_seconds), "freshness is not between a minute and a week"),
            ((1..=100).contains(&self.fresh_percent), "the share of members is not between 1 and 100 percent"),
            ((1..=VICTIM_LIFE_DAYS).contains(&self.victim_life_days), "a victim's marker lives 1 to 400 days"),
            ((4_096..=BODY_BYTES_MAX as u32).contains(&self.body_bytes_max), "a body is not 4 KiB to 1 MiB"),
            ((1..=LIFE_DAYS_MAX).contains(&self.watch_days_max), "a watch does not last between 1 day and ten years"),
            ((1..=1).contains(&self.header_version), "the header version is not one that this program knows"),
        ];
        bounds.into_iter().try_for_each(|(holds, fault)| if holds { Ok(()) } else { Err(fault) })
    }
}

/// Checks the epochs of a roster: ascending, not too many, all but the newest with a last day.
pub(super) fn check_epochs(epochs: &[Epoch]) -> Result<(), &'static str> {
    let Some((newest, old)) = epochs.split_last() else {
        return Err("there is no salt epoch");
    };
    if epochs.len() > EPOCHS_MAX {
        return Err("too many salt epochs overlap");
    }
    if !epochs.windows(2).all(|pair| pair[0].number < pair[1].number) {
        return Err("the salt epochs are not in ascending order");
    }
    if newest.until.is_some() || old.iter().any(|epoch| epoch.until.is_none()) {
        return Err("the newest epoch has a last day, or an older one has none");
    }
    Ok(())
}

/// What no roster may do to the epochs of the one before: give a number a second time, to another salt or key.
pub(super) fn check_epochs_follow(before: &[Epoch], after: &[Epoch]) -> Result<(), &'static str> {
    let newest = |epochs: &[Epoch]| epochs.last().map(|epoch| epoch.number);
    let known = |number| before.iter().any(|epoch| epoch.number == number);
    let reused = after.iter().any(|epoch| Some(epoch.number) <= newest(before) && !known(epoch.number));
    if reused || newest(after) < newest(before) {
        return Err("gives an epoch's number a second time, or takes the newest back");
    }
    Ok(())
}

/// Checks that no kind gets another stretch as long as an epoch goes on whose tags are made with it: everything that was
/// said before would be missed.
pub(super) fn check_stretches_follow(before: &Roster, after: &Roster) -> Result<(), &'static str> {
    let stays = |epoch: &Epoch| after.epochs.iter().any(|other| other.number == epoch.number);
    let in_use = before.epochs.iter().any(|epoch| epoch.stewards.is_none() && stays(epoch));
    let is_same =
        |was: &KindPolicy| after.policy.kind(was.kind).is_none_or(|is| is.custody.stretch() == was.custody.stretch());
    if in_use && !before.policy.kinds.iter().all(is_same) {
        return Err("changes a kind's stretch while an epoch goes on whose tags are made with it");
    }
    Ok(())
}
