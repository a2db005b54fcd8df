//! Signed objects: what verifies, what does not, and with which error.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use larum_protocol::{
    announcement::Announcement,
    batch::{Batch, BatchError, Header, encode_body, read_body, read_body_on_own_disk, statement_at},
    clock::Day,
    codec::{self, DecodeError},
    hash::{Digest, Label, digest},
    keys::{SealingSecretKey, SecretKey},
    limits::{BODY_BYTES_MAX, DERIVED_MAX, LIFE_DAYS_MAX},
    log::{ForkProof, Head, LogError, follows},
    roster::{Accepted, MemberId, MemberStatus, RosterChain, RosterError, SignedRoster},
    salt::{GrantError, GrantScope, grant},
    signed::{Signed, SignedObject, Unverified},
    statement::{DerivedTag, Statement, StatementError},
    tag::Salt,
    vocabulary::{Reason, Stance},
};
use proptest::prelude::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use support::*;

fn reread(bytes: &[u8]) -> Result<Signed<Header>, String> {
    let unverified = Unverified::<Header>::decode(bytes).map_err(|error| error.to_string())?;
    unverified.verify().map_err(|error| error.to_string())
}

proptest! {
    #[test]
    fn one_flipped_bit_anywhere_in_a_header_never_verifies(bit in 0..8_usize, at in any::<prop::sample::Index>()) {
        let batch = batch(1, None, &[assertion()]);
        let mut bytes = batch.header.bytes().to_vec();
        prop_assert_eq!(&reread(&bytes).unwrap(), &batch.header);
        bytes[at.index(batch.header.bytes().len())] ^= 1 << bit;
        prop_assert!(reread(&bytes).is_err());
    }

    #[test]
    fn one_flipped_bit_anywhere_in_a_body_never_passes(bit in 0..8_usize, at in any::<prop::sample::Index>()) {
        let batch = batch(1, None, &[assertion(), dispute()]);
        let mut body = batch.body.clone().unwrap();
        let at = at.index(body.len());
        body[at] ^= 1 << bit;
        prop_assert_eq!(read_body(&batch.header, &body), Err(BatchError::WrongBody));
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(reread(&bytes).is_err());
        prop_assert!(SignedRoster::decode(&bytes).is_err());
        prop_assert!(ForkProof::decode(&bytes).is_err());
        prop_assert!(Unverified::<Announcement>::decode(&bytes).is_err());
        let _ = statement_at(&bytes);
    }

    #[test]
    fn what_is_written_is_read_back(revision in 1..u64::MAX, derived in 0..DERIVED_MAX, origin in "[a-z0-9-]{1,64}") {
        let derived = (0..derived).map(|n| DerivedTag { derivation: 256 + n as u16, tag: tag(9) }).collect();
        let statement = Statement { revision, derived, origin: Some(origin), ..assertion() };
        prop_assert_eq!(statement.check(), Ok(()));
        let bytes = codec::encode(&statement);
        prop_assert_eq!(statement_at(&bytes).unwrap(), statement);
    }
}

#[test]
fn the_short_way_from_the_own_disk_reads_the_same() {
    let batch = batch(1, None, &[assertion(), dispute()]);
    assert_eq!(read_body_on_own_disk(batch.body.as_deref().unwrap()).unwrap(), batch.statements);
    let bytes = batch.header.bytes();
    assert_eq!(&Unverified::<Header>::value_on_own_disk(bytes).unwrap(), batch.header.value());
    // And what is no header, or no statements, is an error here too
    assert!(Unverified::<Header>::value_on_own_disk(&bytes[1..]).is_err());
    assert!(read_body_on_own_disk(&batch.body.unwrap()[1..]).is_err());
}

#[test]
fn another_spelling_of_the_same_statement_is_refused() {
    // Given a statement whose revision, 1, is spelled in two bytes instead of one
    let body = encode_body([&assertion()]);
    let revision_at = 1 + 34 + 1 + 1 + 1;
    assert_eq!(body[revision_at], 1);
    let mut longer = body[..revision_at].to_vec();
    longer.extend([0x18, 0x01]);
    longer.extend(&body[revision_at + 1..]);
    // When a header commits to it
    let mut header = batch(1, None, &[assertion()]).header.value().clone();
    header.body = digest(Label::Body, &[&longer]);
    header.body_bytes = longer.len() as u32;
    // Then it is refused although the digest fits
    let refused = BatchError::Decode { index: 0, error: DecodeError::NotDeterministic };
    assert_eq!(read_body(&header, &longer), Err(refused));
}

#[test]
fn a_header_that_misstates_its_body_is_refused() {
    let good = batch(1, None, &[assertion(), withdrawal(2)]);
    let body = good.body.as_deref().unwrap();
    let wrong = |change: fn(&mut Header)| {
        let mut header = good.header.value().clone();
        change(&mut header);
        read_body(&header, body)
    };
    assert!(wrong(|_| ()).is_ok());
    assert_eq!(wrong(|header| header.counts.asserts = 2), Err(BatchError::WrongSummary));
    assert_eq!(wrong(|header| header.counts.asserts = u64::MAX), Err(BatchError::WrongSummary));
    assert_eq!(wrong(|header| header.keep_until = Day(1)), Err(BatchError::WrongSummary));
    assert_eq!(wrong(|header| header.body_bytes += 1), Err(BatchError::WrongBody));
}

#[test]
fn a_header_outside_its_rules_is_refused() {
    let header = batch(1, None, &[assertion()]).header.value().clone();
    let broken = |change: fn(&mut Header)| {
        let mut header = header.clone();
        change(&mut header);
        header.check()
    };
    assert_eq!(broken(|_| ()), Ok(()));
    assert_eq!(broken(|header| header.seq = 0), Err(BatchError::BadPlace));
    assert_eq!(broken(|header| header.seq = 2), Err(BatchError::BadPlace));
    assert_eq!(broken(|header| header.prev = Some(Digest([1; 32]))), Err(BatchError::BadPlace));
    assert_eq!(broken(|header| header.floor = 0), Err(BatchError::BadFloor));
    assert_eq!(broken(|header| header.floor = 2), Err(BatchError::BadFloor));
    assert_eq!(broken(|header| header.keep_until = header.issued.day().plus(LIFE_DAYS_MAX)), Ok(()));
    let longer = broken(|header| header.keep_until = header.issued.day().plus(LIFE_DAYS_MAX + 1));
    assert_eq!(longer, Err(BatchError::KeptTooLong));
    assert_eq!(broken(|header| header.body_bytes = 0), Err(BatchError::BodyLength(0)));
    let huge = BODY_BYTES_MAX as u64 + 1;
    assert_eq!(broken(|header| header.body_bytes = BODY_BYTES_MAX as u32 + 1), Err(BatchError::BodyLength(huge)));
}

#[test]
fn a_header_of_a_later_version_is_told_apart_from_a_broken_one() {
    let mut header = batch(1, None, &[assertion()]).header.value().clone();
    header.version = 2;
    let signed = Signed::sign(header, &node_key(1));
    assert_eq!(Unverified::<Header>::decode(signed.bytes()).unwrap_err(), DecodeError::UnknownVersion(2));
}

#[test]
fn a_statement_outside_its_rules_is_refused() {
    let broken = |change: fn(&mut Statement)| {
        let mut statement = assertion();
        change(&mut statement);
        statement.check()
    };
    assert_eq!(broken(|_| ()), Ok(()));
    assert_eq!(broken(|said| said.revision = 0), Err(StatementError::NoRevision));
    assert_eq!(broken(|said| said.stance = Stance::Unknown(7)), Err(StatementError::UnknownStance(7)));
    assert_eq!(broken(|said| said.expires = Day(1)), Err(StatementError::ExpiresEarly));
    assert_eq!(broken(|said| said.keep_until = said.observed), Err(StatementError::KeptTooShort));
    assert_eq!(broken(|said| said.reason = Reason::CorError), Err(StatementError::ReasonUnfit));
    assert_eq!(broken(|said| said.stance = Stance::Dispute), Err(StatementError::ReasonUnfit));
    assert_eq!(broken(|said| said.origin = Some("OFAC SDN".into())), Err(StatementError::BadOrigin));
    let own = |said: &mut Statement| said.derived = vec![DerivedTag { derivation: 1, tag: said.subject }];
    assert_eq!(broken(own), Err(StatementError::DerivedOrder));
    let twice = |said: &mut Statement| said.derived = vec![DerivedTag { derivation: 1, tag: tag(2) }; 2];
    assert_eq!(broken(twice), Err(StatementError::DerivedOrder));
    let many = |said: &mut Statement| said.derived = vec![DerivedTag { derivation: 1, tag: tag(2) }; DERIVED_MAX + 1];
    assert_eq!(broken(many), Err(StatementError::TooManyDerived(DERIVED_MAX + 1)));
}

#[test]
fn a_log_grows_by_its_next_batch_only() {
    let first = batch(1, None, &[assertion()]);
    let second = batch(1, Some(&first), &[withdrawal(2)]);
    let third = batch(1, Some(&second), &[assertion()]);
    let head = Head::of(&first.header);
    assert_eq!(follows(None, 0, &first.header), Ok(()));
    assert_eq!(follows(Some(&head), 0, &second.header), Ok(()));
    assert_eq!(follows(Some(&head), 0, &third.header), Err(LogError::Gap { head: 1, got: 3 }));
    assert_eq!(follows(Some(&head), 0, &first.header), Err(LogError::Old { head: 1, got: 1 }));
    assert_eq!(follows(None, 0, &third.header), Err(LogError::Gap { head: 0, got: 3 }));
    // A late comer enters at the floor that somebody stated
    assert_eq!(follows(None, 3, &third.header), Ok(()));
    // Another second batch behind the same first one is a fork
    let other = batch(1, Some(&first), &[dispute()]);
    let head = Head::of(&other.header);
    assert_eq!(follows(Some(&head), 0, &third.header), Err(LogError::Forked));
    let proof = ForkProof::new(second.header.clone(), other.header).unwrap();
    assert_eq!(ForkProof::decode(&proof.encode()).unwrap(), proof);
    assert_eq!((proof.log(), proof.seq()), (log_of(1), 2));
    assert_eq!(ForkProof::new(first.header, second.header), None);
}

#[test]
fn a_roster_takes_as_many_governors_as_its_predecessor_asks() {
    let mut chain = chain(2);
    let next = |chain: &RosterChain| {
        successor(chain.newest(), |roster| roster.members.push(member(roster.members.len() as u32 + 1)))
    };
    let too_few = RosterError::TooFewSignatures { got: 1, threshold: 2 };
    assert_eq!(chain.offer(signed(next(&chain), &[0])), Err(too_few.clone()));
    assert_eq!(chain.offer(signed(next(&chain), &[0, 7])), Err(too_few), "a stranger's signature does not count");
    assert_eq!(chain.offer(signed(next(&chain), &[0, 2])), Ok(Accepted::Appended));
    assert_eq!(chain.offer(signed(next(&chain), &[1, 2])).unwrap(), Accepted::Appended);
    assert_eq!(chain.roster().version, 2);
    let gap = successor(&signed(next(&chain), &[1, 2]), |_| ());
    assert_eq!(chain.offer(signed(gap, &[1, 2])), Err(RosterError::Gap { newest: 2, got: 4 }));
}

#[test]
fn a_roster_never_forgets_a_member_or_reuses_its_number() {
    let mut chain = chain(3);
    let dropped = successor(chain.newest(), |roster| drop(roster.members.pop()));
    assert!(matches!(chain.offer(signed(dropped, &[0, 1])), Err(RosterError::Rewrites(_))));
    let removed = successor(chain.newest(), |roster| roster.members[2].status = MemberStatus::Removed);
    assert_eq!(chain.offer(signed(removed, &[0, 1])), Ok(Accepted::Appended));
}

#[test]
fn two_rosters_of_one_version_are_proof_and_a_successor_decides() {
    let genesis = chain(3);
    let one = signed(successor(genesis.newest(), |roster| roster.name = "One".into()), &[0, 1]);
    let two = signed(successor(genesis.newest(), |roster| roster.name = "Two".into()), &[1, 2]);
    // Given two nodes that saw them in different orders
    let (mut first, mut second) = (genesis.clone(), genesis);
    assert_eq!(first.offer(one.clone()), Ok(Accepted::Appended));
    assert_eq!(second.offer(two.clone()), Ok(Accepted::Appended));
    assert_eq!(first.offer(two.clone()), Ok(Accepted::Rival));
    assert_eq!(second.offer(one.clone()), Ok(Accepted::Rival));
    // Then both hold the same one and know of the other
    assert_eq!(first.newest().id(), second.newest().id());
    assert!(first.rival().is_some() && second.rival().is_some());
    // And a successor of either decides
    for chosen in [&one, &two] {
        let successor = signed(successor(chosen, |_| ()), &[0, 2]);
        let mut chain = first.clone();
        assert!(matches!(chain.offer(successor), Ok(Accepted::Appended | Accepted::Switched)));
        assert_eq!(chain.since(1)[0].id(), chosen.id());
        assert!(chain.rival().is_none());
    }
}

#[test]
fn a_salt_opens_for_its_member_only_and_must_be_the_one_committed_to() {
    let mut random = ChaCha20Rng::from_seed([1; 32]);
    let (salt, secret) = (Salt::new(SALT), SealingSecretKey::from_seed(&[2; 32]));
    let scope = GrantScope { consortium: chain(2).consortium(), epoch: 1, to: MemberId(2) };
    let granted = grant(scope, &salt, &secret.public(), &node_key(1), now(), &mut random).unwrap();
    let commitment = salt.commitment(1);
    assert_eq!(granted.open(&secret, &commitment).unwrap(), salt);
    let stranger = SealingSecretKey::from_seed(&[3; 32]);
    assert_eq!(granted.open(&stranger, &commitment).unwrap_err(), GrantError::DoesNotOpen);
    assert_eq!(granted.open(&secret, &Digest([0; 32])).unwrap_err(), GrantError::WrongSalt);
    let mut readdressed = granted.value().clone();
    readdressed.to = MemberId(3);
    assert_eq!(readdressed.open(&secret, &commitment).unwrap_err(), GrantError::DoesNotOpen);
}

#[test]
fn an_object_of_one_sort_is_never_taken_for_another() {
    let word = Announcement {
        version: Announcement::VERSION,
        consortium: Digest([1; 32]),
        log: log_of(1),
        seq: 0,
        hash: None,
        floor: 1,
        roster: 0,
        time: now(),
    };
    let word = Signed::sign(word, &node_key(1));
    assert!(Unverified::<Header>::decode(word.bytes()).is_err());
    // The same bytes under another label have another id, so no signature carries over
    let other = digest(Label::Header, &[&codec::encode(word.value())]);
    let key: SecretKey = node_key(1);
    assert!(key.public().verify(&other, &key.sign(&word.id())).is_err());
}

#[test]
fn absurd_lengths_take_no_memory() {
    // Given arrays, strings and maps that claim 2^60 entries, alone and nested a thousand deep
    for claim in [[0x9b, 0x10], [0x5b, 0x10], [0x7b, 0x10], [0xbb, 0x10]] {
        let mut bytes = claim.to_vec();
        bytes.extend([0; 7]);
        assert!(Unverified::<Header>::decode(&bytes).is_err());
        assert!(SignedRoster::decode(&bytes).is_err());
        assert!(statement_at(&bytes).is_err());
    }
    let nested = vec![0x81; 1_000];
    assert!(Unverified::<Header>::decode(&nested).is_err());
    assert!(statement_at(&nested).is_err());
}

#[test]
fn a_body_that_is_gone_leaves_its_header_valid() {
    let batch = batch(1, None, &[assertion()]);
    let kept = Batch::without_body(batch.header.clone()).unwrap();
    assert!(kept.body.is_none() && kept.statements.is_empty());
}
