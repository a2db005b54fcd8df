//! The queue of reviews, and the page of one with its decision.

use larum_protocol::api::{
    DECISION_REASON_CHARS_MIN, Decision, Identifier, Review, ReviewList, ReviewQuery, ReviewState, Scope,
};
use maud::{Markup, html};

use super::{
    layout::{Reader, page},
    place,
    results::{badge, coverage, finding},
    words,
};
use crate::reviews::IDENTIFIER_DAYS;

/// The queue.
pub(crate) fn list(reader: &Reader, list: &ReviewList, query: ReviewQuery) -> String {
    let tabs = [
        ("Open", "state=open", (Some(ReviewState::Open), None)),
        ("Second person", "state=second-signoff", (Some(ReviewState::SecondSignoff), None)),
        ("Decided", "state=decided", (Some(ReviewState::Decided), None)),
        ("To be disputed", "undisputed=true", (None, Some(true))),
        ("All", "", (None, None)),
    ];
    let shown = (query.state, query.undisputed);
    let of_tab = tabs.iter().find(|(.., of)| *of == shown).map_or("", |(_, query, _)| *query);
    let main = html! {
        h1 { "Reviews" }
        p { (list.waiting) " waiting for a decision." }
        nav aria-label="Which reviews" { ul {
            @for (name, query, of) in tabs {
                li { a href={ (place::REVIEWS) "?" (query) } aria-current=[(of == shown).then_some("true")] { (name) } }
            }
        } }
        @if list.reviews.is_empty() { p.card { "There are none here." } } @else { div.scroll { table.stack {
            thead { tr { th scope="col" { "Review" } th scope="col" { "Applicant" } th scope="col" { "What matched" } th scope="col" { "State" } th scope="col" { "Opened" } } }
            tbody { @for each in &list.reviews { tr {
                td data-label="Review" { a href={ (place::REVIEWS) "/" (each.id) } { "Review " (each.id) } " " (badge(each.verdict)) }
                td data-label="Applicant" { (each.reference.as_deref().unwrap_or("no reference")) @if let Some(source) = &each.source { span.soft { " from " (source) } } }
                td data-label="What matched" { (kinds(&each.kinds)) }
                td data-label="State" { (words::state(each.state)) @if let Some(decision) = each.decision { br; span.soft { (words::decision(decision)) @if each.undisputed { ". The reports are not disputed." } } } }
                td data-label="Opened" { (moment(&each.opened)) }
            } } }
        } } }
        @if let Some(next) = list.next {
            p { a.button.quiet href={ (place::REVIEWS) "?" (of_tab) @if !of_tab.is_empty() { "&" } "after=" (next) } { "Next page" } }
        }
    };
    page("Reviews", place::REVIEWS, Some(reader), &main)
}

/// What the page of a review shows beside it.
#[derive(Default)]
pub(crate) struct Beside<'a> {
    /// What matched, if the reader has asked for it.
    pub(crate) clear: Option<&'a [Identifier]>,
    /// Why what was asked for was not done.
    pub(crate) refused: Option<&'a str>,
    /// The reason that was written for it.
    pub(crate) reason: &'a str,
}

/// One review.
pub(crate) fn one(reader: &Reader, review: &Review, beside: &Beside<'_>) -> String {
    let summary = &review.summary;
    let main = html! {
        h1 { "Review " (summary.id) }
        @if let Some(why) = beside.refused { div.note.bad role="alert" { p { "Nothing was kept: " (why) "." } } }
        div.row { (badge(review.verdict_now.unwrap_or(summary.verdict))) span.badge { (words::state(summary.state)) } }
        @if review.verdict_now.is_some_and(|now| now != summary.verdict) {
            p { "When it was opened: " (words::verdict(summary.verdict)) ". It is held against what members say now." }
        }
        dl {
            dt { "Applicant" } dd { (summary.reference.as_deref().unwrap_or("no reference")) }
            @if let Some(source) = &summary.source { dt { "Came from" } dd { (source) } }
            dt { "Opened" } dd { (moment(&summary.opened)) }
            dt { "Deleted on" } dd { (review.deleted) }
        }
        div.note { p { (review.advice) } p { "A report is about an identifier. It does not say that this person did anything." } }
        h2 { "What matched" }
        @for each in &review.findings { (finding(reader, each)) }
        @if review.cut { p { "More matched than is shown here." } }
        (in_clear(reader, review, beside.clear))
        (coverage(&review.coverage))
        @if !review.marks.is_empty() { (marks(review)) }
        (disputed(reader, review))
        @if summary.state == ReviewState::Decided { (reopen(reader, review, beside)) } @else { (decide(reader, review, beside)) }
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

fn marks(review: &Review) -> Markup {
    html! {
        h2 { "Decisions" }
        ul.plain { @for mark in &review.marks { li {
            p { strong { (mark.decision.map_or("Reopened: it was not to be decided so", words::decision)) } }
            p { (mark.reason) }
            p.soft { (mark.name) ", " (moment(&mark.time)) }
        } } }
    }
}

/// What was disputed and what was not; and the way to do it after the decision.
fn disputed(reader: &Reader, review: &Review) -> Markup {
    let (summary, at) = (&review.summary, format!("{}/{}/dispute", place::REVIEWS, review.summary.id));
    html! {
        @match review.disputes.len() {
            0 => "",
            1 => p { "One report was disputed." },
            count => p { (count) " reports were disputed." },
        }
        @if !review.not_disputed.is_empty() {
            p { "Not disputed:" }
            ul { @for each in &review.not_disputed {
                li { (words::kind(&each.kind)) ": " (each.masked.as_deref().unwrap_or("the file")) ", because " (each.why) "." }
            } }
        }
        @if summary.undisputed && review.disputable {
            @if reader.may(Scope::Publish) {
                form method="post" action=(at) {
                    (reader.secret())
                    input type="hidden" name="shown" value=(review.shown);
                    p { "The reports were not disputed: other employers still see them as they are." }
                    button type="submit" { "Dispute the reports" }
                }
            } @else {
                p { strong { "The reports were not disputed: " } "other employers still see them as they are. Ask a colleague who may report
                     to dispute them on this page." }
            }
        }
    }
}

fn decide(reader: &Reader, review: &Review, beside: &Beside<'_>) -> Markup {
    let summary = &review.summary;
    html! {
        h2 { @if summary.state == ReviewState::SecondSignoff { "Sign as the second person" } @else { "Decide" } }
        form method="post" action={ (place::REVIEWS) "/" (summary.id) } {
            (reader.secret())
            input type="hidden" name="shown" value=(review.shown);
            fieldset { legend { "What did you find?" }
                @for decision in Decision::ALL {
                    label.choice { input type="radio" name="decision" value=(decision.name()) required; span { (words::decision(decision)) } }
                }
            }
            (reason(beside))
            fieldset { legend { "Before you confirm anything against an applicant" }
                p.soft { "Confirming needs every point. The other decisions need none." }
                @for point in &review.checklist {
                    label.choice { input type="checkbox" name="acknowledged" value=(point.id); span { (point.text) } }
                }
            }
            (tell_others(reader, review))
            button type="submit" { "Keep this decision" }
        }
    }
}

/// The box of a dispute, or why there is none.
fn tell_others(reader: &Reader, review: &Review) -> Markup {
    html! {
        @if !review.disputable {
            p.soft { "Nothing here can be disputed with the decision: nobody else reports it any more, or it was found too long ago." }
        } @else if !reader.may(Scope::Publish) {
            p { "If you find a false match or a victim, other employers still see the reports as they are: then ask a colleague who may
                 report to dispute them on this page." }
        } @else if !would_decide(reader, review) {
            p { "It takes two people. Whoever signs second can dispute the reports." }
        } @else {
            fieldset { legend { "Tell the others" }
                label.choice { input type="checkbox" name="dispute" value="yes"; span {
                    "Dispute the reports with this decision (false match or victim). Members see that your employer disputes
                     them; nobody learns whom it is about."
                } }
            }
        }
    }
}

/// Whether the reader's signature can be the one that decides.
fn would_decide(reader: &Reader, review: &Review) -> bool {
    let since = review.marks.iter().rev().take_while(|mark| mark.decision.is_some());
    review.signatures < 2 || since.into_iter().any(|mark| mark.name != reader.name)
}

fn reopen(reader: &Reader, review: &Review, beside: &Beside<'_>) -> Markup {
    html! {
        details open[beside.refused.is_some()] { summary { "Was this a mistake? Reopen the review" }
            form method="post" action={ (place::REVIEWS) "/" (review.summary.id) "/reopen" } {
                (reader.secret())
                p { "It waits for a decision again. What was decided stays here to be read, and what was disputed stays disputed until it is
                     withdrawn on the page Report." }
                (reason(beside))
                button.quiet type="submit" { "Reopen" }
            }
        }
    }
}

fn reason(beside: &Beside<'_>) -> Markup {
    html! {
        p { label for="reason" { "Why" span.hint { "In a sentence or more. It is kept sealed with the review." } }
            textarea #reason name="reason" required minlength=(DECISION_REASON_CHARS_MIN) maxlength="4000" { (beside.reason) } }
    }
}

fn kinds(kinds: &[String]) -> String {
    kinds.iter().map(|kind| words::kind(kind)).collect::<Vec<_>>().join(", ")
}

/// A point in time to the minute.
pub(crate) fn moment(time: &str) -> String {
    match (time.get(..10), time.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute} UTC"),
        _ => time.to_owned(),
    }
}
