//! Budgets: P94 and P98, against members that spread what they ask for as it suits them.

use std::sync::LazyLock;

use larum_protocol::{
    budget::Books,
    clock::{Day, Timestamp},
    keys::PublicKey,
    oprf::Element,
    roster::{Budget, MemberId, Roster, Steward, Stewards},
};
use proptest::prelude::*;

use super::support::{TODAY, genesis, node_key};

/// Members enough for two committees and somebody beside them.
static ROSTER: LazyLock<Roster> = LazyLock::new(|| genesis(31));
/// A member that is no steward.
const OUTSIDER: MemberId = MemberId(31);

/// Stewards on the nodes of some members. Budgets have nothing to do with their shares.
fn stewards(threshold: u8, members: &[u32], budget: u64) -> Stewards {
    let steward = |(number, member): (u16, &u32)| Steward {
        number,
        node: node_key(*member).public(),
        share: Element([number as u8; 32]),
    };
    Stewards { generation: 1, threshold, stewards: (1..).zip(members).map(steward).collect(), budget: Budget(budget) }
}

/// The stewards' own books, by node.
#[derive(Clone, Default)]
struct Town(std::collections::BTreeMap<PublicKey, Books>);

impl Town {
    /// Whether a steward evaluates some elements for a member.
    fn ask(&mut self, roster: &Roster, of: &Stewards, steward: usize, asker: MemberId, elements: u64, at: Day) -> bool {
        let node = of.stewards[steward].node;
        let books = self.0.entry(node).or_default();
        books.charge(at.start(), asker, elements, of.budget_for(roster, &node, asker)).is_ok()
    }

    /// Takes one element after the other until no steward gives any more.
    fn exhaust(&mut self, roster: &Roster, of: &Stewards, asker: MemberId, at: Day, spent: &mut [u64]) {
        for (steward, spent) in spent.iter_mut().enumerate() {
            // Never more often than would be wrong already
            while *spent <= of.budget.0 && self.ask(roster, of, steward, asker, 1, at) {
                *spent += 1;
            }
        }
    }
}

/// The most outputs that somebody can have made of so many evaluations by each steward: each output takes `threshold` of
/// them by different stewards.
fn complete(spent: &[u64], threshold: u64) -> u64 {
    let enough = |outputs: u64| spent.iter().map(|given| (*given).min(outputs)).sum::<u64>() >= threshold * outputs;
    let most = spent.iter().sum::<u64>() / threshold;
    (0..=most).rev().find(|outputs| enough(*outputs)).unwrap_or(0)
}

/// A number of stewards, a threshold and a budget that can be divided among them.
fn sizes() -> impl Strategy<Value = (u32, u8, u64)> {
    (2..=15_u32).prop_flat_map(|count| {
        (Just(count), 2..=count as u8).prop_flat_map(|(count, threshold)| {
            let least = u64::from(count - 1).div_ceil(u64::from(threshold - 1));
            (Just(count), Just(threshold), least..least + 120)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whoever is no steward: never more than the budget, whatever was asked of whom before.
    #[test]
    fn p94_no_schedule_gives_a_member_more_than_its_budget(
        (count, threshold, budget) in sizes(),
        asked in proptest::collection::vec((0..15_usize, 0..40_u64), 0..60),
    ) {
        let (roster, asker) = (&*ROSTER, OUTSIDER);
        let of = stewards(threshold, &(1..=count).collect::<Vec<_>>(), budget);
        let (mut town, mut spent) = (Town::default(), vec![0; count as usize]);
        for (steward, elements) in asked {
            let steward = steward % count as usize;
            if town.ask(roster, &of, steward, asker, elements, TODAY) {
                spent[steward] += elements;
            }
        }
        prop_assert!(complete(&spent, threshold.into()) <= budget);
        town.exhaust(roster, &of, asker, TODAY, &mut spent);
        prop_assert!(complete(&spent, threshold.into()) <= budget, "{:?} of {}", spent, budget);
    }

    /// A steward's member: its own answers cost it nothing, and it has no more for that.
    #[test]
    fn p98_a_member_that_is_a_steward_has_no_more_than_its_budget_either((count, threshold, budget) in sizes()) {
        let (roster, asker) = (&*ROSTER, MemberId(1));
        let of = stewards(threshold, &(1..=count).collect::<Vec<_>>(), budget);
        let (mut town, mut spent) = (Town::default(), vec![0; count as usize]);
        town.exhaust(roster, &of, asker, TODAY, &mut spent);
        prop_assert_eq!(spent[0], budget, "its own steward's word is the whole budget");
        // And nobody holds it to that: every output takes one evaluation less by others.
        prop_assert!(complete(&spent[1..], u64::from(threshold) - 1) <= budget);
        prop_assert!(complete(&spent[1..], threshold.into()) <= budget);
    }

    /// Any `threshold` stewards give a member that share of its budget, in requests of any size.
    #[test]
    fn p98_as_few_stewards_as_it_takes_give_their_part_of_the_budget(
        (count, threshold, budget) in sizes(),
        first in 0..15_u32,
        size in 1..9_u64,
    ) {
        let roster = &*ROSTER;
        let of = stewards(threshold, &(1..=count).collect::<Vec<_>>(), budget);
        let up: Vec<usize> = (0..u32::from(threshold)).map(|at| ((first + at) % count) as usize).collect();
        for asker in [OUTSIDER, MemberId(up[0] as u32 + 1)] {
            let (t, n) = (u64::from(threshold), u64::from(count));
            let part = if asker == OUTSIDER { budget * t / n } else { budget * (t - 1) / (n - 1) };
            let mut town = Town::default();
            let mut left = part;
            while left > 0 {
                let elements = size.min(left);
                for steward in &up {
                    prop_assert!(town.ask(roster, &of, *steward, asker, elements, TODAY));
                }
                left -= elements;
            }
        }
    }

    /// Two epochs with the same stewards, in whatever order and with whatever budgets: what counts is the larger one.
    #[test]
    fn p94_epochs_beside_each_other_with_the_same_stewards_give_nothing_on_top(
        (count, threshold, budget) in sizes(),
        more in 0..50_u64,
        asked in proptest::collection::vec((any::<bool>(), 0..15_usize, 0..40_u64), 0..60),
    ) {
        let (roster, asker) = (&*ROSTER, OUTSIDER);
        let members: Vec<u32> = (1..=count).collect();
        let epochs = [stewards(threshold, &members, budget), stewards(threshold, &members, budget + more)];
        let (mut town, mut spent) = (Town::default(), [vec![0; count as usize], vec![0; count as usize]]);
        for (epoch, steward, elements) in asked {
            let (epoch, steward) = (usize::from(epoch), steward % count as usize);
            if town.ask(roster, &epochs[epoch], steward, asker, elements, TODAY) {
                spent[epoch][steward] += elements;
            }
        }
        for (of, spent) in epochs.iter().zip(&mut spent) {
            town.exhaust(roster, of, asker, TODAY, spent);
        }
        let both: u64 = spent.iter().map(|spent| complete(spent, threshold.into())).sum();
        prop_assert!(both <= budget + more, "{:?}", spent);
    }

    /// Two epochs with whatever stewards: never more than both budgets.
    #[test]
    fn p94_epochs_with_other_stewards_give_both_budgets_at_most(
        (count, threshold, budget) in sizes(),
        (count2, threshold2, budget2) in sizes(),
        shift in 0..15_u32,
    ) {
        let (roster, asker) = (&*ROSTER, OUTSIDER);
        let other: Vec<u32> = (1 + shift..=count2 + shift).collect();
        let epochs =
            [stewards(threshold, &(1..=count).collect::<Vec<_>>(), budget), stewards(threshold2, &other, budget2)];
        let mut town = Town::default();
        let mut both = 0;
        for of in &epochs {
            let mut spent = vec![0; of.stewards.len()];
            town.exhaust(roster, of, asker, TODAY, &mut spent);
            both += complete(&spent, of.threshold.into());
        }
        prop_assert!(both <= budget + budget2);
    }

    /// Clocks that go back and forth, and books that are read again after a crash: no day has more than its budget.
    #[test]
    fn p94_a_day_that_comes_twice_is_charged_on(
        asked in proptest::collection::vec((0..30_u32, 0..9_u64, any::<bool>()), 1..120),
    ) {
        let (roster, asker) = (&*ROSTER, OUTSIDER);
        let of = stewards(2, &[1, 2, 3], 30);
        let (part, node) = (of.budget_of_each(), of.stewards[0].node);
        let (mut books, mut written) = (Books::default(), Vec::new());
        for (day, elements, crash) in asked {
            if crash {
                books = Books::default();
                written.iter().for_each(|charge| books.replay(*charge));
            }
            let at = Timestamp(TODAY.plus(day).start().0 + 7);
            written.extend(books.charge(at, asker, elements, of.budget_for(roster, &node, asker)));
        }
        for day in 0..30 {
            let on_day = written.iter().filter(|charge| charge.day == TODAY.plus(day).0);
            prop_assert!(on_day.map(|charge| charge.elements).sum::<u64>() <= part);
        }
    }
}

#[test]
fn p98_the_parts_of_a_budget_are_those_of_the_document() {
    let roster = &*ROSTER;
    let of = stewards(2, &[1, 2, 3], 100);
    let part = |steward: u32, asker| of.budget_for(roster, &node_key(steward).public(), MemberId(asker));
    assert_eq!((part(1, 4), part(2, 5)), (66, 66));
    assert_eq!((part(1, 1), part(2, 1), part(3, 1)), (100, 50, 50));
    // The largest budget is divided without an overflow
    let largest = stewards(15, &(1..=15).collect::<Vec<_>>(), Budget::MOST.0);
    assert_eq!(largest.budget_of_each(), Budget::MOST.0);
}
