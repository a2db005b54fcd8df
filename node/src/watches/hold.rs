//! The task that holds watches against what is known: those that something was said about, again and again as long as it
//! matters; and all of them once at the start.
//!
//! Whoever stores a statement only marks the watches that carry one of its tags. What that means is found out here, by the
//! same fold that answers checks. A crash loses no mark that matters: at the start every watch is looked up once.
//! Invariant: a watch that anything was ever said about is looked at again when the roster changes, when a log is found to
//! be forked, and every few minutes, because time lets statements begin and end to count.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use larum_protocol::{clock::Day, keys::PublicKey, kind::Kind, log::LogId, roster::MemberId, verdict::Verdict};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::{Watches, info, item};
use crate::{
    alerts::{AlertError, Seen, Voices},
    clock::now,
    ledger::{Ledger, LedgerError},
};

/// How often it is looked whether roster or day have changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often everything that was ever hit is looked at again.
const AGAIN_EVERY: Duration = Duration::from_secs(5 * 60);
/// How often what is over is cleared away.
const UPKEEP_EVERY: Duration = Duration::from_secs(60 * 60);
/// How soon what is kept of somebody who was erased is taken off the disk, with whoever else is erased meanwhile.
const WIPE_AFTER: Duration = Duration::from_secs(60);
/// How long it is waited after the disk did not take an alert.
const AFTER_ERROR: Duration = Duration::from_secs(5);
/// Watches that are folded at once: a few milliseconds' work.
const AT_ONCE: usize = 128;
/// Watches whose tags are looked up at once at the start.
const LOOKED_UP_AT_ONCE: usize = 1_024;

/// What a change of decides anew which statements count.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Circumstances {
    roster: u64,
    forks: BTreeMap<LogId, u64>,
    today: Day,
}

/// The task's own memory.
struct Holder {
    watches: Arc<Watches>,
    ledger: Arc<Ledger>,
    /// This node.
    own: PublicKey,
    /// Watches that something was ever said about.
    hit: BTreeSet<u64>,
    /// Of them, those to look at now.
    due: BTreeSet<u64>,
    circumstances: Circumstances,
    again_at: Instant,
    upkeep_at: Instant,
}

/// Holds until `stop`.
pub(super) async fn run(watches: Arc<Watches>, ledger: Arc<Ledger>, own: PublicKey, stop: CancellationToken) {
    let circumstances = Circumstances::default(); // so that the first look finds them changed
    let start = Instant::now();
    let (hit, due) = (BTreeSet::new(), BTreeSet::new());
    let mut holder = Holder {
        watches,
        ledger,
        own,
        hit,
        due,
        circumstances,
        again_at: start + AGAIN_EVERY,
        upkeep_at: start + UPKEEP_EVERY,
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = holder.hold() => {}
    }
}

impl Holder {
    async fn hold(&mut self) {
        self.watches.alerts.catch_up().await;
        self.look_up_all().await;
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.watches.marked.notified() => {}
                _ = ticks.tick() => self.look_around().await,
            }
            let marked = std::mem::take(&mut *self.watches.marks.lock());
            self.hit.extend(&marked);
            self.due.extend(marked);
            self.fold_due().await;
        }
    }

    /// Marks every watch that the index leads somewhere for.
    async fn look_up_all(&self) {
        let mut after = 0;
        loop {
            let (watches, ledger) = (Arc::clone(&self.watches), Arc::clone(&self.ledger));
            let looked_up = tokio::task::spawn_blocking(move || watches.look_up(&ledger, after)).await;
            match looked_up {
                Ok(Some(last)) => after = last,
                Ok(None) => return,
                Err(error) => return tracing::error!(%error, "the watches could not be looked up; restart the node"),
            }
        }
    }

    /// Finds out whether anything but a statement has changed.
    async fn look_around(&mut self) {
        let today = now().day();
        let roster = self.ledger.roster();
        let found = Circumstances { roster: roster.roster().version, forks: self.ledger.forks(), today };
        let (changed, at) = (found != self.circumstances, Instant::now());
        if changed {
            let live = |number| {
                let epoch = roster.roster().epochs.iter().find(|epoch| epoch.number == number);
                epoch.is_some_and(|epoch| epoch.until.is_none_or(|until| today <= until))
            };
            self.watches.end(today, live);
            self.circumstances = found;
        }
        if changed || at >= self.again_at {
            self.again_at = at + AGAIN_EVERY;
            self.due.extend(&self.hit);
        }
        if self.watches.has_erased() {
            self.upkeep_at = self.upkeep_at.min(at + WIPE_AFTER);
        }
        if at >= self.upkeep_at {
            self.upkeep_at = at + UPKEEP_EVERY;
            self.watches.upkeep().await;
        }
    }

    /// Folds what is due, and hands it to the alerts. What fails stays due.
    async fn fold_due(&mut self) {
        while !self.due.is_empty() {
            let some: Vec<u64> = self.due.iter().copied().take(AT_ONCE).collect();
            let (watches, ledger, asked) = (Arc::clone(&self.watches), Arc::clone(&self.ledger), some.clone());
            let own = self.ledger.roster().member_of(&self.own);
            let folded = tokio::task::spawn_blocking(move || watches.fold(&ledger, own, &asked)).await;
            let settled = match folded {
                Ok(Ok(seen)) => self.watches.settle(seen).await.map_err(|error| error.to_string()),
                Ok(Err(error)) => Err(error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            if let Err(error) = settled {
                tracing::error!(error, "watches could not be held against what is known; it is tried again");
                tokio::time::sleep(AFTER_ERROR).await;
                return;
            }
            for id in some {
                self.due.remove(&id);
                if self.watches.list.read().get(id).is_none() {
                    self.hit.remove(&id);
                }
            }
        }
    }
}

impl Watches {
    /// Looks up the tags of some watches behind a number; marks those that the index leads somewhere for, and gives the
    /// last one's number.
    fn look_up(&self, ledger: &Ledger, after: u64) -> Option<u64> {
        let (mut tags, mut whose) = (Vec::new(), Vec::new());
        {
            let list = self.list.read();
            for watch in list.after(after).take(LOOKED_UP_AT_ONCE) {
                for tag in item::each_tag(&watch.items()) {
                    tags.push(tag.0);
                    whose.push(watch.id);
                }
                if watch.items().is_empty() {
                    whose.push(watch.id);
                    tags.push([0; 32]);
                }
            }
        }
        let last = whose.last().copied()?;
        let hits = ledger.hits(&tags);
        self.mark(whose.into_iter().zip(hits).filter(|(_, hit)| *hit).map(|(id, _)| id));
        Some(last)
    }

    /// What counts about each identifier of some watches now; with it the record that says what is watched.
    pub(super) fn fold(
        &self,
        ledger: &Ledger,
        own: Option<MemberId>,
        ids: &[u64],
    ) -> Result<Vec<(u64, Seen)>, LedgerError> {
        let watched: Vec<_> = {
            let list = self.list.read();
            let live = ids.iter().filter_map(|id| list.get(*id)).filter(|watch| !watch.needs_check);
            live.map(|watch| (watch.id, watch.said, info(watch), watch.items())).collect()
        };
        let at = now();
        let mut seen = Vec::new();
        for (watch, said, shown, items) in watched {
            for (place, item) in (0..).zip(items).filter(|(_, item)| !item.is_gone()) {
                let finding = ledger.find(&item.tags(), at)?.finding;
                let one = Seen {
                    watch,
                    place,
                    source: shown.source.clone(),
                    reference: shown.reference.clone(),
                    kind: Kind::from_number(item.kind).map_or("unknown", Kind::name),
                    known: self.known(watch, place, &item, finding.verdict),
                    verdict: finding.verdict,
                    strength: finding.strength,
                    voices: Voices::of(&finding, own),
                };
                seen.push((said, one));
            }
        }
        Ok(seen)
    }

    /// Hands what was seen to the alerts, unless somebody ended or replaced the watch meanwhile: nothing may be raised
    /// about whom was erased.
    pub(super) async fn settle(&self, seen: Vec<(u64, Seen)>) -> Result<(), AlertError> {
        let _writing = self.writing.lock().await;
        let seen: Vec<Seen> = {
            let list = self.list.read();
            let stands = |said, seen: &Seen| list.get(seen.watch).is_some_and(|watch| watch.said == said);
            seen.into_iter().filter(|(said, seen)| stands(*said, seen)).map(|(_, seen)| seen).collect()
        };
        self.alerts.settle(&seen).await.map(drop)
    }

    /// What whoever asked was told, until that was seen to hold no longer: from then on, the same again is news.
    fn known(&self, watch: u64, place: u32, item: &item::Item, now: Option<Verdict>) -> Option<Verdict> {
        let known = item.known()?;
        let mut lifted = self.lifted.lock();
        if now.is_none() {
            lifted.insert((watch, place));
        }
        (!lifted.contains(&(watch, place))).then_some(known)
    }
}
