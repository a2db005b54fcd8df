//! The taggers of every live epoch: from an identifier to its tags, under the roster's policy and the salts held.
//!
//! Invariant (I8): an identifier has its tags of every live epoch or none; a salt that is missing is an error, since a
//! look-up without it could miss what others published.

use std::collections::{BTreeMap, HashMap};

use larum_protocol::{
    clock::Day,
    kind::{Canonical, Kind, SCHEME_VERSION},
    roster::Roster,
    tag::{Custody, Salt, TagError, Tagger, Tags},
};

/// Makes tags in every live epoch.
#[derive(Debug)]
pub struct Taggers {
    taggers: HashMap<Kind, Vec<Tagger>>,
    custody: HashMap<Kind, Custody>,
    other_scheme: HashMap<Kind, u16>,
    missing: Option<u32>,
    current: u32,
}

impl Taggers {
    /// The taggers of a roster's live epochs on a day, as far as the salts are held.
    pub fn new(roster: &Roster, salts: &BTreeMap<u32, Salt>, today: Day) -> Self {
        let live: Vec<_> =
            roster.epochs.iter().filter(|epoch| epoch.until.is_none_or(|until| today <= until)).collect();
        let held = |number: u32, commitment| salts.get(&number).filter(|salt| salt.commitment(number) == commitment);
        let missing =
            live.iter().find(|epoch| held(epoch.number, epoch.commitment).is_none()).map(|epoch| epoch.number);
        let mut taggers: HashMap<Kind, Vec<Tagger>> = HashMap::new();
        let (mut custody, mut other_scheme) = (HashMap::new(), HashMap::new());
        for policy in &roster.policy.kinds {
            let Some(kind) = Kind::from_number(policy.kind) else { continue };
            custody.insert(kind, policy.custody);
            if policy.scheme != SCHEME_VERSION {
                other_scheme.insert(kind, policy.scheme);
            }
            for epoch in &live {
                if let Some(salt) = held(epoch.number, epoch.commitment) {
                    taggers.entry(kind).or_default().push(Tagger::new(salt, epoch.number, kind, policy.custody));
                }
            }
        }
        Self { taggers, custody, other_scheme, missing, current: roster.epochs.last().map_or(0, |epoch| epoch.number) }
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
        if let Some(agreed) = self.other_scheme.get(&kind) {
            return Err(TagError::OtherScheme { kind, agreed: *agreed });
        }
        if let Some(epoch) = self.missing {
            return Err(TagError::NoSalt(epoch));
        }
        self.taggers.get(&kind).into_iter().flatten().map(|tagger| tagger.tags(canonical)).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use larum_protocol::{
        hash::Digest,
        kind::Identifier,
        roster::{Epoch, Policy},
    };

    use super::*;

    const TODAY: Day = Day(20_779);

    fn salt() -> Salt {
        Salt::new([7; 32])
    }

    fn roster(change: impl FnOnce(&mut Roster)) -> Roster {
        let mut roster = Roster {
            format: Roster::FORMAT,
            version: 0,
            consortium: None,
            prev: None,
            issued: TODAY.start(),
            name: "Example".into(),
            governors: Vec::new(),
            threshold: 1,
            members: Vec::new(),
            epochs: vec![Epoch { number: 1, commitment: salt().commitment(1), until: None }],
            policy: Policy::default(),
        };
        change(&mut roster);
        roster
    }

    fn tags(roster: &Roster, salts: &BTreeMap<u32, Salt>) -> Result<Vec<Tags>, TagError> {
        let wallet = Identifier::new(Kind::Wallet, "0x00000000219ab540356cBB839Cbe05303d7705Fa");
        Taggers::new(roster, salts, TODAY).tags(&wallet.canonical().unwrap())
    }

    #[test]
    fn i8_a_tag_is_made_in_every_live_epoch_or_not_at_all() {
        let salts = BTreeMap::from([(1, salt())]);
        assert_eq!(tags(&roster(|_| ()), &salts).unwrap().len(), 1);
        // Given a second epoch whose salt has not arrived
        let two = roster(|roster| {
            roster.epochs[0].until = Some(TODAY);
            roster.epochs.push(Epoch { number: 2, commitment: Digest([9; 32]), until: None });
        });
        // Then there are no tags, although the first epoch's could be made
        assert_eq!(tags(&two, &salts), Err(TagError::NoSalt(2)));
        // And neither with a salt that is not the one committed to
        assert_eq!(tags(&two, &BTreeMap::from([(1, salt()), (2, salt())])), Err(TagError::NoSalt(2)));
    }

    #[test]
    fn canonical_forms_of_another_version_make_no_tag() {
        let other = roster(|roster| roster.policy.kinds.iter_mut().for_each(|kind| kind.scheme = SCHEME_VERSION + 1));
        let refused = TagError::OtherScheme { kind: Kind::Wallet, agreed: SCHEME_VERSION + 1 };
        assert_eq!(tags(&other, &BTreeMap::from([(1, salt())])), Err(refused));
    }

    #[test]
    fn an_ended_epoch_is_not_used_any_more() {
        let ended = roster(|roster| {
            roster.epochs[0].until = Some(Day(TODAY.0 - 1));
            roster.epochs.push(Epoch { number: 2, commitment: salt().commitment(2), until: None });
        });
        let tags = tags(&ended, &BTreeMap::from([(2, salt())])).unwrap();
        assert_eq!(tags.iter().map(|tags| tags.epoch).collect::<Vec<_>>(), [2]);
    }
}
