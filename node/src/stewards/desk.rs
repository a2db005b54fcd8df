//! A steward's answers.
//!
//! Invariant: what is evaluated was charged before, on the disk; the asker's member and budget are the roster's word.
//! Invariant: nobody is told anything about identifiers, because nobody who answers knows any.
//! Absent on purpose: what a ceremony comes to (`ceremony.rs`).

use std::sync::Arc;

use larum_protocol::{
    hash::Digest,
    keys::{PublicKey, SecretKey},
    oprf::{Element, Evaluation, Share},
    roster::{Steward, Stewards},
    signed::{Signed, SignedObject as _},
    steward::{Asked, Evaluated, NotNow, Question, Reply},
    wire::Message as _,
};
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::{
    books::{BooksError, BooksHandle},
    ceremony::Ceremonies,
    shares::Shares,
};
use crate::{clock::now, ledger::Ledger, metrics::Metrics, net};

/// Answers questions to stewards.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(super) consortium: Digest,
    pub(super) key: SecretKey,
    pub(super) ledger: Arc<Ledger>,
    pub(super) shares: Arc<Shares>,
    pub(super) books: BooksHandle,
    pub(super) ceremonies: Arc<Ceremonies>,
    /// One evaluation a core at a time: a thousand elements take a tenth of a second.
    pub(super) cores: Arc<Semaphore>,
    pub(super) metrics: Arc<Metrics>,
}

impl Desk {
    /// Answers what peers ask, each beside the others, until `stop`.
    pub(super) async fn serve(self: Arc<Self>, mut asked: mpsc::Receiver<net::Asked>, stop: CancellationToken) {
        loop {
            let question = tokio::select! {
                () = stop.cancelled() => return,
                question = asked.recv() => question,
            };
            let Some(net::Asked { peer, bytes, reply }) = question else { return };
            let desk = Arc::clone(&self);
            // As many at a time as the network has open questions.
            tokio::spawn(async move {
                let Ok(question) = Question::from_bytes(&bytes) else {
                    desk.metrics.steward_asked("unreadable"); // a log line each would let a member fill the disk
                    return tracing::debug!(?peer, "a question to this steward could not be read");
                };
                if !reply.is_awaited() {
                    return; // it waited here for longer than its asker: to charge it would be unfair
                }
                let answer = desk.answer(PublicKey(peer), question).await;
                let _ = reply.send(answer.to_bytes().into()); // who no longer waits asks again
            });
        }
    }

    /// Whether its books take no charge, so that it evaluates nothing.
    pub(crate) const fn is_closed(&self) -> bool {
        self.books.is_closed()
    }

    /// Whether it holds the share that a roster says it does.
    pub(crate) fn holds(&self, steward: &Steward) -> bool {
        self.shares.share(steward).is_some()
    }

    /// The answer to a node of the consortium.
    pub(super) async fn answer(&self, from: PublicKey, question: Question) -> Reply {
        match question {
            Question::Evaluate(asked) => {
                let elements = asked.elements.len() as u64;
                let reply = self.evaluate(from, asked).await.unwrap_or_else(|refusal| refusal);
                self.count(&reply, elements);
                reply
            }
            Question::Dealing { ceremony } => self.ceremonies.dealing(&ceremony),
            Question::Secret { ceremony, seen } => self.ceremonies.secret(&ceremony, &from, &seen),
            Question::Acknowledge { ceremony } => self.ceremonies.acknowledge(&ceremony, &self.key),
        }
    }

    fn count(&self, reply: &Reply, elements: u64) {
        self.metrics.steward_asked(match reply {
            Reply::Evaluated { .. } => {
                self.metrics.steward_elements.inc_by(elements);
                "evaluated"
            }
            Reply::OverBudget { .. } => "over-budget",
            Reply::NotNow(NotNow::Disk) => "disk",
            _ => "refused",
        });
    }

    async fn evaluate(&self, from: PublicKey, asked: Asked) -> Result<Reply, Reply> {
        let not_now = Reply::NotNow;
        let roster = self.ledger.roster();
        let roster = roster.roster();
        // The gate lets nobody else in; a question that waited here while a roster came is refused all the same.
        let (member, _) = roster.node(&from).filter(|_| roster.may_connect(&from)).ok_or(not_now(NotNow::NoPart))?;
        let stewards = roster.stewards_of(asked.epoch, now().day()).ok_or(not_now(NotNow::NoShare))?;
        let share = self.share(stewards, asked.generation).ok_or(not_now(NotNow::NoShare))?;
        let budget = stewards.budget_for(roster, &self.key.public(), member.id);
        let charged = self.books.charge(member.id, asked.elements.len() as u64, budget).await;
        let left = charged.map_err(|error| match error {
            BooksError::OverBudget(over) => Reply::OverBudget { left: over.left, seconds: over.seconds },
            error => {
                tracing::error!(%error, "this steward refuses to evaluate");
                not_now(NotNow::Disk)
            }
        })?;
        let (number, digest) = (share.number().get(), asked.digest());
        let evaluation = self.computed(share, asked.elements.into_vec()).await.ok_or(not_now(NotNow::BadElement))?;
        let answer = Evaluated {
            version: Evaluated::VERSION,
            consortium: self.consortium,
            steward: self.key.public(),
            asked: digest,
            number,
            evaluation,
        };
        Ok(Reply::Evaluated { signed: Signed::sign(answer, &self.key).bytes().to_vec().into(), left })
    }

    fn share(&self, stewards: &Stewards, generation: u32) -> Option<Share> {
        let own = stewards.of_node(&self.key.public())?;
        if stewards.generation == generation { self.shares.share(own) } else { None }
    }

    async fn computed(&self, share: Share, elements: Vec<Element>) -> Option<Evaluation> {
        let slot = Arc::clone(&self.cores).acquire_owned().await.ok()?;
        let computed = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            let mut seed = Zeroizing::new([0; 32]);
            getrandom::fill(&mut *seed).ok()?;
            share.evaluate(&elements, &mut StdRng::from_seed(*seed)).ok()
        });
        computed.await.ok()?
    }
}
