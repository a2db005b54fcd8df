//! One replica and its peers, input by input: every fault is found and named where it belongs.

use std::collections::BTreeSet;

use larum_protocol::{
    announcement::Announcement,
    batch::{Batch, Header},
    clock::Timestamp,
    fault::{Fault, Severity},
    hash::Digest,
    keys::{PublicKey, SecretKey},
    ledger::LogState,
    limits,
    log::{Incarnation, LogId},
    replica::{
        Acceptance, Input, Output,
        sim::{START, statement},
    },
    signed::{Signed, SignedObject},
    wire::{Gossip, List, Message, Request, Response, RosterHead},
};

use super::bench::{Bench, header_only, message};

fn resigned(bench: &Bench, change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let mut header = bench.batch(1, None).header.value().clone();
    change(&mut header);
    header_only(&Signed::sign(header, bench.consortium.key(1)))
}

/// Gossip that breaks one rule, and the fault that it is.
fn bad_gossip(bench: &Bench) -> Vec<(Vec<u8>, Fault)> {
    let good = bench.batch(1, None);
    let mut tampered = good.header.bytes().to_vec();
    *tampered.last_mut().unwrap() ^= 1;
    let mut wrong_body = good.body.clone().unwrap().to_vec();
    *wrong_body.last_mut().unwrap() ^= 1;
    let stranger = SecretKey::from_seed(&[9; 32]);
    let mut unknown = good.header.value().clone();
    unknown.log.node = stranger.public();
    let incoherent = Announcement {
        version: 1,
        consortium: bench.consortium.chain().consortium(),
        log: bench.log(1),
        seq: 3,
        hash: None,
        floor: 1,
        roster: 0,
        time: bench.now,
    };
    let incoherent = Signed::sign(incoherent, bench.consortium.key(1));
    vec![
        (vec![0xff], Fault::BadEncoding),
        (Gossip::Announcement(incoherent.bytes().to_vec().into()).to_bytes(), Fault::BadEncoding),
        (vec![0; limits::GOSSIP_BYTES_MAX + 1], Fault::Oversize),
        (vec![0x82, 2, 0x80], Fault::UnknownVersion),
        (Gossip::Batch { header: tampered.into(), body: None }.to_bytes(), Fault::BadSignature),
        (resigned(bench, |header| header.consortium = Digest([1; 32])), Fault::WrongConsortium),
        (resigned(bench, |header| header.floor = 0), Fault::BadBatch),
        (
            Gossip::Batch { header: good.header.bytes().to_vec().into(), body: Some(wrong_body.into()) }.to_bytes(),
            Fault::WrongBody,
        ),
        (header_only(&Signed::sign(unknown, &stranger)), Fault::UnknownAuthor),
        (Gossip::Fork(vec![0x82, 0x40, 0x40].into()).to_bytes(), Fault::BadEncoding),
    ]
}

#[test]
fn gossip_that_breaks_a_rule_is_one_fault_and_is_rejected_only_if_no_honest_relay_sends_it() {
    for (bytes, fault) in bad_gossip(&Bench::new()) {
        let mut bench = Bench::new();
        let acceptance = bench.gossip(bytes);
        assert_eq!(bench.faults(), [fault]);
        let blamed = fault.severity() != Severity::Tolerate;
        assert_eq!(acceptance == Acceptance::Reject, blamed, "{fault}");
        assert_ne!(acceptance, Acceptance::Accept, "{fault}");
    }
}

/// Every fault that is not gossip's alone, each provoked in a bench of its own.
fn other_faults() -> Vec<Fault> {
    let mut found = Vec::new();

    let mut bench = Bench::new();
    let first = bench.batch(1, None);
    bench.hold(&first);
    let mut forked = bench.draft(1, Some(&first));
    forked.head = Some((1, Digest([5; 32])));
    let forked = forked.sign(&[statement(1, 2)], bench.consortium.key(1)).unwrap();
    assert_eq!(bench.gossip(message(&forked)), Acceptance::Accept, "evidence of a fork is passed on");
    assert!(bench.asked(|request| matches!(request, Request::Header { seq: 1, .. })).is_some(), "and followed up");
    found.extend(bench.faults());

    let mut bench = Bench::new();
    bench.hold(&first);
    let mut earlier = bench.draft(1, Some(&first));
    earlier.issued = Timestamp(START.0 - 1);
    bench.gossip(message(&earlier.sign(&[statement(1, 2)], bench.consortium.key(1)).unwrap()));
    found.extend(bench.faults());

    let mut bench = Bench::new();
    let heads = bench.asked(|request| matches!(request, Request::Heads { .. })).unwrap();
    bench.answer(heads, &Response::Proof(None));
    found.extend(bench.faults());

    let mut bench = Bench::new();
    let heads = bench.asked(|request| matches!(request, Request::Heads { .. })).unwrap();
    bench.answer(heads, &Response::Same(RosterHead { version: 1, id: Digest([1; 32]), rival: false }));
    let rosters = bench.asked(|request| matches!(request, Request::Rosters { from_version: 1 })).unwrap();
    let newest = bench.consortium.chain().newest().clone();
    let mut unsigned = bench.consortium.successor(&newest, |_| {}).roster().clone();
    unsigned.policy.corroboration = 9;
    let unsigned = larum_protocol::roster::SignedRoster::propose(unsigned).unwrap();
    bench.answer(rosters, &Response::Rosters { rosters: List::of([unsigned.encode().into()]), more: false });
    found.extend(bench.faults());

    let mut bench = Bench::new();
    bench.gossip(header_only(&first.header));
    let body = bench.asked(|request| matches!(request, Request::Body { .. })).unwrap();
    bench.answer(body, &Response::Body(None));
    found.extend(bench.faults());
    let next = bench.asked(|request| matches!(request, Request::Body { .. })).unwrap();
    assert_ne!(next.0, body.0, "the next peer is asked at once");

    let mut bench = Bench::new();
    bench.now = bench.now.plus_ms(limits::REQUEST_TIMEOUT_MS);
    bench.input(Input::Woken);
    found.extend(bench.faults());

    let mut bench = Bench::new();
    for token in 0..=limits::REQUESTS_BURST {
        let bytes = Request::Proof { log: bench.log(1) }.to_bytes();
        bench.input(Input::Request { peer: bench.peer(1), token, bytes });
    }
    found.extend(bench.faults());
    found
}

#[test]
fn every_fault_is_raised_somewhere() {
    let gossiped = bad_gossip(&Bench::new()).into_iter().map(|(_, fault)| fault);
    let raised: BTreeSet<Fault> = gossiped.chain(other_faults()).collect();
    assert_eq!(raised, BTreeSet::from(Fault::ALL));
}

#[test]
fn a_peer_that_used_up_its_share_is_told_to_come_back_and_is_served_later() {
    let mut bench = Bench::new();
    let ask = |bench: &mut Bench, token| {
        let bytes = Request::Proof { log: bench.log(1) }.to_bytes();
        bench.input(Input::Request { peer: bench.peer(1), token, bytes });
        let answered = bench.outputs.iter().rev().find_map(|output| match output {
            Output::Respond { token: answered, bytes } if *answered == token => {
                Some(Response::from_bytes(bytes).unwrap())
            }
            _ => None,
        });
        answered.unwrap()
    };
    bench.input(Input::Served { peer: bench.peer(1), bytes: limits::SERVED_BYTES_BURST + 1 });
    assert_eq!(ask(&mut bench, 1), Response::Busy(limits::BUSY_MS));
    bench.now = bench.now.plus_ms(1_000);
    assert_eq!(ask(&mut bench, 2), Response::Proof(None));
}

#[test]
fn a_head_advances_only_when_the_batch_is_durable_and_own_batches_are_gossiped_only_then() {
    let mut bench = Bench::new();
    let own = bench.batch(0, None);
    bench.input(Input::Publish(Box::new(own.clone())));
    let gossiped = |bench: &Bench| {
        bench.outputs.iter().any(|output| matches!(output, Output::Publish(bytes) if *bytes == message(&own)))
    };
    assert!(bench.replica.heads().is_empty() && !gossiped(&bench));
    let follows = bench.batch(0, Some(&own));
    bench.input(Input::Publish(Box::new(follows)));
    assert_eq!(
        bench.outputs.iter().filter(|output| matches!(output, Output::Store(_))).count(),
        2,
        "in flight together"
    );
    bench.input(Input::Stored { log: own.header.log, state: LogState::enter(&own.header) });
    assert!(bench.replica.heads()[&own.header.log].seq == 1 && gossiped(&bench));
    let misplaced = bench.batch(0, None);
    bench.input(Input::Publish(Box::new(misplaced)));
    assert!(bench.outputs.iter().any(|output| matches!(output, Output::PublishRefused { seq: 1, .. })));
}

#[test]
fn a_stranger_gets_nothing() {
    let mut bench = Bench::new();
    let stranger = SecretKey::from_seed(&[9; 32]).public();
    bench.input(Input::PeerConnected(stranger));
    let bytes = Request::Heads { digest: Digest::default(), after: None }.to_bytes();
    bench.input(Input::Request { peer: stranger, token: 5, bytes });
    let busy = Response::Busy(limits::BUSY_MS).to_bytes();
    assert!(bench.outputs.iter().any(|output| matches!(output, Output::Respond { token: 5, bytes } if *bytes == busy)));
    assert!(!bench.outputs.iter().any(|output| matches!(output, Output::Send { peer, .. } if *peer == stranger)));
    bench.outputs.clear();
    let good = message(&bench.batch(1, None));
    bench.input(Input::Gossip { from: stranger, id: 6, bytes: good });
    assert!(bench.replica.heads().is_empty());
    assert!(!bench.outputs.iter().any(|output| matches!(output, Output::Store(_))));
}

#[test]
fn a_node_cannot_multiply_its_quota_by_opening_logs() {
    let mut bench = Bench::new();
    for incarnation in (1..10_u8).rev() {
        let mut draft = bench.draft(1, None);
        draft.log.incarnation = Incarnation([incarnation; 16]);
        let batch = draft.sign(&[statement(1, 1)], bench.consortium.key(1)).unwrap();
        bench.gossip(message(&batch));
        bench.input(Input::Stored { log: batch.header.log, state: LogState::enter(&batch.header) });
    }
    let dropped: Vec<LogId> = bench
        .outputs
        .iter()
        .filter_map(|output| if let Output::Rewind { log, to: 0 } = output { Some(*log) } else { None })
        .collect();
    dropped.into_iter().for_each(|log| bench.input(Input::Rewound { log, state: None }));
    let facts = bench.replica.facts();
    let mut open: Vec<u8> = facts.iter().filter(|(_, facts)| facts.open).map(|(log, _)| log.incarnation.0[0]).collect();
    open.sort_unstable();
    assert_eq!(open, [1, 2, 3, 4], "the lowest incarnations count, whichever came first");
    assert!(bench.replica.heads().len() <= 2 * limits::OPEN_LOGS_PER_NODE_MAX, "and few others are kept");
}

#[test]
fn a_node_with_more_logs_than_count_is_heard_by_its_newest_word_and_few_words_are_kept() {
    let mut bench = Bench::new();
    let author = bench.log(1);
    let log = |incarnation| LogId { incarnation: Incarnation([incarnation; 16]), ..author };
    let say = |bench: &mut Bench, incarnation: u8, seq: u64| {
        let word = Announcement {
            version: Announcement::VERSION,
            consortium: bench.consortium.chain().consortium(),
            log: log(incarnation),
            seq,
            hash: (seq > 0).then(Digest::default),
            floor: 1,
            roster: 0,
            time: START.plus_ms(1_000 * u64::from(incarnation)),
        };
        let signed = Signed::sign(word, bench.consortium.key(1));
        bench.gossip(Gossip::Announcement(signed.bytes().to_vec().into()).to_bytes());
    };
    let kept = |bench: &Bench| -> Vec<u8> {
        bench
            .replica
            .announcements()
            .keys()
            .filter(|log| log.node == author.node)
            .map(|log| log.incarnation.0[0])
            .collect()
    };

    // Given a node that was restored again and again, and its first four logs are held
    for incarnation in 1..=4 {
        let mut draft = bench.draft(1, None);
        draft.log = log(incarnation);
        let batch = draft.sign(&[statement(1, 1)], bench.consortium.key(1)).unwrap();
        bench.gossip(message(&batch));
        bench.input(Input::Stored { log: batch.header.log, state: LogState::enter(&batch.header) });
    }
    let before = bench.replica.coverage(START).missing;
    (1..=9).for_each(|incarnation| say(&mut bench, incarnation, if incarnation == 9 { 1_000 } else { 0 }));

    // Then its newest word is kept beside those of the logs that count, and what it claims there is not missed
    assert_eq!(kept(&bench), [1, 2, 3, 4, 9]);
    assert_eq!(bench.replica.coverage(START).missing, before);
    say(&mut bench, 7, 0);
    assert_eq!(kept(&bench), [1, 2, 3, 4, 9], "an older word does not replace a newer one");
    let dropped = |output: &&Output| matches!(output, Output::DropAnnouncement(dropped) if dropped.node == author.node);
    assert_eq!(bench.outputs.iter().filter(dropped).count(), 4, "what is not kept is forgotten on the disk, too");
}

#[test]
fn a_floor_is_believed_only_when_its_author_signed_it() {
    let mut bench = Bench::new();
    let heads = bench.asked(|request| matches!(request, Request::Heads { .. })).unwrap();
    let entry = larum_protocol::wire::HeadEntry { log: bench.log(1), floor: 6, seq: 9, prefix: 1, forked_at: None };
    let roster = RosterHead { version: 0, id: bench.consortium.chain().consortium(), rival: false };
    bench.answer(heads, &Response::Heads { roster, entries: List::of([entry]), more: false });
    assert!(bench.asked(|request| matches!(request, Request::Batches { .. })).is_none());
    assert!(bench.asked(|request| matches!(request, Request::Header { seq: 9, .. })).is_some());
}

#[test]
fn a_write_that_failed_leaves_nothing_behind_and_publishing_and_fetching_go_on() {
    let mut bench = Bench::new();
    let first = bench.batch(0, None);
    bench.input(Input::Publish(Box::new(first.clone())));
    bench.input(Input::Stored { log: first.header.log, state: LogState::enter(&first.header) });
    // More than may be on its way to the disk, none of which it takes
    let second = bench.batch(0, Some(&first));
    bench.input(Input::Publish(Box::new(second.clone())));
    let body: Vec<_> = (1..200).map(|number| statement(1, number)).collect();
    let mut before: Option<Batch> = None;
    let mut bytes = 0;
    while bytes < limits::STORE_BYTES_IN_FLIGHT_MAX {
        let batch = bench.draft(1, before.as_ref()).sign(&body, bench.consortium.key(1)).unwrap();
        bench.gossip(header_only(&batch.header));
        let asked = bench.asked(|request| matches!(request, Request::Body { seq, .. } if *seq == batch.header.seq));
        let held = batch.body.clone().unwrap();
        bytes += held.len();
        bench.answer(asked.unwrap(), &Response::Body(Some(held.to_vec().into())));
        before = Some(batch);
    }
    let stored = |bench: &Bench| bench.outputs.iter().filter(|output| matches!(output, Output::Store(_))).count();
    let heads = bench.asked(|request| matches!(request, Request::Heads { .. })).unwrap();
    let state = Some(LogState::enter(&first.header));
    bench.input(Input::Rewound { log: bench.log(0), state });
    bench.input(Input::Rewound { log: bench.log(1), state: None });

    // The own log goes on where the disk stands
    let asked_before = stored(&bench);
    bench.input(Input::Publish(Box::new(second)));
    assert!(!bench.outputs.iter().any(|output| matches!(output, Output::PublishRefused { .. })));
    assert_eq!(stored(&bench), asked_before + 1);
    // and what others hold is fetched again, from the first on
    let entry = larum_protocol::wire::HeadEntry { log: bench.log(1), floor: 1, seq: 2, prefix: 1, forked_at: None };
    let roster = RosterHead { version: 0, id: bench.consortium.chain().consortium(), rival: false };
    bench.answer(heads, &Response::Heads { roster, entries: List::of([entry]), more: false });
    assert!(bench.asked(|request| matches!(request, Request::Batches { from: 1, .. })).is_some());
}

#[test]
fn a_peer_that_claims_a_newer_roster_holds_up_nobody_elses_and_is_blamed_if_it_shows_none() {
    let mut bench = Bench::new();
    // Given a peer that hints of roster after roster and answers nothing
    for version in 5..30_u8 {
        let id = Digest([version; 32]);
        let bytes = Gossip::Roster { version: version.into(), id }.to_bytes();
        bench.input(Input::Gossip { from: bench.peer(1), id: version.into(), bytes });
    }
    let pulls = |bench: &Bench, peer: PublicKey| {
        let rosters = |bytes: &[u8]| matches!(Request::from_bytes(bytes).unwrap(), Request::Rosters { .. });
        let to =
            |output: &&Output| matches!(output, Output::Send { peer: to, bytes, .. } if *to == peer && rosters(bytes));
        bench.outputs.iter().filter(to).count()
    };
    assert_eq!((pulls(&bench, bench.peer(1)), pulls(&bench, bench.peer(2))), (1, 0), "one request at a time");
    let stalled = bench.asked(|request| matches!(request, Request::Rosters { .. })).unwrap();

    // When another peer hints of the one that there is
    let next = bench.consortium.successor(&bench.consortium.chain().newest().clone(), |_| {});
    let hint = Gossip::Roster { version: 1, id: next.id() }.to_bytes();
    bench.input(Input::Gossip { from: bench.peer(2), id: 8, bytes: hint });

    // Then it is asked and its hint passed on
    let asked = bench.asked(|request| matches!(request, Request::Rosters { from_version: 1 })).unwrap();
    assert_eq!(asked.0, bench.peer(2));
    bench.answer(asked, &Response::Rosters { rosters: List::of([next.encode().into()]), more: false });
    assert_eq!(bench.replica.rosters().roster().version, 1);
    let accepted =
        |output: &Output| matches!(output, Output::ValidateGossip { id: 8, acceptance: Acceptance::Accept, .. });
    assert!(bench.outputs.iter().any(accepted));
    assert_eq!(bench.faults(), []);

    // and the first is blamed once it has nothing to show
    bench.answer(stalled, &Response::Rosters { rosters: List::of([]), more: false });
    assert_eq!(bench.faults(), [Fault::WrongAnswer]);
}
