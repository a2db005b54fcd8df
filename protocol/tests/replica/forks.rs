//! Forks: proof reaches everybody, what was said before counts, nothing after, until the roster decides (I6).

use larum_protocol::{
    batch::{Batch, Draft},
    log::{Incarnation, LogId},
    replica::sim::{SimNet, statement},
    roster::{LogEnd, Roster},
    wire::{Gossip, Message},
};

use super::convergence::assert_agreement;

const ALL: [usize; 6] = [0, 1, 2, 3, 4, 5];

/// So many batches behind node 0's head, signed with its key; branches of other first numbers contradict each other.
pub(crate) fn branch(net: &SimNet, first: u64, length: u64) -> Vec<Batch> {
    let log = net.nodes[0].log();
    let mut head = net.nodes[0].replica.heads().get(&log).map(|head| (head.seq, head.hash));
    (0..length)
        .map(|step| {
            let draft = Draft {
                consortium: net.consortium.chain().consortium(),
                log,
                head,
                floor: 1,
                issued: net.time(),
                epoch: 1,
                continues: None,
            };
            let batch = draft.sign(&[statement(0, first + step * 4)], net.consortium.key(0)).unwrap();
            head = Some((batch.header.seq, batch.header.id()));
            batch
        })
        .collect()
}

pub(crate) fn message(batch: &Batch) -> Vec<u8> {
    let body = batch.body.clone().map(|body| Vec::from(body).into());
    Gossip::Batch { header: batch.header.bytes().to_vec().into(), body }.to_bytes()
}

/// Node 0 tells nodes 1 and 2 one story and the rest another, while the two sides cannot hear each other.
fn forked(seed: u64) -> (SimNet, [Vec<Batch>; 2]) {
    let mut net = SimNet::new(seed, 6);
    net.run_for_seconds(30);
    net.publish(0, 2);
    assert!(net.run_until_agreed(120), "replay with seed {seed}");
    let stories = [branch(&net, 1_001, 3), branch(&net, 2_001, 2)];
    net.stop(0);
    net.partition(1..3);
    for (story, nodes) in stories.iter().zip([1..3, 3..6]) {
        for batch in story {
            for node in nodes.clone() {
                // The forker's own connection is modelled by any neighbour on the same side.
                let via = if node == nodes.start { nodes.start + 1 } else { nodes.start };
                net.inject_gossip(via, node, message(batch));
            }
            net.run_for_seconds(2);
        }
    }
    net.run_for_seconds(60);
    net.heal();
    (net, stories)
}

fn end_at(batch: &Batch) -> impl Fn(&mut Roster) {
    let (seq, hash) = (batch.header.seq, Some(batch.header.id()));
    move |roster| roster.members[0].nodes[0].ended.push(LogEnd { incarnation: Incarnation([1; 16]), seq, hash })
}

fn says(net: &SimNet, node: usize, number: u64) -> bool {
    net.nodes[node].findings(net.time()).contains_key(&statement(0, number).subject)
}

#[test]
fn i6_evidence_of_a_fork_reaches_everybody_and_only_what_came_before_counts() {
    for seed in 0..20 {
        let (mut net, _) = forked(seed);
        net.start(0);
        assert!(net.run_until_agreed(600), "replay with seed {seed}");
        let log = net.nodes[0].log();
        for node in ALL {
            let proofs: Vec<(LogId, u64)> =
                net.nodes[node].replica.proofs().map(|proof| (proof.log(), proof.seq())).collect();
            assert_eq!(proofs, [(log, 3)], "node {node}; replay with seed {seed}");
            assert!(says(&net, node, 1) && says(&net, node, 2), "before the fork; replay with seed {seed}");
            assert!(!says(&net, node, 1_001) && !says(&net, node, 2_001), "after the fork; replay with seed {seed}");
            let coverage = net.nodes[node].replica.coverage(net.time());
            assert_eq!(coverage.forked, [log], "replay with seed {seed}");
            assert!(!coverage.may_clear(), "a miss is unknown; replay with seed {seed}");
        }
        net.run_for_seconds(200);
        let why = net.nodes[4].replica.coverage(net.time()).why_not_clear().unwrap();
        assert!(why.contains(&format!("{log:?}")), "{why}; replay with seed {seed}");
    }
}

#[test]
fn i6_the_roster_resolves_a_fork_and_the_other_branch_is_fetched_again() {
    for seed in 0..20 {
        let (mut net, [chosen, other]) = forked(seed);
        net.run_for_seconds(120);
        net.change_roster(4, end_at(&chosen[1]));
        let settled = (0..600).any(|_| {
            net.run_for_seconds(1);
            (1..6).all(|node| says(&net, node, 1_001) && says(&net, node, 1_005))
        });
        assert!(settled, "replay with seed {seed}");
        for node in 1..6 {
            assert!(!says(&net, node, 1_009), "beyond the end; replay with seed {seed}");
            assert!(!says(&net, node, 2_001), "the other branch; replay with seed {seed}");
            assert!(net.nodes[node].replica.coverage(net.time()).forked.is_empty(), "replay with seed {seed}");
            let held: Vec<_> = net.nodes[node].entries().into_iter().map(|entry| entry.statement).collect();
            assert!(!held.contains(&other[0].statements[0].statement), "replay with seed {seed}");
        }
        assert!(net.run_until_agreed(60), "replay with seed {seed}");
    }
}

#[test]
fn i6_proof_and_verdict_survive_a_restart() {
    let (mut net, _) = forked(7);
    net.start(0);
    assert!(net.run_until_agreed(600));
    let before = net.nodes[2].findings(net.time());
    net.stop(2);
    net.start(2);
    net.run_for_seconds(60);
    assert_eq!(net.nodes[2].replica.proofs().count(), 1);
    assert_eq!(net.nodes[2].findings(net.time()), before);
    let first = net.nodes[0].findings(net.time());
    assert!(ALL.iter().all(|node| net.nodes[*node].findings(net.time()) == first));
}

#[test]
fn quiet_networks_hold_no_proofs() {
    let mut net = SimNet::new(9, 6);
    net.run_for_seconds(20);
    ALL.iter().for_each(|node| net.publish(*node, 2));
    assert!(net.run_until_agreed(300));
    assert_agreement(&net, &ALL, 9);
    assert!(ALL.iter().all(|node| net.nodes[*node].replica.proofs().count() == 0));
}
