//! What look-ups, inserts and the background threads share.
//!
//! Entries move in one direction: fresh -> frozen -> segment. Each move replaces the whole [`View`] at once, and what a
//! view holds never vanishes from it; so a look-up, which takes one view and stays with it, sees every entry exactly
//! where it was or where it went, and waits for nobody.
//!
//! Locks: `control` before those inside [`Fresh`]. No look-up takes `control`, which may be held across a sync.

use std::{
    fs::File,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use arc_swap::ArcSwap;
use parking_lot::{Condvar, Mutex, MutexGuard};

use super::{
    IndexError, Options, Place, disk,
    fresh::Fresh,
    key::{Entry, Key, Rekey},
    manifest::Manifest,
    segment::Segment,
};

/// A file of this name says that another one was found to be damaged.
pub(super) const DAMAGED: &str = "damaged";

/// The state of an open index.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) dir: PathBuf,
    pub(super) rekey: Rekey,
    pub(super) options: Options,
    /// All that a look-up sees.
    pub(super) view: ArcSwap<View>,
    pub(super) control: Mutex<Control>,
    /// Told of every change to `control` or `view`.
    pub(super) changed: Condvar,
    /// Whether a file was found to be damaged: a miss proves nothing any more.
    pub(super) condemned: AtomicBool,
    /// Whether to give up what runs in the background.
    pub(super) cancelled: AtomicBool,
    /// Held for as long as the index is open: keeps other processes out.
    pub(super) _lock: File,
}

impl Shared {
    /// Says that a file is damaged, to look-ups now and to the next start.
    pub(super) fn condemn(&self) {
        if !self.condemned.swap(true, Ordering::Relaxed) {
            tracing::error!("the index is damaged: misses answer unknown; restart the node to rebuild it");
        }
        if let Err(error) = disk::replace(&self.dir.join(DAMAGED), b"") {
            tracing::error!(%error, "the index could not be marked as damaged; delete its folder before the next start");
        }
    }
}

/// Where entries are at one moment. Replaced as a whole, and only under `control`.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// Takes what is new, until it is full and sealed.
    pub(super) fresh: Arc<Fresh>,
    /// Sealed, and being written to a segment.
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

impl View {
    /// Gives the places of at most [`WIDTH`](super::segment::WIDTH) keys to `hit`, with each key's position.
    #[inline]
    pub(crate) fn find(&self, keys: &[Key], mut hit: impl FnMut(usize, Place)) {
        for (position, key) in keys.iter().enumerate() {
            self.fresh.find(*key, |place| hit(position, place));
        }
        if let Some(frozen) = &self.frozen {
            for (position, key) in keys.iter().enumerate() {
                frozen.find(*key, |place| hit(position, place));
            }
        }
        for segment in &self.segments {
            segment.find(keys, &mut hit);
        }
    }
}

impl Shared {
    /// Adds entries; waits only while both tables in memory are full.
    pub(super) fn insert(&self, mut entries: &[Entry]) -> Result<(), IndexError> {
        loop {
            let fresh = Arc::clone(&self.view.load().fresh);
            if fresh.push(&mut entries) {
                return Ok(());
            }
            let mut control = self.control.lock();
            self.wait_for_flush(&mut control)?;
            // Another thread may have made room while this one waited.
            if Arc::ptr_eq(&fresh, &self.view.load().fresh) {
                self.freeze(&mut control);
            }
        }
    }

    /// Waits until nothing is frozen.
    pub(super) fn wait_for_flush(&self, control: &mut MutexGuard<'_, Control>) -> Result<(), IndexError> {
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

    /// Seals what is new and hands it to the flusher. Nothing may be frozen.
    pub(super) fn freeze(&self, control: &mut Control) {
        let view = self.view.load_full();
        // Before reading `committed`'s worth of it is written out, nothing more may enter.
        view.fresh.seal();
        control.frozen_covers = control.committed;
        self.view.store(Arc::new(View {
            fresh: Arc::new(Fresh::with_capacity(self.options.fresh_entries)),
            frozen: Some(Arc::clone(&view.fresh)),
            segments: view.segments.clone(),
        }));
        self.changed.notify_all();
    }

    /// Makes `view` and `manifest` what is live: on disk first.
    pub(super) fn install(&self, control: &mut Control, manifest: Manifest, view: View) -> Result<(), IndexError> {
        manifest.save(&self.dir)?;
        control.manifest = manifest;
        self.view.store(Arc::new(view));
        self.changed.notify_all();
        Ok(())
    }

    /// Remembers why the background failed, for the next caller who waits for it.
    pub(super) fn fail(&self, control: &mut Control, error: IndexError) {
        if !matches!(error, IndexError::Closing) {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "background work on the index failed");
        }
        control.failure = Some(Arc::new(error));
        self.changed.notify_all();
    }
}
