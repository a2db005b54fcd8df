//! I5: what was acknowledged is there after a kill at any instant, and the log goes on without a fork.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use harness::{Api, Seeded, TestNet, publish, wallet};
use larum_protocol::api::{Identifier, LogInfo, Verdict};

/// Kills; each has the next one's chance to find what recovery did wrong.
const ROUNDS: u64 = 20;

#[tokio::test]
async fn i5_nothing_acknowledged_is_lost_when_the_publisher_is_killed_while_publishing() {
    let mut random = Seeded::new("i5", 5);
    let mut net = TestNet::start(3).await;
    let mut acknowledged: Vec<Identifier> = Vec::new();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for round in 0..ROUNDS {
        let taken = Arc::new(Mutex::new(Vec::new()));
        let first = (round + 1) * 1_000_000;
        let publisher = tokio::spawn(publish_until_gone(net[0].api().clone(), first, Arc::clone(&taken)));
        let instant = Duration::from_millis(random.below(5..250));
        tokio::time::sleep(instant).await; // the instant of the kill is what this test is about

        net[0].kill9().await;
        publisher.await.unwrap();
        net[0].start().await;

        acknowledged.append(&mut taken.lock().unwrap());
        for some in acknowledged.chunks(1_000) {
            let answer = net[0].check(some).await;
            let lost = answer.results.iter().filter(|result| result.verdict != Verdict::Listed).count();
            assert_eq!(lost, 0, "round {round}, killed after {instant:?}: acknowledged statements are gone");
        }
        goes_on_without_a_fork(&net, &mut seen, round).await;
    }
    assert!(acknowledged.len() as u64 > ROUNDS, "something was acknowledged in most rounds: {}", acknowledged.len());
    eprintln!("i5: {} statements acknowledged over {ROUNDS} kills", acknowledged.len());

    net.converged().await;
    for node in &net.nodes()[1..] {
        for some in acknowledged.chunks(1_000) {
            let answer = node.check(some).await;
            assert!(answer.results.iter().all(|result| result.verdict == Verdict::Listed), "{}", node.name());
        }
    }
    // Nobody saw two stories, and a log that was acknowledged to go on went on.
    for node in net.nodes() {
        for log in node.api().logs().await.unwrap().logs {
            assert_eq!(log.forked_at, None, "{}", node.name());
        }
    }
}

/// Publishes a few wallets at a time until the node is gone; notes those that it took.
async fn publish_until_gone(api: Api, first: u64, taken: Arc<Mutex<Vec<Identifier>>>) {
    for number in 0.. {
        let some: Vec<_> = (0..=number % 4).map(|extra| wallet(first + number * 10 + extra)).collect();
        match api.state(some.iter().map(publish).collect()).await {
            Ok(_) => taken.lock().unwrap().extend(some),
            Err(_) => return,
        }
    }
}

/// At the publisher and its peers: no fork, and no log that is shorter than it was.
async fn goes_on_without_a_fork(net: &TestNet, seen: &mut BTreeMap<String, u64>, round: u64) {
    for node in net.nodes() {
        let logs: Vec<LogInfo> = node.api().logs().await.unwrap().logs;
        for log in logs {
            assert_eq!(log.forked_at, None, "round {round}: {} saw a fork", node.name());
            let name = format!("{} at {}", log.log, node.name());
            let (before, now) = (seen.get(&name).copied().unwrap_or(0), log.seq.unwrap_or(0));
            assert!(now >= before, "round {round}: {name} went back from {before} to {now}");
            seen.insert(name, now);
        }
    }
    let own = net[0].api().logs().await.unwrap().logs;
    let own: Vec<_> = own.iter().filter(|log| log.member == "Employer 1").collect();
    assert_eq!(own.len(), 1, "round {round}: a kill opened another log: {own:?}");
}

#[tokio::test]
async fn publications_at_once_about_one_subject_follow_each_other() {
    let net = TestNet::start(1).await;
    net.settled().await;
    for number in 0..8 {
        // When four requests say the same at once
        let about = [wallet(number)];
        let node = &net[0];
        let answers = futures::future::join_all((0..4).map(|_| node.publish(&about))).await;

        // then one of them says it, and the others see that it is said
        let said = answers.iter().filter(|answer| answer.rows[0].statement.is_some()).count();
        assert_eq!(said, 1, "wallet {number}");
    }
}
