//! Whatever is lost, delayed, doubled or cut off: in the end all hold the same and say the same (I2, I5, I8).

use larum_protocol::{
    coverage::State,
    replica::sim::{Lie, SimNet, statement},
    vocabulary::{Reason, Stance},
};

fn seeds(short: u64, long: u64) -> std::ops::Range<u64> {
    0..if std::env::var_os("LARUM_LONG").is_some() { long } else { short }
}

/// Every honest node says what the first says, about everything.
pub(crate) fn assert_agreement(net: &SimNet, honest: &[usize], seed: u64) {
    let first = net.nodes[honest[0]].findings(net.time());
    assert!(!first.is_empty(), "somebody published; replay with seed {seed}");
    for node in honest {
        assert_eq!(net.nodes[*node].replica.heads(), net.nodes[honest[0]].replica.heads(), "replay with seed {seed}");
        assert!(net.nodes[*node].findings(net.time()) == first, "node {node}: replay with seed {seed}");
    }
}

#[test]
fn i2_fifty_members_agree_in_spite_of_loss_and_liars() {
    for seed in seeds(20, 1_000) {
        let mut net = SimNet::new(seed, 50);
        net.lose_percent(20);
        net.duplicate_percent(10);
        let liars: Vec<usize> = (0..Lie::ALL.len()).map(|at| at * 5 + 3).collect();
        liars.iter().zip(Lie::ALL).for_each(|(at, lie)| net.lie(*at, lie));
        net.run_for_seconds(20);
        for publisher in [0, 9, 16, 26, 44] {
            net.publish(publisher, 3);
            net.run_for_seconds(3);
        }
        let agreed = net.run_until_agreed(1_200);
        let honest: Vec<usize> = (0..50).filter(|node| !liars.contains(node)).collect();
        assert!(agreed, "replay with seed {seed}");
        assert_agreement(&net, &honest, seed);
    }
}

#[test]
fn a_silent_member_stays_fresh_under_any_limit_that_the_roster_sets() {
    for seed in seeds(3, 30) {
        let mut net = SimNet::new(seed, 4);
        net.run_for_seconds(150);
        for fresh_seconds in [3_600, 60, 7 * 86_400, 300] {
            net.change_roster(0, |roster| {
                roster.policy.fresh_seconds = fresh_seconds;
                roster.policy.fresh_percent = 100;
            });
            net.run_for_seconds(60);
            for second in 0..600 {
                net.run_for_seconds(1);
                for (number, node) in net.nodes.iter().enumerate() {
                    let coverage = node.replica.coverage(net.time());
                    let state = (coverage.state, coverage.heard);
                    assert_eq!(
                        state,
                        (State::Fresh, 4),
                        "node {number}, {second} s after the limit became {fresh_seconds} s; replay with seed {seed}"
                    );
                }
            }
        }
    }
}

#[test]
fn i2_members_agree_after_a_partition_heals() {
    for seed in seeds(20, 200) {
        let mut net = SimNet::new(seed, 5);
        net.lose_percent(20);
        net.partition(0..2);
        net.publish(0, 3);
        net.publish(4, 2);
        net.run_for_seconds(120);
        assert!(!net.agree(), "the partition holds; replay with seed {seed}");
        net.heal();
        assert!(net.run_until_agreed(600), "replay with seed {seed}");
        assert_agreement(&net, &[0, 1, 2, 3, 4], seed);
        assert_eq!(net.nodes[2].replica.heads().len(), 2, "replay with seed {seed}");
    }
}

#[test]
fn i2_a_withdrawal_that_arrives_before_its_assertion_wins() {
    for seed in seeds(20, 200) {
        let mut net = SimNet::new(seed, 4);
        net.delay_ms(1, 3_000);
        net.run_for_seconds(60);
        let assertion = statement(0, 1);
        let withdrawal = larum_protocol::statement::Statement {
            stance: Stance::Withdraw,
            reason: Reason::CorError,
            revision: 2,
            ..assertion.clone()
        };
        net.publish_statements(0, &[withdrawal], None);
        net.publish_statements(0, &[assertion], None);
        net.publish(1, 1);
        assert!(net.run_until_agreed(600), "replay with seed {seed}");
        let subject = statement(0, 1).subject;
        for node in &net.nodes {
            assert!(!node.findings(net.time()).contains_key(&subject), "replay with seed {seed}");
            assert_eq!(node.entries().len(), 3, "replay with seed {seed}");
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(24))]

    /// Any order, duplication and delay of the same batches ends in equal ledgers and verdicts.
    #[test]
    fn i2_order_duplication_and_delay_do_not_matter(
        seed: u64, lose in 0_u64..40, twice in 0_u64..60, delay in 1_u64..5_000,
        turns in proptest::collection::vec((0_usize..5, 1_u64..4, 0_u64..20), 1..6),
    ) {
        let mut net = SimNet::new(seed, 5);
        net.lose_percent(lose);
        net.duplicate_percent(twice);
        net.delay_ms(1, delay);
        for (publisher, batches, pause) in turns {
            net.publish(publisher, batches);
            net.run_for_seconds(pause);
        }
        proptest::prop_assert!(net.run_until_agreed(3_600));
        assert_agreement(&net, &[0, 1, 2, 3, 4], seed);
    }
}

#[test]
fn i5_a_restarted_node_goes_on_where_its_disk_stands_and_never_forks() {
    for seed in seeds(20, 200) {
        let mut net = SimNet::new(seed, 6);
        net.lose_percent(10);
        net.run_for_seconds(10);
        for round in 0..5 {
            net.publish(0, 2);
            // Even rounds stop before the disk has confirmed: what was not acknowledged may be gone, and is written anew.
            net.run_for_seconds(round % 2);
            net.stop(0);
            net.run_for_seconds(20);
            net.start(0);
            net.run_for_seconds(20);
        }
        net.publish(0, 1);
        assert!(net.run_until_agreed(600), "replay with seed {seed}");
        assert_agreement(&net, &[0, 1, 2, 3, 4, 5], seed);
        assert_eq!(
            net.nodes[5].replica.heads()[&net.nodes[0].log()].seq,
            5,
            "two acknowledged rounds and one; seed {seed}"
        );
        assert!(net.nodes.iter().all(|node| node.replica.proofs().next().is_none()), "replay with seed {seed}");
    }
}

#[test]
fn i8_coverage_is_not_fresh_while_batches_are_missing() {
    let mut net = SimNet::new(1, 5);
    net.run_for_seconds(200);
    assert_eq!(net.nodes[4].replica.coverage(net.time()).state, State::Fresh);
    // Node 4's peers withhold what they announce.
    (0..4).for_each(|node| net.lie(node, Lie::WithheldBodies));
    let big: Vec<_> = (1..200).map(|number| statement(0, number * 4 + 1)).collect();
    net.publish_statements(0, &big, None);
    net.run_for_seconds(30);
    let coverage = net.nodes[4].replica.coverage(net.time());
    assert_eq!((coverage.state, coverage.missing), (State::CatchingUp, 1));
    assert!(!coverage.may_clear());
}

#[test]
fn i8_coverage_turns_stale_when_members_fall_silent() {
    let mut net = SimNet::new(2, 5);
    net.run_for_seconds(200);
    (1..5).for_each(|node| net.stop(node));
    net.run_for_seconds(4_000);
    let coverage = net.nodes[0].replica.coverage(net.time());
    assert_eq!((coverage.state, coverage.heard), (State::Stale, 1));
}

#[test]
fn a_node_that_comes_late_enters_a_log_at_its_floor() {
    for seed in seeds(20, 100) {
        let mut net = SimNet::new(seed, 5);
        net.stop(4);
        net.publish(0, 6);
        net.publish_statements(0, &[statement(0, 7)], Some(5));
        net.publish(0, 2);
        net.run_for_seconds(120);
        net.start(4);
        assert!(net.run_until_agreed(300), "replay with seed {seed}");
        let log = net.nodes[0].log();
        assert_eq!(
            net.nodes[4].entries().iter().map(|entry| entry.seq).min(),
            Some(5),
            "nothing below the floor is fetched"
        );
        assert_eq!(net.nodes[4].replica.heads()[&log].seq, 9);
        assert_agreement(&net, &[0, 1, 2, 3, 4], seed);
    }
}

#[test]
fn a_node_that_fell_behind_the_floor_enters_anew() {
    let mut net = SimNet::new(3, 5);
    net.publish(0, 2);
    assert!(net.run_until_agreed(60));
    net.stop(4);
    net.publish(0, 6);
    net.publish_statements(0, &[statement(0, 9)], Some(7));
    net.run_for_seconds(60);
    net.start(4);
    assert!(net.run_until_agreed(300));
    assert_agreement(&net, &[0, 1, 2, 3, 4], 3);
    assert_eq!(net.nodes[4].entries().iter().map(|entry| entry.seq).min(), Some(7));
}

#[test]
fn clocks_an_hour_off_delay_and_do_not_divide() {
    for seed in seeds(10, 100) {
        let mut net = SimNet::new(seed, 6);
        net.set_clock(1, 3_600_000);
        net.set_clock(2, -3_600_000);
        net.run_for_seconds(30);
        (0..4).for_each(|node| net.publish(node, 2));
        assert!(net.run_until_agreed(600), "replay with seed {seed}");
        // A clock that is set back by an hour stops nothing either.
        net.set_clock(3, -3_600_000);
        net.publish(4, 1);
        assert!(net.run_until_agreed(600), "replay with seed {seed}");
        assert_agreement(&net, &[0, 1, 2, 3, 4, 5], seed);
        net.run_for_seconds(3_700);
        assert_eq!(net.nodes[0].findings(net.time()), net.nodes[1].findings(net.time()), "replay with seed {seed}");
    }
}

/// A thousand nodes in the long run, a hundred otherwise.
#[test]
fn a_large_network_agrees_on_one_batch_within_seconds() {
    let nodes = seeds(100, 1_000).end as usize;
    let mut net = SimNet::of(larum_protocol::replica::sim::Consortium::of(nodes), 1, 86_400_000);
    net.run_for_seconds(60);
    net.publish(0, 1);
    assert!(net.run_until_agreed(10));
    assert_eq!(net.nodes[nodes - 1].replica.heads().len(), 1);
}
