//! Announcements: this node's own, and the newest of each other log.

use minicbor::bytes::ByteVec;

use super::{Output, Replica, gossip::Judged, peers::Asked, sources::Word};
use crate::{
    announcement::Announcement,
    clock::Timestamp,
    fault::Fault,
    keys::PublicKey,
    limits::{ANNOUNCE_DELAY_MS, ANNOUNCEMENTS_PER_FRESHNESS, ANNOUNCEMENTS_PER_PAGE_MAX, OPEN_LOGS_PER_NODE_MAX},
    log::{Incarnation, LogId},
    signed::{Signed, SignedObject, Unverified},
    wire::{Gossip, Message, Request},
};

impl Replica {
    /// Announces a change, after waiting a little for further ones.
    pub(super) fn announce_soon(&mut self) {
        self.announce_at = self.announce_at.min(self.time.uptime() + ANNOUNCE_DELAY_MS);
    }

    /// Milliseconds until the next announcement if nothing changes: often enough that two may be lost before the roster's
    /// limit on freshness takes this member for absent.
    pub(super) fn announce_every_ms(&self) -> u64 {
        let fresh_ms = u64::from(self.chain.roster().policy.fresh_seconds) * 1000;
        self.config.announce_every_ms.min(fresh_ms / ANNOUNCEMENTS_PER_FRESHNESS).max(ANNOUNCE_DELAY_MS)
    }

    /// Signs and floods what this node says of its own log.
    pub(super) fn announce(&mut self) {
        let log = self.config.own;
        if self.standing(&log).is_none_or(|standing| !standing.counts) {
            return;
        }
        let head = self.logs.get(&log).and_then(|held| held.stored).map(|state| state.head);
        let word = Announcement {
            version: Announcement::VERSION,
            consortium: self.chain.consortium(),
            log,
            seq: head.map_or(0, |head| head.seq),
            hash: head.map(|head| head.hash),
            floor: head.map_or(1, |head| head.floor),
            roster: self.chain.roster().version,
            time: self.time.now(),
        };
        let signed = Signed::sign(word, &self.config.key);
        self.emit(Output::Publish(Gossip::Announcement(signed.bytes().to_vec().into()).to_bytes()));
        self.emit(Output::StoreAnnouncement(Box::new(signed.clone())));
        self.announcements.insert(log, signed);
    }

    /// Whether a log's announcement is kept: bounded like the logs that count. Beside these, each node's newest word is,
    /// by which its member is heard even if it has opened more logs than count.
    pub(super) fn may_announce(&self, word: &Announcement) -> bool {
        let standing = self.standing(&word.log);
        if standing.is_some_and(|standing| standing.named) || self.announcements.contains_key(&word.log) {
            return true;
        }
        let others = self.unnamed_words(&word.log);
        let lower = others.iter().filter(|(log, _)| *log < word.log).count();
        lower < OPEN_LOGS_PER_NODE_MAX || others.iter().all(|(_, time)| *time < word.time)
    }

    /// Keeps a verified announcement and follows up on what it tells.
    pub(super) fn keep_announcement(&mut self, from: PublicKey, word: Signed<Announcement>) {
        let (log, seq, roster) = (word.log, word.seq, word.roster);
        let tip = self.logs.get(&log).and_then(super::Log::tip);
        let differs = tip.is_some_and(|tip| tip.seq == seq && Some(tip.hash) != word.hash);
        self.emit(Output::StoreAnnouncement(Box::new(word.clone())));
        self.announcements.insert(log, word);
        self.drop_excess_announcements(log);
        if differs && self.limit(&log).is_none() {
            self.start_trace(from, log, seq);
        }
        self.want(log, Word::passed_on(seq), from);
        if self.connectable.contains(&log.node) {
            self.learn_version(from, roster);
        }
    }

    fn drop_excess_announcements(&mut self, log: LogId) {
        let mut excess: Vec<_> = self.unnamed_words(&log).into_iter().skip(OPEN_LOGS_PER_NODE_MAX).collect();
        excess.sort_by_key(|(_, time)| *time);
        excess.pop(); // the newest word of all that are beyond
        for (log, _) in excess {
            self.announcements.remove(&log);
            self.emit(Output::DropAnnouncement(log));
        }
    }

    /// The announced logs of a log's node that the roster does not name, ascending, and when each was announced.
    fn unnamed_words(&self, log: &LogId) -> Vec<(LogId, Timestamp)> {
        let first = LogId { incarnation: Incarnation([0; 16]), ..*log };
        let last = LogId { incarnation: Incarnation([0xff; 16]), ..*log };
        let of_node = self.announcements.range(first..=last).map(|(log, word)| (*log, word.time));
        of_node.filter(|(log, _)| self.standing(log).is_some_and(|standing| !standing.named)).collect()
    }

    /// Asks a peer for the announcements that could still show that a member was heard in time.
    pub(super) fn pull_announcements(&mut self, peer: PublicKey) {
        let fresh_ms = u64::from(self.chain.roster().policy.fresh_seconds) * 1000;
        let since = self.time.now().0.saturating_sub(fresh_ms);
        self.ask(peer, Asked::Announcements { since, after: None }, &Request::Announcements { since, after: None });
    }

    pub(super) fn on_announcements(
        &mut self,
        peer: PublicKey,
        (since, after): (u64, Option<LogId>),
        words: Vec<ByteVec>,
        more: bool,
    ) {
        if more && words.len() < ANNOUNCEMENTS_PER_PAGE_MAX {
            return self.penalize(peer, Fault::WrongAnswer);
        }
        let mut last = after;
        for bytes in words {
            let word = match Unverified::<Announcement>::decode(&bytes) {
                Ok(word) => word,
                Err(error) => return self.blame(peer, &error),
            };
            let log = word.value().log;
            if last.is_some_and(|last| last >= log) {
                return self.penalize(peer, Fault::WrongAnswer);
            }
            last = Some(log);
            if let Judged::Reject(fault) = self.judge_word(peer, word) {
                return self.penalize(peer, fault);
            }
        }
        if more && last > after && self.can_ask(&peer) {
            self.ask(peer, Asked::Announcements { since, after: last }, &Request::Announcements { since, after: last });
        }
    }

    /// The announcements signed after a time, by ascending log behind `after`.
    pub(super) fn announcements_since(&self, since: u64, after: Option<LogId>) -> impl Iterator<Item = &[u8]> {
        self.announcements
            .values()
            .filter(move |word| word.time > Timestamp(since) && after.is_none_or(|after| word.log > after))
            .map(Signed::bytes)
    }
}
