//! A steward, an asker and ceremonies in which one dealer says whatever an input does: made once, as keys take long.

use std::sync::OnceLock;

use larum_protocol::{
    custody::{Agreed, CustodyError, Dealings, Dkg, Generation, Resharing, Values, public_key},
    hash::Digest,
    oprf::{Blinding, Evaluation, PublicShare, Share},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use crate::{
    craft::founded,
    support::stewards::{Committee, dealings, made, number, parts, plan_of_key, plan_of_shares, resharing, seed},
};

/// Everything that honest parties have.
pub struct Setting {
    committee: Committee,
    /// What an asker asks, and what the second steward answers.
    pub blinding: Blinding,
    /// See `blinding`.
    pub answer: Evaluation,
    dkg: Dkg,
    said_of_key: Dealings,
    generation: Generation,
    values_of_key: Values,
    resharing: Resharing,
    said_of_shares: Dealings,
    agreed: Agreed,
    values_of_shares: Values,
    new_share: Share,
}

/// In which way the second dealer speaks to the first receiver.
#[derive(Clone, Copy)]
pub enum Way {
    /// To everybody, of a new key.
    DealingOfKey,
    /// To it alone, of a new key.
    ValueOfKey,
    /// To everybody, of new shares.
    DealingOfShares,
    /// To it alone, of new shares.
    ValueOfShares,
}

/// All of them.
pub const WAYS: [Way; 4] = [Way::DealingOfKey, Way::ValueOfKey, Way::DealingOfShares, Way::ValueOfShares];

impl Way {
    /// The byte before an input of it.
    pub const fn number(self) -> u8 {
        5 + self as u8
    }

    /// What an honest dealer says.
    pub fn honest(self) -> &'static [u8] {
        let (setting, two) = (setting(), number(2));
        match self {
            Self::DealingOfKey => &setting.said_of_key[&two],
            Self::ValueOfKey => &setting.values_of_key[&two],
            Self::DealingOfShares => &setting.said_of_shares[&two],
            Self::ValueOfShares => &setting.values_of_shares[&two],
        }
    }

    /// What the receiver makes of some bytes: it names their sender, or it goes on as if they were the honest ones, if they
    /// are, or with another set of dealings, which everybody can tell.
    pub fn hear(self, bytes: &[u8]) {
        let setting = setting();
        let is_honest = bytes == self.honest();
        match self {
            Self::DealingOfKey => {
                let mut said = setting.said_of_key.clone();
                said.insert(number(2), bytes.to_vec());
                let heard = setting.dkg.agree(&said).map(|generation| generation.digest());
                is_told(heard, setting.generation.digest(), is_honest);
            }
            Self::DealingOfShares => {
                let mut said = setting.said_of_shares.clone();
                said.insert(number(2), bytes.to_vec());
                let heard = setting.resharing.agree(&said);
                if let Ok(agreed) = &heard {
                    let threshold = number(setting.committee.plan.threshold.into());
                    assert_eq!(public_key(agreed.public(), threshold), Ok(setting.resharing.key()), "the key stays");
                }
                is_told(heard.map(|agreed| agreed.digest()), setting.agreed.digest(), is_honest);
            }
            Self::ValueOfKey => {
                let mut values = setting.values_of_key.clone();
                values.insert(number(2), bytes.to_vec().into());
                let heard = setting.generation.finish(&values).map(|shared| shared.share);
                is_share(heard, &setting.committee.shares[0], is_honest);
            }
            Self::ValueOfShares => {
                let mut values = setting.values_of_shares.clone();
                values.insert(number(2), bytes.to_vec().into());
                is_share(setting.agreed.finish(number(1), &values), &setting.new_share, is_honest);
            }
        }
    }
}

fn is_told(heard: Result<Digest, CustodyError>, honest: Digest, is_honest: bool) {
    match heard {
        Ok(digest) => assert_eq!(digest == honest, is_honest, "other dealings have another name"),
        Err(error) => assert!(!is_honest && names_two(error), "{error}"),
    }
}

fn is_share(heard: Result<Share, CustodyError>, honest: &Share, is_honest: bool) {
    match heard {
        Ok(share) => assert!(is_honest && share.public() == honest.public(), "one value has one spelling"),
        Err(error) => assert!(!is_honest && names_two(error), "{error}"),
    }
}

/// Whether the one who said it is named, and nobody else.
fn names_two(error: CustodyError) -> bool {
    matches!(error, CustodyError::Steward { steward, .. } if steward == number(2))
}

/// The setting.
pub fn setting() -> &'static Setting {
    static SETTING: OnceLock<Setting> = OnceLock::new();
    SETTING.get_or_init(|| {
        let consortium = founded().consortium();
        let plan = plan_of_key(2, 2, &[1, 2, 3]);
        let committee = made(&plan, &consortium);
        let mut parts_of_key = parts(&plan, &consortium);
        let said_of_key = dealings(&parts_of_key);
        let agreed_of_key: Vec<Generation> =
            parts_of_key.iter().map(|part| part.agree(&said_of_key).expect("honest dealings")).collect();
        let others = (2..).map(number).zip(&agreed_of_key[1..]);
        let values_of_key =
            others.map(|(from, part)| (from, part.round2_for(number(1)).expect("a steward"))).collect();
        let plan = plan_of_shares(&committee, 2, &[1, 2, 3], &[1, 2]);
        let resharing = resharing(&plan, &consortium, &committee);
        let dealers = [1, 2].map(|at: u16| {
            let share = &committee.shares[usize::from(at) - 1];
            resharing.deal(share, &seed(number(at), &plan.nonce)).expect("an old share")
        });
        let said_of_shares: Dealings =
            dealers.iter().map(|dealer| (dealer.number(), dealer.round1().to_vec())).collect();
        let agreed = resharing.agree(&said_of_shares).expect("honest dealings");
        let value = |dealer: &larum_protocol::custody::Dealer| {
            (dealer.number(), dealer.round2_for(&agreed, number(1)).expect("a receiver"))
        };
        let values_of_shares: Values = dealers.iter().map(value).collect();
        let new_share = agreed.finish(number(1), &values_of_shares).expect("honest values");
        let mut random = ChaCha20Rng::from_seed([1; 32]);
        let blinding = Blinding::new(&[b"one", b"another"], &mut random).expect("two inputs");
        let answer = committee.shares[1].evaluate(blinding.elements(), &mut random).expect("two elements");
        Setting {
            blinding,
            answer,
            dkg: parts_of_key.swap_remove(0),
            said_of_key,
            generation: agreed_of_key.into_iter().next().expect("three parts"),
            values_of_key,
            resharing,
            said_of_shares,
            agreed,
            values_of_shares,
            new_share,
            committee,
        }
    })
}

/// The public share of the steward that answers.
pub fn answerer() -> &'static PublicShare {
    &setting().committee.public[1]
}
