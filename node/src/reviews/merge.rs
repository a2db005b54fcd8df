//! A newer check of an applicant whose review waits: what it found is added to what was found.
//!
//! Invariant: nothing that was found goes, and no verdict becomes milder: whoever leaves the reported address out of a second
//! application does not mend the review of the first.

use std::cmp::Reverse;

use super::stored::{FINDINGS_MAX, Finding, REPORTS_MAX, Stored};

impl Stored {
    /// Adds what a newer check found.
    pub(super) fn merged(mut self, newer: Self) -> Self {
        for finding in newer.findings {
            match self.findings.iter_mut().find(|held| held.is_about_the_same(&finding)) {
                Some(held) => held.merge(finding),
                None => self.findings.push(finding),
            }
        }
        let new = newer.identifiers.into_iter().filter(|identifier| !self.identifiers.contains(identifier));
        let new: Vec<_> = new.collect();
        self.identifiers.extend(new);
        self.identifiers.truncate(FINDINGS_MAX);
        self.verdict = self.verdict.max(newer.verdict);
        self.cut |= newer.cut;
        self.in_order();
        Self {
            changed: newer.changed,
            coverage: newer.coverage,
            second: self.second || newer.second,
            merged: true,
            ..self
        }
    }

    /// Puts the gravest first, and lets go of what is more than a review holds.
    pub(super) fn in_order(&mut self) {
        self.findings.sort_by_key(|finding| Reverse(finding.result.verdict));
        self.cut |= self.findings.len() > FINDINGS_MAX;
        self.findings.truncate(FINDINGS_MAX);
    }

    /// Whether a newer check of the same application added nothing.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.verdict == other.verdict
            && self.findings == other.findings
            && self.identifiers == other.identifiers
            && self.second == other.second
    }
}

impl Finding {
    fn is_about_the_same(&self, other: &Self) -> bool {
        let tagged = |tag| other.tags.iter().any(|tags| tags.subject == tag);
        let alike = match (self.tags.is_empty(), other.tags.is_empty()) {
            (true, true) => self.result.masked == other.result.masked && self.result.error == other.result.error,
            _ => self.tags.iter().any(|tags| tagged(tags.subject)),
        };
        self.result.kind == other.result.kind && self.document == other.document && alike
    }

    /// Takes in what a newer check says of the same: its tags are of the salts that are in use.
    fn merge(&mut self, newer: Self) {
        let (mut result, older) = (newer.result, &self.result);
        let gone: Vec<_> = older.reports.iter().filter(|report| !result.reports.contains(report)).cloned().collect();
        result.reports.extend(gone);
        result.reports.truncate(REPORTS_MAX);
        if older.verdict > result.verdict {
            (result.verdict, result.strength, result.score) = (older.verdict, older.strength, older.score);
        }
        (self.result, self.tags) = (result, newer.tags);
    }
}
