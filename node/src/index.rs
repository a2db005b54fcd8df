//! The membership index: from a tag to the places of the statements that carry it.
//!
//! Derived: the logs are what is true, and the index can be rebuilt from them at any time. It answers "where might this
//! tag stand?", in some tens of nanoseconds when the answer is "nowhere", which for an honest applicant it is.
//!
//! What is new lies in a hash table. When that is full it becomes an immutable segment: entries sorted in a mapped file,
//! with a directory and a binary fuse filter in memory in front of them. Segments are merged in the background. On disk
//! an entry takes 26 bytes, in memory 2.
//!
//! ```text
//! insert -> fresh table -> frozen table -> segment -> merged segment
//! lookup:   1              2               3 ...      (on one view of all of them, so that nothing is missed)
//! ```
//!
//! Invariant: an entry is found from the moment `insert` returns until a merge is told that its place is dead.
//! Invariant: every entry with a place below [`Index::covered`] is in a synced segment that the manifest names. A crash at
//! any instant loses only entries above, and the caller inserts those again.
//! Invariant: peers choose tags, and cannot choose where in here they end up (`key.rs`).
//! Invariant: no look-up waits for a disk other than to read the bucket it hits (`shared.rs`).
//! Absent on purpose: deletion of single entries, what a place means, and any promise that a hit is real: keys are 128
//! bits of a hash, and the caller compares the full tag in the statement.

mod background;
mod disk;
mod error;
mod fresh;
mod key;
mod layout;
mod manifest;
mod merge;
mod open;
mod options;
mod segment;
mod shared;
mod writer;

#[cfg(test)]
mod tests;

use std::sync::{Arc, atomic::Ordering};

pub use error::IndexError;
pub use options::{Keep, Options};

use background::Background;
pub(crate) use key::Key;

use key::Entry;
use segment::WIDTH;
use shared::{Shared, View};

/// Tags re-keyed at once on insertion: 24 KB.
const INSERT_CHUNK: usize = 1_024;

/// Where a statement lies in the logs. What the number means is the caller's business.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Place(pub u64);

/// An open index. Its methods may be called from any thread.
#[derive(Debug)]
pub struct Index {
    shared: Arc<Shared>,
    background: Background,
}

/// How large the index is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Serialize)]
pub struct Stats {
    /// Pairs of a tag and a place. One that was inserted twice may count twice until it has been merged.
    pub entries: u64,
    /// Immutable segments.
    pub segments: usize,
    /// Bytes of the segments' files.
    pub disk_bytes: u64,
    /// Bytes of memory for the segments' directories and filters. Mapped entries are not in it: they lie in the page
    /// cache, which the kernel takes back when it needs to.
    pub resident_bytes: u64,
    /// Bytes of memory for the tables of what is new.
    pub fresh_bytes: u64,
}

impl Index {
    /// Every place below this is in the segments: after a restart, insert again what lies from here on.
    pub fn covered(&self) -> u64 {
        self.shared.control.lock().manifest.covered
    }

    /// Adds entries, which look-ups find from when this returns. Inserting an entry again does no harm.
    ///
    /// Waits while memory is full and a flush is under way.
    ///
    /// # Errors
    ///
    /// [`IndexError::Background`] if memory is full and a flush or merge failed; some entries may have been added.
    pub fn insert(&self, entries: &[([u8; 32], Place)]) -> Result<(), IndexError> {
        let mut keyed = Vec::with_capacity(entries.len().min(INSERT_CHUNK));
        for chunk in entries.chunks(INSERT_CHUNK) {
            keyed.clear();
            keyed.extend(chunk.iter().map(|(tag, place)| Entry { key: self.key(tag), place: *place }));
            self.shared.insert(&keyed)?;
        }
        Ok(())
    }

    /// Says that everything before `covered` has been inserted. The next flush makes it so on disk.
    pub fn commit(&self, covered: u64) {
        let mut control = self.shared.control.lock();
        control.committed = control.committed.max(covered);
    }

    /// Looks up a batch of tags: `out` is emptied, then holds each hit as (which tag, where), sorted, each once.
    ///
    /// A hit on 128 bits of a hash: the caller compares the full tag at the place.
    ///
    /// Look up together what is at hand: alone, a miss costs the latency of memory, and among sixteen a quarter of it.
    pub fn lookup(&self, tags: &[[u8; 32]], out: &mut Vec<(usize, Place)>) {
        out.clear();
        let view = self.shared.view.load();
        let mut keys = [Key { high: 0, low: 0 }; WIDTH];
        for (chunk, tags) in tags.chunks(WIDTH).enumerate() {
            for (key, tag) in keys.iter_mut().zip(tags) {
                *key = self.key(tag);
            }
            view.find(&keys[..tags.len()], |position, place| out.push((chunk * WIDTH + position, place)));
        }
        if out.len() > 1 {
            out.sort_unstable();
            out.dedup();
        }
    }

    /// How many entries there are; see [`Stats::entries`].
    pub fn len(&self) -> u64 {
        self.stats().entries
    }

    /// Whether nothing has been inserted, or nothing was kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How large the index is.
    pub fn stats(&self) -> Stats {
        let view = self.shared.view.load();
        let mut stats = Stats { segments: view.segments.len(), ..Stats::default() };
        for table in view.frozen.iter().chain([&view.fresh]) {
            stats.entries += table.len() as u64;
            stats.fresh_bytes += table.memory_bytes();
        }
        for segment in &view.segments {
            stats.entries += segment.named().entries;
            stats.disk_bytes += segment.named().bytes;
            stats.resident_bytes += segment.resident_bytes();
        }
        stats
    }

    /// Waits until what is new is in a segment, and what was committed is covered. Tries again what failed before.
    ///
    /// # Errors
    ///
    /// [`IndexError::Background`] with what went wrong; nothing that could be found before is lost to look-ups.
    pub fn flush(&self) -> Result<(), IndexError> {
        let shared = &self.shared;
        let mut control = shared.control.lock();
        control.failure = None;
        shared.changed.notify_all();
        shared.wait_for_flush(&mut control)?;
        if shared.view.load().fresh.len() > 0 || control.committed > control.manifest.covered {
            shared.freeze(&mut control);
        }
        shared.wait_for_flush(&mut control)
    }

    /// Waits until everything inserted so far is in one segment, without the places that are dead.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush).
    pub fn compact(&self) -> Result<(), IndexError> {
        self.flush()?;
        let mut control = self.shared.control.lock();
        control.compact_asked += 1;
        let asked = control.compact_asked;
        self.shared.changed.notify_all();
        while control.compact_done < asked {
            self.shared.check(&control)?;
            self.shared.changed.wait(&mut control);
        }
        Ok(())
    }

    /// Whether no file is known to be damaged. If one is, a hit is still worth a look, and a miss proves nothing; the
    /// next [`open`](Self::open) asks for a rebuild.
    pub fn is_sound(&self) -> bool {
        !self.shared.condemned.load(Ordering::Relaxed)
    }

    /// Reads every segment and compares every checksum, which opening leaves out for the entries; the background does
    /// so once a day.
    ///
    /// # Errors
    ///
    /// [`IndexError::Damaged`]: wipe and rebuild.
    pub fn verify(&self) -> Result<(), IndexError> {
        let view = self.shared.view.load_full();
        view.segments.iter().try_for_each(|segment| segment.verify(&self.shared.cancelled))
    }

    /// Flushes, gives up a merge that may be running, and waits for the background to end. Dropping does the same without
    /// the flush.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush); the index is closed nevertheless.
    pub fn close(self) -> Result<(), IndexError> {
        let flushed = self.flush();
        drop(self.background);
        flushed
    }

    /// The key under which `tag` is kept.
    #[inline]
    pub(crate) fn key(&self, tag: &[u8; 32]) -> Key {
        self.shared.rekey.key(tag)
    }

    /// What look-ups see at this moment.
    pub(crate) fn view(&self) -> Arc<View> {
        self.shared.view.load_full()
    }
}
