//! An answer as a person reads it: each identifier masked, who said what, and what to do next (I9).

use larum_protocol::api::{
    ApplicationAnswer, ApplicationResult, CheckAnswer, CheckResult, Identifier, Report, Strength,
};

use crate::{
    command::{identifiers::masked, status::coverage},
    output::{columns, plain, style, verdict, wrap},
};

/// Blanks before what belongs to an identifier.
const INDENT: usize = 4;

/// `files` are the names of those identifiers that came as documents.
pub(super) fn text(identifiers: &[Identifier], files: &[Option<String>], answer: &CheckAnswer) -> String {
    let file = |at: usize| files.get(at).and_then(Option::as_deref);
    let names = identifiers.iter().enumerate().map(|(at, identifier)| name(identifier, file(at))).collect();
    let mut lines = listed(names, answer.results.iter());
    if identifiers.len() > 1 {
        lines.push(format!("overall: {}", verdict(answer.verdict)));
    }
    lines.push(wrap(&format!("coverage: {}", coverage(&answer.coverage)), 0));
    lines.extend(answer.warnings.iter().map(|warning| wrap(&format!("warning: {}", plain(warning)), 0)));
    lines.push(wrap(&format!("advice: {}", answer.advice), 0));
    lines.join("\n")
}

pub(super) fn application(answer: &ApplicationAnswer) -> String {
    let name = |each: &ApplicationResult| {
        let which = each.document.as_deref().or(each.result.masked.as_deref()).unwrap_or("***");
        format!("{:<8} {}", each.result.kind, plain(which))
    };
    let results = answer.results.iter().map(|each| &each.result);
    let mut lines = listed(answer.results.iter().map(name).collect(), results);
    lines.push(format!("overall: {}", verdict(answer.verdict)));
    lines.push(wrap(&format!("coverage: {}", coverage(&answer.coverage)), 0));
    if let Some(until) = &answer.watched_until {
        lines.push(format!("watched until {}", plain(until)));
    }
    if let Some(review) = answer.review {
        lines.push(format!("review: number {review} waits for a person to decide"));
    }
    lines.extend(answer.warnings.iter().map(|warning| wrap(&format!("warning: {}", plain(warning)), 0)));
    lines.push(wrap(&format!("advice: {}", answer.advice), 0));
    lines.join("\n")
}

/// A line for each result behind its name, and what is known below it.
fn listed<'a>(names: Vec<String>, results: impl Iterator<Item = &'a CheckResult>) -> Vec<String> {
    let width = names.iter().map(|name| columns(name)).max().unwrap_or(0);
    let mut lines = Vec::new();
    for (name, result) in names.iter().zip(results) {
        let gap = " ".repeat(width - columns(name) + 2);
        lines.push(format!("{name}{gap}{}", said(result)));
        lines.extend(below(result));
    }
    lines
}

fn name(identifier: &Identifier, file: Option<&str>) -> String {
    let which = file.map_or_else(|| masked(identifier), str::to_owned);
    format!("{:<8} {}", identifier.kind, plain(&which))
}

fn said(result: &CheckResult) -> String {
    let mut text = verdict(result.verdict);
    text.push_str(match result.strength {
        Some(Strength::Confirmed) => " (confirmed)",
        Some(Strength::Corroborated) => " (corroborated)",
        None => "",
    });
    if result.allowed {
        text.push_str(", on your own allow list");
    }
    text
}

fn below(result: &CheckResult) -> Vec<String> {
    let why = result.why.as_ref().map(|why| wrap(&format!("why: {why}"), INDENT));
    let error = result.error.as_ref().map(|error| wrap(&format!("{} {error}", "cannot be read:"), INDENT));
    error.into_iter().chain(why).chain(result.reports.iter().map(report)).collect()
}

fn report(report: &Report) -> String {
    let verb = match report.stance.as_str() {
        "assert" => "reports",
        "dispute" => "disputes",
        "withdraw" => "withdrew",
        other => other,
    };
    // Whoever objects does not say what the identifier is to the fraud.
    let what = match report.stance.as_str() {
        "assert" => format!("{}, {}, {}", report.role, report.reason, report.evidence),
        _ => report.reason.clone(),
    };
    let mut text = format!("{} {verb}: {what}, observed {}, until {}", report.member, report.observed, report.expires);
    if let Some(origin) = &report.origin {
        text.push_str(&format!(", from {origin}"));
    }
    if let Some(derived) = &report.derived {
        text.push_str(&format!(" (matched by {derived})"));
    }
    match report.stance.as_str() {
        "dispute" => style::warning(&wrap(&text, INDENT)),
        _ => wrap(&text, INDENT),
    }
}

#[cfg(test)]
mod tests {
    use larum_protocol::api::{CoverageInfo, CoverageState, Verdict};

    use super::*;
    use crate::output::WIDTH;

    fn answer() -> (Vec<Identifier>, CheckAnswer) {
        let identifier = |kind: &str, value: &str| Identifier {
            kind: kind.to_owned(),
            value: value.to_owned(),
            region: None,
            asset: None,
        };
        let report = Report {
            member: "Beta Staffing \u{1b}[2J of North America".to_owned(),
            stance: "assert".to_owned(),
            role: "actor-controlled".to_owned(),
            reason: "CLAIM.EMPLOYER_DENIED".to_owned(),
            evidence: "confirmed".to_owned(),
            observed: "2026-03-02".to_owned(),
            expires: "2028-03-01".to_owned(),
            origin: Some("a public list with a long name".to_owned()),
            derived: None,
            statement: None,
            re: None,
        };
        let listed = CheckResult {
            strength: Some(Strength::Corroborated),
            reports: vec![report],
            ..CheckResult::plain("email", Verdict::Listed)
        };
        let unreadable = CheckResult::unreadable(Some("phone"), "no country is named".to_owned(), None);
        let coverage = CoverageInfo {
            state: CoverageState::Stale,
            members: 12,
            heard: 9,
            absent: (0..12).map(|n| format!("Member number {n}")).collect(),
            roster: 7,
            heads: "00".repeat(32),
            forked: Vec::new(),
        };
        let answer = CheckAnswer {
            verdict: Verdict::Listed,
            results: vec![listed, unreadable],
            coverage,
            advice: Verdict::Listed.advice().into(),
            watch: None,
            warnings: Vec::new(),
            receipt: None,
        };
        (vec![identifier("email", "jane.doe@example.com"), identifier("phone", "5550142")], answer)
    }

    #[test]
    fn a_report_is_masked_fits_80_columns_and_obeys_nobody() {
        let (identifiers, answer) = answer();
        let text = anstream::adapter::strip_str(&text(&identifiers, &[], &answer)).to_string();
        for line in text.lines() {
            assert!(columns(line) <= WIDTH, "{} columns: {line}", columns(line));
        }
        assert!(!text.contains("jane.doe") && !text.contains("5550142") && !text.contains('\u{1b}'), "{text}");
        assert!(text.starts_with("email    j***@e***.com  listed (corroborated)\n"), "{text}");
        assert!(text.contains("advice: A person must review this before any decision."), "{text}");
        assert!(text.contains("overall: listed"), "{text}");
    }

    #[test]
    fn what_could_not_be_read_says_why() {
        let (identifiers, answer) = answer();
        assert!(text(&identifiers, &[], &answer).contains("cannot be read: no country is named"));
    }

    #[test]
    fn a_document_is_called_by_its_name_and_not_by_its_first_letter() {
        let (mut identifiers, answer) = answer();
        identifiers[0].kind = "resume".to_owned();
        identifiers[0].value = "Jordan Example, five years of Rust".to_owned();
        let text = text(&identifiers, &[Some("jordan.pdf".to_owned())], &answer);
        assert!(text.starts_with("resume   jordan.pdf  "), "{text}");
        assert!(text.contains("phone    "), "{text}");
    }
}
