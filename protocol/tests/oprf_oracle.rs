//! The oblivious function against another implementation of RFC 9497, the crate `voprf`: under the same key each takes the
//! other's messages and both come to the same outputs.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::num::NonZeroU16;

use curve25519_dalek::Scalar;
use larum_protocol::oprf::{Blinding, Element, Evaluation, OprfError, Output, Proof, Share};
use old_chacha::{ChaCha20Rng as OldRandom, rand_core::SeedableRng as _};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use voprf::{BlindedElement, EvaluationElement, Ristretto255, VoprfClient, VoprfServer};

const ONE: NonZeroU16 = NonZeroU16::MIN;

/// One key at both, and inputs for a batch.
struct Setting {
    ours: Share,
    theirs: VoprfServer<Ristretto255>,
    inputs: Vec<Vec<u8>>,
    random: ChaCha20Rng,
    old: OldRandom,
}

impl Setting {
    fn new(seed: u64, batch: usize) -> Self {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let mut wide = [0; 64];
        random.fill_bytes(&mut wide);
        let key = Scalar::from_bytes_mod_order_wide(&wide).to_bytes();
        let input = |at: usize| {
            let mut input = vec![0; at % 50];
            random.fill_bytes(&mut input);
            input
        };
        let inputs = (0..batch).map(input).collect();
        let theirs = VoprfServer::new_with_key(&key).unwrap();
        Self { ours: Share::new(ONE, &key).unwrap(), theirs, inputs, random, old: OldRandom::seed_from_u64(seed) }
    }

    fn slices(&self) -> Vec<&[u8]> {
        self.inputs.iter().map(Vec::as_slice).collect()
    }

    /// What both should come to: the other implementation with no blinding and no proof.
    fn expected(&self) -> Vec<Output> {
        self.inputs.iter().map(|input| Output(self.theirs.evaluate(input).unwrap().into())).collect()
    }

    /// Their steward's answer to our request.
    fn answered_by_them(&mut self, blinding: &Blinding) -> Evaluation {
        let blinded: Vec<BlindedElement<Ristretto255>> =
            blinding.elements().iter().map(|element| BlindedElement::deserialize(&element.0).unwrap()).collect();
        let answer = self.theirs.batch_blind_evaluate(&mut self.old, &blinded).unwrap();
        Evaluation {
            elements: answer.messages.iter().map(|element| Element(element.serialize().into())).collect(),
            proof: Proof(answer.proof.serialize().as_slice().try_into().unwrap()),
        }
    }
}

const BATCHES: [usize; 6] = [1, 2, 3, 10, 64, 250];

#[test]
fn both_have_the_same_public_key() {
    let setting = Setting::new(1, 1);
    let theirs: [u8; 32] = {
        use voprf::Group as _;
        Ristretto255::serialize_elem(setting.theirs.get_public_key()).into()
    };
    assert_eq!(setting.ours.public().element(), Element(theirs));
}

#[test]
fn our_asker_takes_their_stewards_proof_and_gets_their_outputs() {
    for (seed, batch) in (0..).zip(BATCHES) {
        let mut setting = Setting::new(seed, batch);
        let blinding = Blinding::new(&setting.slices(), &mut setting.random.clone()).unwrap();

        let evaluation = setting.answered_by_them(&blinding);
        let verified = blinding.verify(&setting.ours.public(), &evaluation).unwrap();

        assert_eq!(blinding.finish(ONE, &[verified]).unwrap(), setting.expected(), "a batch of {batch}");
    }
}

#[test]
fn their_asker_takes_our_stewards_proof_and_gets_the_same_outputs() {
    for (seed, batch) in (100..).zip(BATCHES) {
        let mut setting = Setting::new(seed, batch);
        let asked: Vec<_> = setting
            .inputs
            .iter()
            .map(|input| VoprfClient::<Ristretto255>::blind(input, &mut setting.old).unwrap())
            .collect();
        let blinded: Vec<Element> = asked.iter().map(|asked| Element(asked.message.serialize().into())).collect();

        let evaluation = setting.ours.evaluate(&blinded, &mut setting.random).unwrap();

        let clients: Vec<_> = asked.into_iter().map(|asked| asked.state).collect();
        let messages: Vec<EvaluationElement<Ristretto255>> =
            evaluation.elements.iter().map(|element| EvaluationElement::deserialize(&element.0).unwrap()).collect();
        let proof = voprf::Proof::deserialize(&evaluation.proof.0).unwrap();
        let public = setting.theirs.get_public_key();
        let outputs = VoprfClient::batch_finalize(&setting.inputs, &clients, &messages, &proof, public).unwrap();
        let outputs: Vec<Output> = outputs.map(|output| Output(output.unwrap().into())).collect();
        assert_eq!(outputs, setting.expected(), "a batch of {batch}");
    }
}

#[test]
fn a_proof_that_one_refuses_the_other_refuses() {
    let mut setting = Setting::new(7, 3);
    let asked: Vec<_> = setting
        .inputs
        .iter()
        .map(|input| VoprfClient::<Ristretto255>::blind(input, &mut setting.old).unwrap())
        .collect();
    let blinded: Vec<Element> = asked.iter().map(|asked| Element(asked.message.serialize().into())).collect();
    let mut evaluation = setting.ours.evaluate(&blinded, &mut setting.random).unwrap();
    evaluation.elements.swap(0, 2);
    let clients: Vec<_> = asked.into_iter().map(|asked| asked.state).collect();
    let messages: Vec<EvaluationElement<Ristretto255>> =
        evaluation.elements.iter().map(|element| EvaluationElement::deserialize(&element.0).unwrap()).collect();
    let proof = voprf::Proof::deserialize(&evaluation.proof.0).unwrap();
    let public = setting.theirs.get_public_key();
    assert!(VoprfClient::batch_finalize(&setting.inputs, &clients, &messages, &proof, public).is_err());

    let blinding = Blinding::new(&setting.slices(), &mut setting.random.clone()).unwrap();
    let mut evaluation = setting.answered_by_them(&blinding);
    evaluation.elements.swap(0, 2);
    let verdict = blinding.verify(&setting.ours.public(), &evaluation).map(drop);
    assert_eq!(verdict, Err(OprfError::WrongProof));
}
