//! Server-sent events (HTML Living Standard, section 9.2): as much of them as a node sends.

use std::time::Duration;

use reqwest::{
    Method,
    header::{ACCEPT, HeaderName},
};

use super::{Client, ClientError};
use crate::error::Failure;

/// How long a node may say nothing at all: it says that it is there every fifteen seconds.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Bytes of one event.
const EVENT_BYTES_MAX: usize = 64 * 1024;
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How following ended.
pub(crate) enum Ended {
    /// The connection did: it can be made again.
    Connection(ClientError),
    /// What to do with an event failed.
    Output(Failure),
}

impl Client {
    /// Hands the data of every event behind the one with the id `last` to `on_event`, until the connection ends. `last` is
    /// kept up.
    pub(crate) fn follow(
        &self,
        path: &str,
        last: &mut u64,
        mut on_event: impl FnMut(&str) -> Result<(), Failure>,
    ) -> Ended {
        self.runtime.block_on(async {
            let request = self.request(Method::GET, path).header(ACCEPT, "text/event-stream");
            let mut response = match self.send(request.header(LAST_EVENT_ID, *last)).await {
                Ok(response) => response,
                Err(error) => return Ended::Connection(error),
            };
            let (mut pending, mut event) = (Vec::new(), Event::default());
            loop {
                let chunk = match tokio::time::timeout(SILENCE_MAX, response.chunk()).await {
                    Ok(Ok(Some(chunk))) => chunk,
                    _ => return Ended::Connection(ClientError::Broken),
                };
                pending.extend_from_slice(&chunk);
                while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = pending.drain(..=end).collect();
                    let Some((id, data)) = event.line(line.trim_ascii_end()) else { continue };
                    if let Err(failure) = on_event(&data) {
                        return Ended::Output(failure);
                    }
                    *last = id.unwrap_or(*last);
                }
                if pending.len() + event.data.len() > EVENT_BYTES_MAX {
                    return Ended::Connection(ClientError::NotUnderstood);
                }
            }
        })
    }
}

/// One event as its lines come.
#[derive(Default)]
struct Event {
    id: Option<u64>,
    data: String,
}

impl Event {
    /// Takes a line; with the blank one that ends an event, its id and data.
    fn line(&mut self, line: &[u8]) -> Option<(Option<u64>, String)> {
        let line = String::from_utf8_lossy(line);
        if line.is_empty() {
            let Self { id, data } = std::mem::take(self);
            return (!data.is_empty()).then_some((id, data));
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" if self.data.is_empty() => self.data = value.to_owned(),
            "data" => {
                self.data.push('\n');
                self.data.push_str(value);
            }
            "id" => self.id = value.parse().ok(),
            _ => {} // a comment, or the kind of event: there is one
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_put_together_from_their_lines() {
        let mut event = Event::default();
        let lines = ["", ": hello", "id: 7", "event: alert", "data: {\"a\":1}", "", "data:x", "data: y", ""];
        let events: Vec<_> = lines.iter().filter_map(|line| event.line(line.as_bytes())).collect();
        assert_eq!(events, [(Some(7), "{\"a\":1}".to_owned()), (None, "x\ny".to_owned())]);
    }
}
