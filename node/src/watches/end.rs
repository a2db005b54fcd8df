//! How watches end: somebody ends one, an applicant is erased, the last day is over, the salt ends; and taking off the disk
//! what is over.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
};

use larum_protocol::clock::Day;

use super::{PLACES_MAX, Record, WatchError, Watches, Whose};
use crate::{
    clock::now,
    journal::{JournalError, to_its_end},
};

/// Watches that are ended in one append: far below what one takes.
const ENDED_AT_ONCE: usize = 4_096;

/// How much was kept of somebody who was erased.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Erased {
    pub(crate) watches: u64,
    pub(crate) alerts: u64,
    /// Callbacks that waited to be sent.
    pub(crate) callbacks: u64,
}

impl Watches {
    /// Ends a watch and closes its alerts. If the alerts cannot be closed, asking again closes them.
    pub(crate) async fn remove(self: &Arc<Self>, id: u64) -> Result<(), WatchError> {
        let watches = Arc::clone(self);
        to_its_end(async move {
            let _writing = watches.writing.lock().await;
            let every: Vec<u32> = (0..PLACES_MAX).collect();
            if watches.list.read().get(id).is_none() {
                let closed = watches.alerts.removed(id, &every).await?;
                return if closed > 0 { Ok(()) } else { Err(WatchError::Unknown) };
            }
            watches.write_ended(&[id]).await?;
            watches.list.write().remove(id);
            watches.count();
            watches.alerts.removed(id, &every).await?;
            Ok(())
        })
        .await
    }

    /// Lets go of whom an applicant tracking system has erased, or a person here: watches, alerts, and callbacks that
    /// wait. Nobody is told, because telling would name them. Their records are taken off the disk within minutes.
    pub(crate) async fn erase(&self, whose: Whose<'_>) -> Result<Erased, WatchError> {
        let _writing = self.writing.lock().await;
        let ids = self.list.read().of(whose);
        for ids in ids.chunks(ENDED_AT_ONCE) {
            self.write_ended(ids).await?;
            let mut list = self.list.write();
            for id in ids {
                list.remove(*id);
            }
        }
        self.count();
        // What was delivered or ended before still lies in the files, whatever is found now.
        self.erased.store(true, Ordering::Relaxed);
        let (alerts, callbacks) = self.alerts.erase(whose.source, whose.reference).await?;
        Ok(Erased { watches: ids.len() as u64, alerts, callbacks })
    }

    /// Whether files wait to be rewritten without somebody who was erased.
    pub(super) fn has_erased(&self) -> bool {
        self.erased.load(Ordering::Relaxed)
    }

    async fn write_ended(&self, ids: &[u64]) -> Result<(), JournalError> {
        let records = ids.iter().map(|id| minicbor::to_vec(Record::Ended { watch: *id }).expect("written to memory"));
        self.journal.append(records.collect()).await.map(drop)
    }

    /// Ends what is over today, and what has tags of no live epoch.
    pub(super) fn end(&self, today: Day, is_live: impl Fn(u32) -> bool) {
        let (over, ended) = {
            let mut list = self.list.write();
            (list.expire(today).len(), list.end_epochs(is_live))
        };
        if over > 0 {
            tracing::info!(watches = over, "watches ended with their last day");
        }
        if ended > 0 {
            tracing::warn!(watches = ended, "watches ended with the salt of their tags; check again to go on watching");
        }
        self.count();
    }

    /// Clears away what is over.
    pub(super) async fn upkeep(&self) {
        let watched: HashSet<u64> = self.list.read().after(0).map(|watch| watch.id).collect();
        self.lifted.lock().retain(|(watch, _)| watched.contains(watch));
        self.alerts.catch_up().await;
        let erased = self.erased.swap(false, Ordering::Relaxed);
        let mut cleared = self.alerts.upkeep(|watch| watched.contains(&watch), erased).await;
        let (live, today) = (self.list.read().live().len() as u64, now().day());
        let is_first_today = std::mem::replace(&mut *self.wiped.lock(), today) != today;
        if self.journal.is_mostly_dead(live) || ((is_first_today || erased) && self.journal.records() > live) {
            let _writing = self.writing.lock().await;
            let live = self.list.read().live();
            cleared = cleared.and(self.journal.rewrite(move |number, _| live.contains(&number)).await);
        }
        if let Err(error) = cleared {
            self.erased.fetch_or(erased, Ordering::Relaxed);
            tracing::warn!(%error, "what is over could not be cleared away; it is tried again");
        }
    }
}
