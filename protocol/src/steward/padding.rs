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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_filled_up_to_one_of_few() {
        let sizes = [0, 1, 4, 5, 32, 33, 225, 256, 257, 1_000, 1_001].map(padded_len);
        let some = |size| Some(size);
        let expected = [None, some(4), some(4), some(32), some(32), some(256), some(256), some(256)];
        assert_eq!(sizes[..8], expected);
        assert_eq!(sizes[8..], [some(1_000), some(1_000), None]);
    }
}
