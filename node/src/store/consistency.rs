//! Whether the tables hold together. sled does not sync, and opens a file that lost its end as if nothing had happened:
//! rows may have vanished without a word. So at every start each log is walked once through its places.

use std::collections::BTreeMap;

use larum_protocol::log::LogId;

use super::{
    error::StoreError,
    record::Link,
    rows::{CheckpointRow, ExpiringRow, ForkProofRow, GrantRow, LogHead, PlaceRow, RosterRow},
    tables::Tables,
};

/// Whether each log's places lead without a gap to its head, every body that is there has its last day noted, and no
/// log, roster, proof or grant that the checkpoint counted is gone.
pub(crate) fn hold_together(tables: &Tables, checkpoint: Option<CheckpointRow>) -> Result<bool, StoreError> {
    let heads = tables.all::<LogHead>().collect::<Result<BTreeMap<_, _>, _>>()?;
    let enough = checkpoint.is_none_or(|row| heads.len() as u64 >= row.logs);
    let enough = enough && checkpoint.is_none_or(|row| controls(tables).is_ok_and(|found| found >= row.controls));
    let Some(bodies) = bodies_if_chained(tables, &heads)? else { return Ok(false) };
    let expiring = tables.all::<ExpiringRow>().map(|row| row.map(drop)).collect::<Result<Vec<()>, _>>()?.len();
    Ok(enough && bodies == expiring)
}

/// Rosters, proofs and grants in the tables.
pub(crate) fn controls(tables: &Tables) -> Result<u64, StoreError> {
    let rosters = tables.all::<RosterRow>().map(|row| row.map(drop));
    let proofs = tables.all::<ForkProofRow>().map(|row| row.map(drop));
    let grants = tables.all::<GrantRow>().map(|row| row.map(drop));
    rosters.chain(proofs).chain(grants).try_fold(0, |count, row| row.map(|()| count + 1))
}

/// How many batches have a body, if the places of every log are without a gap and lead to its head.
fn bodies_if_chained(tables: &Tables, heads: &BTreeMap<LogId, LogHead>) -> Result<Option<usize>, StoreError> {
    let (mut bodies, mut ends, mut last) = (0, 0, None::<(LogId, u64)>);
    for row in tables.all::<PlaceRow>() {
        let ((log, seq), place) = row?;
        let Some(head) = heads.get(&log) else { return Ok(None) };
        let follows = match last {
            _ if place.link == Link::Skip => true,
            Some((same, before)) if same == log => seq == before + 1 || seq <= head.floor,
            _ => seq <= head.floor.max(1),
        };
        let is_head = seq == head.seq && place.position == head.position && place.hash == head.hash;
        if !follows || (seq >= head.seq && !is_head) {
            return Ok(None);
        }
        bodies += usize::from(place.body_present);
        ends += usize::from(is_head);
        last = Some((log, seq));
    }
    Ok((ends == heads.len()).then_some(bodies))
}
