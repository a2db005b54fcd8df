//! Storing what was decided: one write and one sync for all, then the index, then the confirmation.

use larum_protocol::{batch::Batch, ledger::LogState, log::LogId, replica::Input};

use super::Engine;
use crate::store::{HeaderFacts, Link, NewBatch, Position, StoreError};

impl Engine {
    /// Takes a decided batch in; it is stored when the engine settles.
    pub(super) fn stage(&mut self, batch: Batch) {
        self.undurable.push(batch);
    }

    /// Stores everything that is staged and returns the confirmations for the replica.
    pub(super) fn store_undurable(&mut self) -> Vec<Input> {
        let batches = std::mem::take(&mut self.undurable);
        self.ahead.clear();
        let states: Vec<(Link, LogState)> = batches.iter().map(|batch| self.state_after(batch)).collect();
        let records: Vec<NewBatch<'_>> =
            batches.iter().zip(&states).map(|(batch, (link, state))| record(batch, *link, state)).collect();
        match self.parts.store.append_batches(&records) {
            Ok(positions) => self.stored(&batches, &states, &positions),
            Err(error) => self.not_stored(&batches, &error),
        }
    }

    /// How a batch links to its log, and the log's state with it.
    fn state_after(&mut self, batch: &Batch) -> (Link, LogState) {
        let (log, header) = (batch.header.log, &batch.header);
        let before = self.ahead.get(&log).copied().or_else(|| self.parts.ledger.state(&log));
        let (link, state) = match before {
            Some(before) if header.prev == Some(before.head.hash) && header.seq == before.head.seq + 1 => {
                let held = |seq| self.parts.ledger.held(&log, seq).ok().flatten();
                (Link::Next, before.advance(header, held))
            }
            Some(before) => (Link::Skip, LogState { forked_at: before.forked_at, ..LogState::enter(header) }),
            None if header.seq == 1 => (Link::Next, LogState::enter(header)),
            None => (Link::Skip, LogState::enter(header)),
        };
        self.ahead.insert(log, state);
        (link, state)
    }

    fn stored(&mut self, batches: &[Batch], states: &[(Link, LogState)], positions: &[Position]) -> Vec<Input> {
        let mut confirmations = Vec::with_capacity(batches.len());
        for ((batch, (_, state)), position) in batches.iter().zip(states).zip(positions) {
            if let Err(error) = self.parts.ledger.add(batch, *position, *state) {
                // The batch is safe in the segments and the index is derived: a restart replays it.
                tracing::error!(%error, "the index did not take a batch; restart the node to rebuild it");
            }
            self.parts.watches.arrived(batch.statements.iter().map(|located| &located.statement));
            self.judge_later |= self.parts.ledger.is_judged(&batch.header.log);
            self.parts.metrics.stored(batch.header.counts.total());
            self.publish_done(&batch.header);
            confirmations.push(Input::Stored { log: batch.header.log, state: *state });
        }
        self.parts.ledger.covered(self.parts.store.end());
        self.stale_coverage = true;
        confirmations
    }

    /// Nothing was acknowledged. Own batches are told to their publishers; those of others come again by sync.
    fn not_stored(&mut self, batches: &[Batch], error: &StoreError) -> Vec<Input> {
        tracing::error!(%error, batches = batches.len(), "nothing was stored; what was acknowledged before is safe");
        self.publish_failed(&error.to_string());
        let mut logs: Vec<LogId> = batches.iter().map(|batch| batch.header.log).collect();
        logs.sort_unstable();
        logs.dedup();
        logs.into_iter().map(|log| Input::Rewound { log, state: self.parts.ledger.state(&log) }).collect()
    }
}

fn record<'a>(batch: &'a Batch, link: Link, state: &LogState) -> NewBatch<'a> {
    NewBatch {
        facts: HeaderFacts::of(&batch.header),
        link,
        header: batch.header.bytes(),
        body: batch.body.as_deref(),
        meta: [state.day.asserts, state.day.others],
    }
}
