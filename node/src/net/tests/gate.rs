//! Who gets in: invariant I7 on real sockets.

use bytes::Bytes;
use futures::StreamExt;
use libp2p::core::upgrade::Version;
use libp2p::swarm::{NetworkBehaviour, SwarmEvent, dial_opts::DialOpts};
use libp2p::{Transport, identify, noise, ping, tcp, yamux};

use super::*;

/// A stranger's own stack: it would understand our protocols if it were offered any.
#[derive(NetworkBehaviour)]
struct StrangerBehaviour {
    identify: identify::Behaviour,
    ping: ping::Behaviour,
}

fn stranger(number: u8, prologue_of: [u8; 32]) -> Swarm<StrangerBehaviour> {
    let keypair = Keypair::ed25519_from_bytes(seed(number)).unwrap();
    let prologue = [settings::NOISE_PROLOGUE, &prologue_of].concat();
    let transport = tcp::tokio::Transport::new(tcp::Config::default())
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(&keypair).unwrap().with_prologue(prologue))
        .multiplex(yamux::Config::default())
        .boxed();
    let behaviour = StrangerBehaviour {
        identify: identify::Behaviour::new(identify::Config::new("/stranger/1".to_owned(), keypair.public())),
        ping: ping::Behaviour::default(),
    };
    let settings = libp2p::swarm::Config::with_tokio_executor().with_idle_connection_timeout(DEADLINE);
    Swarm::new(transport, behaviour, keypair.public().to_peer_id(), settings)
}

/// What a stranger saw of a node until its connection ended.
#[derive(Debug, Default)]
struct Seen {
    protocols: Vec<String>,
    pings: usize,
    closed: bool,
}

async fn knock(mut swarm: Swarm<StrangerBehaviour>, address: &Multiaddr) -> Seen {
    swarm.dial(DialOpts::unknown_peer_id().address(address.clone()).build()).unwrap();
    let mut seen = Seen::default();
    let look = async {
        loop {
            match swarm.select_next_some().await {
                SwarmEvent::Behaviour(StrangerBehaviourEvent::Identify(identify::Event::Received { info, .. })) => {
                    seen.protocols.extend(info.protocols.iter().map(ToString::to_string));
                    return;
                }
                SwarmEvent::Behaviour(StrangerBehaviourEvent::Ping(event)) if event.result.is_ok() => seen.pings += 1,
                SwarmEvent::ConnectionClosed { .. } | SwarmEvent::OutgoingConnectionError { .. } => {
                    seen.closed = true;
                    return;
                }
                _ => {}
            }
        }
    };
    time::timeout(DEADLINE, look).await.expect("the node closes or identifies in time");
    seen
}

#[tokio::test]
async fn i7_a_stranger_is_closed_before_any_protocol_is_offered() {
    let mut node = TestNode::start(config(1), vec![peer(2, &[])]).await;

    let seen = knock(stranger(9, CONSORTIUM), &node.address).await;

    assert!(seen.closed && seen.protocols.is_empty() && seen.pings == 0, "{seen:?}");
    let mut told = Vec::new();
    let refusals = node
        .find(|event| match event {
            NetEvent::Refused(refusals) => Some(refusals),
            other => {
                told.push(other);
                None
            }
        })
        .await;
    assert_eq!(refusals, Refusals { strangers: 1, ..Refusals::default() });
    assert!(told.is_empty(), "the engine never hears of a stranger: {told:?}");
    node.stop().await;
}

#[tokio::test]
async fn the_stranger_would_have_seen_our_protocols_had_it_been_on_the_list() {
    let node = TestNode::start(config(1), vec![peer(9, &[])]).await;
    let seen = knock(stranger(9, CONSORTIUM), &node.address).await;
    for ours in [settings::RPC_PROTOCOL, settings::STEWARD_PROTOCOL] {
        assert!(seen.protocols.iter().any(|protocol| protocol == ours), "{seen:?}");
    }
    node.stop().await;
}

#[tokio::test]
async fn a_node_of_another_consortium_fails_the_handshake() {
    let mut node = TestNode::start(config(1), vec![peer(9, &[])]).await;
    let seen = knock(stranger(9, [0xEE; 32]), &node.address).await;
    assert!(seen.closed && seen.protocols.is_empty(), "{seen:?}");
    assert_eq!(node.refusals().await, Refusals { handshakes: 1, ..Refusals::default() });
    assert!(node.handle.peers().await.unwrap().is_empty());
    node.stop().await;
}

#[tokio::test]
async fn bytes_that_are_no_handshake_are_refused() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let mut hasty = config(1);
    hasty.limits.handshake_wait = Duration::from_millis(500);
    let mut node = TestNode::start(hasty, Vec::new()).await;
    let port = node.address.to_string().rsplit('/').next().unwrap().parse::<u16>().unwrap();
    let mut socket = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: node.example.org\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = time::timeout(DEADLINE, socket.read_to_end(&mut answer)).await.expect("the node hangs up");
    assert_eq!(node.refusals().await, Refusals { handshakes: 1, ..Refusals::default() });
    node.stop().await;
}

#[tokio::test]
async fn i7_a_removed_peer_is_disconnected_at_once_and_stays_out() {
    let (mut node, mut removed) = pair(config(1), config(2)).await;

    node.handle.set_allowed(Vec::new());

    node.disconnected(removed.key()).await;
    removed.disconnected(node.key()).await;
    let refusals = node.refusals().await; // it redials
    assert!(refusals.strangers >= 1, "{refusals:?}");
    node.handle.request(removed.key(), RequestId(1), Bytes::new()).unwrap();
    assert_eq!(node.response().await, (RequestId(1), Err(RequestFailure::NotConnected)));
    node.stop().await;
    removed.stop().await;
}

#[tokio::test]
async fn a_peer_that_is_added_later_gets_in() {
    let mut node = TestNode::start(config(1), Vec::new()).await;
    let mut late = TestNode::start(config(2), vec![peer(1, &[&node.address])]).await;
    node.refusals().await;
    node.handle.set_allowed(vec![peer(2, &[])]);
    node.connected(late.key()).await;
    late.connected(node.key()).await;
    node.stop().await;
    late.stop().await;
}

#[tokio::test]
async fn a_banned_peer_stays_out_until_its_ban_ends() {
    let (mut node, mut banned) = pair(config(1), config(2)).await;
    node.handle.penalize(banned.key(), Severity::Ban { duration: Duration::from_secs(2) }).unwrap();
    node.disconnected(banned.key()).await;
    let refusals = node.refusals().await;
    assert!(refusals.banned >= 1 && refusals.strangers == 0, "{refusals:?}");
    node.connected(banned.key()).await;
    banned.disconnected(node.key()).await;
    node.stop().await;
    banned.stop().await;
}

#[tokio::test]
async fn tolerated_faults_cost_the_connection_once_there_are_too_many() {
    let (mut node, noisy) = pair(config(1), config(2)).await;
    for _ in 0..settings::FAULTS_TOLERATED {
        node.handle.penalize(noisy.key(), Severity::Tolerate).unwrap();
    }
    assert_eq!(node.handle.peers().await.unwrap().len(), 1);
    node.handle.penalize(noisy.key(), Severity::Tolerate).unwrap();
    node.disconnected(noisy.key()).await;
    node.stop().await;
    noisy.stop().await;
}

#[tokio::test]
async fn i7_what_a_stranger_asks_reaches_no_steward() {
    let mut steward = TestNode::start(config(1), vec![peer(2, &[])]).await;
    let stranger = TestNode::start(config(9), vec![peer(1, &[&steward.address])]).await;

    let end = soon(stranger.ask(steward.key(), "blinded")).await.unwrap();

    assert!(matches!(end, Err(RequestFailure::Closed | RequestFailure::NotConnected)), "{end:?}");
    assert!(steward.refusals().await.strangers >= 1);
    assert!(steward.stopped().await.is_none());
    stranger.stop().await;
}

#[tokio::test]
async fn i7_a_removed_peer_gets_no_answer_and_asks_no_more() {
    let (mut steward, removed) = pair(config(1), config(2)).await;
    let ask = removed.ask(steward.key(), "asked while on the list");
    let asked = steward.asked().await;

    steward.handle.set_allowed(Vec::new());

    steward.disconnected(removed.key()).await;
    assert_eq!(soon(ask).await.unwrap(), Err(RequestFailure::Closed));
    let _ = asked.reply.send(Bytes::from_static(b"too late")); // to nobody
    let end = soon(removed.ask(steward.key(), "asked when off the list")).await.unwrap();
    assert!(matches!(end, Err(RequestFailure::Closed | RequestFailure::NotConnected)), "{end:?}");
    assert!(steward.stopped().await.is_none());
    removed.stop().await;
}

/// Takes a peer off the list of a node that is stalled, and lets the node go on once it has the new list.
async fn remove_and_go_on(node: &mut TestNode, peer: NodeKey) {
    node.handle.set_allowed(Vec::new());
    for _ in 0..64 {
        // The driver takes a command or the new list, whichever chance says: by now it has both.
        node.handle.peers().await.unwrap();
    }
    node.disconnected(peer).await;
}

#[tokio::test]
async fn i7_a_question_on_its_way_when_its_peer_is_removed_reaches_no_steward() {
    let mut steward = TestNode::start(config(1), vec![peer(9, &[])]).await;
    let mut raw = raw::connected(9, settings::STEWARD_PROTOCOL, &mut steward).await;
    steward.stall().await;
    let target = peer_id(&steward.key()).unwrap();
    raw.behaviour_mut().exchange.send_request(&target, Ok(Bytes::from_static(b"blinded")));
    raw::delivered(&mut raw).await;

    let running = tokio::spawn(async move { while raw.next().await.is_some() {} });
    remove_and_go_on(&mut steward, key_of(9)).await;

    assert!(steward.stopped().await.is_none());
    running.abort();
}

#[tokio::test]
async fn i7_an_answer_on_its_way_when_its_peer_is_removed_is_not_told() {
    let mut asker = TestNode::start(config(1), vec![peer(9, &[])]).await;
    let mut raw = raw::connected(9, settings::STEWARD_PROTOCOL, &mut asker).await;
    let ask = asker.ask(key_of(9), "blinded");
    let channel = raw::asked(&mut raw).await;
    asker.stall().await;
    raw.behaviour_mut().exchange.send_response(channel, Bytes::from_static(b"evaluated")).unwrap();
    raw::delivered(&mut raw).await;

    let running = tokio::spawn(async move { while raw.next().await.is_some() {} });
    remove_and_go_on(&mut asker, key_of(9)).await;

    assert_eq!(soon(ask).await.unwrap(), Err(RequestFailure::Closed));
    asker.stop().await;
    running.abort();
}

#[tokio::test]
async fn i7_who_is_banned_or_off_the_list_is_not_dialled_to_be_asked() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address: Multiaddr = format!("/ip4/127.0.0.1/tcp/{}", listener.local_addr().unwrap().port()).parse().unwrap();
    let mut idle = config(1);
    idle.limits.outbound_target = 0;
    let nine = address.clone().with_p2p(peer_id(&key_of(9)).unwrap()).unwrap();
    let node = TestNode::start(NetConfig { extra_peers: vec![nine], ..idle }, vec![peer(8, &[&address])]).await;
    node.handle.penalize(key_of(8), Severity::Ban { duration: settings::BAN_MAX }).unwrap();
    node.handle.peers().await.unwrap(); // by now it is banned

    for denied in [8, 9] {
        assert_eq!(soon(node.ask(key_of(denied), "blinded")).await.unwrap(), Err(RequestFailure::NotConnected));
    }

    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    node.stop().await;
}
