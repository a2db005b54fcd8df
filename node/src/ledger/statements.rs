//! Reading statements where they lie: from tags by the index to places, from places by the store to statements.
//!
//! Invariant: a look-up that read only a part says so, because what it missed may be the one report that counts (I8).

use std::collections::BTreeMap;

use larum_protocol::{
    batch::{Counts, Header, statement_at},
    ledger::Entry,
    limits::STATEMENT_BYTES_MAX,
    signed::Unverified,
    tag::Tag,
};

use super::{Ledger, LedgerError};
use crate::{
    index::Place,
    store::{StatementPlace, StoreError},
};

/// Places that one look-up reads at most: a subject that many members report, over many revisions. More than that is a
/// flood of statements about one subject; the newest are read, and a look-up stays below some tens of milliseconds.
pub(super) const LOOKUP_PLACES_MAX: usize = 4_096;

/// Statements that were read, by place.
pub(super) struct Read {
    pub(super) entries: BTreeMap<u64, Entry>,
    /// Whether these are all that are held.
    pub(super) whole: bool,
}

impl Read {
    /// Takes in what another look-up read.
    pub(super) fn extend(&mut self, other: Self) {
        self.entries.extend(other.entries);
        self.whole &= other.whole;
    }
}

impl Ledger {
    /// Statements held about these tags, the newest `most` of them, each verified against the whole tag.
    pub(super) fn statements(&self, tags: &[Tag], most: usize) -> Result<Read, LedgerError> {
        let keys: Vec<[u8; 32]> = tags.iter().map(|tag| tag.0).collect();
        let mut places = Vec::new();
        self.index.lookup(&keys, &mut places);
        places.sort_unstable_by_key(|(_, place)| std::cmp::Reverse(place.0));
        let whole = places.len() <= most;
        let mut entries = BTreeMap::new();
        for (which, Place(place)) in places.into_iter().take(most) {
            if let Some(entry) = self.entry_at(StatementPlace::from_u64(place))?
                && entry.statement.tags().any(|tag| *tag == tags[which])
            {
                entries.insert(place, entry);
            }
        }
        Ok(Read { entries, whole })
    }

    fn entry_at(&self, place: StatementPlace) -> Result<Option<Entry>, LedgerError> {
        let bytes = match self.store.statement_bytes(place, STATEMENT_BYTES_MAX) {
            Ok(Some(bytes)) => bytes,
            // The body was dropped, or its segment with it: nothing in it counts any more.
            Ok(None) | Err(StoreError::NotFound) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let statement = statement_at(&bytes).map_err(|_| LedgerError::Astray)?;
        let record = self.store.record_head_at(place.batch())?;
        let header = Unverified::<Header>::decode(&record.head).map_err(|_| LedgerError::Astray)?;
        let header = header.value();
        let [asserts, others] = record.meta;
        Ok(Some(Entry {
            statement,
            log: header.log,
            seq: header.seq,
            issued: header.issued,
            day: Counts { asserts, others },
        }))
    }
}
