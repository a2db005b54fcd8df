//! Who may hold a connection: the roster's nodes, less those that are banned for a while.
//!
//! Invariant: this is the first behaviour of the stack. libp2p asks behaviours in order when a handshake has proved who
//! the other side is, and closes the connection before any protocol handler exists if one says no. A stranger
//! therefore never sees a protocol of ours, not even its name.
//! Invariant: who leaves the allow list, or is banned, loses its live connections at once.
//! Absent on purpose: why somebody is on the list (the roster), why somebody is banned (the fault).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use libp2p::PeerId;
use libp2p::core::{Endpoint, Multiaddr, transport::PortUse};
use libp2p::swarm::{
    CloseConnection, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm, dummy,
};
use tokio::time::Instant;

use super::settings::{BAN_MAX, BANS_MAX, FAULT_WINDOW, FAULTS_TOLERATED};

/// Why the gate said no.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum Denied {
    #[error("the peer is banned for a while")]
    Banned,
    #[error("the peer is not on the roster")]
    Stranger,
}

/// The allow list, the bans, and the tolerated faults of each peer.
#[derive(Debug, Default)]
pub(super) struct Gate {
    allowed: BTreeSet<PeerId>,
    /// When each ban ends.
    banned: BTreeMap<PeerId, Instant>,
    /// Faults since when.
    faults: BTreeMap<PeerId, (u32, Instant)>,
    closing: VecDeque<PeerId>,
    waker: Option<Waker>,
}

impl Gate {
    pub(super) fn new(allowed: BTreeSet<PeerId>) -> Self {
        Self { allowed, ..Self::default() }
    }

    /// Whether `peer` may hold a connection now.
    pub(super) fn check(&self, peer: &PeerId, now: Instant) -> Result<(), Denied> {
        if !self.allowed.contains(peer) {
            return Err(Denied::Stranger);
        }
        match self.banned.get(peer) {
            Some(until) if now < *until => Err(Denied::Banned),
            _ => Ok(()),
        }
    }

    /// Replaces the allow list and closes the connections of who is no longer on it.
    pub(super) fn replace(&mut self, allowed: BTreeSet<PeerId>) {
        let gone: Vec<PeerId> = self.allowed.difference(&allowed).copied().collect();
        self.faults.retain(|peer, _| allowed.contains(peer));
        self.allowed = allowed;
        for peer in gone {
            self.close(peer);
        }
    }

    /// Bans `peer` for `duration`, at most [`BAN_MAX`], and closes its connections. A longer ban stays.
    pub(super) fn ban(&mut self, peer: PeerId, duration: Duration, now: Instant) {
        self.banned.retain(|_, until| now < *until);
        let until = now + duration.min(BAN_MAX);
        let ends = self.banned.entry(peer).or_insert(until);
        *ends = until.max(*ends);
        if self.banned.len() > BANS_MAX {
            let soonest = self.banned.iter().min_by_key(|(_, until)| **until).map(|(peer, _)| *peer);
            soonest.and_then(|peer| self.banned.remove(&peer));
        }
        self.close(peer);
    }

    /// Counts a tolerated fault; true when the peer has used up what is tolerated.
    pub(super) fn count_fault(&mut self, peer: PeerId, now: Instant) -> bool {
        if !self.allowed.contains(&peer) {
            return false; // keeps the table within the allow list
        }
        let (count, since) = self.faults.entry(peer).or_insert((0, now));
        if now.duration_since(*since) > FAULT_WINDOW {
            (*count, *since) = (0, now);
        }
        *count += 1;
        let spent = *count > FAULTS_TOLERATED;
        if spent {
            self.faults.remove(&peer);
        }
        spent
    }

    fn close(&mut self, peer: PeerId) {
        self.closing.push_back(peer);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn enforce(&self, peer: &PeerId) -> Result<(), ConnectionDenied> {
        self.check(peer, Instant::now()).map_err(ConnectionDenied::new)
    }
}

impl NetworkBehaviour for Gate {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.enforce(&peer)?;
        Ok(dummy::ConnectionHandler)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: Option<PeerId>,
        _: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        if let Some(peer) = peer {
            self.enforce(&peer)?;
        }
        Ok(Vec::new())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.enforce(&peer)?;
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        if let Some(peer_id) = self.closing.pop_front() {
            return Poll::Ready(ToSwarm::CloseConnection { peer_id, connection: CloseConnection::All });
        }
        self.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate_for(peer: PeerId) -> Gate {
        Gate::new(BTreeSet::from([peer]))
    }

    #[test]
    fn a_stranger_is_denied_and_a_listed_peer_is_not() {
        let (known, now) = (PeerId::random(), Instant::now());
        let gate = gate_for(known);
        assert_eq!(gate.check(&known, now), Ok(()));
        assert_eq!(gate.check(&PeerId::random(), now), Err(Denied::Stranger));
    }

    #[test]
    fn who_leaves_the_list_is_denied_and_closed() {
        let (known, now) = (PeerId::random(), Instant::now());
        let mut gate = gate_for(known);
        gate.replace(BTreeSet::new());
        assert_eq!(gate.check(&known, now), Err(Denied::Stranger));
        assert_eq!(gate.closing, [known]);
    }

    #[test]
    fn a_ban_ends_by_itself_and_is_never_shortened() {
        let (known, now) = (PeerId::random(), Instant::now());
        let mut gate = gate_for(known);
        gate.ban(known, Duration::from_secs(60), now);
        gate.ban(known, Duration::from_secs(1), now);
        assert_eq!(gate.check(&known, now + Duration::from_secs(59)), Err(Denied::Banned));
        assert_eq!(gate.check(&known, now + Duration::from_secs(61)), Ok(()));
    }

    #[test]
    fn no_ban_is_longer_than_the_limit() {
        let (known, now) = (PeerId::random(), Instant::now());
        let mut gate = gate_for(known);
        gate.ban(known, Duration::MAX, now);
        assert_eq!(gate.check(&known, now + BAN_MAX), Ok(()));
    }

    #[test]
    fn the_list_of_bans_is_bounded() {
        let now = Instant::now();
        let mut gate = Gate::default();
        for seconds in 1..=(BANS_MAX as u64 + 10) {
            gate.ban(PeerId::random(), Duration::from_secs(seconds), now);
        }
        assert_eq!(gate.banned.len(), BANS_MAX);
    }

    #[test]
    fn tolerated_faults_add_up_within_the_window_only() {
        let (known, now) = (PeerId::random(), Instant::now());
        let mut gate = gate_for(known);
        for _ in 0..FAULTS_TOLERATED {
            assert!(!gate.count_fault(known, now));
        }
        assert!(!gate.count_fault(known, now + FAULT_WINDOW * 2), "a new window starts from nothing");
        for _ in 1..FAULTS_TOLERATED {
            assert!(!gate.count_fault(known, now + FAULT_WINDOW * 2));
        }
        assert!(gate.count_fault(known, now + FAULT_WINDOW * 2));
    }
}
