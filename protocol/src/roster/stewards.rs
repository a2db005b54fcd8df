//! Who holds the key of an epoch under split custody, and whom the governors chose to hold the next one.
//!
//! A ceremony takes two rosters. The first plans it: it names nodes and a threshold, and they make shares among themselves.
//! The second puts the new shares into use; nobody writes it before every steward has said that it keeps its share.
//! Until then the old shares answer, so that no crash at any instant loses the key.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use super::{Epoch, MemberId, Roster};
use crate::{
    clock::Day,
    codec,
    custody::{THRESHOLD_MIN, public_key},
    hash::{Digest, Label, digest},
    keys::PublicKey,
    limits::STEWARDS_MAX,
    oprf::{Element, PublicShare},
    steward::SMALLEST,
};

/// The number of the shares that a key's generation hands out.
pub const FIRST_GENERATION: u32 = 1;

/// The key of an epoch: shared among stewards, whole nowhere.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Stewards {
    /// Which sharing of the key this is: each refresh, repair or change of the committee is one more.
    #[n(0)]
    pub generation: u32,
    /// How many of them it takes.
    #[n(1)]
    pub threshold: u8,
    /// The stewards, by ascending number.
    #[cbor(n(2), decode_with = "codec::list::<_, _, STEWARDS_MAX>")]
    pub stewards: Vec<Steward>,
    /// How much they answer to each member.
    #[n(3)]
    pub budget: Budget,
}

/// One holder of a share.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Steward {
    /// The number of its share: where the sharing polynomial is evaluated.
    #[n(0)]
    pub number: u16,
    /// The node that holds it.
    #[n(1)]
    pub node: PublicKey,
    /// Its share times the base point.
    #[n(2)]
    pub share: Element,
}

/// How many elements a member has evaluated a day (UTC), all stewards together.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(transparent)]
pub struct Budget(#[n(0)] pub u64);

/// A ceremony that the governors want.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Plan {
    /// The epoch that it is for: one in use, whose key gets new shares, or the next, which gets a key.
    #[n(0)]
    pub epoch: u32,
    /// The generation that it makes.
    #[n(1)]
    pub generation: u32,
    /// How many stewards it will take.
    #[n(2)]
    pub threshold: u8,
    /// The nodes that will hold shares; the first gets number 1.
    #[cbor(n(3), decode_with = "codec::list::<_, _, STEWARDS_MAX>")]
    pub nodes: Vec<PublicKey>,
    /// Chosen at random, so that a plan that failed can be made again and is another one.
    #[n(4)]
    pub nonce: Digest,
    /// The numbers of the old shares whose holders deal the new ones, ascending, as many as it takes: everybody has to use
    /// the same. None for a key that there is none of yet.
    #[cbor(n(5), decode_with = "codec::list::<_, _, STEWARDS_MAX>")]
    pub dealers: Vec<u16>,
}

impl Budget {
    /// What a consortium starts with: a few thousand applicants a day, and 350 years for all numbers of North America.
    pub const USUAL: Self = Self(50_000);
    /// The most that a roster may grant.
    pub const MOST: Self = Self(1_000_000_000);

    /// What each of `stewards` answers, of whom `threshold` have to: a member that asks all of them has no more than its
    /// budget, and one that reaches `threshold` has at least that share of it.
    pub fn of_each(self, threshold: u8, stewards: usize) -> u64 {
        let of_all = u128::from(self.0) * u128::from(threshold);
        u64::try_from(of_all / stewards.max(1) as u128).unwrap_or(u64::MAX)
    }
}

impl Stewards {
    /// The most elements that one of them evaluates a day for a member that is no steward.
    pub fn budget_of_each(&self) -> u64 {
        self.budget.of_each(self.threshold, self.stewards.len())
    }

    /// The most elements that the steward on node `steward` evaluates a day for `asker`, a member of `roster`.
    ///
    /// A member that is a steward has an answer of its own for nothing, so that of the others it needs one less, and has
    /// to be given less by each. What its own steward gives it nobody can hold it to: the whole budget.
    pub fn budget_for(&self, roster: &Roster, steward: &PublicKey, asker: MemberId) -> u64 {
        let member = |node: &PublicKey| roster.node(node).map(|(member, _)| member.id);
        if member(steward) == Some(asker) {
            self.budget.0
        } else if self.stewards.iter().any(|other| member(&other.node) == Some(asker)) {
            self.budget_of_others()
        } else {
            self.budget_of_each()
        }
    }

    /// What each of the others gives to a steward: as for a key of one share and one steward less.
    fn budget_of_others(&self) -> u64 {
        self.budget.of_each(self.threshold.saturating_sub(1), self.stewards.len().saturating_sub(1))
    }

    /// The steward that a node is.
    pub fn of_node(&self, node: &PublicKey) -> Option<&Steward> {
        self.stewards.iter().find(|steward| steward.node == *node)
    }

    /// The shares as everybody knows them; checked when the roster was read.
    pub fn public_shares(&self) -> Result<Vec<PublicShare>, &'static str> {
        self.stewards.iter().map(Steward::public_share).collect()
    }

    /// The key's public side, the same in every generation.
    pub fn public_key(&self) -> Result<Element, &'static str> {
        let threshold = u16::from(self.threshold).try_into().map_err(|_| "the threshold is zero")?;
        public_key(&self.public_shares()?, threshold)
            .map_err(|_| "the stewards' public shares are not those of one key")
    }

    /// Checks what they are, and gives their key.
    fn check(&self, roster: &Roster) -> Result<Element, &'static str> {
        let nodes: Vec<PublicKey> = self.stewards.iter().map(|steward| steward.node).collect();
        check_committee(roster, self.threshold, &nodes)?;
        if self.generation < FIRST_GENERATION {
            return Err("the generation of a key's shares starts at 1");
        }
        if !self.stewards.windows(2).all(|pair| pair[0].number < pair[1].number) {
            return Err("the stewards are not in ascending order of number");
        }
        if self.budget > Budget::MOST || self.budget_of_others() < SMALLEST as u64 {
            return Err("the stewards' budget is too large, or too small to divide among them");
        }
        self.public_key()
    }
}

impl Roster {
    /// Who evaluates for an epoch, if stewards do and it is not over. A day longer than it is used, because clocks differ.
    pub fn stewards_of(&self, epoch: u32, today: Day) -> Option<&Stewards> {
        let epoch = self.epochs.iter().find(|known| known.number == epoch)?;
        let is_over = epoch.until.is_some_and(|last| last.plus(1) < today);
        epoch.stewards.as_ref().filter(|_| !is_over)
    }
}

impl PartialOrd for Budget {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.0.partial_cmp(&other.0)
    }
}

impl Steward {
    /// The share as everybody knows it.
    pub fn public_share(&self) -> Result<PublicShare, &'static str> {
        let number = self.number.try_into().map_err(|_| "a steward has the number 0")?;
        PublicShare::new(number, self.share).map_err(|_| "a steward's public share is not an element")
    }
}

impl Plan {
    /// What names the ceremony: its secrets are made for it alone.
    pub fn ceremony(&self, consortium: &Digest) -> Digest {
        digest(Label::Ceremony, &[&consortium.0, &codec::encode(self)])
    }

    /// The number of a node's share.
    pub fn number(&self, node: &PublicKey) -> Option<u16> {
        let index = self.nodes.iter().position(|planned| planned == node)?;
        u16::try_from(index + 1).ok()
    }

    fn check(&self, roster: &Roster) -> Result<(), &'static str> {
        check_committee(roster, self.threshold, &self.nodes)?;
        let newest = roster.epochs.last().map_or(0, |epoch| epoch.number);
        let of_epoch = roster.epochs.iter().find(|epoch| epoch.number == self.epoch);
        let follows = match of_epoch.map(|epoch| &epoch.stewards) {
            Some(Some(stewards)) => stewards.generation.checked_add(1) == Some(self.generation) && self.deals(stewards),
            Some(None) => false,
            None => {
                let next = newest.checked_add(1) == Some(self.epoch) && self.generation == FIRST_GENERATION;
                next && self.dealers.is_empty()
            }
        };
        if follows { Ok(()) } else { Err("the planned shares are neither of the next epoch nor of a key in use") }
    }

    /// Whether the dealers are as many of the old stewards as it takes.
    fn deals(&self, old: &Stewards) -> bool {
        let known = |number: &u16| old.stewards.iter().any(|steward| steward.number == *number);
        self.dealers.len() == usize::from(old.threshold)
            && self.dealers.windows(2).all(|pair| pair[0] < pair[1])
            && self.dealers.iter().all(known)
    }
}

/// Checks what the roster says of stewards and of those to come.
pub(super) fn check(roster: &Roster) -> Result<(), &'static str> {
    if roster.version == 0 && roster.epochs.iter().any(|epoch| epoch.stewards.is_some()) {
        return Err("a consortium starts without stewards: its nodes make the key among themselves");
    }
    let mut keys = BTreeSet::new();
    for stewards in roster.epochs.iter().filter_map(|epoch| epoch.stewards.as_ref()) {
        // Whoever has the old key would have the new one.
        if !keys.insert(stewards.check(roster)?.0) {
            return Err("two epochs have the same key");
        }
    }
    roster.plan.as_ref().map_or(Ok(()), |plan| plan.check(roster))
}

/// Each a node of another member: a member that held `threshold` shares could enumerate alone.
fn check_committee(roster: &Roster, threshold: u8, nodes: &[PublicKey]) -> Result<(), &'static str> {
    let fits = (usize::from(THRESHOLD_MIN)..=nodes.len()).contains(&threshold.into()) && nodes.len() <= STEWARDS_MAX;
    if !fits {
        return Err("too many stewards, or a threshold below two or above their number");
    }
    let member = |node: &PublicKey| roster.node(node).map(|(member, _)| member.id);
    let members: Option<BTreeSet<MemberId>> = nodes.iter().map(member).collect();
    match members {
        None => Err("a steward is no node on the roster"),
        Some(members) if members.len() < nodes.len() => Err("two stewards are nodes of one member"),
        Some(_) => Ok(()),
    }
}

/// What no roster may do: change an epoch's key or what is hashed with it, or put shares into use that no plan before made.
pub(super) fn check_successor(before: &Roster, after: &Roster) -> Result<(), &'static str> {
    let stays = |epoch: &&Epoch| after.epochs.iter().any(|other| other.number == epoch.number);
    let blind_stays = before.epochs.iter().filter(stays).any(|epoch| epoch.stewards.is_some());
    let switched = before
        .policy
        .kinds
        .iter()
        .any(|was| after.policy.kind(was.kind).is_some_and(|is| is.custody.is_split() != was.custody.is_split()));
    if blind_stays && switched {
        return Err("changes the custody of a kind in an epoch that has stewards: a new epoch has to begin");
    }
    for new in &after.epochs {
        let old = before.epochs.iter().find(|epoch| epoch.number == new.number);
        match (old.map(|old| &old.stewards), &new.stewards) {
            (None | Some(None), None) => {}
            (Some(Some(was)), Some(is)) => is.follow(new.number, was, before)?,
            (None, Some(is)) => is.follow_plan(new.number, before)?,
            (Some(Some(_)), None) | (Some(None), Some(_)) => {
                return Err("changes the custody of an epoch: a new epoch has to begin");
            }
        }
    }
    Ok(())
}

impl Stewards {
    fn follow(&self, epoch: u32, was: &Self, before: &Roster) -> Result<(), &'static str> {
        if was.public_key() != self.public_key() {
            return Err("changes the key of an epoch: a new epoch has to begin");
        }
        let same =
            was.generation == self.generation && was.threshold == self.threshold && was.stewards == self.stewards;
        if same { Ok(()) } else { self.follow_plan(epoch, before) }
    }

    /// That these are the stewards and the generation that the roster before planned.
    fn follow_plan(&self, epoch: u32, before: &Roster) -> Result<(), &'static str> {
        let fits = before.plan.as_ref().is_some_and(|plan| {
            let planned = (1..).zip(&plan.nodes);
            let are = self.stewards.iter().map(|steward| (steward.number, &steward.node));
            (plan.epoch, plan.generation, plan.threshold) == (epoch, self.generation, self.threshold) && planned.eq(are)
        });
        if fits { Ok(()) } else { Err("puts shares into use that no plan of the roster before made") }
    }
}
