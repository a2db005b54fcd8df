//! Nothing lives for ever (I4): what expired is dropped, a few batches at a time.

use super::Engine;
use crate::clock::now;

/// Batches dropped in one go: keeps the engine from its other work for milliseconds only.
const DROPPED_AT_ONCE: usize = 4_096;

impl Engine {
    /// Drops bodies that nobody keeps any more, and segments of which nothing is left.
    pub(super) fn upkeep(&mut self) {
        let store = &self.parts.store;
        let dropped = store.droppable(now().day(), DROPPED_AT_ONCE).and_then(|batches| {
            store.drop_batches(&batches)?;
            store.reclaim()?;
            Ok(batches.len())
        });
        match dropped {
            Ok(0) => {}
            Ok(batches) => tracing::info!(batches, "what expired was dropped"),
            Err(error) => tracing::error!(%error, "what expired could not be dropped; it is tried again"),
        }
    }
}
