//! Asks stewards for what no node can compute alone.
//!
//! As many are asked at once as it takes; another is asked for each that refuses, is wrong, or lets wait. Who is likely to
//! refuse is asked first where it cannot be done without, so that the others charge nothing in vain. Whoever is asked learns
//! how many elements it was, and nothing about them: each is blinded anew, and requests are of a few sizes.
//! Invariant (I8): too few answers are an error with its reason, and never a tag.
//! Invariant: an answer counts once its signature, what it answers to and its proof hold.
//! Absent on purpose: what is asked for (`tagging.rs`), how a steward answers (`desk.rs`).

use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use futures::{StreamExt as _, stream::FuturesUnordered};
use larum_protocol::{
    hash::Digest,
    keys::PublicKey,
    ledger::RosterIndex,
    oprf::{Blinding, OprfError, Output, Verified},
    roster::{Roster, Steward, Stewards},
    signed::{Signed, Unverified},
    steward::{Asked, Evaluated, NotNow, Question, Reply, SMALLEST, padded_len, portions},
    wire::{List, Message as _},
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use tokio::time::{Instant, sleep_until, timeout};
use zeroize::Zeroizing;

use super::{
    cache::Cache,
    desk::Desk,
    evidence::Evidence,
    standing::{Standing, Terms, most},
};
use crate::{
    checker::member_name,
    clock::now,
    ledger::Ledger,
    metrics::Metrics,
    net::{NetHandle, RequestFailure},
};

/// How long an answer may take before another steward is asked as well, and then one more each time: what it costs is
/// charged.
const HEDGE_AFTER: Duration = Duration::from_millis(500);
/// How long a question waits for a place among those on their way to one steward: a burst of checks is over by then.
const PLACE_WAIT: Duration = Duration::from_secs(5);
/// One part in so many of a day's budget is left to publishing: a day of checks must not keep an employer from warning.
const RESERVED_SHARE: u64 = 10;
/// Bytes of an element that fills up a request: as random as any.
const FILLER_BYTES: usize = 32;

/// Asks this consortium's stewards.
#[derive(Debug)]
pub(crate) struct Client {
    pub(super) own: PublicKey,
    pub(super) consortium: Digest,
    pub(super) net: NetHandle,
    pub(super) ledger: Arc<Ledger>,
    pub(super) desk: Arc<Desk>,
    pub(super) evidence: Evidence,
    pub(super) cache: Cache,
    pub(super) standing: Standing,
    pub(super) metrics: Arc<Metrics>,
}

/// What tags are wanted for. Stewards are not told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// To look them up.
    Check,
    /// To publish them, or to take them back.
    Publish,
}

/// Why a steward's answer does not help.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Refused {
    #[error("{0}")]
    NoAnswer(RequestFailure),
    #[error("this member's budget of the day is used up, the next begins in {} min", .seconds.div_ceil(60))]
    OverBudget { seconds: u32 },
    #[error("too many questions are on their way to it")]
    Crowded,
    #[error("{0}")]
    NotNow(NotNow),
    #[error("its answer was wrong")]
    Wrong,
}

impl Refused {
    const fn name(&self) -> &'static str {
        match self {
            Self::NoAnswer(_) => "no-answer",
            Self::OverBudget { .. } => "over-budget",
            Self::Crowded => "crowded",
            Self::NotNow(_) => "refused",
            Self::Wrong => "wrong",
        }
    }
}

/// Why there is no tag: too few stewards helped.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    /// Too few answered.
    #[error("{needed} stewards are needed and {answered} can help: {refusals}")]
    TooFew {
        /// How many it takes.
        needed: u8,
        /// How many there are: who answered, and who would have but was not asked, since it would have been in vain.
        answered: usize,
        /// Who did not, and why.
        refusals: Refusals,
    },
    /// What is left of the day's budget is kept for publishing.
    #[error(
        "what is left of this member's budget of the day at the stewards is kept for publishing, or too little for so many at \
         once; the next begins in {minutes} min"
    )]
    Reserved {
        /// Until the next day (UTC).
        minutes: u64,
    },
    /// The roster names no stewards of the epoch any more.
    #[error("the roster changed meanwhile; ask again")]
    NoStewards,
    /// The system has no randomness, or the node is stopping.
    #[error("the node cannot ask stewards now")]
    Unable,
}

/// Who did not answer, and why.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refusals(Vec<(String, String)>);

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<String> = self.0.iter().map(|(who, why)| format!("{who}: {why}")).collect();
        f.write_str(&each.join("; "))
    }
}

/// One request, on its way to several stewards.
struct Errand {
    asked: Asked,
    digest: Digest,
    blinding: Blinding,
}

impl Client {
    /// The function's value for each input, in order.
    pub(crate) async fn outputs(
        &self,
        epoch: u32,
        inputs: &[Zeroizing<Vec<u8>>],
        purpose: Purpose,
    ) -> Result<Vec<Output>, Unanswered> {
        let roster = self.ledger.roster();
        let of_epoch = roster.roster().epochs.iter().find(|of| of.number == epoch);
        let stewards = of_epoch.and_then(|of| of.stewards.as_ref()).ok_or(Unanswered::NoStewards)?;
        let of = self.cache.of(epoch, stewards);
        let known: Vec<Option<Output>> = inputs.iter().map(|input| self.cache.get(&of, input)).collect();
        let unknown = inputs.iter().zip(&known).filter(|(_, known)| known.is_none());
        let mut unknown: Vec<&Zeroizing<Vec<u8>>> = unknown.map(|(input, _)| input).collect();
        let mut answered = Vec::with_capacity(unknown.len());
        for count in self.portions(unknown.len(), roster.roster(), stewards, purpose)? {
            let inputs: Vec<&Zeroizing<Vec<u8>>> = unknown.drain(..count).collect();
            let outputs = self.outputs_of_few(epoch, &inputs, stewards, &roster).await?;
            inputs.iter().zip(&outputs).for_each(|(input, output)| self.cache.put(&of, input, output));
            answered.extend(outputs.into_iter().take(inputs.len())); // the rest is of the filling
        }
        let mut answered = answered.into_iter();
        let all: Option<Vec<Output>> = known.into_iter().map(|known| known.or_else(|| answered.next())).collect();
        all.ok_or(Unanswered::Unable)
    }

    /// Evaluations that this member can have today, as far as the stewards that answer have said.
    pub(crate) fn left_of_all(&self, roster: &Roster, stewards: &Stewards) -> u64 {
        let Some((member, _)) = roster.node(&self.own) else { return 0 };
        let left = self.left(stewards, roster).into_iter().filter(|(node, _)| !self.standing.is_avoided(node));
        let left = left.map(|(node, left)| left.unwrap_or_else(|| stewards.budget_for(roster, &node, member.id)));
        most(&left.collect::<Vec<_>>(), stewards.threshold)
    }

    /// What this member has left today, as the stewards of an epoch that it asked have said.
    pub(crate) fn left(&self, stewards: &Stewards, roster: &Roster) -> Vec<(PublicKey, Option<u64>)> {
        let left = |steward: &Steward| {
            (steward.node, self.standing.left(&steward.node, self.terms(roster, stewards, &steward.node)))
        };
        stewards.stewards.iter().map(left).collect()
    }

    /// What this member's budget at a steward is of.
    fn terms(&self, roster: &Roster, stewards: &Stewards, node: &PublicKey) -> Terms {
        let budget = roster.node(&self.own).map_or(0, |(member, _)| stewards.budget_for(roster, node, member.id));
        Terms { day: now().day(), generation: stewards.generation, budget }
    }

    /// How so many elements are divided into requests, and that what they take is not kept for something else.
    fn portions(
        &self,
        count: usize,
        roster: &Roster,
        stewards: &Stewards,
        purpose: Purpose,
    ) -> Result<Vec<usize>, Unanswered> {
        let left = self.left_of_all(roster, stewards);
        let kept = if purpose == Purpose::Check { stewards.budget.0 / RESERVED_SHARE } else { 0 };
        match portions(count, left.saturating_sub(kept)) {
            Some(portions) => Ok(portions),
            None if left >= SMALLEST as u64 && purpose == Purpose::Check => {
                Err(Unanswered::Reserved { minutes: now().ms_to_next_day().div_ceil(60_000) })
            }
            // The stewards say why not; who is likely to refuse is asked first, so that nothing is charged.
            None => Ok(portions(count, u64::MAX).unwrap_or_default()),
        }
    }

    async fn outputs_of_few(
        &self,
        epoch: u32,
        inputs: &[&Zeroizing<Vec<u8>>],
        stewards: &Stewards,
        roster: &RosterIndex,
    ) -> Result<Vec<Output>, Unanswered> {
        let errand = Arc::new(Errand::new(epoch, stewards.generation, inputs)?);
        let verified = self.verified(&errand, stewards, roster).await?;
        let threshold = u16::from(stewards.threshold).try_into().map_err(|_| Unanswered::NoStewards)?;
        let finished = tokio::task::spawn_blocking(move || errand.blinding.finish(threshold, &verified)).await;
        finished.map_err(|_| Unanswered::Unable)?.map_err(|_| Unanswered::Unable)
    }

    /// As many answers that hold as it takes.
    async fn verified(
        &self,
        errand: &Arc<Errand>,
        stewards: &Stewards,
        roster: &RosterIndex,
    ) -> Result<Vec<Verified>, Unanswered> {
        let needed = usize::from(stewards.threshold);
        let (likely, unlikely) = self.in_order(errand, stewards, roster.roster());
        let missing = needed.saturating_sub(likely.len());
        let mut round =
            Round { errand, stewards, roster, refusals: Refusals::default(), verified: Vec::new(), spared: 0 };
        if missing > 0 {
            round.spared = likely.len();
            self.ask_until(&mut round, missing, unlikely).await?;
            round.spared = 0;
            self.ask_until(&mut round, needed, likely).await?;
        } else {
            self.ask_until(&mut round, needed, likely.into_iter().chain(unlikely).collect()).await?;
        }
        Ok(round.verified)
    }

    /// Asks these stewards, in this order, until there are as many answers as `needed`.
    async fn ask_until(&self, round: &mut Round<'_>, needed: usize, order: Vec<Steward>) -> Result<(), Unanswered> {
        let (mut next, mut running) = (order.into_iter(), FuturesUnordered::new());
        let (mut hedged, mut waited_for) = (0, BTreeSet::new());
        let mut hedge_at = Instant::now() + HEDGE_AFTER;
        while round.verified.len() < needed {
            while running.len() + round.verified.len() < needed + hedged
                && let Some(steward) = next.next()
            {
                waited_for.insert(steward.node);
                running.push(self.ask(round.errand, steward, round.stewards, round.roster.roster()));
            }
            tokio::select! {
                answered = running.next() => {
                    let Some((steward, answer)) = answered else { return Err(round.too_few()) };
                    waited_for.remove(&steward);
                    match answer {
                        Ok(answer) => round.verified.push(answer),
                        Err(why) => round.refusals.0.push(refusal(name(round.roster, &steward), why)),
                    }
                }
                // Each that lets wait is another's turn; their answers count, too, should they come.
                () = sleep_until(hedge_at), if next.len() > 0 => {
                    hedged += 1;
                    hedge_at = Instant::now() + HEDGE_AFTER;
                    self.standing.avoid(&waited_for);
                }
            }
        }
        Ok(())
    }

    /// Those that are likely to answer: itself first, whom it costs no way, then the others by chance, so that none is worn
    /// out. And those that did not answer or said that too little is left.
    fn in_order(&self, errand: &Errand, stewards: &Stewards, roster: &Roster) -> (Vec<Steward>, Vec<Steward>) {
        let mut order = stewards.stewards.clone();
        order.shuffle(&mut rand::rng());
        order.sort_by_key(|steward| steward.node != self.own);
        let size = errand.asked.elements.len() as u64;
        let is_likely = |steward: &Steward| {
            let left = self.standing.left(&steward.node, self.terms(roster, stewards, &steward.node));
            !self.standing.is_avoided(&steward.node) && left.is_none_or(|left| left >= size)
        };
        order.into_iter().partition(is_likely)
    }

    async fn ask(
        &self,
        errand: &Arc<Errand>,
        steward: Steward,
        stewards: &Stewards,
        roster: &Roster,
    ) -> (PublicKey, Result<Verified, Refused>) {
        let node = steward.node;
        let places = self.standing.places(node);
        let answer = match timeout(PLACE_WAIT, places.acquire()).await {
            Ok(Ok(_place)) => self.ask_and_verify(errand, steward, self.terms(roster, stewards, &node)).await,
            _ => Err(Refused::Crowded),
        };
        self.metrics.steward_answered(answer.as_ref().map_or_else(Refused::name, |_| "valid"));
        match &answer {
            Ok(_) => self.standing.trust(node),
            // That says nothing about the steward, and what is left is noted.
            Err(Refused::Crowded | Refused::NoAnswer(RequestFailure::Busy) | Refused::OverBudget { .. }) => {}
            Err(_) => self.standing.avoid(&BTreeSet::from([node])),
        }
        (node, answer)
    }

    async fn ask_and_verify(&self, errand: &Arc<Errand>, steward: Steward, terms: Terms) -> Result<Verified, Refused> {
        let question = Question::Evaluate(errand.asked.clone());
        let reply = if steward.node == self.own {
            self.desk.answer(self.own, question).await
        } else {
            let bytes = self.net.ask(steward.node.0, question.to_bytes().into()).await.map_err(Refused::NoAnswer)?;
            Reply::from_bytes(&bytes).map_err(|_| Refused::Wrong)?
        };
        match reply {
            Reply::Evaluated { signed, left } => {
                let answer = errand.read(&self.consortium, &steward, &signed).ok_or(Refused::Wrong)?;
                let (of, id) = (Arc::clone(errand), answer.id());
                let proven = tokio::task::spawn_blocking(move || of.proven(&steward, &answer)).await;
                let proven = proven.map_err(|_| Refused::NotNow(NotNow::NotYet))?.map_err(|error| {
                    tracing::error!(steward = ?steward.node, %error, "a steward gave a wrong answer, and signed it");
                    self.evidence.keep(&steward.node, &id, &errand.asked, &signed);
                    Refused::Wrong
                })?;
                self.standing.note_left(steward.node, terms, left); // of nobody who was wrong
                Ok(proven)
            }
            Reply::OverBudget { seconds, left } => {
                self.standing.note_left(steward.node, terms, left);
                Err(Refused::OverBudget { seconds })
            }
            Reply::NotNow(why) => Err(Refused::NotNow(why)),
            Reply::Dealt(_) | Reply::Secret(_) | Reply::Acknowledged(_) => Err(Refused::Wrong),
        }
    }
}

/// What the stewards have said to one request so far.
struct Round<'a> {
    errand: &'a Arc<Errand>,
    stewards: &'a Stewards,
    roster: &'a RosterIndex,
    refusals: Refusals,
    verified: Vec<Verified>,
    /// How many are likely to answer and are not asked yet.
    spared: usize,
}

impl Round<'_> {
    fn too_few(&mut self) -> Unanswered {
        let refusals = std::mem::take(&mut self.refusals);
        let answered = self.verified.len() + self.spared;
        Unanswered::TooFew { needed: self.stewards.threshold, answered, refusals }
    }
}

impl Errand {
    fn new(epoch: u32, generation: u32, inputs: &[&Zeroizing<Vec<u8>>]) -> Result<Self, Unanswered> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|_| Unanswered::Unable)?;
        let mut random = StdRng::from_seed(*seed);
        let size = padded_len(inputs.len()).ok_or(Unanswered::Unable)?;
        let mut fillers = vec![[0; FILLER_BYTES]; size - inputs.len()];
        fillers.iter_mut().for_each(|filler| random.fill_bytes(filler));
        let all = inputs.iter().map(|input| input.as_slice()).chain(fillers.iter().map(<[u8; FILLER_BYTES]>::as_slice));
        let all: Vec<&[u8]> = all.collect();
        let blinding = Blinding::new(&all, &mut random).map_err(|_| Unanswered::Unable)?;
        let asked = Asked { epoch, generation, elements: List::of(blinding.elements().iter().copied()) };
        Ok(Self { digest: asked.digest(), asked, blinding })
    }

    /// The answer, if its proof holds.
    fn proven(&self, steward: &Steward, answer: &Evaluated) -> Result<Verified, OprfError> {
        let share = steward.public_share().map_err(|_| OprfError::BadElement)?;
        self.blinding.verify(&share, &answer.evaluation)
    }

    /// The answer, if this steward signed it for this question.
    fn read(&self, consortium: &Digest, steward: &Steward, signed: &[u8]) -> Option<Signed<Evaluated>> {
        let answer = Unverified::<Evaluated>::decode(signed).ok()?;
        let said = answer.value();
        let fits = said.consortium == *consortium && said.asked == self.digest && said.number == steward.number;
        if said.steward != steward.node || !fits {
            return None;
        }
        answer.verify().ok()
    }
}

/// What becomes of a refusal in the reason; that a steward was wrong is the operator's business even if others helped.
fn refusal(who: String, why: Refused) -> (String, String) {
    if matches!(why, Refused::Wrong) {
        tracing::warn!(steward = who, "a steward gave a wrong answer; another is asked");
    }
    (who, why.to_string())
}

fn name(roster: &RosterIndex, node: &PublicKey) -> String {
    roster.roster().node(node).map_or_else(|| "a steward".to_owned(), |(member, _)| member_name(roster, member.id))
}
