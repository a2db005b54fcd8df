//! The roster decides: who is heard, and how far each log counts, whenever a batch arrives (I7).

use larum_protocol::{
    announcement::Announcement,
    coverage::State,
    hash::Digest,
    log::Incarnation,
    replica::{
        Input,
        sim::{SimNet, statement},
    },
    roster::{LogEnd, MemberStatus, NodeStatus},
    signed::Signed,
    wire::{Gossip, Message},
};

use super::convergence::assert_agreement;

fn says_of(net: &SimNet, node: usize, author: u32) -> bool {
    net.nodes[node].findings(net.time()).contains_key(&statement(author, 1).subject)
}

fn says(net: &SimNet, node: usize, number: u64) -> bool {
    net.nodes[node].findings(net.time()).contains_key(&statement(0, number).subject)
}

#[test]
fn i7_a_removed_member_stops_counting_and_is_cut_off() {
    for seed in 0..20 {
        let mut net = SimNet::new(seed, 6);
        net.run_for_seconds(30);
        net.publish(0, 1);
        net.publish(1, 1);
        assert!(net.run_until_agreed(120), "replay with seed {seed}");
        assert!(says(&net, 3, 1), "replay with seed {seed}");
        net.change_roster(4, |roster| roster.members[0].status = MemberStatus::Removed);
        net.run_for_seconds(120);
        net.publish(0, 1);
        net.run_for_seconds(120);
        for node in 1..6 {
            assert!(!says(&net, node, 1) && !says(&net, node, 2), "node {node}; replay with seed {seed}");
            assert!(!net.neighbours(node).contains(&0), "node {node}; replay with seed {seed}");
            assert_eq!(net.nodes[node].entries().len(), 2, "nothing of it is fetched; replay with seed {seed}");
        }
    }
}

#[test]
fn i8_a_node_that_knows_it_was_suspended_clears_nobody_from_then_on() {
    for seed in 0..5 {
        let mut net = SimNet::new(seed, 4);
        net.publish(1, 1);
        assert!(net.run_until_agreed(120), "replay with seed {seed}");
        net.run_for_seconds(130);
        assert!(net.nodes[0].replica.coverage(net.time()).may_clear(), "replay with seed {seed}");

        // Others were heard a moment ago, and yet it cannot know what they say from now on
        let suspended = net.change_roster(0, |roster| roster.members[0].status = MemberStatus::Suspended);
        net.input(1, Input::OfferRoster(Box::new(suspended)));
        let coverage = net.nodes[0].replica.coverage(net.time());
        assert_eq!(coverage.state, State::Stale, "replay with seed {seed}");
        assert!(coverage.why_not_clear().unwrap().contains("ask the governors"), "replay with seed {seed}");
        assert!(says_of(&net, 0, 1), "what it knows it still says; replay with seed {seed}");

        // Taken back by a roster that it knows, it catches up
        let active = net.change_roster(0, |roster| roster.members[0].status = MemberStatus::Active);
        net.input(1, Input::OfferRoster(Box::new(active)));
        net.run_for_seconds(300);
        assert!(net.nodes[0].replica.coverage(net.time()).may_clear(), "replay with seed {seed}");
    }
}

#[test]
fn i7_a_retired_log_is_accepted_up_to_its_end_however_late() {
    for seed in 0..20 {
        let mut net = SimNet::new(seed, 6);
        net.run_for_seconds(30);
        net.stop(5);
        net.publish(0, 3);
        net.run_for_seconds(120);
        let log = net.nodes[0].log();
        let second = net.nodes[1].entries().iter().find(|entry| entry.seq == 2).unwrap().seq;
        let hash = net.nodes[1].held_id(&log, second);
        net.change_roster(1, |roster| {
            let node = &mut roster.members[0].nodes[0];
            node.status = NodeStatus::Retired;
            node.ended.push(LogEnd { incarnation: Incarnation([1; 16]), seq: 2, hash });
        });
        net.run_for_seconds(60);
        net.stop(0);
        net.start(5);
        assert!(net.run_until_agreed(600), "replay with seed {seed}");
        for node in 1..6 {
            assert!(says(&net, node, 1) && says(&net, node, 2) && !says(&net, node, 3), "replay with seed {seed}");
        }
    }
}

#[test]
fn i7_rosters_reach_whoever_missed_them_in_order() {
    let mut net = SimNet::new(5, 6);
    net.stop(5);
    for version in 1..5_u32 {
        net.change_roster(0, |roster| roster.policy.corroboration = version + 2);
        net.run_for_seconds(20);
    }
    net.start(5);
    assert!(net.run_until_agreed(120));
    assert_eq!(net.nodes[5].replica.rosters().roster().version, 4);
    net.stop(5);
    net.start(5);
    assert_eq!(net.nodes[5].replica.rosters().roster().version, 4, "rosters survive a restart");
}

#[test]
fn rival_rosters_make_misses_unknown_until_a_successor_of_either_decides() {
    for (seed, follow_rival) in (0..10).flat_map(|seed| [(seed, false), (seed, true)]) {
        let mut net = SimNet::new(seed, 6);
        net.run_for_seconds(200);
        let genesis = net.consortium.chain().newest().clone();
        let one = net.consortium.successor(&genesis, |roster| roster.policy.corroboration = 3);
        let two = net.consortium.successor(&genesis, |roster| roster.policy.corroboration = 4);
        net.input(1, Input::OfferRoster(Box::new(one)));
        net.input(4, Input::OfferRoster(Box::new(two)));
        net.run_for_seconds(120);
        for node in &net.nodes {
            assert!(node.replica.coverage(net.time()).rival_roster, "replay with seed {seed}");
            assert!(!node.replica.coverage(net.time()).may_clear(), "replay with seed {seed}");
        }
        assert!(net.agree(), "all hold the same of the two; replay with seed {seed}");
        let rosters = net.nodes[0].replica.rosters();
        let chosen = if follow_rival { rosters.rival().unwrap() } else { rosters.newest() }.clone();
        let next = net.consortium.successor(&chosen, |_| {});
        net.input(2, Input::OfferRoster(Box::new(next)));
        assert!(net.run_until_agreed(120), "replay with seed {seed}");
        for node in &net.nodes {
            assert_eq!(node.replica.rosters().roster().version, 2, "replay with seed {seed}");
            assert_eq!(node.replica.rosters().roster().policy, chosen.roster().policy, "replay with seed {seed}");
            assert!(!node.replica.coverage(net.time()).rival_roster, "replay with seed {seed}");
        }
    }
}

#[test]
fn a_new_roster_reaches_all_by_gossip_within_seconds() {
    let mut net = SimNet::new(6, 12);
    net.run_for_seconds(40);
    net.change_roster(3, |roster| roster.policy.corroboration = 5);
    assert!(net.run_until_agreed(5));
    net.publish(0, 1);
    assert!(net.run_until_agreed(30));
    assert_agreement(&net, &(0..12).collect::<Vec<_>>(), 6);
}

#[test]
fn i8_a_member_that_announces_a_roster_that_does_not_exist_is_named_and_forgotten_once_suspended() {
    for suspend in [MemberStatus::Suspended, MemberStatus::Removed, MemberStatus::Active] {
        let mut net = SimNet::new(11, 5);
        net.publish(1, 1);
        assert!(net.run_until_agreed(120));
        net.run_for_seconds(130);
        let word = Announcement {
            version: 1,
            consortium: net.consortium.chain().consortium(),
            log: net.nodes[0].log(),
            seq: 1 << 50,
            hash: Some(Digest([7; 32])),
            floor: 1,
            roster: 1 << 62,
            time: net.time(),
        };
        let word = Signed::sign(word, net.consortium.key(0));
        net.stop(0);
        let gossip = Gossip::Announcement(word.bytes().to_vec().into()).to_bytes();
        for node in 1..5 {
            net.input(
                node,
                Input::Gossip { from: net.consortium.key(node % 4 + 1).public(), id: 1 << 40, bytes: gossip.clone() },
            );
        }
        let name = net.nodes[1].replica.roster().roster().members[0].name.clone();
        for node in 1..5 {
            let why = net.nodes[node].replica.coverage(net.time()).why_not_clear().unwrap();
            assert!(why.contains(&name) && why.contains(&format!("{:?}", net.nodes[0].log())), "{why}");
        }
        net.change_roster(1, |roster| match suspend {
            // Its key is revoked, and the member stays
            MemberStatus::Active => roster.members[0].nodes[0].status = NodeStatus::Revoked,
            other => {
                roster.members[0].status = other;
            }
        });
        net.change_roster(1, |roster| roster.policy.fresh_percent = 80);
        net.run_for_seconds(60);
        net.stop(4);
        net.start(4);
        net.run_for_seconds(60);
        for node in 1..5 {
            let coverage = net.nodes[node].replica.coverage(net.time());
            assert_eq!((coverage.state, coverage.missing), (State::Fresh, 0), "{suspend:?}, node {node}: {coverage:?}");
            assert_eq!((&coverage.roster_claim, &coverage.missing_claim), (&None, &None));
            assert!(coverage.may_clear(), "{suspend:?}");
        }
    }
}
