//! Attempts at connections, as the dialler names them.

use libp2p::PeerId;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use tokio::time::Instant;

use super::Driver;

impl Driver {
    /// Dials whoever is due, as far as the target leaves room.
    pub(super) fn dial(&mut self) {
        let now = Instant::now();
        let room = self.limits.outbound_target.saturating_sub(self.peers.outbound());
        let gate = &self.swarm.behaviour().gate;
        let free = |peer: &PeerId| !self.peers.is_connected(peer) && gate.check(peer, now).is_ok();
        for (peer, addresses) in self.dialer.due(now, room, free) {
            let attempt = DialOpts::peer_id(peer)
                .condition(PeerCondition::DisconnectedAndNotDialing)
                .addresses(addresses)
                // From a fresh port: two nodes that dial each other from their listening ports would meet in one TCP
                // connection that both believe to have opened.
                .allocate_new_port()
                .build();
            if self.swarm.dial(attempt).is_err() {
                self.dialer.failed(&peer, now);
            }
        }
    }
}
