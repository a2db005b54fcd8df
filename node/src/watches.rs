//! Watches: past checks and known people, kept as tags for a limited time, so that a later report raises an alert.
//!
//! Every statement that the node stores, its own or another's, is held against a table of the watches' tags, in constant
//! time; what is hit is folded as a check would be (`watches/hold.rs`) and handed to the alerts.
//! Invariant: nothing of an identifier is kept but its tags and its kind, sealed at rest, as is the reference (I1).
//! Invariant: a watch ends with its last day, whoever forgets about it (I4), and with the salt of its tags; then it says
//! that a new check is needed.
//! Invariant: a statement that is stored is held against the watches, over crashes as well: at the start every watch is
//! looked up in the index, which holds whatever is stored.
//! Absent on purpose: what the allow list covers when a watch begins (I12): it is not watched. What is allowed later is; end
//! such a watch.

mod end;
mod hold;
mod item;
mod list;
mod record;
mod table;

use std::{
    collections::{BTreeSet, HashSet},
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use larum_protocol::{
    api::{CHECK_IDENTIFIERS_MAX, WatchInfo, WatchPage},
    clock::Day,
    keys::PublicKey,
    kind::Kind,
    statement::Statement,
};
use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use self::record::{Plan, Record};
pub(crate) use self::{
    end::Erased,
    item::Item,
    list::{List, Whose},
    record::{Kept, New, WatchError},
};
use crate::{
    alerts::Alerts,
    clock::now,
    journal::{APPEND_BYTES_MAX, Journal, JournalError, JournalKey},
    ledger::Ledger,
    metrics::Metrics,
    on_record::Gate,
};

/// Tags for each watch that may be kept, on average. An email address or a number has up to four, a resume has 225: a
/// million watches of resumes would take gigabytes of memory.
const TAGS_PER_WATCH: usize = 16;
/// Tags that may be kept however few watches are allowed.
const TAGS_MIN: usize = 100_000;

/// Identifiers of one watch: no request names more.
const PLACES_MAX: u32 = CHECK_IDENTIFIERS_MAX as u32;

/// Every watch of this node.
#[derive(Debug)]
pub(crate) struct Watches {
    journal: Journal,
    list: RwLock<List>,
    /// Held while a record is written and taken in, so that a rewrite sees both or neither.
    writing: tokio::sync::Mutex<()>,
    /// Watches that something was said about since it was last looked.
    marks: Mutex<BTreeSet<u64>>,
    marked: Notify,
    /// Identifiers whose known verdict was seen to hold no longer.
    lifted: Mutex<HashSet<(u64, u32)>>,
    /// The day on which what is over was last wiped off the disk.
    wiped: Mutex<Day>,
    /// Somebody was erased since the files were last rewritten.
    erased: AtomicBool,
    alerts: Arc<Alerts>,
    metrics: Arc<Metrics>,
    count_max: usize,
}

impl Watches {
    /// The watches of a data folder.
    pub(crate) fn open(
        folder: &Path,
        node_seed: &[u8; 32],
        count_max: u32,
        alerts: Arc<Alerts>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, JournalError> {
        let (mut list, today) = (List::default(), now().day());
        let key = JournalKey::derive(node_seed, "watches");
        let journal = Journal::open(&folder.join("watches"), &key, |number, record| match minicbor::decode(record) {
            Ok(Record::Added { reference, until, items, source, replaces, of_application }) => {
                let new = New { source, reference, until, items, of_application };
                list.put(replaces.unwrap_or(number), number, &new);
            }
            Ok(Record::Renewed { watch, until }) => list.renew(watch, until, number),
            Ok(Record::Ended { watch }) => drop(list.remove(watch)),
            Err(error) => tracing::error!(number, %error, "a watch of another version was left out"),
        })?;
        list.expire(today);
        let watches = Self {
            journal,
            list: RwLock::new(list),
            writing: tokio::sync::Mutex::new(()),
            marks: Mutex::default(),
            marked: Notify::new(),
            lifted: Mutex::default(),
            wiped: Mutex::default(),
            erased: AtomicBool::new(alerts.has_erased()),
            alerts,
            metrics,
            count_max: count_max as usize,
        };
        watches.count();
        Ok(watches)
    }

    /// Starts holding what is known against the watches, as the node `own` sees it; it ends with `stop`.
    pub(crate) fn start(self: &Arc<Self>, ledger: Arc<Ledger>, own: PublicKey, stop: &CancellationToken) {
        tokio::spawn(hold::run(Arc::clone(self), ledger, own, stop.clone()));
    }

    /// Holds statements that were stored and are in the index against the watches: one look into a table a tag.
    pub(crate) fn arrived<'a>(&self, statements: impl IntoIterator<Item = &'a Statement>) {
        let list = self.list.read();
        if list.tags() == 0 {
            return;
        }
        let tags = statements.into_iter().flat_map(Statement::tags);
        self.mark(tags.flat_map(|tag| list.carrying(tag)));
    }

    /// Keeps watches once `gate` lets them pass; they are on the disk when this returns, all of them or none. What is watched
    /// already, about the same person, is renewed.
    ///
    /// To be run to its end once the gate was passed: see [`prepare`](crate::on_record::prepare).
    pub(crate) async fn keep(
        &self,
        new: &[New],
        ledger: &Ledger,
        gate: Gate<Vec<Kept>>,
    ) -> Result<Vec<Kept>, WatchError> {
        let _writing = self.writing.lock().await;
        let (plans, records) = self.plan(new)?;
        let bytes: usize = records.iter().map(|record| record.len() + 64).sum();
        if bytes > APPEND_BYTES_MAX {
            return Err(JournalError::AppendTooLong(bytes).into());
        }
        let first = self.journal.next();
        let kept: Vec<Kept> = new.iter().zip(&plans).map(|(new, plan)| plan.kept(new, first)).collect();
        gate.pass(kept.clone()).await?;
        if !records.is_empty() {
            self.journal.append(records).await?;
        }
        let mut left = Vec::new();
        {
            let mut list = self.list.write();
            for (new, plan) in new.iter().zip(&plans) {
                list.carry_out(new, plan, first, &mut left);
            }
        }
        self.count();
        // Behind the insertion: what is stored from now on is held against them, and what was stored before is found here.
        for ((kept, new), plan) in kept.iter().zip(new).zip(&plans) {
            let tags: Vec<[u8; 32]> = item::each_tag(&new.items).map(|tag| tag.0).collect();
            if matches!(plan, Plan::Add { .. } | Plan::Replace { .. }) && ledger.hits(&tags).contains(&true) {
                self.mark([kept.id]);
            }
        }
        for (id, places) in left {
            self.lifted.lock().retain(|(watch, _)| *watch != id);
            self.alerts.removed(id, &places).await?;
        }
        Ok(kept)
    }

    /// What is to be done about each, and the records of it.
    fn plan(&self, new: &[New]) -> Result<(Vec<Plan>, Vec<Vec<u8>>), WatchError> {
        let list = self.list.read();
        let (mut plans, mut records, mut added, mut tags) = (Vec::with_capacity(new.len()), Vec::new(), 0, 0);
        let mut write = |record: &Record| {
            records.push(minicbor::to_vec(record).expect("written to memory"));
            records.len() as u64 - 1
        };
        for new in new {
            let plan = match (list.same(new.whose(), &new.items), list.replaced(new)) {
                (Some(same), _) if same.until >= new.until => Plan::Leave { id: same.id, until: same.until },
                (Some(same), _) => {
                    let at = write(&Record::Renewed { watch: same.id, until: new.until });
                    Plan::Renew { at, id: same.id }
                }
                (None, Some((replaced, others))) => {
                    for watch in &others {
                        write(&Record::Ended { watch: *watch });
                    }
                    let named = |place| self.alerts.are_about(replaced.id, place);
                    let (items, left) = item::laid_out(&replaced.items(), &new.items, named);
                    let (id, until) = (replaced.id, replaced.until.max(new.until));
                    let at = write(&Record::added(new, until, items.clone(), Some(id)));
                    tags += item::each_tag(&items).count();
                    Plan::Replace { at, id, until, items, left, others }
                }
                (None, None) => {
                    (added, tags) = (added + 1, tags + item::each_tag(&new.items).count());
                    Plan::Add { at: write(&Record::added(new, new.until, new.items.clone(), None)) }
                }
            };
            plans.push(plan);
        }
        if list.len() + added > self.count_max {
            return Err(WatchError::Full { count: list.len(), most: self.count_max });
        }
        let most = (self.count_max * TAGS_PER_WATCH).max(TAGS_MIN);
        if list.tags() + tags > most {
            return Err(WatchError::Tags { most });
        }
        Ok((plans, records))
    }

    /// One page, by number.
    pub(crate) fn page(&self, after: u64, limit: usize) -> WatchPage {
        let list = self.list.read();
        let mut rest = list.after(after);
        let watches: Vec<WatchInfo> = rest.by_ref().take(limit).map(info).collect();
        let next = rest.next().and(watches.last()).map(|watch| watch.id);
        WatchPage { watches, count: list.len() as u64, needs_check: list.stale() as u64, next }
    }

    /// One identifier of a watch, if it is still watched.
    pub(crate) fn item(&self, id: u64, place: u32) -> Option<Item> {
        let item = self.list.read().get(id)?.items().into_iter().nth(place as usize)?;
        (!item.is_gone()).then_some(item)
    }

    fn mark(&self, ids: impl IntoIterator<Item = u64>) {
        let mut ids = ids.into_iter().peekable();
        if ids.peek().is_some() {
            self.marks.lock().extend(ids);
            self.marked.notify_one();
        }
    }

    fn count(&self) {
        let list = self.list.read();
        self.metrics.watches.set(i64::try_from(list.len()).unwrap_or(i64::MAX));
        self.metrics.watches_need_check.set(i64::try_from(list.stale()).unwrap_or(i64::MAX));
    }
}

fn info(watch: &list::Watch) -> WatchInfo {
    let kinds = watch.items().into_iter().filter(|item| !item.is_gone());
    let kinds = kinds.map(|item| Kind::from_number(item.kind).map_or("unknown", Kind::name).to_owned());
    WatchInfo {
        id: watch.id,
        source: watch.source.as_deref().map(str::to_owned),
        reference: watch.reference.to_string(),
        until: watch.until.to_string(),
        kinds: kinds.collect(),
        needs_check: watch.needs_check,
    }
}

#[cfg(test)]
mod tests;
