//! The taggers of every live epoch: from an identifier to its tags, under the roster's policy and the salts held.
//!
//! Invariant (I8): an identifier has its tags of every live epoch or none; a salt that is missing is an error, since a
//! look-up without it could miss what others published.

use std::collections::{BTreeMap, HashMap};

use larum_protocol::{
    clock::Day,
    kind::{Canonical, Kind},
    roster::Roster,
    tag::{Custody, Salt, TagError, Tagger, Tags},
};

/// Makes tags in every live epoch.
#[derive(Debug)]
pub struct Taggers {
    taggers: HashMap<Kind, Vec<Tagger>>,
    custody: HashMap<Kind, Custody>,
    missing: Option<u32>,
    current: u32,
}

impl Taggers {
    /// The taggers of a roster's live epochs on a day, as far as the salts are held.
    pub fn new(roster: &Roster, salts: &BTreeMap<u32, Salt>, today: Day) -> Self {
        let live: Vec<_> = roster.epochs.iter().filter(|epoch| epoch.until.is_none_or(|until| today <= until)).collect();
        let held = |number: u32, commitment| salts.get(&number).filter(|salt| salt.commitment(number) == commitment);
        let missing = live.iter().find(|epoch| held(epoch.number, epoch.commitment).is_none()).map(|epoch| epoch.number);
        let mut taggers: HashMap<Kind, Vec<Tagger>> = HashMap::new();
        let mut custody = HashMap::new();
        for policy in &roster.policy.kinds {
            let Some(kind) = Kind::from_number(policy.kind) else { continue };
            custody.insert(kind, policy.custody);
            for epoch in &live {
                if let Some(salt) = held(epoch.number, epoch.commitment) {
                    taggers.entry(kind).or_default().push(Tagger::new(salt, epoch.number, kind, policy.custody));
                }
            }
        }
        Self { taggers, custody, missing, current: roster.epochs.last().map_or(0, |epoch| epoch.number) }
    }

    /// The epoch whose salt is missing.
    pub const fn missing(&self) -> Option<u32> {
        self.missing
    }

    /// The newest epoch.
    pub const fn current(&self) -> u32 {
        self.current
    }

    /// Whether tags of a kind take long enough (tens of milliseconds) to be made away from the asynchronous threads.
    pub fn is_slow(&self, kind: Kind) -> bool {
        !matches!(self.custody.get(&kind), Some(Custody::Shared(None)))
    }

    /// The tags of a canonical form, one set for each live epoch.
    pub fn tags(&self, canonical: &Canonical) -> Result<Vec<Tags>, TagError> {
        let kind = canonical.kind();
        if !self.custody.contains_key(&kind) {
            return Err(TagError::KindNotUsed(kind));
        }
        if let Some(epoch) = self.missing {
            return Err(TagError::NoSalt(epoch));
        }
        self.taggers.get(&kind).into_iter().flatten().map(|tagger| tagger.tags(canonical)).collect()
    }
}
