//! Whom to dial and when.
//!
//! Pure: it is told the time and what happened, and names who is due. Waits double from the shortest to the longest
//! and are spread, so that nodes that lost the same hub do not all return in the same moment.
//! Invariant: a peer is named at most once until its attempt ended, and never while it is connected.
//! Absent on purpose: peers that we cannot dial (no address); they dial us.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use libp2p::{Multiaddr, PeerId};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use tokio::time::Instant;

use super::settings::{ADDRESSES_PER_PEER, REDIAL_JITTER, STEADY_CONNECTION};

/// Doublings after which the wait no longer grows; 2^16 times the shortest wait is beyond any longest.
const DOUBLINGS_MAX: u32 = 16;

/// What there is to do for a peer that is wanted now.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Attempt {
    /// Dial it there.
    Start(Vec<Multiaddr>),
    /// It is being dialled.
    UnderWay,
}

#[derive(Debug)]
struct Target {
    addresses: Vec<Multiaddr>,
    failures: u32,
    due: Instant,
    dialing: bool,
    /// Since when there is a connection, whoever dialled.
    connected: Option<Instant>,
}

impl Target {
    fn new(addresses: Vec<Multiaddr>, now: Instant) -> Self {
        Self { addresses, failures: 0, due: now, dialing: false, connected: None }
    }
}

/// The nodes that can be dialled, and when the next attempt at each is due.
#[derive(Debug)]
pub(super) struct Dialer {
    targets: BTreeMap<PeerId, Target>,
    /// From the configuration; used for peers on the allow list only.
    extra: BTreeMap<PeerId, Vec<Multiaddr>>,
    wait_min: Duration,
    wait_max: Duration,
    rng: StdRng,
}

impl Dialer {
    pub(super) fn new(
        extra: BTreeMap<PeerId, Vec<Multiaddr>>,
        wait_min: Duration,
        wait_max: Duration,
        seed: u64,
    ) -> Self {
        Self { targets: BTreeMap::new(), extra, wait_min, wait_max, rng: StdRng::seed_from_u64(seed) }
    }

    /// Replaces the peers; who stays keeps its wait unless its addresses changed.
    pub(super) fn replace(&mut self, peers: impl IntoIterator<Item = (PeerId, Vec<Multiaddr>)>, now: Instant) {
        let mut old = std::mem::take(&mut self.targets);
        for (peer, mut addresses) in peers {
            addresses.extend(self.extra.get(&peer).cloned().unwrap_or_default());
            addresses = distinct(addresses);
            if addresses.is_empty() {
                continue;
            }
            let target = match old.remove(&peer) {
                Some(mut known) if known.addresses != addresses => {
                    (known.addresses, known.failures, known.due) = (addresses, 0, now);
                    known
                }
                Some(known) => known,
                None => Target::new(addresses, now),
            };
            self.targets.insert(peer, target);
        }
    }

    /// An allowed peer was found on the local network.
    pub(super) fn discovered(&mut self, peer: PeerId, address: Multiaddr, now: Instant) {
        let target = self.targets.entry(peer).or_insert_with(|| Target::new(Vec::new(), now));
        if target.addresses.len() < ADDRESSES_PER_PEER && !target.addresses.contains(&address) {
            target.addresses.push(address);
            target.due = now;
        }
    }

    /// Names up to `room` peers that are due and `free` to be dialled; each now counts as being dialled.
    pub(super) fn due(
        &mut self,
        now: Instant,
        room: usize,
        free: impl Fn(&PeerId) -> bool,
    ) -> Vec<(PeerId, Vec<Multiaddr>)> {
        let room = room.saturating_sub(self.dialing());
        if room == 0 {
            return Vec::new();
        }
        let mut due: Vec<PeerId> = self
            .targets
            .iter()
            .filter(|(peer, target)| !target.dialing && target.due <= now && free(peer))
            .map(|(peer, _)| *peer)
            .collect();
        due.shuffle(&mut self.rng);
        due.truncate(room);
        due.into_iter().filter_map(|peer| self.start(peer)).collect()
    }

    /// What to do for a peer that is not connected and wanted now, whatever its wait; an attempt now counts as under
    /// way. `None` if it has no address, or `room` others are being dialled.
    pub(super) fn want(&mut self, peer: &PeerId, room: usize) -> Option<Attempt> {
        if self.targets.get(peer)?.dialing {
            return Some(Attempt::UnderWay);
        }
        if self.dialing() >= room {
            return None;
        }
        self.start(*peer).map(|(_, addresses)| Attempt::Start(addresses))
    }

    /// The attempt succeeded.
    pub(super) fn succeeded(&mut self, peer: &PeerId) {
        if let Some(target) = self.targets.get_mut(peer) {
            target.dialing = false;
        }
    }

    /// The first connection with the peer stands, whoever dialled.
    pub(super) fn connected(&mut self, peer: &PeerId, now: Instant) {
        if let Some(target) = self.targets.get_mut(peer) {
            target.connected = Some(now);
        }
    }

    /// The attempt failed: the next wait is twice as long.
    pub(super) fn failed(&mut self, peer: &PeerId, now: Instant) {
        let Some(target) = self.targets.get_mut(peer) else {
            return;
        };
        target.dialing = false;
        let doublings = target.failures.min(DOUBLINGS_MAX);
        target.failures = target.failures.saturating_add(1);
        let wait = self.wait_min.saturating_mul(1 << doublings).min(self.wait_max);
        target.due = now + wait.mul_f64(self.rng.random_range(1.0 - REDIAL_JITTER..=1.0 + REDIAL_JITTER));
    }

    /// The last connection with the peer is gone.
    pub(super) fn lost(&mut self, peer: &PeerId, now: Instant) {
        if let Some(target) = self.targets.get_mut(peer) {
            let since = target.connected.take();
            if since.is_some_and(|since| now.duration_since(since) >= STEADY_CONNECTION) {
                target.failures = 0;
            }
        }
        self.failed(peer, now);
    }

    fn dialing(&self) -> usize {
        self.targets.values().filter(|target| target.dialing).count()
    }

    fn start(&mut self, peer: PeerId) -> Option<(PeerId, Vec<Multiaddr>)> {
        let target = self.targets.get_mut(&peer)?;
        target.dialing = true;
        Some((peer, target.addresses.clone()))
    }
}

/// The first few distinct addresses, in order.
fn distinct(addresses: Vec<Multiaddr>) -> Vec<Multiaddr> {
    let mut seen = BTreeSet::new();
    addresses.into_iter().filter(|address| seen.insert(address.to_vec())).take(ADDRESSES_PER_PEER).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const MIN: Duration = Duration::from_secs(1);
    const MAX: Duration = Duration::from_secs(60);

    fn dialer() -> Dialer {
        Dialer::new(BTreeMap::new(), MIN, MAX, 7)
    }

    fn address(port: u16) -> Multiaddr {
        format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap()
    }

    #[test]
    fn a_peer_is_named_once_until_its_attempt_ended() {
        let (peer, now) = (PeerId::random(), Instant::now());
        let mut dialer = dialer();
        dialer.replace([(peer, vec![address(1)])], now);
        assert_eq!(dialer.due(now, 16, |_| true), [(peer, vec![address(1)])]);
        assert_eq!(dialer.due(now, 16, |_| true), []);
        dialer.failed(&peer, now);
        assert_eq!(dialer.due(now, 16, |_| true), [], "not before the wait is over");
        assert_eq!(dialer.due(now + MIN * 2, 16, |_| true).len(), 1);
    }

    #[test]
    fn a_wanted_peer_does_not_wait_and_is_dialled_once() {
        let (peer, now) = (PeerId::random(), Instant::now());
        let mut dialer = dialer();
        dialer.replace([(peer, vec![address(1)])], now);
        dialer.failed(&peer, now);
        assert_eq!(dialer.want(&peer, 1), Some(Attempt::Start(vec![address(1)])), "before its wait is over");
        assert_eq!(dialer.want(&peer, 1), Some(Attempt::UnderWay));
    }

    #[test]
    fn a_wanted_peer_is_not_dialled_without_an_address_or_room() {
        let (peer, other) = (PeerId::random(), PeerId::random());
        let mut dialer = dialer();
        dialer.replace([(peer, vec![address(1)]), (other, vec![address(2)])], Instant::now());
        assert_eq!(dialer.want(&PeerId::random(), 1), None);
        assert!(dialer.want(&peer, 1).is_some());
        assert_eq!(dialer.want(&other, 1), None, "the one under way takes the room");
    }

    #[test]
    fn waits_double_up_to_the_longest_and_are_spread() {
        let (peer, now) = (PeerId::random(), Instant::now());
        let mut dialer = dialer();
        dialer.replace([(peer, vec![address(1)])], now);
        let mut expected = MIN;
        for _ in 0..40 {
            dialer.failed(&peer, now);
            let wait = dialer.targets[&peer].due - now;
            assert!(wait >= expected / 2 && wait <= expected * 3 / 2, "{wait:?} for {expected:?}");
            expected = (expected * 2).min(MAX);
        }
    }

    #[test]
    fn no_more_are_dialled_than_there_is_room_for() {
        let now = Instant::now();
        let mut dialer = dialer();
        dialer.replace((1..=40).map(|port| (PeerId::random(), vec![address(port)])), now);
        assert_eq!(dialer.due(now, 16, |_| true).len(), 16);
        assert_eq!(dialer.due(now, 16, |_| true).len(), 0, "the sixteen under way count");
        assert_eq!(dialer.due(now, 20, |_| true).len(), 4);
    }

    #[test]
    fn who_is_connected_or_has_no_address_is_never_named() {
        let (connected, silent, now) = (PeerId::random(), PeerId::random(), Instant::now());
        let mut dialer = dialer();
        dialer.replace([(connected, vec![address(1)]), (silent, vec![])], now);
        assert_eq!(dialer.due(now, 16, |peer| *peer != connected), []);
    }

    #[test]
    fn configured_addresses_join_those_of_the_roster_without_doubles() {
        let (peer, now) = (PeerId::random(), Instant::now());
        let extra = BTreeMap::from([(peer, vec![address(1), address(2)])]);
        let mut dialer = Dialer::new(extra, MIN, MAX, 7);
        dialer.replace([(peer, vec![address(1)])], now);
        assert_eq!(dialer.due(now, 1, |_| true), [(peer, vec![address(1), address(2)])]);
    }

    #[test]
    fn a_new_address_is_tried_at_once() {
        let (peer, now) = (PeerId::random(), Instant::now());
        let mut dialer = dialer();
        dialer.replace([(peer, vec![address(1)])], now);
        dialer.failed(&peer, now);
        dialer.replace([(peer, vec![address(2)])], now);
        assert_eq!(dialer.due(now, 1, |_| true), [(peer, vec![address(2)])]);
    }

    #[test]
    fn only_a_connection_that_held_starts_the_waits_again() {
        let (peer, now) = (PeerId::random(), Instant::now());
        let mut dialer = dialer();
        dialer.replace([(peer, vec![address(1)])], now);
        for _ in 0..10 {
            dialer.connected(&peer, now);
            dialer.lost(&peer, now);
        }
        assert!(dialer.targets[&peer].due - now >= MAX / 2, "a peer that hangs up at once");
        dialer.connected(&peer, now);
        dialer.lost(&peer, now + STEADY_CONNECTION);
        assert!(dialer.targets[&peer].due - (now + STEADY_CONNECTION) <= MIN * 3 / 2);
    }
}
