//! Which stewards of a planned ceremony keep their new shares: asked of each, and believed by their signatures.

use std::sync::Arc;

use futures::future::join_all;
use larum_protocol::{
    hash::Digest,
    keys::PublicKey,
    oprf::Element,
    roster::Plan,
    steward::{Acknowledgement, NotNow, Question, Reply},
    wire::Message as _,
};

use super::Client;
use crate::net::RequestFailure;

/// Why a steward has not acknowledged.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum NotAcknowledged {
    /// It did not answer.
    #[error("{0}")]
    NoAnswer(#[from] RequestFailure),
    /// It is not so far.
    #[error("{0}")]
    NotNow(NotNow),
    /// What it answered is not its word for this ceremony.
    #[error("its answer is not a word for this ceremony")]
    Wrong,
}

impl NotAcknowledged {
    /// Why others may be waiting for it; nothing if it does its part.
    pub(crate) fn holds_up(&self) -> Option<String> {
        match self {
            Self::NotNow(NotNow::NotYet | NotNow::NoPart) => None,
            why => Some(why.to_string()),
        }
    }
}

/// What a steward said came of the ceremony, and as it signed it.
pub(crate) struct Acknowledged {
    pub(crate) shares: Vec<Element>,
    pub(crate) signed: Vec<u8>,
}

/// A steward's word, or why there is none.
pub(crate) type Word = Result<Acknowledged, NotAcknowledged>;

impl Client {
    /// What each of `nodes` says of the ceremony of a plan.
    pub(crate) async fn words_of(self: &Arc<Self>, nodes: &[PublicKey], plan: &Plan) -> Vec<(PublicKey, Word)> {
        let ceremony = plan.ceremony(&self.consortium);
        let asked = nodes.iter().map(|node| async move { (*node, self.word_of(*node, ceremony, plan).await) });
        join_all(asked).await
    }

    async fn word_of(&self, node: PublicKey, ceremony: Digest, plan: &Plan) -> Word {
        let question = Question::Acknowledge { ceremony };
        let reply = if node == self.own {
            self.desk.answer(self.own, question).await
        } else {
            let bytes = self.net.ask(node.0, question.to_bytes().into()).await?;
            Reply::from_bytes(&bytes).map_err(|_| NotAcknowledged::Wrong)?
        };
        let signed = match reply {
            Reply::Acknowledged(signed) => signed,
            Reply::NotNow(why) => return Err(NotAcknowledged::NotNow(why)),
            _ => return Err(NotAcknowledged::Wrong),
        };
        let shares = Acknowledgement::read(&signed, &self.consortium, plan, &node).ok_or(NotAcknowledged::Wrong)?;
        Ok(Acknowledged { shares, signed: signed.into() })
    }
}
