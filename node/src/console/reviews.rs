//! The queue of reviews, and the page of one with its decision.

use larum_protocol::api::{Decision, Identifier, Review, ReviewFinding, ReviewList, ReviewState, Scope};
use maud::{Markup, html};

use super::{
    layout::{Reader, page},
    place,
    results::{badge, coverage, result},
    words,
};
use crate::reviews::IDENTIFIER_DAYS;

/// The queue.
pub(crate) fn list(reader: &Reader, list: &ReviewList, state: Option<ReviewState>) -> String {
    let tabs = [
        ("Open", "?state=open", Some(ReviewState::Open)),
        ("Second person", "?state=second-signoff", Some(ReviewState::SecondSignoff)),
        ("Decided", "?state=decided", Some(ReviewState::Decided)),
        ("All", "", None),
    ];
    let main = html! {
        h1 { "Reviews" }
        p { (list.waiting) " waiting for a decision." }
        nav aria-label="Which reviews" { ul {
            @for (name, query, of) in tabs {
                li { a href={ (place::REVIEWS) (query) } aria-current=[(of == state).then_some("true")] { (name) } }
            }
        } }
        @if list.reviews.is_empty() { p.card { "There are none here." } } @else { div.scroll { table.stack {
            thead { tr { th scope="col" { "Review" } th scope="col" { "Applicant" } th scope="col" { "What matched" } th scope="col" { "State" } th scope="col" { "Opened" } } }
            tbody { @for each in &list.reviews { tr {
                td data-label="Review" { a href={ (place::REVIEWS) "/" (each.id) } { "Review " (each.id) } " " (badge(each.verdict)) }
                td data-label="Applicant" { (each.reference.as_deref().unwrap_or("no reference")) @if let Some(source) = &each.source { span.soft { " from " (source) } } }
                td data-label="What matched" { (kinds(&each.kinds)) }
                td data-label="State" { (words::state(each.state)) @if let Some(decision) = each.decision { br; span.soft { (words::decision(decision)) } } }
                td data-label="Opened" { (moment(&each.opened)) }
            } } }
        } } }
        @if let Some(next) = list.next {
            p { a.button.quiet href={ (place::REVIEWS) "?after=" (next) @if let Some(state) = state { "&state=" (state_name(state)) } } { "Next page" } }
        }
    };
    page("Reviews", place::REVIEWS, Some(reader), &main)
}

/// One review; `clear` is what matched, if the reader has asked for it.
pub(crate) fn one(reader: &Reader, review: &Review, clear: Option<&[Identifier]>) -> String {
    let summary = &review.summary;
    let main = html! {
        h1 { "Review " (summary.id) }
        div.row { (badge(summary.verdict)) span.badge { (words::state(summary.state)) } }
        dl {
            dt { "Applicant" } dd { (summary.reference.as_deref().unwrap_or("no reference")) }
            @if let Some(source) = &summary.source { dt { "Came from" } dd { (source) } }
            dt { "Opened" } dd { (moment(&summary.opened)) }
            dt { "Deleted on" } dd { (review.deleted) }
        }
        div.note { p { (review.advice) } p { "A report is about an identifier. It does not say that this person did anything." } }
        h2 { "What matched" }
        @for finding in &review.findings { (facts(finding)) (result(&finding.result, None, None)) }
        @if review.cut { p { "More matched than is shown here." } }
        (in_clear(reader, review, clear))
        (coverage(&review.coverage))
        @if !review.marks.is_empty() { (marks(review)) }
        @if summary.state != ReviewState::Decided { (decide(reader, review)) }
    };
    page("Review", place::REVIEWS, Some(reader), &main)
}

/// What matched in clear, the way to ask for it, or why there is none.
fn in_clear(reader: &Reader, review: &Review, clear: Option<&[Identifier]>) -> Markup {
    html! {
        @if let Some(identifiers) = clear {
            section.card {
                h3 { "What matched, in clear" }
                dl { @for each in identifiers {
                    dt { (words::kind(&each.kind)) }
                    dd { (each.value) @if let Some(region) = &each.region { span.soft { " (" (region) ")" } } }
                } }
                p.soft { "Shown because you asked. The node's log says that you did, and not what you saw." }
            }
        } @else if review.identifiers_kept {
            form method="post" action={ (place::REVIEWS) "/" (review.summary.id) "/identifiers" } {
                (reader.secret())
                p { "What matched is masked. It is kept sealed until this review is decided, for " (IDENTIFIER_DAYS) " days at most. If
                     you ask to see it, the node's log says that you did." }
                button.quiet type="submit" { "Show it in clear" }
            }
        } @else {
            p.soft { "What matched is not kept, so it cannot be shown in clear: the review was decided, its " (IDENTIFIER_DAYS) " days are
                      over, only a resume matched, or your operator has nothing kept." }
        }
    }
}

fn facts(finding: &ReviewFinding) -> Markup {
    html! {
        p {
            @match finding.members {
                0 => "No member reports it any more.",
                1 => "Reported by one member.",
                members => { "Reported by " (members) " members that do not rely on each other." }
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

fn marks(review: &Review) -> Markup {
    html! {
        h2 { "Decisions" }
        ul.plain { @for mark in &review.marks { li {
            p { strong { (words::decision(mark.decision)) } }
            p { (mark.reason) }
            p.soft { (mark.name) ", " (moment(&mark.time)) }
        } } }
        @if !review.disputes.is_empty() { p { "Disputed in " (review.disputes.len()) @if review.disputes.len() == 1 { " statement." } @else { " statements." } } }
    }
}

fn decide(reader: &Reader, review: &Review) -> Markup {
    let summary = &review.summary;
    html! {
        h2 { @if summary.state == ReviewState::SecondSignoff { "Sign as the second person" } @else { "Decide" } }
        form method="post" action={ (place::REVIEWS) "/" (summary.id) } {
            (reader.secret())
            fieldset { legend { "What did you find?" }
                @for decision in Decision::ALL {
                    label.choice { input type="radio" name="decision" value=(decision.name()) required; span { (words::decision(decision)) } }
                }
            }
            p { label for="reason" { "Why" span.hint { "In a sentence or more. It is kept sealed with the review." } }
                textarea #reason name="reason" required maxlength="4000" {} }
            fieldset { legend { "Before you confirm anything against an applicant" }
                p.soft { "Confirming needs every point. The other decisions need none." }
                @for point in &review.checklist {
                    label.choice { input type="checkbox" name="acknowledged" value=(point.id); span { (point.text) } }
                }
            }
            @if reader.may(Scope::Publish) {
                fieldset { legend { "Tell the others" }
                    label.choice { input type="checkbox" name="dispute" value="yes"; span {
                        "Dispute the reports with this decision (false match or victim). Members see that your employer disputes
                         them; nobody learns whom it is about."
                        @if !review.identifiers_kept { " This review no longer keeps what matched: dispute it on the page Report instead." }
                    } }
                }
            }
            button type="submit" { "Keep this decision" }
        }
    }
}

fn kinds(kinds: &[String]) -> String {
    kinds.iter().map(|kind| words::kind(kind)).collect::<Vec<_>>().join(", ")
}

/// The name of a state as the address has it.
const fn state_name(state: ReviewState) -> &'static str {
    match state {
        ReviewState::Open => "open",
        ReviewState::SecondSignoff => "second-signoff",
        ReviewState::Decided => "decided",
    }
}

/// A point in time to the minute.
pub(crate) fn moment(time: &str) -> String {
    match (time.get(..10), time.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute} UTC"),
        _ => time.to_owned(),
    }
}
