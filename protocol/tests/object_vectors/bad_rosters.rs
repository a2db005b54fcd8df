//! Bad cases: rosters that break their own rules, or do not follow.

use larum_protocol::{
    codec,
    hash::Digest,
    roster::{Epoch, MemberStatus, Roster, SignedRoster},
    tag::{Custody, Stretch},
};
use minicbor::Encoder;
use serde_json::{Value, json};

use super::{
    bad::{bad, spliced},
    describe::hex,
    good::successor,
    support::{genesis, signed},
};

pub(crate) fn cases() -> Vec<(&'static str, Value)> {
    let (genesis_roster, next) = successor();
    let next = next.roster().clone();
    let after = |roster: Roster, governors: &[u8], error: &str| {
        let mut case = bad("roster", &signed(roster, governors).encode(), error);
        case["before"] = json!(hex(genesis_roster.encode()));
        case
    };
    let changed = |change: fn(&mut Roster)| {
        let mut roster = next.clone();
        change(&mut roster);
        roster
    };
    let alone = |change: fn(&mut Roster)| {
        let mut roster = genesis(2);
        change(&mut roster);
        bad("roster", &roster_bytes(&roster), "rule")
    };
    let unordered = {
        let SignedParts { payload, mut signatures } = parts(&signed(genesis(2), &[0, 1]));
        signatures.reverse();
        roster_envelope(&payload, &signatures)
    };
    vec![
        ("roster-too-few-signatures", after(next.clone(), &[0], "too-few-signatures")),
        ("roster-signed-by-strangers", after(next.clone(), &[7, 8], "too-few-signatures")),
        (
            "roster-of-another-chain",
            after(changed(|roster| roster.prev = Some(Digest([1; 32]))), &[0, 1], "does-not-follow"),
        ),
        ("roster-version-left-out", after(changed(|roster| roster.version = 2), &[0, 1], "does-not-follow")),
        ("roster-drops-a-member", after(changed(|roster| drop(roster.members.remove(0))), &[0, 1], "rewrites")),
        ("roster-drops-a-node", after(changed(|roster| roster.members[1].nodes.clear()), &[0, 1], "rewrites")),
        ("roster-signatures-out-of-order", bad("roster", &unordered, "signatures")),
        ("roster-genesis-with-predecessor", alone(|roster| roster.prev = Some(Digest([1; 32])))),
        ("roster-threshold-0", alone(|roster| roster.threshold = 0)),
        ("roster-threshold-beyond-governors", alone(|roster| roster.threshold = 4)),
        ("roster-members-out-of-order", alone(|roster| roster.members.reverse())),
        ("roster-name-twice", alone(|roster| roster.members[1].name = "EMPLOYER 1".into())),
        ("roster-name-empty", alone(|roster| roster.name = String::new())),
        ("roster-certificate-of-another-node", alone(swap_certificates)),
        ("roster-no-epoch", alone(|roster| roster.epochs.clear())),
        ("roster-two-epochs-without-end", alone(two_open_epochs)),
        ("roster-stretch-beyond-any-node", alone(|roster| roster.policy.kinds[0].custody = too_costly())),
        ("roster-victims-for-two-years", alone(|roster| roster.policy.victim_life_days = 730)),
        ("roster-unknown-status", bad("roster", &unknown_status(), "malformed")),
    ]
}

fn swap_certificates(roster: &mut Roster) {
    let first = roster.members[0].nodes[0].certificate;
    roster.members[1].nodes[0].certificate = first;
}

fn two_open_epochs(roster: &mut Roster) {
    roster.epochs.push(Epoch { number: 2, ..roster.epochs[0].clone() });
}

const fn too_costly() -> Custody {
    Custody::Shared(Some(Stretch { memory_kib: 1 << 20, passes: 2, lanes: 1 }))
}

/// A member's status is the element behind its sealing key; 3 is none.
fn unknown_status() -> Vec<u8> {
    let mut roster = genesis(1);
    roster.members[0].status = MemberStatus::Removed;
    let payload = codec::encode(&roster);
    let sealing = roster.members[0].sealing.0;
    let at = payload.windows(32).position(|window| window == sealing).unwrap() + 32;
    assert_eq!(payload[at], 2);
    roster_envelope(&spliced(&payload, at, 1, &[3]), &[])
}

struct SignedParts {
    payload: Vec<u8>,
    signatures: Vec<([u8; 32], [u8; 64])>,
}

fn parts(roster: &SignedRoster) -> SignedParts {
    let signatures = roster.signatures().iter().map(|given| (given.governor.0, given.signature.0));
    SignedParts { payload: codec::encode(roster.roster()), signatures: signatures.collect() }
}

/// An unsigned roster that need not keep its own rules.
pub(crate) fn roster_bytes(roster: &Roster) -> Vec<u8> {
    roster_envelope(&codec::encode(roster), &[])
}

fn roster_envelope(payload: &[u8], signatures: &[([u8; 32], [u8; 64])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    encoder.array(2).unwrap().bytes(payload).unwrap().array(signatures.len() as u64).unwrap();
    for (governor, signature) in signatures {
        encoder.array(2).unwrap().bytes(governor).unwrap().bytes(signature).unwrap();
    }
    bytes
}
