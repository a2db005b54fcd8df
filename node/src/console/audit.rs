//! The record of lookups, page by page from the newest on, and whether it holds together.

use larum_protocol::api::{AuditEvent, AuditRecord};
use maud::{Markup, html};

use super::{
    layout::{Reader, page},
    place,
    results::badge,
    reviews::moment,
    words,
};
use crate::audit::{NewestFirst, Verified};

/// A page of the record, newest first.
pub(crate) fn list(reader: &Reader, shown: &NewestFirst, token: impl Fn(&str) -> Option<String>) -> String {
    let main = html! {
        h1 { "Record of lookups" }
        p { "Who asked, when, about which kinds, with what outcome. It never says what was asked about. Each record is chained
             to the one before, so that none can be changed or taken out unnoticed. What was answered, whoever asked can prove:
             " a href=(place::RECEIPTS) { "verify a receipt" } "." }
        form method="post" action=(place::AUDIT_VERIFY) { (reader.secret()) button type="submit" { "Verify the whole record" } }
        @if let Some((oldest, newest)) = shown.held {
            p.soft { "The newest first. Number " (newest) " is the newest, number " (oldest) " the oldest that is kept." }
        }
        @if shown.unread > 0 {
            div.note.bad role="alert" { p { (shown.unread) " of this page cannot be read. Verify the whole record: that says where the damage is." } }
        }
        @if shown.records.is_empty() { p.card { "There are no records here." } } @else { div.scroll { table.stack {
            thead { tr { th scope="col" { "Number" } th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "What" } th scope="col" { "Outcome" } } }
            tbody { @for record in &shown.records { (row(record, &token)) } }
        } } }
        (beside(shown))
    };
    page("Record of lookups", place::AUDIT, Some(reader), &main)
}

/// The way to older and newer records.
fn beside(shown: &NewestFirst) -> Markup {
    let before = |number: u64| format!("{}?before={number}", place::AUDIT);
    html! {
        @if shown.older.is_some() || shown.newer.is_some() {
            nav.row.beside aria-label="Other records" {
                @if shown.newer.is_some() { a.button.quiet href=(place::AUDIT) { "Newest records" } }
                @if let Some(newer) = shown.newer { a.button.quiet href=(before(newer)) { "Newer records" } }
                @if let Some(older) = shown.older { a.button.quiet href=(before(older)) { "Older records" } }
            }
        }
    }
}

fn row(record: &AuditRecord, token: impl Fn(&str) -> Option<String>) -> Markup {
    let who = match record.token.as_str() {
        "" => "the node itself".to_owned(),
        id => token(id).unwrap_or_else(|| id.to_owned()),
    };
    let what: Vec<_> = record
        .results
        .iter()
        .map(|each| format!("{} × {}: {}", each.count, words::kind(&each.kind), words::verdict(each.verdict)))
        .collect();
    html! { tr {
        td data-label="Number" { (record.seq) }
        td data-label="When" { (moment(&record.time)) }
        td data-label="Who" { (who) }
        td data-label="What" { (event(record.event)) @if !what.is_empty() { br; span.soft { (what.join(", ")) } } }
        td data-label="Outcome" { (badge(record.verdict)) }
    } }
}

const fn event(event: AuditEvent) -> &'static str {
    match event {
        AuditEvent::Check => "A check",
        AuditEvent::Application => "An application",
        AuditEvent::BulkOpened => "Many checks began",
        AuditEvent::Bulk => "Many checks, all answered",
        AuditEvent::BulkCut => "Many checks, broken off",
        AuditEvent::Recovered => "The end of the record was damaged by a crash and set aside",
    }
}

/// Whether the record holds together.
pub(crate) fn verified(reader: &Reader, outcome: Result<&Verified, &str>) -> String {
    let main = html! {
        h1 { "Record of lookups" }
        @match outcome {
            Ok(verified) => div.note.good role="status" {
                p { "The record holds together, from number " (verified.first) " to number " (verified.last) "." }
                p { "Note this down, and you can tell later that nothing up to here was changed: " code { (verified.head) } }
            },
            Err(told) => div.note.bad role="alert" { p { "The record does not hold together: " (told) "." } p { "Keep a copy of the folder as it is, and compare it with a backup." } },
        }
        p { a.button.quiet href=(place::AUDIT) { "Back to the record" } }
    };
    page("Record of lookups", place::AUDIT, Some(reader), &main)
}
