//! Who is named in ceremonies in which somebody is wrong.

use curve25519_dalek::{RistrettoPoint, Scalar};
use proptest::prelude::*;

use super::*;
use crate::oprf::group::element;

#[test]
fn whoever_is_wrong_in_the_first_round_of_a_generation_is_named() {
    let (honest, other) = (parts(&CEREMONY, sharing(2, 3), 1), parts(&CEREMONY, sharing(3, 3), 1));
    let of_other_ceremony = parts(&OTHER_CEREMONY, sharing(2, 3), 1);
    let outcome = |at: u16, message: Option<Vec<u8>>| {
        let mut said = said(&honest);
        said.remove(&number(at));
        said.extend(message.map(|message| (number(at), message)));
        wrong(honest[0].agree(&said))
    };
    assert_eq!(outcome(2, None), (2, Wrong::Missing));
    assert_eq!(outcome(4, Some(vec![])), (4, Wrong::Stranger));
    assert_eq!(outcome(2, Some(vec![0x80])), (2, Wrong::Malformed));
    assert_eq!(outcome(2, Some(vec![0; 1 << 20])), (2, Wrong::Malformed));
    assert_eq!(outcome(2, Some(honest[2].round1().to_vec())), (2, Wrong::OtherName));
    assert_eq!(outcome(2, Some(other[1].round1().to_vec())), (2, Wrong::WrongLength));
    assert_eq!(outcome(2, Some(of_other_ceremony[1].round1().to_vec())), (2, Wrong::OtherCeremony));
    // Each bit of the proof counts, and so does the constant that it is about.
    let mut message = honest[1].round1().to_vec();
    let last = message.len() - 1;
    message[last - 2] ^= 1;
    assert_eq!(outcome(2, Some(message)), (2, Wrong::WrongProof));
    let forged = with_commitment(&honest[1], 0, element(&RistrettoPoint::mul_base(&Scalar::from(5_u8))));
    assert_eq!(outcome(2, Some(forged)), (2, Wrong::WrongProof));
    let nothing = with_commitment(&honest[1], 1, Element([0; 32]));
    assert_eq!(outcome(2, Some(nothing)), (2, Wrong::Malformed));
}

#[test]
fn whoever_is_wrong_in_the_second_round_of_a_generation_is_named() {
    let (parts, others) = (parts(&CEREMONY, sharing(2, 3), 1), parts(&OTHER_CEREMONY, sharing(2, 3), 1));
    let (generations, elsewhere) = (agreed(&parts), agreed(&others));
    let one = number(1);
    let outcome = |at: u16, message: Option<Zeroizing<Vec<u8>>>| {
        let mut values = handed(&generations, one);
        values.remove(&number(at));
        values.extend(message.map(|message| (number(at), message)));
        wrong(generations[0].finish(&values))
    };
    let flipped = |bit: usize| {
        let mut message = generations[1].round2_for(one).unwrap();
        let last = message.len() - 1;
        message[last - bit / 8] ^= 1 << (bit % 8);
        message
    };
    assert_eq!(outcome(2, None), (2, Wrong::Missing));
    assert_eq!(outcome(1, Some(generations[1].round2_for(one).unwrap())), (1, Wrong::Stranger));
    assert_eq!(outcome(2, Some(Zeroizing::new(vec![1; 31]))), (2, Wrong::Malformed));
    assert_eq!(outcome(2, Some(generations[2].round2_for(one).unwrap())), (2, Wrong::OtherName));
    assert_eq!(outcome(2, Some(generations[1].round2_for(number(3)).unwrap())), (2, Wrong::OtherName));
    assert_eq!(outcome(2, Some(elsewhere[1].round2_for(one).unwrap())), (2, Wrong::OtherCeremony));
    for bit in [0, 7, 100, 255] {
        assert_eq!(outcome(2, Some(flipped(bit))), (2, Wrong::WrongValue));
    }
}

#[test]
fn whoever_was_told_something_else_has_another_digest_and_takes_no_value() {
    // Steward 3 says one thing to 1 and another to 2: both are right by themselves.
    let honest = parts(&CEREMONY, sharing(2, 3), 1);
    let second_face = Dkg::new(&CEREMONY, number(3), sharing(2, 3), &seed(9, number(3))).unwrap();
    let mut said_to_two = said(&honest);
    said_to_two.insert(number(3), second_face.round1().to_vec());
    let (one, two) = (honest[0].agree(&said(&honest)).unwrap(), honest[1].agree(&said_to_two).unwrap());
    assert_ne!(one.digest(), two.digest());
    let third = honest[2].agree(&said(&honest)).unwrap();
    let values = [(2, &two), (3, &third)].map(|(at, part)| (number(at), part.round2_for(number(1)).unwrap())).into();
    assert_eq!(wrong(one.finish(&values)), (2, Wrong::OtherSet));
}

#[test]
fn a_bad_dealer_of_a_resharing_is_named() {
    let shared = generated(sharing(2, 3), 1);
    let resharing = Resharing::new(&OTHER_CEREMONY, &shared[0].public, number(2), sharing(3, 4)).unwrap();
    let old = shares(&shared);
    let (dealers, agreed) = dealt(&resharing, &[&old[0], &old[2]], 1);
    let outcome = |at: u16, message: Vec<u8>| {
        let said = [(number(1), dealers[0].round1().to_vec()), (number(at), message)].into();
        resharing.agree(&said)
    };
    let dealing = |of: &Resharing, share: &Share| of.deal(share, &seed(1, share.number())).unwrap().round1().to_vec();
    let elsewhere = Resharing::new(&CEREMONY, &shared[0].public, number(2), sharing(3, 4)).unwrap();
    let lower = Resharing::new(&OTHER_CEREMONY, &shared[0].public, number(2), sharing(2, 4)).unwrap();
    // A share of another key with the number of the third.
    let foreign = generated(sharing(2, 3), 2);
    let of_foreign = Resharing::new(&OTHER_CEREMONY, &foreign[0].public, number(2), sharing(3, 4)).unwrap();
    assert_eq!(wrong(outcome(3, dealing(&of_foreign, &foreign[2].share))), (3, Wrong::WrongConstant));
    assert_eq!(wrong(outcome(3, dealing(&lower, &old[2]))), (3, Wrong::WrongLength));
    assert_eq!(wrong(outcome(3, dealing(&elsewhere, &old[2]))), (3, Wrong::OtherCeremony));
    assert_eq!(wrong(outcome(3, dealing(&resharing, &old[1]))), (3, Wrong::OtherName));
    assert_eq!(wrong(outcome(3, vec![])), (3, Wrong::Malformed));
    assert_eq!(wrong(outcome(9, dealing(&resharing, &old[2]))), (9, Wrong::Stranger));
    let generation = parts(&OTHER_CEREMONY, sharing(3, 3), 1);
    assert_eq!(wrong(outcome(3, generation[2].round1().to_vec())), (3, Wrong::Malformed));
    assert!(matches!(resharing.agree(&Dealings::new()), Err(CustodyError::WrongDealers)));
    let three = old.iter().map(|share| (share.number(), dealing(&resharing, share))).collect();
    assert!(matches!(resharing.agree(&three), Err(CustodyError::WrongDealers)));
    assert!(matches!(resharing.deal(&foreign[0].share, &[0; 32]), Err(CustodyError::NoPart)));

    // One receiver is handed something else than was committed to; the others are not.
    let to = number(2);
    let receive = |values: &Values| agreed.finish(to, values);
    let honest = values(&dealers, &agreed, to);
    assert!(receive(&honest).is_ok());
    let mut changed = honest.clone();
    let last = changed[&number(3)].len() - 1;
    changed.get_mut(&number(3)).unwrap()[last - 10] ^= 1;
    assert_eq!(wrong(receive(&changed)), (3, Wrong::WrongValue));
    let mut missing = honest.clone();
    missing.remove(&number(3));
    assert_eq!(wrong(receive(&missing)), (3, Wrong::Missing));
    let mut for_another = honest;
    for_another.insert(number(3), dealers[1].round2_for(&agreed, number(4)).unwrap());
    assert_eq!(wrong(receive(&for_another)), (3, Wrong::OtherName));
    // Values of one set are not taken for another.
    let (with_two, other_set) = dealt(&resharing, &[&old[1], &old[2]], 1);
    let mut mixed = values(&dealers, &agreed, to);
    mixed.insert(number(3), with_two[1].round2_for(&other_set, to).unwrap());
    assert_eq!(wrong(receive(&mixed)), (3, Wrong::OtherSet));
    assert_eq!(dealers[0].round2_for(&other_set, to), Err(CustodyError::NoPart));
    assert_eq!(dealers[0].round2_for(&agreed, number(5)), Err(CustodyError::NoPart));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Bytes from anywhere name their sender and do no harm.
    #[test]
    fn any_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), of: u64) {
        let parts = parts(&CEREMONY, sharing(2, 2), of);
        let mut said = said(&parts);
        said.insert(number(2), bytes.clone());
        prop_assert_eq!(wrong(parts[0].agree(&said)).0, 2);
        let generations = agreed(&parts);
        let handed = [(number(2), Zeroizing::new(bytes))].into();
        prop_assert_eq!(wrong(generations[0].finish(&handed)).0, 2);
    }
}
