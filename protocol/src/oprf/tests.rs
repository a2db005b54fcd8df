//! RFC 9497's vectors, and what a shared key adds to it.

use std::num::NonZeroU16;

use curve25519_dalek::{RistrettoPoint, Scalar};
use data_encoding::HEXLOWER;
use proptest::prelude::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use super::{
    Blinding, Element, Evaluation, OprfError, Proof, PublicShare, Share, Verified,
    group::{element, half, points, random_scalar, scalar},
    proof::Claim,
};

/// RFC 9497, appendix A.1.2: the key and its public side.
const KEY: &str = "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909";
const PUBLIC: &str = "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e";

/// RFC 9497, appendices A.1.2.1 to A.1.2.3; of a batch, what belongs to one input stands together.
struct Vector {
    inputs: &'static [&'static str],
    factors: &'static [&'static str],
    blinded: &'static [&'static str],
    evaluated: &'static [&'static str],
    nonce: &'static str,
    proof: &'static str,
    outputs: &'static [&'static str],
}

const VECTORS: [Vector; 3] = [
    Vector {
        inputs: &["00"],
        factors: &["64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"],
        blinded: &["863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945"],
        evaluated: &["aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e"],
        nonce: "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e",
        proof: "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd066d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d",
        outputs: &[
            "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7da4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c",
        ],
    },
    Vector {
        inputs: &["5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"],
        factors: &["64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"],
        blinded: &["cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c"],
        evaluated: &["60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468"],
        nonce: "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e",
        proof: "401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02",
        outputs: &[
            "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6",
        ],
    },
    Vector {
        inputs: &["00", "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"],
        factors: &[
            "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706",
            "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e",
        ],
        blinded: &[
            "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
            "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654",
        ],
        evaluated: &[
            "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
            "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a",
        ],
        nonce: "419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c",
        proof: "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08",
        outputs: &[
            "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7da4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c",
            "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6",
        ],
    },
];

fn bytes(hex: &str) -> Vec<u8> {
    HEXLOWER.decode(hex.as_bytes()).unwrap()
}

fn array<const N: usize>(hex: &str) -> [u8; N] {
    bytes(hex).try_into().unwrap()
}

fn elements(hex: &[&str]) -> Vec<Element> {
    hex.iter().map(|hex| Element(array(hex))).collect()
}

fn number(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

fn random(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Shares 1 to n of a key, any t of which give it back.
fn shared(key: &Scalar, t: usize, n: u16, random: &mut ChaCha20Rng) -> Vec<Share> {
    let coefficients: Vec<Scalar> = (1..t).map(|_| random_scalar(random)).collect();
    (1..=n)
        .map(|at| {
            let x = Scalar::from(at);
            let value = coefficients.iter().rev().fold(Scalar::ZERO, |value, next| (value + next) * x) + key;
            Share::new(number(at), &value.to_bytes()).unwrap()
        })
        .collect()
}

fn asked(blinding: &Blinding, share: &Share, random: &mut ChaCha20Rng) -> Verified {
    let answer = share.evaluate(blinding.elements(), random).unwrap();
    blinding.verify(&share.public(), &answer).unwrap()
}

/// The value under the whole key.
fn single(key: &Scalar, inputs: &[&[u8]], random: &mut ChaCha20Rng) -> Vec<super::Output> {
    let whole = Share::new(number(1), &key.to_bytes()).unwrap();
    let blinding = Blinding::new(inputs, random).unwrap();
    blinding.finish(number(1), &[asked(&blinding, &whole, random)]).unwrap()
}

#[test]
fn the_vectors_of_rfc_9497_hold() {
    let share = Share::new(number(1), &array(KEY)).unwrap();
    assert_eq!(share.public().element(), Element(array(PUBLIC)));
    for vector in &VECTORS {
        let inputs: Vec<Vec<u8>> = vector.inputs.iter().map(|hex| bytes(hex)).collect();
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let factors = vector.factors.iter().map(|hex| scalar(&array(hex)).unwrap()).collect();
        let blinding = Blinding::with(&inputs, factors).unwrap();
        assert_eq!(blinding.elements(), elements(vector.blinded));

        let evaluation = share.evaluate(blinding.elements(), &mut random(1)).unwrap();
        assert_eq!(evaluation.elements, elements(vector.evaluated));
        let public = Element(array(PUBLIC));
        let claim = Claim { public: &public, blinded: blinding.elements(), evaluated: &evaluation.elements };
        let (key, nonce) = (scalar(&array(KEY)).unwrap(), scalar(&array(vector.nonce)).unwrap());
        let blinded = points(blinding.elements()).unwrap();
        let halves: Vec<RistrettoPoint> = blinded.iter().map(|point| point * half(&key)).collect();
        let proof = claim.prove_with(&key, &blinded, &halves, &nonce);
        assert_eq!(proof, Proof(array(vector.proof)));

        let evaluation = Evaluation { proof, ..evaluation };
        let verified = blinding.verify(&share.public(), &evaluation).unwrap();
        let outputs = blinding.finish(number(1), &[verified]).unwrap();
        let expected: Vec<[u8; 64]> = vector.outputs.iter().map(|hex| array(hex)).collect();
        assert_eq!(outputs.iter().map(|output| output.0).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn every_choice_of_t_shares_gives_the_value_of_the_whole_key_and_fewer_do_not() {
    let mut random = random(2);
    let inputs: [&[u8]; 2] = [b"one", b"another"];
    for n in 1..=7_u16 {
        for t in 1..=usize::from(n) {
            let key = random_scalar(&mut random);
            let expected = single(&key, &inputs, &mut random);
            let shares = shared(&key, t, n, &mut random);
            let blinding = Blinding::new(&inputs, &mut random).unwrap();
            let verified: Vec<Verified> = shares.iter().map(|share| asked(&blinding, share, &mut random)).collect();
            for chosen in 1_u32..1 << n {
                let answers: Vec<Verified> =
                    (0..usize::from(n)).filter(|at| chosen >> at & 1 == 1).map(|at| verified[at].clone()).collect();
                // Whoever takes fewer for enough gets another value.
                let outputs = blinding.finish(number(1), &answers).unwrap();
                assert_eq!(outputs == expected, answers.len() >= t, "{t} of {n}, shares {chosen:b}");
                let enough = blinding.finish(number(t as u16), &answers);
                assert_eq!(enough.is_ok(), answers.len() >= t, "{t} of {n}, shares {chosen:b}");
            }
        }
    }
}

#[test]
fn a_share_of_another_key_gives_no_valid_value_and_is_found_out() {
    let mut random = random(3);
    let inputs: [&[u8]; 1] = [b"one"];
    let key = random_scalar(&mut random);
    let (old, new) = (shared(&key, 2, 3, &mut random), shared(&key, 2, 3, &mut random));
    let blinding = Blinding::new(&inputs, &mut random).unwrap();
    // As after a refresh: the same key, another polynomial. A removed steward's share is worth nothing with new ones,
    let mixed = [asked(&blinding, &old[0], &mut random), asked(&blinding, &new[1], &mut random)];
    assert_ne!(blinding.finish(number(2), &mixed).unwrap(), single(&key, &inputs, &mut random));
    // and its answer does not pass for the new one.
    let answer = old[0].evaluate(blinding.elements(), &mut random).unwrap();
    assert_eq!(blinding.verify(&new[0].public(), &answer).map(drop), Err(OprfError::WrongProof));
}

#[test]
fn whatever_a_liar_changes_in_its_answer_is_found_out() {
    let mut random = random(4);
    let inputs: [&[u8]; 3] = [b"one", b"two", b"three"];
    let share = Share::new(number(1), &array(KEY)).unwrap();
    let blinding = Blinding::new(&inputs, &mut random).unwrap();
    let honest = share.evaluate(blinding.elements(), &mut random).unwrap();
    let found = |evaluation: &Evaluation| blinding.verify(&share.public(), evaluation).map(drop);
    assert_eq!(found(&honest), Ok(()));
    for at in 0..64 {
        let mut changed = honest.clone();
        changed.proof.0[at] ^= 1;
        assert_eq!(found(&changed), Err(OprfError::WrongProof));
    }
    for at in 0..3 {
        let mut changed = honest.clone();
        changed.elements[at] = element(&RistrettoPoint::mul_base(&random_scalar(&mut random)));
        assert_eq!(found(&changed), Err(OprfError::WrongProof));
        changed.elements[at] = Element([0; 32]); // the identity
        assert_eq!(found(&changed), Err(OprfError::BadElement));
        changed.elements[at] = Element([0xff; 32]);
        assert_eq!(found(&changed), Err(OprfError::BadElement));
    }
    let mut swapped = honest.clone();
    swapped.elements.swap(0, 1);
    assert_eq!(found(&swapped), Err(OprfError::WrongProof));
    let mut fewer = honest;
    fewer.elements.pop();
    assert_eq!(found(&fewer), Err(OprfError::WrongCount));
}

#[test]
fn what_a_steward_cannot_evaluate_is_refused() {
    let share = Share::new(number(1), &array(KEY)).unwrap();
    let refused = |elements: &[Element]| share.evaluate(elements, &mut random(5)).map(drop);
    assert_eq!(refused(&[]), Err(OprfError::BadInputs));
    assert_eq!(refused(&vec![Element(array(PUBLIC)); super::ELEMENTS_MAX + 1]), Err(OprfError::BadInputs));
    assert_eq!(refused(&[Element([0; 32])]), Err(OprfError::BadElement));
    assert_eq!(refused(&[Element(array(PUBLIC)), Element([0xff; 32])]), Err(OprfError::BadElement));
    assert_eq!(Share::new(number(1), &[0; 32]).map(drop), Err(OprfError::BadScalar));
    assert_eq!(Share::new(number(1), &[0xff; 32]).map(drop), Err(OprfError::BadScalar));
    assert_eq!(PublicShare::new(number(1), Element([0; 32])).map(drop), Err(OprfError::BadElement));
    let beyond = number(super::NUMBER_MAX + 1);
    assert_eq!(Share::new(beyond, &array(KEY)).map(drop), Err(OprfError::BadNumber));
    assert_eq!(PublicShare::new(beyond, Element(array(PUBLIC))).map(drop), Err(OprfError::BadNumber));
    let blinding = Blinding::new(&[b"one"], &mut random(6)).unwrap();
    let verified = asked(&blinding, &share, &mut random(7));
    assert_eq!(blinding.finish(number(1), &[]).map(drop), Err(OprfError::TooFew));
    assert_eq!(blinding.finish(number(1), &[verified.clone(), verified]).map(drop), Err(OprfError::SameShare));
    assert_eq!(Blinding::new(&[], &mut random(8)).map(drop), Err(OprfError::BadInputs));
    let long = vec![0; super::INPUT_BYTES_MAX + 1];
    assert_eq!(Blinding::new(&[&long], &mut random(8)).map(drop), Err(OprfError::BadInputs));
}

#[test]
fn the_same_input_asked_twice_never_looks_the_same() {
    let mut random = random(9);
    let mut seen = std::collections::HashSet::new();
    for _ in 0..100 {
        let blinding = Blinding::new(&[b"one", b"one"], &mut random).unwrap();
        for element in blinding.elements() {
            assert!(seen.insert(element.0));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever the inputs and whoever answers, the value is the one of the whole key.
    #[test]
    fn the_value_depends_on_key_and_input_alone(
        seed: u64,
        inputs in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..6),
        t in 1_usize..5,
        more in 0_u16..4,
    ) {
        let mut random = random(seed);
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let key = random_scalar(&mut random);
        let shares = shared(&key, t, t as u16 + more, &mut random);
        let blinding = Blinding::new(&inputs, &mut random).unwrap();
        let last = &shares[shares.len() - t..];
        let verified: Vec<Verified> = last.iter().map(|share| asked(&blinding, share, &mut random)).collect();
        prop_assert_eq!(blinding.finish(number(t as u16), &verified).unwrap(), single(&key, &inputs, &mut random));
    }
}
