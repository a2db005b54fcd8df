//! The network: members and how fresh they are, peers and how far behind this node is, and how much each log holds.

use larum_protocol::api::{LogList, MemberList, PeerList, StatusAnswer};
use maud::{Markup, html};

use super::{
    layout::{Reader, page},
    place,
    results::coverage,
    reviews::moment,
    words,
};

/// The page.
pub(crate) fn network(
    reader: &Reader,
    status: &StatusAnswer,
    members: &MemberList,
    peers: &PeerList,
    logs: &LogList,
) -> String {
    let main = html! {
        h1 { "Network" }
        (coverage(&status.coverage))
        @for warning in &status.warnings { div.note { p { (warning.text) } } }
        dl {
            dt { "Your employer" } dd { (status.member) }
            dt { "Statements held" } dd { (status.store.statements) }
            dt { "Batches held" } dd { (status.store.batches) }
            dt { "Running since" } dd { (moment(&status.started)) }
            dt { "Version" } dd { (status.version) }
        }
        h2 { "Batches of each member" }
        (plot(logs))
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
                td data-label="Connection" { (words::connection(peer.connection)) @if let Some(error) = &peer.last_error { br; span.soft { (error) } } }
                td data-label="Behind" { @if peer.behind == 0 { "nothing" } @else { (peer.behind) " batches" } }
                td data-label="Round trip" { @if let Some(ms) = peer.rtt_ms { (ms) " ms" } @else { "–" } }
            } } }
        } } }
    };
    page("Network", place::NETWORK, Some(reader), &main)
}

/// Bars of a picture, at most: the most active members.
const BARS_MAX: usize = 20;
/// A bar's room, its height, where it begins and how long the longest is, in units of the picture.
const ROOM: u64 = 26;
const BAR: u64 = 18;
const LEFT: u64 = 210;
const LONGEST: u64 = 360;

/// How many batches each member has published, as a picture and in words.
fn plot(logs: &LogList) -> Markup {
    let mut members = std::collections::BTreeMap::<&str, u64>::new();
    for log in &logs.logs {
        *members.entry(&log.member).or_default() += log.seq.map_or(0, |seq| seq.saturating_add(1));
    }
    let mut bars: Vec<_> = members.into_iter().collect();
    bars.sort_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(two.0)));
    bars.truncate(BARS_MAX);
    let most = bars.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let height = ROOM * bars.len() as u64 + 8;
    html! {
        @if bars.is_empty() { p { "Nothing was published yet." } } @else {
            svg viewBox={ "0 0 640 " (height) } role="img" aria-label="Batches published by each member" {
                line.axis x1=(LEFT) x2=(LEFT) y1="0" y2=(height) {}
                @for (at, (member, count)) in (0_u64..).zip(&bars) {
                    @let y = at * ROOM + 4;
                    text x=(LEFT - 8) y=(y + 13) text-anchor="end" { (short(member)) }
                    rect.bar x=(LEFT) y=(y) height=(BAR) width=((count * LONGEST) / most) {}
                    text x=(LEFT + (count * LONGEST) / most + 8) y=(y + 13) { (count) }
                }
            }
        }
    }
}

/// A name that fits beside its bar.
fn short(name: &str) -> String {
    if name.chars().count() <= 28 { name.to_owned() } else { name.chars().take(27).chain(['…']).collect() }
}
