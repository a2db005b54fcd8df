//! As many stewards as it takes answer, whoever else is gone; one fewer do not, and nothing is guessed then.

use std::time::Instant;

use harness::{email, publish};
use larum_protocol::api::{Identifier, Verdict};

use super::{HEDGED_WITHIN, split, why_unknown};

#[tokio::test]
async fn five_stewards_answer_without_any_two_and_without_three_nobody_is_cleared() {
    let mut net = split(5, 3, 5).await;
    let (reported, strange) = (email("made.by.five"), email("never.heard.of"));
    net[0].publish(std::slice::from_ref(&reported)).await;
    net.all_say(&reported, Verdict::Listed).await;
    assert_eq!(net[3].verdict(&strange).await, Verdict::Clear);

    // Two are killed: three are left, and three is what it takes.
    net[1].kill9().await;
    net[4].kill9().await;
    for node in [0, 2, 3] {
        assert_eq!(net[node].verdict(&reported).await, Verdict::Listed, "with three of five");
    }
    assert_eq!(net[2].verdict(&strange).await, Verdict::Clear, "its members were heard of a moment ago");
    let second = email("made.by.three");
    net[2].publish(std::slice::from_ref(&second)).await;
    net[3].wait_for_verdict(&second, Verdict::Listed).await;

    // And a third.
    net[3].kill9().await;
    let heads = net[0].status().await.coverage.heads;
    for about in [&reported, &strange] {
        let why = why_unknown(&net[0].check(std::slice::from_ref(about)).await);
        assert!(why.contains("3 stewards are needed and 2 can help"), "{why}");
        for gone in ["Employer 2", "Employer 4", "Employer 5"] {
            assert!(why.contains(gone), "{gone} did not answer: {why}");
        }
        assert!(!why.contains("Employer 1:") && !why.contains("Employer 3:"), "those answered: {why}");
    }
    let cli = net[2].cli(&["check", "--email", &reported.value]).await;
    assert_eq!(cli.code, Some(3), "{cli:?}");
    nothing_is_half_published(&net, &heads, &[email("made.by.two"), email("and.another")]).await;

    net[3].start().await;
    net[0].wait_for_verdict(&reported, Verdict::Listed).await;
    net[0].wait_for_verdict(&strange, Verdict::Clear).await;
    assert_eq!(net[3].verdict(&second).await, Verdict::Listed);
    net[0].publish(&[email("made.by.two")]).await;
    net[2].wait_for_verdict(&email("made.by.two"), Verdict::Listed).await;

    // Two that are up and silent are not waited for, either.
    for node in [1, 4] {
        net[node].start().await;
    }
    net[0].wait_for_peer("Employer 2").await;
    net[0].wait_for_peer("Employer 5").await;
    net[1].freeze();
    net[4].freeze();
    for _ in 0..8 {
        let started = Instant::now();
        assert_eq!(net[0].verdict(&reported).await, Verdict::Listed);
        assert!(started.elapsed() < HEDGED_WITHIN, "a silent steward was waited for: {:?}", started.elapsed());
    }
}

/// Refused as a whole, with the reason, and every log stays as it was.
async fn nothing_is_half_published(net: &harness::TestNet, heads: &str, about: &[Identifier]) {
    let refused = net[0].api().state(about.iter().map(publish).collect()).await.expect_err("no tag can be made");
    let refused = format!("{refused:?}");
    assert!(refused.contains("3 stewards are needed and 2 can help"), "{refused}");
    assert!(about.iter().all(|about| !refused.contains(&about.value)), "{refused}");
    let row = ["--kind", "email", "--value", &about[0].value, "--role", "actor-controlled", "--reason", "ART.REUSE"];
    let observed = harness::flag_day(1);
    let more = ["--evidence", "confirmed", "--observed", &observed];
    let cli = net[0].cli(&[&["publish"], &row[..], &more[..]].concat()).await;
    assert_ne!(cli.code, Some(0), "{cli:?}");
    assert!(cli.err.contains("stewards are needed"), "{cli:?}");
    assert_eq!(net[0].status().await.coverage.heads, heads, "nothing was published");
}

#[tokio::test]
async fn an_outage_is_named_and_charges_nobody_and_a_burst_of_checks_waits_its_turn() {
    // Given two of three stewards up, of which the asker's own is one
    let mut net = split(3, 2, 3).await;
    net[0].publish(&[email("before.the.outage")]).await;
    net.converged().await;

    // when forty people check at once, then all are answered
    let node = &net[0];
    let burst = (0..40).map(|number| async move { node.verdict(&email(&format!("burst.{number}"))).await });
    let verdicts = futures::future::join_all(burst).await;
    assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Clear), "{verdicts:?}");

    // When the others are gone, then the node's operator is told, and checks that cannot be answered cost nothing
    net[1].kill9().await;
    net[2].kill9().await;
    let warned = |status: &larum_protocol::api::StatusAnswer| {
        status
            .warnings
            .iter()
            .find(|warning| warning.code == "stewards-unreachable")
            .map(|warning| warning.text.clone())
    };
    let text = net[0].wait_until("the outage is named", warned).await;
    assert!(
        text.contains("2 stewards are needed and 1 are connected. Not connected: Employer 2, Employer 3"),
        "{text}"
    );
    why_unknown(&net[0].check(&[email("noticed")]).await);
    let charged = charged_by_itself(&net[0]).await;
    for number in 0..5 {
        let why = why_unknown(&net[0].check(&[email(&format!("in.vain.{number}"))]).await);
        assert!(why.contains("2 stewards are needed and 1 can help"), "{why}");
    }
    assert_eq!(charged_by_itself(&net[0]).await, charged, "nothing was charged in vain");
    net[1].start().await;
    net[0].wait_for_verdict(&email("before.the.outage"), Verdict::Listed).await;
}

/// Elements that a node evaluated as a steward, for itself and others.
async fn charged_by_itself(node: &harness::TestNode) -> String {
    let metrics = node.api().metrics().await.unwrap();
    metrics.lines().find(|line| line.starts_with("larum_steward_elements_total")).unwrap().to_owned()
}
