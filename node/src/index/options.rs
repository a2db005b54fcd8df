//! How much the index keeps in memory and on how many segments it settles.

use std::{fmt, sync::Arc};

use super::Place;

/// New entries held in memory before they become a segment: 20 MB of memory, and half a minute of a busy network.
const FRESH_ENTRIES: usize = 512 * 1_024;
/// Of a rebuild, where nobody looks anything up yet: 160 MB, twice, and 25 runs for 100 million entries.
const FRESH_ENTRIES_REBUILD: usize = 4 * 1_024 * 1_024;
/// 5 GB of memory: more is a mistake.
const FRESH_ENTRIES_MAX: usize = 128 * 1_024 * 1_024;
/// Every segment costs each miss another look into a filter.
const SEGMENTS_MAX: usize = 3;
/// Of a rebuild: as many runs as one merge takes at the end.
const SEGMENTS_MAX_REBUILD: usize = 64;

/// How the index is run. Nothing of it is on disk: any of it may differ from one start to the next.
#[derive(Clone, Debug)]
pub struct Options {
    /// New entries held in memory before they are written to a segment; twice as many while they are being written.
    pub fresh_entries: usize,
    /// Segments above which some are merged.
    pub segments_max: usize,
    /// Which entries a merge keeps.
    pub keep: Keep,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            fresh_entries: FRESH_ENTRIES,
            segments_max: SEGMENTS_MAX,
            keep: Keep::all(),
        }
    }
}

impl Options {
    /// For filling an empty index from the logs: larger runs and no merge in between. Call
    /// [`compact`](super::Index::compact) at the end, then open again with the usual options.
    pub fn rebuild() -> Self {
        Self {
            fresh_entries: FRESH_ENTRIES_REBUILD,
            segments_max: SEGMENTS_MAX_REBUILD,
            ..Self::default()
        }
    }
}

impl Options {
    /// With at least one entry and one segment, and no more entries than 32 bits can number.
    pub(super) fn within_reason(mut self) -> Self {
        self.fresh_entries = self.fresh_entries.clamp(1, FRESH_ENTRIES_MAX);
        self.segments_max = self.segments_max.max(1);
        self
    }
}

/// Tells a merge which places are still alive. Called from a background thread, once an entry: it must be quick.
#[derive(Clone)]
pub struct Keep(Arc<dyn Fn(Place) -> bool + Send + Sync>);

impl Keep {
    /// Keeps every entry.
    pub fn all() -> Self {
        Self::when(|_| true)
    }

    /// Keeps the entries whose place `alive` says is alive.
    pub fn when(alive: impl Fn(Place) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(alive))
    }

    pub(super) fn holds(&self, place: Place) -> bool {
        (self.0)(place)
    }
}

impl fmt::Debug for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keep").finish_non_exhaustive()
    }
}
