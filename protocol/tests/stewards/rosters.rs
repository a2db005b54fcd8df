//! Rosters: P41, P85 to P89.

use larum_protocol::{
    codec::DecodeError,
    custody::public_key,
    hash::Digest,
    keys::{SecretKey, certify_node},
    oprf::Element,
    roster::{
        Accepted, Budget, Epoch, Node, Plan, Roster, RosterChain, RosterDecodeError, RosterError, RosterFault,
        SignedRoster, Steward, Stewards,
    },
    tag::Custody,
};
use minicbor::Encoder;
use proptest::prelude::*;

use super::{
    setting,
    support::{
        TODAY, chain, genesis, node_key, signed,
        stewards::{Committee, made, number, plan_of_key, plan_of_shares, planning, using, with_key, with_shares},
        successor,
    },
};

/// Why the newest roster of the setting would break its own rules if it were changed; nothing if it did not.
fn fault(change: impl FnOnce(&mut Roster)) -> Option<&'static str> {
    let mut roster = successor(setting().0.newest(), change);
    roster.format = roster.format_needed();
    of_policy(roster.check())
}

fn of_policy(checked: Result<(), RosterFault>) -> Option<&'static str> {
    match checked {
        Ok(()) => None,
        Err(RosterFault::BadPolicy(why)) => Some(why),
        Err(other) => panic!("another rule: {other}"),
    }
}

/// The same of its stewards alone.
fn fault_of_stewards(change: impl FnOnce(&mut Stewards)) -> Option<&'static str> {
    fault(|roster| change(roster.epochs[1].stewards.as_mut().unwrap()))
}

/// Why a changed successor does not follow; nothing if it does.
fn refusal(chain: &RosterChain, next: Roster) -> Option<&'static str> {
    match chain.clone().offer(signed(next, &[0, 1])) {
        Ok(Accepted::Appended) => None,
        Err(RosterError::Rewrites(why)) => Some(why),
        other => panic!("something else: {other:?}"),
    }
}

const TOO_MANY: Option<&str> = Some("too many stewards, or a threshold below two or above their number");
const UNPLANNED: Option<&str> = Some("puts shares into use that no plan of the roster before made");
const NOT_ONE_KEY: Option<&str> = Some("the stewards' public shares are not those of one key");
const UNFIT_PLAN: Option<&str> = Some("the planned shares are neither of the next epoch nor of a key in use");
const BAD_BUDGET: Option<&str> = Some("the stewards' budget is too large, or too small to divide among them");
const BAD_FORMAT: Option<&str> = Some("the roster's format is not the one that its content has");
const OTHER_CUSTODY: Option<&str> = Some("changes the custody of an epoch: a new epoch has to begin");
const REUSED: Option<&str> = Some("gives an epoch's number a second time, or takes the newest back");

#[test]
fn a_key_is_planned_made_used_and_dealt_to_others_and_stays_the_same() {
    // Given a consortium without stewards, when a key is planned and made
    let mut chain = chain(7);
    let first = with_key(&mut chain, &plan_of_key(2, 2, &[1, 2, 3]));
    let stewards = |chain: &RosterChain| chain.roster().epochs[1].stewards.clone().unwrap();
    let key = stewards(&chain).public_key();
    assert_eq!(key, Ok(public_key(&first.public, number(2)).unwrap()));
    assert_eq!(chain.roster().format, Roster::FORMAT_WITH_STEWARDS);
    // Then its shares can be refreshed, and dealt to more and to other stewards
    let second = with_shares(&mut chain, &plan_of_shares(&first, 2, &[1, 2, 3], &[1, 3]), &first);
    let third = with_shares(&mut chain, &plan_of_shares(&second, 3, &[3, 4, 5, 6], &[2, 3]), &second);
    assert_eq!((stewards(&chain).public_key(), stewards(&chain).generation), (key, 3));
    assert_ne!(first.public, second.public);
    // And another key beside it has an epoch of its own
    with_key(&mut chain, &plan_of_key(3, 2, &[1, 2]));
    assert_eq!(stewards(&chain), third.stewards());
    // What is read is what was signed
    for roster in chain.since(0) {
        assert_eq!(SignedRoster::decode(&roster.encode()).as_ref(), Ok(roster));
    }
}

#[test]
fn p85_stewards_are_few_of_different_members_and_it_takes_two() {
    assert_eq!(fault(|_| ()), None);
    for threshold in [0, 1, 4, 255] {
        assert_eq!(fault_of_stewards(|stewards| stewards.threshold = threshold), TOO_MANY, "{threshold}");
    }
    assert_eq!(fault_of_stewards(|stewards| stewards.stewards.clear()), TOO_MANY);
    let unknown = fault_of_stewards(|stewards| stewards.stewards[0].node = node_key(8).public());
    assert_eq!(unknown, Some("a steward is no node on the roster"));
    let second_node = fault(|roster| {
        let node = add_node(roster);
        roster.epochs[1].stewards.as_mut().unwrap().stewards[2].node = node;
    });
    assert_eq!(second_node, Some("two stewards are nodes of one member"));
    let twice = fault_of_stewards(|stewards| stewards.stewards[2].node = stewards.stewards[0].node);
    assert_eq!(twice, Some("two stewards are nodes of one member"));
    let order = Some("the stewards are not in ascending order of number");
    assert_eq!(fault_of_stewards(|stewards| stewards.stewards.reverse()), order);
    assert_eq!(fault_of_stewards(|stewards| stewards.stewards[1].number = 1), order);
    let zero = fault_of_stewards(|stewards| stewards.stewards[0].number = 0);
    assert_eq!(zero, Some("a steward has the number 0"));
    assert!(fault_of_stewards(|stewards| stewards.stewards[2].number = 16).is_some());
    // And the same goes for those that are planned
    let planned = |change: fn(&mut Roster, &mut Plan)| {
        fault(|roster| {
            let mut plan = plan_of_key(3, 2, &[4, 5, 6]);
            change(roster, &mut plan);
            roster.plan = Some(plan);
        })
    };
    assert_eq!(planned(|_, _| ()), None);
    assert_eq!(planned(|_, plan| plan.threshold = 1), TOO_MANY);
    assert_eq!(planned(|_, plan| plan.threshold = 4), TOO_MANY);
    assert_eq!(planned(|_, plan| plan.nodes[0] = node_key(9).public()), Some("a steward is no node on the roster"));
    let one_member = planned(|roster, plan| {
        plan.nodes[1] = {
            plan.nodes[0] = node_key(1).public();
            add_node(roster)
        }
    });
    assert_eq!(one_member, Some("two stewards are nodes of one member"));
    let sixteen = fault(|roster| {
        roster.members = genesis(16).members;
        let members: Vec<u32> = (1..=16).collect();
        roster.plan = Some(plan_of_key(3, 2, &members));
    });
    assert_eq!(sixteen, TOO_MANY);
}

/// A second node of the first member.
fn add_node(roster: &mut Roster) -> larum_protocol::keys::PublicKey {
    let key = node_key(77).public();
    let member = &mut roster.members[0];
    let certificate = certify_node(&SecretKey::from_seed(&[51; 32]), &key);
    member.nodes.push(Node { key, certificate, ..member.nodes[0].clone() });
    key
}

#[test]
fn p86_shares_are_those_of_one_key_that_no_other_epoch_has() {
    let (_, committee) = setting();
    for at in 0..3 {
        let swapped = committee.public[(at + 1) % 3].element();
        assert_eq!(fault_of_stewards(|stewards| stewards.stewards[at].share = swapped), NOT_ONE_KEY);
    }
    assert_eq!(fault_of_stewards(|stewards| stewards.threshold = 3), None, "three points are on a parabola, too");
    assert_eq!(fault_of_stewards(|stewards| stewards.stewards.truncate(2)), None, "and two on a line");
    let bytes = Element([0xff; 32]);
    let no_element = Some("a steward's public share is not an element");
    assert_eq!(fault_of_stewards(|stewards| stewards.stewards[0].share = bytes), no_element);
    assert_eq!(fault_of_stewards(|stewards| stewards.stewards[0].share = Element([0; 32])), no_element);
    // And a second epoch cannot have the same key, in whatever generation
    let of_other_epoch = fault(|roster| {
        roster.epochs[1].until = Some(TODAY);
        roster.epochs.push(Epoch { number: 3, until: None, ..roster.epochs[1].clone() });
    });
    assert_eq!(of_other_epoch, Some("two epochs have the same key"));
}

#[test]
fn p86_a_key_does_not_change_within_its_epoch_and_neither_does_custody() {
    let (chain, committee) = setting();
    let after = |change: fn(&mut Roster)| {
        let mut next = successor(chain.newest(), change);
        next.format = next.format_needed();
        refusal(&chain, next)
    };
    // Given another key that was made by the same stewards for the same plan but for the nonce
    let other = made(&Plan { nonce: Digest([77; 32]), ..committee.plan }, &chain.consortium());
    let mut changed = successor(chain.newest(), |_| ());
    changed.epochs[1].stewards = Some(other.stewards());
    assert_eq!(refusal(&chain, changed), Some("changes the key of an epoch: a new epoch has to begin"));
    // Then neither it nor any custody but the epoch's is taken
    let without = after(|roster| {
        roster.epochs[1].stewards = None;
        roster.policy = genesis(1).policy;
    });
    assert!(without.is_some());
    assert_eq!(after(|roster| roster.epochs[1].stewards = None), OTHER_CUSTODY);
    let late = after(|roster| {
        roster.epochs[0].stewards = roster.epochs[1].stewards.take();
        roster.epochs.truncate(1);
        roster.epochs[0].until = None;
    });
    assert!(late.is_some(), "an epoch gets no stewards after it began");
    // But the budget may change, and so may all that has to do with none of it
    assert_eq!(after(|roster| roster.epochs[1].stewards.as_mut().unwrap().budget = Budget(7_000)), None);
    assert_eq!(after(|roster| roster.epochs[0].until = Some(TODAY)), None);
}

#[test]
fn p86_an_epoch_that_began_without_stewards_gets_none() {
    let mut chain = chain(3);
    let plan = plan_of_key(2, 2, &[1, 2, 3]);
    chain.offer(signed(planning(chain.newest(), &plan), &[0, 1])).unwrap();
    let committee = made(&plan, &chain.consortium());
    let mut next = using(chain.newest(), &committee);
    next.epochs[0].stewards = next.epochs[1].stewards.take();
    assert_eq!(refusal(&chain, next), OTHER_CUSTODY);
}

#[test]
fn p86_a_kind_stays_under_split_custody_as_long_as_an_epoch_with_stewards_does() {
    let (mut chain, _) = setting();
    let switched = |chain: &RosterChain| {
        successor(chain.newest(), |roster| {
            let kind = &mut roster.policy.kinds[0];
            kind.custody = match kind.custody {
                Custody::Split(stretch) => Custody::Shared(stretch),
                Custody::Shared(stretch) => Custody::Split(stretch),
            };
        })
    };
    let why = Some("changes the custody of a kind in an epoch that has stewards: a new epoch has to begin");
    assert_eq!(refusal(&chain, switched(&chain)), why);
    // Given that no epoch with stewards stays, when custody is shared again, then it may be
    let mut shared = switched(&chain);
    shared.epochs.remove(0);
    shared.epochs[0] = Epoch { number: 3, stewards: None, ..shared.epochs[0].clone() };
    assert_eq!(refusal(&chain, shared.clone()), None);
    chain.offer(signed(shared, &[0, 1])).unwrap();
    assert_eq!(refusal(&chain, switched(&chain)), None);
}

#[test]
fn p99_a_stretch_stays_as_long_as_an_epoch_does_whose_tags_are_made_with_it() {
    let (chain, _) = setting();
    let cheaper = |roster: &mut Roster| {
        let custody =
            &mut roster.policy.kinds.iter_mut().find(|kind| kind.custody.stretch().is_some()).unwrap().custody;
        let (Custody::Shared(Some(stretch)) | Custody::Split(Some(stretch))) = custody else { unreachable!() };
        stretch.passes += 1;
    };
    // Given an epoch without stewards that goes on, and one with
    assert!(chain.roster().epochs[0].stewards.is_none() && chain.roster().epochs[1].stewards.is_some());
    let why = Some("changes a kind's stretch while an epoch goes on whose tags are made with it");
    assert_eq!(refusal(&chain, successor(chain.newest(), cheaper)), why);
    // When only the one with stewards goes on, then nothing is made with it any more
    let alone = successor(chain.newest(), |roster| {
        cheaper(roster);
        roster.epochs.remove(0);
    });
    assert_eq!(refusal(&chain, alone), None);
}

#[test]
fn p87_only_what_was_planned_is_put_into_use() {
    let (mut chain, first) = setting();
    let plan = plan_of_shares(&first, 2, &[2, 4, 6], &[1, 2]);
    let second = super::support::stewards::dealt_anew(&plan, &chain.consortium(), &first);
    // Given new shares that no roster planned, then they are not taken
    assert_eq!(refusal(&chain, using(chain.newest(), &second)), UNPLANNED);
    chain.offer(signed(planning(chain.newest(), &plan), &[0, 1])).unwrap();
    // When they are planned, then they are, with everything as it was planned
    let after = |change: fn(&mut Stewards)| {
        let next = using(chain.newest(), &second);
        let mut next = Roster { plan: None, ..next };
        change(next.epochs[1].stewards.as_mut().unwrap());
        refusal(&chain, next)
    };
    assert_eq!(after(|_| ()), None);
    assert_eq!(after(|stewards| stewards.budget = Budget(300)), None);
    assert_eq!(after(|stewards| stewards.generation = 1), UNPLANNED);
    assert_eq!(after(|stewards| stewards.generation = 3), UNPLANNED);
    assert!(after(|stewards| stewards.threshold = 3).is_some());
    assert_eq!(after(|stewards| stewards.stewards.truncate(2)), UNPLANNED);
    assert_eq!(after(|stewards| stewards.stewards[0].node = node_key(7).public()), UNPLANNED);
    let swapped = |stewards: &mut Stewards| {
        let [one, two, _] = stewards.stewards[..] else { panic!("three stewards") };
        (stewards.stewards[0].node, stewards.stewards[1].node) = (two.node, one.node);
    };
    assert_eq!(after(swapped), UNPLANNED);
    // And the old ones in the same generation are no longer the plan's
    let dropped = successor(chain.newest(), |roster| roster.plan = None);
    chain.offer(signed(dropped, &[0, 1])).unwrap();
    assert_eq!(refusal(&chain, using(chain.newest(), &second)), UNPLANNED);
}

#[test]
fn p87_a_new_epoch_has_the_key_that_was_planned_for_it() {
    let mut chain = chain(4);
    let plan = plan_of_key(2, 2, &[1, 2, 3]);
    let committee = made(&plan, &chain.consortium());
    assert_eq!(refusal(&chain, using(chain.newest(), &committee)), UNPLANNED);
    chain.offer(signed(planning(chain.newest(), &plan), &[0, 1])).unwrap();
    assert_eq!(refusal(&chain, using(chain.newest(), &committee)), None);
    let later = successor(chain.newest(), |roster| {
        let using = using(chain.newest(), &committee);
        (roster.plan, roster.policy, roster.epochs) = (None, using.policy, using.epochs);
        roster.epochs[1].number = 3;
    });
    assert_eq!(refusal(&chain, later), UNPLANNED);
}

#[test]
fn p87_a_genesis_has_no_stewards() {
    let (chain, _) = setting();
    let mut founding = genesis(3);
    founding.epochs = vec![chain.roster().epochs[1].clone()];
    founding.format = founding.format_needed();
    let why = "a consortium starts without stewards: its nodes make the key among themselves";
    assert_eq!(of_policy(founding.check()), Some(why));
}

#[test]
fn p88_a_plan_is_for_the_next_key_or_for_the_next_shares_of_one_by_as_many_dealers_as_it_takes() {
    let (_, committee) = setting();
    let planned = |plan: Plan| fault(|roster| roster.plan = Some(plan));
    let new_key = plan_of_key(3, 2, &[4, 5, 6]);
    assert_eq!(planned(new_key.clone()), None);
    for epoch in [0, 1, 4, u32::MAX] {
        assert_eq!(planned(Plan { epoch, ..new_key.clone() }), UNFIT_PLAN, "epoch {epoch}");
    }
    for generation in [0, 2, u32::MAX] {
        assert_eq!(planned(Plan { generation, ..new_key.clone() }), UNFIT_PLAN, "generation {generation}");
    }
    assert_eq!(planned(Plan { dealers: vec![1, 2], ..new_key }), UNFIT_PLAN);
    let new_shares = plan_of_shares(&committee, 3, &[3, 4, 5, 6], &[1, 3]);
    assert_eq!(planned(new_shares.clone()), None);
    for generation in [0, 1, 3] {
        assert_eq!(planned(Plan { generation, ..new_shares.clone() }), UNFIT_PLAN, "generation {generation}");
    }
    for dealers in [&[][..], &[1], &[3, 1], &[1, 1], &[1, 4], &[0, 1], &[1, 2, 3]] {
        assert_eq!(planned(Plan { dealers: dealers.to_vec(), ..new_shares.clone() }), UNFIT_PLAN, "{dealers:?}");
    }
    // And none follows the last generation that can be counted
    let last = fault(|roster| {
        roster.epochs[1].stewards.as_mut().unwrap().generation = u32::MAX;
        roster.plan = Some(Plan { generation: 0, ..new_shares.clone() });
    });
    assert_eq!(last, UNFIT_PLAN);
}

#[test]
fn p88_a_ceremony_is_named_by_all_that_was_planned() {
    let (chain, committee) = setting();
    let plan = plan_of_shares(&committee, 2, &[1, 2, 3], &[1, 2]);
    let swapped = {
        let mut nodes = plan.nodes.clone();
        nodes.swap(0, 1);
        nodes
    };
    let others = [
        plan.clone(),
        Plan { epoch: 9, ..plan.clone() },
        Plan { generation: 9, ..plan.clone() },
        Plan { threshold: 3, ..plan.clone() },
        Plan { nodes: swapped, ..plan.clone() },
        Plan { nonce: Digest([0; 32]), ..plan.clone() },
        Plan { dealers: vec![1, 3], ..plan.clone() },
    ];
    let mut names: std::collections::BTreeSet<Digest> =
        others.iter().map(|plan| plan.ceremony(&chain.consortium())).collect();
    names.insert(plan.ceremony(&Digest([0; 32])));
    assert_eq!(names.len(), others.len() + 1);
}

#[test]
fn p89_a_budget_can_be_divided_and_has_an_end() {
    let with = |budget| fault_of_stewards(|stewards| stewards.budget = Budget(budget));
    // Two of three: of the others each steward gives one half to one that is a steward itself
    assert_eq!(with(0), BAD_BUDGET);
    assert_eq!(with(7), BAD_BUDGET);
    assert_eq!(with(8), None);
    assert_eq!(with(1_000_000_000), None);
    assert_eq!(with(1_000_000_001), BAD_BUDGET);
    assert_eq!(with(u64::MAX), BAD_BUDGET);
    // Two of four: one third, where others get one half
    let four = made(&plan_of_key(2, 2, &[1, 2, 3, 4]), &setting().0.consortium());
    let with =
        |budget| fault_of_stewards(|stewards| *stewards = Stewards { budget: Budget(budget), ..four.stewards() });
    assert_eq!((with(11), with(12)), (BAD_BUDGET, None));
    let generation = fault_of_stewards(|stewards| stewards.generation = 0);
    assert_eq!(generation, Some("the generation of a key's shares starts at 1"));
}

#[test]
fn p41_an_epochs_number_is_never_given_again() {
    let (mut chain, _) = setting();
    let only_first = successor(chain.newest(), |roster| {
        roster.epochs.truncate(1);
        roster.epochs[0].until = None;
    });
    assert_eq!(refusal(&chain, only_first), REUSED);
    let between = successor(chain.newest(), |roster| {
        roster.epochs[0].number = 0;
    });
    assert_eq!(refusal(&chain, between), REUSED);
    // Given that an old one went, then it does not come back
    let old = chain.roster().epochs[0].clone();
    let gone = successor(chain.newest(), |roster| drop(roster.epochs.remove(0)));
    chain.offer(signed(gone, &[0, 1])).unwrap();
    assert_eq!(refusal(&chain, successor(chain.newest(), |roster| roster.epochs.insert(0, old))), REUSED);
}

#[test]
fn a_roster_is_of_the_format_that_its_content_has_and_a_later_one_is_told_apart() {
    let (chain, _) = setting();
    let format = |roster: &Roster, format: u8| of_policy(Roster { format, ..roster.clone() }.check());
    let (plain, blind) = (genesis(3), successor(chain.newest(), |_| ()));
    let only_split = |roster: &mut Roster| roster.policy.kinds[0].custody = Custody::Split(None);
    let mut split = plain.clone();
    only_split(&mut split);
    let mut planned = plain.clone();
    planned.plan = Some(plan_of_key(2, 2, &[1, 2, 3]));
    for roster in [&blind, &split, &planned] {
        assert_eq!((format(roster, 1), format(roster, 2)), (BAD_FORMAT, None));
    }
    assert_eq!((format(&plain, 1), format(&plain, 2)), (None, BAD_FORMAT));
    // Given a roster of a later format, with a field that nobody knows
    let mut payload = Encoder::new(Vec::new());
    payload.array(13).unwrap().u8(3).unwrap();
    for _ in 0..12 {
        payload.str("new").unwrap();
    }
    let mut envelope = Encoder::new(Vec::new());
    envelope.array(2).unwrap().bytes(payload.writer()).unwrap().array(0).unwrap();
    // Then it is not taken for a broken one
    let later = SignedRoster::decode(envelope.writer());
    assert_eq!(later, Err(RosterDecodeError::Decode(DecodeError::UnknownVersion(3))));
}

#[test]
fn p94_an_epoch_is_evaluated_for_until_a_day_after_its_last() {
    let (chain, committee) = setting();
    let mut roster = successor(chain.newest(), |_| ());
    assert_eq!(roster.stewards_of(2, TODAY.plus(10_000)), Some(&committee.stewards()));
    assert_eq!((roster.stewards_of(1, TODAY), roster.stewards_of(3, TODAY)), (None, None));
    roster.epochs[1].until = Some(TODAY);
    let answered = [0, 1, 2].map(|days| roster.stewards_of(2, TODAY.plus(days)).is_some());
    assert_eq!(answered, [true, true, false]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever single thing is changed about stewards in use without a plan: only the budget may be.
    #[test]
    fn p87_no_change_of_stewards_passes_without_a_plan(at in 0..3_usize, what in 0..6_u8, to in 0..9_u8) {
        let (chain, _) = setting();
        let mut next = successor(chain.newest(), |_| ());
        let stewards = next.epochs[1].stewards.as_mut().unwrap();
        let before = stewards.clone();
        let steward: &mut Steward = &mut stewards.stewards[at];
        match what {
            0 => steward.node = node_key(u32::from(to)).public(),
            1 => steward.number = u16::from(to),
            2 => steward.share = before.stewards[usize::from(to) % 3].share,
            3 => stewards.generation = u32::from(to),
            4 => stewards.threshold = to,
            _ => drop(stewards.stewards.remove(at)),
        }
        let same = *stewards == before;
        let taken = SignedRoster::propose(next).is_ok_and(|proposed| {
            refusal(&chain, proposed.roster().clone()).is_none()
        });
        prop_assert_eq!(taken, same);
    }
}

/// That a committee is what its plan says: what the other tests rest on.
#[test]
fn the_setting_is_a_committee_of_its_plan() {
    let Committee { plan, shares, public } = setting().1;
    assert!(shares.iter().zip(&public).all(|(share, public)| share.public() == *public));
    assert_eq!((plan.number(&node_key(2).public()), plan.number(&node_key(4).public())), (Some(2), None));
}
