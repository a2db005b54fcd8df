//! The shares that this node holds as a steward, and the seeds of its part in ceremonies: sealed with its other secrets.
//!
//! Invariant: a seed is on the disk before anything is said that is derived from it, and a share before it is
//! acknowledged. A share is erased once the roster in force has put others into use that this node holds, and not before.

use std::path::PathBuf;

use larum_protocol::{
    hash::Digest,
    keys::PublicKey,
    oprf::Share,
    roster::{Roster, Steward},
};
use parking_lot::Mutex;

use crate::secrets::{Lock, Secrets, SecretsError, Stewardship};

/// What a steward keeps to itself.
pub(crate) struct Shares {
    file: PathBuf,
    lock: Lock,
    held: Mutex<Stewardship>,
}

impl std::fmt::Debug for Shares {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shares").finish_non_exhaustive()
    }
}

impl Shares {
    /// What the secrets hold of it.
    pub(crate) fn new(file: PathBuf, lock: Lock, held: Stewardship) -> Self {
        Self { file, lock, held: Mutex::new(held) }
    }

    /// The share that a roster says this node holds, if it does.
    pub(crate) fn share(&self, steward: &Steward) -> Option<Share> {
        let held = self.held.lock();
        let (number, secret) = held.shares.get(&steward.share.0)?;
        let share = Share::new((*number).try_into().ok()?, secret).ok()?;
        (share.public().element() == steward.share && *number == steward.number).then_some(share)
    }

    /// The seed of this node's part in a ceremony: the one that it had before, or a new one.
    pub(crate) fn seed(&self, ceremony: &Digest) -> Result<[u8; 32], SecretsError> {
        if let Some(seed) = self.held.lock().seeds.get(&ceremony.0) {
            return Ok(*seed);
        }
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| SecretsError::NoRandomness)?;
        self.change(|stewardship| *stewardship.seeds.entry(ceremony.0).or_insert(seed))
    }

    /// Keeps a share; it is on the disk when this returns.
    pub(crate) fn keep(&self, share: &Share) -> Result<(), SecretsError> {
        let public = share.public().element().0;
        self.change(|stewardship| {
            stewardship.shares.insert(public, (share.number().get(), *share.to_bytes()));
        })
    }

    /// The epochs for which a roster names this node with a share that it does not hold.
    pub(crate) fn missing(&self, roster: &Roster, own: &PublicKey) -> Vec<u32> {
        let epochs = roster.epochs.iter().filter(|epoch| {
            let named = epoch.stewards.as_ref().and_then(|stewards| stewards.of_node(own));
            named.is_some_and(|named| self.share(named).is_none())
        });
        epochs.map(|epoch| epoch.number).collect()
    }

    /// Erases what no roster can need any more, once no ceremony is planned: all but the shares in use. Whether there was any.
    ///
    /// Nothing as long as the roster names a share of this node that it does not hold (P92). Public shares that nobody
    /// holds can be made for any key: whoever got governors to sign such a roster would otherwise have the old ones
    /// erased, and the key with them. Which share or seed is of which epoch is not written down, so all are kept.
    pub(crate) fn retain(&self, roster: &Roster, own: &PublicKey) -> Result<bool, SecretsError> {
        let in_use = |public: &[u8; 32]| {
            let stewards = roster.epochs.iter().filter_map(|epoch| epoch.stewards.as_ref());
            stewards.flat_map(|stewards| &stewards.stewards).any(|steward| steward.share.0 == *public)
        };
        let spent = |held: &Stewardship| !held.seeds.is_empty() || held.shares.keys().any(|public| !in_use(public));
        if roster.plan.is_some() || !spent(&self.held.lock()) || !self.missing(roster, own).is_empty() {
            return Ok(false);
        }
        self.change(|stewardship| {
            stewardship.seeds.clear();
            stewardship.shares.retain(|public, _| in_use(public));
        })?;
        Ok(true)
    }

    /// Changes what is on the disk, and what is remembered of it only then: what a disk refused is said to nobody.
    fn change<T>(&self, change: impl FnOnce(&mut Stewardship) -> T) -> Result<T, SecretsError> {
        let mut held = self.held.lock();
        let (changed, kept) = Secrets::change(&self.file, &self.lock, |secrets| {
            let changed = change(&mut secrets.stewardship);
            Ok::<_, SecretsError>((changed, secrets.stewardship.clone()))
        })?;
        *held = kept;
        Ok(changed)
    }
}

#[cfg(test)]
mod tests;
