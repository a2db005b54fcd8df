//! Who holds more of a log than this node, by its own word, and who is asked first.
//!
//! Invariant: a word counts for the peer that gave it and for nobody else: a source is asked only for what it said it
//! holds itself, so whoever claims too much is found out by its own answers and delays nobody's log.

use super::{Replica, peers::Asked};
use crate::{
    fault::Fault,
    keys::PublicKey,
    limits::{
        OPEN_LOGS_PER_NODE_MAX, PAGE_BATCHES_MAX, PAGE_PATIENCE_MS, PAGE_SHORT_BYTES, PAGE_WORTH_WAITING_BYTES,
        SOURCES_MAX, SOURCES_PER_MEMBER_MAX, UNSHOWN_LOGS_MAX, WANTS_MAX,
    },
    log::{Incarnation, LogId},
    wire::RawBatch,
};

/// What one peer says of a log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    /// The highest number that exists, as far as the peer passed on.
    pub(super) to: u64,
    /// The highest number that the peer says it holds itself: 0 where it only passed on what the author said.
    pub(super) held: u64,
    /// The number below which the peer holds nothing.
    pub(super) floor: u64,
}

impl Word {
    /// Of a peer that passed on something of this number.
    pub(super) const fn passed_on(to: u64) -> Self {
        Self { to, held: 0, floor: 0 }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) peer: PublicKey,
    pub(super) word: Word,
    /// It gave less than it said: it has to show the header of what it holds.
    pub(super) doubted: bool,
}

/// A log of which others hold more.
#[derive(Debug, Default)]
pub(super) struct Want {
    pub(super) sources: Vec<Source>,
    /// The floor as a signed header states it.
    pub(super) anchor: u64,
    pub(super) under_way: bool,
}

impl Want {
    pub(super) fn source(&mut self, peer: PublicKey) -> Option<&mut Source> {
        self.sources.iter_mut().find(|source| source.peer == peer)
    }
}

impl Replica {
    /// Remembers that a peer holds a log up to a number.
    pub(super) fn want(&mut self, log: LogId, word: Word, peer: PublicKey) {
        let word = self.within_limits(&log, word);
        let tip = self.logs.get(&log).map_or(0, super::Log::tip_seq);
        let full = self.wants.len() >= WANTS_MAX && !self.wants.contains_key(&log);
        let wanted = word.to > tip && !full && self.is_followed(&log) && !self.names_too_many(log, peer);
        // Who is gone by now is asked nothing.
        if !wanted || !self.peers.contains_key(&peer) {
            return;
        }
        let room = self.has_room_for(&log, &peer);
        let want = self.wants.entry(log).or_default();
        match want.source(peer) {
            // A relay's word raises what may exist, and leaves what the peer said of itself.
            Some(source) if word.held == 0 => source.word.to = source.word.to.max(word.to),
            // A new word does not undo a doubt: what is held has to be shown first.
            Some(source) => source.word = word,
            None if room => want.sources.push(Source { peer, word, doubted: false }),
            None => {}
        }
    }

    /// A peer says less of a log than before: it is held to its newest word.
    pub(super) fn take_back(&mut self, log: LogId, word: Word, peer: PublicKey) {
        let source = self.wants.get_mut(&log).and_then(|want| want.source(peer));
        if let Some(source) = source.filter(|source| word.held < source.word.held) {
            source.word = word;
        }
    }

    /// Whether a peer, and the other nodes of its member, tell of more logs of one node than may ever count, besides those
    /// that are held or on the roster. No honest member does for long.
    fn names_too_many(&self, log: LogId, peer: PublicKey) -> bool {
        let unheard =
            |log: &LogId| !self.logs.contains_key(log) && self.standing(log).is_some_and(|standing| !standing.named);
        let member = self.roster.member_of(&peer);
        let of_member = |source: &PublicKey| self.roster.member_of(source) == member;
        let first = LogId { incarnation: Incarnation([0; 16]), ..log };
        let last = LogId { incarnation: Incarnation([0xff; 16]), ..log };
        let others = self.wants.range(first..=last).filter(|(other, want)| {
            **other != log && want.sources.iter().any(|source| of_member(&source.peer)) && unheard(other)
        });
        unheard(&log) && others.count() >= OPEN_LOGS_PER_NODE_MAX
    }

    /// Whether a log takes one source more: so many in all, and few of one member.
    fn has_room_for(&self, log: &LogId, peer: &PublicKey) -> bool {
        let Some(want) = self.wants.get(log) else { return true };
        let member = self.roster.member_of(peer);
        let of_member = want.sources.iter().filter(|source| self.roster.member_of(&source.peer) == member);
        want.sources.len() < SOURCES_MAX && of_member.count() < SOURCES_PER_MEMBER_MAX
    }

    /// Of a log that ends, or contradicts itself, nobody is held to more than counts.
    fn within_limits(&self, log: &LogId, word: Word) -> Word {
        let broken = self.logs.get(log).and_then(|held| held.broken_at).map(|seq| seq - 1);
        match [self.limit(log), broken].into_iter().flatten().min() {
            Some(limit) => Word { to: word.to.min(limit), held: 0, floor: word.floor.min(limit) },
            None => Word { floor: word.floor.min(word.to), ..word },
        }
    }

    /// The source to ask next for what is behind the tip: one that kept its word before, then the least busy. Forgets
    /// those that have no more, and answers `None` while nobody can be asked.
    pub(super) fn next_source(&mut self, log: LogId, tip: u64) -> Option<Source> {
        let limit = self.limit(&log).unwrap_or(u64::MAX);
        let followed = self.is_followed(&log);
        let want = self.wants.get_mut(&log)?;
        want.sources.retain(|source| source.word.to.min(limit) > tip);
        if want.sources.is_empty() || !followed {
            self.wants.remove(&log);
            return None;
        }
        let want = self.wants.get(&log)?;
        let able = want.sources.iter().filter(|source| self.can_ask(&source.peer));
        let rank = |peer: &PublicKey| self.ranks.get(peer).copied().unwrap_or(0);
        let busy = |peer: &PublicKey| self.peers.get(peer).map_or(0, |peer| peer.in_flight);
        let cost = |source: &&Source| (source.doubted, rank(&source.peer), busy(&source.peer));
        able.min_by_key(cost).copied()
    }

    /// A peer has no more of a log to give. What it said it holds itself, and did not give, it has to show.
    pub(super) fn gave_less(&mut self, log: LogId, peer: PublicKey, tip: u64) {
        let Some(source) = self.wants.get_mut(&log).and_then(|want| want.source(peer)) else { return };
        if source.word.held <= tip {
            return self.drop_source(log, peer);
        }
        source.doubted = true;
    }

    /// A peer that said it holds a number of a log cannot show it. Once a log that may be bad luck: a roster that this node
    /// does not know yet, or the author, cut it in between. Then it says something else the next time.
    pub(super) fn cannot_show(&mut self, log: LogId, seq: u64, peer: PublicKey) {
        let source = self.wants.get_mut(&log).and_then(|want| want.source(peer).copied());
        let claimed = source.is_some_and(|source| source.word.held == seq);
        self.drop_source(log, peer);
        if !claimed || self.limit(&log).is_some() || self.roster_pulls.contains_key(&peer) {
            return;
        }
        self.rank_down(peer);
        let many = self.unshown.iter().filter(|(of, _)| *of == peer).count() >= UNSHOWN_LOGS_MAX;
        if many || !self.unshown.insert((peer, log)) {
            self.penalize(peer, Fault::WrongAnswer);
        }
    }

    /// A peer is asked no more for a log: it failed, lied, or has given what it had.
    pub(super) fn drop_source(&mut self, log: LogId, peer: PublicKey) {
        if let Some(want) = self.wants.get_mut(&log) {
            want.under_way = false;
            want.sources.retain(|source| source.peer != peer);
        }
    }

    /// A peer dawdled, kept silent or did not show what it said: others are asked before it, also when it has come back.
    fn rank_down(&mut self, peer: PublicKey) {
        let rank = self.ranks.entry(peer).or_default();
        *rank = rank.saturating_add(1);
    }

    /// A question about a log was answered by nothing. Says whether it was one.
    pub(super) fn rank_down_if_fetch(&mut self, peer: PublicKey, asked: Asked) -> bool {
        let fetch = matches!(asked, Asked::Batches { .. } | Asked::Anchor { .. });
        if fetch {
            self.rank_down(peer);
        }
        fetch
    }

    /// Ranks a peer by what an answer brought, and how soon.
    pub(super) fn rank_page(&mut self, peer: PublicKey, batches: &[RawBatch], more: bool, took_ms: u64) {
        let bytes: usize = batches.iter().map(RawBatch::bytes).sum();
        let short = bytes < PAGE_SHORT_BYTES && batches.len() < PAGE_BATCHES_MAX;
        if took_ms > PAGE_PATIENCE_MS && bytes < PAGE_WORTH_WAITING_BYTES || more && short {
            self.rank_down(peer);
        } else if let Some(rank) = self.ranks.get_mut(&peer).filter(|_| bytes > 0) {
            *rank = rank.saturating_sub(1);
        }
    }

    /// A peer is gone, or answers nothing.
    pub(super) fn forget_source(&mut self, peer: PublicKey) {
        for want in self.wants.values_mut() {
            want.sources.retain(|source| source.peer != peer);
        }
    }
}
