//! What look-ups, inserts and the background threads share, and in which order they may touch it.
//!
//! Entries move in one direction: fresh -> frozen -> segment. A move makes them visible at the new place before they
//! vanish from the old one, and a look-up visits the places in the same order; so it may meet an entry twice, which
//! [`lookup`](super::Index::lookup) mends, and never misses one.
//!
//! Locks: `control` before `fresh`. A look-up takes `fresh` for reading only, and whoever takes it for writing holds it for
//! a few microseconds; it never takes `control`. So no look-up ever waits for a disk.

use std::{
    fs::File,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use arc_swap::ArcSwap;
use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};

use super::{
    IndexError, Options,
    fresh::Fresh,
    key::{Entry, Rekey},
    manifest::Manifest,
    segment::Segment,
};

/// Entries inserted under one lock: a look-up waits for at most these, some 10 us.
const INSERT_CHUNK: usize = 128;

/// The state of an open index.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) dir: PathBuf,
    pub(super) rekey: Rekey,
    pub(super) options: Options,
    /// What is new.
    pub(super) fresh: RwLock<Fresh>,
    /// All the rest of what a look-up sees.
    pub(super) view: ArcSwap<View>,
    pub(super) control: Mutex<Control>,
    /// Told of every change to `control`.
    pub(super) changed: Condvar,
    /// Whether to give up what runs in the background.
    pub(super) cancelled: AtomicBool,
    /// Held for as long as the index is open: keeps other processes out.
    pub(super) _lock: File,
}

/// What does not change under a look-up: replaced as a whole.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// Full, and being written to a segment.
    pub(super) frozen: Option<Arc<Fresh>>,
    pub(super) segments: Vec<Arc<Segment>>,
}

/// What inserts, flushes and merges agree on.
#[derive(Debug)]
pub(super) struct Control {
    /// As on disk.
    pub(super) manifest: Manifest,
    /// Everything below is inserted: the caller's word.
    pub(super) committed: u64,
    /// What of it the frozen table completes.
    pub(super) frozen_covers: u64,
    /// How often it was asked that everything be merged into one segment.
    pub(super) compact_asked: u64,
    /// The last of these that was done.
    pub(super) compact_done: u64,
    pub(super) failure: Option<Arc<IndexError>>,
}

impl Shared {
    /// Adds entries; waits only while both tables in memory are full.
    pub(super) fn insert(&self, entries: impl Iterator<Item = Entry>) -> Result<(), IndexError> {
        let mut entries = entries.peekable();
        while entries.peek().is_some() {
            let full = {
                let mut fresh = self.fresh.write();
                (0..INSERT_CHUNK).any(|_| match entries.peek() {
                    Some(entry) if !fresh.push(*entry) => true,
                    _ => {
                        entries.next();
                        false
                    }
                })
            };
            if full {
                let mut control = self.control.lock();
                self.wait_for_flush(&mut control)?;
                // Another thread may have made room while this one waited.
                if self.fresh.read().len() >= self.options.fresh_entries {
                    self.freeze(&mut control);
                }
            }
        }
        Ok(())
    }

    /// Waits until nothing is frozen.
    pub(super) fn wait_for_flush(
        &self,
        control: &mut MutexGuard<'_, Control>,
    ) -> Result<(), IndexError> {
        while self.view.load().frozen.is_some() {
            self.check(control)?;
            self.changed.wait(control);
        }
        self.check(control)
    }

    /// Fails if the background failed, or is being stopped.
    pub(super) fn check(&self, control: &Control) -> Result<(), IndexError> {
        match &control.failure {
            Some(failure) => Err(IndexError::Background(Arc::clone(failure))),
            None if self.cancelled.load(Ordering::Relaxed) => Err(IndexError::Closing),
            None => Ok(()),
        }
    }

    /// Hands what is new to the flusher. Nothing may be frozen.
    pub(super) fn freeze(&self, control: &mut Control) {
        let empty = Fresh::with_capacity(self.options.fresh_entries);
        let view = self.view.load_full();
        let mut fresh = self.fresh.write();
        let full = std::mem::replace(&mut *fresh, empty);
        // While the lock is held: whoever sees the empty table sees the frozen one.
        self.view.store(Arc::new(View {
            frozen: Some(Arc::new(full)),
            segments: view.segments.clone(),
        }));
        drop(fresh);
        control.frozen_covers = control.committed;
        self.changed.notify_all();
    }

    /// Makes `view` and `manifest` what is live: on disk first.
    pub(super) fn install(
        &self,
        control: &mut Control,
        manifest: Manifest,
        view: View,
    ) -> Result<(), IndexError> {
        manifest.save(&self.dir)?;
        control.manifest = manifest;
        self.view.store(Arc::new(view));
        self.changed.notify_all();
        Ok(())
    }

    /// Remembers why the background failed, for the next caller who waits for it.
    pub(super) fn fail(&self, control: &mut Control, error: IndexError) {
        if !matches!(error, IndexError::Closing) {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "background work on the index failed"
            );
        }
        control.failure = Some(Arc::new(error));
        self.changed.notify_all();
    }
}
