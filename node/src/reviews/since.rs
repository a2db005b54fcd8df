//! What became of a finding since: what was found is held against what the consortium says now.
//!
//! Invariant (I9): whoever shows a review shows what was withdrawn and disputed since it was opened.
//! Invariant: what was found is told apart from what stands and is never overwritten by it.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use larum_protocol::api::{Report, Verdict};

use super::{
    ReviewError, Reviews,
    consortium::{Now, Objection},
    stored::{Finding, Stored, is_assertion},
};

impl Reviews {
    /// How each finding stands now.
    pub(super) fn standings(&self, review: &Stored) -> Result<Vec<Standing>, ReviewError> {
        let findings = review.findings.iter();
        findings.map(|each| Ok(Standing::of(each, self.consortium.now(&each.result.kind, &each.tags)?))).collect()
    }
}

/// A finding as it stands.
pub(super) struct Standing {
    /// The verdict; none if it cannot be told.
    pub(super) verdict: Option<Verdict>,
    /// Whether a dispute by the finding's tags reaches everybody.
    whole: bool,
    /// What is said; what was, where it cannot be told.
    pub(super) reports: Vec<Report>,
    /// Places of the finding's reports that are not said any more.
    pub(super) gone: Vec<usize>,
    /// What is said that was not.
    pub(super) since: Vec<Report>,
}

impl Standing {
    /// How a finding stands, if that is known.
    pub(super) fn of(finding: &Finding, now: Option<Now>) -> Self {
        let then = &finding.result.reports;
        let Some(Now { result, whole }) = now else {
            return Self { verdict: None, whole: false, reports: then.clone(), gone: Vec::new(), since: Vec::new() };
        };
        let reports = result.reports;
        let mut since: Vec<&Report> = reports.iter().collect();
        let mut take = |says_so: &dyn Fn(&Report) -> bool| {
            let at = since.iter().position(|report| says_so(report));
            at.map(|at| since.remove(at)).is_some()
        };
        // The same statement first: a member may say the same of two resumes. In another epoch it is another statement.
        let mut left: Vec<usize> = (0..then.len()).collect();
        left.retain(|at| !take(&|now| then[*at].statement.is_some() && now.statement == then[*at].statement));
        left.retain(|at| !take(&|now| words(now) == words(&then[*at])));
        let since = since.into_iter().cloned().collect();
        Self { verdict: Some(result.verdict), whole, reports, gone: left, since }
    }

    /// What a dispute of it is about: nothing where nobody reports it any more, or why it cannot be disputed from here.
    pub(super) fn objection(&self, finding: &Finding, employer: &str) -> Result<Option<Objection>, &'static str> {
        let asserted: Vec<&Report> = self.reports.iter().filter(|report| is_assertion(report)).collect();
        let others: Vec<&Report> = asserted.iter().filter(|report| report.member != employer).copied().collect();
        if others.is_empty() {
            let own = "only this employer reports it: withdraw that, which lifts it for everybody";
            return if asserted.is_empty() { Ok(None) } else { Err(own) };
        }
        if !self.whole {
            return Err("the consortium renewed its salt since this was found: dispute it with the identifier itself");
        }
        let read = others.iter().filter_map(|report| report.statement.clone()).collect();
        Ok(Some(Objection { kind: finding.result.kind.to_string(), tags: finding.tags.clone(), read }))
    }
}

/// What stands, in short: it is another one if anything is reported, withdrawn or disputed.
pub(super) fn in_short<'a>(findings: impl Iterator<Item = &'a [Report]>) -> String {
    let mut hasher = DefaultHasher::new();
    for reports in findings {
        let said: BTreeSet<_> = reports.iter().map(words).collect();
        said.hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// What a report says, whichever statement says it.
fn words(report: &Report) -> ([&str; 6], Option<&str>) {
    let Report { member, stance, role, reason, evidence, observed, .. } = report;
    ([member, stance, role, reason, evidence, observed], report.origin.as_deref())
}
