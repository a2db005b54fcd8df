//! One review as it is kept: what was found, and who signed what.

use std::collections::{BTreeMap, BTreeSet};

use larum_protocol::{
    api::{
        ApplicationResult, CheckResult, CoverageInfo, Decision, Identifier, Report, Review, ReviewFinding, ReviewMark,
        ReviewState, ReviewSummary, Verdict,
    },
    clock::{DAY_MS, Day, Timestamp},
    kind::Kind,
};
use serde::{Deserialize, Serialize};

use super::{Found, IDENTIFIER_DAYS, Rules, checklist};

/// Findings in one review: more than a person reads, and few enough to keep.
const FINDINGS_MAX: usize = 64;
/// Reports in one finding: a large consortium's members, each once.
const REPORTS_MAX: usize = 64;
/// Bytes of an identifier that is kept: every kind but a resume refuses more.
const IDENTIFIER_BYTES_MAX: usize = larum_protocol::kind::VALUE_BYTES_MAX;
/// Signatures under one review: if so many people do not agree, one more will not help.
pub(super) const MARKS_MAX: usize = 16;

/// One record of the journal.
#[derive(Deserialize, Serialize)]
pub(super) enum Record {
    /// The newest of the review with this number; 0 says that the review begins here and has the record's own number.
    Review(u64, Box<Stored>),
    /// The review with this number is deleted.
    Gone(u64),
}

impl Record {
    pub(super) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("reviews are plain data")
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// One review.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Stored {
    pub(super) source: Option<String>,
    pub(super) reference: Option<String>,
    verdict: Verdict,
    #[serde(with = "milliseconds")]
    pub(super) opened: Timestamp,
    #[serde(with = "milliseconds")]
    pub(super) changed: Timestamp,
    findings: Vec<Finding>,
    cut: bool,
    coverage: CoverageInfo,
    pub(super) marks: Vec<ReviewMark>,
    /// What matched, for a dispute.
    pub(super) identifiers: Vec<Identifier>,
    pub(super) disputes: Vec<String>,
}

#[derive(Clone, Deserialize, PartialEq, Serialize)]
struct Finding {
    document: bool,
    result: CheckResult,
}

impl Stored {
    pub(super) fn new(found: &Found<'_>, keep_identifiers: bool, now: Timestamp) -> Self {
        let matched = |result: &CheckResult| result.verdict >= Verdict::Caution;
        // Where nothing matched, what could not be looked up is why a person has to look.
        let worth = |result: &CheckResult| match found.verdict {
            Verdict::Unknown => result.error.is_some(),
            _ => matched(result),
        };
        let all: Vec<&ApplicationResult> = found.results.iter().filter(|each| worth(&each.result)).collect();
        let mut cut = all.len() > FINDINGS_MAX;
        let findings = all.into_iter().take(FINDINGS_MAX).map(|each| {
            let mut result = each.result.clone();
            cut |= result.reports.len() > REPORTS_MAX;
            result.reports.truncate(REPORTS_MAX);
            Finding { document: each.document.is_some(), result }
        });
        let findings = findings.collect();
        let kept = |(identifier, each): (&Identifier, &ApplicationResult)| {
            let small = identifier.value.len() <= IDENTIFIER_BYTES_MAX && identifier.kind != Kind::Resume.name();
            (small && each.document.is_none() && matched(&each.result)).then(|| identifier.clone())
        };
        let identifiers = found.identifiers.iter().zip(found.results).filter_map(kept).take(FINDINGS_MAX);
        Self {
            source: found.source.map(str::to_owned),
            reference: found.reference.map(str::to_owned),
            verdict: found.verdict,
            opened: now,
            changed: now,
            findings,
            cut,
            coverage: found.coverage.clone(),
            marks: Vec::new(),
            identifiers: if keep_identifiers { identifiers.collect() } else { Vec::new() },
            disputes: Vec::new(),
        }
    }

    /// Whether a newer check of the same application found the same.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.verdict == other.verdict && self.findings == other.findings && self.identifiers == other.identifiers
    }

    /// What was decided: the newest signature, and where two people have to sign, when another's newest says the same.
    pub(super) fn decision(&self, second_signoff: bool) -> Option<Decision> {
        let last = self.marks.last()?;
        let newest: BTreeMap<&str, Decision> =
            self.marks.iter().map(|mark| (mark.token.as_str(), mark.decision)).collect();
        let agrees = |(token, decision): (&&str, &Decision)| **token != last.token && *decision == last.decision;
        (!second_signoff || newest.iter().any(agrees)).then_some(last.decision)
    }

    /// Whether this signature would decide it.
    pub(super) fn is_final_with(&self, token: &str, decision: Decision, second_signoff: bool) -> bool {
        let mark = ReviewMark {
            token: token.to_owned(),
            name: String::new(),
            time: String::new(),
            decision,
            reason: String::new(),
        };
        let marks = self.marks.iter().cloned().chain([mark]).collect();
        Self { marks, ..self.clone() }.decision(second_signoff).is_some()
    }

    pub(super) fn state(&self, second_signoff: bool) -> ReviewState {
        match (self.decision(second_signoff), self.marks.is_empty()) {
            (Some(_), _) => ReviewState::Decided,
            (None, true) => ReviewState::Open,
            (None, false) => ReviewState::SecondSignoff,
        }
    }

    /// The members whose word led here.
    pub(super) fn members(&self) -> BTreeSet<&str> {
        let reports = self.findings.iter().flat_map(|finding| &finding.result.reports);
        reports.filter(|report| is_assertion(report)).map(|report| report.member.as_str()).collect()
    }

    /// When it is deleted.
    pub(super) fn ends(&self, retention_days: u32) -> Timestamp {
        self.changed.plus_ms(u64::from(retention_days) * DAY_MS)
    }

    /// When what matched is let go, decided or not.
    pub(super) fn lets_go(&self) -> Timestamp {
        self.opened.plus_ms(u64::from(IDENTIFIER_DAYS) * DAY_MS)
    }

    pub(super) fn summary(&self, id: u64, second_signoff: bool) -> ReviewSummary {
        let kinds: BTreeSet<&str> = self.findings.iter().map(|finding| &*finding.result.kind).collect();
        ReviewSummary {
            id,
            state: self.state(second_signoff),
            verdict: self.verdict,
            source: self.source.clone(),
            reference: self.reference.clone(),
            kinds: kinds.into_iter().map(str::to_owned).collect(),
            opened: self.opened.to_string(),
            decision: self.decision(second_signoff),
        }
    }

    pub(super) fn shown(&self, id: u64, rules: &Rules) -> Review {
        let today = crate::clock::now().day();
        Review {
            summary: self.summary(id, rules.second_signoff),
            findings: self.findings.iter().map(|finding| finding.shown(today)).collect(),
            cut: self.cut,
            coverage: self.coverage.clone(),
            advice: self.verdict.advice().to_owned(),
            checklist: checklist::points(),
            marks: self.marks.clone(),
            identifiers_kept: !self.identifiers.is_empty(),
            disputes: self.disputes.clone(),
            deleted: self.ends(rules.retention_days).day().to_string(),
        }
    }
}

impl Finding {
    fn shown(&self, today: Day) -> ReviewFinding {
        let asserted: Vec<&Report> = self.result.reports.iter().filter(|report| is_assertion(report)).collect();
        let newest = asserted.iter().filter_map(|report| report.observed.parse::<Day>().ok()).max();
        ReviewFinding {
            document: self.document,
            members: voices(&asserted),
            age_days: newest.map(|newest| today.0.saturating_sub(newest.0)),
            expires: asserted.iter().map(|report| &report.expires).max().cloned(),
            disputed: self.result.reports.iter().any(|report| report.stance == "dispute"),
            result: self.result.clone(),
        }
    }
}

fn is_assertion(report: &Report) -> bool {
    report.stance == "assert"
}

/// How many members do not rely on each other: who only repeats a public list counts once with all who do (I3).
fn voices(asserted: &[&Report]) -> u32 {
    let first_hand: BTreeSet<&str> =
        asserted.iter().filter(|report| report.origin.is_none()).map(|report| report.member.as_str()).collect();
    let lists: BTreeSet<&str> = asserted
        .iter()
        .filter(|report| !first_hand.contains(report.member.as_str()))
        .filter_map(|report| report.origin.as_deref())
        .collect();
    u32::try_from(first_hand.len() + lists.len()).unwrap_or(u32::MAX)
}

/// A point in time as milliseconds since 1970.
mod milliseconds {
    use larum_protocol::clock::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(time.0)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        u64::deserialize(from).map(Timestamp)
    }
}
