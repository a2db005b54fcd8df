//! Compares heads with peers, on connecting and now and then: the way by which what gossip missed comes in the end.

use super::{Replica, heads::heads_digest, peers::Asked, sources::Word};
use crate::{
    fault::Fault,
    hash::Digest,
    keys::PublicKey,
    limits::{ANNOUNCEMENTS_EVERY_MS, HEADS_PER_PAGE_MAX, ROUND_TRIP_GUESS_MS, SYNC_PEERS},
    log::LogId,
    wire::{HeadEntry, Request, RosterHead},
};

impl Replica {
    /// Compares heads with a few peers, drawn at random.
    pub(super) fn start_sync_round(&mut self) {
        let mut candidates: Vec<PublicKey> =
            self.peers.iter().filter(|(_, peer)| !peer.comparing).map(|(key, _)| *key).collect();
        for _ in 0..SYNC_PEERS.min(candidates.len()) {
            let index = self.time.draw(0, candidates.len() as u64 - 1) as usize;
            self.compare_heads(candidates.swap_remove(index));
        }
        self.ask_for_salts_again();
    }

    pub(super) fn sync_soon(&mut self) {
        self.sync_at = self.sync_at.min(self.time.uptime() + ROUND_TRIP_GUESS_MS);
    }

    pub(super) fn compare_heads(&mut self, peer: PublicKey) {
        let digest = heads_digest(&self.counted_heads());
        if !self.can_ask(&peer) {
            return;
        }
        if let Some(peer) = self.peers.get_mut(&peer) {
            peer.comparing = true;
        }
        self.ask(peer, Asked::Heads { after: None }, &Request::Heads { digest, after: None });
    }

    pub(super) fn on_same(&mut self, peer: PublicKey, roster: RosterHead) {
        self.end_comparison(peer, true);
        self.learn_roster(peer, roster);
    }

    pub(super) fn on_heads(
        &mut self,
        peer: PublicKey,
        roster: RosterHead,
        after: Option<LogId>,
        entries: &[HeadEntry],
        more: bool,
    ) {
        let goes_on = entries.first().is_none_or(|first| after < Some(first.log));
        if !goes_on
            || !entries.windows(2).all(|pair| pair[0].log < pair[1].log)
            || (more && entries.len() < HEADS_PER_PAGE_MAX)
        {
            self.penalize(peer, Fault::WrongAnswer);
            return self.end_comparison(peer, false);
        }
        for entry in entries {
            self.on_head(peer, entry);
        }
        match entries.last() {
            Some(last) if more && self.can_ask(&peer) => {
                let digest = Digest::default(); // looked at on the first page only
                self.ask(
                    peer,
                    Asked::Heads { after: Some(last.log) },
                    &Request::Heads { digest, after: Some(last.log) },
                );
            }
            _ => self.end_comparison(peer, !more),
        }
        self.learn_roster(peer, roster);
    }

    fn on_head(&mut self, peer: PublicKey, entry: &HeadEntry) {
        if !self.is_followed(&entry.log) {
            return;
        }
        self.learn_fork(peer, entry);
        let ours = self.counted_head(entry.log);
        let differs = ours.is_some_and(|ours| ours.seq == entry.seq && ours.hash.prefix() != entry.prefix);
        if differs && entry.seq > 0 {
            self.start_trace(peer, entry.log, entry.seq);
        }
        let word = Word { to: entry.seq, held: entry.forked_at.map_or(entry.seq, |_| 0), floor: entry.floor };
        self.take_back(entry.log, word, peer);
        self.want(entry.log, word, peer);
    }

    pub(super) fn end_comparison(&mut self, key: PublicKey, complete: bool) {
        let Some(peer) = self.peers.get_mut(&key) else { return };
        peer.comparing = false;
        peer.synced |= complete;
        if self.announcements_at <= self.time.uptime() {
            peer.words_pulled = false;
        }
        if complete {
            self.pull_words(key);
        }
    }

    /// Asks a peer for announcements, once since it connected and now and then: gossip may have missed some. A peer that
    /// is busy with more urgent questions is asked later.
    pub(super) fn pull_words(&mut self, key: PublicKey) {
        let due = self.peers.get(&key).is_some_and(|peer| peer.synced && !peer.words_pulled);
        if !due || !self.can_ask(&key) {
            return;
        }
        self.announcements_at = self.time.uptime() + ANNOUNCEMENTS_EVERY_MS;
        self.pull_announcements(key);
        if let Some(peer) = self.peers.get_mut(&key) {
            peer.words_pulled = true;
        }
    }
}
