//! What the node does for its API about watches and alerts.

use std::{fmt, sync::Arc};

use larum_protocol::{
    api::{
        AlertInfo, AlertPage, AlertState, CheckAnswer, CheckRequest, CoverageInfo, NewWatch, NotWatched, Report,
        Verdict, WATCH_DAYS_DEFAULT, WatchOutcome, WatchPage, WatchRef, WatchesAnswer,
    },
    clock::Day,
    kind::Kind,
};

use crate::{
    alerts::{AlertError, Alerts, Follower, NoPlace},
    checker::{Checked, Checker, shown_coverage, shown_reports},
    clock::now,
    http::ServiceError,
    ledger::Ledger,
    on_record::{Prepared, prepare},
    watches::{Item, Kept, New, WatchError, Watches},
};

/// Watches and alerts behind the API.
pub(crate) struct Watching {
    pub(crate) checker: Arc<Checker>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) watches: Arc<Watches>,
    pub(crate) alerts: Arc<Alerts>,
    /// The longest that this node keeps a watch; the policy may allow less.
    pub(crate) days_max: u32,
}

impl fmt::Debug for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watching").finish_non_exhaustive()
    }
}

impl Watching {
    /// A check that can be kept as a watch for so many days. Without room for the watch it is answered all the same.
    pub(crate) async fn check(&self, request: CheckRequest, days: u16) -> Result<(CheckAnswer, Keeping), ServiceError> {
        self.check_of(None, request, days, false).await
    }

    /// The same about an applicant of a system; `of_application` has it take the place of what was watched before.
    pub(super) async fn check_of(
        &self,
        source: Option<&str>,
        request: CheckRequest,
        days: u16,
        of_application: bool,
    ) -> Result<(CheckAnswer, Keeping), ServiceError> {
        let (mut lines, coverage) = self.checker.check_tagged(vec![request.identifiers]).await?;
        let line = lines.pop().unwrap_or_default();
        let verdict = worst(&line);
        let until = self.until(days);
        let items: Vec<Item> = line.iter().filter_map(|checked| item(checked, Some(checked.result.verdict))).collect();
        let identifiers = count(&items);
        let reference = request.reference.unwrap_or_default();
        let source = source.map(str::to_owned);
        let new = (!items.is_empty()).then_some(New { source, reference, until, items, of_application });
        let new = Vec::from_iter(new);
        let (keeping, warnings) = match self.prepare(new).await {
            Ok(keeping) => (keeping, Vec::new()),
            Err(error) if error.is_full() => (None, vec![not_watched(&error)]),
            Err(error) => return Err(error.into()),
        };
        let kept = keeping.as_ref().and_then(|keeping| keeping.what.first());
        let watch = kept.map(|kept| WatchRef { id: kept.id, until: kept.until.to_string(), identifiers });
        let results = line.into_iter().map(|checked| checked.result).collect();
        let advice = verdict.advice().into();
        Ok((CheckAnswer { verdict, results, coverage, advice, watch, warnings, receipt: None }, keeping))
    }

    /// Watches that can be kept, many at once. What is known already raises its alerts at once; the results are for the
    /// record.
    pub(crate) async fn add(&self, wanted: Vec<NewWatch>) -> Result<Added, ServiceError> {
        let (mut asked, mut new, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for watch in wanted {
            asked.push(watch.identifiers);
            new.push((watch.reference, self.until(watch.days.unwrap_or(WATCH_DAYS_DEFAULT))));
        }
        let (lines, coverage) = self.checker.check_tagged(asked).await?;
        let mut places = Vec::new();
        let mut news = Vec::new();
        for ((row, line), (reference, until)) in (1..).zip(&lines).zip(new) {
            let items: Vec<Item> = line.iter().filter_map(|checked| item(checked, None)).collect();
            rows.push(WatchOutcome { row, watch: None, verdict: Some(worst(line)), errors: why_not(line) });
            if !items.is_empty() {
                places.push((rows.len() - 1, count(&items)));
                news.push(New { source: None, reference, until, items, of_application: false });
            }
        }
        let keeping = self.prepare(news).await?;
        let kept = keeping.as_ref().map_or(&[][..], |keeping| &keeping.what);
        for ((place, identifiers), kept) in places.into_iter().zip(kept) {
            rows[place].watch = Some(WatchRef { id: kept.id, until: kept.until.to_string(), identifiers });
        }
        let added = kept.iter().filter(|kept| kept.is_new).count() as u64;
        Ok(Added { answer: WatchesAnswer { rows, added }, lines, coverage, keeping })
    }

    /// Finds out what can be kept.
    async fn prepare(&self, new: Vec<New>) -> Result<Keeping, WatchError> {
        if new.is_empty() {
            return Ok(None);
        }
        let (watches, ledger) = (Arc::clone(&self.watches), Arc::clone(&self.ledger));
        prepare(|gate| async move { watches.keep(&new, &ledger, gate).await.map(drop) }).await
    }

    pub(crate) fn page(&self, after: u64, limit: usize) -> WatchPage {
        self.watches.page(after, limit)
    }

    pub(crate) async fn remove(&self, id: u64) -> Result<(), ServiceError> {
        Ok(self.watches.remove(id).await?)
    }

    pub(crate) fn alerts(&self, after: u64, state: Option<AlertState>, limit: usize) -> AlertPage {
        self.alerts.page(after, state, limit)
    }

    /// Who says what now about the identifier of an alert; nobody where it is watched no more, or cannot be looked up.
    pub(crate) fn reports(&self, alert: &AlertInfo) -> Vec<Report> {
        let item = self.alerts.place(alert.id).and_then(|place| self.watches.item(alert.watch, place));
        let Some(item) = item else { return Vec::new() };
        match self.ledger.find(&item.tags(), now()) {
            Ok(found) => shown_reports(found.finding.reports, &self.ledger.roster()),
            Err(error) => {
                tracing::error!(%error, "what is said about whom is watched could not be looked up");
                Vec::new()
            }
        }
    }

    /// How complete what is known is.
    pub(crate) fn coverage(&self) -> CoverageInfo {
        shown_coverage(&self.ledger.coverage(), &self.ledger.roster())
    }

    pub(crate) async fn acknowledge(&self, id: u64) -> Result<AlertInfo, ServiceError> {
        Ok(self.alerts.acknowledge(id).await?)
    }

    /// Somebody with this token who is told of every change after one, or of those from now on.
    pub(crate) fn follow(&self, after: Option<u64>, token: &Arc<str>) -> Result<Follower, NoPlace> {
        self.alerts.follow(after.unwrap_or_else(|| self.alerts.newest()), token)
    }

    /// The last day of a watch that begins today.
    fn until(&self, days: u16) -> Day {
        let of_policy = self.ledger.roster().roster().policy.watch_days_max;
        now().day().plus(u32::from(days).min(self.days_max).min(of_policy))
    }
}

/// Watches that are kept once the lookup is on record, if there are any.
pub(crate) type Keeping = Option<Prepared<Vec<Kept>, WatchError>>;

/// Many watches that were asked for.
pub(crate) struct Added {
    pub(crate) answer: WatchesAnswer,
    /// What is known about each.
    pub(crate) lines: Vec<Vec<Checked>>,
    pub(crate) coverage: CoverageInfo,
    pub(crate) keeping: Keeping,
}

/// What is kept of an identifier, if it can be watched.
fn item(checked: &Checked, known: Option<Verdict>) -> Option<Item> {
    let kind: Kind = checked.result.kind.parse().ok()?;
    // Clear and unknown told nobody anything: whatever is reported is news.
    let known = known.filter(|verdict| *verdict > Verdict::Unknown);
    (!checked.tags.is_empty()).then(|| Item::new(kind, known, checked.tags.clone()))
}

fn worst(line: &[Checked]) -> Verdict {
    line.iter().map(|checked| checked.result.verdict).max().unwrap_or(Verdict::Unknown)
}

fn count(items: &[Item]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

/// A check is answered though there is no room for its watch: what whoever asked is told.
fn not_watched(error: &WatchError) -> String {
    tracing::warn!(%error, "a check is answered, and not watched");
    format!("this check is not watched: {error}")
}

/// Why identifiers of a line are not watched.
fn why_not(line: &[Checked]) -> Vec<NotWatched> {
    let why = |(identifier, checked): (u64, &Checked)| {
        let result = &checked.result;
        let why = result.error.as_deref().or(result.why.as_deref());
        let why = if result.allowed { Some("the allow list covers it") } else { why };
        let why = why.unwrap_or("no tag could be made of it").to_owned();
        checked.tags.is_empty().then_some(NotWatched { identifier, why })
    };
    (1..).zip(line).filter_map(why).collect()
}

impl From<WatchError> for ServiceError {
    fn from(error: WatchError) -> Self {
        let text = error.to_string();
        match error {
            WatchError::Full { .. } | WatchError::Tags { .. } => Self::Conflict(text),
            WatchError::Unknown => Self::NotFound(text),
            WatchError::Journal(_) => Self::Storage(text),
            WatchError::NotRecorded(_) => Self::Unavailable(text),
            WatchError::Alert(error) => error.into(),
        }
    }
}

impl From<AlertError> for ServiceError {
    fn from(error: AlertError) -> Self {
        let text = error.to_string();
        match error {
            AlertError::Unknown => Self::NotFound(text),
            AlertError::Full => Self::Conflict(text),
            AlertError::Journal(_) => Self::Storage(text),
        }
    }
}
