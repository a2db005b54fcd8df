//! One review as it is kept: what was found, and who signed what; and as answers show it.

use std::collections::BTreeSet;

use larum_protocol::{
    api::{
        ApplicationResult, CheckResult, CoverageInfo, Identifier, NotDisputed, Report, Review, ReviewFinding,
        ReviewMark, ReviewSummary, Verdict,
    },
    clock::{DAY_MS, Day, Timestamp},
    kind::Kind,
    tag::Tags,
};
use serde::{Deserialize, Serialize};

use super::{
    Found, IDENTIFIER_DAYS, Rules, checklist,
    since::{Standing, in_short},
};

/// Findings in one review: more than a person reads, and few enough to keep.
pub(super) const FINDINGS_MAX: usize = 64;
/// Reports in one finding: a large consortium's members, each once.
pub(super) const REPORTS_MAX: usize = 64;
/// Bytes of an identifier that is kept: every kind but a resume refuses more.
const IDENTIFIER_BYTES_MAX: usize = larum_protocol::kind::VALUE_BYTES_MAX;

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
    pub(super) verdict: Verdict,
    #[serde(with = "milliseconds")]
    pub(super) opened: Timestamp,
    #[serde(with = "milliseconds")]
    pub(super) changed: Timestamp,
    pub(super) findings: Vec<Finding>,
    pub(super) cut: bool,
    pub(super) coverage: CoverageInfo,
    /// Two people have to sign: as the operator had it when this was found, whatever the operator has now.
    #[serde(default)]
    pub(super) second: bool,
    /// A newer check added to it: what was found is not what whoever read it before has seen.
    #[serde(default)]
    pub(super) merged: bool,
    pub(super) marks: Vec<ReviewMark>,
    /// What matched, for whoever asks to see it.
    pub(super) identifiers: Vec<Identifier>,
    pub(super) disputes: Vec<String>,
    #[serde(default)]
    pub(super) not_disputed: Vec<NotDisputed>,
}

/// Something that matched.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
pub(super) struct Finding {
    pub(super) document: bool,
    pub(super) result: CheckResult,
    /// The tags under which it was found: by them it is looked up again, and disputed.
    #[serde(default, with = "tags")]
    pub(super) tags: Vec<Tags>,
}

impl Stored {
    pub(super) fn new(found: &Found<'_>, rules: &Rules, now: Timestamp) -> Self {
        let matched = |result: &CheckResult| result.verdict >= Verdict::Caution;
        // Where nothing matched, what could not be looked up is why a person has to look.
        let worth = |result: &CheckResult| match found.verdict {
            Verdict::Unknown => result.error.is_some(),
            _ => matched(result),
        };
        let all = found.results.iter().zip(found.tags).filter(|(each, _)| worth(&each.result));
        let mut cut = false;
        let findings = all.map(|(each, tags)| {
            let mut result = each.result.clone();
            cut |= result.reports.len() > REPORTS_MAX;
            result.reports.truncate(REPORTS_MAX);
            Finding { document: each.document.is_some(), result, tags: tags.clone() }
        });
        let findings = findings.collect();
        let kept = |(identifier, each): (&Identifier, &ApplicationResult)| {
            let small = identifier.value.len() <= IDENTIFIER_BYTES_MAX && identifier.kind != Kind::Resume.name();
            (small && each.document.is_none() && matched(&each.result)).then(|| identifier.clone())
        };
        let identifiers = found.identifiers.iter().zip(found.results).filter_map(kept).take(FINDINGS_MAX);
        let mut new = Self {
            source: found.source.map(str::to_owned),
            reference: found.reference.map(str::to_owned),
            verdict: found.verdict,
            opened: now,
            changed: now,
            findings,
            cut,
            coverage: found.coverage.clone(),
            second: rules.second_signoff,
            merged: false,
            marks: Vec::new(),
            identifiers: if rules.keep_identifiers { identifiers.collect() } else { Vec::new() },
            disputes: Vec::new(),
            not_disputed: Vec::new(),
        };
        new.in_order();
        new
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

    pub(super) fn summary(&self, id: u64) -> ReviewSummary {
        let kinds: BTreeSet<&str> = self.findings.iter().map(|finding| &*finding.result.kind).collect();
        ReviewSummary {
            id,
            state: self.state(),
            verdict: self.verdict,
            source: self.source.clone(),
            reference: self.reference.clone(),
            kinds: kinds.into_iter().map(str::to_owned).collect(),
            opened: self.opened.to_string(),
            decision: self.decision(),
            undisputed: self.is_undisputed(),
        }
    }

    pub(super) fn shown(&self, id: u64, rules: &Rules, standings: &[Standing], employer: &str) -> Review {
        let today = crate::clock::now().day();
        let each = || self.findings.iter().zip(standings);
        let verdict_now = standings.iter().filter_map(|standing| standing.verdict).max();
        Review {
            summary: self.summary(id),
            verdict_now,
            findings: each().map(|(finding, standing)| finding.shown(standing, today)).collect(),
            cut: self.cut,
            coverage: self.coverage.clone(),
            shown: in_short(standings.iter().map(|standing| standing.reports.as_slice())),
            advice: verdict_now.unwrap_or(self.verdict).advice().to_owned(),
            checklist: checklist::points(),
            signatures: 1 + u8::from(self.second),
            marks: self.marks.clone(),
            identifiers_kept: !self.identifiers.is_empty(),
            disputable: each().any(|(finding, standing)| matches!(standing.objection(finding, employer), Ok(Some(_)))),
            disputes: self.disputes.clone(),
            not_disputed: self.not_disputed.clone(),
            deleted: self.ends(rules.retention_days).day().to_string(),
        }
    }
}

impl Finding {
    fn shown(&self, standing: &Standing, today: Day) -> ReviewFinding {
        let asserted: Vec<&Report> = standing.reports.iter().filter(|report| is_assertion(report)).collect();
        let newest = asserted.iter().filter_map(|report| report.observed.parse::<Day>().ok()).max();
        ReviewFinding {
            document: self.document,
            now: standing.verdict,
            members: voices(&asserted),
            age_days: newest.map(|newest| today.0.saturating_sub(newest.0)),
            expires: asserted.iter().map(|report| &report.expires).max().cloned(),
            disputed: standing.reports.iter().any(|report| report.stance == "dispute"),
            result: self.result.clone(),
            gone: standing.gone.clone(),
            since: standing.since.clone(),
        }
    }

    pub(super) fn not_disputed(&self, why: String) -> NotDisputed {
        NotDisputed { kind: self.result.kind.to_string(), masked: self.result.masked.clone(), why }
    }
}

pub(super) fn is_assertion(report: &Report) -> bool {
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

/// Tags as the text of their CBOR: a resume has hundreds.
mod tags {
    use data_encoding::BASE64URL_NOPAD;
    use larum_protocol::{
        statement::DerivedTag,
        tag::{Tag, Tags},
    };
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(tags: &[Tags], to: S) -> Result<S::Ok, S::Error> {
        let parts: Vec<_> = tags.iter().map(|tags| (tags.epoch, &tags.subject, &tags.derived)).collect();
        to.serialize_str(&BASE64URL_NOPAD.encode(&minicbor::to_vec(parts).expect("written to memory")))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Tags>, D::Error> {
        let bytes = BASE64URL_NOPAD.decode(String::deserialize(from)?.as_bytes()).map_err(D::Error::custom)?;
        let parts: Vec<(u32, Tag, Vec<DerivedTag>)> = minicbor::decode(&bytes).map_err(D::Error::custom)?;
        Ok(parts.into_iter().map(|(epoch, subject, derived)| Tags { epoch, subject, derived }).collect())
    }
}
