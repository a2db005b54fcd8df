//! How long to wait before the next attempt.

use std::time::Duration;

/// After the first failure; doubled after each further one.
const RETRY_FIRST_MS: u64 = 1_000;
/// The longest between two attempts, unless the vendor asks for longer.
pub(super) const RETRY_LAST_MS: u64 = 10 * 60 * 1_000;

/// Milliseconds to wait: doubled each time, spread by a quarter, and never less than the vendor asks for.
pub(super) fn backoff(tries: u32, after: Option<Duration>) -> u64 {
    let own = (RETRY_FIRST_MS << tries.min(16)).min(RETRY_LAST_MS);
    let asked = after.map_or(0, |after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
    let wait = own.max(asked);
    wait + rand::random::<u64>() % (wait / 4 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_are_never_shorter_than_asked() {
        for (tries, least) in [(0, RETRY_FIRST_MS), (3, 8 * RETRY_FIRST_MS), (60, RETRY_LAST_MS)] {
            let wait = backoff(tries, None);
            assert!((least..=least + least / 4).contains(&wait), "{tries}: {wait}");
        }
        assert!(backoff(0, Some(Duration::from_secs(90))) >= 90_000);
    }
}
