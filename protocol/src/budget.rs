//! What a steward has answered to whom, and what is left.
//!
//! Counted are elements and not requests, per member and day (UTC). Invariant: no day gives more than the budget, however
//! often the clock comes back to it; a clock that was wrong for a while costs nothing once it is right again.
//! Absent on purpose: where the books are kept, and that they are before anything is evaluated (the node's stewards).

use std::collections::BTreeMap;

use crate::{clock::Timestamp, roster::MemberId};

/// Days whose books are kept. On a day before all of them nothing is given: what was given then is not known any more.
const DAYS_KEPT: usize = 16;

/// The books of the latest days.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Books {
    days: BTreeMap<u32, BTreeMap<MemberId, u64>>,
}

/// More was asked for than is left.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the budget of the day is used up; {left} elements are left")]
pub struct OverBudget {
    /// What is left.
    pub left: u64,
    /// Seconds until the next day.
    pub seconds: u32,
}

/// What was charged: to be written down before the answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Charge {
    /// The day that it counts for, in days since 1970.
    pub day: u32,
    /// Who asked.
    pub member: MemberId,
    /// How many elements.
    pub elements: u64,
}

impl Books {
    /// Charges `elements` to a member whose budget is `budget`, all of them or none.
    ///
    /// # Errors
    /// [`OverBudget`] if less is left; nothing was charged then.
    pub fn charge(
        &mut self,
        now: Timestamp,
        member: MemberId,
        elements: u64,
        budget: u64,
    ) -> Result<Charge, OverBudget> {
        let day = now.day().0;
        let left = self.left(now, member, budget);
        if elements > left {
            let seconds = now.ms_to_next_day().div_ceil(1_000);
            return Err(OverBudget { left, seconds: u32::try_from(seconds).expect("a day has fewer seconds") });
        }
        let charge = Charge { day, member, elements };
        self.replay(charge);
        Ok(charge)
    }

    /// What a member has left today of `budget`.
    pub fn left(&self, now: Timestamp, member: MemberId, budget: u64) -> u64 {
        let day = now.day().0;
        if self.is_forgotten(day) {
            return 0;
        }
        let spent = self.days.get(&day).and_then(|spent| spent.get(&member)).copied().unwrap_or(0);
        budget.saturating_sub(spent)
    }

    /// Takes in a charge that was written down before.
    pub fn replay(&mut self, charge: Charge) {
        if self.is_forgotten(charge.day) {
            return;
        }
        let spent = self.days.entry(charge.day).or_default().entry(charge.member).or_default();
        *spent = spent.saturating_add(charge.elements);
        if self.days.len() > DAYS_KEPT {
            self.days.pop_first();
        }
    }

    /// Whether charges of a day are of no use any more.
    pub fn is_forgotten(&self, day: u32) -> bool {
        self.days.len() == DAYS_KEPT && self.days.first_key_value().is_some_and(|(oldest, _)| day < *oldest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MEMBER: MemberId = MemberId(3);
    const DAY_SECONDS: u64 = 86_400;

    fn at(day: u64, second: u64) -> Timestamp {
        Timestamp((day * DAY_SECONDS + second) * 1_000)
    }

    #[test]
    fn what_is_left_can_be_asked_for_and_no_more() {
        let mut books = Books::default();
        assert!(books.charge(at(20_000, 0), MEMBER, 6, 10).is_ok());
        let over = books.charge(at(20_000, 86_390), MEMBER, 5, 10);
        assert_eq!(over, Err(OverBudget { left: 4, seconds: 10 }));
        // Then nothing was charged, and another member has its own
        assert!(books.charge(at(20_000, 1), MEMBER, 4, 10).is_ok());
        assert_eq!(books.left(at(20_000, 1), MEMBER, 10), 0);
        assert!(books.charge(at(20_000, 1), MemberId(4), 10, 10).is_ok());
        // And the next day begins anew
        assert_eq!(books.left(at(20_001, 0), MEMBER, 10), 10);
        assert!(books.charge(at(20_001, 0), MEMBER, 10, 10).is_ok());
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_back() {
        let mut books = Books::default();
        for day in 20_000..20_016 {
            assert!(books.charge(at(day, 0), MEMBER, 10, 10).is_ok());
        }
        for day in 19_990..20_016 {
            assert_eq!(books.charge(at(day, 0), MEMBER, 1, 10), Err(OverBudget { left: 0, seconds: 86_400 }));
        }
    }

    #[test]
    fn a_clock_that_was_years_ahead_costs_nothing_once_it_is_right() {
        let mut books = Books::default();
        assert!(books.charge(at(50_000, 0), MEMBER, 10, 10).is_ok());
        for day in 20_000..20_100 {
            assert!(books.charge(at(day, 0), MEMBER, 10, 10).is_ok());
        }
    }

    proptest! {
        /// Whatever is asked when, and however often the books are read again: never more than the budget a day.
        #[test]
        fn no_day_gives_more_than_the_budget(
            asked in proptest::collection::vec((0_u64..40, 0_u64..40, any::<bool>()), 1..60),
        ) {
            let (mut books, mut written): (Books, Vec<Charge>) = Default::default();
            for (day, elements, restart) in asked {
                if restart {
                    books = Books::default();
                    written.iter().for_each(|charge| books.replay(*charge));
                }
                written.extend(books.charge(at(20_000 + day, 5), MEMBER, elements, 100));
            }
            for day in 20_000..20_040 {
                let given: u64 = written.iter().filter(|charge| charge.day == day).map(|charge| charge.elements).sum();
                prop_assert!(given <= 100);
            }
        }
    }
}
