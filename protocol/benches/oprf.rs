//! What the oblivious function costs, as a table: `cargo bench -p larum-protocol --bench oprf`.
//!
//! Costs are ratios to one constant-time multiplication of a point that nothing is prepared for by a scalar, and to the
//! crate `voprf`. Both sides of each ratio are measured in turns, and the median of many turns is shown: whatever else the
//! machine does weighs on both.
#![allow(clippy::unwrap_used, reason = "a benchmark")]
#![allow(clippy::print_stdout, reason = "its table")]

use std::{
    hint::black_box,
    num::NonZeroU16,
    time::{Duration, Instant},
};

use curve25519_dalek::{RistrettoPoint, Scalar};
use larum_protocol::oprf::{Blinding, Element, Evaluation, PublicShare, Share, Verified};
use old_chacha::{ChaCha20Rng as OldRandom, rand_core::SeedableRng as _};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use voprf::{BlindedElement, EvaluationElement, Ristretto255, VoprfClient, VoprfServer};

/// Everything that somebody imports, an applicant, a phone number.
const BATCHES: [usize; 3] = [1_000, 4, 1];
const STEWARDS: u16 = 3;
/// Turns in which both sides of a ratio are measured.
const TURNS: usize = 25;
/// How long either side is measured in a turn at least.
const TURN: Duration = Duration::from_millis(12);

fn random(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn scalar(random: &mut ChaCha20Rng) -> Scalar {
    let mut wide = [0; 64];
    random.fill_bytes(&mut wide);
    Scalar::from_bytes_mod_order_wide(&wide)
}

fn number(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

/// Seconds that one call takes, of as many as fit a turn.
fn seconds(act: &mut dyn FnMut()) -> f64 {
    let started = Instant::now();
    let mut calls = 0;
    while calls == 0 || started.elapsed() < TURN {
        act();
        calls += 1;
    }
    started.elapsed().as_secs_f64() / f64::from(calls)
}

/// How many times as long the one takes as the other: the median of interleaved turns.
fn ratio(one: &mut dyn FnMut(), other: &mut dyn FnMut()) -> f64 {
    let mut ratios: Vec<f64> = (0..TURNS)
        .map(|_| {
            let before = seconds(other);
            let taken = seconds(one);
            taken / ((before + seconds(other)) / 2.0)
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[TURNS / 2]
}

/// The unit: 16 multiplications a call, so that looking at the clock costs nothing.
const UNIT_CALLS: f64 = 16.0;

fn unit() -> impl FnMut() {
    let mut random = random(1);
    let (mut point, by) = (RistrettoPoint::mul_base(&scalar(&mut random)), scalar(&mut random));
    move || {
        for _ in 0..UNIT_CALLS as usize {
            point = black_box(point) * black_box(by);
        }
    }
}

/// A key shared 3 of 3, and a request.
struct Setting {
    inputs: Vec<Vec<u8>>,
    shares: Vec<Share>,
    /// As a roster has them: decoded once.
    public: Vec<PublicShare>,
    blinding: Blinding,
    answers: Vec<Evaluation>,
    theirs: VoprfServer<Ristretto255>,
}

impl Setting {
    fn new(batch: usize) -> Self {
        let mut random = random(batch as u64);
        let inputs: Vec<Vec<u8>> = (0..batch).map(|at| format!("+1 202 555 01{at:02}").into_bytes()).collect();
        let coefficients: Vec<Scalar> = (0..STEWARDS).map(|_| scalar(&mut random)).collect();
        let value = |x: u16| coefficients.iter().rev().fold(Scalar::ZERO, |value, next| value * Scalar::from(x) + next);
        let shares: Vec<Share> =
            (1..=STEWARDS).map(|at| Share::new(number(at), &value(at).to_bytes()).unwrap()).collect();
        let blinding = Blinding::new(&slices(&inputs), &mut random).unwrap();
        let answers = shares.iter().map(|share| share.evaluate(blinding.elements(), &mut random).unwrap()).collect();
        let theirs = VoprfServer::new_with_key(&value(1).to_bytes()).unwrap();
        let public = shares.iter().map(Share::public).collect();
        Self { inputs, shares, public, blinding, answers, theirs }
    }

    /// Blinds, checks three stewards' proofs, combines and finishes.
    fn ask(&self, random: &mut ChaCha20Rng) {
        black_box(Blinding::new(&slices(&self.inputs), random).unwrap());
        // The answers at hand are to another request of the same size.
        let answers = self.public.iter().zip(&self.answers);
        let verified: Vec<Verified> =
            answers.map(|(share, answer)| self.blinding.verify(share, answer).unwrap()).collect();
        black_box(self.blinding.finish(number(STEWARDS), &verified).unwrap());
    }

    /// What travels to and from all stewards, before anything authenticates it.
    fn bytes(&self) -> usize {
        let asked = size_of_val(self.blinding.elements()) * self.answers.len();
        let answered = self.answers.iter().map(|answer| size_of_val(&*answer.elements) + size_of_val(&answer.proof));
        asked + answered.sum::<usize>()
    }
}

fn slices(inputs: &[Vec<u8>]) -> Vec<&[u8]> {
    inputs.iter().map(Vec::as_slice).collect()
}

fn steward(batch: usize) -> f64 {
    let (setting, mut random) = (Setting::new(batch), random(2));
    let mut evaluate =
        || drop(black_box(setting.shares[0].evaluate(black_box(setting.blinding.elements()), &mut random)));
    ratio(&mut evaluate, &mut unit()) * UNIT_CALLS / batch as f64
}

fn client(batch: usize) -> f64 {
    let (setting, mut random) = (Setting::new(batch), random(3));
    ratio(&mut || setting.ask(&mut random), &mut unit()) * UNIT_CALLS / batch as f64
}

fn their_steward(batch: usize) -> f64 {
    let (setting, mut random, mut old) = (Setting::new(batch), random(4), OldRandom::seed_from_u64(4));
    let mut theirs = || {
        let decoded: Vec<BlindedElement<Ristretto255>> = setting.blinding.elements().iter().map(decoded).collect();
        let answer = setting.theirs.batch_blind_evaluate(&mut old, &decoded).unwrap();
        let elements: Vec<_> = answer.messages.iter().map(EvaluationElement::serialize).collect();
        black_box((elements, answer.proof.serialize()));
    };
    let mut ours = || drop(black_box(setting.shares[0].evaluate(setting.blinding.elements(), &mut random)));
    ratio(&mut theirs, &mut ours)
}

fn decoded(element: &Element) -> BlindedElement<Ristretto255> {
    BlindedElement::deserialize(&element.0).unwrap()
}

/// From bytes to a proof that holds; nothing is unblinded.
fn their_verification(batch: usize) -> f64 {
    let (setting, mut old) = (Setting::new(batch), OldRandom::seed_from_u64(5));
    let asked: Vec<_> = setting.inputs.iter().map(|input| VoprfClient::blind(input, &mut old).unwrap()).collect();
    let blinded: Vec<BlindedElement<Ristretto255>> = asked.iter().map(|asked| asked.message.clone()).collect();
    let answer = setting.theirs.batch_blind_evaluate(&mut old, &blinded).unwrap();
    let elements: Vec<_> = answer.messages.iter().map(EvaluationElement::serialize).collect();
    let (proof, public) = (answer.proof.serialize(), setting.theirs.get_public_key());
    let clients: Vec<_> = asked.into_iter().map(|asked| asked.state).collect();
    let mut theirs = || {
        let elements: Vec<EvaluationElement<Ristretto255>> =
            elements.iter().map(|element| EvaluationElement::deserialize(element).unwrap()).collect();
        let proof = voprf::Proof::deserialize(&proof).unwrap();
        // The proof is checked at once; what comes of it is computed only where it is asked for.
        drop(black_box(VoprfClient::batch_finalize(&setting.inputs, &clients, &elements, &proof, public)).unwrap());
    };
    let mut ours =
        || drop(black_box(setting.blinding.verify(&setting.public[0], black_box(&setting.answers[0])).unwrap()));
    ratio(&mut theirs, &mut ours)
}

fn show(what: &str, batch: usize, figure: f64, reach: f64, met: bool) {
    let met = if met { "met" } else { "not met" };
    println!("{what:<44} {batch:>6} {figure:>9.2} {reach:>9.2}   {met}");
}

fn main() {
    println!("{:<44} {:>6} {:>9} {:>9}", "multiplications per identifier", "batch", "figure", "reach");
    for (batch, reach) in BATCHES.into_iter().zip([1.45, 2.4, 5.0]) {
        let figure = steward(batch);
        show("steward: evaluate and prove", batch, figure, reach, figure <= reach);
    }
    for (batch, reach) in BATCHES.into_iter().zip([4.2, 6.0, 10.0]) {
        let figure = client(batch);
        show("asker, t = 3: blind, verify, combine, finish", batch, figure, reach, figure <= reach);
    }
    println!("\nbytes per identifier, three stewards");
    for (batch, reach) in BATCHES.into_iter().zip([192.0, 240.0, 384.0]) {
        let figure = Setting::new(batch).bytes() as f64 / batch as f64;
        // In a large batch the proofs are a fifth of a byte each.
        show("both ways, before authentication", batch, figure, reach, figure.round() <= reach);
    }
    println!("\ntimes as fast as the crate voprf");
    for batch in BATCHES {
        let figure = their_steward(batch);
        show("steward: evaluate and prove", batch, figure, 2.0, figure >= 2.0);
    }
    for batch in BATCHES {
        let figure = their_verification(batch);
        show("asker: verify one proof", batch, figure, 4.0, figure >= 4.0);
    }
}
