//! Reading statements where they lie: from tags by the index to places, from places by the store to statements.
//!
//! Invariant: a look-up that read only a part says so, because what it missed may be the one report that counts (I8).

use std::collections::{BTreeMap, HashMap};

use larum_protocol::{
    batch::{Counts, Header, statement_at},
    ledger::{Entry, View},
    limits::STATEMENT_BYTES_MAX,
    roster::MemberId,
    signed::Unverified,
    statement::Statement,
    tag::Tag,
};

use super::{Ledger, LedgerError, Unread};
use crate::{
    index::Place,
    store::{Position, RecordHead, StatementPlace, StoreError},
};

/// Places of a tag from which on somebody floods it: more than many members say over many revisions.
const FLOOD_PLACES: usize = 4_096;

/// Of a flood, statements of one member that a look-up reads at most, the newest: whoever floods drowns its own word and
/// nobody else's.
const SHARE_OF_MEMBER: usize = 1_024;

/// Of a flood, batches whose head a look-up reads at most, some tenths of a second's worth.
const FLOOD_BATCHES_MAX: usize = 65_536;

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
    /// Statements held about these tags that may count in `view`, each verified against the whole tag.
    pub(super) fn statements(&self, tags: &[Tag], view: &View<'_>) -> Result<Read, LedgerError> {
        self.read(tags, SHARE_OF_MEMBER, |header| view.batch_speaks_for(&header.log, header.seq, header.issued))
    }

    /// Every statement of one member that is held about a subject, whether or not it counts at the moment.
    pub(super) fn statements_of(&self, member: MemberId, subject: &Tag) -> Result<Read, LedgerError> {
        let roster = self.roster.load();
        self.read(&[*subject], usize::MAX, |header| roster.member_of(&header.log.node).filter(|of| *of == member))
    }

    /// Reads what lies at the tags' places. Where there is a flood of them, only what is of a member that `whose` names, and
    /// of each the newest `share`.
    fn read(
        &self,
        tags: &[Tag],
        share: usize,
        whose: impl Fn(&Header) -> Option<MemberId>,
    ) -> Result<Read, LedgerError> {
        let keys: Vec<[u8; 32]> = tags.iter().map(|tag| tag.0).collect();
        let mut places = Vec::new();
        self.index.lookup(&keys, &mut places);
        let mut read = Read { entries: BTreeMap::new(), unread: self.nothing().unread };
        if places.len() > FLOOD_PLACES {
            places.sort_unstable_by_key(|(_, place)| std::cmp::Reverse(place.0));
            let whole = self.thin_out(&mut places, share, whose)?;
            read.unread = (!whole).then_some(Unread::Flood).or(read.unread);
        }
        for (which, Place(place)) in places {
            if let Some(entry) = self.entry_at(StatementPlace::from_u64(place))?
                && entry.statement.tags().any(|tag| *tag == tags[which])
            {
                read.entries.insert(place, entry);
            }
        }
        Ok(read)
    }

    /// Leaves of a flood, given newest first, what is to be read; whether nothing was left out that might count.
    fn thin_out(
        &self,
        places: &mut Vec<(usize, Place)>,
        share: usize,
        whose: impl Fn(&Header) -> Option<MemberId>,
    ) -> Result<bool, LedgerError> {
        let (mut speakers, mut taken) = (HashMap::new(), HashMap::<MemberId, usize>::new());
        let (mut whole, mut left) = (true, Vec::new());
        for (which, place) in places.drain(..) {
            let batch = StatementPlace::from_u64(place.0).batch();
            if !speakers.contains_key(&batch) {
                if speakers.len() == FLOOD_BATCHES_MAX {
                    whole = false;
                    break;
                }
                speakers.insert(batch, self.header_at(batch)?.as_ref().and_then(&whose));
            }
            let Some(member) = speakers[&batch] else { continue };
            let taken = taken.entry(member).or_default();
            if *taken < share {
                *taken += 1;
                left.push((which, place));
            } else {
                whole = false;
            }
        }
        *places = left;
        Ok(whole)
    }

    /// The header of a batch; `None` once its segment is gone.
    fn header_at(&self, batch: Position) -> Result<Option<Header>, LedgerError> {
        let record = match self.store.record_head_at(batch) {
            Ok(record) => record,
            Err(StoreError::NotFound) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Unverified::<Header>::value_on_own_disk(&record.head).map(Some).map_err(|_| LedgerError::Astray)
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
