//! Bad cases: what a reader has to refuse, each named by what is wrong with it, with the class of the error.
//!
//! A reader need not tell `malformed` and `not-deterministic` apart; it has to refuse both.

use larum_protocol::{
    batch::{Batch, Header},
    clock::Day,
    codec,
    hash::{Digest, Label, digest},
    limits::STATEMENT_BYTES_MAX,
    log::ForkProof,
    signed::Signed,
    statement::{DerivedTag, Statement},
    vocabulary::{Reason, Stance},
    wire::{Message, Request},
};
use minicbor::Encoder;
use serde_json::{Value, json};

use super::{
    bad_rosters, bad_stewards,
    describe::hex,
    good::{batch_case, first_batch, fork, full_statement, sealed},
    support::{assertion, dispute, node_key, tag},
};

pub(crate) fn bad(kind: &str, bytes: &[u8], error: &str) -> Value {
    json!({"type": kind, "bytes": hex(bytes), "error": error})
}

pub(crate) fn cases() -> Vec<(String, Value)> {
    let mut cases = Vec::new();
    cases.extend(spelling());
    cases.extend(statement_rules());
    cases.extend(headers());
    cases.extend(bodies());
    cases.extend(proofs_and_grants());
    cases.extend(bad_rosters::cases());
    cases.extend(bad_stewards::cases());
    cases.extend(messages());
    cases.into_iter().map(|(name, case)| (format!("bad-{name}"), case)).collect()
}

/// The bytes with `count` of them at `at` replaced.
pub(crate) fn spliced(bytes: &[u8], at: usize, count: usize, with: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.splice(at..at + count, with.iter().copied());
    bytes
}

/// Where the revision of a statement without derived tags lies: array head, subject, empty array, kind, stance.
const REVISION_AT: usize = 1 + 34 + 1 + 1 + 1;

fn spelling() -> Vec<(&'static str, Value)> {
    let good = codec::encode(&assertion());
    let refuse = |bytes: &[u8], error| bad("statement", bytes, error);
    assert_eq!(good[REVISION_AT], 1);
    let mut indefinite = spliced(&good, 0, 1, &[0x9f]);
    indefinite.push(0xff);
    let with_map = spliced(&good, 35, 1, &[0xa2, 0x01, 0x01, 0x01, 0x01]);
    vec![
        ("statement-integer-not-minimal", refuse(&spliced(&good, REVISION_AT, 1, &[0x18, 1]), "not-deterministic")),
        ("statement-array-length-not-minimal", refuse(&spliced(&good, 0, 1, &[0x98, 13]), "not-deterministic")),
        ("statement-indefinite-array", refuse(&indefinite, "not-deterministic")),
        ("statement-trailing-byte", refuse(&[&good[..], &[0]].concat(), "not-deterministic")),
        ("statement-one-element-more", refuse(&one_element_more(&good), "not-deterministic")),
        ("statement-one-element-less", refuse(&spliced(&good[..good.len() - 5], 0, 1, &[0x8c]), "malformed")),
        ("statement-duplicate-keys-in-a-map", refuse(&with_map, "malformed")),
        ("statement-map-instead-of-an-array", refuse(&spliced(&good, 0, 1, &[0xad]), "malformed")),
        ("statement-tagged-integer", refuse(&spliced(&good, REVISION_AT, 1, &[0xc1, 1]), "malformed")),
        ("statement-float", refuse(&spliced(&good, REVISION_AT, 1, &[0xf9, 0x3c, 0]), "malformed")),
        ("statement-negative-integer", refuse(&spliced(&good, REVISION_AT, 1, &[0x20]), "malformed")),
        ("statement-undefined-for-null", refuse(&undefined_for_null(&good), "malformed")),
        ("statement-short-subject", refuse(&spliced(&good, 1, 34, &[&[0x58, 31], &[1; 31][..]].concat()), "malformed")),
        ("statement-cut-short", refuse(&good[..good.len() - 1], "malformed")),
        ("statement-empty", refuse(&[], "malformed")),
        ("statement-invalid-utf8", refuse(&invalid_utf8(), "malformed")),
        ("statement-absurd-count", refuse(&[&good[..35], &[0x9b, 0x10, 0, 0, 0, 0, 0, 0, 0]].concat(), "malformed")),
        ("statement-too-long", refuse(&vec![0x81; STATEMENT_BYTES_MAX + 1], "too-long")),
    ]
}

fn one_element_more(good: &[u8]) -> Vec<u8> {
    let mut bytes = spliced(good, 0, 1, &[0x8e]);
    bytes.push(0xf6);
    bytes
}

fn undefined_for_null(good: &[u8]) -> Vec<u8> {
    let at = good.iter().rposition(|byte| *byte == 0xf6).unwrap();
    spliced(good, at, 1, &[0xf7])
}

fn invalid_utf8() -> Vec<u8> {
    let good = codec::encode(&full_statement());
    let at = good.windows(8).position(|window| window == b"ofac-sdn").unwrap();
    spliced(&good, at, 2, &[0xc0, 0x80])
}

fn statement_rules() -> Vec<(&'static str, Value)> {
    let broken = |change: fn(&mut Statement)| {
        let mut said = full_statement();
        change(&mut said);
        bad("statement", &codec::encode(&said), "rule")
    };
    vec![
        ("statement-revision-0", broken(|said| said.revision = 0)),
        ("statement-unknown-stance", broken(|said| said.stance = Stance::Unknown(4))),
        ("statement-expires-before-observed", broken(|said| said.expires = Day(1))),
        ("statement-kept-too-short", broken(|said| said.keep_until = said.observed)),
        ("statement-asserts-for-a-correction", broken(|said| said.reason = Reason::CorError)),
        ("statement-derived-out-of-order", broken(|said| said.derived.reverse())),
        ("statement-derived-twice", broken(|said| said.derived = vec![DerivedTag { derivation: 1, tag: tag(2) }; 2])),
        (
            "statement-derived-equals-subject",
            broken(|said| said.derived = vec![DerivedTag { derivation: 1, tag: said.subject }]),
        ),
        ("statement-origin-in-capitals", broken(|said| said.origin = Some("OFAC".into()))),
        ("statement-empty-origin", broken(|said| said.origin = Some(String::new()))),
    ]
}

fn resigned(change: impl FnOnce(&mut Header)) -> Signed<Header> {
    let mut header = first_batch().header.value().clone();
    change(&mut header);
    Signed::sign(header, &node_key(1))
}

/// The array `[payload, signature]`.
pub(crate) fn envelope(payload: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    encoder.array(2).unwrap().bytes(payload).unwrap().bytes(signature).unwrap();
    bytes
}

fn headers() -> Vec<(&'static str, Value)> {
    let good = first_batch().header;
    let (payload, bytes) = (codec::encode(good.value()), good.bytes());
    let refuse = |bytes: &[u8], error| bad("header", bytes, error);
    let signature = &bytes[bytes.len() - 64..];
    let in_payload = spliced(bytes, 60, 1, &[bytes[60] ^ 1]);
    let in_signature = spliced(bytes, bytes.len() - 1, 1, &[bytes[bytes.len() - 1] ^ 0x10]);
    let wrong_label = node_key(1).sign(&digest(Label::Announcement, &[&payload])).0;
    let over_payload = node_key(1).sign(&Digest(*blake3::hash(&payload).as_bytes())).0;
    let other_key = node_key(2).sign(&good.id()).0;
    let spelled = |header: &Header| codec::encode(header);
    let long = envelope(&spelled(good.value()), signature);
    assert_eq!(long, bytes);
    vec![
        ("header-flipped-bit-in-payload", refuse(&in_payload, "bad-signature")),
        ("header-flipped-bit-in-signature", refuse(&in_signature, "bad-signature")),
        ("header-signed-under-another-label", refuse(&envelope(&payload, &wrong_label), "bad-signature")),
        ("header-signed-without-a-label", refuse(&envelope(&payload, &over_payload), "bad-signature")),
        ("header-signed-by-another-node", refuse(&envelope(&payload, &other_key), "bad-signature")),
        ("header-signature-of-zeroes", refuse(&envelope(&payload, &[0; 64]), "bad-signature")),
        ("header-short-signature", refuse(&envelope(&payload, &signature[..63]), "malformed")),
        ("header-trailing-byte", refuse(&[bytes, &[0]].concat(), "not-deterministic")),
        (
            "header-payload-trailing-byte",
            refuse(&envelope(&[&payload[..], &[0]].concat(), signature), "not-deterministic"),
        ),
        ("header-of-version-2", refuse(resigned(|header| header.version = 2).bytes(), "unknown-version")),
        ("header-of-version-0", refuse(resigned(|header| header.version = 0).bytes(), "unknown-version")),
        ("header-too-long", refuse(&envelope(&[0x8d; 500], signature), "too-long")),
        ("header-small-order-key", refuse(&small_order(good.value()), "bad-signature")),
    ]
}

/// Under the key 1 (the neutral element) and a signature of R = 1, s = 0, lax verifiers accept every message.
fn small_order(header: &Header) -> Vec<u8> {
    let mut header = header.clone();
    let mut neutral = [0; 32];
    neutral[0] = 1;
    header.log.node = larum_protocol::keys::PublicKey(neutral);
    let mut signature = [0; 64];
    signature[0] = 1;
    envelope(&codec::encode(&header), &signature)
}

fn bad_batch(header: &Signed<Header>, body: &[u8], error: &str) -> Value {
    json!({"type": "batch", "bytes": hex(header.bytes()), "body": hex(body), "error": error})
}

/// A batch whose header fits the body's bytes, whatever they are.
fn batch_of(body: &[u8], error: &str) -> Value {
    let header = resigned(|header| {
        header.body = digest(Label::Body, &[body]);
        header.body_bytes = body.len() as u32;
    });
    bad_batch(&header, body, error)
}

fn bodies() -> Vec<(&'static str, Value)> {
    let batch = first_batch();
    let body = batch.body.clone().unwrap();
    assert!(batch_case(&batch).get("error").is_none());
    let flipped = spliced(&body, 40, 1, &[body[40] ^ 1]);
    let resummed = |change: fn(&mut Header)| resigned(change);
    let ruled = |change: fn(&mut Header)| bad_batch(&resigned(change), &body, "rule");
    let long_revision = spliced(&body, REVISION_AT, 1, &[0x18, 1]);
    let bad_second = [codec::encode(&assertion()), codec::encode(&Statement { revision: 0, ..dispute() })].concat();
    vec![
        ("batch-flipped-bit-in-body", bad_batch(&batch.header, &flipped, "wrong-body")),
        ("batch-body-cut-short", bad_batch(&batch.header, &body[..body.len() - 1], "wrong-body")),
        ("batch-body-empty", bad_batch(&batch.header, &[], "wrong-body")),
        ("batch-statement-not-minimal", batch_of(&long_revision, "not-deterministic")),
        ("batch-trailing-byte-in-body", batch_of(&[&body[..], &[0]].concat(), "malformed")),
        ("batch-statement-breaks-a-rule", batch_of(&bad_second, "rule")),
        ("batch-wrong-count", bad_batch(&resummed(|header| header.counts.asserts = 2), &body, "wrong-summary")),
        ("batch-absurd-count", bad_batch(&resummed(|header| header.counts.asserts = u64::MAX), &body, "wrong-summary")),
        ("batch-wrong-keep-until", bad_batch(&resummed(|header| header.keep_until = Day(1)), &body, "wrong-summary")),
        ("batch-number-0", ruled(|header| header.seq = 0)),
        ("batch-second-without-predecessor", ruled(|header| header.seq = 2)),
        ("batch-first-with-predecessor", ruled(|header| header.prev = Some(Digest([1; 32])))),
        ("batch-floor-0", ruled(|header| header.floor = 0)),
        ("batch-floor-above-itself", ruled(|header| header.floor = 2)),
        ("batch-body-of-no-bytes", ruled(|header| header.body_bytes = 0)),
        ("batch-body-beyond-the-limit", ruled(|header| header.body_bytes = (1 << 20) + 1)),
    ]
}

fn two(first: &[u8], second: &[u8]) -> Vec<u8> {
    envelope(first, second)
}

fn proofs_and_grants() -> Vec<(&'static str, Value)> {
    let fork = fork();
    let [first, second] = fork.headers().map(|header| header.bytes().to_vec());
    let other_place: Batch = first_batch();
    let tampered = spliced(&second, second.len() - 1, 1, &[second[second.len() - 1] ^ 0x10]);
    assert_eq!(ForkProof::decode(&two(&first, &second)).unwrap(), fork);
    let grant = sealed();
    let grant_case = |seed: [u8; 32], commitment: [u8; 32], error: &str| {
        json!({
            "type": "grant", "bytes": hex(grant.bytes()), "sealing_seed": hex(seed), "commitment": hex(commitment),
            "error": error,
        })
    };
    let commitment = larum_protocol::tag::Salt::new(super::support::SALT).commitment(1).0;
    let mut readdressed = grant.value().clone();
    readdressed.to = larum_protocol::roster::MemberId(3);
    let readdressed = Signed::sign(readdressed, &node_key(1));
    let mut for_another = grant_case([2; 32], commitment, "does-not-open");
    for_another["bytes"] = json!(hex(readdressed.bytes()));
    vec![
        ("fork-proof-in-the-other-order", bad("fork-proof", &two(&second, &first), "no-contradiction")),
        ("fork-proof-of-one-header-twice", bad("fork-proof", &two(&first, &first), "no-contradiction")),
        ("fork-proof-of-two-numbers", bad("fork-proof", &two(other_place.header.bytes(), &second), "no-contradiction")),
        ("fork-proof-bad-signature", bad("fork-proof", &two(&first, &tampered), "bad-signature")),
        ("grant-opened-by-another-member", grant_case([3; 32], commitment, "does-not-open")),
        ("grant-of-another-salt", grant_case([2; 32], [0; 32], "wrong-salt")),
        ("grant-readdressed", for_another),
    ]
}

fn messages() -> Vec<(&'static str, Value)> {
    let good = Request::Grant { epoch: 1 }.to_bytes();
    let refuse = |bytes: &[u8], error| bad("request", bytes, error);
    let null_at_end = spliced(&Request::Heads { digest: Digest([4; 32]), after: None }.to_bytes(), 0, 0, &[]);
    vec![
        ("request-of-version-2", refuse(&spliced(&good, 1, 1, &[2]), "unknown-version")),
        ("request-of-version-0", refuse(&spliced(&good, 1, 1, &[0]), "malformed")),
        ("request-of-no-known-kind", refuse(&spliced(&good, 3, 1, &[23]), "malformed")),
        ("request-trailing-byte", refuse(&[&good[..], &[0]].concat(), "not-deterministic")),
        ("request-cut-short", refuse(&null_at_end[..null_at_end.len() - 1], "malformed")),
        ("request-nested-a-thousand-deep", refuse(&[0x81; 1_000], "malformed")),
        ("response-absurd-list", bad("response", &[0x82, 1, 0x83, 5, 0x9b, 0x10, 0, 0, 0, 0, 0, 0, 0], "malformed")),
    ]
}
