//! A steward's wrong answer with the question that it belongs to: whoever has the roster can check it.
//!
//! The question is blinded, so that whoever is shown it learns nothing of what was asked for.

use minicbor::{Decode, Encode, bytes::ByteVec};

use super::{Asked, Evaluated};
use crate::{
    codec::{self, DecodeError},
    keys::PublicKey,
    limits::STEWARD_MESSAGE_BYTES_MAX,
    roster::{MemberId, Roster, RosterChain, Steward},
    signed::Unverified,
};

/// Bytes of a question and its answer.
pub const EVIDENCE_BYTES_MAX: usize = 2 * STEWARD_MESSAGE_BYTES_MAX;

/// A question and what a steward signed for it. As a file: a CBOR array in this order.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Evidence {
    #[n(0)]
    asked: Asked,
    #[n(1)]
    signed: ByteVec,
}

/// Who was wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Convicted {
    /// The member that the steward belongs to.
    pub member: MemberId,
    /// The steward's node.
    pub node: PublicKey,
    /// The epoch whose key it evaluated with, or should have.
    pub epoch: u32,
    /// The generation of its share.
    pub generation: u32,
}

/// Why it shows nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unproven {
    /// Not a signed answer.
    #[error("the answer is not one that its steward signed")]
    NotSigned,
    /// Signed for another consortium or question.
    #[error("the answer was signed for another question, or in another consortium")]
    NotForThis,
    /// No roster names the share.
    #[error("no roster here names that steward with a share of that epoch and generation")]
    NoSuchShare,
    /// The proof holds.
    #[error("the answer is right: its proof holds by the share that a roster names")]
    Right,
}

impl Evidence {
    /// What was asked, and the signed [`Evaluated`] that came.
    pub fn new(asked: &Asked, signed: &[u8]) -> Self {
        Self { asked: asked.clone(), signed: signed.to_vec().into() }
    }

    /// As it is kept and handed on.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// If it is longer than [`EVIDENCE_BYTES_MAX`], or something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(bytes, EVIDENCE_BYTES_MAX)
    }

    /// Who was wrong, by every roster that names the share: while two rosters of one version are about, an answer may be
    /// right by one of them.
    ///
    /// # Errors
    /// Why it shows nothing.
    pub fn verify(&self, chain: &RosterChain) -> Result<Convicted, Unproven> {
        let answer = Unverified::<Evaluated>::decode(&self.signed).ok().and_then(|answer| answer.verify().ok());
        let answer = answer.ok_or(Unproven::NotSigned)?;
        if answer.consortium != chain.consortium() || answer.asked != self.asked.digest() {
            return Err(Unproven::NotForThis);
        }
        let rosters = chain.since(0).iter().chain(chain.rival()).map(|signed| signed.roster());
        let mut convicted = None;
        for roster in rosters {
            let Some(steward) = self.share(roster, &answer) else { continue };
            let is_wrong =
                steward.public_share().is_ok_and(|share| answer.evaluation.is_wrong(&share, &self.asked.elements));
            if !is_wrong {
                return Err(Unproven::Right);
            }
            convicted = roster.node(&steward.node).map(|(member, _)| member.id);
        }
        let Asked { epoch, generation, .. } = self.asked;
        let member = convicted.ok_or(Unproven::NoSuchShare)?;
        Ok(Convicted { member, node: answer.steward, epoch, generation })
    }

    /// The share that the answer is by, as a roster names it.
    fn share(&self, roster: &Roster, answer: &Evaluated) -> Option<Steward> {
        let epoch = roster.epochs.iter().find(|epoch| epoch.number == self.asked.epoch)?;
        let stewards = epoch.stewards.as_ref().filter(|stewards| stewards.generation == self.asked.generation)?;
        let steward = stewards.of_node(&answer.steward)?;
        (steward.number == answer.number).then_some(*steward)
    }
}
