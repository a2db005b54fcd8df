//! How the shares of the oblivious function's key come about ([`crate::oprf`]): nobody ever knows the key, neither when it
//! is made nor when its shares change.
//!
//! ```text
//!                 to everybody                        digests the same          to each alone
//! Dkg::new ────────> round1 ───> Dkg::agree ───────> Generation::round2_for ──> Generation::finish ──> Shared
//! Resharing::deal ─> round1 ───> Resharing::agree ─> Dealer::round2_for ──────> Agreed::finish ──────> Share
//! ```
//!
//! Both have two rounds. In the first, dealers say to everybody what they are going to hand out: commitments to a
//! polynomial each (Feldman, 1987). Then everybody compares the digest of what was said, so that nobody was told anything
//! else than the others. In the second, each dealer hands each receiver one secret value, which is held against the
//! commitments.
//!
//! Invariant: whatever is random in one steward's part is derived from one seed and from what the ceremony is, so the seed
//! is all that it has to keep: after a crash it says the same again.
//! Invariant: whoever is wrong is named, except where two stewards contradict each other and only people can tell.
//! Invariant: what is handed over is bound to its ceremony and to the set of dealings that was agreed on.
//! Absent on purpose: who talks to whom, signatures of messages, encryption of values, and when an old share is erased.
//! Messages come from an authenticated sender, and values through a channel that nobody else reads.

mod dkg;
mod message;
mod public;
mod reshare;
mod seed;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;

use std::{collections::BTreeMap, num::NonZeroU16};

use zeroize::Zeroizing;

pub use self::{
    dkg::{Dkg, Generation},
    public::public_key,
    reshare::{Agreed, Dealer, Resharing},
};
use crate::oprf::{Element, NUMBER_MAX, PublicShare, Share};

/// How many stewards there can be: as many as shares have numbers.
pub const STEWARDS_MAX: u16 = NUMBER_MAX;
/// How many shares it takes at least: were it one, each steward would have the key, and could find out every identifier
/// alone.
pub const THRESHOLD_MIN: u16 = 2;

/// What dealers said to everybody, by who said it. The sender is known from the channel, not from the message.
pub type Dealings = BTreeMap<NonZeroU16, Vec<u8>>;
/// What dealers handed to one receiver, by who handed it.
pub type Values = BTreeMap<NonZeroU16, Zeroizing<Vec<u8>>>;

/// How a key is shared: any `threshold` of `count` shares stand for it, numbered from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sharing {
    threshold: NonZeroU16,
    count: NonZeroU16,
}

impl Sharing {
    /// A sharing within bounds.
    ///
    /// # Errors
    /// [`CustodyError::BadSharing`] unless [`THRESHOLD_MIN`] <= `threshold` <= `count` <= [`STEWARDS_MAX`].
    pub fn new(threshold: u16, count: u16) -> Result<Self, CustodyError> {
        if !(THRESHOLD_MIN..=count).contains(&threshold) || count > STEWARDS_MAX {
            return Err(CustodyError::BadSharing);
        }
        let threshold = NonZeroU16::new(threshold).ok_or(CustodyError::BadSharing)?;
        let count = NonZeroU16::new(count).ok_or(CustodyError::BadSharing)?;
        Ok(Self { threshold, count })
    }

    /// How many shares it takes.
    pub const fn threshold(self) -> NonZeroU16 {
        self.threshold
    }

    /// How many there are.
    pub const fn count(self) -> NonZeroU16 {
        self.count
    }

    /// The numbers of the shares.
    pub fn numbers(self) -> impl Iterator<Item = NonZeroU16> + Clone {
        (1..=self.count.get()).filter_map(NonZeroU16::new)
    }

    const fn has(self, number: NonZeroU16) -> bool {
        number.get() <= self.count.get()
    }
}

/// What a steward has of a key that was shared.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Its own share.
    pub share: Share,
    /// What everybody knows of all shares, by number: the roster states it.
    pub public: Vec<PublicShare>,
    /// The public key: the key times the base point. It never changes as long as the key does not.
    pub key: Element,
}

/// How a steward was wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Wrong {
    /// Bytes that are no message of this step.
    #[error("sent what is no message of this step")]
    Malformed,
    /// Nothing, where something is needed.
    #[error("sent nothing")]
    Missing,
    /// A number that has no part in this.
    #[error("has no part in this")]
    Stranger,
    /// A message of another ceremony.
    #[error("sent a message of another ceremony")]
    OtherCeremony,
    /// A message that names another sender or receiver.
    #[error("sent a message that names another sender or receiver")]
    OtherName,
    /// A value for another set of dealings. One of the two saw something else than the others, which need not be its fault:
    /// whoever dealt differently to different stewards is found by comparing the dealings.
    #[error("goes by other dealings")]
    OtherSet,
    /// Commitments to a polynomial of another degree.
    #[error("committed to a polynomial of another degree")]
    WrongLength,
    /// No proof that it knows the constant of its polynomial.
    #[error("does not prove that it knows what it committed to")]
    WrongProof,
    /// A polynomial whose constant is not the dealer's old share.
    #[error("committed to another constant than its share")]
    WrongConstant,
    /// A value that is not the one committed to.
    #[error("handed out another value than it committed to")]
    WrongValue,
}

/// Why shares do not come about.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CustodyError {
    /// A threshold or a number of stewards out of bounds.
    #[error("a key is shared from {THRESHOLD_MIN} of 2 to {STEWARDS_MAX} of {STEWARDS_MAX}")]
    BadSharing,
    /// Whoever is asked to do its part has none.
    #[error("this steward has no such part in the ceremony")]
    NoPart,
    /// A steward that is wrong: the ceremony goes on without it, or is held again.
    #[error("steward {steward} {wrong}")]
    Steward {
        /// Its number.
        steward: NonZeroU16,
        /// How it is wrong.
        wrong: Wrong,
    },
    /// More or fewer dealers than the old threshold.
    #[error("shares are dealt anew by as many stewards as the old threshold says")]
    WrongDealers,
    /// Public shares of different polynomials, or of one of another degree; or two of the same number, or too few.
    #[error("the public shares do not belong together")]
    NotOnePolynomial,
    /// A share or the key would be zero, which has to be drawn anew: by chance this never happens.
    #[error("a share or the key would be zero; hold the ceremony again with new seeds")]
    Zero,
}

impl CustodyError {
    const fn steward(steward: NonZeroU16, wrong: Wrong) -> Self {
        Self::Steward { steward, wrong }
    }
}

/// That all who have to are there, and nobody else.
fn all_and_only<T>(
    have: &BTreeMap<NonZeroU16, T>,
    wanted: impl Iterator<Item = NonZeroU16> + Clone,
) -> Result<(), CustodyError> {
    if let Some(missing) = wanted.clone().find(|number| !have.contains_key(number)) {
        return Err(CustodyError::steward(missing, Wrong::Missing));
    }
    let stranger = have.keys().find(|number| !wanted.clone().any(|wanted| wanted == **number));
    stranger.map_or(Ok(()), |stranger| Err(CustodyError::steward(*stranger, Wrong::Stranger)))
}
