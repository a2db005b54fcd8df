//! Accepted deliveries until they are worked off: on the disk before the vendor is told so.
//!
//! Invariant: what was answered with success is in the journal, synced; a `kill -9` at any instant loses none of it (I5).
//! Invariant: a delivery is accepted once, however often and after whatever restart it comes again.
//! Invariant: an applicant who is erased leaves nothing behind here: what waits is dropped, and the file is rewritten.
//! Invariant: bounded in count and bytes; beyond that a vendor is told to come back.
//! Absent on purpose: what is done with a delivery (`worker.rs`).

mod record;
mod seen;
mod state;

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use larum_protocol::hash::{Label, keyed_digest};
use parking_lot::Mutex;
use tokio::{sync::Notify, time::timeout};
use zeroize::Zeroizing;

use self::{
    record::{Key, Record},
    state::State,
};
pub(crate) use self::{
    record::{Note, Progress},
    state::{Job, Lane, Task, Tries},
};
use super::{arrival::Event, vendor::Vendor};
use crate::{
    clock::now,
    journal::{Journal, JournalError, JournalKey},
};

/// The longest that a worker sleeps, so that a clock that was set forward is noticed.
const SLEEP_MAX: Duration = Duration::from_secs(30);

/// Whether a delivery was taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Accepted {
    /// It is in the journal.
    Kept,
    /// It was before.
    Known,
    /// It concerns nobody's identifiers, so nothing of it was kept but what it is known again by.
    Nothing,
}

/// Why a delivery was not taken. The vendor tries again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InboxError {
    /// There is no room, or the same delivery is being written.
    #[error("too many deliveries wait to be worked off; send it again")]
    Busy,
    /// The journal does not take it.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The inbox.
pub(crate) struct Inbox {
    journal: Journal,
    secret: Zeroizing<[u8; 32]>,
    state: Arc<Mutex<State>>,
    /// Wakes a worker of each lane.
    waiting: BTreeMap<Lane, Notify>,
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}

impl Inbox {
    /// Opens the inbox of a data folder. Blocks while it reads.
    pub(crate) fn open(folder: &Path, node_seed: &[u8; 32]) -> Result<Self, JournalError> {
        let mut state = State::default();
        let mut unread = 0_u64;
        let journal = Journal::open(folder, &JournalKey::derive(node_seed, "hooks"), |number, bytes| {
            match minicbor::decode(bytes) {
                Ok(record) => state.replay(number, record),
                Err(_) => unread += 1,
            }
        })?;
        if unread > 0 {
            // Sealed and whole, so written by a later version: its deliveries stay in the file for that one.
            tracing::warn!(unread, "the inbox of webhooks holds records of a later version; they wait for it");
        }
        state.make_room(now().0);
        let secret = Zeroizing::new(keyed_digest(node_seed, Label::LocalKey, &[b"hooks"]).0);
        let lanes = Vendor::ALL.into_iter().flat_map(|vendor| [Lane::Checks(vendor), Lane::Erasures(vendor)]);
        let waiting = lanes.map(|lane| (lane, Notify::new())).collect();
        Ok(Self { journal, secret, state: Arc::new(Mutex::new(state)), waiting })
    }

    /// Takes a verified delivery; it is on the disk when this returns. `ids` tell it from every other.
    ///
    /// Run it as a task of its own: what was written to the journal must get into memory too, even if the sender hangs up.
    pub(crate) async fn accept(&self, vendor: Vendor, ids: Vec<String>, event: Event) -> Result<Accepted, InboxError> {
        let at = now().0;
        let keys = self.keys(vendor, &ids);
        let mark = keys.first().map_or(0, |key| u64::from_be_bytes(key[..8].try_into().expect("eight of sixteen")));
        let work = match event {
            Event::Application(arrival) => Some(Record::Application { vendor, mark, at, arrival }),
            Event::Erase { candidate } => Some(Record::Erase { vendor, at, candidate, confirmed: false }),
            // Remembered all the same: what is signed of it must not come again with another event.
            Event::Ping | Event::Ignored => None,
        };
        self.keep(vendor, &keys, at, work).await.map(|(accepted, _)| accepted)
    }

    /// Takes the word of a person here that an applicant is to be forgotten. It needs nobody's confirmation, so what waits
    /// is dropped when this returns; says how many deliveries that were. Run it as a task of its own, as `accept`.
    pub(crate) async fn erase(&self, vendor: Vendor, candidate: String) -> Result<u64, InboxError> {
        let at = now().0;
        let work = Record::Erase { vendor, at, candidate, confirmed: true };
        self.keep(vendor, &[], at, Some(work)).await.map(|(_, dropped)| dropped as u64)
    }

    /// Writes a delivery down; says too how many others it took away.
    async fn keep(
        &self,
        vendor: Vendor,
        keys: &[Key],
        at: u64,
        work: Option<Record>,
    ) -> Result<(Accepted, usize), InboxError> {
        let bytes = work.as_ref().map(Record::to_bytes);
        let length = bytes.as_ref().map_or(0, Vec::len);
        let reserved = self.state.lock().reserve(keys, length, at);
        match reserved {
            state::Reserved::Known => return Ok((Accepted::Known, 0)),
            state::Reserved::Full => return Err(InboxError::Busy),
            state::Reserved::Room => {}
        }
        // Behind what an erasure removes, so that it stays removed after a restart. One whose ids are not signed removes
        // nothing before it is confirmed: by the vendor, or because a person here says so.
        let removed = match &work {
            Some(Record::Erase { candidate, confirmed, .. }) if vendor.ats().signs_ids() || *confirmed => {
                self.state.lock().of(vendor, candidate)
            }
            _ => Vec::new(),
        };
        let done = removed.iter().map(|&of| Record::Done { of }.to_bytes());
        let records = bytes.into_iter().chain([Record::of_keys(keys, at).to_bytes()]).chain(done).collect();
        let appended = self.journal.append(records).await;
        let mut state = self.state.lock();
        state.release(keys, length);
        let number = appended?;
        state.seen(keys, at);
        let Some(work) = work else { return Ok((Accepted::Nothing, 0)) };
        let lane = if let Record::Erase { .. } = work { Lane::Erasures(vendor) } else { Lane::Checks(vendor) };
        state.replay(number, work);
        removed.iter().for_each(|&of| state.close(of));
        drop(state);
        self.wake(lane);
        Ok((Accepted::Kept, removed.len()))
    }

    fn wake(&self, lane: Lane) {
        if let Some(waiting) = self.waiting.get(&lane) {
            waiting.notify_one();
        }
    }

    fn keys(&self, vendor: Vendor, ids: &[String]) -> Vec<Key> {
        let key = |id: &String| {
            let digest = keyed_digest(&self.secret, Label::Idempotency, &[vendor.name().as_bytes(), id.as_bytes()]);
            digest.0[..16].try_into().expect("sixteen of thirty-two")
        };
        ids.iter().take(record::KEYS_MAX).map(key).collect()
    }

    /// The next delivery of a lane that is due; waits for one.
    pub(crate) async fn next(&self, lane: Lane) -> Job {
        loop {
            let waiting = self.waiting[&lane].notified();
            let (job, more, sleep) = self.state.lock().take(lane, now().0);
            if let Some(job) = job {
                if more {
                    self.wake(lane);
                }
                return job;
            }
            let _ = timeout(sleep.map_or(SLEEP_MAX, |sleep| sleep.min(SLEEP_MAX)), waiting).await; // either will do
        }
    }

    /// Writes down how far a delivery has got. False if it was erased meanwhile: then nothing more is to be done for it.
    pub(crate) async fn advance(&self, of: u64, progress: &Progress) -> Result<bool, JournalError> {
        if !self.state.lock().is_open(of) {
            return Ok(false);
        }
        self.journal.append(vec![Record::Checked { of, progress: progress.clone() }.to_bytes()]).await?;
        self.state.lock().progress(of, progress.clone());
        Ok(true)
    }

    /// Whether a delivery still is to be worked off: an erasure takes it away under the worker's hands.
    pub(crate) fn is_open(&self, of: u64) -> bool {
        self.state.lock().is_open(of)
    }

    /// Whether a delivery about this applicant is in a worker's hands.
    pub(crate) fn is_in_work(&self, vendor: Vendor, candidate: &str) -> bool {
        self.state.lock().is_in_work(vendor, candidate)
    }

    /// A worker has finished with a delivery for now.
    pub(crate) fn let_go(&self, of: u64) {
        self.state.lock().let_go(of);
    }

    /// Closes every delivery about an applicant that came before the erasure `before`; says how many.
    pub(crate) async fn drop_all(&self, vendor: Vendor, candidate: &str, before: u64) -> Result<usize, JournalError> {
        let ids: Vec<_> = self.state.lock().of(vendor, candidate).into_iter().filter(|id| *id < before).collect();
        if !ids.is_empty() {
            self.journal.append(ids.iter().map(|&of| Record::Done { of }.to_bytes()).collect()).await?;
            let mut state = self.state.lock();
            ids.iter().for_each(|&of| state.close(of));
        }
        Ok(ids.len())
    }

    /// Puts a delivery back, to be taken again when it is due.
    pub(crate) fn put_back(&self, of: u64, due: u64, tries: Tries) {
        let lane = self.state.lock().put_back(of, due, tries);
        lane.into_iter().for_each(|lane| self.wake(lane));
    }

    /// A delivery is worked off.
    pub(crate) async fn done(&self, of: u64) -> Result<(), JournalError> {
        self.journal.append(vec![Record::Done { of }.to_bytes()]).await?;
        self.state.lock().close(of);
        if self.journal.is_mostly_dead(self.state.lock().live()) {
            self.tidy().await?;
        }
        Ok(())
    }

    /// Rewrites the file without what is worked off, if there is any: particulars are not to lie there longer than they
    /// are needed.
    pub(crate) async fn tidy(&self) -> Result<(), JournalError> {
        let (closed, since) = {
            let mut state = self.state.lock();
            state.make_room(now().0);
            // What is being written meanwhile is younger than anything that is forgotten.
            (Arc::new(state.closed().clone()), state.since().min(now().0.saturating_sub(seen::SURE_MS)))
        };
        if closed.is_empty() && !self.journal.is_mostly_dead(self.state.lock().live()) {
            return Ok(());
        }
        let gone = Arc::clone(&closed);
        let keep = move |number, bytes: &[u8]| match minicbor::decode(bytes) {
            Ok(Record::Seen { at, .. }) => at >= since,
            Ok(Record::Application { .. } | Record::Erase { .. }) => !gone.contains(&number),
            Ok(Record::Checked { of, .. } | Record::Done { of }) => !gone.contains(&of),
            // Of a later version.
            Err(_) => true,
        };
        self.journal.rewrite(keep).await?;
        self.state.lock().forget(&closed);
        Ok(())
    }

    /// Deliveries of each vendor that wait since before this time: how many, and when the oldest came.
    pub(crate) fn late(&self, before: u64) -> BTreeMap<Vendor, (usize, u64)> {
        self.state.lock().late(before)
    }

    /// Records in the file.
    #[cfg(test)]
    pub(crate) fn records(&self) -> u64 {
        self.journal.records()
    }

    /// How often a delivery failed.
    #[cfg(test)]
    pub(crate) fn tries(&self, of: u64) -> Option<u32> {
        self.state.lock().tries(of)
    }

    /// Deliveries that are not worked off yet.
    pub(crate) fn len(&self) -> usize {
        self.state.lock().len()
    }
}

#[cfg(test)]
mod tests;
