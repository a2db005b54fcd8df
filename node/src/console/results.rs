//! What is known about an identifier, in words: used by the page of a check and by that of a review.

use larum_protocol::{
    api::{CheckResult, CoverageInfo, Report, ReviewFinding, Verdict},
    clock::Day,
};
use maud::{Markup, html};

use super::{layout::Reader, words};
use crate::clock::now;

/// A verdict as a badge. It is never told by its colour alone.
pub(crate) fn badge(verdict: Verdict) -> Markup {
    html! { span class={ "badge " (verdict.name()) } { (words::verdict(verdict)) } }
}

/// One result.
pub(crate) fn result(reader: &Reader, result: &CheckResult, named: Option<&str>, entered: Option<&str>) -> Markup {
    let reports = html! { @for each in &result.reports { (report(reader, each, None)) } };
    let beneath = html! {
        @if let Some(entered) = entered {
            details { summary { "Show what was entered" } p { (entered) } }
        }
    };
    card(result, result.verdict, named, &beneath, &reports)
}

/// What a review found: as it was, and as it stands.
pub(crate) fn finding(reader: &Reader, finding: &ReviewFinding) -> Markup {
    let (found, today) = (&finding.result, now().day());
    let ended = |report: &Report| report.expires.parse::<Day>().is_ok_and(|expires| expires < today);
    let gone = |(at, report): (usize, &Report)| match finding.gone.contains(&at) {
        true if ended(report) => Some("Expired since"),
        true => Some("Withdrawn since"),
        false => None,
    };
    let since = |report: &Report| if report.stance == "dispute" { "Disputed since" } else { "New since" };
    let reports = html! {
        @for (at, each) in found.reports.iter().enumerate() { (report(reader, each, gone((at, each)))) }
        @for each in &finding.since { (report(reader, each, Some(since(each)))) }
    };
    let beneath = html! {
        @match finding.now {
            Some(now) if now != found.verdict => p { "When it was found: " (words::verdict(found.verdict)) "." },
            Some(_) => "",
            // What could not be read was never looked up.
            None if found.error.is_some() => "",
            None => p { "The consortium renewed its salt since this was found, so it cannot be told whether it still stands: check
                         the applicant again." },
        }
        @if found.error.is_none() { (facts(finding)) }
    };
    card(found, finding.now.unwrap_or(found.verdict), None, &beneath, &reports)
}

fn facts(finding: &ReviewFinding) -> Markup {
    html! {
        p {
            @match finding.members {
                0 => "Nobody reports it any more.",
                1 => "Reported by one employer.",
                members => { "Reported by " (members) " employers, each for itself." }
            }
            @match finding.age_days {
                None => "",
                Some(0) => " Last observed today.",
                Some(1) => " Last observed yesterday.",
                Some(days) => { " Last observed " (days) " days ago." }
            }
            @if let Some(expires) = &finding.expires { " Counts until " (expires) "." }
            @if finding.disputed { strong { " Disputed: read both sides." } }
        }
    }
}

fn card(result: &CheckResult, verdict: Verdict, named: Option<&str>, beneath: &Markup, reports: &Markup) -> Markup {
    let name = named.or(result.masked.as_deref()).unwrap_or("hidden");
    html! {
        section.card {
            div.row { (badge(verdict)) h3 { (words::kind(&result.kind)) ": " (name) } }
            (beneath)
            @if let Some(strength) = result.strength.filter(|_| verdict == Verdict::Listed) { p { "Strength: " (words::strength(strength)) "." } }
            @if let Some(score) = result.score {
                p { "Likeness: " (words::likeness(score.likeness)) " (" (score.shared) " of " (score.of) " features)." }
            }
            @if result.allowed { p { "Your own allow list vouches for it, so reports do not count here." } }
            @if let Some(why) = &result.why { p { "Why it cannot be told: " (why) "." } }
            @if let Some(error) = &result.error { p { "It could not be read: " (error) "." } }
            @if !reports.0.is_empty() { ul.plain { (reports) } }
        }
    }
}

/// What one member says; `mark` is what became of it since.
pub(crate) fn report(reader: &Reader, report: &Report, mark: Option<&str>) -> Markup {
    let own = report.member == reader.employer;
    let who = if own { "Your employer" } else { &report.member };
    html! {
        li {
            @if let Some(mark) = mark { p { span.badge { (mark) } } }
            p { strong { (who) } " " (words::stance(&report.stance)) ". " (words::reason(&report.reason)) }
            @if report.stance == "assert" {
                p { "According to " (if own { "your employer" } else { who }) ": " (words::role(&report.role)) }
                dl {
                    dt { "Evidence" } dd { (words::evidence(&report.evidence)) }
                    dt { "Observed" } dd { (report.observed) }
                    dt { @if mark.is_some_and(|mark| mark != "New since") { "Would have counted until" } @else { "Counts until" } } dd { (report.expires) }
                    @if let Some(origin) = &report.origin { dt { "From the public list" } dd { (origin) } }
                    @if let Some(derived) = &report.derived { dt { "What matched" } dd { (derived) } }
                }
            } @else {
                p.soft { "Said on " (report.observed) "." }
            }
            @if let Some(statement) = &report.statement {
                details { summary { "Its number, for your investigators" }
                    p { "They need it only to dispute this one report and no other: " code { (statement) } } }
            }
        }
    }
}

/// How complete the answer is.
pub(crate) fn coverage(coverage: &CoverageInfo) -> Markup {
    html! {
        p.soft {
            (words::coverage(coverage.state)) ": " (coverage.heard) " of " (coverage.members) " members heard."
            @if !coverage.absent.is_empty() { " Not heard: " (coverage.absent.join(", ")) "." }
        }
    }
}
