//! What this node knows of each steward: whether it answers, what it said is left of this member's budget, and how many
//! questions are on their way to it.
//!
//! Absent on purpose: what to do about it (`client.rs`).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use larum_protocol::{clock::Day, keys::PublicKey};
use parking_lot::Mutex;
use tokio::{sync::Semaphore, time::Instant};

use crate::net::settings::OUTBOUND_QUESTIONS_PER_PEER;

/// How long a steward that did not answer is asked after all others.
const AVOIDED_FOR: Duration = Duration::from_secs(30);

/// Evaluations on their way to one steward: as many questions as the network takes, less one for a ceremony.
const PLACES: usize = OUTBOUND_QUESTIONS_PER_PEER - 1;

/// Everything that is known of them.
#[derive(Debug, Default)]
pub(super) struct Standing(Mutex<BTreeMap<PublicKey, Seen>>);

/// What a budget is of: each day has one of its own, and so has what a roster changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Terms {
    pub(super) day: Day,
    pub(super) generation: u32,
    pub(super) budget: u64,
}

#[derive(Debug)]
struct Seen {
    /// Until when it is asked after the others.
    avoided_until: Option<Instant>,
    /// What it said that this member has left, and of what.
    left: Option<(Terms, u64)>,
    /// Places for questions on their way: one more waits here instead of being refused by the network.
    places: Arc<Semaphore>,
}

impl Default for Seen {
    fn default() -> Self {
        Self { avoided_until: None, left: None, places: Arc::new(Semaphore::new(PLACES)) }
    }
}

impl Standing {
    /// What is left of a budget, if the steward has said.
    pub(super) fn left(&self, steward: &PublicKey, terms: Terms) -> Option<u64> {
        let book = self.0.lock();
        let (of, left) = book.get(steward)?.left?;
        (of == terms).then_some(left.min(terms.budget))
    }

    /// Notes what a steward said is left.
    pub(super) fn note_left(&self, steward: PublicKey, terms: Terms, left: u64) {
        self.0.lock().entry(steward).or_default().left = Some((terms, left));
    }

    /// Whether it is asked after the others.
    pub(super) fn is_avoided(&self, steward: &PublicKey) -> bool {
        let until = self.0.lock().get(steward).and_then(|seen| seen.avoided_until);
        until.is_some_and(|until| Instant::now() < until)
    }

    /// Asks these after the others for a while.
    pub(super) fn avoid(&self, stewards: &BTreeSet<PublicKey>) {
        let (mut book, until) = (self.0.lock(), Instant::now() + AVOIDED_FOR);
        stewards.iter().for_each(|steward| book.entry(*steward).or_default().avoided_until = Some(until));
    }

    /// Whoever does answer is asked as before.
    pub(super) fn trust(&self, steward: PublicKey) {
        self.0.lock().entry(steward).or_default().avoided_until = None;
    }

    /// The places for questions to it.
    pub(super) fn places(&self, steward: PublicKey) -> Arc<Semaphore> {
        Arc::clone(&self.0.lock().entry(steward).or_default().places)
    }
}

/// The most evaluations that can be had if each steward has so many left and each evaluation takes `threshold` of them: the
/// largest m with `sum(min(left, m)) >= threshold * m`.
pub(super) fn most(left: &[u64], threshold: u8) -> u64 {
    let fits = |m: u64| {
        let sum: u128 = left.iter().map(|left| u128::from(*left.min(&m))).sum();
        sum >= u128::from(threshold.max(1)) * u128::from(m)
    };
    let sum = left.iter().map(|left| u128::from(*left)).sum::<u128>() / u128::from(threshold.max(1));
    let (mut lower, mut upper) = (0, u64::try_from(sum).unwrap_or(u64::MAX));
    while lower < upper {
        let middle = upper - (upper - lower) / 2;
        if fits(middle) {
            lower = middle;
        } else {
            upper = middle - 1;
        }
    }
    lower
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STEWARD: PublicKey = PublicKey([7; 32]);
    const TERMS: Terms = Terms { day: Day(20_000), generation: 1, budget: 100 };

    #[test]
    fn what_was_left_says_nothing_about_another_day_generation_or_budget() {
        let standing = Standing::default();
        standing.note_left(STEWARD, TERMS, 3);
        assert_eq!(standing.left(&STEWARD, TERMS), Some(3));
        for other in
            [Terms { day: Day(20_001), ..TERMS }, Terms { generation: 2, ..TERMS }, Terms { budget: 1_000, ..TERMS }]
        {
            assert_eq!(standing.left(&STEWARD, other), None);
        }
        // And no steward can make a member believe that it has more than the roster says
        standing.note_left(STEWARD, TERMS, u64::MAX);
        assert_eq!(standing.left(&STEWARD, TERMS), Some(100));
    }

    #[test]
    fn what_cannot_be_combined_does_not_count() {
        assert_eq!(most(&[], 2), 0);
        assert_eq!(most(&[60], 2), 0);
        assert_eq!(most(&[60, 60], 2), 60);
        assert_eq!(most(&[60, 0, 0], 2), 0);
        assert_eq!(most(&[60, 60, 60], 2), 90);
        // A steward's own node gives it everything, so that the others limit it
        assert_eq!(most(&[120, 60, 60], 2), 120);
        assert_eq!(most(&[120, 8, 0], 2), 8);
    }

    proptest! {
        /// What is said can be had one by one, by always asking those who have most left; and one more cannot.
        #[test]
        fn as_many_can_be_had_and_no_more(left in proptest::collection::vec(0_u64..40, 0..7), threshold in 1_u8..5) {
            let said = most(&left, threshold);
            let mut left = left;
            let mut had = 0;
            loop {
                left.sort_unstable_by(|a, b| b.cmp(a));
                let asked = left.iter_mut().take(threshold.into()).filter(|left| **left > 0).count();
                if asked < usize::from(threshold) {
                    break;
                }
                left.iter_mut().take(threshold.into()).for_each(|left| *left -= 1);
                had += 1;
            }
            prop_assert_eq!(had, said);
        }
    }
}
