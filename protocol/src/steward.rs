//! What nodes say to stewards: questions and answers of split custody.
//!
//! Every message is the array `[version, [kind, ...]]` in the encoding of `codec.rs`, like those of `wire.rs`, over a
//! protocol of its own: evaluations take processor time that replication must not wait for.
//! Invariant: an evaluation is signed with what it answers to, so that a wrong one convinces others, too.
//! Absent on purpose: the group's arithmetic (`oprf.rs`), how shares come about (`custody.rs`), what is left of a budget
//! (`budget.rs`).

mod evidence;
mod padding;

use std::fmt;

use minicbor::{Decode, Decoder, Encode, bytes::ByteVec};

pub use self::{
    evidence::{Convicted, EVIDENCE_BYTES_MAX, Evidence, Unproven},
    padding::{SMALLEST, padded_len, portions},
};
use crate::{
    hash::{Digest, Label},
    keys::PublicKey,
    limits::{ACKNOWLEDGEMENT_BYTES_MAX, EVALUATED_BYTES_MAX, STEWARD_MESSAGE_BYTES_MAX, STEWARDS_MAX},
    oprf::{ELEMENTS_MAX, Element, Evaluation},
    roster::Plan,
    signed::{SignedObject, Unverified},
    wire::{List, Message},
};

/// What a node asks a steward.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(flat)]
pub enum Question {
    /// Blinded elements to evaluate. Answered by `Evaluated`, `OverBudget` or `NotNow`.
    #[n(0)]
    Evaluate(#[n(0)] Asked),
    /// What the steward deals to everybody in a ceremony. Answered by `Dealt` or `NotNow`.
    #[n(1)]
    Dealing {
        /// Which ceremony.
        #[n(0)]
        ceremony: Digest,
    },
    /// What the steward deals to the asker alone. Answered by `Secret` or `NotNow`.
    #[n(2)]
    Secret {
        /// Which ceremony.
        #[n(0)]
        ceremony: Digest,
        /// What the asker has seen of everybody's dealings: nobody is given a secret of one set who saw another.
        #[n(1)]
        seen: Digest,
    },
    /// Whether the steward keeps its share of a ceremony. Answered by `Acknowledged` or `NotNow`.
    #[n(3)]
    Acknowledge {
        /// Which ceremony.
        #[n(0)]
        ceremony: Digest,
    },
}

/// A request for an evaluation: its digest is what the answer is signed for.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Asked {
    /// The epoch whose key is meant.
    #[n(0)]
    pub epoch: u32,
    /// The generation of shares by the asker's roster.
    #[n(1)]
    pub generation: u32,
    /// The blinded elements: one at least, as what costs nothing is written down as well.
    #[cbor(n(2), decode_with = "some")]
    pub elements: List<Element, ELEMENTS_MAX>,
}

/// Reads a list that is not empty.
fn some<'b, C, T: Decode<'b, C>, const MAX: usize>(
    d: &mut Decoder<'b>,
    ctx: &mut C,
) -> Result<List<T, MAX>, minicbor::decode::Error> {
    let list = List::decode(d, ctx)?;
    if list.is_empty() {
        Err(minicbor::decode::Error::message("nothing is asked for").at(d.position()))
    } else {
        Ok(list)
    }
}

/// What a steward answers.
#[derive(Clone, Decode, Encode, Eq, PartialEq)]
#[cbor(flat)]
pub enum Reply {
    /// What was asked for.
    #[n(0)]
    Evaluated {
        /// A signed [`Evaluated`].
        #[n(0)]
        signed: ByteVec,
        /// Elements that the asker's member has left today.
        #[n(1)]
        left: u64,
    },
    /// The asker's member has used up its budget.
    #[n(1)]
    OverBudget {
        /// Elements that are left today: fewer than were asked for.
        #[n(0)]
        left: u64,
        /// Seconds until the next day.
        #[n(1)]
        seconds: u32,
    },
    /// The steward cannot answer yet.
    #[n(2)]
    NotNow(#[n(0)] NotNow),
    /// What it deals to everybody.
    #[n(3)]
    Dealt(#[n(0)] ByteVec),
    /// What it deals to the asker alone.
    #[n(4)]
    Secret(#[n(0)] ByteVec),
    /// A signed [`Acknowledgement`].
    #[n(5)]
    Acknowledged(#[n(0)] ByteVec),
}

/// Why a steward cannot answer yet, or at all.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq, thiserror::Error)]
#[cbor(index_only)]
pub enum NotNow {
    /// It holds no share of that epoch and generation: one of the two rosters is older.
    #[error("it holds no share of this epoch and generation")]
    #[n(0)]
    NoShare,
    /// It does not know the ceremony: one of the two rosters is older.
    #[error("it does not know this ceremony")]
    #[n(1)]
    NoCeremony,
    /// The ceremony has not got so far here.
    #[error("it has not got so far in this ceremony")]
    #[n(2)]
    NotYet,
    /// The asker saw other dealings.
    #[error("it was dealt otherwise than the asker")]
    #[n(3)]
    OtherDealings,
    /// The asker has no part in it.
    #[error("the asker has no part in it")]
    #[n(4)]
    NoPart,
    /// It cannot keep its books.
    #[error("it cannot write down what it answers")]
    #[n(5)]
    Disk,
    /// Something in the question is not an element of the group.
    #[error("an element of the question is none")]
    #[n(6)]
    BadElement,
    /// The ceremony cannot go on here, and neither later.
    #[error("the ceremony is stuck there, and has to be planned again")]
    #[n(7)]
    Stuck,
    /// It cannot take its part: it lacks the share that it is to deal from, say.
    #[error("it cannot take its part in the ceremony: its log says why")]
    #[n(8)]
    CannotDeal,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evaluated { left, .. } => f.debug_struct("Evaluated").field("left", left).finish_non_exhaustive(),
            Self::OverBudget { left, seconds } => {
                f.debug_struct("OverBudget").field("left", left).field("seconds", seconds).finish()
            }
            Self::NotNow(why) => f.debug_tuple("NotNow").field(why).finish(),
            Self::Dealt(_) => f.write_str("Dealt(..)"),
            // Part of a share.
            Self::Secret(_) => f.write_str("Secret(..)"),
            Self::Acknowledged(_) => f.write_str("Acknowledged(..)"),
        }
    }
}

impl Message for Question {
    const BYTES_MAX: usize = STEWARD_MESSAGE_BYTES_MAX;
}

impl Message for Reply {
    const BYTES_MAX: usize = STEWARD_MESSAGE_BYTES_MAX;
}

impl Asked {
    /// What an answer names it by.
    pub fn digest(&self) -> Digest {
        crate::hash::digest(Label::Asked, &[&crate::codec::encode(self)])
    }
}

/// A steward's signed answer. On the wire: an array in this order.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Evaluated {
    /// The version of this object.
    #[n(0)]
    pub version: u8,
    /// The consortium's id.
    #[n(1)]
    pub consortium: Digest,
    /// The steward's node, which signed it.
    #[n(2)]
    pub steward: PublicKey,
    /// The digest of the [`Asked`].
    #[n(3)]
    pub asked: Digest,
    /// The number of the share.
    #[n(4)]
    pub number: u16,
    /// The elements and the proof.
    #[n(5)]
    pub evaluation: Evaluation,
}

impl SignedObject for Evaluated {
    const BYTES_MAX: usize = EVALUATED_BYTES_MAX;
    const LABEL: Label = Label::Evaluated;
    const VERSION: u8 = 1;

    fn version(&self) -> u8 {
        self.version
    }

    fn signer(&self) -> PublicKey {
        self.steward
    }
}

/// A steward's word that its new share is on its disk. On the wire: an array in this order.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Acknowledgement {
    /// The version of this object.
    #[n(0)]
    pub version: u8,
    /// The consortium's id.
    #[n(1)]
    pub consortium: Digest,
    /// The steward's node, which signed it.
    #[n(2)]
    pub steward: PublicKey,
    /// The ceremony.
    #[n(3)]
    pub ceremony: Digest,
    /// The public shares that came of it, by number from 1.
    #[n(4)]
    pub shares: List<Element, STEWARDS_MAX>,
}

impl Acknowledgement {
    /// The public shares that the steward on `node` says came of the ceremony of `plan`, if these bytes are its word.
    pub fn read(signed: &[u8], consortium: &Digest, plan: &Plan, node: &PublicKey) -> Option<Vec<Element>> {
        let word = Unverified::<Self>::decode(signed).ok()?;
        let said = word.value();
        let fits = said.consortium == *consortium && said.ceremony == plan.ceremony(consortium);
        if said.steward != *node || !fits || said.shares.len() != plan.nodes.len() {
            return None;
        }
        word.verify().ok().map(|word| word.value().shares.to_vec())
    }
}

impl SignedObject for Acknowledgement {
    const BYTES_MAX: usize = ACKNOWLEDGEMENT_BYTES_MAX;
    const LABEL: Label = Label::Acknowledgement;
    const VERSION: u8 = 1;

    fn version(&self) -> u8 {
        self.version
    }

    fn signer(&self) -> PublicKey {
        self.steward
    }
}
