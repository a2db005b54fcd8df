//! The one place that reads the wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

use larum_protocol::clock::Timestamp;

/// Now, in UTC; 1970 if the machine's clock stands before it.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
