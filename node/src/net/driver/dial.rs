//! Attempts at connections, as the dialler names them.

use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::{Multiaddr, PeerId};
use tokio::time::Instant;

use super::Driver;
use crate::net::dialer::Attempt;
use crate::net::settings::OUTBOUND_MAX;

impl Driver {
    /// Dials whoever is due, as far as the target leaves room.
    pub(super) fn dial(&mut self) {
        let now = Instant::now();
        let room = self.limits.outbound_target.saturating_sub(self.peers.outbound());
        let gate = &self.swarm.behaviour().gate;
        let free = |peer: &PeerId| !self.peers.is_connected(peer) && gate.check(peer, now).is_ok();
        for (peer, addresses) in self.dialer.due(now, room, free) {
            self.attempt(peer, addresses);
        }
    }

    /// Whether `peer` is connected or being dialled now. It need not be due, and the target does not count, only the
    /// most that we dial at all: somebody waits for it.
    pub(super) fn reach(&mut self, peer: PeerId) -> bool {
        if self.peers.is_connected(&peer) {
            return true;
        }
        let room = (OUTBOUND_MAX as usize).saturating_sub(self.peers.outbound());
        match self.dialer.want(&peer, room) {
            None => false,
            Some(Attempt::UnderWay) => true,
            Some(Attempt::Start(addresses)) => self.attempt(peer, addresses),
        }
    }

    /// Dials; false if the swarm refuses to, as it does for whom the gate denies.
    fn attempt(&mut self, peer: PeerId, addresses: Vec<Multiaddr>) -> bool {
        let attempt = DialOpts::peer_id(peer)
            .condition(PeerCondition::DisconnectedAndNotDialing)
            .addresses(addresses)
            // From a fresh port: two nodes that dial each other from their listening ports would meet in one TCP
            // connection that both believe to have opened.
            .allocate_new_port()
            .build();
        let begun = self.swarm.dial(attempt).is_ok();
        if !begun {
            self.dialer.failed(&peer, Instant::now());
        }
        begun
    }
}
