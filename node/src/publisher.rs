//! Turns what a person states into statements: value, canonical form, tag, statement. The engine signs and stores them.
//!
//! Invariant: all rows of a request are published or none, unless the caller asked to leave bad ones out.
//! Invariant (I12): what the employer vouches for is never reported by it; taking its own word back and disputing another's
//! are what it vouches with, and stay possible.
//! Absent on purpose: signing, batches and logs (`engine/publish.rs`).

mod again;
mod object;
mod row;

use std::{collections::HashMap, sync::Arc, time::Duration};

use larum_protocol::{
    api::{Action, BatchRef, RowProblem, StatementOutcome, StatementRow, StatementsAnswer, StatementsRequest},
    clock::Day,
    kind::{Canonical, Kind},
    roster::MemberId,
    statement::Statement,
    tag::Tag,
};

use tokio::sync::Mutex;

use self::row::{Prepared, Unfit, Wish};
use crate::{
    allow::Allowed,
    clock::now,
    engine::{EngineHandle, PublishError},
    identify,
    ledger::{Ledger, LedgerError},
    stewards::Purpose,
    tagging::Tagging,
    vault::{Vault, VaultError},
};

/// Rows whose tags are made at a time: keeps the cores busy and the memory bounded.
const ROWS_AT_ONCE: usize = 64;

/// Publishes, withdraws and disputes.
#[derive(Debug)]
pub struct Publisher {
    ledger: Arc<Ledger>,
    tagging: Arc<Tagging>,
    allowed: Arc<Allowed>,
    engine: EngineHandle,
    member: MemberId,
    /// The longest that a publication waits, by chance, where stewards were asked.
    delay: Duration,
    /// Held from looking at what was said before until the answer to it is stored: two at once would take one revision.
    turn: Mutex<()>,
    /// How far publishing again has got.
    again: parking_lot::Mutex<Option<(u64, u64)>>,
    /// Where what was published is kept.
    vault: Option<Vault>,
    /// Whether the operator wants it to be.
    keeps: bool,
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    /// Rows were refused.
    #[error("{} rows were refused, so nothing was published", .0.len())]
    Rows(Vec<RowProblem>),
    /// The ledger could not be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// What was published could not be kept, or not be read again.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The engine did not take it.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl Publisher {
    /// A publisher for a member.
    pub(crate) fn new(
        ledger: Arc<Ledger>,
        tagging: Arc<Tagging>,
        allowed: Arc<Allowed>,
        engine: EngineHandle,
        member: MemberId,
        delay: Duration,
    ) -> Self {
        Self {
            ledger,
            tagging,
            allowed,
            engine,
            member,
            delay,
            turn: Mutex::new(()),
            again: Default::default(),
            vault: None,
            keeps: false,
        }
    }

    /// With a vault, into which new publications go if `keeps`.
    pub(crate) fn with_vault(self, vault: Vault, keeps: bool) -> Self {
        Self { vault: Some(vault), keeps, ..self }
    }

    /// Publishes the rows of a request; what it accepts is synced to disk when this returns.
    pub(crate) async fn state(&self, request: StatementsRequest) -> Result<StatementsAnswer, StateError> {
        let kept = if self.keeps { request.statements.clone() } else { Vec::new() };
        let mut prepared = Vec::with_capacity(request.statements.len());
        let mut wanted = request.statements.into_iter();
        loop {
            let group: Vec<StatementRow> = wanted.by_ref().take(ROWS_AT_ONCE).collect();
            if group.is_empty() {
                break;
            }
            prepared.extend(self.prepare(group).await);
        }
        if !request.dry_run {
            self.wait_a_while().await;
        }
        let _turn = self.turn.lock().await;
        let (mut said, mut rows, mut problems) = (Said::default(), Vec::new(), Vec::new());
        for (masked, prepared) in prepared {
            let stated = match prepared {
                Ok(prepared) => self.add(prepared, &mut said)?,
                Err(error) => Err(error.to_string()),
            };
            let outcome = outcome(rows.len() as u64 + 1, masked, stated);
            if let Some(detail) = outcome.error.clone() {
                problems.push(RowProblem { row: outcome.row, detail, masked: outcome.masked.clone() });
            }
            rows.push(outcome);
        }
        let number = rows.len() as u64;
        let refused = problems.len() as u64;
        if refused > 0 && !request.skip_bad && !request.dry_run {
            return Err(StateError::Rows(problems));
        }
        if request.dry_run {
            let (accepted, batches) = (number - refused, Vec::new());
            return Ok(StatementsAnswer { accepted, refused, dry_run: true, batches, rows });
        }
        // Before, so that nothing is published that could not be published again.
        self.keep(kept, &rows)?;
        let batches = self.publish(said).await?;
        Ok(StatementsAnswer { accepted: number - refused, refused, dry_run: false, batches, rows })
    }

    /// What needs no look at what was said before: reading the rows and making their tags, of all of them together.
    async fn prepare(&self, rows: Vec<StatementRow>) -> Vec<(Option<String>, Result<Prepared, Unfit>)> {
        let (mut read, mut forms) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in rows {
            let (masked, result) = self.read(&row);
            read.push((
                masked,
                result.map(|(kind, wish, canonical)| {
                    forms.push(canonical);
                    (kind, wish)
                }),
            ));
        }
        let mut tagged = self.tagging.tags(forms, Purpose::Publish).await.into_iter();
        let mut prepared = |(kind, wish)| {
            let tags = tagged.next().unwrap_or_else(|| unreachable!("there is one answer for each form"));
            tags.map(|tags| Prepared { kind, wish, tags }).map_err(|error| Unfit::Because(error.to_string()))
        };
        read.into_iter().map(|(masked, row)| (masked, row.and_then(&mut prepared))).collect()
    }

    /// Reads one row, and shows its identifier masked if it has one.
    fn read(&self, row: &StatementRow) -> (Option<String>, Result<Read, Unfit>) {
        let named = identify::named(&row.kind, &row.value, row.region.as_deref(), row.asset.as_deref());
        let identifier = match named {
            Ok(identifier) => identifier,
            Err(error) => return (None, Err(error.into())),
        };
        let masked = Some(identifier.masked());
        let canonical = match identifier.canonical() {
            Ok(canonical) => canonical,
            Err(error) => return (masked, Err(error.to_string().into())),
        };
        if row.action == Action::Publish && self.allowed.covers(&canonical) {
            let vouched = "it is on this employer's own allow list; remove it there first if it really is fraudulent";
            return (masked, Err(vouched.to_owned().into()));
        }
        let roster = self.ledger.roster();
        let wish = Wish::read(row, identifier.kind, &roster.roster().policy, now().day());
        (masked, wish.map(|wish| (identifier.kind, wish, canonical)))
    }

    /// Or a steward could tell by the clock who asked in order to publish.
    async fn wait_a_while(&self) {
        if self.tagging.asks_stewards() {
            tokio::time::sleep(self.delay.mul_f64(rand::random())).await;
        }
    }

    /// Adds the statements of one row, one for each live epoch, behind what the member said before; all of them or
    /// none.
    fn add(&self, prepared: Prepared, said: &mut Said) -> Result<Result<Added, String>, LedgerError> {
        let (mut stated, mut refused) = (Vec::new(), None);
        let others = self.others_on(&prepared)?;
        for (tags, others) in prepared.tags.iter().zip(prepared.wish.meant(others)) {
            let before = match said.newest.get(&tags.subject) {
                Some(statement) => Some(statement.clone()),
                None => self.ledger.newest_of(self.member, &tags.subject)?,
            };
            match prepared.statement(tags, before.as_ref(), &others) {
                Ok(statement) => stated.push((tags, before, statement)),
                // What was said before a newer epoch began is corrected in the one in which it was said.
                Err(error) if prepared.wish.is_correction() => refused = Some(error),
                Err(error) => return Ok(Err(error)),
            }
        }
        let mut added = None;
        for (tags, before, statement) in stated {
            let expires = statement.expires;
            if let Some(before) = before.filter(|before| row::says_the_same(before, &statement)) {
                let note = Some("already published; nothing new was said".to_owned());
                added.get_or_insert(Added { statement: None, stands: before.hash().to_string(), expires, note });
                continue;
            }
            let stands = statement.hash().to_string();
            added = Some(Added { statement: Some(stands.clone()), stands, expires, note: None });
            said.newest.insert(tags.subject, statement.clone());
            said.by_epoch.entry(tags.epoch).or_default().push(statement);
        }
        Ok(added.ok_or_else(|| refused.unwrap_or_else(|| "the consortium has no live salt epoch".to_owned())))
    }

    async fn publish(&self, said: Said) -> Result<Vec<BatchRef>, StateError> {
        let mut epochs: Vec<(u32, Vec<Statement>)> = said.by_epoch.into_iter().collect();
        epochs.sort_by_key(|(epoch, _)| *epoch);
        if epochs.is_empty() {
            return Ok(Vec::new());
        }
        let places = self.engine.publish(epochs).await?;
        Ok(places
            .into_iter()
            .map(|place| BatchRef { log: place.log.to_string(), seq: place.seq, hash: place.hash.to_string() })
            .collect())
    }
}

/// What became of a row, as the answer shows it.
fn outcome(row: u64, masked: Option<String>, stated: Result<Added, String>) -> StatementOutcome {
    let outcome = StatementOutcome { row, statement: None, expires: None, error: None, note: None, masked };
    match stated {
        Ok(Added { statement, expires, note, .. }) => {
            StatementOutcome { statement, expires: Some(expires.to_string()), note, ..outcome }
        }
        Err(error) => StatementOutcome { error: Some(error), ..outcome },
    }
}

/// What was read of a row: what its tags are made of and what shall be said.
type Read = (Kind, Wish, Canonical);

/// What a request adds so far.
#[derive(Default)]
struct Said {
    newest: HashMap<Tag, Statement>,
    by_epoch: HashMap<u32, Vec<Statement>>,
}

/// What one row added.
struct Added {
    statement: Option<String>,
    /// The statement that says so from now on, whether or not it is new.
    stands: String,
    expires: Day,
    note: Option<String>,
}
