//! What a peer says that it holds counts for that peer, and delays nobody's log (P70).

use larum_protocol::{
    batch::Batch,
    fault::{Fault, Severity},
    hash::Digest,
    keys::{PublicKey, SecretKey},
    ledger::LogState,
    limits,
    log::{ForkProof, Incarnation, LogId},
    replica::{
        Input, Output,
        sim::{Consortium, Lie, SimNet, statement},
    },
    roster::{LogEnd, Node, NodeStatus},
    wire::{Gossip, HeadEntry, List, Message, RawBatch, Request, Response, RosterHead},
};

use super::bench::{Bench, header_only};

const fn entry(log: LogId, floor: u64, seq: u64) -> HeadEntry {
    HeadEntry { log, floor, seq, prefix: 1, forked_at: None }
}

fn a_page(request: &Request) -> bool {
    matches!(request, Request::Batches { .. })
}

fn page(batches: &[Batch], more: bool) -> Response {
    let raw = batches.iter().map(|batch| RawBatch {
        header: batch.header.bytes().to_vec().into(),
        body: batch.body.clone().map(|body| Vec::from(body).into()),
    });
    Response::Batches { batches: List::of(raw), more }
}

impl Bench {
    /// A peer answers the newest question about heads.
    fn tells(&mut self, number: usize, entries: Vec<HeadEntry>, more: bool) {
        self.node_tells(self.peer(number), entries, more);
    }

    fn node_tells(&mut self, node: PublicKey, entries: Vec<HeadEntry>, more: bool) {
        let asked = self.asked_of_key(node, |request| matches!(request, Request::Heads { .. })).unwrap();
        let roster = RosterHead { version: 0, id: self.consortium.chain().consortium(), rival: false };
        self.answer(asked, &Response::Heads { roster, entries: List::of(entries), more });
    }

    /// Peers 1 and 2 have no announcements, if they are asked.
    fn no_words(&mut self) {
        for number in [1, 2] {
            if let Some(asked) = self.asked_of(number, |request| matches!(request, Request::Announcements { .. })) {
                self.answer(asked, &Response::Announcements { announcements: List::of([]), more: false });
            }
        }
    }

    fn batch_at(&self, number: usize, seq: u64, floor: u64) -> Batch {
        let mut draft = self.draft(number, None);
        draft.head = Some((seq - 1, Digest([5; 32])));
        draft.floor = floor;
        draft.sign(&[statement(1, 1)], self.consortium.key(number)).unwrap()
    }
}

/// A node that missed batches of everybody honest and comes back to peers that lie about them, but for its first one.
fn late_among_liars(seed: u64, batches: u64, lie: Lie) -> (SimNet, Vec<usize>) {
    let mut net = SimNet::new(seed, 8);
    net.run_for_seconds(40);
    let liars = net.neighbours(7)[1..].to_vec();
    net.stop(7);
    (0..7).filter(|node| !liars.contains(node)).for_each(|node| net.publish(node, batches));
    net.run_for_seconds(60);
    liars.iter().for_each(|node| net.lie(*node, lie));
    net.start(7);
    (net, liars)
}

fn assert_only_liars_are_blamed(net: &SimNet, liars: &[usize], seed: u64) {
    let blamed = net.nodes[7].faults.iter().filter(|(_, fault)| fault.severity() != Severity::Tolerate);
    assert!(blamed.clone().all(|(node, _)| liars.contains(node)), "replay with seed {seed}");
}

#[test]
fn inflated_heads_and_invented_forks_delay_nobody_and_are_blamed() {
    for (seed, lie) in (0..20).flat_map(|seed| [(seed, Lie::InflatedHeads), (seed, Lie::InventedForks)]) {
        let (mut net, liars) = late_among_liars(seed, 12, lie);
        assert!(net.run_until_agreed(5), "{lie:?}, replay with seed {seed}");
        // Once may be bad luck; so what it claims has to differ from what there is once more.
        net.partition(7..8);
        (0..7).for_each(|node| net.publish(node, 1));
        net.run_for_seconds(60);
        net.heal();
        net.run_for_seconds(120);
        let blamed = |node: &usize| net.nodes[7].faults.contains(&(*node, Fault::WrongAnswer));
        assert!(liars.iter().all(blamed), "{lie:?}, replay with seed {seed}");
        assert_only_liars_are_blamed(&net, &liars, seed);
    }
}

#[test]
fn whoever_dawdles_holds_a_log_up_once() {
    for seed in 0..20 {
        let (mut net, liars) = late_among_liars(seed, 100, Lie::Dawdling);
        // One page of each liar at most, each within the time that a request may take.
        let patience = 5 + liars.len() as u64 * limits::REQUEST_TIMEOUT_MS / 1000;
        assert!(net.run_until_agreed(patience), "replay with seed {seed}");
        assert_only_liars_are_blamed(&net, &liars, seed);
    }
}

/// All hold a log from its floor 7 on; then the roster ends it at 2. A newcomer does not know that roster yet.
#[test]
fn honest_peers_are_not_blamed_by_a_node_that_lags_behind_the_roster() {
    let mut tried = 0;
    for seed in 0..20 {
        let mut net = SimNet::new(seed, 6);
        (2..6).for_each(|node| net.stop(node));
        net.run_for_seconds(5);
        net.publish(0, 6);
        net.publish_statements(0, &[statement(0, 7)], Some(7));
        net.run_for_seconds(60);
        let hash = net.nodes[0].held_id(&net.nodes[0].log(), 2);
        (2..5).for_each(|node| net.start(node));
        net.run_for_seconds(60);
        net.stop(0);
        net.stop(1);
        net.change_roster(2, |roster| {
            let node = &mut roster.members[0].nodes[0];
            node.status = NodeStatus::Revoked;
            node.ended.push(LogEnd { incarnation: Incarnation([1; 16]), seq: 2, hash });
        });
        net.run_for_seconds(60);
        net.start(5);
        net.run_for_seconds(60);
        tried += u32::from(!net.neighbours(5).is_empty());
        let blamed = net.nodes[5].faults.iter().any(|(_, fault)| fault.severity() != Severity::Tolerate);
        assert!(!blamed, "replay with seed {seed}: {:?}", net.nodes[5].faults);
    }
    assert!(tried > 10, "the newcomer was mostly alone");
}

#[test]
fn i10_one_peer_that_invents_logs_leaves_room_for_others() {
    let mut bench = Bench::new();
    let author = bench.log(1);
    for number in 0..limits::WANTS_MAX / limits::HEADS_PER_PAGE_MAX {
        let invented = (0..limits::HEADS_PER_PAGE_MAX).map(|place| {
            let mut incarnation = [0xee; 16];
            incarnation[..8].copy_from_slice(&((number << 32 | place) as u64 + 1).to_be_bytes());
            entry(LogId { incarnation: Incarnation(incarnation), ..author }, 1, 9)
        });
        bench.tells(1, invented.collect(), true);
    }
    bench.tells(2, vec![entry(bench.log(3), 1, 9)], false);
    assert!(bench.asked_of(2, a_page).is_some());
}

#[test]
fn a_fork_below_a_signed_floor_leaves_nothing_to_ask_for() {
    // Given a log whose header 100 states the floor 100,
    let mut bench = Bench::new();
    let hundred = bench.batch_at(1, 100, 100);
    bench.tells(2, vec![entry(bench.log(1), 100, 100)], false);
    let anchor = bench.asked_of(2, |request| matches!(request, Request::Header { seq: 100, .. })).unwrap();
    bench.answer(anchor, &Response::Header(Some(hundred.header.bytes().to_vec().into())));
    // when its author forks it at 6 before the page is here,
    let at_six = |number| {
        let mut draft = bench.draft(1, None);
        draft.head = Some((5, Digest([6; 32])));
        draft.sign(&[statement(1, number)], bench.consortium.key(1)).unwrap().header
    };
    let proof = ForkProof::new(at_six(1), at_six(5)).unwrap();
    bench.gossip(Gossip::Fork(proof.encode().into()).to_bytes());
    // then the page that nobody needs is not asked for again.
    let asked = bench.asked_of(2, a_page).unwrap();
    bench.outputs.clear();
    bench.answer(asked, &page(std::slice::from_ref(&hundred), false));
    assert!(bench.asked(a_page).is_none());
}

#[test]
fn heads_that_do_not_go_on_or_come_in_crumbs_are_a_wrong_answer() {
    let mut bench = Bench::new();
    bench.tells(1, vec![entry(bench.log(2), 1, 0)], true);
    assert_eq!(bench.faults(), [Fault::WrongAnswer], "a page that promises more is full");

    let mut bench = Bench::new();
    let full: Vec<HeadEntry> = (0..limits::HEADS_PER_PAGE_MAX as u64)
        .map(|place| {
            let mut incarnation = [0; 16];
            incarnation[..8].copy_from_slice(&(place + 1).to_be_bytes());
            entry(LogId { incarnation: Incarnation(incarnation), ..bench.log(2) }, 1, 0)
        })
        .collect();
    bench.tells(1, full.clone(), true);
    assert_eq!(bench.faults(), []);
    bench.tells(1, full, true);
    assert_eq!(bench.faults(), [Fault::WrongAnswer], "the same again");
}

#[test]
fn who_gives_crumbs_is_asked_after_others_however_fast_it_is() {
    // Given two peers with the same claim, of which the one that is asked first gives one batch a page,
    let mut bench = Bench::new();
    let log = bench.log(3);
    [1, 2].into_iter().for_each(|number| bench.tells(number, vec![entry(log, 1, 100)], false));
    let asked = bench.asked(a_page).unwrap();
    assert_eq!(asked.0, bench.peer(1));
    let first = bench.batch(3, None);
    // when it has given the first one at once,
    bench.answer(asked, &page(std::slice::from_ref(&first), true));
    bench.input(Input::Stored { log, state: LogState::enter(&first.header) });
    // then the other is asked for the next.
    assert_eq!(bench.asked(a_page).unwrap().0, bench.peer(2));
}

#[test]
fn a_claim_that_is_repeated_does_not_undo_a_doubt() {
    // Given a peer that gave nothing and is asked for the header of what it said it holds,
    let mut bench = Bench::new();
    let log = bench.log(1);
    let nine = bench.batch_at(1, 9, 1);
    bench.tells(2, vec![entry(log, 1, 9)], false);
    let asked = bench.asked_of(2, a_page).unwrap();
    bench.answer(asked, &page(&[], false));
    let header = bench.asked_of(2, |request| matches!(request, Request::Header { seq: 9, .. })).unwrap();
    // when it repeats its claim before it shows the header,
    bench.no_words();
    bench.now = bench.now.plus_ms(12_000);
    for _ in 0..10 {
        bench.now = bench.now.plus_ms(250);
        bench.input(Input::Woken);
    }
    bench.tells(2, vec![entry(log, 1, 9)], false);
    bench.outputs.clear();
    bench.answer(header, &Response::Header(Some(nine.header.bytes().to_vec().into())));
    // then it is not asked for the same page again.
    assert!(bench.asked_of(2, a_page).is_none());
}

#[test]
fn a_peer_whose_logs_were_cut_by_their_author_is_not_blamed_until_it_says_the_same_again() {
    let mut bench = Bench::new();
    let shows_nothing = |bench: &mut Bench, number: usize| {
        let log = bench.log(number);
        bench.outputs.clear();
        bench.now = bench.now.plus_ms(40_000);
        bench.input(Input::Woken);
        bench.tells(2, vec![entry(log, 1, 9)], false);
        let asked = bench.asked_of(2, a_page).unwrap();
        bench.answer(asked, &page(&[], false));
        let header = bench.asked_of(2, |request| matches!(request, Request::Header { .. })).unwrap();
        bench.answer(header, &Response::Header(None));
        bench.no_words();
        let faults = bench.faults().into_iter();
        faults.filter(|fault| fault.severity() != Severity::Tolerate).collect::<Vec<_>>()
    };
    bench.tells(2, Vec::new(), false);
    bench.no_words();
    assert_eq!(shows_nothing(&mut bench, 1), [], "one log");
    assert_eq!(shows_nothing(&mut bench, 3), [], "another log");
    assert_eq!(shows_nothing(&mut bench, 1), [Fault::WrongAnswer], "the first one again");
}

#[test]
fn a_peer_is_held_to_its_newest_word() {
    // Given two peers that say they hold nine batches, of which the first one gives one a page,
    let mut bench = Bench::new();
    let log = bench.log(3);
    [1, 2].into_iter().for_each(|number| bench.tells(number, vec![entry(log, 1, 9)], false));
    let mut made: Vec<Batch> = Vec::new();
    (0..3).for_each(|_| made.push(bench.batch(3, made.last())));
    for batch in &made {
        let asked = bench.asked(a_page).unwrap();
        bench.no_words();
        bench.outputs.clear();
        bench.now = bench.now.plus_ms(40_000);
        bench.input(Input::Woken);
        // when the other says that it holds one by now,
        for (number, seq) in [(1, 9), (2, 1)] {
            if bench.asked_of(number, |request| matches!(request, Request::Heads { .. })).is_some() {
                bench.tells(number, vec![entry(log, 1, seq)], false);
            }
        }
        bench.no_words();
        bench.answer(asked, &page(std::slice::from_ref(batch), true));
        bench.input(Input::Stored { log, state: LogState::enter(&batch.header) });
    }
    // then it is not asked to show more when the first one is gone.
    bench.outputs.clear();
    bench.input(Input::PeerDisconnected(bench.peer(1)));
    assert!(bench.asked_of(2, |request| a_page(request) || matches!(request, Request::Header { .. })).is_none());
    assert_eq!(bench.faults(), []);
}

#[test]
fn a_peer_that_is_always_late_does_not_set_its_own_patience() {
    for late_ms in [50, 14_000] {
        // Given a peer that answers late, within the time that a request may take,
        let mut bench = Bench::new();
        for _ in 0..20 {
            let roster = RosterHead { version: 0, id: bench.consortium.chain().consortium(), rival: false };
            let heads = |request: &Request| matches!(request, Request::Heads { .. });
            let late = bench.asked_of(1, heads).unwrap();
            bench.now = bench.now.plus_ms(late_ms);
            bench.answer(late, &Response::Same(roster));
            bench.now = bench.now.plus_ms(30_000);
            bench.input(Input::Woken);
            let other = bench.asked_of(2, heads).unwrap();
            bench.answer(other, &Response::Same(roster));
            bench.no_words();
        }
        bench.outputs.clear();
        // when it relays a header without its body,
        let batch = bench.batch(3, None);
        bench.gossip(header_only(&batch.header));
        let body = |request: &Request| matches!(request, Request::Body { .. });
        assert!(bench.asked_of(1, body).is_some());
        // then the next peer is asked soon.
        bench.now = bench.now.plus_ms(limits::ROUND_TRIP_TRUSTED_MS + limits::BODY_PATIENCE_MS);
        bench.input(Input::Woken);
        assert!(bench.asked_of(2, body).is_some(), "{late_ms} ms late");
    }
}

#[test]
fn i10_the_nodes_of_one_member_leave_room_for_other_sources() {
    // Given a member that runs eight nodes,
    let mut bench = Bench::new();
    let keys: Vec<PublicKey> = (0..8).map(|at| SecretKey::from_seed(&[0xc0 + at; 32]).public()).collect();
    let roster = bench.consortium.successor(bench.replica.rosters().newest(), |roster| {
        let nodes = &mut roster.members[1].nodes;
        let like =
            |key: &PublicKey| Node { key: *key, certificate: Consortium::certificate(1, key), ..nodes[0].clone() };
        let added: Vec<Node> = keys.iter().map(like).collect();
        nodes.extend(added);
    });
    bench.input(Input::OfferRoster(Box::new(roster)));
    keys.iter().for_each(|key| bench.input(Input::PeerConnected(*key)));
    // when all of them say that they hold a log, before an honest other node does,
    let claim = vec![entry(bench.log(3), 1, 9)];
    keys.iter().for_each(|key| bench.node_tells(*key, claim.clone(), false));
    bench.tells(2, claim, false);
    // then two of them are asked, and it.
    for _ in 0..limits::SOURCES_PER_MEMBER_MAX {
        let asked = bench.asked(a_page).unwrap();
        assert!(keys.contains(&asked.0));
        bench.answer(asked, &Response::Busy(0));
    }
    assert!(bench.asked_of(2, a_page).is_some());
}

#[test]
fn who_shows_what_it_holds_did_not_break_its_word() {
    // Given an honest node that entered a log at 100, though the batch there says floor 1, and a third member's log
    for shows in [false, true] {
        let mut bench = Bench::of(6);
        bench.input(Input::PeerConnected(bench.peer(3)));
        let (log, other) = (bench.log(1), bench.log(5));
        let hundred = bench.batch_at(1, 100, 1);
        bench.tells(3, vec![entry(other, 1, 9)], false);
        let third = bench.asked_of(3, a_page).unwrap();
        let mut entries = vec![entry(other, 1, 9), entry(log, 1, 100)];
        entries.sort_by_key(|entry| entry.log);
        bench.tells(2, entries, false);
        // when it has no page from 1 on, and shows its header or does not,
        let asked =
            bench.asked_of(2, |request| matches!(request, Request::Batches { from: 1, log: of, .. } if *of == log));
        bench.answer(asked.unwrap(), &page(&[], false));
        let header = bench.asked_of(2, |request| matches!(request, Request::Header { seq: 100, .. })).unwrap();
        let shown = shows.then(|| hundred.header.bytes().to_vec().into());
        bench.answer(header, &Response::Header(shown));
        bench.tells(1, vec![entry(other, 1, 9)], false);
        bench.no_words();
        bench.outputs.clear();
        bench.answer(third, &Response::Busy(0));
        // then it is asked next for the third log, as it told first; or last.
        let next = bench.asked(|request| matches!(request, Request::Batches { log, .. } if *log == other)).unwrap();
        assert_eq!(next.0, bench.peer(if shows { 2 } else { 1 }));
        assert!(!bench.outputs.iter().any(|output| matches!(output, Output::Penalize { .. })));
    }
}
