//! Entering what the segments say into the tables: the tail behind the last checkpoint at every start, and everything
//! when the tables were lost or do not fit the segments.
//!
//! Invariant: replaying twice is replaying once. A row says what its newest record says, whatever was there before.
//! Invariant: a log never has a hole above its floor. Where a missing segment left one, the log is cut back to before it
//! and what followed comes again from peers.

use std::collections::{BTreeMap, BTreeSet};

use larum_protocol::{hash::Digest, log::LogId};

use super::{
    batches::enter,
    error::StoreError,
    facts::{HeaderFacts, ReadHeader},
    held::Held,
    keys,
    position::Position,
    record::{Link, Record, RecordKind},
    retain::enter_control,
    rows::{ExpiringRow, LogHead, PlaceRow},
    segments::Segments,
    tables::{Changes, Tables},
};

/// Changes gathered before they are made.
const CHANGES_AT_ONCE: usize = 1_000;

/// What a replay found.
#[derive(Debug, Default)]
pub(crate) struct Replayed {
    pub(crate) records: u64,
    /// Logs that were cut back because batches in their middle are missing.
    pub(crate) logs_cut: Vec<LogId>,
}

/// A replay under way.
pub(crate) struct Replay<'a> {
    pub(crate) segments: &'a Segments,
    pub(crate) tables: &'a Tables,
    pub(crate) read_header: ReadHeader,
    changes: Changes,
    /// How each log hangs together; only when everything is replayed, as only then all of it is seen.
    chains: Option<BTreeMap<LogId, Chain>>,
    /// Bodies marked as erased; a crash may have come before they were.
    erased: Vec<Position>,
    touched: BTreeSet<LogId>,
}

/// The batches of one log as they were met.
#[derive(Debug, Default)]
struct Chain {
    last: Option<(u64, Digest)>,
    /// Where batches are missing: the last number before, and the first after.
    holes: Vec<(u64, u64)>,
}

impl<'a> Replay<'a> {
    /// Replays what lies behind `from`; all of it if `from` is [`Position::START`], into empty tables.
    pub(crate) fn run(
        segments: &'a Segments,
        tables: &'a Tables,
        read_header: ReadHeader,
        from: Position,
    ) -> Result<Replayed, StoreError> {
        let chains = (from == Position::START).then(BTreeMap::new);
        let (changes, erased, touched) = (Changes::default(), Vec::new(), BTreeSet::new());
        let mut replay = Self { segments, tables, read_header, changes, chains, erased, touched };
        let mut replayed = Replayed::default();
        for record in segments.scan(from)? {
            replay.take(&record?)?;
            replayed.records += 1;
            if replay.changes.len() >= CHANGES_AT_ONCE {
                replay.flush()?;
            }
        }
        replay.flush()?;
        segments.erase_bodies(&replay.erased)?;
        replayed.logs_cut = replay.cut_holes()?;
        replay.renew_heads()?;
        Ok(replayed)
    }

    fn take(&mut self, record: &Record) -> Result<(), StoreError> {
        let (kind, position) = (record.head.kind, record.head.position);
        match kind {
            RecordKind::Batch | RecordKind::Header => self.take_batch(record),
            RecordKind::Rewind => {
                let (log, seq) =
                    keys::from_head(&record.head.head).ok_or_else(|| self.segments.unreadable_header(position))?;
                self.take_rewind(&log, seq, position)
            }
            RecordKind::ForkProof | RecordKind::Grant | RecordKind::Roster => {
                enter_control(kind, &record.head.head, position, &mut self.changes)
                    .map_err(|_| self.segments.unreadable_header(position))
            }
        }
    }

    fn take_batch(&mut self, record: &Record) -> Result<(), StoreError> {
        let position = record.head.position;
        let facts = (self.read_header)(&record.head.head).ok_or_else(|| self.segments.unreadable_header(position))?;
        if let Some(chains) = &mut self.chains {
            chains.entry(facts.log).or_default().follow(&facts, record.head.link);
        }
        if record.head.kind == RecordKind::Batch && !record.head.body_present {
            self.erased.push(position);
        }
        self.touched.insert(facts.log);
        enter(&facts, record.head.link, position, record.head.body_present, &mut self.changes);
        Ok(())
    }

    fn take_rewind(&mut self, log: &LogId, seq: u64, position: Position) -> Result<(), StoreError> {
        self.flush()?;
        forget_above(self.segments, self.tables, log, seq, position)?;
        self.touched.insert(*log);
        if let Some(chains) = &mut self.chains {
            let last = self.tables.range::<PlaceRow>((*log, 0)..=(*log, seq)).next_back().transpose()?;
            let chain = chains.entry(*log).or_default();
            chain.last = last.map(|((_, seq), place)| (seq, place.hash));
            chain.holes.retain(|(_, after)| *after <= seq);
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.tables.apply(std::mem::take(&mut self.changes))
    }

    /// Cuts each log with a hole above its floor back to before it: which ones.
    fn cut_holes(&mut self) -> Result<Vec<LogId>, StoreError> {
        let mut cut = Vec::new();
        for (log, chain) in self.chains.iter().flatten() {
            let floor = newest(self.segments, self.tables, self.read_header, log)?.map_or(0, |head| head.floor);
            let hole = chain.holes.iter().filter(|(_, after)| *after > floor).min();
            if let Some((before, _)) = hole {
                forget_above(self.segments, self.tables, log, *before, self.segments.end())?;
                cut.push(*log);
            }
        }
        Ok(cut)
    }

    fn renew_heads(&mut self) -> Result<(), StoreError> {
        for log in std::mem::take(&mut self.touched) {
            let head = newest(self.segments, self.tables, self.read_header, &log)?;
            put_head(&log, head.as_ref(), &mut self.changes);
            self.forget_passed(&log, head.map_or(0, |head| head.floor))?;
        }
        self.flush()
    }
}

impl Replay<'_> {
    /// Forgets again what lies below a log's floor and was dropped.
    fn forget_passed(&mut self, log: &LogId, floor: u64) -> Result<(), StoreError> {
        for row in self.tables.range::<PlaceRow>((*log, 0)..=(*log, floor.saturating_sub(1))) {
            let (key, place) = row?;
            if !place.body_present {
                self.changes.remove::<PlaceRow>(&key);
            }
        }
        Ok(())
    }
}

impl Chain {
    fn follow(&mut self, facts: &HeaderFacts, link: Link) {
        let follows = match self.last {
            _ if link == Link::Skip => true,
            None => facts.seq == 1,
            Some((seq, hash)) => facts.seq == seq + 1 && facts.prev == Some(hash),
        };
        if !follows {
            let before = self.last.map_or(0, |(seq, _)| seq).min(facts.seq.saturating_sub(1));
            self.holes.push((before, facts.seq));
        }
        self.last = Some((facts.seq, facts.hash));
    }
}

/// Erases and forgets the batches of a log above number `seq` that were stored before `before`: how much was in them.
pub(crate) fn forget_above(
    segments: &Segments,
    tables: &Tables,
    log: &LogId,
    seq: u64,
    before: Position,
) -> Result<Held, StoreError> {
    let (mut changes, mut positions, mut gone) = (Changes::default(), Vec::new(), Held::default());
    for row in tables.range::<PlaceRow>((*log, seq.saturating_add(1))..=(*log, u64::MAX)) {
        let (key, place) = row?;
        if place.position < before {
            positions.push(place.position);
            if let Some(row) = tables.get::<ExpiringRow>(&(place.keep_until, key))? {
                gone.add(row.statements.unwrap_or(0));
            }
            changes.remove::<PlaceRow>(&key);
            changes.remove::<ExpiringRow>(&(place.keep_until, key));
        }
    }
    segments.erase_bodies(&positions)?;
    tables.apply(changes)?;
    Ok(gone)
}

/// The newest batch of a log by the tables' places.
pub(crate) fn newest(
    segments: &Segments,
    tables: &Tables,
    read_header: ReadHeader,
    log: &LogId,
) -> Result<Option<LogHead>, StoreError> {
    let Some(((_, seq), place)) = tables.range::<PlaceRow>((*log, 0)..=(*log, u64::MAX)).next_back().transpose()?
    else {
        return Ok(None);
    };
    let record = segments.read_head(place.position)?;
    let facts = read_header(&record.head).ok_or_else(|| segments.unreadable_header(place.position))?;
    let HeaderFacts { hash, floor, issued, .. } = facts;
    Ok(Some(LogHead { seq, hash, floor, issued, meta: record.meta, position: place.position }))
}

/// Enters a log's head, or that it has none.
pub(crate) fn put_head(log: &LogId, head: Option<&LogHead>, changes: &mut Changes) {
    match head {
        Some(head) => changes.put(log, head),
        None => changes.remove::<LogHead>(log),
    }
}
