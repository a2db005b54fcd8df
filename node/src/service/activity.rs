//! What was stated lately, by month and by reason: a picture for people, not a record.
//!
//! Invariant (I10): so many of the newest batches are read and no more, however much is held, and not more often than
//! once in [`FRESH_FOR`] whoever asks.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use larum_protocol::{batch::read_body_on_own_disk, log::LogId};
use parking_lot::Mutex;

use crate::{
    http::{Activity, ServiceError},
    store::{Store, StoreError},
};

/// Batches that are read, of all logs together: a few seconds' work at most.
const BATCHES_MAX: u64 = 1_000;
/// Bytes of bodies that are read.
const BYTES_MAX: usize = 32 * 1024 * 1024;
/// How long a picture is shown before it is made anew.
const FRESH_FOR: Duration = Duration::from_secs(60);

/// The last picture, and when it was made.
#[derive(Debug, Default)]
pub(crate) struct Pictured(Mutex<Option<(Instant, Activity)>>);

impl Pictured {
    /// The picture. Blocks while it reads; whoever comes meanwhile waits for the same one.
    pub(super) fn get(&self, store: &Store) -> Result<Activity, ServiceError> {
        let mut kept = self.0.lock();
        if let Some((made, activity)) = kept.as_ref()
            && made.elapsed() < FRESH_FOR
        {
            return Ok(activity.clone());
        }
        let activity = read(store).map_err(|error| ServiceError::Internal(error.to_string()))?;
        *kept = Some((Instant::now(), activity.clone()));
        Ok(activity)
    }
}

fn read(store: &Store) -> Result<Activity, StoreError> {
    let heads = store.heads();
    let each = (BATCHES_MAX / (heads.len() as u64).max(1)).max(1);
    let (mut months, mut reasons) = (BTreeMap::<String, u64>::new(), BTreeMap::<String, u64>::new());
    let (mut cut, mut bytes) = (false, 0);
    for (log, head) in heads {
        let from = head.seq.saturating_sub(each - 1).max(head.floor).max(1);
        cut |= from > head.floor.max(1);
        for seq in (from..=head.seq).rev() {
            let Some((month, said)) = of(store, &log, seq)? else { continue };
            bytes += said.len();
            if bytes > BYTES_MAX {
                return Ok(Activity { cut: true, ..sorted(months, reasons) });
            }
            let statements = read_body_on_own_disk(&said).unwrap_or_default();
            *months.entry(month).or_default() += statements.len() as u64;
            for located in statements {
                *reasons.entry(located.statement.reason.to_string()).or_default() += 1;
            }
        }
    }
    Ok(Activity { cut, ..sorted(months, reasons) })
}

/// The month in which a batch was issued and what it says, if that is still kept.
fn of(store: &Store, log: &LogId, seq: u64) -> Result<Option<(String, Vec<u8>)>, StoreError> {
    let Some(batch) = store.batch(log, seq)? else { return Ok(None) };
    let day = batch.facts.issued.day().to_string();
    Ok(batch.body.map(|body| (day.get(..7).unwrap_or(&day).to_owned(), body)))
}

/// Months in their order, reasons from the most frequent.
fn sorted(months: BTreeMap<String, u64>, reasons: BTreeMap<String, u64>) -> Activity {
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(&two.0)));
    Activity { months: months.into_iter().collect(), reasons, cut: false }
}
