//! What one node publishes, every other one answers with.

use harness::{Founding, TestNet, email, phone, publish, wallet};
use larum_protocol::api::{Strength, Verdict};

#[tokio::test]
async fn what_one_publishes_all_list_and_what_it_withdraws_all_clear() {
    let net = TestNet::start(3).await;
    let (mailbox, number) = (email("dana.ruiz"), phone(202, 42));
    net.all_say(&mailbox, Verdict::Clear).await;

    net[0].publish(&[mailbox.clone(), number.clone()]).await;

    net.all_say(&mailbox, Verdict::Listed).await;
    net.all_say(&number, Verdict::Listed).await;
    let answer = net[2].check(std::slice::from_ref(&mailbox)).await;
    assert_eq!(answer.results[0].strength, Some(Strength::Confirmed));
    assert_eq!(answer.results[0].reports[0].member, "Employer 1");
    assert_eq!(answer.results[0].reports[0].reason, "ART.REUSE");

    net[0].withdraw(std::slice::from_ref(&mailbox)).await;

    net.all_say(&mailbox, Verdict::Clear).await;
    net.all_say(&number, Verdict::Listed).await;
    net.converged().await;
}

#[tokio::test]
async fn a_late_joiner_without_a_salt_is_granted_one_and_catches_up() {
    let founding = Founding::of(3);
    let mut net = TestNet::lay_with(&founding, |site| {
        let has_salt = site.member != 2;
        harness::Site { has_salt, ..site }
    });
    net[0].start().await;
    net[1].start().await;
    let people: Vec<_> = (0..40).map(|number| email(&format!("late.{number}"))).collect();
    for some in people.chunks(8) {
        net[0].publish(some).await;
    }
    net[1].publish(&people[..3]).await;

    net[2].start().await;

    for person in [&people[0], &people[39]] {
        net[2].wait_for_verdict(person, Verdict::Listed).await;
    }
    net.settled().await;
    net.converged().await;
    harness::eventually("both members' words are there", async || {
        let answer = net[2].check(&people[..1]).await;
        (answer.results[0].strength == Some(Strength::Corroborated)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn two_nodes_of_one_member_count_once() {
    let founding = Founding { members: vec![2, 1], ..Founding::of(2) };
    let mut net = TestNet::lay(&founding);
    net.start_all().await;
    net.settled().await;
    let person = email("twice.told");

    net[0].publish(std::slice::from_ref(&person)).await;
    net.all_say(&person, Verdict::Listed).await;
    // The other node says it anew, in other words, so that it is a statement of its own.
    let again = larum_protocol::api::StatementRow { reason: Some("ID.DOC_FORGED".to_owned()), ..publish(&person) };
    net[1].state(vec![again]).await;
    for node in net.nodes() {
        harness::eventually("the newest word arrives", async || {
            let answer = node.check(std::slice::from_ref(&person)).await;
            answer.results[0].reports.iter().any(|report| report.reason == "ID.DOC_FORGED").then_some(())
        })
        .await;
        let answer = node.check(std::slice::from_ref(&person)).await;
        assert_eq!(answer.results[0].strength, Some(Strength::Confirmed), "one member is no corroboration");
        assert_eq!(answer.results[0].reports.len(), 1, "the newest word of a member is the one that counts");
    }
    net[2].publish(std::slice::from_ref(&person)).await;
    harness::eventually("another member corroborates", async || {
        let answer = net[0].check(std::slice::from_ref(&person)).await;
        (answer.results[0].strength == Some(Strength::Corroborated)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_batch_too_large_for_gossip_is_pulled_and_arrives_whole() {
    let net = TestNet::start(2).await;
    let people: Vec<_> = (0..2_000).map(|number| email(&format!("crowd.{number}"))).collect();

    net[0].publish(&people).await;

    net[1].wait_for_verdict(&people[1_999], Verdict::Listed).await;
    let answer = net[1].check(&people[..1_000]).await;
    assert!(answer.results.iter().all(|result| result.verdict == Verdict::Listed));
}

#[tokio::test]
async fn a_node_that_starts_cut_off_from_everybody_can_still_publish() {
    // Given a node that was restarted while nobody else can be reached
    let mut net = TestNet::start(3).await;
    net[1].stop().await;
    net[2].stop().await;
    net[0].restart().await;
    // When it publishes
    let warning = wallet(0xc07_0ff);
    let answer = net[0].publish(std::slice::from_ref(&warning)).await;
    // Then that is on its disk, and the others hear of it once they are back
    assert_eq!(answer.accepted, 1);
    net[1].start().await;
    net[2].start().await;
    net.all_say(&warning, Verdict::Listed).await;
    net.stop().await;
}
