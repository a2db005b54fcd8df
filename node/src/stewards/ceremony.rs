//! This node's part in the ceremony that the roster plans: making shares of a new key, or new shares of an old one.
//!
//! Everybody who deals or receives asks the dealers for what they say to everybody, then for what is meant for it alone,
//! over and over until all have answered; nobody coordinates. All that is random comes from one seed that is kept before
//! anything is said, so that a node that was killed says the same again.
//! Invariant: a share is acknowledged once it is on the disk; old ones stay until the roster puts the new ones into use.
//! Absent on purpose: the arithmetic and who is wrong (`custody.rs` of the protocol), when a roster is proposed (people).

use std::{collections::BTreeMap, num::NonZeroU16, sync::Arc, time::Duration};

use futures::future::join_all;
use larum_protocol::{
    custody::{Agreed, CustodyError, Dealer, Dealings, Dkg, Generation, Resharing, Sharing, Values},
    hash::Digest,
    keys::{PublicKey, SecretKey},
    oprf::{PublicShare, Share},
    roster::{Plan, Roster, Stewards},
    signed::{Signed, SignedObject as _},
    steward::{Acknowledgement, NotNow, Question, Reply},
    wire::{List, Message as _},
};
use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::shares::Shares;
use crate::{clock::now, ledger::Ledger, net::NetHandle};

/// How often what is missing is asked for again, and the roster looked at.
const STEP_EVERY: Duration = Duration::from_millis(500);

/// How long a roster has to have been in force here, unrivalled, before what it does not use is erased. A rival arrives
/// within seconds of a connection, if there is one.
const ERASE_AFTER: Duration = Duration::from_secs(60);
/// And how old it has to be: were another one of the same version chosen after all, its shares would be gone, and with
/// them the key. Governors who signed two by mistake find out within a day.
const ERASE_AGE_MS: u64 = 24 * 60 * 60 * 1_000;

/// The ceremony under way, if the roster plans one in which this node has a part.
#[derive(Debug)]
pub(crate) struct Ceremonies {
    pub(super) own: PublicKey,
    pub(super) consortium: Digest,
    pub(super) shares: Arc<Shares>,
    pub(super) running: Mutex<Option<Running>>,
    /// Why this node cannot do its part as a steward; it tries again, and says it once.
    pub(super) unable: Mutex<Option<Unable>>,
}

/// What keeps this node from its part, and in which ceremony; in none if it is the shares in use that are not in order.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Unable {
    ceremony: Option<Digest>,
    why: String,
}

/// How far it has got.
pub(super) struct Running {
    id: Digest,
    plan: Plan,
    /// The number of this node's new share; none for a dealer that gets none.
    receiver: Option<NonZeroU16>,
    dealers: BTreeMap<NonZeroU16, PublicKey>,
    part: Part,
    dealings: Dealings,
    agreement: Option<Agreement>,
    values: Values,
    public: Option<Vec<PublicShare>>,
    trouble: Option<String>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("id", &self.id).field("trouble", &self.trouble).finish_non_exhaustive()
    }
}

#[derive(Debug)]
enum Part {
    Generation(Dkg),
    Resharing { resharing: Resharing, dealer: Option<Dealer> },
}

#[derive(Debug)]
enum Agreement {
    Generation(Generation),
    Resharing(Agreed),
}

impl Ceremonies {
    /// Takes part in whatever is planned, until `stop`.
    pub(super) async fn run(self: Arc<Self>, net: NetHandle, ledger: Arc<Ledger>, stop: CancellationToken) {
        let mut in_force: Option<(u64, Instant)> = None;
        let mut step = tokio::time::interval(STEP_EVERY);
        step.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = step.tick() => {}
            }
            let (this, roster) = (Arc::clone(&self), ledger.roster());
            let version = roster.roster().version;
            let since = in_force.filter(|(of, _)| *of == version && !ledger.coverage().rival_roster);
            let (_, since) = *in_force.insert(since.unwrap_or((version, Instant::now())));
            let is_old = now().ms_since(roster.roster().issued) >= ERASE_AGE_MS;
            let is_settled = is_old && since.elapsed() >= ERASE_AFTER;
            let begun = tokio::task::spawn_blocking(move || this.follow(roster.roster(), is_settled)).await;
            if begun.unwrap_or(false) {
                self.advance(&net).await;
            }
        }
    }

    /// Takes up what the roster plans, and lets go of what it does not any more. Whether there is something to do.
    fn follow(&self, roster: &Roster, is_settled: bool) -> bool {
        let Some(plan) = &roster.plan else {
            *self.running.lock() = None;
            self.tidy(roster, is_settled);
            return false;
        };
        let id = plan.ceremony(&self.consortium);
        if self.running.lock().as_ref().is_some_and(|running| running.id == id) {
            return true;
        }
        let begun = self.begin(id, plan, roster);
        let has_part = begun.is_some();
        *self.running.lock() = begun;
        has_part
    }

    /// Erases what is not in use any more, once that is certain, and says so where a share is missing.
    fn tidy(&self, roster: &Roster, is_settled: bool) {
        let missing = self.shares.missing(roster, &self.own);
        if !missing.is_empty() {
            let epochs: Vec<_> = missing.iter().map(u32::to_string).collect();
            let why = format!(
                "the roster says that this node holds a share of epoch {}, and it does not: it evaluates nothing for it, \
                 and erases no other share. If its secrets were lost, the governors deal it a new one (larum consortium \
                 stewards refresh --without this member). If they were not, the roster names shares that nobody made: \
                 keep secrets.age, and tell every governor",
                epochs.join(", ")
            );
            return self.is_unable(Unable { ceremony: None, why });
        }
        *self.unable.lock() = None;
        if !is_settled {
            return;
        }
        match self.shares.retain(roster, &self.own) {
            Ok(true) => tracing::info!("this steward erased the shares that are not in use any more"),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "old shares could not be erased; it is tried again"),
        }
    }

    /// This node's part, if it has one.
    fn begin(&self, id: Digest, plan: &Plan, roster: &Roster) -> Option<Running> {
        let receiver = plan.number(&self.own).and_then(NonZeroU16::new);
        let sharing = Sharing::new(plan.threshold.into(), u16::try_from(plan.nodes.len()).ok()?).ok()?;
        let old = roster.epochs.iter().find(|epoch| epoch.number == plan.epoch);
        let old = old.and_then(|epoch| epoch.stewards.as_ref());
        let begun = match old {
            None => self.generation(&id, receiver?, sharing, plan),
            Some(old) => self.resharing(&id, old, sharing, plan),
        };
        let (part, dealers) = match begun {
            Ok(begun) => begun,
            Err(error) => {
                self.is_unable(Unable { ceremony: Some(id), why: error });
                return None;
            }
        };
        *self.unable.lock() = None;
        let deals = dealers.values().any(|dealer| *dealer == self.own);
        if receiver.is_none() && !deals {
            return None;
        }
        tracing::info!(
            epoch = plan.epoch,
            generation = plan.generation,
            "this node takes part in a stewards' ceremony"
        );
        Some(Running {
            id,
            plan: plan.clone(),
            receiver,
            dealers,
            part,
            dealings: Dealings::new(),
            agreement: None,
            values: Values::new(),
            public: None,
            trouble: None,
        })
    }

    /// Says what keeps this node from its part, once until that changes.
    fn is_unable(&self, now: Unable) {
        let mut unable = self.unable.lock();
        if unable.as_ref() != Some(&now) {
            tracing::error!(why = now.why, "this node cannot do its part as a steward; it goes on trying");
            *unable = Some(now);
        }
    }

    fn generation(&self, id: &Digest, own: NonZeroU16, sharing: Sharing, plan: &Plan) -> Result<Begun, String> {
        let seed = Zeroizing::new(self.shares.seed(id).map_err(|error| error.to_string())?);
        let dkg = Dkg::new(id, own, sharing, &seed).map_err(|error| error.to_string())?;
        Ok((Part::Generation(dkg), sharing.numbers().zip(plan.nodes.iter().copied()).collect()))
    }

    fn resharing(&self, id: &Digest, old: &Stewards, sharing: Sharing, plan: &Plan) -> Result<Begun, String> {
        let public = old.public_shares()?;
        let threshold = u16::from(old.threshold).try_into().map_err(|_| "the old threshold is zero")?;
        let resharing = Resharing::new(id, &public, threshold, sharing).map_err(|error| error.to_string())?;
        let dealers = old.stewards.iter().filter(|steward| plan.dealers.contains(&steward.number));
        let dealers: BTreeMap<NonZeroU16, PublicKey> =
            dealers.filter_map(|steward| Some((NonZeroU16::new(steward.number)?, steward.node))).collect();
        let own = old.of_node(&self.own).filter(|own| plan.dealers.contains(&own.number));
        let share =
            own.map(|own| self.shares.share(own).ok_or("this node does not hold the share that it shall deal from"));
        let dealer = share.transpose()?.map(|share| {
            let seed = Zeroizing::new(self.shares.seed(id).map_err(|error| error.to_string())?);
            resharing.deal(&share, &seed).map_err(|error| error.to_string())
        });
        Ok((Part::Resharing { resharing, dealer: dealer.transpose()? }, dealers))
    }

    /// Asks for what is missing, and goes as far as what came allows.
    async fn advance(&self, net: &NetHandle) {
        let Some(wants) = self.wants() else { return };
        let asked = wants.into_iter().map(|(number, node, question)| async move {
            let bytes = net.ask(node.0, question.to_bytes().into()).await.ok()?;
            Some((number, Reply::from_bytes(&bytes).ok()?))
        });
        let replies = join_all(asked).await;
        let finished = {
            let mut running = self.running.lock();
            let Some(running) = running.as_mut() else { return };
            replies.into_iter().flatten().for_each(|(number, reply)| running.take(number, reply));
            running.progress()
        };
        match finished {
            Ok(None) => {}
            Ok(Some((share, public))) => self.finish(share, public).await,
            Err(error) => self.stuck(&error),
        }
    }

    fn stuck(&self, error: &CustodyError) {
        tracing::error!(%error, "the stewards' ceremony cannot go on; the governors have to plan another");
        if let Some(running) = self.running.lock().as_mut() {
            running.trouble = Some(error.to_string());
        }
    }

    async fn finish(&self, share: Option<Share>, public: Vec<PublicShare>) {
        if let Some(share) = share {
            let shares = Arc::clone(&self.shares);
            let kept = tokio::task::spawn_blocking(move || shares.keep(&share)).await;
            // Also where the task that keeps it panicked: what is not certain to be on the disk is not acknowledged.
            if !matches!(kept, Ok(Ok(()))) {
                return tracing::error!(?kept, "the new share could not be kept; it is tried again");
            }
        }
        if let Some(running) = self.running.lock().as_mut() {
            tracing::info!(epoch = running.plan.epoch, generation = running.plan.generation, "the new share is kept");
            running.public = Some(public);
        }
    }

    /// Whom to ask for what; nothing once this node is done.
    fn wants(&self) -> Option<Vec<Want>> {
        self.running.lock().as_ref().and_then(|running| running.wants(&self.own))
    }

    /// What this node says to everybody.
    pub(super) fn dealing(&self, ceremony: &Digest) -> Reply {
        self.answer(ceremony, |running| running.own_dealing().map(|bytes| Reply::Dealt(bytes.to_vec().into())))
    }

    /// What this node says to one alone.
    pub(super) fn secret(&self, ceremony: &Digest, to: &PublicKey, seen: &Digest) -> Reply {
        self.answer(ceremony, |running| {
            let number = running.plan.number(to).and_then(NonZeroU16::new).ok_or(NotNow::NoPart)?;
            let agreement = running.agreement.as_ref().ok_or(NotNow::NotYet)?;
            if agreement.digest() != *seen {
                return Err(NotNow::OtherDealings);
            }
            let value = running.value_for(agreement, number).ok_or(NotNow::NoPart)?;
            Ok(Reply::Secret(value.to_vec().into()))
        })
    }

    /// This node's signed word that it keeps its new share.
    pub(super) fn acknowledge(&self, ceremony: &Digest, key: &SecretKey) -> Reply {
        self.answer(ceremony, |running| {
            running.trouble.as_ref().map_or(Ok(()), |_| Err(NotNow::Stuck))?;
            running.receiver.ok_or(NotNow::NoPart)?;
            let public = running.public.as_ref().ok_or(NotNow::NotYet)?;
            let word = Acknowledgement {
                version: Acknowledgement::VERSION,
                consortium: self.consortium,
                steward: key.public(),
                ceremony: *ceremony,
                shares: List::of(public.iter().map(PublicShare::element)),
            };
            Ok(Reply::Acknowledged(Signed::sign(word, key).bytes().to_vec().into()))
        })
    }

    fn answer(&self, ceremony: &Digest, answer: impl FnOnce(&Running) -> Result<Reply, NotNow>) -> Reply {
        let running = self.running.lock();
        match running.as_ref().filter(|running| running.id == *ceremony) {
            None => Reply::NotNow(match self.unable.lock().as_ref() {
                Some(unable) if unable.ceremony == Some(*ceremony) => NotNow::CannotDeal,
                _ => NotNow::NoCeremony,
            }),
            Some(running) => answer(running).unwrap_or_else(Reply::NotNow),
        }
    }

    /// What keeps the ceremony from going on here, if anything does.
    pub(crate) fn trouble(&self) -> Option<String> {
        let stuck = self.running.lock().as_ref().and_then(|running| running.trouble.clone());
        let unable = self.unable.lock();
        let unable = unable.as_ref().filter(|unable| unable.ceremony.is_some());
        stuck.or_else(|| unable.map(|unable| unable.why.clone()))
    }
}

/// Whom to ask, by its number among the dealers, and what.
type Want = (NonZeroU16, PublicKey, Question);
type Begun = (Part, BTreeMap<NonZeroU16, PublicKey>);
/// This node's share, if it gets one, and everybody's public ones.
type Finished = (Option<Share>, Vec<PublicShare>);

impl Running {
    fn wants(&self, own: &PublicKey) -> Option<Vec<Want>> {
        if self.public.is_some() || self.trouble.is_some() {
            return None;
        }
        let others = self.dealers.iter().filter(|(_, node)| *node != own);
        Some(match &self.agreement {
            None => {
                let missing = others.filter(|(number, _)| !self.dealings.contains_key(number));
                missing.map(|(number, node)| (*number, *node, Question::Dealing { ceremony: self.id })).collect()
            }
            Some(agreement) => {
                let missing = others.filter(|(number, _)| !self.values.contains_key(number));
                let secret = Question::Secret { ceremony: self.id, seen: agreement.digest() };
                missing.map(|(number, node)| (*number, *node, secret.clone())).collect()
            }
        })
    }

    fn take(&mut self, number: NonZeroU16, reply: Reply) {
        match reply {
            Reply::Dealt(bytes) if self.agreement.is_none() => {
                self.dealings.entry(number).or_insert_with(|| bytes.into());
            }
            Reply::Secret(bytes) if self.agreement.is_some() => {
                self.values.entry(number).or_insert_with(|| Zeroizing::new(bytes.into()));
            }
            Reply::NotNow(NotNow::OtherDealings) => {
                self.trouble =
                    Some(format!("steward {number} was dealt otherwise than this node: one of the dealers lies"));
            }
            _ => {}
        }
    }

    /// Goes on once everything is there.
    fn progress(&mut self) -> Result<Option<Finished>, CustodyError> {
        if self.agreement.is_none() {
            let mut dealings = self.dealings.clone();
            if let (Some(own), Ok(dealing)) = (self.own_number(), self.own_dealing()) {
                dealings.insert(own, dealing.to_vec());
            }
            if dealings.len() < self.dealers.len() {
                return Ok(None);
            }
            self.agreement = Some(match &self.part {
                Part::Generation(dkg) => Agreement::Generation(dkg.agree(&dealings)?),
                Part::Resharing { resharing, .. } => Agreement::Resharing(resharing.agree(&dealings)?),
            });
        }
        let Some(agreement) = &self.agreement else { return Ok(None) };
        match (agreement, self.receiver) {
            (Agreement::Generation(generation), _) if self.values.len() + 1 == self.dealers.len() => {
                let shared = generation.finish(&self.values)?;
                Ok(Some((Some(shared.share), shared.public)))
            }
            (Agreement::Resharing(agreed), None) => Ok(Some((None, agreed.public().to_vec()))),
            (Agreement::Resharing(agreed), Some(receiver)) => {
                let mut values = self.values.clone();
                if let (Some(own), Some(value)) = (self.own_number(), self.value_for(agreement, receiver)) {
                    values.insert(own, value);
                }
                if values.len() < self.dealers.len() {
                    return Ok(None);
                }
                Ok(Some((Some(agreed.finish(receiver, &values)?), agreed.public().to_vec())))
            }
            _ => Ok(None),
        }
    }

    /// The number by which this node deals.
    fn own_number(&self) -> Option<NonZeroU16> {
        match &self.part {
            Part::Generation(_) => self.receiver,
            Part::Resharing { dealer, .. } => dealer.as_ref().map(Dealer::number),
        }
    }

    fn own_dealing(&self) -> Result<&[u8], NotNow> {
        match &self.part {
            Part::Generation(dkg) => Ok(dkg.round1()),
            Part::Resharing { dealer, .. } => dealer.as_ref().map(Dealer::round1).ok_or(NotNow::NoPart),
        }
    }

    fn value_for(&self, agreement: &Agreement, number: NonZeroU16) -> Option<Zeroizing<Vec<u8>>> {
        match (&self.part, agreement) {
            (Part::Generation(_), Agreement::Generation(generation)) => generation.round2_for(number).ok(),
            (Part::Resharing { dealer, .. }, Agreement::Resharing(agreed)) => {
                dealer.as_ref()?.round2_for(agreed, number).ok()
            }
            _ => None,
        }
    }
}

impl Agreement {
    const fn digest(&self) -> Digest {
        match self {
            Self::Generation(generation) => generation.digest(),
            Self::Resharing(agreed) => agreed.digest(),
        }
    }
}

#[cfg(test)]
mod tests;
