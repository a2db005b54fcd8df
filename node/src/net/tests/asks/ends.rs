//! How questions end without an answer, and when.

use super::*;

/// Gives up an exchange with a steward soon.
fn hasty(number: u8) -> NetConfig {
    let mut config = config(number);
    config.limits.steward_timeout = Duration::from_millis(200);
    config
}

#[tokio::test]
async fn a_dropped_reply_ends_the_question_at_once() {
    let (mut steward, asker) = steward_and_asker().await;
    let ask = asker.ask(steward.key(), "blinded");
    let asked = steward.asked().await;
    assert!(asked.reply.is_awaited());
    drop(asked);
    assert_eq!(soon(ask).await.unwrap(), Err(RequestFailure::Closed));
    steward.stop().await;
    asker.stop().await;
}

#[tokio::test]
async fn a_node_that_is_no_steward_refuses_at_once() {
    let (mut node, asker) = steward_and_asker().await;
    node.asked = mpsc::channel(1).1;
    assert_eq!(soon(asker.ask(node.key(), "blinded")).await.unwrap(), Err(RequestFailure::Closed));
    node.stop().await;
    asker.stop().await;
}

#[tokio::test]
async fn questions_that_were_given_up_make_room_when_they_end() {
    let (mut steward, asker) = steward_and_asker().await;
    let asks: Vec<_> = (0..OUTBOUND_QUESTIONS_PER_PEER).map(|_| asker.ask(steward.key(), "given up")).collect();
    let mut asked = Vec::new();
    for _ in 0..OUTBOUND_QUESTIONS_PER_PEER {
        asked.push(steward.asked().await);
    }
    for ask in asks {
        ask.abort();
        assert!(ask.await.unwrap_err().is_cancelled());
    }
    drop(asked);

    let key = steward.key();
    let again = async {
        loop {
            match asker.handle.ask(key, Bytes::from_static(b"another")).await {
                Err(RequestFailure::Busy) => {}
                end => return end,
            }
        }
    };
    let (end, ()) = tokio::join!(soon(again), async {
        steward.asked().await.reply.send(Bytes::from_static(b"fine")).unwrap();
    });
    assert_eq!(end, Ok(Bytes::from_static(b"fine")));
    steward.stop().await;
    asker.stop().await;
}

#[tokio::test]
async fn a_question_without_an_answer_times_out_and_a_late_answer_does_no_harm() {
    let (mut steward, asker) = pair(patient(1), hasty(2)).await;
    let ask = asker.ask(steward.key(), "blinded");
    let asked = steward.asked().await;
    let since = time::Instant::now();
    assert_eq!(soon(ask).await.unwrap(), Err(RequestFailure::Timeout));
    assert!(since.elapsed() < settings::STEWARD_TIMEOUT / 2, "by the limit that was set");
    asked.reply.send(Bytes::new()).unwrap();
    assert_eq!(steward.handle.peers().await.unwrap().len(), 1);
    steward.stop().await;
    asker.stop().await;
}

#[tokio::test]
async fn a_steward_that_takes_too_long_sees_that_nobody_waits() {
    let (mut steward, asker) = pair(hasty(1), patient(2)).await;
    let ask = asker.ask(steward.key(), "blinded");
    let asked = steward.asked().await;
    assert_eq!(soon(ask).await.unwrap(), Err(RequestFailure::Closed));
    assert!(!asked.reply.is_awaited());
    steward.stop().await;
    asker.stop().await;
}

#[tokio::test]
async fn a_question_ends_in_time_though_the_engine_takes_no_events() {
    let mut hasty = hasty(2);
    hasty.limits.handshake_wait = Duration::from_secs(1);
    let (steward, asker) = pair(patient(1), hasty).await;
    asker.stall().await;
    assert_eq!(soon(asker.ask(steward.key(), "blinded")).await.unwrap(), Err(RequestFailure::Timeout));
    steward.stop().await;
    asker.stop().await;
}

#[tokio::test]
async fn questions_end_when_the_peer_goes_away_or_we_do() {
    let (mut steward, asker) = steward_and_asker().await;
    let ask = asker.ask(steward.key(), "blinded");
    let asked = steward.asked().await;
    let key = steward.key();
    steward.stop().await;
    assert_eq!(soon(ask).await.unwrap(), Err(RequestFailure::Closed));
    assert_eq!(asked.reply.send(Bytes::new()), Err(Refusal::Stopped));

    let handle = asker.handle.clone();
    asker.stop().await;
    assert_eq!(soon(handle.ask(key, Bytes::new())).await, Err(RequestFailure::Closed));
}
