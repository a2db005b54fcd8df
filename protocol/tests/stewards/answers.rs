//! What stewards are asked and answer: P90 to P93, P95 to P97, and messages that are none.

use larum_protocol::{
    codec::{self, DecodeError},
    custody::{CustodyError, Dkg, Sharing, Wrong},
    hash::Digest,
    keys::SecretKey,
    kind::{Identifier, Kind},
    limits::STEWARD_MESSAGE_BYTES_MAX,
    oprf::{Blinding, ELEMENTS_MAX, Element, Evaluation, OprfError, Output, Proof, Share, Verified},
    signed::{Signed, SignedObject, Unverified},
    steward::{Acknowledgement, Asked, Convicted, Evaluated, Evidence, NotNow, Question, Reply, Unproven, padded_len},
    tag::{Hardening, Salt, Stretch, TagError, Tagger, Tags},
    wire::{List, Message},
};
use minicbor::Encoder;
use proptest::prelude::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use super::{
    setting,
    support::{
        SALT, node_key,
        stewards::{dealt_anew, number, parts, plan_of_key, plan_of_shares, seed},
    },
};

fn random(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn asked(blinding: &Blinding) -> Asked {
    Asked { epoch: 2, generation: 1, elements: List::of(blinding.elements().iter().copied()) }
}

/// What the steward of a member answers, evaluated by a share and signed by a key.
fn answered(share: &Share, asked: &Asked, key: &SecretKey) -> Signed<Evaluated> {
    let evaluation = share.evaluate(&asked.elements, &mut random(9)).unwrap();
    let (consortium, number) = (setting().0.consortium(), share.number().get());
    let version = Evaluated::VERSION;
    Signed::sign(
        Evaluated { version, consortium, steward: key.public(), asked: asked.digest(), number, evaluation },
        key,
    )
}

fn outputs(shares: &[&Share], inputs: &[&[u8]], seed: u64) -> Vec<Output> {
    let blinding = Blinding::new(inputs, &mut random(seed)).unwrap();
    let verified: Vec<Verified> = shares
        .iter()
        .map(|share| {
            let evaluation = share.evaluate(blinding.elements(), &mut random(seed + 1)).unwrap();
            blinding.verify(&share.public(), &evaluation).unwrap()
        })
        .collect();
    blinding.finish(number(2), &verified).unwrap()
}

fn tagger(kind: Kind) -> Tagger {
    Tagger::new(&Salt::new(SALT), 2, kind, Hardening::Blind)
}

fn tags(shares: &[&Share], identifier: &Identifier, seed: u64) -> Tags {
    let canonical = identifier.canonical().unwrap();
    let tagger = tagger(identifier.kind);
    let inputs = tagger.inputs(&canonical);
    let inputs: Vec<&[u8]> = inputs.iter().map(|input| input.as_slice()).collect();
    tagger.tags_from(&canonical, &outputs(shares, &inputs, seed)).unwrap()
}

#[test]
fn p93_every_two_stewards_of_three_make_the_same_tags_and_one_makes_none() {
    let (_, committee) = setting();
    let [one, two, three] = &committee.shares[..] else { panic!("three shares") };
    let email = Identifier::new(Kind::Email, "Jane.Doe+Jobs@Example.com");
    let expected = tags(&[one, two], &email, 1);
    assert_eq!(tags(&[one, three], &email, 2), expected);
    assert_eq!(tags(&[three, two], &email, 3), expected);
    assert_eq!(tags(&[one, two, three], &email, 4), expected);
    let blinding = Blinding::new(&[b"alone"], &mut random(5)).unwrap();
    let evaluation = one.evaluate(blinding.elements(), &mut random(6)).unwrap();
    let verified = blinding.verify(&one.public(), &evaluation).unwrap();
    assert_eq!(blinding.finish(number(2), std::slice::from_ref(&verified)).unwrap_err(), OprfError::TooFew);
    let twice = [verified.clone(), verified];
    assert_eq!(blinding.finish(number(2), &twice).unwrap_err(), OprfError::SameShare);
}

#[test]
fn p93_nothing_that_a_steward_receives_repeats() {
    let inputs: [&[u8]; 3] = [b"same", b"same", b"same"];
    let (one, two) = (Blinding::new(&inputs, &mut random(1)).unwrap(), Blinding::new(&inputs, &mut random(2)).unwrap());
    let seen: std::collections::BTreeSet<[u8; 32]> =
        one.elements().iter().chain(two.elements()).map(|element| element.0).collect();
    assert_eq!(seen.len(), 6);
}

#[test]
fn p97_derived_forms_are_inputs_of_their_own_with_the_kind_and_the_length_before() {
    let canonical = Identifier::new(Kind::Email, "Jane.Doe+Jobs@Example.com").canonical().unwrap();
    let inputs = tagger(Kind::Email).inputs(&canonical);
    let texts = std::iter::once(canonical.text()).chain(canonical.derived().iter().map(|form| form.text()));
    let expected: Vec<Vec<u8>> =
        texts.map(|text| [&[0, 1], &(text.len() as u64).to_be_bytes()[..], text.as_bytes()].concat()).collect();
    assert!(expected.len() > 1, "this one has a derived form");
    assert_eq!(inputs.iter().map(|input| input.to_vec()).collect::<Vec<_>>(), expected);
}

#[test]
fn p84_without_stewards_there_is_no_tag_and_no_other_way_to_one() {
    let canonical = Identifier::new(Kind::Email, "jane+x@example.com").canonical().unwrap();
    let tagger = tagger(Kind::Email);
    let needs = Err(TagError::NeedsStewards(Kind::Email));
    assert_eq!(tagger.tags(&canonical), needs);
    let output = || Output([1; 64]);
    assert_eq!(tagger.tags_from(&canonical, &[]), needs);
    assert_eq!(tagger.tags_from(&canonical, &[output()]), needs, "the derived form's is missing");
    assert_eq!(tagger.tags_from(&canonical, &[output(), output(), output()]), needs);
    assert!(tagger.tags_from(&canonical, &[output(), output()]).is_ok());
    // And where stewards are not asked their outputs are not used
    for hardening in [Hardening::Nothing, Hardening::Stretch(Stretch::RECOMMENDED)] {
        let local = Tagger::new(&Salt::new(SALT), 2, Kind::Email, hardening);
        assert_eq!(local.tags_from(&canonical, &[output(), output()]), needs);
        assert!(local.inputs(&canonical).is_empty());
    }
}

#[test]
fn p95_a_lying_steward_is_shown_to_be_wrong_to_anybody() {
    // Given a steward that evaluates by another share than its own, and signs what it answers
    let (chain, committee) = setting();
    let blinding = Blinding::new(&[b"one", b"another"], &mut random(1)).unwrap();
    let asked = asked(&blinding);
    let right = answered(&committee.shares[1], &asked, &node_key(2));
    let by_another = answered(&committee.shares[0], &asked, &node_key(2));
    let wrong = Signed::sign(Evaluated { number: 2, ..(*by_another).clone() }, &node_key(2));
    // Then the asker does not use it
    let share = committee.public[1];
    assert_eq!(blinding.verify(&share, &wrong.evaluation).map(drop), Err(OprfError::WrongProof));
    assert!(blinding.verify(&share, &right.evaluation).is_ok());
    // And whoever is shown the question, the answer and the roster sees it, too
    let evidence = |signed: &Signed<Evaluated>| {
        let bytes = Evidence::new(&asked, signed.bytes()).to_bytes();
        Evidence::from_bytes(&bytes).unwrap().verify(&chain)
    };
    let node = node_key(2).public();
    let member = chain.roster().node(&node).unwrap().0.id;
    assert_eq!(evidence(&wrong), Ok(Convicted { member, node, epoch: 2, generation: 1 }));
    assert_eq!(evidence(&right), Err(Unproven::Right));
    assert_eq!(evidence(&by_another), Err(Unproven::NoSuchShare));
    let other = Asked { generation: 2, ..asked.clone() };
    assert_eq!(evidence(&answered(&committee.shares[0], &other, &node_key(2))), Err(Unproven::NotForThis));
    assert_eq!(Evidence::new(&asked, b"signed").verify(&chain), Err(Unproven::NotSigned));
    // By the share and the proof alone
    let shown = Unverified::<Evaluated>::decode(wrong.bytes()).unwrap().verify().unwrap();
    let steward = chain.roster().epochs[1].stewards.as_ref().unwrap().of_node(&shown.steward).unwrap();
    assert_eq!((shown.asked, steward.number), (asked.digest(), 2));
    let of_roster = steward.public_share().unwrap();
    assert!(shown.evaluation.is_wrong(&of_roster, &asked.elements));
    // But never of a right one, and never of a question that was none
    assert!(!right.evaluation.is_wrong(&of_roster, &asked.elements));
    assert!(!right.evaluation.is_wrong(&of_roster, &[Element([0xff; 32]), asked.elements[1]]));
}

#[test]
fn p95_every_part_of_an_answer_counts() {
    let (_, committee) = setting();
    let blinding = Blinding::new(&[b"one", b"another"], &mut random(1)).unwrap();
    let asked = asked(&blinding);
    let share = committee.public[1];
    let right = answered(&committee.shares[1], &asked, &node_key(2)).evaluation.clone();
    let broken = |change: fn(&mut Evaluation)| {
        let mut evaluation = right.clone();
        change(&mut evaluation);
        assert_eq!(evaluation.is_wrong(&share, &asked.elements), blinding.verify(&share, &evaluation).is_err());
        blinding.verify(&share, &evaluation).err()
    };
    assert_eq!(broken(|_| ()), None);
    assert_eq!(broken(|evaluation| evaluation.elements.swap(0, 1)), Some(OprfError::WrongProof));
    assert_eq!(broken(|evaluation| evaluation.elements.truncate(1)), Some(OprfError::WrongCount));
    assert_eq!(broken(|evaluation| evaluation.elements.push(evaluation.elements[0])), Some(OprfError::WrongCount));
    assert_eq!(broken(|evaluation| evaluation.elements[0] = Element([0; 32])), Some(OprfError::BadElement));
    assert_eq!(broken(|evaluation| evaluation.proof.0[3] ^= 1), Some(OprfError::WrongProof));
    assert_eq!(broken(|evaluation| evaluation.proof = Proof([0xff; 64])), Some(OprfError::WrongProof));
    // A proof for one request is none for another, and one by another steward is none by this one
    let elsewhere = Blinding::new(&[b"one", b"another"], &mut random(2)).unwrap();
    assert_eq!(elsewhere.verify(&share, &right).map(drop), Err(OprfError::WrongProof));
    assert_eq!(blinding.verify(&committee.public[0], &right).map(drop), Err(OprfError::WrongProof));
}

#[test]
fn p95_a_question_is_named_by_its_epoch_its_generation_and_its_elements_in_their_order() {
    let blinding = Blinding::new(&[b"one", b"another"], &mut random(1)).unwrap();
    let one = asked(&blinding);
    let reversed = List::of(blinding.elements().iter().rev().copied());
    let others = [
        one.clone(),
        Asked { epoch: 3, ..one.clone() },
        Asked { generation: 2, ..one.clone() },
        Asked { elements: reversed, ..one },
    ];
    let names: std::collections::BTreeSet<Digest> = others.iter().map(Asked::digest).collect();
    assert_eq!(names.len(), others.len());
}

#[test]
fn p91_a_dealer_gives_nothing_of_one_set_to_whoever_saw_another() {
    // Given a steward that deals one thing to the first and another thing to the second
    let (chain, committee) = setting();
    let plan = plan_of_key(3, 2, &[1, 2, 3]);
    let honest = parts(&plan, &chain.consortium());
    let sharing = Sharing::new(2, 3).unwrap();
    let other_face = Dkg::new(&plan.ceremony(&chain.consortium()), number(3), sharing, &[99; 32]).unwrap();
    let mut said = super::support::stewards::dealings(&honest);
    let first = honest[0].agree(&said).unwrap();
    said.insert(number(3), other_face.round1().to_vec());
    let second = honest[1].agree(&said).unwrap();
    // Then the two can tell, and a value of the one is none for the other
    assert_ne!(first.digest(), second.digest());
    let third = honest[2].agree(&super::support::stewards::dealings(&honest)).unwrap();
    let handed = [(2, &second), (3, &third)].map(|(from, part)| (number(from), part.round2_for(number(1)).unwrap()));
    let wrong = CustodyError::Steward { steward: number(2), wrong: Wrong::OtherSet };
    assert_eq!(first.finish(&handed.into()).unwrap_err(), wrong);
    // And the same goes for new shares of an old key
    let plan = plan_of_shares(&committee, 2, &[4, 5, 6], &[1, 2]);
    let resharing = super::support::stewards::resharing(&plan, &chain.consortium(), &committee);
    let dealer = |at: usize, seed| resharing.deal(&committee.shares[at], seed).unwrap();
    let (one, two) = (dealer(0, &[1; 32]), dealer(1, &[2; 32]));
    let second_face = dealer(1, &[3; 32]);
    let agreed = |two: &larum_protocol::custody::Dealer| {
        let said = [(number(1), one.round1().to_vec()), (number(2), two.round1().to_vec())];
        resharing.agree(&said.into()).unwrap()
    };
    let (seen_by_four, seen_by_five) = (agreed(&two), agreed(&second_face));
    assert_ne!(seen_by_four.digest(), seen_by_five.digest());
    let mixed = [
        (number(1), one.round2_for(&seen_by_four, number(2)).unwrap()),
        (number(2), second_face.round2_for(&seen_by_five, number(2)).unwrap()),
    ];
    let wrong = CustodyError::Steward { steward: number(1), wrong: Wrong::OtherSet };
    assert_eq!(seen_by_five.finish(number(2), &mixed.into()).unwrap_err(), wrong);
}

#[test]
fn p90_what_is_dealt_again_after_a_crash_is_the_same_and_so_are_the_shares() {
    let (chain, committee) = setting();
    let plan = plan_of_shares(&committee, 3, &[4, 5, 6, 7], &[2, 3]);
    let (one, again) =
        (dealt_anew(&plan, &chain.consortium(), &committee), dealt_anew(&plan, &chain.consortium(), &committee));
    assert_eq!(one.public, again.public);
    for (one, again) in one.shares.iter().zip(&again.shares) {
        assert_eq!(*one.to_bytes(), *again.to_bytes());
    }
    // But not in another ceremony, not even of the same kind
    let other = larum_protocol::roster::Plan { nonce: Digest([200; 32]), ..plan.clone() };
    let sharing = Sharing::new(3, 4).unwrap();
    let with = |plan: &larum_protocol::roster::Plan| {
        Dkg::new(&plan.ceremony(&chain.consortium()), number(1), sharing, &seed(number(1), &Digest([7; 32]))).unwrap()
    };
    assert_eq!(with(&plan).round1(), with(&plan).round1());
    assert_ne!(with(&plan).round1()[70..], with(&other).round1()[70..]);
}

#[test]
fn p92_an_acknowledgement_says_which_shares_of_which_ceremony_its_signer_holds() {
    let (chain, committee) = setting();
    let word = Acknowledgement {
        version: Acknowledgement::VERSION,
        consortium: chain.consortium(),
        steward: node_key(1).public(),
        ceremony: committee.plan.ceremony(&chain.consortium()),
        shares: List::of(committee.public.iter().map(|share| share.element())),
    };
    let signed = Signed::sign(word, &node_key(1));
    let read = Unverified::<Acknowledgement>::decode(signed.bytes()).unwrap().verify().unwrap();
    assert_eq!(read, signed);
    for at in 0..signed.bytes().len() {
        let mut bytes = signed.bytes().to_vec();
        bytes[at] ^= 1;
        let read = Unverified::<Acknowledgement>::decode(&bytes).map(|word| word.verify().is_ok());
        assert!(!read.unwrap_or(false), "byte {at}");
    }
}

#[test]
fn a_steward_is_not_asked_for_nothing_or_for_too_much() {
    let element = Element([1; 32]);
    let question = |count: usize| {
        let mut bytes = Encoder::new(Vec::new());
        bytes.array(2).unwrap().u8(1).unwrap().array(2).unwrap().u8(0).unwrap();
        bytes.array(3).unwrap().u32(2).unwrap().u32(1).unwrap().array(count as u64).unwrap();
        for _ in 0..count {
            bytes.encode(element).unwrap();
        }
        Question::from_bytes(&bytes.into_writer())
    };
    let asked = |count| Asked { epoch: 2, generation: 1, elements: List::of(vec![element; count]) };
    for count in [1, ELEMENTS_MAX] {
        assert_eq!(question(count), Ok(Question::Evaluate(asked(count))));
        assert!(Question::Evaluate(asked(count)).to_bytes().len() < STEWARD_MESSAGE_BYTES_MAX);
    }
    // What costs nothing would be written down as well, as often as somebody likes
    for count in [0, ELEMENTS_MAX + 1] {
        assert!(matches!(question(count), Err(DecodeError::Malformed(_))), "{count}");
    }
    let long = vec![0; STEWARD_MESSAGE_BYTES_MAX + 1];
    let too_long = DecodeError::TooLong { length: long.len(), max: STEWARD_MESSAGE_BYTES_MAX };
    assert_eq!(Question::from_bytes(&long).unwrap_err(), too_long);
    assert_eq!(Reply::from_bytes(&long).unwrap_err(), too_long);
}

#[test]
fn an_evaluation_has_no_more_elements_than_a_question_may_have() {
    let evaluation = |count| Evaluation { elements: vec![Element([1; 32]); count], proof: Proof([2; 64]) };
    let read = |count| codec::decode::<Evaluation>(&codec::encode(&evaluation(count)), usize::MAX);
    assert_eq!(read(ELEMENTS_MAX), Ok(evaluation(ELEMENTS_MAX)));
    assert!(read(ELEMENTS_MAX + 1).is_err());
}

#[test]
fn a_reply_that_holds_part_of_a_share_does_not_show_it() {
    let secret = Reply::Secret(b"part of a share".to_vec().into());
    assert_eq!(format!("{secret:?}"), "Secret(..)");
    let others = [
        Reply::Evaluated { signed: vec![7].into(), left: 5 },
        Reply::OverBudget { left: 3, seconds: 9 },
        Reply::NotNow(NotNow::Disk),
        Reply::Dealt(vec![7].into()),
        Reply::Acknowledged(vec![7].into()),
    ];
    let shown = "Evaluated { left: 5, .. } OverBudget { left: 3, seconds: 9 } NotNow(Disk) Dealt(..) Acknowledged(..)";
    assert_eq!(others.map(|reply| format!("{reply:?}")).join(" "), shown);
}

proptest! {
    /// Requests are of four sizes, and the next larger one is taken.
    #[test]
    fn p96_a_request_is_filled_up_to_the_next_of_four_sizes(count in 0..1_200_usize) {
        let expected = [4, 32, 256, 1_000].into_iter().find(|size| count > 0 && *size >= count);
        prop_assert_eq!(padded_len(count), expected);
    }

    #[test]
    fn arbitrary_bytes_are_no_message_and_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for read in [Question::from_bytes(&bytes).map(|question| question.to_bytes()),
            Reply::from_bytes(&bytes).map(|reply| reply.to_bytes())].into_iter().flatten() {
            prop_assert_eq!(&read, &bytes);
        }
        prop_assert!(Unverified::<Evaluated>::decode(&bytes).is_err());
        prop_assert!(Unverified::<Acknowledgement>::decode(&bytes).is_err());
    }
}
