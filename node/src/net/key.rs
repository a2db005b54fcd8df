//! Node keys and peer ids: one is the other.
//!
//! An Ed25519 peer id is the identity multihash of the key's protobuf (libp2p peer-ids specification), so its last 32
//! bytes are the raw key. Everything outside `net` speaks of node keys; only `net` speaks of peer ids.

use libp2p::PeerId;
use libp2p::identity::{PublicKey, ed25519};
use libp2p::multiaddr::{Multiaddr, Protocol};

/// A node's raw Ed25519 public key (RFC 8032, 32 bytes).
pub type NodeKey = [u8; 32];

/// Multihash code identity, 36 bytes; then the protobuf: key type Ed25519, 32 bytes of data.
const ED25519_PREFIX: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/// The peer id of a node key, or `None` if the bytes are no point of the curve.
#[must_use]
pub fn peer_id(key: &NodeKey) -> Option<PeerId> {
    let key = ed25519::PublicKey::try_from_bytes(key).ok()?;
    Some(PublicKey::from(key).to_peer_id())
}

/// The node key in a peer id, or `None` for any other kind of key.
#[must_use]
pub fn node_key(peer: &PeerId) -> Option<NodeKey> {
    let bytes = peer.to_bytes();
    bytes.strip_prefix(&ED25519_PREFIX)?.try_into().ok()
}

/// Splits `…/p2p/<peer id>` into the peer and the address without it.
#[must_use]
pub fn split_peer(address: &Multiaddr) -> Option<(PeerId, Multiaddr)> {
    let mut address = address.clone();
    match address.pop() {
        Some(Protocol::P2p(peer)) => Some((peer, address)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use libp2p::identity::Keypair;

    use super::*;

    #[test]
    fn a_node_key_is_the_tail_of_its_peer_id() {
        let pair = Keypair::ed25519_from_bytes([7; 32]).unwrap();
        let raw = pair.public().try_into_ed25519().unwrap().to_bytes();
        let peer = pair.public().to_peer_id();
        assert_eq!(peer_id(&raw), Some(peer));
        assert_eq!(node_key(&peer), Some(raw));
        assert!(peer.to_bytes().ends_with(&raw));
    }

    #[test]
    fn a_peer_id_of_another_kind_has_no_node_key() {
        assert_eq!(node_key(&PeerId::random()), None);
    }

    #[test]
    fn an_address_gives_its_peer_only_from_the_end() {
        let peer = Keypair::ed25519_from_bytes([7; 32]).unwrap().public().to_peer_id();
        let bare: Multiaddr = "/dns4/node.example.org/tcp/7460".parse().unwrap();
        let full = bare.clone().with(Protocol::P2p(peer));
        assert_eq!(split_peer(&full), Some((peer, bare.clone())));
        assert_eq!(split_peer(&bare), None);
    }
}
