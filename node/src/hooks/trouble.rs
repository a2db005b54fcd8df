//! What goes wrong between the node and a vendor: told at most once a minute for each fault, and kept for `larum status`.
//!
//! Invariant: a fault is one of the program's own sentences, so that nothing of a delivery or an answer is in it.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

use super::vendor::Vendor;

/// Between two lines of the log about the same fault of the same vendor: a vendor that is down has many calls fail.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// The faults of one hook.
#[derive(Debug)]
pub(crate) struct Troubles {
    vendor: Vendor,
    told: Mutex<HashMap<&'static str, Instant>>,
    /// Why the API was last of no use; none since it answered.
    api: Mutex<Option<&'static str>>,
}

impl Troubles {
    pub(super) fn of(vendor: Vendor) -> Self {
        Self { vendor, told: Mutex::default(), api: Mutex::default() }
    }

    /// Whether this fault was not told within the last minute; it then is now.
    pub(super) fn is_news(&self, fault: &'static str) -> bool {
        self.is_news_at(fault, Instant::now())
    }

    fn is_news_at(&self, fault: &'static str, now: Instant) -> bool {
        let mut told = self.told.lock();
        let news = told.get(fault).is_none_or(|last| now.duration_since(*last) >= TELL_EVERY);
        if news {
            told.insert(fault, now);
        }
        news
    }

    /// Tells of a fault.
    pub(super) fn tell(&self, fault: &'static str) {
        if self.is_news(fault) {
            tracing::warn!(vendor = self.vendor.name(), "{fault}");
        }
    }

    /// Tells of a fault of the API.
    pub(super) fn api_fails(&self, fault: &'static str) {
        *self.api.lock() = Some(fault);
        self.tell(fault);
    }

    /// The API answered.
    pub(super) fn api_works(&self) {
        *self.api.lock() = None;
    }

    /// Why the API is of no use at present.
    pub(super) fn api(&self) -> Option<&'static str> {
        *self.api.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_once_a_minute_and_another_one_at_once() {
        let troubles = Troubles::of(Vendor::Lever);
        let now = Instant::now();
        let news = |fault, seconds| troubles.is_news_at(fault, now + Duration::from_secs(seconds));
        assert!(news("slow", 0) && !news("slow", 59) && news("down", 59) && news("slow", 60));
    }
}
