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

/// A node that dials nobody by itself, so that whoever it dials is dialled to be asked.
fn idle(number: u8) -> NetConfig {
    let mut config = config(number);
    config.limits.outbound_target = 0;
    config.limits.redial_min = 100 * DEADLINE;
    config.limits.redial_max = 100 * DEADLINE;
    config
}

/// Takes TCP connections and says nothing.
async fn silent_listener() -> (tokio::net::TcpListener, Multiaddr) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("/ip4/127.0.0.1/tcp/{}", listener.local_addr().unwrap().port());
    (listener, address.parse().unwrap())
}

async fn asks_and_is_answered(asker: &TestNode, steward: &mut TestNode) {
    let ask = asker.ask(steward.key(), "blinded");
    steward.asked().await.reply.send("evaluated".into()).unwrap();
    assert_eq!(soon(ask).await.unwrap(), Ok("evaluated".into()));
}

#[tokio::test]
async fn who_is_asked_is_dialled_beyond_the_target_and_before_its_wait_is_over() {
    let mut steward = TestNode::start(config(1), vec![peer(2, &[])]).await;
    let (key, address) = (steward.key(), steward.address.clone());
    let mut asker = TestNode::start(idle(2), vec![peer(1, &[&address])]).await;
    asks_and_is_answered(&asker, &mut steward).await;

    steward.stop().await;
    asker.disconnected(key).await; // its wait begins, longer than this test
    let mut again = TestNode::start(NetConfig { listen: vec![address], ..config(1) }, vec![peer(2, &[])]).await;

    asks_and_is_answered(&asker, &mut again).await;
    again.stop().await;
    asker.stop().await;
}

#[tokio::test]
async fn who_is_asked_and_has_no_address_fails_at_once() {
    let mut patient = idle(1);
    patient.limits.handshake_wait = 100 * DEADLINE;
    let node = TestNode::start(patient, vec![peer(2, &[])]).await;
    for unreachable in [2, 3, 1] {
        assert_eq!(soon(node.ask(key_of(unreachable), "")).await.unwrap(), Err(RequestFailure::NotConnected));
    }
    node.stop().await;
}

#[tokio::test]
async fn questions_to_who_is_being_dialled_share_one_attempt_and_end_with_it() {
    let (listener, address) = silent_listener().await;
    let mut hasty = idle(1);
    hasty.limits.handshake_wait = Duration::from_secs(1);
    let node = TestNode::start(hasty, vec![peer(2, &[&address])]).await;

    let asks = [(); 3].map(|()| node.ask(key_of(2), "blinded"));
    let held = soon(listener.accept()).await.unwrap();
    for ask in asks {
        assert_eq!(soon(ask).await.unwrap(), Err(RequestFailure::NotConnected));
    }

    let listener = listener.into_std().unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    drop(held);
    node.stop().await;
}

#[tokio::test]
async fn no_more_are_dialled_to_be_asked_than_may_be_dialled_at_all() {
    let mut silent = Vec::new();
    for _ in 0..settings::OUTBOUND_MAX {
        silent.push(silent_listener().await);
    }
    let mut steward = TestNode::start(config(1), vec![peer(2, &[])]).await;
    let mut allowed = vec![peer(1, &[&steward.address])];
    allowed.extend((100..).zip(&silent).map(|(number, (_, address))| peer(number, &[address])));
    let asker = TestNode::start(idle(2), allowed).await;
    let mut held = Vec::new();
    for (number, (listener, _)) in (100..).zip(&silent) {
        held.push((asker.ask(key_of(number), "blinded"), soon(listener.accept()).await.unwrap()));
    }

    assert_eq!(soon(asker.ask(steward.key(), "blinded")).await.unwrap(), Err(RequestFailure::NotConnected));

    let (ended, connection) = held.pop().unwrap();
    drop(connection);
    assert_eq!(soon(ended).await.unwrap(), Err(RequestFailure::NotConnected)); // so there is room again
    asks_and_is_answered(&asker, &mut steward).await;
    steward.stop().await;
    asker.stop().await;
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
