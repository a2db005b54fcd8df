//! What one member says about one subject.
//!
//! Invariant: whether a statement is well-formed depends on nothing but its own bytes; whether it counts is the
//! fold's business (`verdict.rs`), under the roster of the day.

use minicbor::{Decode, Encode};

use crate::{
    clock::Day,
    codec,
    hash::{Digest, Label, digest},
    kind::{Derivation, Kind},
    limits::{DERIVED_MAX, ORIGIN_BYTES_MAX, STATEMENT_BYTES_MAX},
    tag::Tag,
    vocabulary::{Evidence, Reason, Role, Stance},
};

/// A tag that hangs on a statement's subject, and how it was derived from the same identifier.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct DerivedTag {
    /// The [`Derivation`]'s number; one of a later version is kept.
    #[n(0)]
    pub derivation: u16,
    /// The derived form's tag.
    #[n(1)]
    pub tag: Tag,
}

impl DerivedTag {
    /// Whether it is a band of a resume's fingerprint: the one derivation that can list by itself.
    pub fn is_band(&self) -> bool {
        matches!(Derivation::from_number(self.derivation), Some(Derivation::Band(_)))
    }
}

/// What one member says about one subject. On the wire: an array of its fields in this order.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Statement {
    /// The tag of the identifier's exact canonical form.
    #[n(0)]
    pub subject: Tag,
    /// The tags derived from the same identifier.
    #[n(1)]
    pub derived: Vec<DerivedTag>,
    /// The [`Kind`]'s number; one of a later version is kept.
    #[n(2)]
    pub kind: u16,
    /// What is said.
    #[n(3)]
    pub stance: Stance,
    /// One more than the highest that the author saw of its own member for this subject; from 1.
    #[n(4)]
    pub revision: u64,
    /// What the identifier is to the fraud. Of a withdrawal or dispute: of what it answers, as far as known.
    #[n(5)]
    pub role: Role,
    /// Why.
    #[n(6)]
    pub reason: Reason,
    /// How sure.
    #[n(7)]
    pub evidence: Evidence,
    /// The public list that the case comes from, where it is not first-hand: `ofac-sdn`.
    #[n(8)]
    pub origin: Option<String>,
    /// The hash of the statement that a dispute, or the answer to one, is about.
    #[n(9)]
    pub re: Option<Digest>,
    /// The day of the observation.
    #[n(10)]
    pub observed: Day,
    /// The last day on which it counts.
    #[n(11)]
    pub expires: Day,
    /// The last day on which it supersedes; nobody keeps it longer.
    #[n(12)]
    pub keep_until: Day,
}

/// How a statement breaks its own rules.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StatementError {
    /// Revisions count from 1.
    #[error("revision 0; revisions count from 1")]
    NoRevision,
    /// A stance of a later version, or none.
    #[error("stance {0} is not known")]
    UnknownStance(u16),
    /// It would be kept for less time than it counts.
    #[error("kept until a day before it expires")]
    KeptTooShort,
    /// It would expire before it was observed.
    #[error("expires before it was observed")]
    ExpiresEarly,
    /// More derived tags than one identifier has.
    #[error("{0} derived tags; at most {DERIVED_MAX} are allowed")]
    TooManyDerived(usize),
    /// Derived tags twice, out of order, or equal to the subject.
    #[error("derived tags are not in ascending order without repetition")]
    DerivedOrder,
    /// An origin that is not a short lower-case name.
    #[error("the origin is not a name of 1 to {ORIGIN_BYTES_MAX} of a-z, 0-9 and hyphen")]
    BadOrigin,
    /// An assertion for a reason that only takes things back, or the other way round.
    #[error("the reason does not fit the stance")]
    ReasonUnfit,
    /// Its bytes exceed the limit.
    #[error("more than {STATEMENT_BYTES_MAX} bytes")]
    TooLong,
}

impl Statement {
    /// The hash by which disputes refer to it.
    pub fn hash(&self) -> Digest {
        digest(Label::Statement, &[&codec::encode(self)])
    }

    /// The kind, where this version knows it.
    pub fn known_kind(&self) -> Option<Kind> {
        Kind::from_number(self.kind)
    }

    /// The subject and every derived tag.
    pub fn tags(&self) -> impl Iterator<Item = &Tag> {
        std::iter::once(&self.subject).chain(self.derived.iter().map(|derived| &derived.tag))
    }

    /// Checks every rule that needs nothing but the statement.
    pub fn check(&self) -> Result<(), StatementError> {
        if self.revision == 0 {
            return Err(StatementError::NoRevision);
        }
        if let Stance::Unknown(number) = self.stance {
            return Err(StatementError::UnknownStance(number));
        }
        if self.expires < self.observed {
            return Err(StatementError::ExpiresEarly);
        }
        if self.keep_until < self.expires {
            return Err(StatementError::KeptTooShort);
        }
        if self.reason.is_correction() == (self.stance == Stance::Assert) && !matches!(self.reason, Reason::Unknown(_))
        {
            return Err(StatementError::ReasonUnfit);
        }
        self.check_derived()?;
        match &self.origin {
            Some(origin) if !is_origin(origin) => Err(StatementError::BadOrigin),
            _ => Ok(()),
        }
    }

    fn check_derived(&self) -> Result<(), StatementError> {
        if self.derived.len() > DERIVED_MAX {
            return Err(StatementError::TooManyDerived(self.derived.len()));
        }
        let keys = self.derived.iter().map(|derived| (derived.derivation, derived.tag));
        let ascending = keys.clone().zip(keys.skip(1)).all(|(first, second)| first < second);
        if !ascending || self.derived.iter().any(|derived| derived.tag == self.subject) {
            return Err(StatementError::DerivedOrder);
        }
        Ok(())
    }
}

/// Whether a text may name a public list.
pub fn is_origin(text: &str) -> bool {
    (1..=ORIGIN_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
