//! Time as the replica lives it: what the wall clock says, and how long it has been up.
//!
//! Invariant: uptime never goes back, so a wall clock that is set back by an hour does not stop sync for an hour.

use super::{Output, Replica};
use crate::clock::Timestamp;

/// The wall clock, the uptime and the jitter.
#[derive(Debug)]
pub(super) struct Time {
    now: Option<Timestamp>,
    uptime: u64,
    random: u64,
}

impl Time {
    pub(super) const fn new(seed: u64) -> Self {
        Self { now: None, uptime: 0, random: seed }
    }

    pub(super) fn set(&mut self, now: Timestamp) {
        self.uptime += self.now.map_or(0, |before| now.ms_since(before));
        self.now = Some(now);
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now.unwrap_or_default()
    }

    /// Milliseconds since the first input.
    pub(super) const fn uptime(&self) -> u64 {
        self.uptime
    }

    /// A number from `low` up to `high`: SplitMix64 (Steele, Lea, Flood 2014). Good enough for jitter, no secret.
    pub(super) const fn draw(&mut self, low: u64, high: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        if high <= low { low } else { low + mixed % (high - low + 1) }
    }
}

impl Replica {
    /// Does what has become due.
    pub(super) fn on_time(&mut self) {
        let uptime = self.time.uptime();
        self.expire_requests();
        self.expire_pulls();
        self.expire_parked();
        self.expire_hints();
        if self.sync_at <= uptime {
            let (low, high) = self.config.sync_every_ms;
            self.sync_at = uptime + self.time.draw(low, high);
            self.start_sync_round();
        }
        if self.announce_at <= uptime {
            self.announce_at = uptime + self.announce_every_ms();
            self.announce();
        }
    }

    pub(super) fn set_alarm(&mut self) {
        let uptime = self.time.uptime();
        let earliest = self
            .requests
            .values()
            .map(|request| request.deadline)
            .chain(self.pulls.values().map(|pull| pull.deadline))
            .chain(self.parked.iter().map(|parked| parked.deadline))
            .chain(self.hints.iter().map(|hint| hint.deadline))
            .chain(self.peers.values().map(|peer| peer.resume_at).filter(|at| *at > uptime))
            .fold(self.sync_at.min(self.announce_at), u64::min);
        self.emit(Output::Wake { after_ms: earliest.saturating_sub(uptime).max(1) });
    }
}
