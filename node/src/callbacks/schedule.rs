//! When a callback is tried again.

use std::time::Duration;

/// How long after each attempt the next one comes: the schedule that Standard Webhooks recommend, about three days in all.
const DELAYS: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3_600),
    Duration::from_secs(5 * 3_600),
    Duration::from_secs(10 * 3_600),
    Duration::from_secs(14 * 3_600),
    Duration::from_secs(20 * 3_600),
    Duration::from_secs(24 * 3_600),
];
/// Attempts in all: the one after the last delay is the last.
#[cfg(test)]
pub(super) const ATTEMPTS_MAX: u32 = DELAYS.len() as u32 + 1;
/// A receiver may ask for more time, and not for more than a day: what it is sent should still be of use.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3_600);
/// Up to so many hundredths are added by chance, so that what failed together does not come back together.
const JITTER_PERCENT: u64 = 20;

/// The longest that anything waits for its next attempt.
pub(super) const WAIT_MAX_MS: u64 = 24 * 3_600 * 1_000 * (100 + JITTER_PERCENT) / 100;

/// How long to wait after `attempts` attempts failed; `None` if that was the last. `chance` is any random number.
pub(super) fn wait(attempts: u32, retry_after: Option<Duration>, chance: u64) -> Option<Duration> {
    let delay = *DELAYS.get(attempts.checked_sub(1)? as usize)?;
    let jitter = delay * u32::try_from(chance % (JITTER_PERCENT + 1)).expect("a small number") / 100;
    Some((delay + jitter).max(retry_after.unwrap_or_default().min(RETRY_AFTER_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_vary_a_little_and_end() {
        let waits: Vec<_> = (1..).map_while(|attempts| wait(attempts, None, 0)).collect();
        assert_eq!(waits, DELAYS);
        assert_eq!(ATTEMPTS_MAX as usize, waits.len() + 1);
        assert_eq!(wait(2, None, 20), Some(Duration::from_secs(360)));
        assert_eq!(wait(0, None, 0), None);
        assert_eq!(wait(9, None, JITTER_PERCENT).map(|wait| wait.as_millis()), Some(u128::from(WAIT_MAX_MS)));
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_up_to_a_day() {
        let wait = |seconds| wait(1, Some(Duration::from_secs(seconds)), 0);
        assert_eq!(wait(60), Some(Duration::from_secs(60)));
        assert_eq!(wait(1), Some(Duration::from_secs(5)));
        assert_eq!(wait(10_000_000), Some(RETRY_AFTER_MAX));
    }
}
