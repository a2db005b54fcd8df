//! What is still to be sent, as the journal keeps it.
//!
//! One record for each event, whoever is to get it; one for each attempt that failed; one when an endpoint has it, or is
//! given up on.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

/// How the journal names an endpoint: a digest of its address, which may hold a token.
pub(super) type EndpointId = u64;

/// Whose changes an event tells of: each numbers its own.
#[derive(Clone, Copy, Debug, Decode, Default, Encode, Eq, PartialEq)]
#[cbor(index_only)]
pub(crate) enum Stream {
    #[default]
    #[n(0)]
    Alerts,
    #[n(1)]
    Reviews,
}

/// How many [`Stream`]s there are.
const STREAMS: usize = 2;

#[derive(Clone, Debug, Decode, Encode)]
pub(super) enum Record {
    /// An event, and who is to get it.
    #[n(0)]
    Event {
        /// The JSON that is sent, byte for byte.
        #[n(0)]
        body: String,
        /// The endpoints.
        #[n(1)]
        to: Vec<EndpointId>,
        /// The change that it tells of.
        #[n(2)]
        source: Option<u64>,
        /// Whose change that is.
        #[n(3)]
        #[cbor(default)]
        stream: Stream,
    },
    /// An attempt failed, and when the next one is due (milliseconds since 1970).
    #[n(1)]
    Failed {
        #[n(0)]
        event: u64,
        #[n(1)]
        to: EndpointId,
        #[n(2)]
        attempts: u32,
        #[n(3)]
        due: u64,
    },
    /// It arrived, or is given up on.
    #[n(2)]
    Done {
        #[n(0)]
        event: u64,
        #[n(1)]
        to: EndpointId,
    },
}

impl Record {
    /// Whether anybody is to get it.
    pub(super) const fn waits(&self) -> bool {
        matches!(self, Self::Event { to, .. } if !to.is_empty())
    }

    /// About how many bytes it takes on the disk.
    pub(super) const fn bytes(&self) -> usize {
        let body = if let Self::Event { body, to, .. } = self { body.len() + 9 * to.len() } else { 0 };
        body + 128
    }
}

/// One event on its way to one endpoint.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Delivery {
    pub(super) attempts: u32,
    pub(super) due: u64,
    /// Of the newest failure's record.
    failed: u64,
}

#[derive(Debug, Default)]
struct Waiting {
    body: String,
    to: BTreeMap<EndpointId, Delivery>,
    /// Records of those that have it: they count as long as somebody else waits.
    done: Vec<u64>,
}

/// Everything that waits.
#[derive(Debug, Default)]
pub(super) struct Queue {
    events: BTreeMap<u64, Waiting>,
    /// What waits for each endpoint, by when it is due: a look at what comes first costs the same however much waits.
    due: BTreeMap<EndpointId, BTreeSet<(u64, u64)>>,
    /// Records of failures and of what arrived, as far as they have to stay.
    progress: u64,
    /// Of each stream the newest change that was taken in, and the last record that says so.
    newest: [(u64, u64); STREAMS],
}

impl Queue {
    pub(super) fn take(&mut self, number: u64, record: Record) {
        match record {
            Record::Event { body, to, source, stream } => {
                let newest = &mut self.newest[stream as usize];
                if let Some(source) = source.filter(|source| *source >= newest.0) {
                    *newest = (source, number);
                }
                if !to.is_empty() {
                    for to in &to {
                        self.due.entry(*to).or_default().insert((0, number));
                    }
                    let to = to.into_iter().map(|endpoint| (endpoint, Delivery::default())).collect();
                    self.events.insert(number, Waiting { body, to, done: Vec::new() });
                }
            }
            Record::Failed { event, to, attempts, due } => {
                if let Some(delivery) = self.events.get_mut(&event).and_then(|waiting| waiting.to.get_mut(&to)) {
                    self.progress += u64::from(delivery.failed == 0);
                    let before = std::mem::replace(delivery, Delivery { attempts, due, failed: number });
                    self.is_due(to, event, before.due, Some(due));
                }
            }
            Record::Done { event, to } => {
                let Some(waiting) = self.events.get_mut(&event) else { return };
                let Some(delivery) = waiting.to.remove(&to) else { return };
                waiting.done.push(number);
                self.progress = self.progress + 1 - u64::from(delivery.failed > 0);
                if waiting.to.is_empty() {
                    self.progress -= waiting.done.len() as u64;
                    self.events.remove(&event);
                }
                self.is_due(to, event, delivery.due, None);
            }
        }
    }

    fn is_due(&mut self, to: EndpointId, event: u64, before: u64, after: Option<u64>) {
        let due = self.due.entry(to).or_default();
        due.remove(&(before, event));
        due.extend(after.map(|after| (after, event)));
    }

    /// Nothing waits for longer than until `latest`: a clock that was wrong for a while must not hold anything up for years.
    pub(super) fn clamp(&mut self, latest: u64) {
        for (to, due) in &mut self.due {
            for (_, event) in due.split_off(&(latest.saturating_add(1), 0)) {
                due.insert((latest, event));
                if let Some(delivery) = self.events.get_mut(&event).and_then(|waiting| waiting.to.get_mut(to)) {
                    delivery.due = latest;
                }
            }
        }
    }

    /// The newest change of a stream that was taken in; 0 before the first.
    pub(super) const fn last_source(&self, stream: Stream) -> u64 {
        self.newest[stream as usize].0
    }

    /// What is due to an endpoint first: its event, and how far it has come.
    pub(super) fn first(&self, to: EndpointId) -> Option<(u64, Delivery)> {
        let (_, event) = *self.due.get(&to)?.first()?;
        Some((event, *self.events.get(&event)?.to.get(&to)?))
    }

    /// The events whose body says this, each with the endpoints that it waits for.
    pub(super) fn saying(&self, says: impl Fn(&str) -> bool) -> Vec<(u64, Vec<EndpointId>)> {
        let saying = self.events.iter().filter(|(_, waiting)| says(&waiting.body));
        saying.map(|(event, waiting)| (*event, waiting.to.keys().copied().collect())).collect()
    }

    pub(super) fn body(&self, event: u64) -> Option<&str> {
        Some(&self.events.get(&event)?.body)
    }

    /// Events that wait for an endpoint.
    pub(super) fn waiting(&self, to: EndpointId) -> usize {
        self.due.get(&to).map_or(0, BTreeSet::len)
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// How many records have to stay, at most: without looking at each.
    pub(super) fn live_count(&self) -> u64 {
        self.events.len() as u64 + self.progress + self.newest.len() as u64
    }

    /// Records that have to stay: those of what waits, and those that name the newest changes.
    pub(super) fn live(&self) -> BTreeSet<u64> {
        let failures = self.events.values().flat_map(|waiting| waiting.to.values().map(|delivery| delivery.failed));
        let done = self.events.values().flat_map(|waiting| waiting.done.iter().copied());
        let newest = self.newest.iter().map(|(_, record)| *record);
        self.events.keys().copied().chain(failures).chain(done).chain(newest).collect()
    }

    /// What a rewrite needs first: of each newest change whose event waits for nobody any more, a record that says its
    /// number and nothing else. The event's own record must not stay: it may name somebody who was erased, and without
    /// those of who has it the next start would send it again.
    pub(super) fn bare_newest(&self) -> Vec<Record> {
        let streams: [Stream; STREAMS] = [Stream::Alerts, Stream::Reviews];
        let newest = streams.into_iter().map(|stream| (stream, self.newest[stream as usize]));
        let settled = newest.filter(|(_, (_, record))| *record > 0 && !self.events.contains_key(record));
        let bare =
            |(stream, (source, _))| Record::Event { body: String::new(), to: Vec::new(), source: Some(source), stream };
        settled.map(bare).collect()
    }

    /// Endpoints that are not configured any more get nothing.
    pub(super) fn keep_only(&mut self, known: &[EndpointId]) {
        self.events.retain(|_, waiting| {
            waiting.to.retain(|endpoint, _| known.contains(endpoint));
            !waiting.to.is_empty()
        });
        self.due.retain(|endpoint, _| known.contains(endpoint));
        let failed = |waiting: &Waiting| waiting.to.values().filter(|delivery| delivery.failed > 0).count();
        self.progress = self.events.values().map(|waiting| (failed(waiting) + waiting.done.len()) as u64).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(to: &[EndpointId]) -> Record {
        Record::Event { body: "{}".to_owned(), to: to.to_vec(), source: None, stream: Stream::Alerts }
    }

    #[test]
    fn each_endpoint_has_its_own_progress() {
        let mut queue = Queue::default();
        queue.take(1, event(&[7, 8]));
        queue.take(2, event(&[7]));
        queue.take(3, Record::Failed { event: 1, to: 7, attempts: 1, due: 900 });
        assert_eq!(queue.first(7).map(|(event, _)| event), Some(2));
        assert_eq!(queue.first(8), Some((1, Delivery::default())));
        queue.take(4, Record::Done { event: 1, to: 8 });
        queue.take(5, Record::Done { event: 2, to: 7 });
        assert_eq!((queue.first(8), queue.waiting(7), queue.len()), (None, 1, 1));
        assert_eq!(queue.live().into_iter().collect::<Vec<_>>(), [0, 1, 3, 4]);
        assert_eq!(queue.live_count(), 3 + STREAMS as u64);
        queue.keep_only(&[8]);
        assert_eq!(queue.live_count(), STREAMS as u64);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn what_a_wrong_clock_put_off_for_years_comes_in_a_days_time() {
        let mut queue = Queue::default();
        queue.take(1, event(&[7]));
        queue.take(2, event(&[7]));
        queue.take(3, Record::Failed { event: 1, to: 7, attempts: 1, due: u64::MAX });
        queue.take(4, Record::Failed { event: 2, to: 7, attempts: 1, due: 900 });
        queue.clamp(1_000);
        queue.take(5, Record::Done { event: 2, to: 7 });
        assert_eq!(queue.first(7), Some((1, Delivery { attempts: 1, due: 1_000, failed: 3 })));
        queue.take(6, Record::Done { event: 1, to: 7 });
        assert_eq!((queue.first(7), queue.waiting(7), queue.live_count()), (None, 0, STREAMS as u64));
    }

    #[test]
    fn the_newest_change_of_each_stream_is_known_though_nobody_waits_for_it() {
        let mut queue = Queue::default();
        for (number, source, stream) in [(9, 41, Stream::Alerts), (10, 7, Stream::Reviews)] {
            queue.take(number, Record::Event { body: "{}".to_owned(), to: Vec::new(), source: Some(source), stream });
        }
        assert_eq!((queue.last_source(Stream::Alerts), queue.last_source(Stream::Reviews)), (41, 7));
        assert_eq!((queue.len(), queue.live().into_iter().collect::<Vec<_>>()), (0, vec![9, 10]));
    }
}
