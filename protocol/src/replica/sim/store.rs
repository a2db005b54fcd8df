//! A node's disk in memory: what is confirmed here survives a restart, and nothing else does.

use std::collections::BTreeMap;

use super::super::Held;
use crate::{
    announcement::Announcement,
    batch::{Batch, Counts},
    ledger::{Entry, HeldBatch, LogState},
    log::{ForkProof, LogId},
    roster::SignedRoster,
    signed::Signed,
};

/// A stored batch and its log's state with it.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) batch: Batch,
    pub(super) state: LogState,
}

impl Stored {
    fn before(&self) -> Counts {
        self.state.day.minus(self.batch.header.counts)
    }
}

/// Everything that is kept.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) logs: BTreeMap<LogId, BTreeMap<u64, Stored>>,
    pub(super) rosters: Vec<SignedRoster>,
    pub(super) proofs: BTreeMap<LogId, ForkProof>,
    pub(super) announcements: BTreeMap<LogId, Signed<Announcement>>,
}

impl Store {
    pub(super) fn append(&mut self, batch: Batch) -> LogState {
        let held = self.logs.entry(batch.header.log).or_default();
        let before = held.values().next_back().map(|stored| stored.state);
        let state = match before {
            Some(state) if state.head.seq + 1 == batch.header.seq => state.advance(&batch.header, |seq| {
                held.get(&seq)
                    .map(|stored| HeldBatch { day: stored.batch.header.issued.day(), before: stored.before() })
            }),
            _ => {
                held.clear();
                LogState::enter(&batch.header)
            }
        };
        held.insert(batch.header.seq, Stored { batch, state });
        state
    }

    pub(super) fn rewind(&mut self, log: LogId, to: u64) -> Option<LogState> {
        let held = self.logs.entry(log).or_default();
        held.retain(|seq, _| *seq <= to);
        let state = held.values().next_back().map(|stored| stored.state);
        if held.is_empty() {
            self.logs.remove(&log);
        }
        state
    }

    pub(super) fn held(&self, log: &LogId, seq: u64) -> Option<Held> {
        let stored = self.logs.get(log)?.get(&seq)?;
        Some(Held { header: stored.batch.header.clone(), state: stored.state })
    }

    pub(super) fn states(&self) -> BTreeMap<LogId, LogState> {
        self.logs.iter().filter_map(|(log, held)| Some((*log, held.values().next_back()?.state))).collect()
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        let batches = self.logs.iter().flat_map(|(log, held)| held.values().map(move |stored| (log, stored)));
        batches
            .flat_map(|(log, Stored { batch, state })| {
                batch.statements.iter().map(|located| Entry {
                    statement: located.statement.clone(),
                    log: *log,
                    seq: batch.header.seq,
                    issued: batch.header.issued,
                    day: state.day,
                })
            })
            .collect()
    }
}
