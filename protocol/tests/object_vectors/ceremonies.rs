//! Rosters that plan ceremonies and put what comes of them into use, and what is said in between.

use std::{collections::BTreeMap, num::NonZeroU16};

use larum_protocol::{
    codec,
    custody::{Dealings, Dkg, Resharing, Sharing, Values},
    hash::{Digest, Label, digest},
    oprf::{Element, PublicShare, Share},
    roster::{Plan, RosterChain, SignedRoster},
};
use serde_json::{Value, json};

use super::{
    describe::{self, hex, unhex},
    good::roster_case,
    read::{array, text_bytes},
    support::{
        chain, signed,
        stewards::{
            Committee, dealings, dealt_anew, made, number, parts, plan_of_key, plan_of_shares, planning, resharing,
            seed, using,
        },
    },
};

/// A consortium of five whose first three members make a key, and deal it to others later.
pub(crate) struct Story {
    pub(crate) chain: RosterChain,
    pub(crate) first: Committee,
    pub(crate) second: Committee,
}

pub(crate) fn story() -> Story {
    let mut chain = chain(5);
    let consortium = chain.consortium();
    let plan = plan_of_key(2, 2, &[1, 2, 3]);
    chain.offer(signed(planning(chain.newest(), &plan), &[0, 1])).unwrap();
    let first = made(&plan, &consortium);
    chain.offer(signed(using(chain.newest(), &first), &[0, 1])).unwrap();
    let plan = plan_of_shares(&first, 3, &[2, 3, 4, 5], &[1, 3]);
    chain.offer(signed(planning(chain.newest(), &plan), &[0, 1])).unwrap();
    let second = dealt_anew(&plan, &consortium, &first);
    chain.offer(signed(using(chain.newest(), &second), &[0, 1])).unwrap();
    Story { chain, first, second }
}

/// A roster behind some others, the first of which is a genesis.
pub(crate) fn behind(before: &[SignedRoster], mut case: Value) -> Value {
    let (genesis, between) = before.split_first().unwrap();
    case["before"] = json!(hex(genesis.encode()));
    case["between"] = between.iter().map(|roster| json!(hex(roster.encode()))).collect();
    case
}

pub(crate) fn cases() -> Vec<(&'static str, Value)> {
    let story = story();
    let rosters = story.chain.since(0);
    let roster = |at: usize| behind(&rosters[..at], roster_case(&rosters[at], None));
    vec![
        ("roster-plans-a-key", roster(1)),
        ("roster-with-stewards", roster(2)),
        ("roster-plans-other-stewards", roster(3)),
        ("roster-with-other-stewards", roster(4)),
        ("ceremony-of-a-key", of_key(&story.first.plan, &story.chain.consortium())),
        ("ceremony-of-new-shares", of_shares(&story)),
    ]
}

fn by_number<'a>(said: impl IntoIterator<Item = (&'a NonZeroU16, impl AsRef<[u8]>)>) -> Value {
    let said: BTreeMap<String, String> =
        said.into_iter().map(|(number, bytes)| (number.to_string(), hex(bytes))).collect();
    json!(said)
}

fn public(shares: &[PublicShare]) -> Value {
    shares.iter().map(|share| json!(hex(share.element().0))).collect()
}

fn named(plan: &Plan, consortium: &Digest) -> Value {
    json!({
        "type": "ceremony",
        "consortium": hex(consortium.0),
        "plan": describe::plan(plan),
        "plan_bytes": hex(codec::encode(plan)),
        "ceremony": hex(plan.ceremony(consortium).0),
    })
}

/// What is dealt to the first steward of a new key.
fn of_key(plan: &Plan, consortium: &Digest) -> Value {
    let parts = parts(plan, consortium);
    let said = dealings(&parts);
    let agreed: Vec<_> = parts.iter().map(|part| part.agree(&said).unwrap()).collect();
    let others = (2..).map(number).zip(&agreed[1..]);
    let values: Values = others.map(|(from, part)| (from, part.round2_for(number(1)).unwrap())).collect();
    let shared = agreed[0].finish(&values).unwrap();
    let mut case = named(plan, consortium);
    case["receiver"] = json!(1);
    case["receiver_seed"] = json!(hex(seed(number(1), &plan.nonce)));
    case["dealings"] = by_number(&said);
    case["set"] = json!(hex(agreed[0].digest().0));
    case["values"] = by_number(values.iter().map(|(from, value)| (from, value.as_slice())));
    case["share"] = json!(hex(*shared.share.to_bytes()));
    case["public"] = public(&shared.public);
    case["key"] = json!(hex(shared.key.0));
    case
}

/// What is dealt to the second of the new stewards of a key.
fn of_shares(story: &Story) -> Value {
    let (plan, consortium) = (&story.second.plan, story.chain.consortium());
    let resharing = resharing(plan, &consortium, &story.first);
    let deal = |from: &u16| {
        let share = &story.first.shares[usize::from(*from) - 1];
        resharing.deal(share, &seed(number(*from), &plan.nonce)).unwrap()
    };
    let dealers: Vec<_> = plan.dealers.iter().map(deal).collect();
    let said: Dealings = dealers.iter().map(|dealer| (dealer.number(), dealer.round1().to_vec())).collect();
    let agreed = resharing.agree(&said).unwrap();
    let value =
        |dealer: &larum_protocol::custody::Dealer| (dealer.number(), dealer.round2_for(&agreed, number(2)).unwrap());
    let values: Values = dealers.iter().map(value).collect();
    let share = agreed.finish(number(2), &values).unwrap();
    let mut case = named(plan, &consortium);
    case["receiver"] = json!(2);
    case["old_threshold"] = json!(story.first.plan.threshold);
    case["old_public"] = public(&story.first.public);
    case["dealings"] = by_number(&said);
    case["set"] = json!(hex(agreed.digest().0));
    case["values"] = by_number(values.iter().map(|(from, value)| (from, value.as_slice())));
    case["share"] = json!(hex(*share.to_bytes()));
    case["public"] = public(agreed.public());
    case["key"] = json!(hex(resharing.key().0));
    case
}

/// Checks one from what it says: the receiver's part of the ceremony.
pub(crate) fn check(name: &str, case: &Value) {
    let plan: Plan = codec::decode(&text_bytes(&case["plan_bytes"]), 4_096).unwrap();
    assert_eq!(case["plan"], describe::plan(&plan), "{name}");
    let consortium = array(&case["consortium"]);
    let ceremony = digest(Label::Ceremony, &[&consortium, &text_bytes(&case["plan_bytes"])]);
    assert_eq!(case["ceremony"], hex(ceremony.0), "{name}");
    let receiver = number(u16::try_from(case["receiver"].as_u64().unwrap()).unwrap());
    let sharing = Sharing::new(plan.threshold.into(), plan.nodes.len() as u16).unwrap();
    let read = |field: &str| -> BTreeMap<NonZeroU16, Vec<u8>> {
        let said = case[field].as_object().unwrap().iter();
        said.map(|(from, bytes)| (from.parse().unwrap(), unhex(bytes.as_str().unwrap()))).collect()
    };
    let said: Dealings = read("dealings");
    let values: Values = read("values").into_iter().map(|(from, value)| (from, value.into())).collect();
    assert_eq!(case["set"], hex(set(&ceremony, plan.dealers.is_empty(), &said)), "{name}");
    let (share, shares, key, seen): (Share, Vec<PublicShare>, Element, Digest) = if plan.dealers.is_empty() {
        let part = Dkg::new(&ceremony, receiver, sharing, &array(&case["receiver_seed"])).unwrap();
        let agreed = part.agree(&said).unwrap();
        let shared = agreed.finish(&values).unwrap();
        (shared.share, shared.public, shared.key, agreed.digest())
    } else {
        let old: Vec<PublicShare> = (1..)
            .map(number)
            .zip(case["old_public"].as_array().unwrap())
            .map(|(number, share)| PublicShare::new(number, Element(array(share))).unwrap())
            .collect();
        let threshold = number(u16::try_from(case["old_threshold"].as_u64().unwrap()).unwrap());
        let resharing = Resharing::new(&ceremony, &old, threshold, sharing).unwrap();
        let agreed = resharing.agree(&said).unwrap();
        let share = agreed.finish(receiver, &values).unwrap();
        (share, agreed.public().to_vec(), resharing.key(), agreed.digest())
    };
    assert_eq!(case["set"], hex(seen.0), "{name}");
    assert_eq!(case["share"], hex(*share.to_bytes()), "{name}");
    assert_eq!((&case["public"], &case["key"]), (&public(&shares), &json!(hex(key.0))), "{name}");
}

/// The name of a set of dealings, spelled out.
fn set(ceremony: &Digest, is_new_key: bool, said: &Dealings) -> [u8; 32] {
    let mut hash = blake3::Hasher::new_derive_key("larum/1 custody: the dealings of one ceremony");
    hash.update(&[u8::from(!is_new_key)]).update(&ceremony.0);
    for (from, dealing) in said {
        hash.update(&from.get().to_be_bytes()).update(&(dealing.len() as u64).to_be_bytes()).update(dealing);
    }
    *hash.finalize().as_bytes()
}
