//! How much is held: the batches whose bodies are there, and the statements in them.
//!
//! Counted at every start from the rows that name each body, and kept up to date with them since.

use larum_protocol::log::LogId;

use super::{
    Store,
    error::StoreError,
    facts::ReadHeader,
    rows::{ExpiringRow, PlaceRow},
    segments::Segments,
    tables::{Changes, Tables},
};

/// How much is held.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Held {
    /// Batches whose bodies are there.
    pub batches: u64,
    /// Statements in them.
    pub statements: u64,
}

impl Held {
    /// One more body is there.
    pub(crate) fn add(&mut self, statements: u32) {
        self.batches += 1;
        self.statements += u64::from(statements);
    }

    /// So much is gone.
    pub(crate) fn take_off(&mut self, gone: Self) {
        self.batches = self.batches.saturating_sub(gone.batches);
        self.statements = self.statements.saturating_sub(gone.statements);
    }

    /// Counts what the tables say. Rows of a folder of format 1 did not say how many statements: their headers do, and
    /// the rows from then on.
    pub(crate) fn count(tables: &Tables, segments: &Segments, read_header: ReadHeader) -> Result<Self, StoreError> {
        let (mut held, mut silent) = (Self::default(), Vec::new());
        for row in tables.all::<ExpiringRow>() {
            match row? {
                (_, ExpiringRow { statements: Some(statements) }) => held.add(statements),
                (key, _) => silent.push(key),
            }
        }
        let mut changes = Changes::default();
        for (day, (log, seq)) in silent {
            let statements = stated(tables, segments, read_header, &log, seq)?;
            changes.put(&(day, (log, seq)), &ExpiringRow { statements: Some(statements) });
            held.add(statements);
        }
        tables.apply(changes)?;
        Ok(held)
    }
}

impl Store {
    /// How much is held.
    pub fn tally(&self) -> Held {
        *self.held.lock()
    }
}

/// How many statements a batch's header states; none of one that is not there.
fn stated(
    tables: &Tables,
    segments: &Segments,
    read_header: ReadHeader,
    log: &LogId,
    seq: u64,
) -> Result<u32, StoreError> {
    let Some(place) = tables.get::<PlaceRow>(&(*log, seq))? else { return Ok(0) };
    let record = segments.read_head(place.position)?;
    let facts = read_header(&record.head).ok_or_else(|| segments.unreadable_header(place.position))?;
    Ok(facts.statements)
}
