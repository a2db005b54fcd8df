//! Stewards as nodes make them: a key and its shares come of a ceremony, from fixed seeds.

use std::num::NonZeroU16;

use larum_protocol::{
    custody::{Dealings, Dkg, Resharing, Sharing, Values},
    hash::Digest,
    oprf::{PublicShare, Share},
    roster::{Budget, Epoch, Plan, Roster, RosterChain, SignedRoster, Steward, Stewards},
    tag::{Custody, Salt},
};

use super::{TODAY, node_key, signed, successor};

/// What a ceremony came to: the stewards have one share each, by number.
#[derive(Clone, Debug)]
pub struct Committee {
    pub plan: Plan,
    pub shares: Vec<Share>,
    pub public: Vec<PublicShare>,
}

impl Committee {
    /// What the roster says of them.
    pub fn stewards(&self) -> Stewards {
        let steward = |(node, public): (&_, &PublicShare)| Steward {
            number: public.number().get(),
            node: *node,
            share: public.element(),
        };
        Stewards {
            generation: self.plan.generation,
            threshold: self.plan.threshold,
            stewards: self.plan.nodes.iter().zip(&self.public).map(steward).collect(),
            budget: Budget::USUAL,
        }
    }
}

pub fn number(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

/// The seed of a steward's part in a ceremony.
pub const fn seed(number: NonZeroU16, nonce: &Digest) -> [u8; 32] {
    [number.get() as u8 ^ nonce.0[0]; 32]
}

fn sharing(plan: &Plan) -> Sharing {
    Sharing::new(plan.threshold.into(), plan.nodes.len() as u16).unwrap()
}

/// A plan for the key of an epoch that is to come.
pub fn plan_of_key(epoch: u32, threshold: u8, members: &[u32]) -> Plan {
    Plan {
        epoch,
        generation: 1,
        threshold,
        nodes: members.iter().map(|member| node_key(*member).public()).collect(),
        nonce: Digest([epoch as u8; 32]),
        dealers: Vec::new(),
    }
}

/// A plan for new shares of a key that is in use.
pub fn plan_of_shares(old: &Committee, threshold: u8, members: &[u32], dealers: &[u16]) -> Plan {
    let nonce = Digest([old.plan.nonce.0[0] + 100; 32]);
    let generation = old.plan.generation + 1;
    Plan { generation, nonce, dealers: dealers.to_vec(), ..plan_of_key(old.plan.epoch, threshold, members) }
}

/// The parts of all in the making of a key.
pub fn parts(plan: &Plan, consortium: &Digest) -> Vec<Dkg> {
    let (ceremony, sharing) = (plan.ceremony(consortium), sharing(plan));
    sharing.numbers().map(|own| Dkg::new(&ceremony, own, sharing, &seed(own, &plan.nonce)).unwrap()).collect()
}

/// What all say to everybody.
pub fn dealings(parts: &[Dkg]) -> Dealings {
    (1..).map(number).zip(parts.iter().map(|part| part.round1().to_vec())).collect()
}

/// The ceremony of a new key.
pub fn made(plan: &Plan, consortium: &Digest) -> Committee {
    let parts = parts(plan, consortium);
    let said = dealings(&parts);
    let agreed: Vec<_> = parts.iter().map(|part| part.agree(&said).unwrap()).collect();
    let handed = |to: NonZeroU16| -> Values {
        let others = (1..).map(number).zip(&agreed).filter(|(from, _)| *from != to);
        others.map(|(from, part)| (from, part.round2_for(to).unwrap())).collect()
    };
    let shared: Vec<_> = (1..).map(number).zip(&agreed).map(|(own, part)| part.finish(&handed(own)).unwrap()).collect();
    let public = shared[0].public.clone();
    Committee { plan: plan.clone(), shares: shared.into_iter().map(|shared| shared.share).collect(), public }
}

/// What everybody knows of a resharing before it begins.
pub fn resharing(plan: &Plan, consortium: &Digest, old: &Committee) -> Resharing {
    let threshold = number(old.plan.threshold.into());
    Resharing::new(&plan.ceremony(consortium), &old.public, threshold, sharing(plan)).unwrap()
}

/// The ceremony of new shares.
pub fn dealt_anew(plan: &Plan, consortium: &Digest, old: &Committee) -> Committee {
    let resharing = resharing(plan, consortium, old);
    let dealer = |dealer: &u16| {
        resharing.deal(&old.shares[usize::from(*dealer) - 1], &seed(number(*dealer), &plan.nonce)).unwrap()
    };
    let dealers: Vec<_> = plan.dealers.iter().map(dealer).collect();
    let said = dealers.iter().map(|dealer| (dealer.number(), dealer.round1().to_vec())).collect();
    let agreed = resharing.agree(&said).unwrap();
    let share = |to: NonZeroU16| {
        let values = dealers.iter().map(|dealer| (dealer.number(), dealer.round2_for(&agreed, to).unwrap()));
        agreed.finish(to, &values.collect()).unwrap()
    };
    let shares = sharing(plan).numbers().map(share).collect();
    Committee { plan: plan.clone(), shares, public: agreed.public().to_vec() }
}

/// The roster that plans a ceremony.
pub fn planning(before: &SignedRoster, plan: &Plan) -> Roster {
    successor(before, |roster| {
        roster.plan = Some(plan.clone());
        roster.format = roster.format_needed();
    })
}

/// The roster that uses what came of a ceremony, in a new epoch if it is a new key.
pub fn using(before: &SignedRoster, made: &Committee) -> Roster {
    successor(before, |roster| {
        let number = made.plan.epoch;
        if roster.epochs.iter().all(|epoch| epoch.number != number) {
            roster.epochs.iter_mut().for_each(|epoch| epoch.until = Some(TODAY.plus(30)));
            let commitment = Salt::new([number as u8 + 6; 32]).commitment(number);
            roster.epochs.push(Epoch { number, commitment, until: None, stewards: None });
            roster.policy.kinds.iter_mut().for_each(|kind| kind.custody = Custody::Split(kind.custody.stretch()));
        }
        let epoch = roster.epochs.iter_mut().find(|epoch| epoch.number == number).unwrap();
        epoch.stewards = Some(made.stewards());
        roster.plan = None;
        roster.format = roster.format_needed();
    })
}

/// Plans the making of a key, makes it, and puts it into use.
pub fn with_key(chain: &mut RosterChain, plan: &Plan) -> Committee {
    put_into_use(chain, plan, |consortium| made(plan, consortium))
}

/// Plans new shares of a key, deals them, and puts them into use.
pub fn with_shares(chain: &mut RosterChain, plan: &Plan, old: &Committee) -> Committee {
    put_into_use(chain, plan, |consortium| dealt_anew(plan, consortium, old))
}

fn put_into_use(chain: &mut RosterChain, plan: &Plan, ceremony: impl FnOnce(&Digest) -> Committee) -> Committee {
    chain.offer(signed(planning(chain.newest(), plan), &[0, 1])).unwrap();
    let committee = ceremony(&chain.consortium());
    chain.offer(signed(using(chain.newest(), &committee), &[1, 2])).unwrap();
    committee
}
