//! Who dials whom, and what the network tells about it.

use std::collections::BTreeMap;

use super::*;

fn dial_only(number: u8) -> NetConfig {
    NetConfig { listen: Vec::new(), ..config(number) }
}

#[tokio::test]
async fn a_node_that_can_only_dial_out_takes_part() {
    let mut hub = TestNode::start(config(1), vec![peer(2, &[])]).await;
    let mut quiet = TestNode::silent(dial_only(2), vec![peer(1, &[&hub.address])], None);
    quiet.connected(hub.key()).await;
    hub.connected(quiet.key()).await;

    let seen = hub.handle.peers().await.unwrap();
    assert_eq!((seen[0].node_key, seen[0].direction), (quiet.key(), Direction::Inbound));
    let seen = quiet.handle.peers().await.unwrap();
    assert_eq!(
        (seen[0].direction, &seen[0].address),
        (Direction::Outbound, &hub.address.clone().with_p2p(peer_id(&hub.key()).unwrap()).unwrap())
    );
    hub.stop().await;
    quiet.stop().await;
}

#[tokio::test]
async fn a_configured_address_is_dialled_beside_the_rosters() {
    let mut hub = TestNode::start(config(1), vec![peer(2, &[])]).await;
    let full = hub.address.clone().with_p2p(peer_id(&hub.key()).unwrap()).unwrap();
    let mut node = TestNode::silent(NetConfig { extra_peers: vec![full], ..dial_only(2) }, vec![peer(1, &[])], None);
    node.connected(hub.key()).await;
    hub.connected(node.key()).await;
    hub.stop().await;
    node.stop().await;
}

#[tokio::test]
async fn an_extra_peer_without_a_peer_id_is_an_error() {
    let bare: Multiaddr = "/dns4/node.example.org/tcp/7460".parse().unwrap();
    let result = Network::start(NetConfig { extra_peers: vec![bare], ..dial_only(2) }, Vec::new(), None);
    assert!(matches!(result, Err(NetError::PeerAddress(_))));
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_that_names_the_address() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address: Multiaddr = format!("/ip4/127.0.0.1/tcp/{}", taken.local_addr().unwrap().port()).parse().unwrap();
    let result = Network::start(NetConfig { listen: vec![address.clone()], ..config(1) }, Vec::new(), None);
    let Err(NetError::Listen { address: named, .. }) = result else { panic!("the port is taken") };
    assert_eq!(named, address);
}

#[tokio::test]
async fn a_node_that_restarts_on_its_port_is_found_again() {
    let (first, mut second) = pair(config(1), config(2)).await;
    let (key, address) = (first.key(), first.address.clone());

    first.stop().await;
    second.disconnected(key).await;
    let mut again = TestNode::start(NetConfig { listen: vec![address], ..config(1) }, vec![peer(2, &[])]).await;

    again.connected(second.key()).await;
    second.connected(key).await;
    again.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn nodes_that_dial_each_other_at_once_keep_a_connection() {
    for round in 0..5 {
        let mut one = TestNode::start(config(1), Vec::new()).await;
        let mut two = TestNode::start(config(2), Vec::new()).await;
        one.handle.set_allowed(vec![peer(2, &[&two.address])]);
        two.handle.set_allowed(vec![peer(1, &[&one.address])]);
        one.connected(two.key()).await;
        two.connected(one.key()).await;

        // Whatever happened to a second connection, a request goes through on what is left.
        one.handle.request(two.key(), RequestId(1), bytes::Bytes::new()).unwrap();
        let (_, token, _) = two.request().await;
        two.handle.respond(token, bytes::Bytes::new()).unwrap();
        assert_eq!(one.response().await, (RequestId(1), Ok(bytes::Bytes::new())), "round {round}");
        one.stop().await;
        two.stop().await;
    }
}

#[tokio::test]
async fn a_node_dials_no_more_peers_than_its_target() {
    let mut listeners = Vec::new();
    for number in 2..=6 {
        listeners.push(TestNode::start(config(number), vec![peer(1, &[])]).await);
    }
    let allowed = (2..=6).zip(&listeners).map(|(number, node)| peer(number, &[&node.address])).collect();
    let mut limited = config(1);
    limited.limits.outbound_target = 2;
    let mut node = TestNode::start(limited, allowed).await;
    let mut connected = BTreeMap::new();
    node.find(|event| {
        if let NetEvent::Connected(peer) = event {
            connected.insert(peer, ());
        }
        (connected.len() == 2).then_some(())
    })
    .await;
    // Several ticks of the dialler later there are still two.
    let mut ticks = time::interval(settings::TICK);
    for _ in 0..5 {
        ticks.tick().await;
        assert_eq!(node.handle.peers().await.unwrap().len(), 2);
    }
    node.stop().await;
    for listener in listeners {
        listener.stop().await;
    }
}

#[tokio::test]
async fn figures_are_registered_where_they_are_asked_for() {
    let mut hub = TestNode::start(config(1), vec![peer(2, &[])]).await;
    let mut registry = Registry::default();
    let mut node = TestNode::silent(dial_only(2), vec![peer(1, &[&hub.address])], Some(&mut registry));
    node.connected(hub.key()).await;
    hub.connected(node.key()).await;
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    for name in ["libp2p_bandwidth_bytes", "libp2p_swarm_connections_established", "gossipsub_"] {
        assert!(text.contains(name), "{name} is missing");
    }
    hub.stop().await;
    node.stop().await;
}

#[tokio::test]
async fn a_stopped_network_says_so() {
    let node = TestNode::start(config(1), Vec::new()).await;
    let handle = node.handle.clone();
    node.stop().await;
    assert_eq!(handle.publish_gossip(bytes::Bytes::new()), Err(Refusal::Stopped));
    assert_eq!(handle.peers().await.map(|_| ()), Err(Refusal::Stopped));
    handle.shutdown().await.unwrap();
}

#[cfg(feature = "quic")]
#[tokio::test]
async fn two_nodes_talk_over_quic() {
    let over_quic =
        |number| NetConfig { listen: vec!["/ip4/127.0.0.1/udp/0/quic-v1".parse().unwrap()], ..config(number) };
    let (mut one, mut two) = pair(over_quic(1), over_quic(2)).await;
    one.handle.request(two.key(), RequestId(1), bytes::Bytes::new()).unwrap();
    let (_, token, _) = two.request().await;
    two.handle.respond(token, bytes::Bytes::new()).unwrap();
    assert_eq!(one.response().await, (RequestId(1), Ok(bytes::Bytes::new())));
    one.stop().await;
    two.stop().await;
}
