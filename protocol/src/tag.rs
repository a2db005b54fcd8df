//! From a canonical form to a tag: the only thing about an identifier that leaves a node.
//!
//! Two steps. The first depends on who holds the secret ([`Custody`]): under shared custody it is a local, memory-hard
//! stretch for the kinds that could be enumerated; under split custody it is a blind evaluation by stewards. The
//! second is the same for all: a BLAKE3 hash under the key of the kind and epoch.
//!
//! Absent on purpose: raw values (`kind.rs`), where the salt is kept (the node's secrets).

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    hash::{Digest, Label, byte_string, digest, keyed_digest},
    kind::{Canonical, Kind},
    statement::DerivedTag,
};

/// The salted hash of a canonical form.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Tag(pub [u8; 32]);

byte_string!(Tag, Tag, 32);

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tag(..)")
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// A consortium's secret of one epoch.
#[derive(Clone, Eq, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct Salt([u8; 32]);

impl Salt {
    /// A salt of 32 random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be sealed.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// What the roster says of this salt: enough to recognise it, nothing to compute tags with.
    pub fn commitment(&self, epoch: u32) -> Digest {
        digest(Label::SaltCommitment, &[&epoch.to_be_bytes(), &self.0])
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

/// Argon2id's cost (RFC 9106).
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Stretch {
    /// Memory in KiB.
    #[n(0)]
    pub memory_kib: u32,
    /// Passes over the memory.
    #[n(1)]
    pub passes: u32,
    /// Lanes.
    #[n(2)]
    pub lanes: u32,
}

impl Stretch {
    /// OWASP's first recommendation for Argon2id: 19 MiB, two passes, one lane; about 20 ms a value.
    pub const RECOMMENDED: Self = Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 };
    /// The most that a roster may ask for, so that no roster stalls a node: 256 MiB and 8 passes.
    pub const MOST: Self = Self { memory_kib: 256 * 1024, passes: 8, lanes: 4 };

    /// Whether Argon2 takes these parameters and a node is willing to.
    pub fn is_acceptable(&self) -> bool {
        let within = self.memory_kib <= Self::MOST.memory_kib
            && self.passes <= Self::MOST.passes
            && self.lanes <= Self::MOST.lanes;
        within && Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).is_ok()
    }
}

/// Who holds the secret of a kind, and what is done before the last hash.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub enum Custody {
    /// Every member has the salt; tags are computed locally, after a stretch where the kind could be enumerated.
    #[n(0)]
    Shared(#[n(0)] Option<Stretch>),
    /// Stewards hold shares of a key; tags are computed blind with a threshold of them.
    #[n(1)]
    Split,
}

/// Why a tag could not be computed. None of these is ever answered with `clear`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TagError {
    /// The consortium's policy does not list the kind.
    #[error("the consortium's policy does not use the kind {0}")]
    KindNotUsed(Kind),
    /// The salt of a live epoch has not been granted to this member yet.
    #[error("the salt of epoch {0} has not reached this node yet; another member has to be reachable to grant it")]
    NoSalt(u32),
    /// The consortium has agreed on canonical forms that this program does not compute.
    #[error(
        "the consortium uses version {agreed} of the rules for {kind} and this node computes another; upgrade this node"
    )]
    OtherScheme {
        /// The kind.
        kind: Kind,
        /// The version that the policy names.
        agreed: u16,
    },
    /// Stewards are needed and none is known.
    #[error("the kind {0} is under split custody and no stewards are known to this node")]
    NoStewards(Kind),
    /// The policy's stretch parameters are not valid for Argon2.
    #[error("the policy's stretch parameters are not valid")]
    BadStretch,
}

/// The tags of one identifier in one epoch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tags {
    /// The epoch they were made in.
    pub epoch: u32,
    /// The exact canonical form's.
    pub subject: Tag,
    /// The derived forms', ascending.
    pub derived: Vec<DerivedTag>,
}

/// Makes tags of one kind in one epoch.
#[derive(ZeroizeOnDrop)]
pub struct Tagger {
    #[zeroize(skip)]
    kind: Kind,
    #[zeroize(skip)]
    epoch: u32,
    #[zeroize(skip)]
    custody: Custody,
    key: [u8; 32],
    stretch_salt: [u8; 32],
}

impl fmt::Debug for Tagger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tagger").field("kind", &self.kind).field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

/// What the first step gave: what custody makes of a canonical form.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Hardened(Vec<u8>);

impl Tagger {
    /// The tagger of `kind` in `epoch`, whose secret is `salt`.
    pub fn new(salt: &Salt, epoch: u32, kind: Kind, custody: Custody) -> Self {
        let (epoch_bytes, kind_bytes) = (epoch.to_be_bytes(), kind.number().to_be_bytes());
        let derive = |label| keyed_digest(&salt.0, label, &[&epoch_bytes, &kind_bytes]).0;
        Self { kind, epoch, custody, key: derive(Label::TagKey), stretch_salt: derive(Label::StretchSalt) }
    }

    /// The tags of a canonical form and of its derived forms.
    pub fn tags(&self, canonical: &Canonical) -> Result<Tags, TagError> {
        debug_assert_eq!(canonical.kind(), self.kind, "a tagger serves one kind");
        let mut derived = Vec::with_capacity(canonical.derived().len());
        for form in canonical.derived() {
            derived.push(DerivedTag { derivation: form.derivation().number(), tag: self.tag(form.text())? });
        }
        derived.sort_unstable_by_key(|form| (form.derivation, form.tag));
        Ok(Tags { epoch: self.epoch, subject: self.tag(canonical.text())?, derived })
    }

    fn tag(&self, text: &str) -> Result<Tag, TagError> {
        match self.custody {
            Custody::Shared(None) => Ok(self.finish(text.as_bytes())),
            Custody::Shared(Some(stretch)) => Ok(self.finish(&self.stretched(text, stretch)?.0)),
            Custody::Split => Err(TagError::NoStewards(self.kind)),
        }
    }

    fn stretched(&self, text: &str, stretch: Stretch) -> Result<Hardened, TagError> {
        if !stretch.is_acceptable() {
            return Err(TagError::BadStretch);
        }
        let params = Params::new(stretch.memory_kib, stretch.passes, stretch.lanes, Some(32))
            .map_err(|_| TagError::BadStretch)?;
        let mut output = Hardened(vec![0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(text.as_bytes(), &self.stretch_salt, &mut output.0)
            .map_err(|_| TagError::BadStretch)?;
        Ok(output)
    }

    fn finish(&self, hardened: &[u8]) -> Tag {
        Tag(keyed_digest(&self.key, Label::Tag, &[hardened]).0)
    }
}
