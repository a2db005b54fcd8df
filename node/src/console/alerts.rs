//! Alerts: what became known about somebody who is watched, until a person has seen it.

use larum_protocol::api::{AlertInfo, AlertPage, AlertState};
use maud::{Markup, html};

use super::{
    layout::{Reader, page},
    place,
    results::badge,
    reviews::moment,
    words,
};

/// What the address says to see those that are closed.
const CLOSED: &str = "?closed=true";

/// The alerts that wait for a person, or those that are closed.
pub(crate) fn list(reader: &Reader, alerts: &AlertPage, closed: bool) -> String {
    let main = html! {
        h1 { "Alerts" }
        p { (reader.alerts) " waiting for somebody to look." }
        nav aria-label="Which alerts" { ul {
            @for (name, query, of) in [("Waiting", "", false), ("Closed", CLOSED, true)] {
                li { a href={ (place::ALERTS) (query) } aria-current=[(of == closed).then_some("true")] { (name) } }
            }
        } }
        div.note {
            p { "An alert is about an identifier of somebody whom you have watched. It does not say that this person did anything." }
            p { "Check the person again to read who reports what and why, and let a person decide. Acknowledging changes nothing but this list." }
        }
        @if alerts.alerts.is_empty() { p.card { "There are none here." } } @else { div.scroll { table.stack {
            thead { tr { th scope="col" { "Whom" } th scope="col" { "What is said" } th scope="col" { "State" } th scope="col" { "When" } @if !closed { th scope="col" { "Acknowledge" } } } }
            tbody { @for alert in &alerts.alerts { (row(reader, alert)) } }
        } } }
        @if let Some(next) = alerts.next {
            p { a.button.quiet href={ (place::ALERTS) "?before=" (next) @if closed { "&closed=true" } } { "Older ones" } }
        }
    };
    page("Alerts", place::ALERTS, Some(reader), &main)
}

fn row(reader: &Reader, alert: &AlertInfo) -> Markup {
    let whom = if alert.reference.is_empty() { "no reference" } else { &alert.reference };
    html! { tr {
        td.whom data-label="Whom" { strong { (whom) } br; span.soft { "watch " (alert.watch) } }
        td data-label="What is said" {
            (words::kind(&alert.kind)) " " (badge(alert.verdict)) br;
            span.soft { (members(alert.members)) @if let Some(strength) = alert.strength { ": " (words::strength(strength)) } }
        }
        td data-label="State" { (words::alert(alert)) }
        td data-label="When" { "Raised " (moment(&alert.raised)) @if alert.changed != alert.raised { br; span.soft { "changed " (moment(&alert.changed)) } } }
        @if alert.state != AlertState::Closed {
            td { form method="post" action=(place::ALERT_ACKNOWLEDGE) {
                (reader.secret()) input type="hidden" name="id" value=(alert.id);
                button.quiet type="submit" aria-label={ "Acknowledge the alert about " (whom) ", " (words::kind(&alert.kind)) } { "Seen" }
            } }
        }
    } }
}

fn members(count: u32) -> String {
    match count {
        0 => "no member reports it any more".to_owned(),
        1 => "reported by one member".to_owned(),
        count => format!("reported by {count} members"),
    }
}

#[cfg(test)]
mod tests {
    use larum_protocol::api::{AlertClosed, Verdict};

    use super::*;

    #[test]
    fn an_alert_is_told_in_words_and_what_others_wrote_shows_as_text() {
        let reader = Reader {
            name: "Robin".to_owned(),
            scopes: Vec::new(),
            form: "secret".to_owned(),
            alerts: 1,
            reviews: 0,
            employer: String::new(),
        };
        let open = AlertInfo {
            id: 7,
            change: 9,
            watch: 3,
            reference: "<b>candidate</b>".to_owned(),
            kind: "email".to_owned(),
            verdict: Verdict::Listed,
            strength: None,
            members: 2,
            state: AlertState::Open,
            closed: None,
            raised: "2026-11-02T10:00:00Z".to_owned(),
            changed: "2026-11-02T10:00:00Z".to_owned(),
        };
        let shown = list(&reader, &AlertPage { alerts: vec![open.clone()], next: Some(9) }, false);
        for told in
            ["&lt;b&gt;candidate", "E-mail address", "reported by 2 members", "Waits for", "value=\"7\"", "?before=9"]
        {
            assert!(shown.contains(told), "{told} is missing: {shown}");
        }
        assert!(!shown.contains("<b>") && !shown.contains("changed "), "{shown}");
        let lifted =
            AlertInfo { state: AlertState::Closed, closed: Some(AlertClosed::Lifted), members: 0, ..open.clone() };
        let shown = list(&reader, &AlertPage { alerts: vec![lifted], next: None }, true);
        assert!(shown.contains("Lifted") && shown.contains("no member reports it any more"), "{shown}");
        assert!(!shown.contains("/alerts/acknowledge"), "nothing to acknowledge: {shown}");
        let disputed = AlertInfo { state: AlertState::Disputed, ..open };
        assert!(list(&reader, &AlertPage { alerts: vec![disputed], next: None }, false).contains("read both sides"));
    }
}
