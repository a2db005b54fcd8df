//! What is known about an identifier, in words: used by the page of a check and by that of a review.

use larum_protocol::api::{CheckResult, CoverageInfo, Report, Verdict};
use maud::{Markup, html};

use super::words;

/// A verdict as a badge. It is never told by its colour alone.
pub(crate) fn badge(verdict: Verdict) -> Markup {
    html! { span class={ "badge " (verdict.name()) } { (words::verdict(verdict)) } }
}

/// One result.
pub(crate) fn result(result: &CheckResult, named: Option<&str>, entered: Option<&str>) -> Markup {
    let name = named.or(result.masked.as_deref()).unwrap_or("hidden");
    html! {
        section.card {
            div.row { (badge(result.verdict)) h3 { (words::kind(&result.kind)) ": " (name) } }
            @if let Some(entered) = entered {
                details { summary { "Show what was entered" } p { (entered) } }
            }
            @if let Some(strength) = result.strength { p { "Strength: " (words::strength(strength)) "." } }
            @if let Some(score) = result.score {
                p { "Likeness: " (words::likeness(score.likeness)) " (" (score.shared) " of " (score.of) " features)." }
            }
            @if result.allowed { p { "Your own allow list vouches for it, so reports do not count here." } }
            @if let Some(why) = &result.why { p { "Why it cannot be told: " (why) "." } }
            @if let Some(error) = &result.error { p { "It could not be read: " (error) "." } }
            @if !result.reports.is_empty() {
                ul.plain { @for each in &result.reports { (report(each)) } }
            }
        }
    }
}

/// One report, or a dispute of one.
pub(crate) fn report(report: &Report) -> Markup {
    html! {
        li {
            p { strong { (report.member) } " " (words::stance(&report.stance)) ". " (words::reason(&report.reason)) }
            @if report.stance == "assert" {
                p { (words::role(&report.role)) }
                dl {
                    dt { "Evidence" } dd { (words::evidence(&report.evidence)) }
                    dt { "Observed" } dd { (report.observed) }
                    dt { "Counts until" } dd { (report.expires) }
                    @if let Some(origin) = &report.origin { dt { "From the public list" } dd { (origin) } }
                    @if let Some(derived) = &report.derived { dt { "What matched" } dd { (derived) } }
                }
            } @else {
                p.soft { "Said on " (report.observed) "." }
            }
            @if let Some(statement) = &report.statement {
                details { summary { "For a dispute" } p { "Number of this report: " code { (statement) } } }
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
