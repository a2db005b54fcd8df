//! Alerts: what became known about somebody who is watched, raised once and followed to its end.
//!
//! Each change is on the disk before anybody hears of it; then followers and callbacks do, in the order of the changes.
//! Invariant: one alert for each watched identifier, over restarts as well; a change has a number that only grows, so that
//! a follower goes on where it was.
//! Absent on purpose: what is watched (`watches.rs`), how a change leaves the node (`callbacks.rs`).

mod follow;
mod state;
mod step;
mod tell;
mod voices;

use std::{path::Path, sync::Arc};

use larum_protocol::{
    api::{AlertClosed, AlertInfo, AlertPage, AlertState},
    clock::{DAY_MS, Timestamp},
};
use parking_lot::RwLock;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

use self::{
    follow::Places,
    state::{Line, Record, State},
};
pub(crate) use self::{
    follow::{Follower, NoPlace},
    step::Seen,
    voices::Voices,
};
use crate::{
    callbacks::Callbacks,
    clock::now,
    journal::{Journal, JournalError, JournalKey, to_its_end},
    metrics::Metrics,
};

/// Alerts that are kept: far more than people can look at, and a few hundred megabytes.
const ALERTS_MAX: usize = 1_000_000;
/// Changes that are written together.
const CHANGES_AT_ONCE: usize = 4_096;
/// Days after which an alert that nobody needs any more is forgotten: closed, and its watch over.
const CLOSED_DAYS: u64 = 90;
/// Days after which any alert is forgotten whose watch is over.
const ALERT_DAYS: u64 = 400;

/// Why an alert is not raised or changed.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum AlertError {
    /// The disk does not take it.
    #[error("{0}")]
    Journal(#[from] JournalError),
    /// There are too many.
    #[error(
        "this node holds {ALERTS_MAX} alerts, the most that it may; none is raised until old ones are gone: end watches \
         that are not needed"
    )]
    Full,
    /// There is none by that number.
    #[error("there is no alert with this number; GET /v1/alerts, or larum watch --all, shows those that there are")]
    Unknown,
}

/// Every alert of this node.
#[derive(Debug)]
pub(crate) struct Alerts {
    journal: Journal,
    state: RwLock<State>,
    /// One change after another: each builds on the one before.
    changing: Mutex<()>,
    newest: watch::Sender<u64>,
    places: Places,
    callbacks: Arc<Callbacks>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
}

impl Alerts {
    /// The alerts of a data folder. `stop` ends whoever follows them.
    pub(crate) fn open(
        folder: &Path,
        node_seed: &[u8; 32],
        callbacks: Arc<Callbacks>,
        metrics: Arc<Metrics>,
        stop: CancellationToken,
    ) -> Result<Self, JournalError> {
        let mut state = State::default();
        let key = JournalKey::derive(node_seed, "alerts");
        let journal =
            Journal::open(&folder.join("alerts"), &key, |number, record| match serde_json::from_slice(record) {
                Ok(line) => state.replay(number, line),
                Err(error) => tracing::error!(number, %error, "an alert of another version was left out"),
            })?;
        let (newest, _) = watch::channel(state.newest());
        metrics.alerts_open.set(i64::try_from(state.pending()).unwrap_or(i64::MAX));
        Ok(Self {
            journal,
            state: RwLock::new(state),
            changing: Mutex::new(()),
            newest,
            places: Places::default(),
            callbacks,
            metrics,
            stop,
        })
    }

    /// Queues callbacks about changes that were kept just before a crash, or while the disk was full.
    pub(crate) async fn catch_up(&self) {
        let _changing = self.changing.lock().await;
        self.tell().await;
    }

    /// Takes in what was seen; gives the alerts that were raised or changed.
    pub(crate) async fn settle(&self, seen: &[Seen]) -> Result<Vec<AlertInfo>, AlertError> {
        let _changing = self.changing.lock().await;
        let at = now();
        let changes: Vec<Record> = {
            let state = self.state.read();
            let change = |seen: &Seen| {
                let alert = state.about(seen.watch, seen.place).map(|record| &record.alert);
                step::after(alert, seen, at).map(|alert| Record { place: seen.place, alert })
            };
            seen.iter().filter_map(change).collect()
        };
        self.keep(changes).await
    }

    /// Marks an alert as seen by a person.
    pub(crate) async fn acknowledge(self: &Arc<Self>, id: u64) -> Result<AlertInfo, AlertError> {
        let alerts = Arc::clone(self);
        to_its_end(async move {
            let _changing = alerts.changing.lock().await;
            let record = alerts.state.read().get(id).cloned().ok_or(AlertError::Unknown)?;
            if record.alert.state == AlertState::Closed {
                return Ok(record.alert);
            }
            let alert = step::closed(&record.alert, AlertClosed::Acknowledged, now());
            let mut kept = alerts.keep(vec![Record { alert, ..record }]).await?;
            kept.pop().ok_or(AlertError::Unknown)
        })
        .await
    }

    /// Closes the alerts of some identifiers of a watch that are watched no more; gives how many were open.
    pub(crate) async fn removed(&self, watch: u64, places: &[u32]) -> Result<usize, AlertError> {
        let _changing = self.changing.lock().await;
        let at = now();
        let records: Vec<Record> = {
            let state = self.state.read();
            let of_watch = places.iter().filter_map(|place| state.about(watch, *place));
            let open = of_watch.filter(|record| record.alert.state != AlertState::Closed);
            open.map(|record| Record {
                place: record.place,
                alert: step::closed(&record.alert, AlertClosed::Removed, at),
            })
            .collect()
        };
        self.keep(records).await.map(|closed| closed.len())
    }

    /// Which of its watch's identifiers an alert is about.
    pub(crate) fn place(&self, id: u64) -> Option<u32> {
        self.state.read().get(id).map(|record| record.place)
    }

    /// Whether somebody was erased and a crash came before the files were rewritten.
    pub(crate) fn has_erased(&self) -> bool {
        self.state.read().has_erased
    }

    /// Whether any alert is about an identifier of a watch.
    pub(crate) fn are_about(&self, watch: u64, place: u32) -> bool {
        self.state.read().about(watch, place).is_some()
    }

    /// Forgets the alerts about somebody who was erased, and callbacks that wait; tells nobody. Gives how many were there
    /// of each.
    pub(crate) async fn erase(&self, source: Option<&str>, reference: &str) -> Result<(u64, u64), AlertError> {
        let _changing = self.changing.lock().await;
        let is_about = |alert: &AlertInfo| alert.source.as_deref() == source && alert.reference == reference;
        let ids: Vec<u64> = self.state.read().since(0).filter(|alert| is_about(alert)).map(|alert| alert.id).collect();
        // One line at least: after a crash it has the files rewritten, those with no alert in them as well.
        let none: &[&[u64]] = if ids.is_empty() { &[&[]] } else { &[] };
        for ids in ids.chunks(CHANGES_AT_ONCE).chain(none.iter().copied()) {
            let line = Line::Erased { erased: ids.to_vec() };
            self.journal.append(vec![serde_json::to_vec(&line).expect("numbers are plain data")]).await?;
            self.state.write().erase(ids);
        }
        self.count();
        Ok((ids.len() as u64, self.callbacks.erase(source, reference).await?))
    }

    /// Alerts that changed after a change.
    pub(crate) fn page(&self, after: u64, state: Option<AlertState>, limit: usize) -> AlertPage {
        self.state.read().page(after, state, limit)
    }

    /// Alerts that wait for a person, or closed ones, the one that changed last first; `next` is the next page's `before`.
    pub(crate) fn newest_first(&self, before: Option<u64>, closed: bool, limit: usize) -> AlertPage {
        self.state.read().newest_first(before.unwrap_or(u64::MAX), closed, limit)
    }

    /// How many wait for a person.
    pub(crate) fn waiting(&self) -> u64 {
        u64::try_from(self.metrics.alerts_open.get()).unwrap_or(0)
    }

    /// Where a follower begins who wants what comes from now on.
    pub(crate) fn newest(&self) -> u64 {
        self.state.read().newest()
    }

    /// Who is told.
    pub(crate) const fn callbacks(&self) -> &Arc<Callbacks> {
        &self.callbacks
    }

    /// Forgets alerts that are old and whose watch is over, and rewrites the journal once most of it is dead, or at once if
    /// somebody was erased: then the callbacks' as well.
    pub(crate) async fn upkeep(&self, is_watched: impl Fn(u64) -> bool, erased: bool) -> Result<(), JournalError> {
        let _changing = self.changing.lock().await;
        if erased {
            self.callbacks.rewrite().await?; // before the line goes that says so
        }
        let at = now();
        let forgotten = self.state.write().forget(|alert| {
            let days = if alert.state == AlertState::Closed { CLOSED_DAYS } else { ALERT_DAYS };
            is_before(&alert.changed, at, days) && !is_watched(alert.watch)
        });
        if forgotten > 0 {
            self.count();
            tracing::info!(forgotten, "old alerts were deleted");
        }
        let live = self.state.read().len() as u64;
        if forgotten > 0 || erased || self.journal.is_mostly_dead(live) {
            let current: std::collections::HashSet<u64> = {
                let state = self.state.read();
                state.since(0).map(|alert| alert.change).filter(|change| state.is_current(*change)).collect()
            };
            self.journal.rewrite(move |number, _| current.contains(&number)).await?;
        }
        Ok(())
    }

    /// Writes changes down, takes them in and tells of them; under the lock.
    async fn keep(&self, changes: Vec<Record>) -> Result<Vec<AlertInfo>, AlertError> {
        let raised = changes.iter().filter(|record| record.alert.id == 0).count();
        if raised > 0 && self.state.read().len() + raised > ALERTS_MAX {
            return Err(AlertError::Full);
        }
        let mut kept = Vec::with_capacity(changes.len());
        for changes in changes.chunks(CHANGES_AT_ONCE) {
            let bytes = changes.iter().map(|record| serde_json::to_vec(record).expect("alerts are plain data"));
            let first = self.journal.append(bytes.collect()).await?;
            let alerts: Vec<AlertInfo> = {
                let mut state = self.state.write();
                (first..).zip(changes).map(|(number, record)| state.take(number, record.clone()).clone()).collect()
            };
            self.metrics.alerts_raised.inc_by(alerts.iter().filter(|alert| is_new(alert)).count() as u64);
            self.newest.send_replace(first + changes.len() as u64 - 1);
            self.tell().await;
            kept.extend(alerts);
        }
        self.count();
        Ok(kept)
    }

    fn count(&self) {
        self.metrics.alerts_open.set(i64::try_from(self.state.read().pending()).unwrap_or(i64::MAX));
    }
}

const fn is_new(alert: &AlertInfo) -> bool {
    alert.id == alert.change
}

/// Whether an instant lies more than so many days back.
fn is_before(instant: &str, at: Timestamp, days: u64) -> bool {
    let limit = Timestamp(at.0.saturating_sub(days * DAY_MS)).to_string();
    instant < limit.as_str() // RFC 3339 in UTC sorts as time does
}

#[cfg(test)]
mod tests;
