//! The network: members and how fresh they are, peers and how far behind this node is, and what was stated lately.

use larum_protocol::api::{MemberList, PeerList, Scope, StatusAnswer};
use maud::{Markup, html};

use super::{
    layout::{Reader, page},
    place,
    results::coverage,
    reviews::moment,
    words,
};
use crate::http::Activity;

/// The page.
pub(crate) fn network(
    reader: &Reader,
    status: &StatusAnswer,
    members: &MemberList,
    peers: &PeerList,
    activity: &Activity,
) -> String {
    let main = html! {
        h1 { "Network" }
        (coverage(&status.coverage))
        @if reader.may(Scope::Admin) { @for warning in &status.warnings { div.note { p { (warning.text) } } } }
        dl {
            dt { "Your employer" } dd { (status.member) }
            dt { "Statements held" } dd { (status.store.statements) }
            dt { "Batches held" } dd { (status.store.batches) }
            dt { "Running since" } dd { (moment(&status.started)) }
            dt { "Version" } dd { (status.version) }
        }
        h2 { "What was stated lately" }
        (plots(activity))
        h2 { "Members" }
        div.scroll { table.stack {
            thead { tr { th scope="col" { "Member" } th scope="col" { "Standing" } th scope="col" { "Freshness" } } }
            tbody { @for member in &members.members { tr {
                td data-label="Member" { (member.name) }
                td data-label="Standing" { (member.status) }
                td data-label="Freshness" {
                    @if member.heard { "Heard in time" } @else { "Not heard lately" }
                    @if let Some(last) = member.nodes.iter().filter_map(|node| node.last_heard.as_deref()).max() { span.soft { " (last " (moment(last)) ")" } }
                }
            } } }
        } }
        h2 { "Connections" }
        @if peers.peers.is_empty() { p { "No other node is known." } } @else { div.scroll { table.stack {
            thead { tr { th scope="col" { "Member" } th scope="col" { "Connection" } th scope="col" { "Behind" } th scope="col" { "Round trip" } } }
            tbody { @for peer in &peers.peers { tr {
                td data-label="Member" { (peer.member) }
                td data-label="Connection" { (words::connection(peer.connection)) @if let Some(error) = peer.last_error.as_ref().filter(|_| reader.may(Scope::Admin)) { br; span.soft { (error) } } }
                td data-label="Behind" { @if peer.behind == 0 { "nothing" } @else { (peer.behind) " batches" } }
                td data-label="Round trip" { @if let Some(ms) = peer.rtt_ms { (ms) " ms" } @else { "–" } }
            } } }
        } } }
    };
    page("Network", place::NETWORK, Some(reader), &main)
}

/// Bars of a picture, at most: two years, or the most frequent reasons.
const BARS_MAX: usize = 24;
/// A bar's room and its height, where it begins and how long the longest is, in units of the picture.
const ROOM: u64 = 24;
const BAR: u64 = 16;
const LEFT: u64 = 100;
const LONGEST: u64 = 170;

/// How many statements there were lately, by month and by reason; each number stands there as text as well.
fn plots(activity: &Activity) -> Markup {
    let months = activity.months.len().saturating_sub(BARS_MAX);
    html! {
        @if activity.months.is_empty() { p { "Nothing was stated yet." } } @else {
            div.grid.wide {
                section.card { h3 { "By month" } (bars("Statements by month", &activity.months[months..], |month| month.to_owned())) }
                section.card { h3 { "By reason" }
                    (bars("Statements by reason", &activity.reasons[..activity.reasons.len().min(BARS_MAX)], |reason| words::short(reason).into_owned()))
                    details { summary { "What the reasons mean" } dl {
                        @for (reason, _) in activity.reasons.iter().take(BARS_MAX) { dt { (words::short(reason)) } dd { (words::reason(reason)) } }
                    } }
                }
            }
            @if activity.cut { p.soft { "Counted are the newest batches; older ones are held, too." } }
        }
    }
}

fn bars(title: &str, counts: &[(String, u64)], name: impl Fn(&str) -> String) -> Markup {
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let height = ROOM * counts.len() as u64 + 8;
    let long = |count: u64| {
        let long = u128::from(count) * u128::from(LONGEST) / u128::from(most);
        u64::try_from(long).unwrap_or(LONGEST)
    };
    html! {
        svg viewBox={ "0 0 320 " (height) } role="img" aria-label=(title) {
            line.axis x1=(LEFT) x2=(LEFT) y1="0" y2=(height) {}
            @for (at, (label, count)) in (0_u64..).zip(counts) {
                @let y = at * ROOM + 4;
                text x=(LEFT - 6) y=(y + 12) text-anchor="end" { (name(label)) }
                rect.bar x=(LEFT) y=(y) height=(BAR) width=(long(*count).max(1)) {}
                text x=(LEFT + long(*count) + 6) y=(y + 12) { (count) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fits_the_picture_however_much_was_stated() {
        let activity = Activity {
            months: vec![("2026-10".to_owned(), 1), ("2026-11".to_owned(), u64::MAX)],
            reasons: vec![("CLAIM.EMPLOYER_DENIED".to_owned(), 7), ("<script>".to_owned(), 3)],
            cut: true,
        };
        let page = plots(&activity).into_string();
        assert!(page.contains("width=\"170\"") && page.contains("width=\"1\""), "{page}");
        assert!(page.contains("employer denies") && page.contains("2026-10") && page.contains("older ones"), "{page}");
        assert!(!page.contains("<script>"), "{page}");
    }
}
