//! Gossip between real nodes. A payload is published again until it arrives: gossip only accelerates.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::*;

/// Waits until `node` knows that each of `neighbours` listens to the gossip.
async fn ready(node: &mut TestNode, neighbours: &[NodeKey]) {
    let mut missing: BTreeSet<NodeKey> = neighbours.iter().copied().collect();
    node.find(|event| {
        if let NetEvent::GossipReady(peer) = event {
            missing.remove(&peer);
        }
        missing.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn gossip_reaches_a_peer_under_the_hash_of_its_payload() {
    let (mut one, mut two) = pair(config(1), config(2)).await;
    one.handle.join_gossip();
    two.handle.join_gossip();
    ready(&mut one, &[two.key()]).await;

    one.handle.publish_gossip(Bytes::from_static(b"a signed header")).unwrap();
    let (id, bytes) = two.gossip().await;

    assert_eq!(&bytes[..], b"a signed header");
    assert_eq!(id, GossipId { message: *blake3::hash(&bytes).as_bytes(), from: one.key() });
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn who_has_not_joined_hears_nothing_and_who_leaves_hears_no_more() {
    let (mut one, mut two) = pair(config(1), config(2)).await;
    one.handle.join_gossip();
    one.handle.publish_gossip(Bytes::from_static(b"before")).unwrap();
    two.handle.join_gossip();
    ready(&mut one, &[two.key()]).await;
    one.handle.publish_gossip(Bytes::from_static(b"after")).unwrap();
    assert_eq!(&two.gossip().await.1[..], b"after");
    one.stop().await;
    two.stop().await;
}

/// Starts `count` nodes in a line, each also linked to the node `chord` before it, all joined and ready.
async fn line(count: u8, chord: Option<u8>) -> Vec<TestNode> {
    let mut nodes: Vec<TestNode> = Vec::new();
    let everybody: Vec<Peer> = (1..=count).map(|number| peer(number, &[])).collect();
    for number in 1..=count {
        let mut allowed = everybody.clone();
        let back = [Some(1), chord].into_iter().flatten().filter(|back| *back < number);
        for index in back.map(|back| usize::from(number - back - 1)) {
            allowed[index].addresses = vec![nodes[index].address.clone()];
        }
        nodes.push(TestNode::start(config(number), allowed).await);
    }
    for node in &nodes {
        node.handle.join_gossip();
    }
    let keys: Vec<NodeKey> = nodes.iter().map(TestNode::key).collect();
    for (index, node) in nodes.iter_mut().enumerate() {
        let linked = |other: &usize| {
            let distance = index.abs_diff(*other);
            distance == 1 || chord.is_some_and(|chord| distance == usize::from(chord))
        };
        let neighbours: Vec<NodeKey> = (0..keys.len()).filter(linked).map(|other| keys[other]).collect();
        ready(node, &neighbours).await;
    }
    nodes
}

/// Publishes at the first node and takes it at every other; whether it goes on is each node's verdict.
async fn spread(nodes: &mut [TestNode], payload: &'static [u8]) {
    nodes[0].handle.publish_gossip(Bytes::from_static(payload)).unwrap();
    for node in &mut nodes[1..] {
        let (id, bytes) = node.gossip().await;
        assert_eq!(&bytes[..], payload);
        node.handle.validate_gossip(id, Acceptance::Accept).unwrap();
    }
}

#[tokio::test]
async fn eight_nodes_in_a_line_all_hear_what_the_first_publishes() {
    let mut nodes = line(8, None).await;
    spread(&mut nodes, b"from the first to the eighth").await;
    for node in nodes {
        node.stop().await;
    }
}

#[tokio::test]
async fn eight_nodes_in_a_partial_mesh_all_hear_each_message_once() {
    let mut nodes = line(8, Some(3)).await;
    spread(&mut nodes, b"one").await;
    spread(&mut nodes, b"two").await; // were "one" told twice, a node would take it for "two"
    for node in nodes {
        node.stop().await;
    }
}

#[tokio::test]
async fn nothing_is_forwarded_that_the_engine_did_not_accept() {
    for verdict in [Acceptance::Ignore, Acceptance::Reject] {
        let mut nodes = line(3, None).await;
        nodes[0].handle.publish_gossip(Bytes::from_static(b"bad")).unwrap();
        let (id, _) = nodes[1].gossip().await;
        nodes[1].handle.validate_gossip(id, verdict).unwrap();
        // What the second publishes after its verdict arrives at the third as the first thing it hears.
        nodes[1].handle.publish_gossip(Bytes::from_static(b"good")).unwrap();
        assert_eq!(&nodes[2].gossip().await.1[..], b"good", "{verdict:?}");
        for node in nodes {
            node.stop().await;
        }
    }
}
