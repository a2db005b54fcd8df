//! Who is connected, how, since when, and how fast.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use libp2p::core::ConnectedPoint;
use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId};

use super::key::{NodeKey, node_key};
use super::settings::{AGENT_CHARS, PING_FAILURES};

/// Which side opened a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// The peer dialled us.
    Inbound,
    /// We dialled the peer.
    Outbound,
}

/// A connected peer, for people to look at.
#[derive(Clone, Debug)]
pub struct PeerInfo {
    /// The peer's node key.
    pub node_key: NodeKey,
    /// Where the oldest connection leads.
    pub address: Multiaddr,
    /// Who opened it.
    pub direction: Direction,
    /// When it was opened.
    pub connected_since: SystemTime,
    /// The last measured round trip, if there is one yet.
    pub rtt: Option<Duration>,
    /// What the peer calls its software: untrusted, shortened, printable.
    pub agent: Option<String>,
}

#[derive(Debug)]
struct Connection {
    id: ConnectionId,
    address: Multiaddr,
    direction: Direction,
    since: SystemTime,
    ping_failures: u32,
}

#[derive(Debug, Default)]
struct Peer {
    /// Oldest first, never empty.
    connections: Vec<Connection>,
    rtt: Option<Duration>,
    agent: Option<String>,
}

/// All connected peers.
#[derive(Debug, Default)]
pub(super) struct PeerBook(BTreeMap<PeerId, Peer>);

impl PeerBook {
    /// Notes a connection; true if it is the peer's first.
    pub(super) fn opened(
        &mut self,
        peer: PeerId,
        id: ConnectionId,
        endpoint: &ConnectedPoint,
        since: SystemTime,
    ) -> bool {
        let direction = if endpoint.is_dialer() { Direction::Outbound } else { Direction::Inbound };
        let address = endpoint.get_remote_address().clone();
        let known = self.0.entry(peer).or_default();
        known.connections.push(Connection { id, address, direction, since, ping_failures: 0 });
        known.connections.len() == 1
    }

    /// Forgets a connection; true if it was the peer's last.
    pub(super) fn closed(&mut self, peer: &PeerId, id: ConnectionId) -> bool {
        let Some(known) = self.0.get_mut(peer) else {
            return false;
        };
        known.connections.retain(|connection| connection.id != id);
        let last = known.connections.is_empty();
        if last {
            self.0.remove(peer);
        }
        last
    }

    /// Notes the result of a ping; true if the connection is to be given up.
    pub(super) fn pinged(&mut self, peer: &PeerId, id: ConnectionId, rtt: Option<Duration>) -> bool {
        let Some(known) = self.0.get_mut(peer) else {
            return false;
        };
        let Some(connection) = known.connections.iter_mut().find(|connection| connection.id == id) else {
            return false;
        };
        if rtt.is_some() {
            known.rtt = rtt;
            connection.ping_failures = 0;
        } else {
            connection.ping_failures += 1;
        }
        connection.ping_failures >= PING_FAILURES
    }

    /// Notes what the peer calls its software.
    pub(super) fn identified(&mut self, peer: &PeerId, agent: &str) {
        if let Some(known) = self.0.get_mut(peer) {
            known.agent = Some(agent.chars().filter(char::is_ascii_graphic).take(AGENT_CHARS).collect());
        }
    }

    pub(super) fn is_connected(&self, peer: &PeerId) -> bool {
        self.0.contains_key(peer)
    }

    /// Peers with a connection that we dialled.
    pub(super) fn outbound(&self) -> usize {
        let dialled =
            |peer: &&Peer| peer.connections.iter().any(|connection| connection.direction == Direction::Outbound);
        self.0.values().filter(dialled).count()
    }

    /// Everybody, by peer id.
    pub(super) fn snapshot(&self) -> Vec<PeerInfo> {
        self.0.iter().filter_map(|(id, peer)| info(id, peer)).collect()
    }
}

fn info(id: &PeerId, peer: &Peer) -> Option<PeerInfo> {
    let oldest = peer.connections.first()?;
    Some(PeerInfo {
        node_key: node_key(id)?,
        address: oldest.address.clone(),
        direction: oldest.direction,
        connected_since: oldest.since,
        rtt: peer.rtt,
        agent: peer.agent.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> ConnectedPoint {
        ConnectedPoint::Listener { local_addr: Multiaddr::empty(), send_back_addr: Multiaddr::empty() }
    }

    #[test]
    fn only_the_first_and_the_last_connection_of_a_peer_are_news() {
        let (mut book, peer) = (PeerBook::default(), PeerId::random());
        let (first, second) = (ConnectionId::new_unchecked(1), ConnectionId::new_unchecked(2));
        assert!(book.opened(peer, first, &endpoint(), SystemTime::UNIX_EPOCH));
        assert!(!book.opened(peer, second, &endpoint(), SystemTime::UNIX_EPOCH));
        assert!(!book.closed(&peer, first));
        assert!(book.closed(&peer, second));
        assert!(!book.closed(&peer, second));
        assert!(!book.is_connected(&peer));
    }

    #[test]
    fn a_connection_is_given_up_after_pings_in_a_row_without_an_answer() {
        let (mut book, peer, id) = (PeerBook::default(), PeerId::random(), ConnectionId::new_unchecked(1));
        book.opened(peer, id, &endpoint(), SystemTime::UNIX_EPOCH);
        assert!(!book.pinged(&peer, id, None));
        assert!(!book.pinged(&peer, id, Some(Duration::from_millis(3))));
        for _ in 1..PING_FAILURES {
            assert!(!book.pinged(&peer, id, None));
        }
        assert!(book.pinged(&peer, id, None));
    }

    #[test]
    fn an_agent_text_is_shortened_and_printable() {
        let (mut book, peer) = (PeerBook::default(), PeerId::random());
        book.opened(peer, ConnectionId::new_unchecked(1), &endpoint(), SystemTime::UNIX_EPOCH);
        book.identified(&peer, &format!("a\u{1b}[31m\n{}", "b".repeat(1_000)));
        let agent = book.0[&peer].agent.clone().unwrap_or_default();
        assert_eq!(agent.len(), AGENT_CHARS);
        assert!(agent.starts_with("a[31mb"));
    }
}
