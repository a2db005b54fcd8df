//! This node's secrets, sealed at rest in one file of the data folder.
//!
//! Sealed with age (C2SP age specification, version 1): to a passphrase by scrypt (RFC 7914), or to the X25519 identity
//! in an unlock file. An unlock file beside the sealed one protects against nothing but carelessness, a copied or
//! published file; it protects against a thief of the disk once it lies on a volume that is mounted only to start.
//! Invariant: a saved file replaces the old one whole or not at all, also across a power cut, and is readable by its
//! owner alone.
//! Invariant: a file that exists is changed under a lock, by [`Secrets::change`], so that no process writes over what
//! another put there.
//! Invariant: seeds are wiped from memory when dropped, and no `Debug` or error shows one.
//! Absent on purpose: governor keys, which are files of their own (see [`seal_to_file`]) and belong on other machines;
//! key types, which belong to the protocol: here are seeds.

mod change;
mod encoding;
mod lock;
mod seal;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use zeroize::Zeroize;

pub use self::lock::{Lock, PASSPHRASE_CHARS_MIN, Protection};
pub(crate) use self::seal::write_aside;
pub use self::seal::{SecretsError, open_file, seal_to_file, seal_to_new_file};

/// The sealed file's name in the data folder.
pub const SECRETS_FILE: &str = "secrets.age";
/// Salts kept: one for each epoch, and epochs overlap two at a time.
pub const SALTS_MAX: usize = 256;
/// Shares kept, and seeds of ceremonies: epochs overlap four at a time, each with its shares and those to come.
pub const STEWARDSHIPS_MAX: usize = 64;

/// Everything a node must keep to itself.
#[derive(Clone, Eq, PartialEq)]
pub struct Secrets {
    /// Signs the member's node certificates; a further node of the member may do without.
    pub member_seed: Option<[u8; 32]>,
    /// Opens what is sealed to this member, salt grants above all.
    pub sealing_seed: [u8; 32],
    /// This node's libp2p identity; signs batches.
    pub node_seed: [u8; 32],
    /// The salt of each epoch.
    pub salts: BTreeMap<u32, [u8; 32]>,
    /// What it holds as a steward.
    pub stewardship: Stewardship,
}

/// What a steward has to keep to itself.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Stewardship {
    /// Its shares by what everybody knows of them, each with its number.
    pub shares: BTreeMap<[u8; 32], (u16, [u8; 32])>,
    /// What its part in each ceremony is derived from, by ceremony.
    pub seeds: BTreeMap<[u8; 32], [u8; 32]>,
}

/// Whether this node holds its member's own key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MemberKey {
    /// It makes a new one: the member's first node.
    New,
    /// Another node of the member holds it.
    Elsewhere,
}

impl Secrets {
    /// Makes new secrets and saves them; never over a file that exists.
    pub fn create(path: &Path, lock: &Lock, member_key: MemberKey) -> Result<Self, SecretsError> {
        let secrets = Self {
            member_seed: match member_key {
                MemberKey::New => Some(random_seed()?),
                MemberKey::Elsewhere => None,
            },
            sealing_seed: random_seed()?,
            node_seed: random_seed()?,
            salts: BTreeMap::new(),
            stewardship: Stewardship::default(),
        };
        seal_to_new_file(path, lock, &secrets.encode()?)?;
        Ok(secrets)
    }

    /// Opens the file.
    pub fn load(path: &Path, lock: &Lock) -> Result<Self, SecretsError> {
        Self::decode(&open_file(path, lock)?)
    }

    /// Replaces the file, whatever it holds; to change what it holds is [`Secrets::change`]. Once this returns, the new
    /// secrets survive a power cut.
    pub fn save(&self, path: &Path, lock: &Lock) -> Result<(), SecretsError> {
        seal_to_file(path, lock, &self.encode()?)
    }
}

impl Drop for Secrets {
    fn drop(&mut self) {
        self.member_seed.zeroize();
        self.sealing_seed.zeroize();
        self.node_seed.zeroize();
        self.salts.values_mut().for_each(Zeroize::zeroize);
    }
}

impl fmt::Debug for Stewardship {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stewardship").field("shares", &self.shares.len()).finish_non_exhaustive()
    }
}

impl Drop for Stewardship {
    fn drop(&mut self) {
        self.shares.values_mut().for_each(|(_, share)| share.zeroize());
        self.seeds.values_mut().for_each(Zeroize::zeroize);
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("salts", &self.salts.len()).finish_non_exhaustive()
    }
}

fn random_seed() -> Result<[u8; 32], SecretsError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| SecretsError::NoRandomness)?;
    Ok(seed)
}

#[cfg(test)]
mod tests;
