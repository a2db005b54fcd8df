//! What is counted of webhooks. Labels are vendors, verdicts and outcomes from closed lists, and nothing else.

use larum_protocol::api::Verdict;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::vendor::Vendor;

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Outcome {
    vendor: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Checked {
    vendor: &'static str,
    verdict: &'static str,
}

/// The counters.
#[derive(Clone, Debug, Default)]
pub struct HookMetrics {
    received: Family<Outcome, Counter>,
    worked: Family<Outcome, Counter>,
    notes: Family<Outcome, Counter>,
    checked: Family<Checked, Counter>,
    /// Deliveries that wait to be worked off.
    pub(crate) queue: Gauge,
}

impl HookMetrics {
    /// All counters at zero, and known to `registry`.
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let r = registry;
        r.register("hooks_received", "Webhook deliveries, by vendor and what was answered", metrics.received.clone());
        r.register("hooks_worked", "Webhook deliveries worked off, by vendor and outcome", metrics.worked.clone());
        r.register(
            "hooks_checked",
            "Applications checked for webhooks, by vendor and verdict",
            metrics.checked.clone(),
        );
        r.register("hooks_notes", "Notes to applicant tracking systems, by vendor and outcome", metrics.notes.clone());
        r.register("hooks_queue", "Webhook deliveries that wait to be worked off", metrics.queue.clone());
        metrics
    }

    pub(crate) fn received(&self, vendor: Vendor, outcome: &'static str) {
        self.received.get_or_create(&Outcome { vendor: vendor.name(), outcome }).inc();
    }

    pub(crate) fn worked(&self, vendor: Vendor, outcome: &'static str) {
        self.worked.get_or_create(&Outcome { vendor: vendor.name(), outcome }).inc();
    }

    pub(crate) fn noted(&self, vendor: Vendor, outcome: &'static str) {
        self.notes.get_or_create(&Outcome { vendor: vendor.name(), outcome }).inc();
    }

    pub(crate) fn checked(&self, vendor: Vendor, verdict: Verdict) {
        self.checked.get_or_create(&Checked { vendor: vendor.name(), verdict: verdict.name() }).inc();
    }
}
