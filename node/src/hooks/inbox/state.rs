//! The inbox in memory: what is open, what is due, what was seen.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use super::{
    record::{Key, Progress, Record, keys},
    seen::Seen,
};
use crate::hooks::{arrival::Arrival, vendor::Vendor};

/// Deliveries that wait: a day's applications of the largest employers, several times over.
const OPEN_MAX: usize = 100_000;
/// Bytes of them.
const OPEN_BYTES_MAX: usize = 256 * 1_024 * 1_024;

/// The longest that anything waits for its time: an hour, or what a vendor asks for, and what the spread adds. What is
/// due later than that was written by a clock that was wrong.
const DUE_MS_MAX: u64 = 2 * 60 * 60 * 1_000;

/// Where a delivery waits: each lane has workers of its own, so that a slow vendor keeps up nobody else, and no erasure.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Lane {
    /// Applications of a vendor.
    Checks(Vendor),
    /// Erasures of a vendor.
    Erasures(Vendor),
}

/// How often in a row something failed, by what failed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tries {
    /// Anything: how long to wait.
    pub(crate) all: u32,
    /// The vendor does not give the applicant out.
    pub(crate) withheld: u32,
    /// A document did not come.
    pub(crate) document: u32,
}

/// What a delivery asks for.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    /// Check this application.
    Check(Arc<Arrival>),
    /// Forget this applicant.
    Erase {
        /// The applicant, as the vendor names it.
        candidate: Arc<str>,
        /// Whether a person here says so, so that the vendor need not.
        confirmed: bool,
    },
}

/// A delivery in the hands of a worker.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// Its number.
    pub(crate) id: u64,
    pub(crate) vendor: Vendor,
    /// What its notes are marked with.
    pub(crate) mark: u64,
    /// When it came, in milliseconds since 1970.
    pub(crate) at: u64,
    pub(crate) task: Task,
    pub(crate) progress: Progress,
    pub(crate) tries: Tries,
}

impl Job {
    const fn lane(&self) -> Lane {
        match self.task {
            Task::Check(_) => Lane::Checks(self.vendor),
            Task::Erase { .. } => Lane::Erasures(self.vendor),
        }
    }
}

/// Whether there is room for a delivery.
pub(super) enum Reserved {
    Room,
    Known,
    Full,
}

#[derive(Debug)]
struct Open {
    job: Job,
    bytes: usize,
    /// When it is due, or that a worker has it.
    due: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    open: HashMap<u64, Open>,
    due: BTreeMap<Lane, BTreeSet<(u64, u64)>>,
    bytes: usize,
    seen: Seen,
    /// Keys whose delivery is being written.
    writing: HashSet<Key>,
    writing_bytes: usize,
    /// In the hands of workers, even those that an erasure closed meanwhile.
    working: HashMap<u64, (Vendor, Arc<Arrival>)>,
    /// Worked off, and still in the file.
    closed: HashSet<u64>,
}

impl State {
    /// Takes a record as it stands in the journal, or as it was just written there.
    pub(super) fn replay(&mut self, number: u64, record: Record) {
        match record {
            Record::Seen { keys: bytes, at } => self.seen.insert(keys(&bytes), at),
            Record::Application { vendor, mark, at, arrival } => {
                let bytes = arrival_bytes(&arrival);
                self.insert(number, vendor, mark, at, Task::Check(Arc::from(arrival)), bytes);
            }
            Record::Erase { vendor, at, candidate, confirmed } => {
                let bytes = candidate.len();
                self.insert(number, vendor, 0, at, Task::Erase { candidate: candidate.into(), confirmed }, bytes);
            }
            Record::Checked { of, progress } => self.progress(of, progress),
            Record::Done { of } => self.close(of),
        }
    }

    fn insert(&mut self, id: u64, vendor: Vendor, mark: u64, at: u64, task: Task, bytes: usize) {
        let job = Job { id, vendor, mark, at, task, progress: Progress::default(), tries: Tries::default() };
        self.bytes += bytes;
        self.due.entry(job.lane()).or_default().insert((at, id));
        self.open.insert(id, Open { job, bytes, due: Some(at) });
    }

    /// Keeps room for a delivery while it is written.
    pub(super) fn reserve(&mut self, keys: &[Key], bytes: usize, now: u64) -> Reserved {
        if self.seen.any(keys) {
            return Reserved::Known;
        }
        let being_written = keys.iter().any(|key| self.writing.contains(key));
        let count = self.open.len() + self.writing.len();
        let full = count >= OPEN_MAX || self.bytes + self.writing_bytes + bytes > OPEN_BYTES_MAX;
        if being_written || full || !self.seen.has_room(self.writing.len() + keys.len(), now) {
            return Reserved::Full;
        }
        self.writing.extend(keys);
        self.writing_bytes += bytes;
        Reserved::Room
    }

    /// Gives the room back: the delivery was written, or was not.
    pub(super) fn release(&mut self, keys: &[Key], bytes: usize) {
        self.writing.retain(|key| !keys.contains(key));
        self.writing_bytes -= bytes;
    }

    pub(super) fn seen(&mut self, keys: &[Key], at: u64) {
        self.seen.insert(keys.iter().copied(), at);
    }

    pub(super) fn make_room(&mut self, now: u64) {
        let _ = self.seen.has_room(0, now); // what it forgets on the way is what matters
    }

    /// Takes the first delivery of a lane that is due. Else says how long until one is. Also whether another is due.
    pub(super) fn take(&mut self, lane: Lane, now: u64) -> (Option<Job>, bool, Option<Duration>) {
        let Some(waiting) = self.due.get_mut(&lane) else { return (None, false, None) };
        let absurd = waiting.last().copied().filter(|(due, _)| *due > now.saturating_add(DUE_MS_MAX));
        let Some((due, id)) = absurd.or_else(|| waiting.first().copied()) else { return (None, false, None) };
        if due > now && absurd.is_none() {
            return (None, false, Some(Duration::from_millis(due - now)));
        }
        waiting.remove(&(due, id));
        let more = waiting.first().is_some_and(|(due, _)| *due <= now);
        let job = self.open.get_mut(&id).map(|open| {
            open.due = None;
            open.job.clone()
        });
        if let Some(Job { vendor, task: Task::Check(arrival), .. }) = &job {
            self.working.insert(id, (*vendor, Arc::clone(arrival)));
        }
        (job, more, None)
    }

    pub(super) fn put_back(&mut self, id: u64, due: u64, tries: Tries) -> Option<Lane> {
        let open = self.open.get_mut(&id)?;
        let waiting = self.due.entry(open.job.lane()).or_default();
        if let Some(before) = open.due.replace(due) {
            waiting.remove(&(before, id));
        }
        open.job.tries = tries;
        waiting.insert((due, id));
        Some(open.job.lane())
    }

    pub(super) fn progress(&mut self, id: u64, progress: Progress) {
        let Some(open) = self.open.get_mut(&id) else {
            self.closed.insert(id);
            return;
        };
        // Only what waits is moved: a worker puts back what it has itself.
        if let (Some(before), Some(again), true) = (open.due, progress.again, progress.note.is_none()) {
            let waiting = self.due.entry(open.job.lane()).or_default();
            waiting.remove(&(before, id));
            waiting.insert((again, id));
            open.due = Some(again);
        }
        open.job.progress = progress;
    }

    pub(super) fn close(&mut self, id: u64) {
        if let Some(open) = self.open.remove(&id) {
            self.bytes -= open.bytes;
            if let (Some(due), Some(waiting)) = (open.due, self.due.get_mut(&open.job.lane())) {
                waiting.remove(&(due, id));
            }
        }
        self.closed.insert(id);
    }

    /// Applications of an applicant.
    pub(super) fn of(&self, vendor: Vendor, candidate: &str) -> Vec<u64> {
        let about = self.open.values().filter(|open| is_about(&open.job, vendor, candidate));
        let mut ids: Vec<_> = about.map(|open| open.job.id).collect();
        ids.sort_unstable();
        ids
    }

    pub(super) fn let_go(&mut self, id: u64) {
        self.working.remove(&id);
    }

    pub(super) fn is_in_work(&self, vendor: Vendor, candidate: &str) -> bool {
        self.working.values().any(|(of, arrival)| *of == vendor && arrival.candidate == candidate)
    }

    pub(super) fn is_open(&self, id: u64) -> bool {
        self.open.contains_key(&id)
    }

    #[cfg(test)]
    pub(super) fn tries(&self, id: u64) -> Option<u32> {
        self.open.get(&id).map(|open| open.job.tries.all)
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Deliveries of each vendor that came before a time and wait for it: how many, and when the oldest came. What was
    /// answered and is only checked again waits for other members.
    pub(super) fn late(&self, before: u64) -> BTreeMap<Vendor, (usize, u64)> {
        let waits = |job: &&Job| job.progress.again.is_none() || job.progress.note.is_some();
        let jobs = self.open.values().map(|open| &open.job).filter(|job| job.at < before).filter(waits);
        jobs.fold(BTreeMap::new(), |mut late, job| {
            let (count, oldest) = late.entry(job.vendor).or_insert((0, job.at));
            *count += 1;
            *oldest = (*oldest).min(job.at);
            late
        })
    }

    /// Records in the file that still say something, roughly.
    pub(super) fn live(&self) -> u64 {
        (2 * self.open.len() + self.seen.len()) as u64
    }

    pub(super) const fn closed(&self) -> &HashSet<u64> {
        &self.closed
    }

    pub(super) fn since(&self) -> u64 {
        self.seen.since()
    }

    pub(super) fn forget(&mut self, gone: &HashSet<u64>) {
        self.closed.retain(|id| !gone.contains(id));
    }
}

fn is_about(job: &Job, vendor: Vendor, candidate: &str) -> bool {
    matches!(&job.task, Task::Check(arrival) if arrival.candidate == candidate) && job.vendor == vendor
}

fn arrival_bytes(arrival: &Arrival) -> usize {
    let identifiers: usize = arrival.identifiers.iter().map(|named| named.value.len() + 32).sum();
    let documents: usize = arrival.documents.iter().map(|linked| linked.name.len() + linked.url.len() + 64).sum();
    size_of::<Arrival>() + identifiers + documents + arrival.candidate.len()
}
