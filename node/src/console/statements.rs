//! Reporting, withdrawing and disputing: a form, a preview of exactly what leaves the node, and what became of it.

use larum_protocol::{
    api::{Action, StatementRow, StatementsAnswer},
    kind::Kind,
    vocabulary::{Reason, Role},
};
use maud::{Markup, html};

use super::{
    entered::Entered,
    layout::{Reader, page},
    place, words,
};

/// The field by which somebody affirms that the evidence meets the standard.
pub(crate) const STANDARD: &str = "standard";
/// The field by which somebody goes back from the preview, with what was entered.
pub(crate) const EDIT: &str = "edit";
/// What somebody affirms who confirms a report.
const STANDARD_TEXT: &str = "The evidence meets the standard. Confirmed: it is clear enough to hand to the police, one of the \
    reasons fits, and the application or engagement ended because of it. Suspected: there are reasonable grounds, written \
    down where others of my employer can check them.";

/// The form.
pub(crate) fn form(reader: &Reader, entered: &Entered<'_>) -> String {
    let action = |value: Action, said: &str| {
        let value = action_name(value);
        html! { label.choice { input type="radio" name="action" value=(value) checked[entered.is("action", value)] required; span { (said) } } }
    };
    let text = |name: &str, label: &str, hint: &str, length: &str| {
        html! { p { label for=(name) { (label) span.hint { (hint) } }
        input id=(name) type="text" name=(name) maxlength=(length) autocomplete="off" value=(entered.text(name)); } }
    };
    let day = |name: &str, label: &str, hint: &str| {
        html! { p { label for=(name) { (label) span.hint { (hint) } } input id=(name) type="date" name=(name) value=(entered.text(name)); } }
    };
    let reasons = |correct: bool| {
        let reasons = Reason::ALL.iter().filter(move |reason| reason.is_correction() == correct);
        html! { @for reason in reasons { (entered.option("reason", &reason.word(), &words::reason(&reason.word()))) } }
    };
    let main = html! {
        h1 { "Report, withdraw or dispute" }
        (entered.fault())
        p { "You will see exactly what leaves this node before anything does." }
        form method="post" action=(place::STATEMENTS) {
            (reader.secret())
            fieldset { legend { "What do you want to do?" }
                (action(Action::Publish, "Report: an investigation of ours found this"))
                (action(Action::Withdraw, "Withdraw what we reported"))
                (action(Action::Dispute, "Dispute what others reported: it hits an innocent person"))
            }
            fieldset { legend { "About what" } div.grid {
                p { label for="kind" { "Kind" } select #kind name="kind" required {
                    @for kind in Kind::ALL { @if kind != Kind::Resume { (entered.option("kind", kind.name(), words::kind(kind.name()))) } } } }
                p { label for="value" { "Value" span.hint { "as it was written; it never leaves this node" } }
                    input #value type="text" name="value" required maxlength="2048" autocomplete="off" spellcheck="false" value=(entered.text("value")); }
                (text("region", "Country", "of a number without one, two letters", "2"))
                (text("asset", "Currency", "of a wallet", "16"))
            } }
            fieldset { legend { "Why" } div.grid {
                p { label for="reason" { "Reason" } select #reason name="reason" required {
                    option value="" { "Choose one" }
                    optgroup label="To report" { (reasons(false)) }
                    optgroup label="To withdraw or dispute" { (reasons(true)) }
                } }
                p { label for="role" { "What it is" span.hint { "to report" } } select #role name="role" {
                    option value="" { "–" }
                    @for role in Role::ALL { (entered.option("role", &role.word(), &words::role(&role.word()))) } } }
                p { label for="evidence" { "Evidence" span.hint { "to report" } } select #evidence name="evidence" {
                    option value="" { "–" } (entered.option("evidence", "confirmed", "Confirmed")) (entered.option("evidence", "suspected", "Suspected")) } }
                (day("observed", "Observed on", "to report"))
                (day("expires", "Counts until", "empty: as long as is usual"))
                (text("origin", "Public list", "if it comes from one, such as ofac-sdn", "64"))
                (text("re", "Number of the report", "to dispute a certain one", "64"))
            } }
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
            div.row { button type="submit" { "Yes, send this to all members" }
                button.quiet type="submit" name=(EDIT) value="yes" formaction=(place::STATEMENTS) formnovalidate { "No, go back" } }
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
