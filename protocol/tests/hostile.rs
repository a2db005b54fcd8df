//! What fuzzing found (`tests/fuzz`): objects of insiders that once made a node panic, or take far more memory than
//! they have bytes.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::collections::{BTreeMap, HashMap};

use larum_protocol::{
    announcement::Announcement,
    batch::{BatchError, Header, read_body},
    codec::DecodeError,
    coverage::{Coverage, Known, State},
    hash::{Digest, Label, digest},
    ledger::RosterIndex,
    limits::{ADDRESSES_PER_NODE_MAX, SEQ_MAX},
    log::{ForkProof, ForkProofError},
    replica::{Acceptance, Config, Input, Kept, Output, Replica},
    roster::{RosterDecodeError, SignedRoster},
    signed::{Signed, SignedObject},
    wire::{Gossip, Message},
};
use support::*;

fn signed_header(change: impl FnOnce(&mut Header)) -> Signed<Header> {
    let mut header = Header::clone(&batch(2, None, &[assertion()]).header);
    change(&mut header);
    Signed::sign(header, &node_key(2))
}

/// The bytes of a fork proof, whatever its headers say.
fn proof_bytes(one: &Signed<Header>, other: &Signed<Header>) -> Vec<u8> {
    let (first, second) = if one.id() < other.id() { (one, other) } else { (other, one) };
    let mut encoder = minicbor::Encoder::new(Vec::new());
    encoder.array(2).unwrap().bytes(first.bytes()).unwrap().bytes(second.bytes()).unwrap();
    encoder.into_writer()
}

fn replica() -> Replica {
    let config =
        Config { key: node_key(1), own: log_of(1), announce_every_ms: 1_000, sync_every_ms: (1_000, 2_000), seed: 1 };
    let kept = Kept { chain: chain(3), logs: BTreeMap::new(), proofs: Vec::new(), announcements: Vec::new() };
    Replica::new(config, kept)
}

#[test]
fn a_fork_proof_at_number_zero_proves_nothing_and_its_relay_is_to_blame() {
    // Given two headers of one log, both of number 0, that their author signed
    let [one, other] = [1, 2].map(|epoch| signed_header(|header| (header.seq, header.epoch) = (0, epoch)));
    let bytes = proof_bytes(&one, &other);
    // Then they are no proof: nothing comes before number 0
    assert_eq!(ForkProof::decode(&bytes), Err(ForkProofError::NoContradiction));
    assert_eq!(ForkProof::new(one, other), None);
    // And a node that hears of them goes on
    let (mut replica, from) = (replica(), node_key(3).public());
    let bytes = Gossip::Fork(bytes.into()).to_bytes();
    let outputs = replica.handle(now(), Input::Gossip { from, id: 1, bytes });
    let rejected =
        |output: &Output| matches!(output, Output::ValidateGossip { id: 1, acceptance: Acceptance::Reject, .. });
    assert!(outputs.iter().any(rejected));
    assert_eq!(replica.proofs().count(), 0);
}

#[test]
fn a_fork_proof_of_sound_headers_is_one() {
    let [one, other] = [1, 2].map(|epoch| signed_header(|header| header.epoch = epoch));
    assert!(ForkProof::decode(&proof_bytes(&one, &other)).is_ok());
}

#[test]
fn the_highest_number_leaves_room_to_count_on() {
    let last =
        |seq| signed_header(|header| (header.seq, header.floor, header.prev) = (seq, seq, Some(Digest([1; 32]))));
    assert_eq!(last(SEQ_MAX).check(), Ok(()));
    assert_eq!(last(SEQ_MAX + 1).check(), Err(BatchError::BadPlace));
    assert_eq!(last(u64::MAX).check(), Err(BatchError::BadPlace));
}

#[test]
fn two_members_that_announce_the_end_of_all_numbers_leave_a_node_catching_up() {
    let roster = RosterIndex::new(genesis(3));
    let word = |member| Announcement {
        version: Announcement::VERSION,
        consortium: Digest::default(),
        log: log_of(member),
        seq: u64::MAX,
        hash: Some(Digest::default()),
        floor: 1,
        roster: 0,
        time: now(),
    };
    let announcements = [2, 3].map(|member| (log_of(member), word(member))).into();
    let known = Known {
        roster: &roster,
        rival_roster: false,
        own: None,
        cut_off: false,
        announcements: &announcements,
        heads: &BTreeMap::new(),
        logs: &HashMap::new(),
        heads_digest: Digest::default(),
        now: now(),
    };
    let coverage = Coverage::of(&known);
    assert_eq!((coverage.state, coverage.missing), (State::CatchingUp, u64::MAX));
}

#[test]
fn a_header_far_ahead_and_an_announcement_of_the_last_number_are_counted_together() {
    // Given a replica that heard of the last number of one log and of a header far ahead in another
    let mut replica = replica();
    let from = node_key(3).public();
    let word = Announcement {
        version: Announcement::VERSION,
        consortium: chain(3).consortium(),
        log: log_of(3),
        seq: u64::MAX,
        hash: Some(Digest::default()),
        floor: 1,
        roster: 0,
        time: now(),
    };
    let announcement = Gossip::Announcement(Signed::sign(word, &node_key(3)).bytes().to_vec().into());
    let ahead = signed_header(|header| (header.seq, header.prev) = (SEQ_MAX, Some(Digest([1; 32]))));
    let batch = Gossip::Batch { header: ahead.bytes().to_vec().into(), body: None };
    for (id, message) in [(1, announcement), (2, batch)] {
        replica.handle(now(), Input::Gossip { from, id, bytes: message.to_bytes() });
    }
    // Then its coverage says that it is behind
    let coverage = replica.coverage(now());
    assert_eq!((coverage.state, coverage.missing), (State::CatchingUp, u64::MAX));
}

#[test]
fn addresses_beyond_the_limit_are_refused_before_they_are_kept() {
    // An empty text is one byte on the wire and 24 in memory
    let bytes = |count| {
        let mut roster = genesis(1);
        roster.members[0].nodes[0].addresses = vec![String::new(); count];
        let mut encoder = minicbor::Encoder::new(Vec::new());
        encoder.array(2).unwrap().bytes(&minicbor::to_vec(&roster).unwrap()).unwrap().array(0).unwrap();
        encoder.into_writer()
    };
    assert!(SignedRoster::decode(&bytes(ADDRESSES_PER_NODE_MAX)).is_ok());
    for count in [ADDRESSES_PER_NODE_MAX + 1, 1_000_000] {
        let refused = SignedRoster::decode(&bytes(count));
        assert!(matches!(refused, Err(RosterDecodeError::Decode(DecodeError::Malformed(_)))), "{count}");
    }
}

#[test]
fn nesting_of_indefinite_length_in_a_body_is_refused_before_it_is_followed() {
    // Given a statement with a field more than statements have, in which arrays without an end nest deeply
    let depth = 100_000;
    let mut body = minicbor::to_vec(assertion()).unwrap();
    body[0] += 1;
    body.extend([0x82, 0x9f].repeat(depth));
    body.extend([0xff, 0].repeat(depth));
    let header = signed_header(|header| {
        header.body = digest(Label::Body, &[&body]);
        header.body_bytes = body.len() as u32;
    });
    // Then it is refused for them, and not for its length once the decoder has kept 16 bytes for each level
    let refused = BatchError::Decode { index: 0, error: DecodeError::NotDeterministic };
    assert_eq!(read_body(&header, &body), Err(refused));
}
