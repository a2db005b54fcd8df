//! How many elements are asked for at a time: a few sizes, so that a steward does not learn from a number what is done.

use crate::oprf::ELEMENTS_MAX;

/// The sizes of requests. What is between is filled up with random elements, which are charged as well.
const SIZES: [usize; 4] = [SMALLEST, 32, 256, ELEMENTS_MAX];

/// The smallest request: what a member is given at a steward must be enough for one.
pub const SMALLEST: usize = 4;

/// The size of the request that `count` elements fit into, if they fit into one.
pub fn padded_len(count: usize) -> Option<usize> {
    SIZES.into_iter().find(|size| (1..=*size).contains(&count))
}

/// How `count` elements are divided into requests that `room` elements of a budget are enough for, filling included: as few as
/// can be, smaller ones where a large one does not fit any more. `None` if there is no way.
pub fn portions(count: usize, room: u64) -> Option<Vec<usize>> {
    let (mut count, mut room, mut portions) = (count, room, Vec::new());
    while count > 0 {
        let fits = |size: &&usize| u64::try_from(**size).is_ok_and(|size| size <= room);
        let wanted = padded_len(count.min(ELEMENTS_MAX))?;
        let size = *SIZES.iter().rev().filter(fits).find(|size| **size <= wanted)?;
        room -= size as u64;
        portions.push(size.min(count));
        count -= size.min(count);
    }
    Some(portions)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_request_that_does_not_fit_any_more_is_made_of_smaller_ones() {
        assert_eq!(portions(0, 0), Some(vec![]));
        assert_eq!(portions(60, 256), Some(vec![60]));
        assert_eq!(portions(60, 196), Some(vec![32, 28]));
        assert_eq!(portions(40, 40), Some(vec![32, 4, 4]));
        assert_eq!(portions(40, 39), None);
        assert_eq!(portions(1, 3), None);
        assert_eq!(portions(2_001, u64::MAX), Some(vec![1_000, 1_000, 1]));
    }

    proptest! {
        #[test]
        fn portions_are_what_was_asked_for_and_fit(count in 0_usize..5_000, room in 0_u64..8_000) {
            if let Some(portions) = portions(count, room) {
                prop_assert_eq!(portions.iter().sum::<usize>(), count);
                let charged: usize = portions.iter().filter_map(|count| padded_len(*count)).sum();
                prop_assert!(charged as u64 <= room);
            }
        }
    }

    #[test]
    fn every_number_is_filled_up_to_one_of_few() {
        let sizes = [0, 1, 4, 5, 32, 33, 225, 256, 257, 1_000, 1_001].map(padded_len);
        let some = |size| Some(size);
        let expected = [None, some(4), some(4), some(32), some(32), some(256), some(256), some(256)];
        assert_eq!(sizes[..8], expected);
        assert_eq!(sizes[8..], [some(1_000), some(1_000), None]);
    }
}
