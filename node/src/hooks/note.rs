//! What a note says to the people who look at an applicant.
//!
//! Invariant (I1): kinds and counts, never an identifier: the system that gets the note is not this node.
//! Invariant (I9): it asks a person to look, and never says what to decide.

use std::{collections::BTreeSet, fmt::Write as _};

use larum_protocol::{
    api::{ApplicationAnswer, ApplicationResult, CheckResult, Strength, Verdict},
    kind::Kind,
};

/// What came of an application.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    /// Whether asking again can give another answer: what cannot be read today cannot be read tomorrow.
    pub(super) again: bool,
    /// What a person has to know, line by line.
    lines: Vec<String>,
    advice: String,
    pub(super) review: Option<u64>,
}

/// What of an application was not looked up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Missing {
    /// Documents that could not be fetched.
    pub(super) documents: u32,
    /// Identifiers and documents beyond the bounds.
    pub(super) beyond: u32,
    /// The vendor's API did not give what it should add.
    pub(super) particulars: bool,
    /// Nothing that can be looked up is left.
    pub(super) everything: bool,
}

impl Missing {
    /// Each of it in words, as the results and the review of an application tell it.
    pub(super) fn lines(self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.everything {
            lines.push("it names nothing that can be looked up".to_owned());
        }
        if self.documents > 0 {
            lines.push(format!("{} of the documents could not be fetched", self.documents));
        }
        if self.beyond > 0 {
            lines.push(format!("{} entries are more than one application may have, and were not checked", self.beyond));
        }
        if self.particulars {
            lines.push("further particulars could not be read from the applicant tracking system".to_owned());
        }
        lines
    }
}

impl Finding {
    /// What an answer comes to.
    pub(super) fn of(answer: &ApplicationAnswer) -> Self {
        let verdict = answer.verdict;
        let results = || answer.results.iter().map(|ApplicationResult { result, .. }| result);
        let cannot_tell = |result: &CheckResult| result.verdict == Verdict::Unknown && result.error.is_none();
        let mut lines: Vec<_> = results().filter(|result| result.verdict != Verdict::Clear).map(line).collect();
        lines.dedup();
        let again = verdict == Verdict::Unknown && results().any(cannot_tell);
        let unchecked = verdict == Verdict::Unknown && results().any(is_missing);
        let advice = if unchecked { UNCHECKED.to_owned() } else { answer.advice.to_string() };
        Self { verdict, again, lines, advice, review: answer.review }
    }

    /// Where there is no answer, and will be none.
    pub(super) fn nothing(why: &str) -> Self {
        let lines = vec![format!("- {why}")];
        Self { verdict: Verdict::Unknown, again: false, lines, advice: UNCHECKED.to_owned(), review: None }
    }

    /// The note, with what it can be found again by.
    pub(super) fn note(&self, mark: &str) -> String {
        let mut text = match self.verdict {
            Verdict::Clear => {
                "Larum can answer now: no member has reported anything that this application names.".into()
            }
            Verdict::Unknown => "Larum could not check this application completely.".to_owned(),
            Verdict::Caution => "Something that this application names should be looked at more closely.".to_owned(),
            Verdict::Disputed => "Members of Larum disagree about something that this application names.".to_owned(),
            Verdict::Listed => "Something that this application names was reported to Larum.".to_owned(),
        };
        for line in &self.lines {
            let _ = write!(text, "\n{line}"); // memory takes it
        }
        let _ = write!(text, "\n{}", self.advice);
        if let Some(review) = self.review {
            let _ = write!(text, "\nReview {review} on your Larum node tells who reported what, and when.");
        }
        let _ = write!(text, "\nThis is a reason for a person to look, and never by itself one to reject.\n[{mark}]");
        text
    }
}

const UNCHECKED: &str = "Check by hand what is named above; nothing known is not the same as nothing there.";

/// What of a hook's application has no kind could not be had at all.
fn is_missing(result: &CheckResult) -> bool {
    result.error.is_some() && result.kind.parse::<Kind>().is_err()
}

fn line(result: &CheckResult) -> String {
    if let Some(error) = result.error.as_ref().filter(|_| is_missing(result)) {
        return format!("- {error}");
    }
    let kind = &result.kind;
    let who = |stance| {
        let said = result.reports.iter().filter(|report| report.stance == stance);
        said.map(|report| report.member.as_str()).collect::<BTreeSet<_>>().len()
    };
    let by = match (who("assert"), who("dispute")) {
        (0, _) => String::new(),
        (1, 0) => ", by one member".to_owned(),
        (count, 0) => format!(", by {count} members"),
        (reported, disputed) => format!(": reported by {reported}, disputed by {disputed}"),
    };
    let says = match (result.verdict, result.strength) {
        (Verdict::Unknown, _) if result.error.is_some() => return format!("- {kind}: it cannot be read"),
        (Verdict::Unknown, _) => return format!("- {kind}: this node cannot tell now, and asks again by itself"),
        (Verdict::Listed, Some(Strength::Corroborated)) => "reported and corroborated",
        (Verdict::Listed, _) => "reported on confirmed evidence",
        (Verdict::Disputed, _) => "reported and disputed",
        (Verdict::Caution, _) => "worth a closer look",
        (Verdict::Clear, _) => "nothing known",
    };
    format!("- {kind}: {says}{by}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use larum_protocol::api::{CoverageInfo, CoverageState, Report};

    use super::*;

    fn answer(results: Vec<CheckResult>) -> ApplicationAnswer {
        let verdict = results.iter().map(|result| result.verdict).max().unwrap();
        let coverage = CoverageInfo {
            state: CoverageState::Fresh,
            members: 1,
            heard: 1,
            absent: Vec::new(),
            roster: 0,
            heads: String::new(),
            forked: Vec::new(),
        };
        let results = results.into_iter().map(|result| ApplicationResult { document: None, result }).collect();
        ApplicationAnswer {
            verdict,
            reference: Some("candidate-77".to_owned()),
            names: vec!["Jane Doe".to_owned()],
            results,
            coverage,
            advice: verdict.advice().into(),
            review: Some(12),
            watched_until: None,
            warnings: Vec::new(),
            receipt: None,
        }
    }

    fn report(member: &str) -> Report {
        Report {
            member: member.to_owned(),
            stance: "assert".to_owned(),
            role: "actor-controlled".to_owned(),
            reason: "ART.REUSE".to_owned(),
            evidence: "confirmed".to_owned(),
            observed: "2026-03-02".to_owned(),
            expires: "2028-03-01".to_owned(),
            origin: None,
            derived: None,
            statement: None,
            re: None,
        }
    }

    #[test]
    fn a_note_tells_kinds_and_counts_and_names_nobody() {
        let mut listed = CheckResult::plain("email", Verdict::Listed);
        listed.masked = Some("j***@e***.com".to_owned());
        listed.strength = Some(Strength::Corroborated);
        listed.reports = vec![report("Alder"), report("Birch"), report("Alder")];
        let finding = Finding::of(&answer(vec![listed, CheckResult::plain("phone", Verdict::Clear)]));
        let note = finding.note("larum:00c0ffee:listed");
        assert!(note.contains("- email: reported and corroborated, by 2 members\n"), "{note}");
        assert!(note.contains("Review 12") && note.ends_with("[larum:00c0ffee:listed]") && !finding.again, "{note}");
        for absent in ["phone", "j***", "Alder", "Jane", "candidate-77"] {
            assert!(!note.contains(absent), "{absent} in {note}");
        }
    }

    #[test]
    fn who_disputes_is_not_counted_among_those_who_report() {
        let mut disputed = CheckResult::plain("email", Verdict::Disputed);
        let dispute = |member| Report { stance: "dispute".to_owned(), ..report(member) };
        disputed.reports = vec![report("Alder"), dispute("Birch"), dispute("Cedar")];
        let note = Finding::of(&answer(vec![disputed])).note("m");
        assert!(note.contains("- email: reported and disputed: reported by 1, disputed by 2\n"), "{note}");
    }

    #[test]
    fn i8_what_was_not_looked_up_is_told_in_its_own_words_and_is_not_asked_again() {
        let missing = Missing { documents: 1, beyond: 2, particulars: true, everything: false };
        let lines = missing.lines();
        assert_eq!((lines.len(), Missing::default().lines().len()), (3, 0));
        let unread = |why: &String| CheckResult::unreadable(None, why.clone(), None);
        let results = std::iter::once(CheckResult::plain("email", Verdict::Clear)).chain(lines.iter().map(unread));
        let finding = Finding::of(&answer(results.collect()));
        assert_eq!((finding.verdict, finding.again), (Verdict::Unknown, false));
        let note = finding.note("m");
        assert!(
            note.contains("Check by hand") && lines.iter().all(|line| note.contains(&format!("\n- {line}\n"))),
            "{note}"
        );
    }

    #[test]
    fn only_what_could_be_answered_later_is_asked_again() {
        let unreadable = CheckResult::unreadable(Some("phone"), "it has too few digits".to_owned(), None);
        assert!(!Finding::of(&answer(vec![unreadable.clone()])).again);
        let stale = CheckResult::plain("email", Verdict::Unknown);
        assert!(Finding::of(&answer(vec![unreadable, stale.clone()])).again);
        let listed = CheckResult::plain("phone", Verdict::Listed);
        assert!(!Finding::of(&answer(vec![stale, listed])).again);
    }
}
