//! Peers that withhold, flood and stall cost little, and delay nobody for long (I10).

use larum_protocol::{
    fault::{Fault, Severity},
    replica::{
        Input,
        sim::{Lie, SimNet, statement},
    },
};

#[test]
fn a_body_is_pulled_from_the_next_peer_when_the_announcer_keeps_silent() {
    for (seed, lie) in (0..10).flat_map(|seed| [(seed, Lie::Silence), (seed, Lie::WithheldBodies)]) {
        let mut net = SimNet::new(seed, 8);
        net.run_for_seconds(40);
        let published = net.neighbours(0);
        net.lie(published[0], lie);
        let big: Vec<_> = (1..200).map(|number| statement(0, number * 4 + 1)).collect();
        net.publish_statements(0, &big, None);
        assert!(net.run_until_agreed(8), "sooner than the next round of sync; replay with seed {seed}");
    }
}

#[test]
fn liars_are_shut_out_and_cost_nobody_a_batch() {
    for (seed, lie) in Lie::ALL.into_iter().enumerate() {
        let mut net = SimNet::new(seed as u64, 8);
        net.stop(7);
        net.publish(0, 5);
        net.run_for_seconds(60);
        (1..4).for_each(|node| net.lie(node, lie));
        net.start(7);
        assert!(net.run_until_agreed(300), "{lie:?}");
        let honest = |fault: &(usize, Fault)| !(1..4).contains(&fault.0) && fault.1.severity() != Severity::Tolerate;
        for node in [0, 4, 5, 6, 7] {
            assert!(!net.nodes[node].faults.iter().any(honest), "an honest peer is not punished: {lie:?}");
        }
    }
}

#[test]
fn a_salt_is_asked_of_peer_after_peer_until_one_grants_it() {
    let mut net = SimNet::new(4, 6);
    net.lie(net.neighbours(5)[0], Lie::Silence);
    net.input(5, Input::NeedSalt { epoch: 1 });
    net.run_for_seconds(60);
    assert!(net.nodes[5].salt.is_some());
}

#[test]
fn an_idle_network_sends_little() {
    let mut net = SimNet::new(8, 10);
    net.publish(0, 3);
    assert!(net.run_until_agreed(120));
    let before: u64 = net.nodes.iter().map(|node| node.sent_bytes).sum();
    net.run_for_seconds(500);
    let spent: u64 = net.nodes.iter().map(|node| node.sent_bytes).sum::<u64>() - before;
    assert!(spent / 10 / 500 < 60, "{spent} bytes of sync by ten nodes in 500 seconds");
}
