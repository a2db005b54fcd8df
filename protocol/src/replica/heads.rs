//! What is held of each log, how much of it counts, and the digest by which two nodes see whether they hold the same.
//!
//! Invariant: digest and heads cover what the roster and the fork proofs let count, and nothing else: a log that ended
//! up to its end, a forked one up to before the fork, and of logs that the roster does not name the lowest few a node.

use std::collections::VecDeque;

use super::{Event, Held, Output, Replica};
use crate::{
    batch::{Batch, Header},
    hash::{Digest, Label, digest},
    ledger::LogState,
    limits::OPEN_LOGS_PER_NODE_MAX,
    log::{self, ForkProof, Head, LogError, LogId},
    roster::Standing,
    signed::Signed,
    wire::HeadEntry,
};

/// One log: what is durable, and what is on its way to the disk.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) stored: Option<LogState>,
    /// Where more is held than counts: the number of the last batch that counts, and the state with it.
    cut: Option<(u64, Option<LogState>)>,
    pending: VecDeque<(Head, usize)>,
    /// A rewind is under way; what comes meanwhile is void.
    pub(super) rewinding: bool,
    /// The number at which the log contradicts itself; it is not followed beyond.
    pub(super) broken_at: Option<u64>,
    /// The highest number of which its author is known to have signed a header.
    pub(super) heard: u64,
}

/// The newest batch of a log that counts.
#[derive(Clone, Copy, Debug)]
pub struct CountedHead {
    /// The log.
    pub log: LogId,
    /// Its floor.
    pub floor: u64,
    /// The batch's number; 0 if nothing of the log is held but a fork proof.
    pub seq: u64,
    /// The batch's id; zeroes if there is none.
    pub hash: Digest,
    /// From where on the log is proven to be forked.
    pub forked_at: Option<u64>,
}

impl CountedHead {
    pub(super) fn entry(&self) -> HeadEntry {
        let Self { log, floor, seq, hash, forked_at } = *self;
        HeadEntry { log, floor, seq, prefix: hash.prefix(), forked_at }
    }
}

/// One digest of every log that counts and of every proven fork, given in the order of their names.
pub fn heads_digest(heads: &[CountedHead]) -> Digest {
    let mut bytes = Vec::with_capacity(heads.len() * 96);
    for head in heads.iter().filter(|head| head.seq > 0 || head.forked_at.is_some()) {
        bytes.extend_from_slice(&head.log.to_bytes());
        bytes.extend_from_slice(&head.seq.to_be_bytes());
        bytes.extend_from_slice(&head.hash.0);
        bytes.extend_from_slice(&head.forked_at.unwrap_or(0).to_be_bytes());
    }
    digest(Label::Heads, &[&bytes])
}

impl Log {
    pub(super) fn holding(state: LogState) -> Self {
        Self { stored: Some(state), ..Self::default() }
    }

    /// The newest batch, durable or on its way to be.
    pub(super) fn tip(&self) -> Option<Head> {
        self.pending.back().map(|(head, _)| *head).or(self.stored.map(|state| state.head))
    }

    pub(super) fn tip_seq(&self) -> u64 {
        self.tip().map_or(0, |head| head.seq)
    }

    pub(super) fn is_pending(&self, seq: u64) -> bool {
        self.pending.iter().any(|(head, _)| head.seq == seq)
    }

    /// The state as of the last batch that counts.
    pub(super) fn counted(&self) -> Option<LogState> {
        match self.cut {
            Some((seq, state)) if self.stored.is_some_and(|stored| stored.head.seq > seq) => state,
            _ => self.stored,
        }
    }

    fn take_pending_up_to(&mut self, seq: u64) -> usize {
        let mut bytes = 0;
        while self.pending.front().is_some_and(|(head, _)| head.seq <= seq) {
            bytes += self.pending.pop_front().map_or(0, |(_, length)| length);
        }
        bytes
    }
}

impl Replica {
    pub(super) fn standing(&self, log: &LogId) -> Option<Standing> {
        let roster = self.roster.roster();
        roster.standing_of(roster.member(self.roster.member_of(&log.node)?)?, log)
    }

    /// The last number of a log that may count; `None` while there is no end to it.
    pub(super) fn limit(&self, log: &LogId) -> Option<u64> {
        let end = self.standing(log).and_then(|standing| standing.end).map(|(seq, _)| seq);
        end.or_else(|| self.proofs.get(log).map(|proof| proof.seq() - 1))
    }

    /// Whether a log's batches are worth having: its member counts, and the roster names it or it is among the lowest of
    /// those of its node that are known.
    pub(super) fn is_followed(&self, log: &LogId) -> bool {
        self.standing(log).is_some_and(|standing| standing.counts && (standing.named || self.is_open(log)))
    }

    fn is_open(&self, log: &LogId) -> bool {
        let first = LogId { incarnation: log::Incarnation([0; 16]), ..*log };
        let held = self.logs.range(first..*log).filter(|(_, held)| held.stored.is_some()).map(|(lower, _)| lower);
        let proven = self.proofs.range(first..*log).map(|(lower, _)| lower);
        let lower: std::collections::BTreeSet<_> = held.chain(proven).collect();
        let unnamed = |lower: &&&LogId| self.standing(lower).is_some_and(|standing| !standing.named);
        lower.iter().filter(unnamed).count() < OPEN_LOGS_PER_NODE_MAX
    }

    /// Every log that counts, with its newest batch that does.
    pub(super) fn counted_heads(&self) -> Vec<CountedHead> {
        let unheld = self.proofs.keys().filter(|log| !self.logs.contains_key(log));
        let mut logs: Vec<LogId> = self.logs.keys().chain(unheld).copied().collect();
        logs.sort_unstable();
        logs.into_iter().filter(|log| self.is_followed(log)).filter_map(|log| self.counted_head(log)).collect()
    }

    pub(super) fn counted_head(&self, log: LogId) -> Option<CountedHead> {
        let forked_at = self.proofs.get(&log).map(ForkProof::seq);
        let Some(stored) = self.logs.get(&log).and_then(|held| held.stored) else {
            return forked_at.map(|_| CountedHead { log, floor: 1, seq: 0, hash: Digest::default(), forked_at });
        };
        let floor = self.logs[&log].counted().unwrap_or(stored).head.floor;
        let counted = |seq, hash| Some(CountedHead { log, floor, seq, hash, forked_at });
        if let Some((end, hash)) = self.standing(&log).and_then(|standing| standing.end) {
            let beyond = stored.head.seq > end;
            return if beyond {
                counted(end, hash.unwrap_or_default())
            } else {
                counted(stored.head.seq, stored.head.hash)
            };
        }
        match self.proofs.get(&log) {
            Some(proof) if stored.head.seq >= proof.seq() => {
                counted(proof.seq() - 1, proof.headers()[0].prev.unwrap_or_default())
            }
            _ => counted(stored.head.seq, stored.head.hash),
        }
    }

    /// Hands a verified batch to the store if it follows what is held or on its way; `anchor` is the number at which the
    /// log may be entered anew.
    pub(super) fn append(&mut self, batch: Batch, anchor: u64) -> Result<(), LogError> {
        let log = batch.header.log;
        self.check_place(&batch.header, anchor)?;
        let bytes = batch.header.bytes().len() + batch.body.as_ref().map_or(0, |body| body.len());
        self.bytes_in_store += bytes;
        self.logs.entry(log).or_default().pending.push_back((Head::of(&batch.header), bytes));
        self.emit(Output::Store(Box::new(batch)));
        Ok(())
    }

    /// Whether a header goes behind what is held or on its way.
    pub(super) fn check_place(&self, header: &Signed<Header>, anchor: u64) -> Result<(), LogError> {
        let held = self.logs.get(&header.log);
        let tip = held.and_then(Log::tip);
        // What comes before the store has confirmed a rewind would go behind batches that are being dropped.
        if held.is_some_and(|held| held.rewinding) {
            return Err(LogError::Gap { head: tip.map_or(0, |tip| tip.seq), got: header.seq });
        }
        log::follows(tip.as_ref(), anchor, header)?;
        let wrong_end = self
            .standing(&header.log)
            .and_then(|standing| standing.end)
            .is_some_and(|(seq, hash)| header.seq > seq || (header.seq == seq && hash != Some(header.id())));
        if wrong_end { Err(LogError::Forked) } else { Ok(()) }
    }

    pub(super) fn on_stored(&mut self, log: LogId, state: LogState) {
        let held = self.logs.entry(log).or_default();
        if held.rewinding {
            return;
        }
        self.bytes_in_store -= held.take_pending_up_to(state.head.seq).min(self.bytes_in_store);
        held.stored = Some(state);
        self.drop_excess_logs(log);
        self.serve_parked(log);
        if log == self.config.own {
            self.gossip_own(state.head.seq);
        }
        if self.limit(&log).is_some_and(|limit| limit <= state.head.seq) {
            self.reconcile(log);
        }
    }

    /// Of a node that opens log after log, the highest beyond what may ever count soon are dropped.
    fn drop_excess_logs(&mut self, log: LogId) {
        let excess = self.unnamed_logs(log).nth(2 * OPEN_LOGS_PER_NODE_MAX);
        if let Some(log) = excess {
            self.rewind_to(log, 0);
        }
    }

    /// The logs of a log's node that are known here and that the roster does not name, ascending.
    pub(super) fn unnamed_logs(&self, log: LogId) -> impl Iterator<Item = LogId> {
        let first = LogId { incarnation: log::Incarnation([0; 16]), ..log };
        let last = LogId { incarnation: log::Incarnation([0xff; 16]), ..log };
        let of_node = self.logs.range(first..=last).map(|(log, _)| *log);
        of_node.filter(|log| self.standing(log).is_some_and(|standing| !standing.named))
    }

    /// Remembers that an author signed a header of this number.
    pub(super) fn hear(&mut self, log: LogId, seq: u64) {
        if self.logs.contains_key(&log) || self.unnamed_logs(log).count() < 2 * OPEN_LOGS_PER_NODE_MAX {
            let known = self.logs.entry(log).or_default();
            known.heard = known.heard.max(seq);
        }
    }

    /// Rosters or proofs changed: how much of each log counts is looked at anew.
    pub(super) fn reconcile_all(&mut self) {
        let logs: Vec<LogId> = self.logs.keys().copied().collect();
        logs.into_iter().for_each(|log| self.reconcile(log));
    }

    /// Where more is held than counts, asks for the state as of the last batch that does; where the roster says that
    /// another branch is the log, drops the held one.
    pub(super) fn reconcile(&mut self, log: LogId) {
        let limit = self.limit(&log);
        let end = self.standing(&log).and_then(|standing| standing.end);
        let Some(held) = self.logs.get_mut(&log) else { return };
        held.cut = None;
        let (Some(limit), Some(stored)) = (limit, held.stored) else { return };
        if held.rewinding || stored.head.seq < limit {
            return;
        }
        if stored.head.seq == limit {
            if end.is_some_and(|(_, hash)| hash.is_some_and(|hash| hash != stored.head.hash)) {
                self.rewind(log);
            }
            return;
        }
        held.cut = Some((limit, None));
        if limit > 0 {
            self.emit(Output::Load { log, seq: limit });
        }
    }

    pub(super) fn on_loaded(&mut self, log: LogId, seq: u64, held: Option<Held>) {
        self.compare_lookup(log, seq, held.as_ref());
        self.continue_trace_with_ours(log, seq, held.as_ref());
        let end = self.standing(&log).and_then(|standing| standing.end);
        let Some(kept) = self.logs.get_mut(&log) else { return };
        if kept.cut.is_none_or(|(cut, _)| cut != seq) || kept.rewinding {
            return;
        }
        let decided = end.filter(|(last, _)| *last == seq).and_then(|(_, hash)| hash);
        match held {
            Some(held) if decided.is_none_or(|hash| hash == held.header.id()) => {
                kept.cut = Some((seq, Some(held.state)))
            }
            Some(_) => self.rewind(log),
            None => {}
        }
    }

    /// Drops what the roster decided against: all from the fork on, or the whole log where no proof says where it parted.
    pub(super) fn rewind(&mut self, log: LogId) {
        let end = self.standing(&log).and_then(|standing| standing.end).map_or(0, |(seq, _)| seq);
        let fork = self.proofs.get(&log).map(ForkProof::seq).filter(|seq| *seq <= end);
        self.rewind_to(log, fork.map_or(0, |seq| seq - 1));
    }

    pub(super) fn rewind_to(&mut self, log: LogId, to: u64) {
        let Some(held) = self.logs.get_mut(&log) else { return };
        let to = if held.stored.is_some_and(|stored| stored.head.seq > to) { to } else { 0 };
        self.bytes_in_store -= held.take_pending_up_to(u64::MAX).min(self.bytes_in_store);
        held.rewinding = true;
        held.cut = None;
        self.pulls.remove(&log);
        self.emit(Output::Rewind { log, to });
    }

    pub(super) fn on_rewound(&mut self, log: LogId, state: Option<LogState>) {
        let kept = state.map_or(0, |state| state.head.seq);
        let held = self.logs.entry(log).or_default();
        held.rewinding = false;
        held.stored = state;
        // What was on its way to the disk is void, whether the replica asked for the rewind or a write failed.
        let void = held.take_pending_up_to(u64::MAX);
        self.bytes_in_store -= void.min(self.bytes_in_store);
        if log == self.config.own {
            drop(self.own_gossip.split_off(&(kept + 1)));
        }
        if state.is_none() && !self.is_followed(&log) {
            self.logs.remove(&log);
        }
        self.reconcile(log);
        self.sync_soon();
    }

    /// An own batch: stored first, gossiped once it is durable.
    pub(super) fn on_publish(&mut self, batch: Batch) {
        let (log, seq) = (batch.header.log, batch.header.seq);
        let misplaced = if log == self.config.own { None } else { Some(LogError::Gap { head: 0, got: seq }) };
        let gossip = super::gossip::batch_message(&batch);
        match misplaced.map_or_else(|| self.append(batch, 0), Err) {
            Ok(()) => drop(self.own_gossip.insert(seq, gossip)),
            Err(error) => self.emit(Output::PublishRefused { seq, error }),
        }
    }

    fn gossip_own(&mut self, seq: u64) {
        let later = self.own_gossip.split_off(&(seq + 1));
        for message in std::mem::replace(&mut self.own_gossip, later).into_values() {
            self.emit(Output::Publish(message));
        }
        self.announce_soon();
    }

    /// A log whose author contradicts itself is followed no further.
    pub(super) fn stop_at(&mut self, log: LogId, seq: u64) {
        self.logs.entry(log).or_default().broken_at = Some(seq);
        self.emit(Output::Event(Event::LogGoesBack { log, seq }));
    }
}
