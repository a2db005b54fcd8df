//! The alerts in memory: by number, by what they are about, and in the order in which they changed.

use std::collections::{BTreeMap, HashMap};

use larum_protocol::api::{AlertInfo, AlertPage, AlertState};
use serde::{Deserialize, Serialize};

/// An alert as the journal keeps it: each change is a record of its own, and its number the change's.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Record {
    /// Which of the watch's identifiers it is about.
    pub(super) place: u32,
    /// With `id` 0 in the first record, whose number it takes.
    pub(super) alert: AlertInfo,
}

/// One line of the journal.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum Line {
    Change(Box<Record>),
    /// Somebody was erased; these alerts were about that one.
    Erased {
        erased: Vec<u64>,
    },
}

#[derive(Debug, Default)]
pub(super) struct State {
    alerts: HashMap<u64, Record>,
    about: HashMap<(u64, u32), u64>,
    by_change: BTreeMap<u64, u64>,
    /// The file says that somebody was erased: it, and others', were not rewritten since.
    pub(super) has_erased: bool,
}

impl State {
    /// Takes in a line that was read off the disk.
    pub(super) fn replay(&mut self, number: u64, line: Line) {
        match line {
            Line::Change(record) => drop(self.take(number, *record)),
            Line::Erased { erased } => {
                self.erase(&erased);
                self.has_erased = true;
            }
        }
    }

    /// Takes in a change that was kept under `number`.
    pub(super) fn take(&mut self, number: u64, mut record: Record) -> &AlertInfo {
        if record.alert.id == 0 {
            record.alert.id = number;
        }
        record.alert.change = number;
        let id = record.alert.id;
        if let Some(before) = self.alerts.get(&id) {
            self.by_change.remove(&before.alert.change);
        }
        self.by_change.insert(number, id);
        self.about.insert((record.alert.watch, record.place), id);
        let place = self.alerts.entry(id).insert_entry(record);
        &place.into_mut().alert
    }

    pub(super) fn get(&self, id: u64) -> Option<&Record> {
        self.alerts.get(&id)
    }

    pub(super) fn about(&self, watch: u64, place: u32) -> Option<&Record> {
        self.alerts.get(self.about.get(&(watch, place))?)
    }

    pub(super) fn len(&self) -> usize {
        self.alerts.len()
    }

    /// How many are in each state that asks for a person.
    pub(super) fn pending(&self) -> usize {
        self.alerts.values().filter(|record| record.alert.state != AlertState::Closed).count()
    }

    /// Those that changed after a change, the one that changed longest ago first.
    pub(super) fn since(&self, after: u64) -> impl Iterator<Item = &AlertInfo> {
        let later = self.by_change.range(after.saturating_add(1)..);
        later.filter_map(|(_, id)| Some(&self.alerts.get(id)?.alert))
    }

    pub(super) fn page(&self, after: u64, state: Option<AlertState>, limit: usize) -> AlertPage {
        let mut matching = self.since(after).filter(|alert| state.is_none_or(|state| alert.state == state));
        let alerts: Vec<AlertInfo> = matching.by_ref().take(limit).cloned().collect();
        let next = matching.next().and(alerts.last()).map(|alert| alert.change);
        AlertPage { alerts, next }
    }

    /// Those that wait for a person, or that are closed, of changes before one, the one that changed last first.
    pub(super) fn newest_first(&self, before: u64, closed: bool, limit: usize) -> AlertPage {
        let earlier = self.by_change.range(..before).rev();
        let mut matching = earlier
            .filter_map(|(_, id)| Some(&self.alerts.get(id)?.alert))
            .filter(|alert| (alert.state == AlertState::Closed) == closed);
        let alerts: Vec<AlertInfo> = matching.by_ref().take(limit).cloned().collect();
        let next = matching.next().and(alerts.last()).map(|alert| alert.change);
        AlertPage { alerts, next }
    }

    /// The number of the newest change.
    pub(super) fn newest(&self) -> u64 {
        self.by_change.last_key_value().map_or(0, |(change, _)| *change)
    }

    /// Whether a change is the newest of its alert.
    pub(super) fn is_current(&self, change: u64) -> bool {
        self.by_change.contains_key(&change)
    }

    /// Forgets these alerts.
    pub(super) fn erase(&mut self, ids: &[u64]) {
        for Record { place, alert } in ids.iter().filter_map(|id| self.alerts.remove(id)).collect::<Vec<_>>() {
            self.about.remove(&(alert.watch, place));
            self.by_change.remove(&alert.change);
        }
    }

    /// Forgets alerts.
    pub(super) fn forget(&mut self, is_old: impl Fn(&AlertInfo) -> bool) -> usize {
        let before = self.alerts.len();
        self.alerts.retain(|_, record| !is_old(&record.alert));
        let alerts = &self.alerts;
        self.about.retain(|_, id| alerts.contains_key(id));
        self.by_change.retain(|_, id| alerts.contains_key(id));
        before - self.alerts.len()
    }
}
