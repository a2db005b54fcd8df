//! Requests and responses.

use bytes::Bytes;
use futures::StreamExt;

use super::super::settings::INBOUND_REQUESTS_PER_PEER;
use super::*;

#[tokio::test]
async fn two_nodes_exchange_a_request_and_a_response() {
    let (mut server, mut client) = pair(config(1), config(2)).await;

    client.handle.request(server.key(), RequestId(9), Bytes::from_static(b"heads?")).unwrap();
    let (from, token, question) = server.request().await;
    assert_eq!((from, &question[..]), (client.key(), &b"heads?"[..]));
    let page = Bytes::from(vec![7; settings::RESPONSE_BYTES_MAX]);
    server.handle.respond(token, page.clone()).unwrap();
    let (id, answer) = client.response().await;

    assert_eq!(id, RequestId(9));
    assert!(answer.unwrap() == page, "a page of the largest size arrives whole");
    server.stop().await;
    client.stop().await;
}

#[tokio::test]
async fn a_request_to_nobody_fails_at_once() {
    let mut lonely = TestNode::start(config(1), vec![peer(2, &[])]).await;
    lonely.handle.request(key_of(2), RequestId(1), Bytes::new()).unwrap();
    assert_eq!(lonely.response().await, (RequestId(1), Err(RequestFailure::NotConnected)));
    lonely.stop().await;
}

#[tokio::test]
async fn a_payload_beyond_the_limit_is_not_taken() {
    let node = TestNode::start(config(1), Vec::new()).await;
    let too_long = Bytes::from(vec![0; settings::REQUEST_BYTES_MAX + 1]);
    assert_eq!(node.handle.request(key_of(2), RequestId(1), too_long.clone()), Err(Refusal::TooLarge));
    assert_eq!(node.handle.publish_gossip(too_long), Err(Refusal::TooLarge));
    node.stop().await;
}

#[tokio::test]
async fn an_oversized_request_is_named_and_the_connection_goes_on() {
    let mut generous = config(2);
    generous.limits.request_bytes_max *= 4;
    let (mut server, mut client) = pair(config(1), generous).await;

    client.handle.request(server.key(), RequestId(1), vec![0; settings::REQUEST_BYTES_MAX + 1].into()).unwrap();
    assert_eq!(server.fault().await, (client.key(), WireFault::OversizedRequest));
    assert_eq!(client.response().await, (RequestId(1), Err(RequestFailure::Closed)));

    client.handle.request(server.key(), RequestId(2), Bytes::from_static(b"small")).unwrap();
    let (_, token, _) = server.request().await;
    server.handle.respond(token, Bytes::from_static(b"fine")).unwrap();
    assert_eq!(client.response().await, (RequestId(2), Ok(Bytes::from_static(b"fine"))));
    server.stop().await;
    client.stop().await;
}

#[tokio::test]
async fn an_oversized_response_fails_and_is_named() {
    let mut generous = config(1);
    generous.limits.response_bytes_max *= 2;
    let (mut server, mut client) = pair(generous, config(2)).await;

    client.handle.request(server.key(), RequestId(1), Bytes::new()).unwrap();
    let (_, token, _) = server.request().await;
    server.handle.respond(token, vec![0; settings::RESPONSE_BYTES_MAX + 1].into()).unwrap();

    assert_eq!(client.fault().await, (server.key(), WireFault::OversizedResponse));
    assert_eq!(client.response().await, (RequestId(1), Err(RequestFailure::Oversized)));
    server.stop().await;
    client.stop().await;
}

#[tokio::test]
async fn a_request_without_an_answer_times_out_and_a_late_answer_does_no_harm() {
    let mut hasty = config(2);
    hasty.limits.request_timeout = Duration::from_millis(200);
    let (mut server, mut client) = pair(config(1), hasty).await;

    client.handle.request(server.key(), RequestId(1), Bytes::new()).unwrap();
    let (_, token, _) = server.request().await;
    assert_eq!(client.response().await, (RequestId(1), Err(RequestFailure::Timeout)));

    server.handle.respond(token, Bytes::new()).unwrap();
    server.handle.respond(token, Bytes::new()).unwrap();
    assert_eq!(server.handle.peers().await.unwrap().len(), 1);
    server.stop().await;
    client.stop().await;
}

#[tokio::test]
async fn requests_under_way_are_bounded_and_each_ends_exactly_once() {
    let (mut server, mut client) = pair(config(1), config(2)).await;
    let asked = settings::OUTBOUND_REQUESTS_PER_PEER as u64 + 5;

    for number in 0..asked {
        client.handle.request(server.key(), RequestId(number), Bytes::new()).unwrap();
    }
    let mut ended = Vec::new();
    for _ in 0..5 {
        let (id, result) = client.response().await;
        assert_eq!(result, Err(RequestFailure::Busy));
        ended.push(id);
    }
    for _ in 0..settings::OUTBOUND_REQUESTS_PER_PEER {
        let (_, token, _) = server.request().await;
        server.handle.respond(token, Bytes::new()).unwrap();
        let (id, result) = client.response().await;
        assert_eq!(result, Ok(Bytes::new()));
        ended.push(id);
    }

    ended.sort_unstable();
    assert_eq!(ended, (0..asked).map(RequestId).collect::<Vec<_>>());
    server.stop().await;
    client.stop().await;
}

#[tokio::test]
async fn requests_under_way_end_when_the_peer_goes_away() {
    let (mut server, mut client) = pair(config(1), config(2)).await;
    client.handle.request(server.key(), RequestId(1), Bytes::new()).unwrap();
    server.request().await;
    server.stop().await;
    assert_eq!(client.response().await, (RequestId(1), Err(RequestFailure::Closed)));
    client.stop().await;
}

#[tokio::test]
async fn a_node_whose_engine_takes_no_events_still_takes_commands_and_stops() {
    let (server, client) = pair(config(1), config(2)).await;
    for number in 0..COMMAND_QUEUE as u64 {
        // Each fails with an event, and nobody takes events: there are more than their channel holds.
        server.handle.request(key_of(3), RequestId(number), Bytes::new()).unwrap();
    }
    assert_eq!(server.handle.peers().await.unwrap().len(), 1, "the command queue moves while events wait");
    server.stop().await;
    client.stop().await;
}

#[tokio::test]
async fn a_peer_with_more_requests_than_it_may_have_is_named() {
    let excess = 3;
    let mut node = TestNode::start(config(1), vec![peer(9, &[])]).await;
    let mut greedy = raw::peer(9, settings::RPC_PROTOCOL);
    let target = peer_id(&node.key()).unwrap();
    greedy.add_peer_address(target, node.address.clone());
    for _ in 0..INBOUND_REQUESTS_PER_PEER + excess {
        greedy.behaviour_mut().exchange.send_request(&target, Ok(Bytes::new()));
    }
    let greedy = tokio::spawn(async move { while greedy.next().await.is_some() {} });

    let (mut taken, mut blamed) = (0, 0);
    node.find(|event| {
        match event {
            NetEvent::Request { .. } => taken += 1,
            NetEvent::Misbehaved { fault: WireFault::TooManyRequests, .. } => blamed += 1,
            _ => {}
        }
        (blamed == excess).then_some(())
    })
    .await;

    assert_eq!(taken, INBOUND_REQUESTS_PER_PEER);
    greedy.abort();
    node.stop().await;
}
