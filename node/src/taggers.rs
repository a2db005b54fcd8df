//! The taggers of every live epoch: from an identifier to its tags, under the roster's policy and the salts held.
//!
//! Invariant (I8): an identifier has its tags of every live epoch or none; a salt that is missing is an error, since a
//! look-up without it could miss what others published. Which epochs are live is asked at every use: an epoch ends with
//! its day, and nothing else happens then.

use std::collections::BTreeMap;

use larum_protocol::{
    clock::Day,
    kind::{Canonical, Kind, SCHEME_VERSION},
    oprf::Output,
    roster::{Epoch, KindPolicy, Roster},
    tag::{Hardening, Salt, TagError, Tagger, Tags},
};
use zeroize::Zeroizing;

/// Something of each epoch.
pub type Epochs<T> = BTreeMap<u32, T>;

/// Makes tags in every live epoch.
#[derive(Debug)]
pub struct Taggers {
    /// The kinds that the policy uses: a dozen, so that looking through them is quicker than hashing.
    kinds: Vec<OfKind>,
    /// The epochs whose salts are not held, in the roster's order.
    missing: Vec<(Lifetime, u32)>,
    /// The epochs that have stewards.
    split: Vec<(Lifetime, u32)>,
    current: u32,
}

/// What the policy and the salts make of one kind.
#[derive(Debug)]
struct OfKind {
    kind: Kind,
    /// The version of the canonical forms that the policy names.
    scheme: u16,
    /// One for each epoch whose salt is held.
    taggers: Vec<OfEpoch>,
}

#[derive(Debug)]
struct OfEpoch {
    lifetime: Lifetime,
    epoch: u32,
    hardening: Hardening,
    tagger: Tagger,
}

/// The last day of an epoch, if it has one.
#[derive(Clone, Copy, Debug)]
struct Lifetime(Option<Day>);

impl Lifetime {
    fn covers(self, today: Day) -> bool {
        self.0.is_none_or(|until| today <= until)
    }
}

/// The epochs of a roster that are live.
pub(crate) fn live_epochs(roster: &Roster, today: Day) -> Vec<u32> {
    let live = roster.epochs.iter().filter(|epoch| Lifetime(epoch.until).covers(today));
    live.map(|epoch| epoch.number).collect()
}

impl Taggers {
    /// The taggers of a roster's epochs, as far as the salts are held.
    pub fn new(roster: &Roster, salts: &BTreeMap<u32, Salt>) -> Self {
        let (mut held, mut missing) = (Vec::new(), Vec::new());
        for epoch in &roster.epochs {
            let (number, lifetime) = (epoch.number, Lifetime(epoch.until));
            match salts.get(&number).filter(|salt| salt.commitment(number) == epoch.commitment) {
                Some(salt) => held.push((lifetime, epoch, salt)),
                None => missing.push((lifetime, number)),
            }
        }
        let of_kind = |policy: &KindPolicy| {
            let kind = Kind::from_number(policy.kind)?;
            let of_epoch = |(lifetime, epoch, salt): &(Lifetime, &Epoch, &Salt)| {
                let hardening = policy.custody.hardening(epoch.stewards.is_some());
                let tagger = Tagger::new(salt, epoch.number, kind, hardening);
                OfEpoch { lifetime: *lifetime, epoch: epoch.number, hardening, tagger }
            };
            Some(OfKind { kind, scheme: policy.scheme, taggers: held.iter().map(of_epoch).collect() })
        };
        let kinds = roster.policy.kinds.iter().filter_map(of_kind).collect();
        let split = roster.epochs.iter().filter(|epoch| epoch.stewards.is_some());
        let split = split.map(|epoch| (Lifetime(epoch.until), epoch.number)).collect();
        Self { kinds, missing, split, current: roster.epochs.last().map_or(0, |epoch| epoch.number) }
    }

    /// The live epoch whose salt is missing.
    pub fn missing(&self, today: Day) -> Option<u32> {
        self.missing.iter().find(|(lifetime, _)| lifetime.covers(today)).map(|(_, number)| *number)
    }

    /// The newest epoch.
    pub const fn current(&self) -> u32 {
        self.current
    }

    /// Whether tags of a kind take long enough (tens of milliseconds) to be made away from the asynchronous threads.
    pub fn is_slow(&self, kind: Kind) -> bool {
        let stretched = |of: &OfEpoch| matches!(of.hardening, Hardening::Stretch(_));
        self.of(kind).is_some_and(|of_kind| of_kind.taggers.iter().any(stretched))
    }

    /// The live epochs in which stewards have to be asked.
    pub fn split_epochs(&self, today: Day) -> impl Iterator<Item = u32> {
        self.split.iter().filter(move |(lifetime, _)| lifetime.covers(today)).map(|(_, number)| *number)
    }

    /// What stewards have to be asked about a canonical form in an epoch; nothing where no tag would come of it.
    pub fn inputs(&self, canonical: &Canonical, epoch: u32, today: Day) -> Vec<Zeroizing<Vec<u8>>> {
        let of_kind = self.usable(canonical.kind(), today).ok();
        let of_epoch = of_kind.and_then(|of_kind| of_kind.taggers.iter().find(|of| of.epoch == epoch));
        of_epoch.map_or_else(Vec::new, |of| of.tagger.inputs(canonical))
    }

    /// The tags of a canonical form, one set for each live epoch; `outputs` is what stewards said about [`Self::inputs`].
    pub fn tags(
        &self,
        canonical: &Canonical,
        outputs: &Epochs<Vec<Output>>,
        today: Day,
    ) -> Result<Vec<Tags>, TagError> {
        let live = self.usable(canonical.kind(), today)?.taggers.iter().filter(|of| of.lifetime.covers(today));
        let of_epoch = |of: &OfEpoch| match of.hardening {
            Hardening::Blind => of.tagger.tags_from(canonical, outputs.get(&of.epoch).map_or(&[], Vec::as_slice)),
            Hardening::Nothing | Hardening::Stretch(_) => of.tagger.tags(canonical),
        };
        live.map(of_epoch).collect()
    }

    /// What is known of a kind, if tags of it can be made.
    fn usable(&self, kind: Kind, today: Day) -> Result<&OfKind, TagError> {
        let of_kind = self.of(kind).ok_or(TagError::KindNotUsed(kind))?;
        if of_kind.scheme != SCHEME_VERSION {
            return Err(TagError::OtherScheme { kind, agreed: of_kind.scheme });
        }
        self.missing(today).map_or(Ok(of_kind), |epoch| Err(TagError::NoSalt(epoch)))
    }

    fn of(&self, kind: Kind) -> Option<&OfKind> {
        self.kinds.iter().find(|of_kind| of_kind.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use larum_protocol::{hash::Digest, kind::Identifier, roster::Policy};

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
            epochs: vec![Epoch { number: 1, commitment: salt().commitment(1), until: None, stewards: None }],
            policy: Policy::default(),
            plan: None,
        };
        change(&mut roster);
        roster
    }

    fn wallet() -> Canonical {
        Identifier::new(Kind::Wallet, "0x00000000219ab540356cBB839Cbe05303d7705Fa").canonical().unwrap()
    }

    fn tags(roster: &Roster, salts: &BTreeMap<u32, Salt>) -> Result<Vec<Tags>, TagError> {
        Taggers::new(roster, salts).tags(&wallet(), &Epochs::new(), TODAY)
    }

    #[test]
    fn i8_a_tag_is_made_in_every_live_epoch_or_not_at_all() {
        let salts = BTreeMap::from([(1, salt())]);
        assert_eq!(tags(&roster(|_| ()), &salts).unwrap().len(), 1);
        // Given a second epoch whose salt has not arrived
        let two = roster(|roster| {
            roster.epochs[0].until = Some(TODAY);
            roster.epochs.push(Epoch { number: 2, commitment: Digest([9; 32]), until: None, stewards: None });
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
            roster.epochs.push(Epoch { number: 2, commitment: salt().commitment(2), until: None, stewards: None });
        });
        let tags = tags(&ended, &BTreeMap::from([(2, salt())])).unwrap();
        assert_eq!(tags.iter().map(|tags| tags.epoch).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn an_epoch_ends_with_its_last_day_though_no_roster_says_so_again() {
        let two = roster(|roster| {
            roster.epochs[0].until = Some(TODAY);
            roster.epochs.push(Epoch { number: 2, commitment: salt().commitment(2), until: None, stewards: None });
        });
        let tomorrow = TODAY.plus(1);
        let epochs = |taggers: &Taggers, day| {
            taggers
                .tags(&wallet(), &Epochs::new(), day)
                .map(|tags| tags.iter().map(|tags| tags.epoch).collect::<Vec<_>>())
        };

        // The same taggers use one epoch today and not tomorrow
        let both = Taggers::new(&two, &BTreeMap::from([(1, salt()), (2, salt())]));
        assert_eq!(epochs(&both, TODAY), Ok(vec![1, 2]));
        assert_eq!(epochs(&both, tomorrow), Ok(vec![2]));

        // And a salt that never came is missed no longer than its epoch lives
        let one = Taggers::new(&two, &BTreeMap::from([(2, salt())]));
        assert_eq!((one.missing(TODAY), epochs(&one, TODAY)), (Some(1), Err(TagError::NoSalt(1))));
        assert_eq!((one.missing(tomorrow), epochs(&one, tomorrow)), (None, Ok(vec![2])));
    }
}
