//! Answers checks: value, canonical form, tag, index, verdict.
//!
//! Lines of identifiers are answered together, so that the index sees many tags at once and slow tags are made beside
//! each other.
//! Invariant (I8): an identifier that cannot be read, or whose tag cannot be made, is `unknown` with the reason; the
//! coverage is taken before the look-up, so that a node that falls behind meanwhile does not answer for later.
//! Absent on purpose: the audit record and the receipt (`http/check.rs`, `audit.rs`).

use std::{collections::HashSet, sync::Arc};

use larum_protocol::{
    api::{self, CheckAnswer, CheckResult, CoverageInfo, ResumeScore, TagsAnswer, TagsRequest, TagsResult},
    coverage::Coverage,
    kind::{Canonical, Kind, resume::BANDS},
    ledger::RosterIndex,
    roster::MemberId,
    tag::Tags,
    verdict::{Finding, Match, Query, Report, Verdict},
};

use crate::{
    allow::Allowed,
    clock::now,
    identify,
    ledger::{Found, Ledger, LedgerError, Unread},
    stewards::Purpose,
    taggers::live_epochs,
    tagging::{Tagged, Tagging},
};

/// Said where a flood of statements about one subject kept some of them from being read: what was found stands, and
/// more may be there.
const FLOOD: &str = "so many statements were made about it that not all were read: a member may be flooding this \
    subject; see larum log, and tell the consortium's governors";

/// Said where the index is damaged: what was found stands, and more may be there.
const INDEX_DAMAGED: &str =
    "the index is damaged, so not all that is held may have been found; restart the node to rebuild it";

/// Looks identifiers up.
#[derive(Debug)]
pub struct Checker {
    ledger: Arc<Ledger>,
    tagging: Arc<Tagging>,
    allowed: Arc<Allowed>,
}

/// One identifier that was looked up, and the tags it was looked up by.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) result: CheckResult,
    /// None if none could be made, or if the allow list covers it.
    pub(crate) tags: Vec<Tags>,
}

/// One identifier before its tags are made.
enum Reading {
    Unreadable(CheckResult),
    Read { kind: &'static str, allowed: bool, canonical: Canonical },
}

/// One identifier on its way to a verdict.
enum Step {
    Done(CheckResult),
    Tagged { kind: &'static str, allowed: bool, tags: Vec<Tags> },
}

impl Checker {
    /// A checker over a ledger.
    pub(crate) fn new(ledger: Arc<Ledger>, tagging: Arc<Tagging>, allowed: Arc<Allowed>) -> Self {
        Self { ledger, tagging, allowed }
    }

    /// One answer for all identifiers of a request; its receipt is still empty.
    pub async fn check(&self, identifiers: Vec<api::Identifier>) -> Result<CheckAnswer, LedgerError> {
        let (mut lines, coverage) = self.check_lines(vec![identifiers]).await?;
        let results = lines.pop().unwrap_or_default();
        let verdict = results.iter().map(|result| result.verdict).max().unwrap_or(Verdict::Unknown);
        Ok(CheckAnswer {
            verdict,
            results,
            coverage,
            advice: verdict.advice().into(),
            watch: None,
            warnings: Vec::new(),
            receipt: None,
        })
    }

    /// What would leave this node of each identifier, in order.
    pub(crate) async fn tags(&self, request: TagsRequest) -> TagsAnswer {
        let (mut results, mut forms) = (Vec::new(), Vec::new());
        for asked in request.identifiers {
            let canonical = identify::identifier(asked)
                .and_then(|identifier| identifier.canonical().map_err(|error| error.to_string()));
            results.push(match canonical {
                Ok(canonical) => {
                    forms.push(canonical);
                    TagsResult::default()
                }
                Err(error) => TagsResult { tags: None, error: Some(error) },
            });
        }
        let mut tagged = self.tagging.tags(forms, Purpose::Check).await.into_iter();
        for result in results.iter_mut().filter(|result| result.error.is_none()) {
            match tagged.next() {
                Some(Ok(epochs)) => result.tags = Some(shown_tags(&epochs)),
                Some(Err(why)) => result.error = Some(why.to_string()),
                None => unreachable!("there is one answer for each form"),
            }
        }
        TagsAnswer { results }
    }

    /// One result for each identifier of each line, and the coverage that all were answered with.
    pub async fn check_lines(
        &self,
        lines: Vec<Vec<api::Identifier>>,
    ) -> Result<(Vec<Vec<CheckResult>>, CoverageInfo), LedgerError> {
        let (lines, coverage) = self.check_tagged(lines).await?;
        let results = |line: Vec<Checked>| line.into_iter().map(|checked| checked.result).collect();
        Ok((lines.into_iter().map(results).collect(), coverage))
    }

    /// The same, with the tags of whatever may be watched.
    pub(crate) async fn check_tagged(
        &self,
        lines: Vec<Vec<api::Identifier>>,
    ) -> Result<(Vec<Vec<Checked>>, CoverageInfo), LedgerError> {
        let coverage = self.ledger.coverage();
        let roster = self.ledger.roster();
        let counts: Vec<usize> = lines.iter().map(Vec::len).collect();
        let (mut steps, mut forms) = (Vec::with_capacity(counts.iter().sum()), Vec::new());
        for identifier in lines.into_iter().flatten() {
            steps.push(match self.read(identifier) {
                Reading::Unreadable(result) => Step::Done(result),
                Reading::Read { kind, allowed, canonical } => {
                    forms.push(canonical);
                    Step::Tagged { kind, allowed, tags: Vec::new() }
                }
            });
        }
        let mut tagged = self.tagging.tags(forms, Purpose::Check).await.into_iter();
        for step in &mut steps {
            step.take(&mut tagged);
        }
        let mut results = self.resolve(steps, &coverage, &roster)?.into_iter();
        let lines = counts.into_iter().map(|count| results.by_ref().take(count).collect()).collect();
        Ok((lines, shown_coverage(&coverage, &roster)))
    }

    /// What is known now about something that was looked up by these tags, and whether they are of every epoch that is live;
    /// none if none of them is. The allow list is not asked: it knows identifiers and not tags.
    pub(crate) fn again(&self, kind: &str, tags: &[Tags]) -> Result<Option<(CheckResult, bool)>, LedgerError> {
        let (coverage, roster) = (self.ledger.coverage(), self.ledger.roster());
        let live = live_epochs(roster.roster(), now().day());
        let tags: Vec<Tags> = tags.iter().filter(|tags| live.contains(&tags.epoch)).cloned().collect();
        let Some(kind) = kind.parse().ok().filter(|_: &Kind| !tags.is_empty()) else { return Ok(None) };
        let found = self.ledger.find(&tags, now())?;
        let result = result(kind.name(), false, found, coverage.why_not_clear().as_deref(), &roster);
        Ok(Some((result, tags.len() == live.len())))
    }

    fn read(&self, asked: api::Identifier) -> Reading {
        let identifier = match identify::identifier(asked) {
            Ok(identifier) => identifier,
            Err(error) => return Reading::Unreadable(CheckResult::unreadable(None, error, None)),
        };
        let kind = identifier.kind.name();
        match identifier.canonical() {
            Ok(canonical) => Reading::Read { kind, allowed: self.allowed.covers(&canonical), canonical },
            Err(error) => {
                let masked = Some(identifier.masked());
                Reading::Unreadable(CheckResult::unreadable(Some(kind), error.to_string(), masked))
            }
        }
    }

    /// Looks all tags up at once; only what was hit goes on to the fold.
    fn resolve(
        &self,
        steps: Vec<Step>,
        coverage: &Coverage,
        roster: &RosterIndex,
    ) -> Result<Vec<Checked>, LedgerError> {
        let mut asked = Vec::with_capacity(steps.len());
        let ends: Vec<usize> = steps.iter().map(|step| step.add_tags(&mut asked)).collect();
        let hits = self.ledger.hits(&asked);
        let why_not_clear = coverage.why_not_clear();
        let (mut results, mut start) = (Vec::with_capacity(steps.len()), 0);
        for (step, end) in steps.into_iter().zip(ends) {
            let hit = hits[start..end].contains(&true);
            start = end;
            results.push(match step {
                Step::Done(result) => Checked { result, tags: Vec::new() },
                Step::Tagged { kind, allowed, tags } => {
                    let found = if hit { self.ledger.find(&tags, now())? } else { self.ledger.nothing() };
                    let result = result(kind, allowed, found, why_not_clear.as_deref(), roster);
                    Checked { result, tags: if allowed { Vec::new() } else { tags } }
                }
            });
        }
        Ok(results)
    }
}

impl Step {
    /// Takes the next identifier's tags, or why there are none.
    fn take(&mut self, tagged: &mut impl Iterator<Item = Tagged>) {
        let Self::Tagged { kind, tags, .. } = self else { return };
        match tagged.next() {
            Some(Ok(made)) => *tags = made,
            Some(Err(why)) => {
                let why = Some(why.to_string());
                *self = Self::Done(CheckResult { why, ..CheckResult::plain(kind, Verdict::Unknown) });
            }
            None => unreachable!("there is one answer for each form"),
        }
    }

    /// Adds every tag to look up to `asked`, and gives its length.
    fn add_tags(&self, asked: &mut Vec<[u8; 32]>) -> usize {
        if let Self::Tagged { tags, .. } = self {
            asked.extend(Query { tags }.all().map(|tag| tag.0));
        }
        asked.len()
    }
}

fn result(
    kind: &'static str,
    allowed: bool,
    Found { finding, unread }: Found,
    why_not_clear: Option<&str>,
    roster: &RosterIndex,
) -> CheckResult {
    // The local word wins (I12): what others say is shown, and does not count here.
    let may_clear = unread.is_none() && why_not_clear.is_none();
    let verdict = if allowed { Verdict::Clear } else { Verdict::weighed(finding.verdict, may_clear) };
    let not_read = unread.filter(|_| !allowed).map(|unread| match unread {
        Unread::Flood => FLOOD,
        Unread::Index => INDEX_DAMAGED,
    });
    let not_clear = || (verdict == Verdict::Unknown).then(|| why_not_clear.unwrap_or_default());
    CheckResult {
        strength: finding.strength.filter(|_| verdict == Verdict::Listed),
        why: not_read.or_else(not_clear).map(str::to_owned),
        score: score(kind, &finding),
        allowed,
        reports: shown_reports(finding.reports, roster),
        ..CheckResult::plain(kind, verdict)
    }
}

/// Of a resume that was found: how near the nearest one is.
fn score(kind: &str, finding: &Finding) -> Option<ResumeScore> {
    if kind != Kind::Resume.name() {
        return None;
    }
    let nearest = finding.reports.iter().filter_map(|report| match report.matched {
        Match::Exact => Some(ResumeScore::EXACT),
        Match::Bands(shared) => ResumeScore::of(shared),
        Match::Derived => None,
    });
    nearest.max_by_key(|score| (score.likeness, score.shared))
}

/// What matched, in words, when it was not the exact form.
fn shown_match(matched: Match) -> Option<String> {
    match matched {
        Match::Exact => None,
        Match::Bands(shared) => Some(format!("a similar resume, with {shared} of {BANDS} features in common")),
        Match::Derived => Some("a wider form of the identifier".to_owned()),
    }
}

/// The exact form's tag in each epoch, the newest first, then the derived forms'.
fn shown_tags(epochs: &[Tags]) -> Vec<String> {
    let newest_first = || epochs.iter().rev();
    let subjects = newest_first().map(|tags| tags.subject);
    let derived = newest_first().flat_map(|tags| tags.derived.iter().map(|form| form.tag));
    subjects.chain(derived).map(|tag| tag.to_string()).collect()
}

/// Reports as an answer shows them.
pub(crate) fn shown_reports(reports: Vec<Report>, roster: &RosterIndex) -> Vec<api::Report> {
    once_each(reports.into_iter().map(|report| shown_report(report, roster)))
}

/// While two epochs overlap a member says the same in each of them: that is shown once.
fn once_each(reports: impl Iterator<Item = api::Report>) -> Vec<api::Report> {
    let mut seen = HashSet::new();
    let is_new = |report: &api::Report| {
        let api::Report { member, stance, role, reason, evidence, observed, expires, .. } = report;
        let said = [member, stance, role, reason, evidence, observed, expires].map(String::clone);
        seen.insert((said, report.origin.clone(), report.derived.clone()))
    };
    reports.filter(is_new).collect()
}

fn shown_report(report: Report, roster: &RosterIndex) -> api::Report {
    api::Report {
        member: member_name(roster, report.member),
        stance: report.stance.to_string(),
        role: report.role.to_string(),
        reason: report.reason.to_string(),
        evidence: report.evidence.to_string(),
        observed: report.observed.to_string(),
        expires: report.expires.to_string(),
        origin: report.origin,
        derived: shown_match(report.matched),
        statement: Some(report.statement.to_string()),
        re: report.re.map(|hash| hash.to_string()),
    }
}

/// A member's name on the roster.
pub fn member_name(roster: &RosterIndex, id: MemberId) -> String {
    roster.roster().member(id).map_or_else(|| format!("member {}", id.0), |member| member.name.clone())
}

/// The coverage as an answer shows it.
pub fn shown_coverage(coverage: &Coverage, roster: &RosterIndex) -> CoverageInfo {
    CoverageInfo {
        state: coverage.state,
        members: coverage.members,
        heard: coverage.heard,
        absent: coverage.absent.iter().map(|id| member_name(roster, *id)).collect(),
        roster: coverage.roster,
        heads: coverage.heads.to_string(),
        forked: coverage.forked.iter().map(ToString::to_string).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_member_says_in_two_epochs_is_shown_once() {
        let report = |member: &str, statement: &str| api::Report {
            member: member.to_owned(),
            stance: "assert".to_owned(),
            role: "actor-controlled".to_owned(),
            reason: "ART.REUSE".to_owned(),
            evidence: "confirmed".to_owned(),
            observed: "2026-03-02".to_owned(),
            expires: "2028-03-01".to_owned(),
            origin: None,
            derived: None,
            statement: Some(statement.to_owned()),
            re: None,
        };
        let reports = [report("Alder", "a1"), report("Birch", "b1"), report("Alder", "a2")];
        let shown: Vec<_> = once_each(reports.into_iter()).into_iter().map(|report| report.statement).collect();
        assert_eq!(shown, [Some("a1".to_owned()), Some("b1".to_owned())]);
    }
}
