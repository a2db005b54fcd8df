//! Waiting for something to become true, with a deadline and never with a bare sleep.

use std::time::{Duration, Instant};

/// How long anything may take: minutes where a machine is shared, and a failed test is not kept waiting for ever.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// Looks until `probe` finds what it looks for, and returns that; panics with `what` after [`PATIENCE`].
pub async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "after {PATIENCE:?} still not true: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
