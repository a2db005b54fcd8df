//! Whole ceremonies: what comes of honest ones, and who is named in others.

mod honest;
mod named;

use curve25519_dalek::Scalar;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use super::{message::Dealing, *};
use crate::{
    codec,
    hash::Digest,
    oprf::{Blinding, Output, Verified, lagrange},
    wire::List,
};

const CEREMONY: Digest = Digest([1; 32]);
const OTHER_CEREMONY: Digest = Digest([2; 32]);

fn number(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

fn sharing(threshold: u16, count: u16) -> Sharing {
    Sharing::new(threshold, count).unwrap()
}

/// A seed of each steward's own.
fn seed(of: u64, steward: NonZeroU16) -> [u8; 32] {
    let mut seed = [steward.get() as u8; 32];
    seed[..8].copy_from_slice(&of.to_be_bytes());
    seed
}

fn wrong<T: std::fmt::Debug>(result: Result<T, CustodyError>) -> (u16, Wrong) {
    match result {
        Err(CustodyError::Steward { steward, wrong }) => (steward.get(), wrong),
        other => panic!("nobody was named: {other:?}"),
    }
}

fn parts(ceremony: &Digest, sharing: Sharing, of: u64) -> Vec<Dkg> {
    sharing.numbers().map(|at| Dkg::new(ceremony, at, sharing, &seed(of, at)).unwrap()).collect()
}

fn said(parts: &[Dkg]) -> Dealings {
    (1..).filter_map(NonZeroU16::new).zip(parts.iter().map(|part| part.round1().to_vec())).collect()
}

fn dealing(bytes: &[u8]) -> Dealing {
    codec::decode(bytes, 1_024).unwrap()
}

fn commitments(part: &Dkg) -> Vec<Element> {
    dealing(part.round1()).commitments.into_vec()
}

/// What a part said, with another commitment.
fn with_commitment(part: &Dkg, at: usize, element: Element) -> Vec<u8> {
    let mut commitments = commitments(part);
    commitments[at] = element;
    codec::encode(&Dealing { commitments: List::of(commitments), ..dealing(part.round1()) })
}

fn dealer_number(dealer: &Dealer) -> NonZeroU16 {
    dealing(dealer.round1()).dealer
}

/// What everybody handed to one.
fn handed(generations: &[Generation], receiver: NonZeroU16) -> Values {
    let dealers = (1..).filter_map(NonZeroU16::new).zip(generations).filter(|(dealer, _)| *dealer != receiver);
    dealers.map(|(dealer, generation)| (dealer, generation.round2_for(receiver).unwrap())).collect()
}

fn agreed(parts: &[Dkg]) -> Vec<Generation> {
    parts.iter().map(|part| part.agree(&said(parts)).unwrap()).collect()
}

/// A key made without a mistake: what each steward has of it.
fn generated(sharing: Sharing, of: u64) -> Vec<Shared> {
    let generations = agreed(&parts(&CEREMONY, sharing, of));
    let stewards = sharing.numbers().zip(&generations);
    stewards.map(|(steward, part)| part.finish(&handed(&generations, steward)).unwrap()).collect()
}

fn shares(shared: &[Shared]) -> Vec<Share> {
    shared.iter().map(|shared| shared.share.clone()).collect()
}

/// What shares deal to a new sharing: the dealers and the set that all agree on.
fn dealt(resharing: &Resharing, dealers: &[&Share], of: u64) -> (Vec<Dealer>, Agreed) {
    let dealers: Vec<Dealer> =
        dealers.iter().map(|share| resharing.deal(share, &seed(of, share.number())).unwrap()).collect();
    let said = dealers.iter().map(|dealer| (dealer_number(dealer), dealer.round1().to_vec())).collect();
    let agreed = resharing.agree(&said).unwrap();
    (dealers, agreed)
}

fn values(dealers: &[Dealer], agreed: &Agreed, receiver: NonZeroU16) -> Values {
    dealers.iter().map(|dealer| (dealer_number(dealer), dealer.round2_for(agreed, receiver).unwrap())).collect()
}

/// New shares dealt without a mistake.
fn reshared(public: &[PublicShare], old: u16, dealers: &[&Share], new: Sharing, of: u64) -> (Vec<Share>, Agreed) {
    let resharing = Resharing::new(&OTHER_CEREMONY, public, number(old), new).unwrap();
    let (dealers, agreed) = dealt(&resharing, dealers, of);
    let share = |receiver| agreed.finish(receiver, &values(&dealers, &agreed, receiver)).unwrap();
    (new.numbers().map(share).collect(), agreed)
}

/// The outputs that some shares come to.
fn outputs(shares: &[&Share]) -> Vec<Output> {
    let mut random = ChaCha20Rng::seed_from_u64(1);
    let blinding = Blinding::new(&[b"one", b"another"], &mut random).unwrap();
    let answer = |share: &&Share| {
        let evaluation = share.evaluate(blinding.elements(), &mut random).unwrap();
        blinding.verify(&share.public(), &evaluation).unwrap()
    };
    let answers: Vec<Verified> = shares.iter().map(answer).collect();
    blinding.finish(number(1), &answers).unwrap()
}

/// Every choice of `count` of some shares.
fn choices(shares: &[Share], count: u16) -> impl Iterator<Item = Vec<&Share>> {
    (1_u32..1 << shares.len())
        .filter(move |chosen| chosen.count_ones() == u32::from(count))
        .map(|chosen| (0..shares.len()).filter(|at| chosen >> at & 1 == 1).map(|at| &shares[at]).collect())
}

/// The share that stands for the whole key, which nobody ever has but this test.
fn whole(shares: &[&Share]) -> Share {
    let numbers: Vec<NonZeroU16> = shares.iter().map(|share| share.number()).collect();
    let weighed = shares.iter().zip(lagrange::coefficients(&numbers, 0)).map(|(share, weight)| share.secret() * weight);
    Share::new(number(1), &weighed.sum::<Scalar>().to_bytes()).unwrap()
}
