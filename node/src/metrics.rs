//! Every counter of the node, in one struct, and the text that `/metrics` answers with.
//!
//! Invariant: no label says anything about an identifier, an applicant or a caller: labels are verdicts, routes,
//! statuses, names of faults and decisions, all from closed lists of this program, and the names of members on the roster.

use std::{sync::atomic::AtomicI64, time::Duration};

use larum_protocol::api::{Decision, Verdict};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
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
    steward_questions: Family<Outcome, Counter>,
    steward_answers: Family<Outcome, Counter>,
    /// Elements that this node evaluated as a steward.
    pub steward_elements: Counter,
    /// Evaluations that this member has left today, as far as the stewards have said; -1 without any.
    pub steward_budget_left: Gauge,
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
    /// Watches that are kept.
    pub watches: Gauge,
    /// Watches that ended with the salt of their tags.
    pub watches_need_check: Gauge,
    /// Alerts raised.
    pub alerts_raised: Counter,
    /// Alerts that ask for a person.
    pub alerts_open: Gauge,
    /// Attempts to send a callback.
    pub callbacks_attempted: Counter,
    /// Attempts that failed.
    pub callbacks_failed: Counter,
    /// Callbacks that were given up on.
    pub callbacks_given_up: Counter,
    /// Reviews that wait for a person.
    pub reviews_waiting: Gauge,
    reviews_decided: Family<Decided, Counter>,
    /// HTTP requests being answered.
    pub http_in_flight: Gauge<i64, AtomicI64>,
    /// Webhooks of applicant tracking systems.
    pub hooks: HookMetrics,
    /// Nanoseconds spent on HTTP requests; with the requests' counter, their mean time.
    request_durations: Family<Route, Histogram>,
}

/// Seconds within which requests were answered: from a check in memory to a publication that waits for stewards.
const DURATION_BUCKETS: [f64; 12] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Route {
    route: &'static str,
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

/// How this employer's people decided about what a member reported: its precision, seen from here.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Decided {
    /// A name on the roster.
    member: String,
    decision: &'static str,
}

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Outcome {
    outcome: &'static str,
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
            steward_questions: Family::default(),
            steward_answers: Family::default(),
            steward_elements: Counter::default(),
            steward_budget_left: Gauge::default(),
            batches_verified: Counter::default(),
            statements_stored: Counter::default(),
            batches_published: Counter::default(),
            peers: Gauge::default(),
            batches_behind: Gauge::default(),
            store_bytes: Gauge::default(),
            index_tags: Gauge::default(),
            audit_queue: Gauge::default(),
            watches: Gauge::default(),
            watches_need_check: Gauge::default(),
            alerts_raised: Counter::default(),
            alerts_open: Gauge::default(),
            callbacks_attempted: Counter::default(),
            callbacks_failed: Counter::default(),
            callbacks_given_up: Counter::default(),
            reviews_waiting: Gauge::default(),
            reviews_decided: Family::default(),
            http_in_flight: Gauge::default(),
            hooks: HookMetrics::register(&mut registry),
            request_durations: Family::new_with_constructor(|| Histogram::new(DURATION_BUCKETS)),
        };
        let r = &mut registry;
        r.register("build", "This program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        r.register("lookups", "Identifiers looked up, by verdict", lookups);
        r.register("http_requests", "HTTP requests answered, by route and status", metrics.requests.clone());
        let durations = metrics.request_durations.clone();
        r.register("http_request_duration_seconds", "Time until HTTP requests were answered", durations);
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
        r.register("watches", "Past checks and known people that are watched", metrics.watches.clone());
        r.register("watches_need_check", "Watches whose salt has ended", metrics.watches_need_check.clone());
        r.register("alerts_raised", "Alerts raised", metrics.alerts_raised.clone());
        r.register("alerts_open", "Alerts that ask for a person", metrics.alerts_open.clone());
        r.register("callbacks_attempted", "Attempts to send a callback", metrics.callbacks_attempted.clone());
        r.register("callbacks_failed", "Attempts to send a callback that failed", metrics.callbacks_failed.clone());
        r.register("callbacks_given_up", "Callbacks given up on", metrics.callbacks_given_up.clone());
        r.register("reviews_waiting", "Reviews that wait for a person", metrics.reviews_waiting.clone());
        let decided = "Reviews decided, by the member whose report led to them and by decision";
        r.register("reviews_decided", decided, metrics.reviews_decided.clone());
        metrics.register_stewards(r);
        Self { registry, ..metrics }
    }

    fn register_stewards(&self, r: &mut Registry) {
        let questions = "Evaluations asked of this node as a steward, by outcome";
        r.register("steward_questions", questions, self.steward_questions.clone());
        r.register("steward_elements", "Elements that this node evaluated as a steward", self.steward_elements.clone());
        r.register("steward_answers", "Answers of stewards to this node, by outcome", self.steward_answers.clone());
        let left = "Evaluations that this member has left today, as far as stewards have said; -1 without stewards";
        r.register("steward_budget_left", left, self.steward_budget_left.clone());
    }

    /// Counts a question to this node as a steward. `outcome` is one of this program's own words.
    pub fn steward_asked(&self, outcome: &'static str) {
        self.steward_questions.get_or_create(&Outcome { outcome }).inc();
    }

    /// Counts a steward's answer to this node. `outcome` is one of this program's own words.
    pub fn steward_answered(&self, outcome: &'static str) {
        self.steward_answers.get_or_create(&Outcome { outcome }).inc();
    }

    /// Counts `count` identifiers with one verdict.
    pub fn looked_up(&self, verdict: Verdict, count: u64) {
        self.lookups[verdict as usize].inc_by(count);
    }

    /// Counts one HTTP request. `route` is one of this program's own paths.
    pub fn requested(&self, route: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&Request { route, status }).inc();
        self.request_durations.get_or_create(&Route { route }).observe(took.as_secs_f64());
    }

    /// Counts one decided review for a member whose report led to it. `member` is a name on the roster.
    pub fn review_decided(&self, member: &str, decision: Decision) {
        self.reviews_decided.get_or_create(&Decided { member: member.to_owned(), decision: decision.name() }).inc();
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
            "larum_http_request_duration_seconds_bucket{le=\"0.001\",route=\"/v1/check\"} 1",
            "larum_http_request_duration_seconds_count{route=\"/v1/check\"} 1",
            "larum_peers 2",
            "# EOF",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn the_dashboard_shows_nothing_that_is_not_counted() {
        let dashboard = include_str!("../../docs/grafana.json");
        let sources = [include_str!("metrics.rs"), include_str!("hooks/metrics.rs")].concat();
        let mut shown = 0;
        for name in dashboard.split(|c: char| !c.is_ascii_lowercase() && c != '_') {
            let Some(name) = name.strip_prefix("larum_") else { continue };
            // The text format adds these endings.
            let ending = ["_total", "_info", "_bucket", "_sum", "_count"].into_iter().find(|end| name.ends_with(end));
            let registered = name.strip_suffix(ending.unwrap_or_default()).unwrap_or(name);
            assert!(sources.contains(&format!("\"{registered}\"")), "{name} is not counted");
            shown += 1;
        }
        assert!(shown > 20, "{shown} metrics are shown");
    }
}
