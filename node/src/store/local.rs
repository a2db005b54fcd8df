//! What is this node's own and lives in the tables only: API tokens, answers to repeated requests, the allow list,
//! settings; and announcements, which may be lost. All but these last are on the disk when the call returns.
//!
//! Acknowledged writes are counted, in the tables and in a file beside them: tables that silently fell back to an older
//! state (sled opens a file that lost its end as if nothing had happened) count fewer, and the next start says so.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use larum_protocol::{clock::Timestamp, log::LogId};

use super::{
    Store,
    error::StoreError,
    rows::{AllowedEntry, AnnouncementRow, IdempotentAnswer, LocalWritesRow, Row, SettingRow, TokenRecord},
    segments::file::read_up_to,
    tables::Tables,
};

/// The file beside the tables: the count as eight bytes, little-endian.
const COUNT_FILE: &str = "LOCAL";

/// The count of acknowledged local writes.
#[derive(Debug)]
pub(crate) struct LocalWrites {
    count: u64,
    file: File,
    path: PathBuf,
}

impl LocalWrites {
    /// Reads both counts and makes them equal. Whether the tables had counted fewer, hence lost something.
    pub(crate) fn open(folder: &Path, tables: &Tables) -> Result<(Self, bool), StoreError> {
        let path = folder.join(COUNT_FILE);
        let disk = |source| StoreError::disk("open", &path, source);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(disk)?;
        let mut bytes = [0; 8];
        read_up_to(&file, &mut bytes, 0).map_err(disk)?;
        let (counted, found) = (u64::from_le_bytes(bytes), tables.get(&())?.map_or(0, |LocalWritesRow(count)| count));
        let count = counted.max(found);
        tables.put(&(), &LocalWritesRow(count))?;
        Ok((Self { count, file, path }, found < counted))
    }

    /// Puts on the disk what was written to the tables, and counts it.
    fn acknowledge(&mut self, tables: &Tables) -> Result<(), StoreError> {
        tables.put(&(), &LocalWritesRow(self.count + 1))?;
        tables.sync()?;
        self.count += 1;
        let written = self.file.write_all_at(&self.count.to_le_bytes(), 0).and_then(|()| self.file.sync_data());
        written.map_err(|source| StoreError::disk("write to", &self.path, source))
    }
}

impl Store {
    /// What the token of this hash may do.
    pub fn token(&self, hash: &[u8; 32]) -> Result<Option<TokenRecord>, StoreError> {
        self.tables.get(hash)
    }

    /// Every token, by hash.
    pub fn tokens(&self) -> Result<Vec<([u8; 32], TokenRecord)>, StoreError> {
        self.tables.all().collect()
    }

    /// Adds or changes a token.
    pub fn put_token(&self, hash: &[u8; 32], token: &TokenRecord) -> Result<(), StoreError> {
        self.put_synced(hash, token)
    }

    /// Removes a token. Whether it was there.
    pub fn remove_token(&self, hash: &[u8; 32]) -> Result<bool, StoreError> {
        self.remove_synced::<TokenRecord>(hash)
    }

    /// The answer that was given under the idempotency key of this hash, unless it has expired.
    pub fn answer(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<IdempotentAnswer>, StoreError> {
        Ok(self.tables.get(hash)?.filter(|answer: &IdempotentAnswer| answer.expires > now))
    }

    /// Keeps answers under the hashes of their idempotency keys, with one sync for all.
    pub fn put_answers(&self, answers: &[([u8; 32], IdempotentAnswer)]) -> Result<(), StoreError> {
        for (hash, answer) in answers {
            self.tables.put(hash, answer)?;
        }
        self.local_writes.lock().acknowledge(&self.tables)
    }

    /// Removes the answers that have expired: how many.
    pub fn forget_answers(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut forgotten = 0;
        for row in self.tables.all::<IdempotentAnswer>() {
            let (hash, answer) = row?;
            if answer.expires <= now {
                forgotten += usize::from(self.tables.remove::<IdempotentAnswer>(&hash)?);
            }
        }
        Ok(forgotten)
    }

    /// The allow list's entry of this keyed hash.
    pub fn allowed(&self, hash: &[u8; 32]) -> Result<Option<AllowedEntry>, StoreError> {
        self.tables.get(hash)
    }

    /// The allow list, by hash.
    pub fn allow_list(&self) -> Result<Vec<([u8; 32], AllowedEntry)>, StoreError> {
        self.tables.all().collect()
    }

    /// Adds to the allow list.
    pub fn allow(&self, hash: &[u8; 32], entry: &AllowedEntry) -> Result<(), StoreError> {
        self.put_synced(hash, entry)
    }

    /// Removes from the allow list. Whether it was there.
    pub fn disallow(&self, hash: &[u8; 32]) -> Result<bool, StoreError> {
        self.remove_synced::<AllowedEntry>(hash)
    }

    /// A setting of this node.
    pub fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.tables.get::<SettingRow>(&name.to_owned())?.map(|row| row.0))
    }

    /// Keeps a setting of this node.
    pub fn put_setting(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.put_synced(&name.to_owned(), &SettingRow(value.to_vec()))
    }

    /// The newest announcement of every log, as signed.
    pub fn announcements(&self) -> Result<Vec<(LogId, Vec<u8>)>, StoreError> {
        self.tables.all::<AnnouncementRow>().map(|row| row.map(|(log, row)| (log, row.0))).collect()
    }

    /// Keeps the newest announcement of a log. Not synced: the next one comes within minutes.
    pub fn put_announcement(&self, log: &LogId, bytes: &[u8]) -> Result<(), StoreError> {
        self.tables.put(log, &AnnouncementRow(bytes.to_vec()))
    }

    /// Forgets the announcement of a log. Not synced: it may come back, and is dropped again.
    pub fn remove_announcement(&self, log: &LogId) -> Result<(), StoreError> {
        self.tables.remove::<AnnouncementRow>(log).map(drop)
    }

    fn put_synced<R: Row>(&self, key: &R::Key, row: &R) -> Result<(), StoreError> {
        self.tables.put(key, row)?;
        self.local_writes.lock().acknowledge(&self.tables)
    }

    fn remove_synced<R: Row>(&self, key: &R::Key) -> Result<bool, StoreError> {
        let removed = self.tables.remove::<R>(key)?;
        self.local_writes.lock().acknowledge(&self.tables)?;
        Ok(removed)
    }
}
