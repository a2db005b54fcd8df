//! Processor time: unlike the time on the wall, it leaves out what other programs took.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What this thread has taken.
pub(super) fn thread_time() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// What all threads of this process have taken.
pub(super) fn process_time() -> Duration {
    read(ClockId::ProcessCPUTime)
}

/// What all threads but this one have taken: the server's share where the load comes from this thread alone.
pub(super) fn others_time() -> Duration {
    process_time().saturating_sub(thread_time())
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// The value below which `share` of the sorted times lie.
pub(super) fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}
