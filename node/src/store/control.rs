//! What is signed and is no batch: rosters, fork proofs, salt grants; and rewinding a log. Each is a record in the
//! segments, found by a key that is also its record's head. Storing one again does nothing.

use larum_protocol::{hash::Digest, log::LogId};

use super::{
    Store,
    error::StoreError,
    keys,
    position::Position,
    record::{Link, NewRecord, RecordKind},
    replay,
    rows::{ForkProofRow, GrantRow, RosterRow, Row},
};

/// A roster as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredRoster {
    /// Its version.
    pub version: u64,
    /// Its hash; two valid rosters of one version differ in it.
    pub hash: Digest,
    /// The roster, as signed.
    pub bytes: Vec<u8>,
}

/// Proof that a log forked, as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredForkProof {
    /// The log.
    pub log: LogId,
    /// The number that two headers share.
    pub seq: u64,
    /// The proof, encoded.
    pub bytes: Vec<u8>,
}

/// A salt grant as it is stored: sealed, so that only its recipient can open it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredGrant {
    /// The epoch of the salt.
    pub epoch: u32,
    /// Whom it is sealed to: 32 bytes of the caller's choice.
    pub recipient: [u8; 32],
    /// The grant, as signed.
    pub bytes: Vec<u8>,
}

impl Store {
    /// Stores a verified roster; on the disk when this returns.
    pub fn append_roster(&self, version: u64, hash: Digest, bytes: &[u8]) -> Result<Position, StoreError> {
        self.append_keyed(RecordKind::Roster, &(version, hash), bytes, RosterRow, |row| row.0)
    }

    /// Every roster from `version` on, by version.
    pub fn rosters(&self, version: u64) -> Result<Vec<StoredRoster>, StoreError> {
        let rows = self.tables.range((version, Digest([0; 32]))..=(u64::MAX, Digest([0xFF; 32])));
        self.read_keyed(rows, |row: RosterRow| row.0, |(version, hash), bytes| StoredRoster { version, hash, bytes })
    }

    /// Stores a verified proof that `log` forked at `seq`; on the disk when this returns.
    pub fn append_proof(&self, log: LogId, seq: u64, bytes: &[u8]) -> Result<Position, StoreError> {
        self.append_keyed(RecordKind::ForkProof, &(log, seq), bytes, ForkProofRow, |row| row.0)
    }

    /// Every fork proof, by log and number.
    pub fn proofs(&self) -> Result<Vec<StoredForkProof>, StoreError> {
        let rows = self.tables.all();
        self.read_keyed(rows, |row: ForkProofRow| row.0, |(log, seq), bytes| StoredForkProof { log, seq, bytes })
    }

    /// Stores a salt grant; on the disk when this returns.
    pub fn append_grant(&self, epoch: u32, recipient: [u8; 32], bytes: &[u8]) -> Result<Position, StoreError> {
        self.append_keyed(RecordKind::Grant, &(epoch, recipient), bytes, GrantRow, |row| row.0)
    }

    /// Every salt grant, by epoch and recipient.
    pub fn grants(&self) -> Result<Vec<StoredGrant>, StoreError> {
        let rows = self.tables.all();
        self.read_keyed(
            rows,
            |row: GrantRow| row.0,
            |(epoch, recipient), bytes| StoredGrant { epoch, recipient, bytes },
        )
    }

    /// Forgets what a log said above number `seq` (0: everything), after the roster decided a fork; on the disk when
    /// this returns, bodies erased. Batches of those numbers may then be stored anew.
    pub fn rewind(&self, log: &LogId, seq: u64) -> Result<(), StoreError> {
        let mut progress = self.progress.lock();
        if self.head(log).is_none_or(|head| head.seq <= seq) {
            return Ok(());
        }
        let head = keys::to_head(&(*log, seq));
        let record = NewRecord { kind: RecordKind::Rewind, link: Link::Next, meta: [0; 2], head: &head, body: &[] };
        let head = self.commit(&mut progress, &[record], |positions, changes| {
            for position in positions {
                let gone = replay::forget_above(&self.segments, &self.tables, log, seq, *position)?;
                self.held.lock().take_off(gone);
            }
            let head = replay::newest(&self.segments, &self.tables, self.read_header, log)?;
            replay::put_head(log, head.as_ref(), changes);
            Ok(head)
        })?;
        let mut heads = self.heads.write();
        match head {
            Some(head) => drop(heads.insert(*log, head)),
            None => {
                heads.remove(log);
                progress.records = u64::MAX; // there are fewer logs than the last checkpoint says
            }
        }
        drop(heads);
        self.checkpoint_if_due(&mut progress);
        Ok(())
    }

    fn append_keyed<R: Row>(
        &self,
        kind: RecordKind,
        key: &R::Key,
        bytes: &[u8],
        row: fn(Position) -> R,
        position_of: fn(&R) -> Position,
    ) -> Result<Position, StoreError> {
        let mut progress = self.progress.lock();
        if let Some(row) = self.tables.get::<R>(key)? {
            return Ok(position_of(&row));
        }
        let head = keys::to_head(key);
        let record = NewRecord { kind, link: Link::Next, meta: [0; 2], head: &head, body: bytes };
        let position = self.commit(&mut progress, &[record], |positions, changes| {
            let position = positions.first().copied().ok_or(StoreError::NotFound)?;
            changes.put(key, &row(position));
            Ok(position)
        })?;
        progress.controls += 1;
        self.checkpoint_if_due(&mut progress);
        Ok(position)
    }

    fn read_keyed<R: Row, T>(
        &self,
        rows: impl Iterator<Item = Result<(R::Key, R), StoreError>>,
        position_of: fn(R) -> Position,
        stored: fn(R::Key, Vec<u8>) -> T,
    ) -> Result<Vec<T>, StoreError> {
        let read = |row: Result<(R::Key, R), StoreError>| {
            let (key, row) = row?;
            let record = self.segments.read(position_of(row))?;
            Ok(stored(key, record.body.unwrap_or_default()))
        };
        rows.map(read).collect()
    }
}
