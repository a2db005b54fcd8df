//! A hash that nobody can compute alone and that nobody who helps computing it learns anything from: the verifiable
//! oblivious pseudorandom function of RFC 9497, suite ristretto255-SHA512, its key shared t of n (Shamir, 1979).
//!
//! ```text
//! inputs ── Blinding::new ──> elements ──> each steward: Share::evaluate ──> Evaluation
//!    │                                                                           │ Blinding::verify
//!    └──────────────── Blinding::finish(t of them) <──────── Verified ───────────┘
//! ```
//!
//! Invariant: what is evaluated by a steward's share is held against its public share before it is used (RFC 9497,
//! section 2.2), so a wrong answer names its steward.
//! Invariant: secrets are computed with in constant time; only public values meet variable-time code.
//! Absent on purpose: how shares come about (`custody.rs`), who asks whom, and what a tag is made of the output.

mod client;
pub(crate) mod group;
pub(crate) mod lagrange;
mod proof;
mod steward;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

pub use self::{
    client::{Blinding, Output, Verified},
    proof::Proof,
    steward::{Evaluation, PublicShare, Share},
};
use crate::hash::byte_string;

/// Inputs of one request: everything of an applicant many times over; RFC 9497 counts them in two bytes.
pub const ELEMENTS_MAX: usize = 1_000;
/// Bytes of one input, which RFC 9497 counts in two bytes.
pub const INPUT_BYTES_MAX: usize = u16::MAX as usize;

/// The highest number of a share, and so how many there can be: with numbers up to this one, what a share weighs when
/// shares are combined is a small integer, and nobody has named a consortium that needs more stewards.
pub const NUMBER_MAX: u16 = 15;

/// A group element as it travels: compressed Ristretto (RFC 9496).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Element(pub [u8; 32]);

byte_string!(Element, Element, 32);

/// Why an evaluation does not come about.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OprfError {
    /// Bytes that are no element, or the identity.
    #[error("not an element of the group")]
    BadElement,
    /// Bytes that are no scalar, or zero.
    #[error("not a scalar of the group")]
    BadScalar,
    /// A share of a number beyond [`NUMBER_MAX`].
    #[error("shares are numbered from 1 to {NUMBER_MAX}")]
    BadNumber,
    /// A proof that does not hold: the evaluation is not by the share that it should be by.
    #[error("the steward's proof does not hold")]
    WrongProof,
    /// No input, more than [`ELEMENTS_MAX`], or one of more than [`INPUT_BYTES_MAX`] bytes.
    #[error("too many inputs, too long a one, or none")]
    BadInputs,
    /// An evaluation of another number of elements than were asked for.
    #[error("the steward evaluated another number of elements than it was asked to")]
    WrongCount,
    /// Two evaluations by one share.
    #[error("the evaluations are not by different shares")]
    SameShare,
    /// Fewer evaluations than it takes.
    #[error("too few stewards answered")]
    TooFew,
}
