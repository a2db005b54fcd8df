//! Alerts: what became known about somebody who is watched, until a person has seen it.

use larum_protocol::api::{AlertInfo, AlertState, Report};
use maud::{Markup, html};

use super::{
    layout::{Reader, page},
    place,
    results::{badge, report},
    reviews::moment,
    words,
};

/// What the address says to see those that are closed.
const CLOSED: &str = "?closed=true";

/// An alert, and what helps the person who looks.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) alert: AlertInfo,
    /// Who says what now.
    pub(crate) reports: Vec<Report>,
    /// The review of the same applicant.
    pub(crate) review: Option<u64>,
}

/// The alerts that wait for a person, or those that are closed; `next` leads to older ones.
pub(crate) fn list(reader: &Reader, alerts: &[Told], next: Option<u64>, closed: bool) -> String {
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
            p { "Read who reports what and why, " a href=(place::CHECK) { "check the person again" } ", and let a person decide. Acknowledge an alert once somebody has seen it: that changes nothing but this list, and it comes back if it becomes graver." }
        }
        @if alerts.is_empty() { p.card { "There are none here." } } @else { div.scroll { table.stack {
            thead { tr { th scope="col" { "Whom" } th scope="col" { "What is said" } th scope="col" { "State" } th scope="col" { "When" } @if !closed { th scope="col" { "What to do" } } } }
            tbody { @for told in alerts { (row(reader, told)) } }
        } } }
        @if let Some(next) = next {
            p { a.button.quiet href={ (place::ALERTS) "?before=" (next) @if closed { "&closed=true" } } { "Older ones" } }
        }
    };
    page("Alerts", place::ALERTS, Some(reader), &main)
}

fn row(reader: &Reader, Told { alert, reports, review }: &Told) -> Markup {
    let whom = if alert.reference.is_empty() { "no reference" } else { &alert.reference };
    html! { tr {
        td.whom data-label="Whom" {
            strong { (whom) } br;
            span.soft { @if let Some(source) = &alert.source { (source) ", " } "watch " (alert.watch) }
            @if let Some(review) = review { br; a href=(place::REVIEW.replace("{id}", &review.to_string())) { "Review " (review) } }
        }
        td data-label="What is said" {
            (words::kind(&alert.kind)) " " (badge(alert.verdict)) br;
            span.soft { (voices(alert)) @if let Some(strength) = alert.strength { ": " (words::strength(strength)) } }
            @if !reports.is_empty() {
                details { summary { "Who says what now, and why" } ul.plain { @for each in reports { (report(reader, each, None)) } } }
            }
        }
        td data-label="State" { (words::alert(alert)) }
        td data-label="When" { "Raised " (moment(&alert.raised)) @if alert.changed != alert.raised { br; span.soft { "changed " (moment(&alert.changed)) } } }
        @if alert.state != AlertState::Closed {
            td {
                (button(reader, place::ALERT_ACKNOWLEDGE, alert.id, "Acknowledge", &format!("the alert about {whom}, {}", words::kind(&alert.kind))))
                (button(reader, place::ALERT_END, alert.watch, "End the watch", &format!("of {whom}")))
            }
        }
    } }
}

fn button(reader: &Reader, place: &str, id: u64, does: &str, to: &str) -> Markup {
    html! { form method="post" action=(place) {
        (reader.secret()) input type="hidden" name="id" value=(id);
        button.quiet type="submit" aria-label={ (does) " " (to) } { (does) }
    } }
}

fn voices(alert: &AlertInfo) -> String {
    let by = match alert.members {
        0 => "no member reports it any more".to_owned(),
        1 => "reported by one member".to_owned(),
        count => format!("reported by {count} members"),
    };
    match alert.disputed_by {
        0 => by,
        1 => format!("{by}, disputed by one"),
        count => format!("{by}, disputed by {count}"),
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
            source: Some("greenhouse".to_owned()),
            reference: "<b>candidate</b>".to_owned(),
            kind: "email".to_owned(),
            verdict: Verdict::Listed,
            strength: None,
            members: 2,
            disputed_by: 1,
            state: AlertState::Open,
            closed: None,
            raised: "2026-11-02T10:00:00Z".to_owned(),
            changed: "2026-11-02T10:00:00Z".to_owned(),
        };
        let report = Report {
            member: "Birch <i>".to_owned(),
            stance: "assert".to_owned(),
            role: "actor-controlled".to_owned(),
            reason: "ART.REUSE".to_owned(),
            evidence: "confirmed".to_owned(),
            observed: "2026-11-01".to_owned(),
            expires: "2028-10-31".to_owned(),
            origin: None,
            derived: None,
            statement: None,
            re: None,
        };
        let told = |alert: AlertInfo| Told { alert, reports: vec![report.clone()], review: Some(12) };
        let shown = list(&reader, &[told(open.clone())], Some(9), false);
        for told in [
            "&lt;b&gt;candidate",
            "greenhouse, watch 3",
            "E-mail address",
            "reported by 2 members, disputed by one",
            "Waits for",
            "value=\"7\"",
            "?before=9",
            "Birch &lt;i&gt;",
            &words::reason("ART.REUSE"),
            "href=\"/reviews/12\"",
            "href=\"/check\"",
            "Acknowledge the alert about",
            "action=\"/alerts/end-watch\"",
        ] {
            assert!(shown.contains(told), "{told} is missing: {shown}");
        }
        assert!(!shown.contains("<b>") && !shown.contains("changed "), "{shown}");
        let lifted =
            AlertInfo { state: AlertState::Closed, closed: Some(AlertClosed::Lifted), members: 0, ..open.clone() };
        let shown = list(&reader, &[told(lifted)], None, true);
        assert!(shown.contains("Lifted") && shown.contains("no member reports it any more"), "{shown}");
        assert!(!shown.contains("/alerts/acknowledge") && !shown.contains("end-watch"), "nothing to do: {shown}");
        let disputed = AlertInfo { state: AlertState::Disputed, ..open };
        assert!(list(&reader, &[told(disputed)], None, false).contains("read both sides"));
    }
}
