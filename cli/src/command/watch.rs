//! `larum watch`: who is watched, and what became known of them.

mod add;

use std::{thread, time::Duration};

use larum_protocol::api::{
    AlertAction, AlertInfo, AlertPage, AlertRequest, AlertState, WATCH_PAGE_MAX, WatchInfo, WatchPage, path, slug,
};

use super::Session;
use crate::{
    Status,
    args::{WatchArgs, WatchCommand},
    client::{Client, ClientError, Ended},
    error::Failure,
    output::{Table, plain, verdict},
};

/// How long it is waited before a connection is made again: at first, and at most.
const RECONNECT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// How often in a row the node may refuse the token before it is believed: it writes a new one at each start, and may be
/// asked before it has.
const REFUSALS_MAX: u32 = 5;
/// Watches that are listed; more is said in one line.
const LISTED_MAX: usize = 10_000;

pub(crate) fn run(args: WatchArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    match args.command {
        Some(WatchCommand::Add(add)) => add::run(&add, session),
        Some(WatchCommand::List) => list(session),
        Some(WatchCommand::Remove(watch)) => {
            session.client()?.delete(&path::WATCH.replace("{id}", &watch.id.to_string()))?;
            session.show(&serde_json::json!({ "removed": watch.id }), |_| format!("watch {} has ended", watch.id))
        }
        Some(WatchCommand::Acknowledge(alert)) => {
            let request = AlertRequest { action: AlertAction::Acknowledge };
            let path = path::ALERT.replace("{id}", &alert.id.to_string());
            let alert: AlertInfo = session.client()?.post(&path, &request)?;
            session.show(&alert, text)
        }
        None if args.follow => follow(&args, session),
        None => alerts(&args, session),
    }
}

/// Every alert, the one that changed longest ago first.
fn all_alerts(client: &Client) -> Result<Vec<AlertInfo>, ClientError> {
    let (mut alerts, mut after) = (Vec::new(), Some(0));
    while let Some(behind) = after {
        let page: AlertPage = client.get(&format!("{}?after={behind}&limit={WATCH_PAGE_MAX}", path::ALERTS))?;
        alerts.extend(page.alerts);
        after = page.next;
    }
    Ok(alerts)
}

fn alerts(args: &WatchArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let mut alerts = all_alerts(&session.client()?)?;
    alerts.retain(|alert| args.all || alert.state != AlertState::Closed);
    session.show(&AlertPage { alerts, next: None }, |page| match page.alerts.is_empty() {
        true => "no alert is open".to_owned(),
        false => page.alerts.iter().map(text).collect::<Vec<_>>().join("\n"),
    })
}

/// Prints what is open, then each change, over lost connections and restarts of the node.
fn follow(args: &WatchArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let mut client = session.client()?;
    let mut last = match args.after {
        Some(after) => after,
        None => {
            let alerts = all_alerts(&client)?;
            for alert in alerts.iter().filter(|alert| args.all || alert.state != AlertState::Closed) {
                print(alert, session)?;
            }
            alerts.last().map_or(0, |alert| alert.change)
        }
    };
    // Who began somewhere has not been let in yet.
    let mut patience = Patience { wait: RECONNECT.0, refusals: args.after.map_or(0, |_| REFUSALS_MAX) };
    loop {
        let ended = client.follow(path::ALERTS, &mut last, |data| {
            let alert: AlertInfo = serde_json::from_str(data).map_err(|_| ClientError::NotUnderstood)?;
            print(&alert, session)
        });
        let error = match ended {
            Ended::Output(failure) => return Err(failure),
            Ended::Connection(error) => error,
        };
        let Some(wait) = patience.after(&error) else { return Err(error.into()) };
        match is_refusal(&error) {
            true => client = session.client().unwrap_or(client), // the file may be half written
            false => session.console.note(&format!("{error}; trying again")),
        }
        thread::sleep(wait);
    }
}

/// How a connection that ended is made again.
struct Patience {
    wait: Duration,
    /// How often in a row the token was refused.
    refusals: u32,
}

impl Patience {
    /// How long to wait after a connection that ended so; `None` if it is not to be made again.
    fn after(&mut self, error: &ClientError) -> Option<Duration> {
        match error {
            // One that stood for a while had a good token and a node that was there: a node ends each after a time.
            ClientError::Broken => *self = Self { wait: RECONNECT.0, refusals: 0 },
            error if is_refusal(error) && self.refusals < REFUSALS_MAX => self.refusals += 1,
            error if may_come_back(error) => {}
            _ => return None,
        }
        let wait = self.wait;
        self.wait = (wait * 2).min(RECONNECT.1);
        Some(wait)
    }
}

/// Whether the node does not know the token: it made a new one when it was started again, and the file holds that.
fn is_refusal(error: &ClientError) -> bool {
    matches!(error, ClientError::Problem(problem) if problem.slug() == slug::UNAUTHORIZED)
}

fn may_come_back(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable(_) | ClientError::Broken | ClientError::Timeout => true,
        ClientError::Problem(problem) => matches!(problem.slug(), slug::UNAVAILABLE | slug::RATE_LIMIT),
        ClientError::NotUnderstood | ClientError::Status(_) => false,
    }
}

fn print(alert: &AlertInfo, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    match session.global.json {
        true => session.console.json_line(alert),
        false => session.console.raw(format!("{}\n", text(alert)).as_bytes()),
    }
}

/// One line: what, about whom, since when.
fn text(alert: &AlertInfo) -> String {
    let AlertInfo { id, source, reference, kind, members, disputed_by, changed, state, closed, .. } = alert;
    let what = match (state, closed) {
        (AlertState::Closed, Some(why)) => format!("closed: {}", why.name()),
        _ => verdict(alert.verdict).to_string(),
    };
    let disputed = if *disputed_by > 0 { format!(", disputed by {disputed_by}") } else { String::new() };
    let whom = whom(source.as_deref(), reference);
    format!("{changed}  alert {id}  {what}  {whom}  ({kind}, reported by {members}{disputed})")
}

/// A reference, with the system that it is of.
fn whom(source: Option<&str>, reference: &str) -> String {
    let reference = plain(reference);
    source.map_or_else(|| reference.to_string(), |source| format!("{}: {reference}", plain(source)))
}

fn list(session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let client = session.client()?;
    let (mut whole, mut after) = (WatchPage::default(), Some(0));
    while let Some(behind) = after.filter(|_| session.global.json || whole.watches.len() < LISTED_MAX) {
        let page: WatchPage = client.get(&format!("{}?after={behind}&limit={WATCH_PAGE_MAX}", path::WATCHES))?;
        after = page.next;
        whole.watches.extend(page.watches);
        (whole.count, whole.needs_check) = (page.count, page.needs_check);
    }
    session.show(&whole, |whole| {
        let mut table = Table::new(["watch", "until", "about", "kinds"]);
        whole.watches.iter().for_each(|watch| table.row(row(watch)));
        let mut said = vec![table.render(), format!("{} in all", watches(whole.count))];
        if whole.needs_check > 0 {
            said.push(format!("{} ended with the salt of their tags: check again to go on", whole.needs_check));
        }
        said.join("\n")
    })
}

fn row(watch: &WatchInfo) -> [String; 4] {
    let until = if watch.needs_check { "check again".to_owned() } else { watch.until.clone() };
    [watch.id.to_string(), until, whom(watch.source.as_deref(), &watch.reference), watch.kinds.join(", ")]
}

/// So many watches, in words.
fn watches(number: u64) -> String {
    format!("{number} {}", if number == 1 { "watch" } else { "watches" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_is_away_is_asked_less_and_less_often_and_one_whose_connection_stood_is_asked_soon() {
        let mut patience = Patience { wait: RECONNECT.0, refusals: 0 };
        let mut waits = |error: &ClientError| [(); 7].map(|()| patience.after(error).map(|wait| wait.as_secs()));
        let away = ClientError::Unreachable("http://127.0.0.1:1".to_owned());
        assert_eq!(waits(&away), [1, 2, 4, 8, 16, 30, 30].map(Some));
        assert_eq!(waits(&ClientError::Broken), [Some(1); 7]);
        assert_eq!(waits(&ClientError::NotUnderstood), [None; 7]);
    }
}
