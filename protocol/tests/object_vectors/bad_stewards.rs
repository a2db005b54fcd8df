//! Bad cases of split custody: rosters that name stewards as they must not, and messages that are none.

use larum_protocol::{
    clock::Day,
    codec,
    hash::Digest,
    limits::STEWARD_MESSAGE_BYTES_MAX,
    oprf::{ELEMENTS_MAX, Element, Evaluation, Proof},
    roster::{Budget, Epoch, Plan, Roster, SignedRoster, Stewards},
    signed::Signed,
    steward::{Acknowledgement, Asked, Evaluated, NotNow, Question, Reply},
    tag::Custody,
    wire::{List, Message},
};
use minicbor::Encoder;
use serde_json::Value;

use super::{
    answers::{acknowledgement, evaluated, question},
    bad::{bad, envelope, spliced},
    bad_rosters::roster_bytes,
    ceremonies::{Story, behind, story},
    support::{
        genesis, node_key, signed,
        stewards::{made, plan_of_key, plan_of_shares, using},
        successor,
    },
};

pub(crate) fn cases() -> Vec<(&'static str, Value)> {
    let story = story();
    let mut cases = rules(&story);
    cases.extend(formats(&story));
    cases.extend(successions(&story));
    cases.extend(signed_answers(&story));
    cases.extend(questions());
    cases.extend(replies());
    cases
}

/// The roster with the first stewards, changed so that it breaks its own rules.
fn rules(story: &Story) -> Vec<(&'static str, Value)> {
    let broken = |change: &dyn Fn(&mut Roster)| {
        let mut roster = story.chain.since(0)[2].roster().clone();
        change(&mut roster);
        roster.format = roster.format_needed();
        bad("roster", &roster_bytes(&roster), "rule")
    };
    let stewards = |change: fn(&mut Stewards)| broken(&|roster| change(roster.epochs[1].stewards.as_mut().unwrap()));
    let planned = |plan: Plan| broken(&move |roster| roster.plan = Some(plan.clone()));
    let new_key = plan_of_key(3, 2, &[3, 4, 5]);
    let new_shares = plan_of_shares(&story.first, 2, &[3, 4, 5], &[1, 2]);
    let founding = {
        let mut roster = genesis(3);
        roster.epochs = vec![story.chain.since(0)[2].roster().epochs[1].clone()];
        roster.format = roster.format_needed();
        bad("roster", &roster_bytes(&roster), "rule")
    };
    vec![
        ("roster-two-stewards-of-one-member", stewards(|of| of.stewards[2].node = of.stewards[0].node)),
        ("roster-stewards-threshold-1", stewards(|of| of.threshold = 1)),
        ("roster-stewards-threshold-beyond-them", stewards(|of| of.threshold = 4)),
        ("roster-steward-unknown", stewards(|of| of.stewards[0].node = node_key(9).public())),
        ("roster-stewards-out-of-order", stewards(|of| of.stewards.reverse())),
        ("roster-steward-number-0", stewards(|of| of.stewards[0].number = 0)),
        ("roster-steward-number-16", stewards(|of| of.stewards[2].number = 16)),
        ("roster-shares-not-on-one-polynomial", stewards(|of| of.stewards[1].share = of.stewards[0].share)),
        ("roster-share-is-no-element", stewards(|of| of.stewards[0].share = Element([0xff; 32]))),
        ("roster-share-is-the-identity", stewards(|of| of.stewards[0].share = Element([0; 32]))),
        ("roster-stewards-generation-0", stewards(|of| of.generation = 0)),
        ("roster-budget-0", stewards(|of| of.budget = Budget(0))),
        ("roster-budget-too-small-to-divide", stewards(|of| of.budget = Budget(1))),
        ("roster-budget-too-large", stewards(|of| of.budget = Budget(1_000_000_001))),
        ("roster-one-key-in-two-epochs", broken(&one_key_in_two_epochs)),
        ("roster-genesis-with-stewards", founding),
        ("roster-plan-threshold-1", planned(Plan { threshold: 1, ..new_key.clone() })),
        ("roster-plan-of-one-member-twice", planned(Plan { nodes: vec![new_key.nodes[0]; 2], ..new_key.clone() })),
        ("roster-plan-of-an-epoch-after-the-next", planned(Plan { epoch: 4, ..new_key.clone() })),
        ("roster-plan-of-an-epoch-without-stewards", planned(Plan { epoch: 1, ..new_key.clone() })),
        ("roster-plan-of-a-key-in-generation-2", planned(Plan { generation: 2, ..new_key.clone() })),
        ("roster-plan-of-a-key-with-dealers", planned(Plan { dealers: vec![1, 2], ..new_key })),
        ("roster-plan-of-the-same-generation", planned(Plan { generation: 1, ..new_shares.clone() })),
        ("roster-plan-too-few-dealers", planned(Plan { dealers: vec![1], ..new_shares.clone() })),
        ("roster-plan-too-many-dealers", planned(Plan { dealers: vec![1, 2, 3], ..new_shares.clone() })),
        ("roster-plan-dealers-out-of-order", planned(Plan { dealers: vec![2, 1], ..new_shares.clone() })),
        ("roster-plan-dealer-unknown", planned(Plan { dealers: vec![1, 4], ..new_shares })),
    ]
}

fn one_key_in_two_epochs(roster: &mut Roster) {
    roster.epochs[1].until = Some(Day(30_000));
    roster.epochs.push(Epoch { number: 3, until: None, ..roster.epochs[1].clone() });
}

fn formats(story: &Story) -> Vec<(&'static str, Value)> {
    let of = |mut roster: Roster, format: u8, error: &str| {
        roster.format = format;
        bad("roster", &roster_bytes(&roster), error)
    };
    let with_stewards = || story.chain.since(0)[2].roster().clone();
    let planning = || story.chain.since(0)[1].roster().clone();
    let split = || {
        let mut roster = genesis(2);
        roster.policy.kinds[0].custody = Custody::Split(None);
        roster
    };
    vec![
        ("roster-format-1-with-stewards", of(with_stewards(), 1, "rule")),
        ("roster-format-1-with-a-plan", of(planning(), 1, "rule")),
        ("roster-format-1-with-split-custody", of(split(), 1, "rule")),
        ("roster-format-2-without-any", of(genesis(2), 2, "rule")),
        ("roster-format-0", of(genesis(2), 0, "unknown-version")),
        ("roster-format-3", of(with_stewards(), 3, "unknown-version")),
        ("roster-format-3-with-more-fields", bad("roster", &of_a_later_format(), "unknown-version")),
    ]
}

/// What a reader of this version cannot know: it has to say so and not that somebody lies.
fn of_a_later_format() -> Vec<u8> {
    let mut payload = Encoder::new(Vec::new());
    payload.array(2).unwrap().u8(3).unwrap().str("later").unwrap();
    let mut roster = Encoder::new(Vec::new());
    roster.array(2).unwrap().bytes(payload.writer()).unwrap().array(0).unwrap();
    roster.into_writer()
}

/// Rosters that keep their own rules and do not follow.
fn successions(story: &Story) -> Vec<(&'static str, Value)> {
    let rosters = story.chain.since(0);
    let after = |before: &[SignedRoster], change: &dyn Fn(&mut Roster)| {
        let mut next = successor(before.last().unwrap(), change);
        next.format = next.format_needed();
        behind(before, bad("roster", &signed(next, &[0, 1]).encode(), "rewrites"))
    };
    let unplanned = using(&rosters[0], &story.first);
    let unplanned = behind(&rosters[..1], bad("roster", &signed(unplanned, &[0, 1]).encode(), "rewrites"));
    let other_key = {
        let plan = Plan { nonce: Digest([77; 32]), ..story.first.plan.clone() };
        made(&plan, &story.chain.consortium()).stewards()
    };
    let of_second = |change: fn(&mut Stewards)| {
        let mut stewards = story.second.stewards();
        change(&mut stewards);
        after(&rosters[..4], &move |roster| {
            (roster.plan, roster.epochs[1].stewards) = (None, Some(stewards.clone()));
        })
    };
    let not_split = |roster: &mut Roster| {
        let kind = &mut roster.policy.kinds[0];
        kind.custody = Custody::Shared(kind.custody.stretch());
    };
    let taken_back = |roster: &mut Roster| {
        roster.epochs.truncate(1);
        roster.epochs[0].until = None;
    };
    vec![
        ("roster-stewards-without-a-plan", unplanned),
        (
            "roster-new-shares-without-a-plan",
            after(&rosters[..3], &|roster| {
                roster.epochs[1].stewards = Some(story.second.stewards());
            }),
        ),
        (
            "roster-key-changes-within-an-epoch",
            after(&rosters[..3], &|roster| {
                roster.epochs[1].stewards = Some(other_key.clone());
            }),
        ),
        ("roster-stewards-of-another-generation", of_second(|of| of.generation = 3)),
        ("roster-stewards-other-than-planned", of_second(|of| of.stewards[0].node = node_key(1).public())),
        ("roster-stewards-fewer-than-planned", of_second(|of| of.stewards.truncate(3))),
        (
            "roster-stewards-dropped-within-an-epoch",
            after(&rosters[..3], &|roster| {
                roster.epochs[1].stewards = None;
            }),
        ),
        (
            "roster-stewards-after-an-epoch-began",
            after(&rosters[..2], &|roster| {
                roster.plan = None;
                roster.epochs[0].stewards = Some(story.first.stewards());
            }),
        ),
        ("roster-kind-no-longer-split-within-an-epoch", after(&rosters[..3], &not_split)),
        ("roster-newest-epoch-taken-back", after(&rosters[..3], &taken_back)),
    ]
}

fn signed_answers(story: &Story) -> Vec<(&'static str, Value)> {
    let (answer, word) = (evaluated(story), acknowledgement(story));
    let flipped = |bytes: &[u8], at: usize| spliced(bytes, at, 1, &[bytes[at] ^ 1]);
    let resigned = |change: fn(&mut Evaluated)| {
        let mut changed = answer.value().clone();
        change(&mut changed);
        Signed::sign(changed, &node_key(2)).bytes().to_vec()
    };
    let many = |of: &mut Evaluated| {
        of.evaluation = Evaluation { elements: vec![Element([1; 32]); ELEMENTS_MAX + 1], proof: Proof([2; 64]) };
    };
    vec![
        ("evaluated-flipped-bit", bad("evaluated", &flipped(answer.bytes(), 60), "bad-signature")),
        (
            "evaluated-signed-by-another-node",
            bad(
                "evaluated",
                &envelope(&codec::encode(answer.value()), &node_key(3).sign(&answer.id()).0),
                "bad-signature",
            ),
        ),
        ("evaluated-of-version-2", bad("evaluated", &resigned(|of| of.version = 2), "unknown-version")),
        ("evaluated-too-many-elements", bad("evaluated", &resigned(many), "malformed")),
        ("acknowledgement-flipped-bit", bad("acknowledgement", &flipped(word.bytes(), 60), "bad-signature")),
        ("acknowledgement-taken-for-an-answer", bad("evaluated", word.bytes(), "malformed")),
        ("acknowledgement-too-many-shares", bad("acknowledgement", &sixteen_shares(word.value()), "malformed")),
    ]
}

fn sixteen_shares(word: &Acknowledgement) -> Vec<u8> {
    let mut payload = codec::encode(word);
    let at = payload.len() - word.shares.len() * 34 - 1;
    assert_eq!(payload[at], 0x83);
    payload.truncate(at);
    payload.push(0x90);
    payload.extend((0..16).flat_map(|_| codec::encode(&Element([1; 32]))));
    envelope(&payload, &[0; 64])
}

fn questions() -> Vec<(&'static str, Value)> {
    let refuse = |bytes: &[u8], error| bad("question", bytes, error);
    let good = Question::Evaluate(question()).to_bytes();
    // Version and kind, epoch and generation, then the elements.
    let head: &[u8] = &[0x82, 1, 0x82, 0, 0x83, 2, 1];
    assert!(good.starts_with(head));
    let of = |array: &[u8], count: usize| {
        let elements = (0..count).flat_map(|_| codec::encode(&Element([1; 32])));
        [head, array].concat().into_iter().chain(elements).collect::<Vec<u8>>()
    };
    let full = Asked { elements: List::of(vec![Element([1; 32]); ELEMENTS_MAX]), ..question() };
    assert_eq!(Question::Evaluate(full).to_bytes(), of(&[0x99, 0x03, 0xe8], ELEMENTS_MAX));
    vec![
        ("question-absurd-count", refuse(&of(&[0x9b, 0x10, 0, 0, 0, 0, 0, 0, 0], 1), "malformed")),
        ("question-too-many-elements", refuse(&of(&[0x99, 0x03, 0xe9], ELEMENTS_MAX + 1), "malformed")),
        ("question-no-element", refuse(&of(&[0x80], 0), "malformed")),
        ("question-too-long", refuse(&vec![0x82; STEWARD_MESSAGE_BYTES_MAX + 1], "too-long")),
        ("question-short-element", refuse(&[head, &[0x81, 0x58, 31], &[1; 31]].concat(), "malformed")),
        ("question-cut-short", refuse(&good[..good.len() - 1], "malformed")),
        ("question-trailing-byte", refuse(&[&good[..], &[0]].concat(), "not-deterministic")),
        ("question-integer-not-minimal", refuse(&spliced(&good, 5, 1, &[0x18, 2]), "not-deterministic")),
        ("question-of-version-2", refuse(&spliced(&good, 1, 1, &[2]), "unknown-version")),
        ("question-of-no-known-kind", refuse(&[0x82, 1, 0x82, 4, 0], "malformed")),
    ]
}

fn replies() -> Vec<(&'static str, Value)> {
    let refuse = |bytes: &[u8], error| bad("reply", bytes, error);
    let good = Reply::NotNow(NotNow::BadElement).to_bytes();
    assert_eq!(good, [0x82, 1, 0x82, 2, 6]);
    vec![
        ("reply-of-no-known-reason", refuse(&[0x82, 1, 0x82, 2, 9], "malformed")),
        ("reply-of-no-known-kind", refuse(&[0x82, 1, 0x82, 6, 0], "malformed")),
        ("reply-absurd-length", refuse(&[0x82, 1, 0x82, 3, 0x5b, 0x10, 0, 0, 0, 0, 0, 0, 0], "malformed")),
        ("reply-seconds-beyond-32-bits", refuse(&[0x82, 1, 0x83, 1, 0, 0x1b, 0, 0, 0, 1, 0, 0, 0, 0], "malformed")),
    ]
}
