//! Reporting, withdrawing and disputing: a form, a preview of exactly what leaves the node, and what became of it.

use larum_protocol::{
    api::{Action, StatementRow, StatementsAnswer},
    kind::Kind,
    vocabulary::{Reason, Role},
};
use maud::{Markup, html};

use super::{
    layout::{Reader, page},
    place, words,
};

/// The field by which somebody affirms that the evidence meets the standard.
pub(crate) const STANDARD: &str = "standard";
/// What the field affirms.
const STANDARD_TEXT: &str = "The evidence meets the standard. Confirmed: it is clear enough to hand to the police, one of the \
    reasons fits, and the application or engagement ended because of it. Suspected: there are reasonable grounds, written \
    down where others of my employer can check them.";

/// The form.
pub(crate) fn form(reader: &Reader) -> String {
    let option = |value: &str, said: &str| html! { option value=(value) { (said) } };
    let main = html! {
        h1 { "Report, withdraw or dispute" }
        p { "You will see exactly what leaves this node before anything does." }
        form method="post" action=(place::STATEMENTS) {
            (reader.secret())
            fieldset { legend { "What do you want to do?" }
                label.choice { input type="radio" name="action" value="publish" required; span { "Report: an investigation of ours found this" } }
                label.choice { input type="radio" name="action" value="withdraw"; span { "Withdraw what we reported" } }
                label.choice { input type="radio" name="action" value="dispute"; span { "Dispute what others reported: it hits an innocent person" } }
            }
            fieldset { legend { "About what" } div.grid {
                p { label for="kind" { "Kind" } select #kind name="kind" required {
                    @for kind in Kind::ALL { @if kind != Kind::Resume { (option(kind.name(), words::kind(kind.name()))) } } } }
                p { label for="value" { "Value" span.hint { "as it was written; it never leaves this node" } }
                    input #value type="text" name="value" required maxlength="2048" autocomplete="off" spellcheck="false"; }
                p { label for="region" { "Country" span.hint { "of a number without one, two letters" } } input #region type="text" name="region" maxlength="2" autocomplete="off"; }
                p { label for="asset" { "Currency" span.hint { "of a wallet" } } input #asset type="text" name="asset" maxlength="16" autocomplete="off"; }
            } }
            fieldset { legend { "Why" } div.grid {
                p { label for="reason" { "Reason" } select #reason name="reason" required {
                    optgroup label="To report" { @for reason in Reason::ALL { @if !reason.is_correction() { (option(&reason.word(), &words::reason(&reason.word()))) } } }
                    optgroup label="To withdraw or dispute" { @for reason in Reason::ALL { @if reason.is_correction() { (option(&reason.word(), &words::reason(&reason.word()))) } } }
                } }
                p { label for="role" { "What it is" span.hint { "to report" } } select #role name="role" {
                    option value="" { "–" }
                    @for role in Role::ALL { (option(&role.word(), &words::role(&role.word()))) } } }
                p { label for="evidence" { "Evidence" span.hint { "to report" } } select #evidence name="evidence" {
                    option value="" { "–" } (option("confirmed", "Confirmed")) (option("suspected", "Suspected")) } }
                p { label for="observed" { "Observed on" span.hint { "to report" } } input #observed type="date" name="observed"; }
                p { label for="expires" { "Counts until" span.hint { "empty: as long as is usual" } } input #expires type="date" name="expires"; }
                p { label for="origin" { "Public list" span.hint { "if it comes from one, such as ofac-sdn" } } input #origin type="text" name="origin" maxlength="64" autocomplete="off"; }
                p { label for="re" { "Number of the report" span.hint { "to dispute a certain one" } } input #re type="text" name="re" maxlength="64" autocomplete="off"; }
            } }
            fieldset { legend { "Evidence standard" }
                label.choice { input type="checkbox" name=(STANDARD) value="yes"; span { (STANDARD_TEXT) } }
                p.soft { "Needed to report; not to withdraw or dispute." }
            }
            button type="submit" { "Show what would leave this node" }
        }
    };
    page("Report", place::STATEMENTS, Some(reader), &main)
}

/// What would leave the node, before it does. `checked` is the outcome of a dry run, `tags` what stands for the value.
pub(crate) fn preview(
    reader: &Reader,
    row: &StatementRow,
    masked: &str,
    tags: &[String],
    checked: &StatementsAnswer,
) -> String {
    let outcome = checked.rows.first();
    let expires = outcome.and_then(|outcome| outcome.expires.as_deref());
    let main = html! {
        h1 { "This would leave your node" }
        div.card {
            dl {
                dt { "What is said" } dd { (action(row.action)) }
                dt { "Kind" } dd { (words::kind(&row.kind)) }
                @if let Some(reason) = &row.reason { dt { "Reason" } dd { (words::reason(reason)) } }
                @if let Some(role) = &row.role { dt { "What it is" } dd { (words::role(role)) } }
                @if let Some(evidence) = &row.evidence { dt { "Evidence" } dd { (words::evidence(evidence)) } }
                @if let Some(observed) = &row.observed { dt { "Observed on" } dd { (observed) } }
                @if let Some(expires) = expires { dt { "Counts until" } dd { (expires) } }
                @if let Some(origin) = &row.origin { dt { "Public list" } dd { (origin) } }
                @if let Some(re) = &row.re { dt { "About the report" } dd { code { (re) } } }
                dt { "In place of the value" }
                dd { @match tags.len() { 0 => "no tag", 1 => "this tag", count => { "these " (count) " tags" } } ":"
                    ul.plain { @for tag in tags { li { code { (tag) } } } } }
                dt { "Signed by" } dd { "your employer's node, with the time" }
            }
        }
        div.note.good {
            p { "What stays here: the value itself (" (masked) "), who wrote it, and everything about the applicant." }
            details { summary { "Show the value" } p { (row.value) } }
        }
        @if let Some(note) = outcome.and_then(|outcome| outcome.note.as_deref()) { p { "Note: " (note) "." } }
        form method="post" action=(place::CONFIRM) {
            (reader.secret())
            (hidden(row))
            @if row.action == Action::Publish {
                fieldset { legend { "Evidence standard" }
                    label.choice { input type="checkbox" name=(STANDARD) value="yes" required; span { (STANDARD_TEXT) } } }
            }
            div.row { button type="submit" { "Yes, send this to all members" } a.button.quiet href=(place::STATEMENTS) { "No, go back" } }
        }
    };
    page("This would leave your node", place::STATEMENTS, Some(reader), &main)
}

/// The row again, for the confirmation.
fn hidden(row: &StatementRow) -> Markup {
    let field = |name: &str, value: Option<&str>| html! { @if let Some(value) = value { input type="hidden" name=(name) value=(value); } };
    html! {
        (field("action", Some(action_name(row.action))))
        (field("kind", Some(&row.kind))) (field("value", Some(&row.value)))
        (field("region", row.region.as_deref())) (field("asset", row.asset.as_deref()))
        (field("role", row.role.as_deref())) (field("reason", row.reason.as_deref()))
        (field("evidence", row.evidence.as_deref())) (field("observed", row.observed.as_deref()))
        (field("expires", row.expires.as_deref())) (field("origin", row.origin.as_deref())) (field("re", row.re.as_deref()))
    }
}

/// What became of it.
pub(crate) fn done(reader: &Reader, row: &StatementRow, answer: &StatementsAnswer) -> String {
    let outcome = answer.rows.first();
    let main = html! {
        h1 { "Done" }
        div.note.good role="status" {
            p { (action(row.action)) " It is on your node's disk, signed, and on its way to the other members." }
            @if let Some(note) = outcome.and_then(|outcome| outcome.note.as_deref()) { p { "Note: " (note) "." } }
        }
        dl {
            @if let Some(masked) = outcome.and_then(|outcome| outcome.masked.as_deref()) { dt { "About" } dd { (masked) } }
            @if let Some(expires) = outcome.and_then(|outcome| outcome.expires.as_deref()) { dt { "Counts until" } dd { (expires) } }
            @if let Some(statement) = outcome.and_then(|outcome| outcome.statement.as_deref()) { dt { "Number" } dd { code { (statement) } } }
        }
        p { a.button.quiet href=(place::STATEMENTS) { "Another one" } }
    };
    page("Done", place::STATEMENTS, Some(reader), &main)
}

const fn action(action: Action) -> &'static str {
    match action {
        Action::Publish => "Your employer reports it.",
        Action::Withdraw => "Your employer withdraws its report.",
        Action::Dispute => "Your employer disputes what others reported.",
    }
}

const fn action_name(action: Action) -> &'static str {
    match action {
        Action::Publish => "publish",
        Action::Withdraw => "withdraw",
        Action::Dispute => "dispute",
    }
}
