//! Telling the operator's other programs: that an alert was raised, marked or closed.

use larum_protocol::api::AlertInfo;

use super::{Alerts, is_new};
use crate::callbacks::{Event, Stream};

/// Changes that are told at once: what callbacks take in one piece.
const TOLD_AT_ONCE: usize = 1_024;

impl Alerts {
    /// Hands every change that callbacks have not been told of to them: also those that were kept just before a crash, or
    /// while the disk or the queue was full.
    pub(super) async fn tell(&self) {
        loop {
            let last = self.callbacks.last_source(Stream::Alerts);
            let events: Vec<Event> = self.state.read().since(last).take(TOLD_AT_ONCE).map(event).collect();
            if events.is_empty() {
                return;
            }
            if let Err(error) = self.callbacks.send(events).await {
                return tracing::error!(%error, "alerts were kept, and callbacks about them could not be; it is tried again");
            }
        }
    }
}

/// What callbacks say of a change: nothing about the identifier but its kind.
fn event(alert: &AlertInfo) -> Event {
    let data = serde_json::json!({
        "alert": alert.id,
        "change": alert.change,
        "watch": alert.watch,
        "source": alert.source,
        "reference": alert.reference,
        "kinds": [alert.kind],
        "verdict": alert.verdict,
        "strength": alert.strength,
        "members": alert.members,
        "disputed_by": alert.disputed_by,
        "state": alert.state,
        "closed": alert.closed,
        "raised": alert.raised,
    });
    let kind = if is_new(alert) { "alert.raised" } else { "alert.changed" };
    Event { kind, at: alert.changed.clone(), data, source: Some((Stream::Alerts, alert.change)) }
}
