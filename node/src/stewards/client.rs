//! Asks stewards for what no node can compute alone.
//!
//! As many are asked at once as it takes; another is asked for each that refuses, is wrong, or lets wait. Whoever is asked
//! learns how many elements it was, and nothing about them: each is blinded anew, and requests are of a few sizes.
//! Invariant (I8): too few answers are an error with its reason, and never a tag.
//! Invariant: an answer counts once its signature, what it answers to and its proof hold.
//! Absent on purpose: what is asked for (`tagging.rs`), how a steward answers (`desk.rs`).

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use futures::{StreamExt as _, stream::FuturesUnordered};
use larum_protocol::{
    clock::Day,
    hash::Digest,
    keys::PublicKey,
    ledger::RosterIndex,
    oprf::{Blinding, ELEMENTS_MAX, OprfError, Output, Verified},
    roster::{Roster, Steward, Stewards},
    signed::{Signed, Unverified},
    steward::{Asked, Evaluated, NotNow, Question, Reply, padded_len},
    wire::{List, Message as _},
};
use parking_lot::Mutex;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use tokio::time::{Instant, sleep_until};
use zeroize::Zeroizing;

use super::{cache::Cache, desk::Desk, evidence::Evidence};
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
/// How long a steward that did not answer is asked after all others.
const AVOIDED_FOR: Duration = Duration::from_secs(30);
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
    pub(super) book: Mutex<BTreeMap<PublicKey, Seen>>,
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

/// What is known of a steward.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// Until when it is asked after the others.
    avoided_until: Option<Instant>,
    /// What it said that this member has left, and on which day.
    left: Option<(Day, u64)>,
}

impl Seen {
    /// What this member has left today, if the steward was asked today: each day has a budget of its own.
    fn left_on(&self, today: Day) -> Option<u64> {
        self.left.filter(|(day, _)| *day == today).map(|(_, left)| left)
    }
}

/// Why a steward's answer does not help.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Refused {
    #[error("{0}")]
    NoAnswer(RequestFailure),
    #[error("this member's budget of the day is used up, the next begins in {} min", .seconds.div_ceil(60))]
    OverBudget { seconds: u32 },
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
            Self::NotNow(_) => "refused",
            Self::Wrong => "wrong",
        }
    }
}

/// Why there is no tag: too few stewards helped.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    /// Too few answered.
    #[error("{needed} stewards are needed and {answered} answered: {refusals}")]
    TooFew {
        /// How many it takes.
        needed: u8,
        /// How many there were.
        answered: usize,
        /// Who did not, and why.
        refusals: Refusals,
    },
    /// What is left of the day's budget is kept for publishing.
    #[error("what is left of this member's budget of the day at the stewards is kept for publishing")]
    Reserved,
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
        let known: Vec<Option<Output>> = inputs.iter().map(|input| self.cache.get(epoch, input)).collect();
        let unknown = inputs.iter().zip(&known).filter(|(_, known)| known.is_none());
        let unknown: Vec<&Zeroizing<Vec<u8>>> = unknown.map(|(input, _)| input).collect();
        let mut answered = Vec::with_capacity(unknown.len());
        for inputs in unknown.chunks(ELEMENTS_MAX) {
            let outputs = self.outputs_of_few(epoch, inputs, purpose).await?;
            inputs.iter().zip(&outputs).for_each(|(input, output)| self.cache.put(epoch, input, output));
            answered.extend(outputs.into_iter().take(inputs.len())); // the rest is of the filling
        }
        let mut answered = answered.into_iter();
        let all: Option<Vec<Output>> = known.into_iter().map(|known| known.or_else(|| answered.next())).collect();
        all.ok_or(Unanswered::Unable)
    }

    /// Evaluations that this member can have today from all stewards together, as far as they have said.
    pub(crate) fn left_of_all(&self, roster: &Roster, stewards: &Stewards) -> u64 {
        let Some((member, _)) = roster.node(&self.own) else { return 0 };
        let is_own = |node: &PublicKey| member.nodes.iter().any(|own| own.key == *node);
        let (mut sum, mut needed) = (0, u64::from(stewards.threshold.max(1)));
        for (node, left) in self.left(stewards) {
            if is_own(&node) {
                needed -= 1; // this employer's own steward answers whenever it is asked
                continue;
            }
            let budget = stewards.budget_for(roster, &node, member.id);
            sum += left.unwrap_or(budget).min(budget);
        }
        sum / needed.max(1)
    }

    /// What this member has left today, as the stewards of an epoch that it asked have said.
    pub(crate) fn left(&self, stewards: &Stewards) -> Vec<(PublicKey, Option<u64>)> {
        let book = self.book.lock();
        let today = now().day();
        let left = |steward: &Steward| (steward.node, book.get(&steward.node).and_then(|seen| seen.left_on(today)));
        stewards.stewards.iter().map(left).collect()
    }

    async fn outputs_of_few(
        &self,
        epoch: u32,
        inputs: &[&Zeroizing<Vec<u8>>],
        purpose: Purpose,
    ) -> Result<Vec<Output>, Unanswered> {
        let roster = self.ledger.roster();
        let of_epoch = roster.roster().epochs.iter().find(|of| of.number == epoch);
        let stewards = of_epoch.and_then(|of| of.stewards.as_ref()).ok_or(Unanswered::NoStewards)?;
        if purpose == Purpose::Check && self.left_of_all(roster.roster(), stewards) < stewards.budget.0 / RESERVED_SHARE
        {
            return Err(Unanswered::Reserved);
        }
        let errand = Arc::new(Errand::new(epoch, stewards.generation, inputs)?);
        let verified = self.verified(&errand, stewards, &roster).await?;
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
        let mut next = self.in_order(stewards).into_iter();
        let (mut running, mut verified) = (FuturesUnordered::new(), Vec::with_capacity(needed));
        let (mut refusals, mut hedged, mut waited_for) = (Refusals::default(), 0, BTreeSet::new());
        let mut hedge_at = Instant::now() + HEDGE_AFTER;
        while verified.len() < needed {
            while running.len() + verified.len() < needed + hedged
                && let Some(steward) = next.next()
            {
                waited_for.insert(steward.node);
                running.push(self.ask(errand, steward));
            }
            tokio::select! {
                answered = running.next() => {
                    let Some((steward, answer)) = answered else {
                        let (needed, answered) = (stewards.threshold, verified.len());
                        return Err(Unanswered::TooFew { needed, answered, refusals });
                    };
                    waited_for.remove(&steward);
                    match answer {
                        Ok(answer) => verified.push(answer),
                        Err(why) => refusals.0.push(refusal(name(roster, &steward), why)),
                    }
                }
                // Each that lets wait is another's turn; their answers count, too, should they come.
                () = sleep_until(hedge_at), if next.len() > 0 => {
                    hedged += 1;
                    hedge_at = Instant::now() + HEDGE_AFTER;
                    self.avoid(&waited_for);
                }
            }
        }
        Ok(verified)
    }

    /// Asks these after the others for a while; whoever does answer in the end is asked as before.
    fn avoid(&self, stewards: &BTreeSet<PublicKey>) {
        let (mut book, until) = (self.book.lock(), Instant::now() + AVOIDED_FOR);
        stewards.iter().for_each(|steward| book.entry(*steward).or_default().avoided_until = Some(until));
    }

    /// Itself first, whom it costs no way; then the others by chance, so that none is worn out; last who did not answer.
    fn in_order(&self, stewards: &Stewards) -> Vec<Steward> {
        let mut order = stewards.stewards.clone();
        order.shuffle(&mut rand::rng());
        let (book, at) = (self.book.lock(), Instant::now());
        let is_avoided =
            |node: &PublicKey| book.get(node).and_then(|seen| seen.avoided_until).is_some_and(|until| at < until);
        order.sort_by_key(|steward| (is_avoided(&steward.node), steward.node != self.own));
        order
    }

    async fn ask(&self, errand: &Arc<Errand>, steward: Steward) -> (PublicKey, Result<Verified, Refused>) {
        let answer = self.ask_and_verify(errand, steward).await;
        self.metrics.steward_answered(answer.as_ref().map_or_else(Refused::name, |_| "valid"));
        let mut book = self.book.lock();
        let seen = book.entry(steward.node).or_default();
        seen.avoided_until = answer.is_err().then(|| Instant::now() + AVOIDED_FOR);
        if matches!(answer, Err(Refused::OverBudget { .. })) {
            seen.left = Some((now().day(), 0));
        }
        (steward.node, answer)
    }

    async fn ask_and_verify(&self, errand: &Arc<Errand>, steward: Steward) -> Result<Verified, Refused> {
        let question = Question::Evaluate(errand.asked.clone());
        let reply = if steward.node == self.own {
            self.desk.answer(self.own, question).await
        } else {
            let bytes = self.net.ask(steward.node.0, question.to_bytes().into()).await.map_err(Refused::NoAnswer)?;
            Reply::from_bytes(&bytes).map_err(|_| Refused::Wrong)?
        };
        match reply {
            Reply::Evaluated { signed, left } => {
                self.book.lock().entry(steward.node).or_default().left = Some((now().day(), left));
                let answer = errand.read(&self.consortium, &steward, &signed).ok_or(Refused::Wrong)?;
                let (of, id) = (Arc::clone(errand), answer.id());
                let proven = tokio::task::spawn_blocking(move || of.proven(&steward, &answer)).await;
                proven.map_err(|_| Refused::NotNow(NotNow::NotYet))?.map_err(|error| {
                    tracing::error!(steward = ?steward.node, %error, "a steward gave a wrong answer, and signed it");
                    self.evidence.keep(&id, &errand.asked, &signed);
                    Refused::Wrong
                })
            }
            Reply::OverBudget { seconds, left: _ } => Err(Refused::OverBudget { seconds }),
            Reply::NotNow(why) => Err(Refused::NotNow(why)),
            Reply::Dealt(_) | Reply::Secret(_) | Reply::Acknowledged(_) => Err(Refused::Wrong),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_yesterday_says_nothing_about_today() {
        let seen = Seen { avoided_until: None, left: Some((Day(20_000), 3)) };
        assert_eq!([20_000, 20_001].map(|day| seen.left_on(Day(day))), [Some(3), None]);
    }
}
