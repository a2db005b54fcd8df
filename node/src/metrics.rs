//! Every counter of the node, in one struct, and the text that `/metrics` answers with.
//!
//! Invariant: no label says anything about an identifier, an applicant or a caller: labels are verdicts, routes,
//! statuses and names of faults, all from closed lists of this program.

use std::{
    sync::atomic::{AtomicI64, AtomicU64},
    time::Duration,
};

use larum_protocol::api::Verdict;
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, info::Info},
    registry::Registry,
};

use crate::hooks::HookMetrics;

/// The media type of [`Metrics::text`].
pub const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Every counter. Cheap to count with: each is one atomic, or one short look-up by label.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Identifiers looked up, by place of their verdict in [`Verdict::ALL`].
    lookups: [Counter; Verdict::ALL.len()],
    requests: Family<Request, Counter>,
    faults: Family<Fault, Counter>,
    /// Batches verified and stored.
    pub batches_verified: Counter,
    /// Statements in them.
    pub statements_stored: Counter,
    /// Batches of this node's own.
    pub batches_published: Counter,
    /// Connected peers.
    pub peers: Gauge,
    /// Batches that peers announced and that are not held yet.
    pub batches_behind: Gauge,
    /// Bytes on disk.
    pub store_bytes: Gauge,
    /// Tags in the index.
    pub index_tags: Gauge,
    /// Lookups that wait for the audit record's writer.
    pub audit_queue: Gauge,
    /// HTTP requests being answered.
    pub http_in_flight: Gauge<i64, AtomicI64>,
    /// Webhooks of applicant tracking systems.
    pub hooks: HookMetrics,
    /// Nanoseconds spent on HTTP requests; with the requests' counter, their mean time.
    http_nanoseconds: Counter<u64, AtomicU64>,
}

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Request {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Fault {
    fault: &'static str,
}

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ByVerdict {
    verdict: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All counters at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("larum");
        let lookups = Family::<ByVerdict, Counter>::default();
        let by_verdict = |verdict: Verdict| lookups.get_or_create(&ByVerdict { verdict: verdict.name() }).clone();
        let metrics = Self {
            lookups: Verdict::ALL.map(by_verdict),
            registry: Registry::default(),
            requests: Family::default(),
            faults: Family::default(),
            batches_verified: Counter::default(),
            statements_stored: Counter::default(),
            batches_published: Counter::default(),
            peers: Gauge::default(),
            batches_behind: Gauge::default(),
            store_bytes: Gauge::default(),
            index_tags: Gauge::default(),
            audit_queue: Gauge::default(),
            http_in_flight: Gauge::default(),
            hooks: HookMetrics::register(&mut registry),
            http_nanoseconds: Counter::default(),
        };
        let r = &mut registry;
        r.register("build", "This program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        r.register("lookups", "Identifiers looked up, by verdict", lookups);
        r.register("http_requests", "HTTP requests answered, by route and status", metrics.requests.clone());
        r.register("http_nanoseconds", "Time spent on HTTP requests", metrics.http_nanoseconds.clone());
        r.register("http_in_flight", "HTTP requests being answered", metrics.http_in_flight.clone());
        r.register("batches_refused", "Batches refused, by fault", metrics.faults.clone());
        r.register("batches_verified", "Batches verified and stored", metrics.batches_verified.clone());
        r.register("batches_published", "Batches of this node's own", metrics.batches_published.clone());
        r.register("statements_stored", "Statements in verified batches", metrics.statements_stored.clone());
        r.register("peers", "Connected peers", metrics.peers.clone());
        r.register("batches_behind", "Batches announced and not held yet", metrics.batches_behind.clone());
        r.register("store_bytes", "Bytes on disk", metrics.store_bytes.clone());
        r.register("index_tags", "Tags in the index", metrics.index_tags.clone());
        r.register("audit_queue", "Lookups that wait for the audit record", metrics.audit_queue.clone());
        Self { registry, ..metrics }
    }

    /// Counts `count` identifiers with one verdict.
    pub fn looked_up(&self, verdict: Verdict, count: u64) {
        self.lookups[verdict as usize].inc_by(count);
    }

    /// Counts one HTTP request. `route` is one of this program's own paths.
    pub fn requested(&self, route: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&Request { route, status }).inc();
        self.http_nanoseconds.inc_by(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Counts one refused batch. `fault` is the name of one of the protocol's faults.
    pub fn refused(&self, fault: &'static str) {
        self.faults.get_or_create(&Fault { fault }).inc();
    }

    /// Counts one batch that was verified and stored, of so many statements.
    pub fn stored(&self, statements: u64) {
        self.batches_verified.inc();
        self.statements_stored.inc_by(statements);
    }

    /// Lets another part of the node (libp2p, say) register counters of its own.
    pub fn registry_mut(&mut self) -> &mut Registry {
        &mut self.registry
    }

    /// Every counter in the OpenMetrics text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        text::encode(&mut text, &self.registry).expect("writing to memory cannot fail");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_in_the_text() {
        let metrics = Metrics::new();
        metrics.looked_up(Verdict::Listed, 3);
        metrics.requested("/v1/check", 200, Duration::from_nanos(5));
        metrics.refused("bad-signature");
        metrics.peers.set(2);
        let text = metrics.text();
        for line in [
            "larum_lookups_total{verdict=\"listed\"} 3",
            "larum_lookups_total{verdict=\"clear\"} 0",
            "larum_http_requests_total{route=\"/v1/check\",status=\"200\"} 1",
            "larum_batches_refused_total{fault=\"bad-signature\"} 1",
            "larum_peers 2",
            "# EOF",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
