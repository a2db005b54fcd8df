//! Telling the operator's other programs: that a review was opened, says something else now, or is decided.

use super::{Reviews, stored::Stored};
use crate::callbacks::{Event, Stream};

impl Reviews {
    /// Hands every change that callbacks have not been told of to them: also those that were kept just before a crash, or
    /// while the disk was full.
    pub(crate) async fn tell(&self) {
        let _telling = self.telling.lock().await;
        let last = self.callbacks.last_source(Stream::Reviews);
        let mut news: Vec<(u64, Event)> = {
            let state = self.state.read();
            if state.newest <= last {
                return;
            }
            let new = state.reviews.iter().filter(|(_, (number, _))| *number > last);
            new.map(|(id, (number, review))| (*number, self.event(*id, *number, review))).collect()
        };
        news.sort_unstable_by_key(|(number, _)| *number);
        if let Err(error) = self.callbacks.send(news.into_iter().map(|(_, event)| event).collect()).await {
            tracing::error!(%error, "reviews were kept, and callbacks about them could not be; it is tried again");
        }
    }

    /// What callbacks say of the change with this number.
    fn event(&self, id: u64, number: u64, review: &Stored) -> Event {
        let shown = review.summary(id);
        let kind = match shown.decision {
            Some(_) => "review.decided",
            None if number == id => "review.opened",
            None => "review.changed",
        };
        let data = serde_json::json!({
            "review": id,
            "change": number,
            "source": shown.source,
            "reference": shown.reference,
            "kinds": shown.kinds,
            "verdict": shown.verdict,
            "state": shown.state,
            "decision": shown.decision,
            "opened": shown.opened,
        });
        Event { kind, at: review.changed.to_string(), data, source: Some((Stream::Reviews, number)) }
    }
}
