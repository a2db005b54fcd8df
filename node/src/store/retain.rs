//! Nothing lives for ever (I4): bodies are dropped once nothing in them is to be kept, or once their log's floor has
//! passed them; then their headers are forgotten too, and a segment of which nothing is left is deleted.

use larum_protocol::{clock::Day, log::LogId};

use super::{
    Store,
    error::StoreError,
    held::Held,
    keys,
    position::Position,
    record::{NewRecord, Record, RecordKind},
    rows::{ExpiringRow, ForkProofRow, GrantRow, PlaceRow, RosterRow, Row, SegmentRow},
    tables::Changes,
};

impl Store {
    /// Up to `batches_max` batches that [`Self::drop_batches`] is to be given: those whose last day is before `today`,
    /// and those below their log's floor.
    pub fn droppable(&self, today: Day, batches_max: usize) -> Result<Vec<(LogId, u64)>, StoreError> {
        let mut droppable = Vec::new();
        for row in self.tables.all::<ExpiringRow>().take(batches_max) {
            let ((keep_until, batch), _) = row?;
            if keep_until >= today {
                break;
            }
            droppable.push(batch);
        }
        for (log, head) in self.heads() {
            let below = (log, 0)..=(log, head.floor.saturating_sub(1));
            for row in self.tables.range::<PlaceRow>(below).take(batches_max.saturating_sub(droppable.len())) {
                droppable.push(row?.0);
            }
        }
        droppable.sort_unstable();
        droppable.dedup();
        Ok(droppable)
    }

    /// Drops the bodies of batches, and forgets those below their log's floor altogether; on the disk when this
    /// returns. A crash in between leaves some of it to be done again, which does no harm.
    pub fn drop_batches(&self, batches: &[(LogId, u64)]) -> Result<(), StoreError> {
        let progress = self.progress.lock();
        if progress.tables_behind {
            return Err(StoreError::Refusing);
        }
        let mut changes = Changes::default();
        let (mut positions, mut gone) = (Vec::new(), Held::default());
        for key in batches {
            let Some(place) = self.tables.get::<PlaceRow>(key)? else { continue };
            positions.push(place.position);
            if let Some(row) = self.tables.get::<ExpiringRow>(&(place.keep_until, *key))? {
                gone.add(row.statements.unwrap_or(0));
            }
            changes.remove::<ExpiringRow>(&(place.keep_until, *key));
            match self.head(&key.0).is_some_and(|head| key.1 < head.floor) {
                true => changes.remove::<PlaceRow>(key),
                false => changes.put(key, &PlaceRow { body_present: false, ..place }),
            }
        }
        self.segments.erase_bodies(&positions)?;
        self.tables.apply(changes)?;
        self.tables.sync()?;
        self.held.lock().take_off(gone);
        Ok(())
    }

    /// Deletes every segment but the newest of which no batch is held any more. What else is in one moves to the end
    /// first. Returns how many were deleted.
    pub fn reclaim(&self) -> Result<usize, StoreError> {
        let mut deleted = 0;
        let newest = self.segments.end().segment();
        for number in self.segments.numbers().into_iter().filter(|number| *number < newest) {
            deleted += usize::from(self.reclaim_segment(number)?);
        }
        Ok(deleted)
    }

    fn reclaim_segment(&self, number: u32) -> Result<bool, StoreError> {
        let mut progress = self.progress.lock();
        let mut moving = Vec::new();
        for record in self.segments.scan(Position::new(number, 0).ok_or(StoreError::NotFound)?)? {
            let record = record?;
            if record.head.position.segment() != number {
                break;
            }
            match self.is_needed(&record)? {
                // What was rewound must stay forgotten when the tables are rebuilt, so a rewind keeps its place in time.
                true if matches!(record.head.kind, RecordKind::Batch | RecordKind::Header | RecordKind::Rewind) => {
                    return Ok(false);
                }
                true => moving.push(record),
                false => {}
            }
        }
        for Record { head, body } in &moving {
            let body = body.as_deref().unwrap_or_default();
            let record = NewRecord { kind: head.kind, link: head.link, meta: head.meta, head: &head.head, body };
            self.commit(&mut progress, &[record], |positions, changes| {
                positions.iter().try_for_each(|position| enter_control(head.kind, &head.head, *position, changes))
            })?;
        }
        let mut changes = Changes::default();
        changes.remove::<SegmentRow>(&number);
        self.tables.apply(changes)?;
        // Only when the tables on the disk no longer point into it may the segment go.
        self.checkpoint(&mut progress)?;
        self.tables.sync()?;
        self.segments.delete_segment(number)?;
        Ok(true)
    }

    fn is_needed(&self, record: &Record) -> Result<bool, StoreError> {
        let position = record.head.position;
        Ok(match record.head.kind {
            RecordKind::Batch | RecordKind::Header => {
                let facts = (self.read_header)(&record.head.head);
                let facts = facts.ok_or_else(|| self.segments.unreadable_header(position))?;
                let place = self.tables.get::<PlaceRow>(&(facts.log, facts.seq))?;
                place.is_some_and(|place| place.position == position)
            }
            RecordKind::ForkProof => self.points_to(&record.head.head, |row: ForkProofRow| row.0, position)?,
            RecordKind::Grant => self.points_to(&record.head.head, |row: GrantRow| row.0, position)?,
            RecordKind::Roster => self.points_to(&record.head.head, |row: RosterRow| row.0, position)?,
            RecordKind::Rewind => true,
        })
    }

    fn points_to<R: Row>(&self, head: &[u8], of: fn(R) -> Position, position: Position) -> Result<bool, StoreError> {
        match keys::from_head(head) {
            Some(key) => Ok(self.tables.get::<R>(&key)?.is_some_and(|row| of(row) == position)),
            None => Err(self.segments.unreadable_header(position)),
        }
    }
}

/// Enters the place of a roster, proof or grant into the tables.
pub(crate) fn enter_control(
    kind: RecordKind,
    head: &[u8],
    position: Position,
    changes: &mut Changes,
) -> Result<(), StoreError> {
    fn put<R: Row>(head: &[u8], row: &R, changes: &mut Changes) -> Option<()> {
        changes.put(&keys::from_head(head)?, row);
        Some(())
    }
    let entered = match kind {
        RecordKind::ForkProof => put(head, &ForkProofRow(position), changes),
        RecordKind::Grant => put(head, &GrantRow(position), changes),
        RecordKind::Roster => put(head, &RosterRow(position), changes),
        RecordKind::Batch | RecordKind::Header | RecordKind::Rewind => None,
    };
    entered.ok_or(StoreError::NotFound)
}
