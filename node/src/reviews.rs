//! Reviews: an application that was listed, disputed or cautioned, or of which a webhook lacked something, waits here for a
//! person, who decides and says why.
//!
//! All reviews are in memory, and every change of one is a whole new record in a sealed journal.
//! Invariant: nothing is decided here but by a person; nothing here rejects anybody (I9).
//! Invariant: what an application named lies on the disk only sealed, and only what matched: for whoever asks to see it. It
//! goes with the decision, after [`IDENTIFIER_DAYS`] at the latest, or is not kept at all if the operator says so. The text
//! of a resume is never kept. The tags of what matched stay with the review: they are no identifiers, and by them it is held
//! against the ledger whenever it is shown (`since.rs`), and disputed.
//! Invariant: a review is deleted once nothing has changed about it for as long as the operator keeps reviews.
//! Invariant: whoever is told of a review (`tell.rs`) hears its state, kinds and reference, never a reason or an identifier.
//! Absent on purpose: reading the ledger and publishing (`consortium.rs` says what is asked for).

mod checklist;
mod consortium;
mod decide;
mod disclose;
mod dispute;
mod error;
mod merge;
mod retention;
mod signed;
mod since;
mod stored;
mod tell;

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher as _, RandomState},
    path::Path,
    sync::Arc,
};

use larum_protocol::{
    api::{ApplicationResult, CoverageInfo, Identifier, REVIEW_PAGE_MAX, Review, ReviewList, ReviewQuery, Verdict},
    tag::Tags,
};
use parking_lot::RwLock;
use tokio::sync::{Mutex, MutexGuard};

use self::stored::{Record, Stored};
pub use self::{
    checklist::CHECKLIST,
    consortium::{Consortium, Now, Objected, Objection},
    error::ReviewError,
};
use crate::{
    callbacks::Callbacks,
    clock::now,
    journal::{Journal, JournalKey},
    metrics::Metrics,
    on_record::Gate,
};

/// Reviews kept at a time: at a few kilobytes each they fit into memory, and no team of people works off more. At the limit
/// the oldest that is decided goes for a new one.
pub const REVIEWS_MAX: usize = 20_000;
/// Days for which what matched is kept, sealed, if nobody decides sooner.
pub const IDENTIFIER_DAYS: u32 = 30;
/// Reviews on a page if the caller names no number.
const PAGE_DEFAULT: usize = 100;
/// The folder in the data folder, and the name of the journal's key.
const FOLDER: &str = "reviews";
/// Changes of different applicants' reviews go on beside each other; of one applicant's, one after the other.
const LOCKS: usize = 64;

/// What the operator decided about reviews.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rules {
    /// Days after its last change until a review is deleted.
    pub retention_days: u32,
    /// Whether a second person has to agree; of reviews that are opened from now on.
    pub second_signoff: bool,
    /// Whether what matched is kept, sealed, so that it can be shown to whoever asks.
    pub keep_identifiers: bool,
}

/// An application that a person has to look at.
pub struct Found<'a> {
    /// Which system it came from.
    pub source: Option<&'a str>,
    /// The caller's own name for the applicant.
    pub reference: Option<&'a str>,
    /// The application's verdict.
    pub verdict: Verdict,
    /// Its results, with those of its identifiers first.
    pub results: &'a [ApplicationResult],
    /// The tags of each result.
    pub tags: &'a [Vec<Tags>],
    /// Its identifiers, in the order of their results.
    pub identifiers: &'a [Identifier],
    /// How complete the ledger was.
    pub coverage: &'a CoverageInfo,
}

impl std::fmt::Debug for Found<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Found").field("source", &self.source).field("verdict", &self.verdict).finish_non_exhaustive()
    }
}

/// Who decides, once the token was accepted.
#[derive(Clone, Copy, Debug)]
pub struct Reviewer<'a> {
    /// The token's id.
    pub token: &'a str,
    /// The token's name.
    pub name: &'a str,
}

/// Every review of this node.
pub struct Reviews {
    journal: Journal,
    rules: Rules,
    state: RwLock<State>,
    locks: [Mutex<()>; LOCKS],
    /// Reviews that somebody is deciding.
    held: parking_lot::Mutex<HashSet<u64>>,
    consortium: Arc<dyn Consortium>,
    hasher: RandomState,
    /// Held while a record is written and taken in, so that the number of a new review is known before.
    writing: Mutex<()>,
    metrics: Arc<Metrics>,
    callbacks: Arc<Callbacks>,
    /// One telling after another, so that nothing is told twice.
    telling: Mutex<()>,
}

#[derive(Default)]
struct State {
    /// By number, each with the number of the record that says the newest of it.
    reviews: BTreeMap<u64, (u64, Stored)>,
    /// Deleted since the journal was last rewritten.
    gone: HashSet<u64>,
    /// The newest record of a review.
    newest: u64,
}

impl std::fmt::Debug for Reviews {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reviews").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Reviews {
    /// The reviews of a data folder. Blocks while it reads.
    pub(crate) fn open(
        data_dir: &Path,
        node_seed: &[u8; 32],
        rules: Rules,
        consortium: Arc<dyn Consortium>,
        metrics: Arc<Metrics>,
        callbacks: Arc<Callbacks>,
    ) -> Result<Self, ReviewError> {
        let (mut state, mut unreadable) = (State::default(), None);
        let key = JournalKey::derive(node_seed, FOLDER);
        let journal = Journal::open(&data_dir.join(FOLDER), &key, |number, bytes| match Record::decode(bytes) {
            Some(record) => state.replay(number, record),
            None => unreadable = unreadable.or(Some(number)),
        })?;
        if let Some(number) = unreadable {
            return Err(ReviewError::Unreadable(number));
        }
        for (_, review) in state.reviews.values() {
            if let Some(decision) = review.decision() {
                review.members().into_iter().for_each(|member| metrics.review_decided(member, decision));
            }
        }
        let locks = std::array::from_fn(|_| Mutex::default());
        let state = RwLock::new(state);
        let (held, hasher, telling, writing) =
            (Default::default(), RandomState::new(), Mutex::default(), Mutex::default());
        let reviews =
            Self { journal, rules, state, locks, held, consortium, hasher, writing, metrics, callbacks, telling };
        reviews.count();
        Ok(reviews)
    }

    /// Opens a review, or adds to the one that waits for the same applicant, once `gate` lets its number pass. It
    /// is on the disk when this returns. The oldest that is decided makes room.
    ///
    /// To be run to its end once the gate was passed: see [`prepare`](crate::on_record::prepare).
    pub(crate) async fn keep(&self, found: &Found<'_>, gate: Gate<u64>) -> Result<u64, ReviewError> {
        let new = Stored::new(found, &self.rules, now());
        let _changing = match found.reference {
            Some(reference) => Some(self.lock(Some(reference)).await),
            None => None,
        };
        if let Some((id, waits)) = found.reference.and_then(|_| self.waiting_for(&new)) {
            gate.pass(id).await?;
            let merged = waits.clone().merged(new);
            if !merged.says_the_same(&waits) {
                self.put(id, merged).await?;
            }
            return Ok(id);
        }
        let number = self.open_new(new, gate).await?;
        self.count();
        self.tell().await;
        Ok(number)
    }

    /// Whether a review may be opened of what is only unknown: half of the room is for what was reported.
    pub(crate) fn has_room(&self) -> bool {
        self.state.read().waiting() < REVIEWS_MAX as u64 / 2
    }

    async fn open_new(&self, new: Stored, gate: Gate<u64>) -> Result<u64, ReviewError> {
        let _writing = self.writing.lock().await;
        let gone = self.makes_room()?;
        let number = self.journal.next() + gone.is_some() as u64;
        gate.pass(number).await?;
        let records = gone.map(Record::Gone).into_iter().chain([Record::Review(0, Box::new(new.clone()))]);
        self.journal.append(records.map(|record| record.encode()).collect()).await?;
        let mut state = self.state.write();
        state.forget(gone.as_slice());
        state.insert(number, number, new);
        if let Some(gone) = gone {
            tracing::warn!(review = gone, "the oldest decided review was deleted to make room: {REVIEWS_MAX} are kept");
        }
        Ok(number)
    }

    /// The review that has to go for another, if one has to: whichever was opened first of those that are decided.
    fn makes_room(&self) -> Result<Option<u64>, ReviewError> {
        let state = self.state.read();
        if state.reviews.len() < REVIEWS_MAX {
            return Ok(None);
        }
        let held = self.held.lock();
        let decided = state.reviews.iter().find(|(id, (_, review))| review.decision().is_some() && !held.contains(id));
        decided.map(|(id, _)| Some(*id)).ok_or(ReviewError::Full)
    }

    /// A page of reviews.
    pub fn list(&self, query: ReviewQuery) -> ReviewList {
        let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, REVIEW_PAGE_MAX);
        let state = self.state.read();
        let after = query.after.map_or(0, |after| after.saturating_add(1));
        let wanted = |review: &Stored| {
            query.state.is_none_or(|state| state == review.state())
                && query.undisputed.is_none_or(|undisputed| undisputed == review.is_undisputed())
        };
        let mut page: Vec<_> = state
            .reviews
            .range(after..)
            .filter(|(_, (_, review))| wanted(review))
            .take(limit + 1)
            .map(|(id, (_, review))| review.summary(*id))
            .collect();
        let more = page.len() > limit;
        page.truncate(limit);
        let next = page.last().map(|review| review.id).filter(|_| more);
        ReviewList { reviews: page, waiting: state.waiting(), next }
    }

    /// One review, held against what is known now.
    pub fn get(&self, id: u64) -> Result<Review, ReviewError> {
        let review = self.stored(id)?;
        Ok(review.shown(id, &self.rules, &self.standings(&review)?, &self.consortium.employer()))
    }

    /// The newest review of an applicant of a system.
    pub(crate) fn newest_of(&self, source: Option<&str>, reference: &str) -> Option<u64> {
        let state = self.state.read();
        let of = |review: &Stored| review.reference.as_deref() == Some(reference) && review.source.as_deref() == source;
        state.reviews.iter().rev().find(|(_, (_, review))| of(review)).map(|(id, _)| *id)
    }

    /// What this employer is called in the consortium.
    pub fn employer(&self) -> String {
        self.consortium.employer()
    }

    fn stored(&self, id: u64) -> Result<Stored, ReviewError> {
        let state = self.state.read();
        state.reviews.get(&id).map(|(_, review)| review.clone()).ok_or(ReviewError::NotFound)
    }

    /// The review that waits for the same applicant, and that nobody has signed or is signing.
    fn waiting_for(&self, new: &Stored) -> Option<(u64, Stored)> {
        let (state, held) = (self.state.read(), self.held.lock());
        let same = |id, review: &Stored| {
            let of = review.reference == new.reference && review.source == new.source;
            of && review.is_unsigned() && !held.contains(id)
        };
        state
            .reviews
            .iter()
            .rev()
            .find(|(id, (_, review))| same(*id, review))
            .map(|(id, (_, review))| (*id, review.clone()))
    }

    async fn put(&self, id: u64, review: Stored) -> Result<(), ReviewError> {
        let writing = self.writing.lock().await;
        let number = self.journal.append(vec![Record::Review(id, Box::new(review.clone())).encode()]).await?;
        self.state.write().insert(id, number, review);
        drop(writing);
        self.tell().await;
        Ok(())
    }

    async fn lock(&self, reference: Option<&str>) -> MutexGuard<'_, ()> {
        let lock = self.hasher.hash_one(reference) % LOCKS as u64;
        self.locks[usize::try_from(lock).unwrap_or(0)].lock().await
    }

    fn count(&self) {
        let waiting = self.state.read().waiting();
        self.metrics.reviews_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    }
}

impl State {
    fn replay(&mut self, number: u64, record: Record) {
        match record {
            Record::Gone(id) => {
                self.reviews.remove(&id);
                self.gone.insert(id);
            }
            Record::Review(0, review) => self.insert(number, number, *review),
            Record::Review(id, review) => self.insert(id, number, *review),
        }
    }

    fn insert(&mut self, id: u64, number: u64, review: Stored) {
        self.reviews.insert(id, (number, review));
        self.newest = self.newest.max(number);
    }

    fn forget(&mut self, ids: &[u64]) {
        ids.iter().for_each(|id| drop(self.reviews.remove(id)));
        self.gone.extend(ids);
    }

    /// Which record says the newest of each review, and which reviews are gone.
    fn standing(&self) -> (BTreeMap<u64, u64>, HashSet<u64>) {
        (self.reviews.iter().map(|(id, (number, _))| (*id, *number)).collect(), self.gone.clone())
    }

    /// How many are not decided.
    fn waiting(&self) -> u64 {
        self.reviews.values().filter(|(_, review)| review.decision().is_none()).count() as u64
    }
}

#[cfg(test)]
mod tests;
