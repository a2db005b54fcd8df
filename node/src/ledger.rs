//! The ledger as a node holds it: from tags to the statements that count, and how fresh all that is.
//!
//! Readers ask from many threads while one writer, the engine, adds batches. A look-up goes to the index, reads the few
//! statements that were hit from the segments, and leaves what they add up to to the pure fold.
//! Invariant: what is found is verified against the whole tag in the statement; the index is only a hint.
//! Absent on purpose: what a statement means (`larum_protocol::verdict`), how batches get here (`engine.rs`).

mod statements;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use arc_swap::ArcSwap;
use larum_protocol::{
    announcement::Announcement,
    batch::{Batch, Counts, Header, Located, read_body_on_own_disk},
    clock::Timestamp,
    coverage::Coverage,
    hash::Digest,
    keys::PublicKey,
    ledger::{Entry, HeldBatch, LogFacts, LogState, RosterIndex, View, open_logs},
    log::{Head, Incarnation, LogId},
    roster::MemberId,
    signed::{Signed, Unverified},
    statement::Statement,
    tag::{Tag, Tags},
    verdict::{Finding, Query, fold},
};
use parking_lot::RwLock;

use crate::{
    index::{Index, IndexError, Place},
    store::{LogHead, Position, Store, StoreError},
};

/// What a look-up found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Found {
    /// What counts of it.
    pub finding: Finding,
    /// Why not everything that is held was read, if so: a miss must then not be called `clear` (I8).
    pub unread: Option<Unread>,
}

/// Why a look-up did not read everything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unread {
    /// More statements lead to it than one look-up reads.
    Flood,
    /// The index is damaged, and may lead to fewer than there are.
    Index,
}

/// Why a look-up failed. It never answers `clear` then.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The index does not take or give what it should.
    #[error("the index failed: {0}")]
    Index(#[from] IndexError),
    /// The segments could not be read.
    #[error("the stored statements could not be read: {0}")]
    Store(#[from] StoreError),
    /// A place in the index does not hold a statement: the index is wrong and must be rebuilt.
    #[error(
        "the index points at something that is no statement; stop the node, delete the folder `index` and start again"
    )]
    Astray,
    /// The index is damaged, so that the newest word of a member may not be found.
    #[error("the index is damaged, so what this employer said before may not be found; restart the node to rebuild it")]
    Unsound,
}

/// What is known of the logs and their authors' words.
#[derive(Debug, Default)]
struct Logs {
    states: BTreeMap<LogId, LogState>,
    /// Logs that are forked.
    judged: BTreeSet<LogId>,
    facts: HashMap<LogId, LogFacts>,
    announcements: BTreeMap<LogId, Announcement>,
}

/// The statements of all logs, by tag.
#[derive(Debug)]
pub struct Ledger {
    store: Arc<Store>,
    index: Index,
    logs: RwLock<Logs>,
    roster: ArcSwap<RosterIndex>,
    coverage: ArcSwap<Coverage>,
}

impl Ledger {
    /// A ledger over an open store and index, under a roster, with the coverage that it has before anybody was heard.
    /// Replays what the index does not cover yet.
    pub fn open(store: Arc<Store>, index: Index, roster: RosterIndex, coverage: Coverage) -> Result<Self, LedgerError> {
        let ledger = Self {
            store,
            index,
            logs: RwLock::default(),
            roster: ArcSwap::from_pointee(roster),
            coverage: ArcSwap::from_pointee(coverage),
        };
        ledger.replay()?;
        ledger.load_states();
        Ok(ledger)
    }

    /// What counts about the identifier with these tags.
    pub fn find(&self, tags: &[Tags], now: Timestamp) -> Result<Found, LedgerError> {
        let query = Query { tags };
        let asked: Vec<Tag> = query.all().collect();
        let (roster, logs) = (self.roster.load(), self.logs.read());
        let view = View { roster: &roster, logs: &logs.facts, now };
        let mut read = self.statements(&asked, &view)?;
        if read.entries.is_empty() {
            return Ok(Found { finding: Finding::default(), unread: read.unread });
        }
        let asked: BTreeSet<Tag> = asked.into_iter().collect();
        let led_to: BTreeSet<Tag> = read.entries.values().map(|entry| entry.statement.subject).collect();
        let others: Vec<Tag> = led_to.difference(&asked).copied().collect();
        read.extend(self.statements(&others, &view)?);
        let entries: Vec<Entry> = read.entries.into_values().collect();
        Ok(Found { finding: fold(&query, &entries, &view), unread: read.unread })
    }

    /// What a look-up that the index leads nowhere found: nothing, which proves something only while the index is sound.
    pub fn nothing(&self) -> Found {
        Found { finding: Finding::default(), unread: (!self.index.is_sound()).then_some(Unread::Index) }
    }

    /// Whether the index is not known to be damaged.
    pub fn is_index_sound(&self) -> bool {
        self.index.is_sound()
    }

    /// Which of many tags any statement carries. Cheap: most applicants are honest, and a miss ends here.
    pub fn hits(&self, tags: &[[u8; 32]]) -> Vec<bool> {
        let mut places = Vec::new();
        self.index.lookup(tags, &mut places);
        let mut hits = vec![false; tags.len()];
        for (which, _) in places {
            hits[which] = true;
        }
        hits
    }

    /// The highest revision that a member gave a subject so far, and the statement that has it; whether or not its
    /// batch counts at the moment.
    pub fn newest_of(&self, member: MemberId, subject: &Tag) -> Result<Option<Statement>, LedgerError> {
        if !self.index.is_sound() {
            // A revision below the newest would be published in vain.
            return Err(LedgerError::Unsound);
        }
        // All of them: whoever floods a subject must not keep its member from taking its own word back.
        let said = self.statements_of(member, subject)?.entries.into_values();
        let roster = self.roster.load();
        let own = said
            .filter(|entry| entry.statement.subject == *subject && roster.member_of(&entry.log.node) == Some(member));
        Ok(own.map(|entry| entry.statement).max_by_key(|statement| statement.revision))
    }

    /// How fresh and complete the ledger is.
    pub fn coverage(&self) -> Arc<Coverage> {
        self.coverage.load_full()
    }

    /// The roster that decides.
    pub fn roster(&self) -> Arc<RosterIndex> {
        self.roster.load_full()
    }

    /// One log's state; `None` if nothing of it is held.
    pub fn state(&self, log: &LogId) -> Option<LogState> {
        self.logs.read().states.get(log).copied()
    }

    /// The logs and their heads.
    pub fn states(&self) -> BTreeMap<LogId, LogState> {
        self.logs.read().states.clone()
    }

    /// Where each forked log is known to be forked.
    pub fn forks(&self) -> BTreeMap<LogId, u64> {
        let logs = self.logs.read();
        logs.judged.iter().filter_map(|log| Some((*log, logs.facts.get(log)?.forked_at?))).collect()
    }

    /// The logs of a node that the roster does not name and of which anything is known, ascending: only the first few of
    /// them count.
    pub fn open_logs_of(&self, node: &PublicKey) -> Vec<LogId> {
        let roster = self.roster.load();
        let logs = self.logs.read();
        let known: BTreeSet<LogId> =
            logs.states.keys().chain(&logs.judged).filter(|log| log.node == *node).copied().collect();
        let unnamed = |log: &LogId| roster.roster().standing(log).is_some_and(|standing| !standing.named);
        known.into_iter().filter(unnamed).collect()
    }

    /// The newest announcement of each log.
    pub fn announcements(&self) -> BTreeMap<LogId, Announcement> {
        self.logs.read().announcements.clone()
    }

    /// Figures about the index.
    pub fn index_stats(&self) -> crate::index::Stats {
        self.index.stats()
    }
}

/// What the engine, and only the engine, changes.
impl Ledger {
    /// Takes in a batch that was stored at `position`, after which its log is in `state`.
    pub fn add(&self, batch: &Batch, position: Position, state: LogState) -> Result<(), LedgerError> {
        self.index.insert(&entries_of(&batch.statements, position))?;
        let log = batch.header.log;
        let mut logs = self.logs.write();
        logs.states.insert(log, state);
        self.refresh_facts(&mut logs, &log);
        Ok(())
    }

    /// Tells the index that everything stored before `end` was added, so that a restart need not replay it.
    pub fn covered(&self, end: Position) {
        self.index.commit(end.as_u64());
    }

    /// Takes in what the replica knows of every log: after a fork, a roster or a rewind, since a log that is forked or
    /// has ended is judged as of its last batch that counts.
    pub fn set_facts(&self, facts: HashMap<LogId, LogFacts>) {
        let mut logs = self.logs.write();
        logs.judged = facts.iter().filter(|(_, facts)| facts.forked_at.is_some()).map(|(log, _)| *log).collect();
        logs.facts = facts;
    }

    /// Whether what a log's facts are is for the replica to say: it is forked, or the roster names it as ended.
    pub fn is_judged(&self, log: &LogId) -> bool {
        let ended = self.roster.load().roster().standing(log).is_some_and(|standing| standing.end.is_some());
        ended || self.logs.read().judged.contains(log)
    }

    /// Reads a log's state from the store again, after it was set back.
    pub fn reload(&self, log: &LogId) -> Option<LogState> {
        let mut logs = self.logs.write();
        let state = self.store.head(log).map(|head| self.stored_state(log, &head));
        match state {
            Some(state) => drop(logs.states.insert(*log, state)),
            None => drop(logs.states.remove(log)),
        }
        self.refresh_facts(&mut logs, log);
        state
    }

    /// Takes in what an author says of its own log.
    pub fn announce(&self, word: Announcement) {
        self.logs.write().announcements.insert(word.log, word);
    }

    /// Forgets what an author said of one of its logs.
    pub fn forget_announcement(&self, log: &LogId) {
        self.logs.write().announcements.remove(log);
    }

    /// Puts another roster in force.
    pub fn set_roster(&self, roster: RosterIndex) {
        self.roster.store(Arc::new(roster));
    }

    /// Takes in the coverage as the replica knows it.
    pub fn set_coverage(&self, coverage: Coverage) {
        self.coverage.store(Arc::new(coverage));
    }

    /// The facts of every log of one log's node: which of them are open may have changed with it.
    fn refresh_facts(&self, logs: &mut Logs, log: &LogId) {
        let roster = self.roster.load();
        let first = LogId { node: log.node, incarnation: Incarnation([0; 16]) };
        let last = LogId { node: log.node, incarnation: Incarnation([0xff; 16]) };
        let of_node: Vec<(LogId, LogState)> =
            logs.states.range(first..=last).map(|(log, state)| (*log, *state)).collect();
        let open: BTreeSet<LogId> = open_logs(roster.roster(), of_node.iter().map(|(log, _)| *log)).collect();
        for (log, state) in of_node {
            if !logs.judged.contains(&log) {
                logs.facts.insert(log, state.facts(open.contains(&log)));
            }
        }
    }

    /// Enters into the index whatever was stored behind what it covers.
    fn replay(&self) -> Result<(), LedgerError> {
        let from = Position::from_u64(self.index.covered()).unwrap_or(Position::START);
        for stored in self.store.scan_batches(from)? {
            let stored = stored?;
            // All before it is entered: who is killed in the middle of this goes on from here, and not from the start.
            self.covered(stored.position);
            let Some(body) = stored.body else { continue };
            let statements = read_body_on_own_disk(&body).map_err(|_| LedgerError::Astray)?;
            self.index.insert(&entries_of(&statements, stored.position))?;
        }
        self.covered(self.store.end());
        Ok(())
    }

    fn load_states(&self) {
        let mut logs = self.logs.write();
        for (log, head) in self.store.heads() {
            let state = self.stored_state(&log, &head);
            logs.states.insert(log, state);
            self.refresh_facts(&mut logs, &log);
        }
    }

    fn stored_state(&self, log: &LogId, head: &LogHead) -> LogState {
        let head_now = Head { seq: head.seq, hash: head.hash, issued: head.issued, floor: head.floor };
        self.state_with(log, head_now, head.meta)
    }

    /// The state of a log when a batch that is held was its head; `meta` is what was stored beside it.
    pub fn state_at(&self, header: &Signed<Header>, meta: [u64; 2]) -> LogState {
        self.state_with(&header.log, Head::of(header), meta)
    }

    fn state_with(&self, log: &LogId, head: Head, [asserts, others]: [u64; 2]) -> LogState {
        let floor = self.held(log, head.floor).ok().flatten();
        let before_floor = floor.map_or((head.issued.day(), Counts::default()), |held| (held.day, held.before));
        LogState { head, day: Counts { asserts, others }, before_floor, forked_at: None }
    }

    /// A batch that is held, as far as floors need it.
    pub fn held(&self, log: &LogId, seq: u64) -> Result<Option<HeldBatch>, StoreError> {
        let Some(position) = self.store.place(log, seq)? else { return Ok(None) };
        let record = self.store.record_head_at(position)?;
        let [asserts, others] = record.meta;
        Ok(Unverified::<Header>::decode(&record.head).ok().map(|header| {
            let header = header.value();
            HeldBatch { day: header.issued.day(), before: Counts { asserts, others }.minus(header.counts) }
        }))
    }

    /// Blocks until what is new is in a segment of the index.
    pub fn flush(&self) -> Result<(), LedgerError> {
        Ok(self.index.flush()?)
    }

    /// The digest of all heads.
    pub fn heads_digest(&self) -> Digest {
        self.coverage.load().heads
    }
}

/// Every tag of a batch's statements, and where the statement lies that carries it.
fn entries_of(statements: &[Located], position: Position) -> Vec<([u8; 32], Place)> {
    let mut entries = Vec::with_capacity(statements.len());
    for located in statements {
        let Some(place) = position.statement(located.offset as usize) else { continue };
        entries.extend(located.statement.tags().map(|tag| (tag.0, Place(place.as_u64()))));
    }
    entries
}
