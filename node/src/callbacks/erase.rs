//! Letting go of somebody who was erased: what waits is dropped, and what arrived leaves the disk.

use super::{Callbacks, TAKEN_AT_ONCE, queue::Record};
use crate::journal::JournalError;

impl Callbacks {
    /// Drops what waits about somebody who was erased; gives how many events that were.
    pub(crate) async fn erase(&self, source: Option<&str>, reference: &str) -> Result<u64, JournalError> {
        let _writing = self.writing.lock().await;
        let names = |body: &str| {
            let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
            body["data"]["reference"] == reference && body["data"]["source"].as_str() == source
        };
        // Most bodies hold it nowhere, and are not read.
        let spelt = serde_json::to_string(reference).expect("text is plain data");
        let waiting = self.queue.read().saying(|body| body.contains(&spelt) && names(body));
        let dropped: Vec<Record> = waiting
            .iter()
            .flat_map(|(event, to)| to.iter().map(|to| Record::Done { event: *event, to: *to }))
            .collect();
        for records in dropped.chunks(TAKEN_AT_ONCE.1) {
            self.keep(records.to_vec()).await?;
        }
        Ok(waiting.len() as u64)
    }

    /// Takes off the disk what arrived or was dropped.
    pub(crate) async fn rewrite(&self) -> Result<(), JournalError> {
        let _writing = self.writing.lock().await;
        self.rewrite_locked().await
    }

    /// The same under the lock.
    pub(super) async fn rewrite_locked(&self) -> Result<(), JournalError> {
        let bare = self.queue.read().bare_newest();
        if !bare.is_empty() {
            self.keep(bare).await?;
        }
        let live = self.queue.read().live();
        self.journal.rewrite(move |number, _| live.contains(&number)).await
    }
}
