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
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    hash::{Digest, Label, byte_string, digest, keyed_digest},
    kind::{Canonical, Derived, Kind},
    oprf::Output,
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
    /// Stewards hold shares of a key; tags are computed blind with a threshold of them. In an epoch that has no stewards
    /// yet, every member has the salt, and this is the stretch.
    #[n(1)]
    Split(#[n(0)] Option<Stretch>),
}

/// What is done to a canonical form before the last hash.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hardening {
    /// Nothing: it cannot be enumerated.
    Nothing,
    /// A memory-hard stretch, here.
    Stretch(Stretch),
    /// A blind evaluation by stewards.
    Blind,
}

impl Custody {
    /// The stretch where members compute tags by themselves.
    pub const fn stretch(self) -> Option<Stretch> {
        match self {
            Self::Shared(stretch) | Self::Split(stretch) => stretch,
        }
    }

    /// Whether stewards compute, in an epoch that has some.
    pub const fn is_split(self) -> bool {
        matches!(self, Self::Split(_))
    }

    /// What is done in an epoch that has stewards, or has none.
    pub const fn hardening(self, has_stewards: bool) -> Hardening {
        match self {
            Self::Split(_) if has_stewards => Hardening::Blind,
            Self::Shared(None) | Self::Split(None) => Hardening::Nothing,
            Self::Shared(Some(stretch)) | Self::Split(Some(stretch)) => Hardening::Stretch(stretch),
        }
    }
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
    /// Stewards have to be asked, and this is no place to do so.
    #[error("tags of the kind {0} are made with the help of stewards, so a running node has to be asked")]
    NeedsStewards(Kind),
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
    hardening: Hardening,
    key: [u8; 32],
    stretch_salt: [u8; 32],
}

impl fmt::Debug for Tagger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tagger").field("kind", &self.kind).field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

/// The texts that have tags: the exact form's, then the derived ones'.
fn texts(canonical: &Canonical) -> impl Iterator<Item = &str> {
    std::iter::once(canonical.text()).chain(canonical.derived().iter().map(|form| form.text()))
}

/// What the first step gave: what custody makes of a canonical form.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Hardened(Vec<u8>);

impl Tagger {
    /// The tagger of `kind` in `epoch`, whose secret is `salt`.
    pub fn new(salt: &Salt, epoch: u32, kind: Kind, hardening: Hardening) -> Self {
        let (epoch_bytes, kind_bytes) = (epoch.to_be_bytes(), kind.number().to_be_bytes());
        let derive = |label| keyed_digest(&salt.0, label, &[&epoch_bytes, &kind_bytes]).0;
        Self { kind, epoch, hardening, key: derive(Label::TagKey), stretch_salt: derive(Label::StretchSalt) }
    }

    /// The tags of a canonical form and of its derived forms, computed here.
    ///
    /// # Errors
    /// [`TagError::NeedsStewards`] where stewards have to be asked first ([`Self::inputs`], [`Self::tags_from`]).
    pub fn tags(&self, canonical: &Canonical) -> Result<Tags, TagError> {
        debug_assert_eq!(canonical.kind(), self.kind, "a tagger serves one kind");
        self.collect(canonical, texts(canonical).map(|text| self.tag(text)))
    }

    /// The inputs of the blind function for a canonical form and its derived forms; none where stewards are not asked.
    pub fn inputs(&self, canonical: &Canonical) -> Vec<Zeroizing<Vec<u8>>> {
        let kind = self.kind.number().to_be_bytes();
        let input = |text: &str| {
            let length = (text.len() as u64).to_be_bytes();
            Zeroizing::new([kind.as_slice(), &length, text.as_bytes()].concat())
        };
        match self.hardening {
            Hardening::Blind => texts(canonical).map(input).collect(),
            Hardening::Nothing | Hardening::Stretch(_) => Vec::new(),
        }
    }

    /// The tags, from the function's outputs in the order of [`Self::inputs`].
    ///
    /// # Errors
    /// [`TagError::NeedsStewards`] if these are not as many.
    pub fn tags_from(&self, canonical: &Canonical, outputs: &[Output]) -> Result<Tags, TagError> {
        if outputs.len() != texts(canonical).count() || self.hardening != Hardening::Blind {
            return Err(TagError::NeedsStewards(self.kind));
        }
        let tag = |output: &Output| Ok(Tag(keyed_digest(&self.key, Label::SplitTag, &[&output.0]).0));
        self.collect(canonical, outputs.iter().map(tag))
    }

    /// The first tag is the exact form's, the others are those of the derived forms in their order.
    fn collect(
        &self,
        canonical: &Canonical,
        mut tags: impl Iterator<Item = Result<Tag, TagError>>,
    ) -> Result<Tags, TagError> {
        let subject = tags.next().unwrap_or(Err(TagError::NeedsStewards(self.kind)))?;
        let of_form = |(form, tag): (&Derived, Result<Tag, TagError>)| {
            Ok(DerivedTag { derivation: form.derivation().number(), tag: tag? })
        };
        let mut derived = canonical.derived().iter().zip(tags).map(of_form).collect::<Result<Vec<_>, _>>()?;
        derived.sort_unstable_by_key(|form| (form.derivation, form.tag));
        Ok(Tags { epoch: self.epoch, subject, derived })
    }

    fn tag(&self, text: &str) -> Result<Tag, TagError> {
        match self.hardening {
            Hardening::Nothing => Ok(self.finish(text.as_bytes())),
            Hardening::Stretch(stretch) => Ok(self.finish(&self.stretched(text, stretch)?.0)),
            Hardening::Blind => Err(TagError::NeedsStewards(self.kind)),
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
