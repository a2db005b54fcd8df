//! Batches: appending them behind the heads of their logs, and reading them back by name.

use std::collections::BTreeMap;

use larum_protocol::log::LogId;

use super::{
    Store,
    error::StoreError,
    facts::{HeaderFacts, NewBatch, StoredBatch},
    position::Position,
    record::{Link, NewRecord, Record, RecordKind},
    rows::{ExpiringRow, LogHead, PlaceRow},
    tables::Changes,
};

impl Store {
    /// Stores batches, each behind the head of its log or behind one before it in `batches`, with one write and one
    /// sync for all. When it returns, they are acknowledged: on the disk, found by name, and their logs' heads.
    ///
    /// # Errors
    /// [`StoreError::HeadMoved`] if any of them no longer follows its head; then, and after any other error, none of
    /// them is acknowledged. A retryable [`StoreError::Disk`] may be tried again as it is.
    pub fn append_batches(&self, batches: &[NewBatch<'_>]) -> Result<Vec<Position>, StoreError> {
        let mut progress = self.progress.lock();
        self.check_heads(batches)?;
        let records: Vec<NewRecord<'_>> = batches.iter().map(record_of).collect();
        let positions = self.commit(&mut progress, &records, |positions, changes| {
            for (batch, position) in batches.iter().zip(positions) {
                enter(&batch.facts, batch.link, *position, batch.body.is_some(), changes);
            }
            for (log, head) in heads_after(batches, positions) {
                changes.put(&log, &head);
            }
            Ok(positions.to_vec())
        })?;
        self.heads.write().extend(heads_after(batches, &positions));
        let mut held = self.held.lock();
        batches.iter().filter(|batch| batch.body.is_some()).for_each(|batch| held.add(batch.facts.statements));
        drop(held);
        self.checkpoint_if_due(&mut progress);
        Ok(positions)
    }

    /// The batch of that number, verified; `None` if it is not held.
    pub fn batch(&self, log: &LogId, seq: u64) -> Result<Option<StoredBatch>, StoreError> {
        match self.tables.get::<PlaceRow>(&(*log, seq))? {
            Some(place) => self.stored(self.segments.read(place.position)?).map(Some),
            None => Ok(None),
        }
    }

    /// Where the batch of that number lies; `None` if it is not held.
    pub fn place(&self, log: &LogId, seq: u64) -> Result<Option<Position>, StoreError> {
        Ok(self.tables.get::<PlaceRow>(&(*log, seq))?.map(|place| place.position))
    }

    /// The batches of a log from number `from` on without a gap, as many as fit `bytes_max` bytes of headers and bodies, and
    /// at least one if that one is held: a page of a sync (P69).
    pub fn batches(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Vec<StoredBatch>, StoreError> {
        let mut page = Vec::new();
        let mut bytes = 0;
        for (expected, row) in (from..).zip(self.tables.range::<PlaceRow>((*log, from)..=(*log, u64::MAX))) {
            let ((_, seq), place) = row?;
            if seq != expected {
                break;
            }
            let head = self.segments.read_head(place.position)?;
            bytes += head.head.len() + if head.body_present { head.body_bytes } else { 0 };
            if bytes > bytes_max && !page.is_empty() {
                break;
            }
            page.push(self.stored(self.segments.read(place.position)?)?);
        }
        Ok(page)
    }

    /// Every batch that is held, from `from` on in the order in which they were stored, verified: for whoever derives
    /// something from them. What was rewound or passed by its log's floor is left out.
    pub fn scan_batches(
        &self,
        from: Position,
    ) -> Result<impl Iterator<Item = Result<StoredBatch, StoreError>> + '_, StoreError> {
        let records = self.segments.scan(from)?;
        Ok(records.filter_map(|record| record.and_then(|record| self.held(record)).transpose()))
    }

    /// The batch in `record`, if it is one and the tables point to it.
    fn held(&self, record: Record) -> Result<Option<StoredBatch>, StoreError> {
        if !matches!(record.head.kind, RecordKind::Batch | RecordKind::Header) {
            return Ok(None);
        }
        let batch = self.stored(record)?;
        let place = self.tables.get::<PlaceRow>(&(batch.facts.log, batch.facts.seq))?;
        Ok(Some(batch).filter(|batch| place.is_some_and(|place| place.position == batch.position)))
    }

    fn stored(&self, record: Record) -> Result<StoredBatch, StoreError> {
        let Record { head, body } = record;
        let facts = (self.read_header)(&head.head).ok_or_else(|| self.segments.unreadable_header(head.position))?;
        Ok(StoredBatch { position: head.position, facts, header: head.head, body, meta: head.meta })
    }

    /// Checks that each batch continues its log, seen behind those before it.
    fn check_heads(&self, batches: &[NewBatch<'_>]) -> Result<(), StoreError> {
        let heads = self.heads.read();
        let mut moved = BTreeMap::new();
        for NewBatch { facts, link, .. } in batches {
            let held = heads.get(&facts.log).map(|head| (head.seq, head.hash));
            let head = moved.get(&facts.log).copied().or(held);
            let follows = match (link, head) {
                (Link::Next, None) => facts.seq == 1 && facts.prev.is_none(),
                (Link::Next, Some((seq, hash))) => facts.seq == seq + 1 && facts.prev == Some(hash),
                (Link::Skip, None) => facts.seq >= 1,
                (Link::Skip, Some((seq, _))) => facts.seq > seq,
            };
            if !follows {
                return Err(StoreError::HeadMoved);
            }
            moved.insert(facts.log, (facts.seq, facts.hash));
        }
        Ok(())
    }
}

/// Enters a stored batch into the tables.
pub(crate) fn enter(facts: &HeaderFacts, link: Link, position: Position, body_present: bool, changes: &mut Changes) {
    let key = (facts.log, facts.seq);
    changes.put(&key, &PlaceRow { position, hash: facts.hash, keep_until: facts.keep_until, body_present, link });
    if body_present {
        changes.put(&(facts.keep_until, key), &ExpiringRow { statements: Some(facts.statements) });
    }
}

fn record_of<'a>(batch: &NewBatch<'a>) -> NewRecord<'a> {
    let kind = if batch.body.is_some() { RecordKind::Batch } else { RecordKind::Header };
    NewRecord { kind, link: batch.link, meta: batch.meta, head: batch.header, body: batch.body.unwrap_or_default() }
}

fn heads_after(batches: &[NewBatch<'_>], positions: &[Position]) -> BTreeMap<LogId, LogHead> {
    let heads = batches.iter().zip(positions).map(|(NewBatch { facts, meta, .. }, position)| {
        let &HeaderFacts { log, seq, hash, floor, issued, .. } = facts;
        (log, LogHead { seq, hash, floor, issued, meta: *meta, position: *position })
    });
    heads.collect() // the last of each log wins
}
