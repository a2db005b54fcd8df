//! Reading statements where they lie: from tags by the index to places, from places by the store to statements.
//!
//! Invariant: a look-up that read only a part says so, because what it missed may be the one report that counts (I8).

use std::collections::BTreeMap;

use larum_protocol::{
    batch::{Counts, Header, statement_at},
    ledger::Entry,
    limits::STATEMENT_BYTES_MAX,
    signed::Unverified,
    statement::Statement,
    tag::Tag,
};

use super::{Ledger, LedgerError, Unread};
use crate::{
    index::Place,
    store::{RecordHead, StatementPlace, StoreError},
};

/// Places that one look-up reads at most: a subject that many members report, over many revisions. More than that is a
/// flood of statements about one subject; the newest are read, and a look-up stays below some tens of milliseconds.
pub(super) const LOOKUP_PLACES_MAX: usize = 4_096;

/// Read at once to get a statement: all but those of resumes, with their many derived tags, are shorter.
const STATEMENT_READ_BYTES: usize = 512;
const _: () = assert!(STATEMENT_READ_BYTES < STATEMENT_BYTES_MAX);

/// Statements that were read, by place.
pub(super) struct Read {
    pub(super) entries: BTreeMap<u64, Entry>,
    /// Why these are not all that are held, if so.
    pub(super) unread: Option<Unread>,
}

impl Read {
    /// Takes in what another look-up read.
    pub(super) fn extend(&mut self, other: Self) {
        self.entries.extend(other.entries);
        self.unread = self.unread.or(other.unread);
    }
}

impl Ledger {
    /// Statements held about these tags, the newest `most` of them, each verified against the whole tag.
    pub(super) fn statements(&self, tags: &[Tag], most: usize) -> Result<Read, LedgerError> {
        let keys: Vec<[u8; 32]> = tags.iter().map(|tag| tag.0).collect();
        let mut places = Vec::new();
        self.index.lookup(&keys, &mut places);
        places.sort_unstable_by_key(|(_, place)| std::cmp::Reverse(place.0));
        let flood = (places.len() > most).then_some(Unread::Flood);
        let unread = flood.or(self.nothing().unread);
        let mut entries = BTreeMap::new();
        for (which, Place(place)) in places.into_iter().take(most) {
            if let Some(entry) = self.entry_at(StatementPlace::from_u64(place))?
                && entry.statement.tags().any(|tag| *tag == tags[which])
            {
                entries.insert(place, entry);
            }
        }
        Ok(Read { entries, unread })
    }

    fn entry_at(&self, place: StatementPlace) -> Result<Option<Entry>, LedgerError> {
        let Some((record, statement)) = self.statement_at(place)? else { return Ok(None) };
        let header = Unverified::<Header>::value_on_own_disk(&record.head).map_err(|_| LedgerError::Astray)?;
        let [asserts, others] = record.meta;
        Ok(Some(Entry {
            statement,
            log: header.log,
            seq: header.seq,
            issued: header.issued,
            day: Counts { asserts, others },
        }))
    }

    /// The statement at a place and its batch's head; `None` once nothing in the body counts any more.
    fn statement_at(&self, place: StatementPlace) -> Result<Option<(RecordHead, Statement)>, LedgerError> {
        for bytes_max in [STATEMENT_READ_BYTES, STATEMENT_BYTES_MAX] {
            let (record, bytes) = match self.store.statement_bytes(place, bytes_max) {
                Ok(Some(read)) => read,
                // The body was dropped, or its segment with it.
                Ok(None) | Err(StoreError::NotFound) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            if let Ok(statement) = statement_at(&bytes) {
                return Ok(Some((record, statement)));
            }
        }
        Err(LedgerError::Astray)
    }
}
