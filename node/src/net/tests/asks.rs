//! Questions to stewards and their answers.

mod ends;

use bytes::Bytes;
use futures::StreamExt;

use super::super::settings::{ASKED_QUEUE, INBOUND_QUESTIONS_PER_PEER, OUTBOUND_QUESTIONS_PER_PEER, STEWARD_PROTOCOL};
use super::*;

/// No timeout ends anything before the test's own deadline: what ends, ended for another reason.
fn patient(number: u8) -> NetConfig {
    let mut config = config(number);
    config.limits.steward_timeout = 100 * DEADLINE;
    config
}

/// A second node that asks, and a first that is asked.
async fn steward_and_asker() -> (TestNode, TestNode) {
    pair(patient(1), patient(2)).await
}

#[tokio::test]
async fn a_question_and_its_answer_arrive_whole_at_the_largest_size() {
    let (mut steward, asker) = steward_and_asker().await;
    let question = Bytes::from(vec![3; settings::STEWARD_REQUEST_BYTES_MAX]);
    let answer = Bytes::from(vec![7; settings::STEWARD_RESPONSE_BYTES_MAX]);

    let ask = asker.ask(steward.key(), question.clone());
    let Asked { peer, bytes, reply } = steward.asked().await;
    assert!(peer == asker.key() && bytes == question);
    reply.send(answer.clone()).unwrap();

    assert!(soon(ask).await.unwrap().unwrap() == answer);
    steward.stop().await;
    asker.stop().await;
}

#[tokio::test]
async fn questions_that_ended_count_no_more() {
    let (mut steward, asker) = steward_and_asker().await;
    for number in 0..=INBOUND_QUESTIONS_PER_PEER {
        let ask = asker.ask(steward.key(), "one after another");
        let reply = steward.asked().await.reply;
        if number % 2 == 0 {
            reply.send(Bytes::from_static(b"fine")).unwrap();
            assert_eq!(soon(ask).await.unwrap(), Ok(Bytes::from_static(b"fine")));
        } else {
            drop(reply);
            assert_eq!(soon(ask).await.unwrap(), Err(RequestFailure::Closed));
        }
    }
    steward.stop().await;
    asker.stop().await;
}

#[tokio::test]
async fn questions_beyond_what_waits_for_the_steward_end_at_once() {
    let numbers = 9..=13;
    let allowed = numbers.clone().map(|number| peer(number, &[])).collect();
    let mut steward = TestNode::start(patient(1), allowed).await;
    let target = peer_id(&steward.key()).unwrap();
    let (tell, mut failures) = mpsc::unbounded_channel();
    for number in numbers.clone() {
        let mut raw = raw::connected(number, STEWARD_PROTOCOL, &mut steward).await;
        for _ in 0..INBOUND_QUESTIONS_PER_PEER {
            raw.behaviour_mut().exchange.send_request(&target, Ok(Bytes::new()));
        }
        tokio::spawn(raw::failures(raw, tell.clone()));
    }

    for _ in ASKED_QUEUE..numbers.count() * INBOUND_QUESTIONS_PER_PEER {
        soon(failures.recv()).await.unwrap();
    }

    assert_eq!(steward.asked.len(), ASKED_QUEUE);
    assert_eq!(steward.handle.peers().await.unwrap().len(), 5, "and the network goes on");
    steward.stop().await;
}

#[tokio::test]
async fn a_question_beyond_the_limit_is_not_sent() {
    let node = TestNode::start(patient(1), vec![peer(2, &[])]).await;
    let long = vec![0; settings::STEWARD_REQUEST_BYTES_MAX + 1];
    assert_eq!(soon(node.ask(key_of(2), long)).await.unwrap(), Err(RequestFailure::TooLarge));
    node.stop().await;
}

#[tokio::test]
async fn an_oversized_question_is_named_and_the_connection_goes_on() {
    let mut generous = patient(2);
    generous.limits.steward_request_bytes_max *= 4;
    let (mut steward, asker) = pair(patient(1), generous).await;

    let ask = asker.ask(steward.key(), vec![0; settings::STEWARD_REQUEST_BYTES_MAX + 1]);
    assert_eq!(steward.fault().await, (asker.key(), WireFault::OversizedRequest));
    assert_eq!(soon(ask).await.unwrap(), Err(RequestFailure::Closed));

    let ask = asker.ask(steward.key(), "small");
    let asked = steward.asked().await;
    assert_eq!(&asked.bytes[..], b"small", "the long one was not passed on");
    asked.reply.send(Bytes::from_static(b"fine")).unwrap();
    assert_eq!(soon(ask).await.unwrap(), Ok(Bytes::from_static(b"fine")));
    steward.stop().await;
    asker.stop().await;
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_not_sent() {
    let (mut steward, asker) = steward_and_asker().await;
    let ask = asker.ask(steward.key(), "blinded");
    let long = vec![0; settings::STEWARD_RESPONSE_BYTES_MAX + 1].into();
    assert_eq!(steward.asked().await.reply.send(long), Err(Refusal::TooLarge));
    assert_eq!(soon(ask).await.unwrap(), Err(RequestFailure::Closed));
    steward.stop().await;
    asker.stop().await;
}

#[tokio::test]
async fn an_oversized_answer_fails_and_is_named() {
    let mut generous = patient(1);
    generous.limits.steward_response_bytes_max *= 2;
    let (mut steward, mut asker) = pair(generous, patient(2)).await;

    let ask = asker.ask(steward.key(), "blinded");
    let long = vec![0; settings::STEWARD_RESPONSE_BYTES_MAX + 1].into();
    steward.asked().await.reply.send(long).unwrap();

    assert_eq!(asker.fault().await, (steward.key(), WireFault::OversizedResponse));
    assert_eq!(soon(ask).await.unwrap(), Err(RequestFailure::Oversized));
    steward.stop().await;
    asker.stop().await;
}

#[tokio::test]
async fn a_peer_with_more_questions_than_it_may_have_is_named() {
    let excess = 3;
    let mut steward = TestNode::start(patient(1), vec![peer(9, &[])]).await;
    let mut greedy = raw::connected(9, STEWARD_PROTOCOL, &mut steward).await;
    let target = peer_id(&steward.key()).unwrap();
    for _ in 0..INBOUND_QUESTIONS_PER_PEER + excess {
        greedy.behaviour_mut().exchange.send_request(&target, Ok(Bytes::new()));
    }
    let greedy = tokio::spawn(async move { while greedy.next().await.is_some() {} });

    for _ in 0..excess {
        assert_eq!(steward.fault().await, (key_of(9), WireFault::TooManyRequests));
    }

    let mut held = Vec::new();
    for _ in 0..INBOUND_QUESTIONS_PER_PEER {
        held.push(steward.asked().await);
    }
    assert!(steward.asked.is_empty());
    greedy.abort();
    steward.stop().await;
}

#[tokio::test]
async fn our_own_questions_to_one_steward_are_bounded_and_each_ends() {
    let (mut steward, asker) = steward_and_asker().await;
    let mut asks: Vec<_> = (0..OUTBOUND_QUESTIONS_PER_PEER).map(|_| asker.ask(steward.key(), "one of many")).collect();
    let mut asked = Vec::new();
    for _ in 0..OUTBOUND_QUESTIONS_PER_PEER {
        asked.push(steward.asked().await);
    }

    assert_eq!(soon(asker.ask(steward.key(), "one too many")).await.unwrap(), Err(RequestFailure::Busy));

    for question in asked {
        question.reply.send(Bytes::from_static(b"fine")).unwrap();
    }
    for ask in &mut asks {
        assert_eq!(soon(ask).await.unwrap(), Ok(Bytes::from_static(b"fine")));
    }
    steward.stop().await;
    asker.stop().await;
}

#[tokio::test]
async fn sync_goes_on_while_a_steward_is_slow() {
    let (mut steward, mut asker) = steward_and_asker().await;
    let mut slow = Vec::new();
    for _ in 0..OUTBOUND_QUESTIONS_PER_PEER {
        slow.push((asker.ask(steward.key(), "blinded"), steward.asked().await));
    }
    let key = steward.key();

    for number in 0..settings::OUTBOUND_REQUESTS_PER_PEER as u64 {
        asker.handle.request(key, RequestId(number), Bytes::new()).unwrap();
        let (_, token, _) = steward.request().await;
        steward.handle.respond(token, Bytes::new()).unwrap();
        assert_eq!(asker.response().await, (RequestId(number), Ok(Bytes::new())));
    }

    for (ask, asked) in slow {
        asked.reply.send(Bytes::from_static(b"late")).unwrap();
        assert_eq!(soon(ask).await.unwrap(), Ok(Bytes::from_static(b"late")));
    }
    steward.stop().await;
    asker.stop().await;
}
