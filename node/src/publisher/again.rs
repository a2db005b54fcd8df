//! Publishing again, under a new salt or key, what this employer published before and still stands by.

use std::collections::HashMap;

use larum_protocol::{
    api::{Action, RepublishAnswer, StatementOutcome, StatementRow},
    clock::Day,
    statement::Statement,
    tag::{Tag, Tags},
    vocabulary::Stance,
};

use parking_lot::Mutex;

use super::{
    Publisher, ROWS_AT_ONCE, Said, StateError,
    row::{Prepared, Unfit},
};
use crate::{clock::now, ledger::LedgerError, vault::VaultError};

/// A row that tags could be made for.
struct Candidate {
    row: StatementRow,
    prepared: Prepared,
}

impl Publisher {
    /// Keeps what was published, if the operator wants it: the rows that were taken.
    pub(super) fn keep(&self, rows: Vec<StatementRow>, outcomes: &[StatementOutcome]) -> Result<(), VaultError> {
        let Some(vault) = self.vault.as_ref().filter(|_| self.keeps) else { return Ok(()) };
        let taken = rows
            .into_iter()
            .zip(outcomes)
            .filter(|(row, outcome)| row.action == Action::Publish && outcome.error.is_none());
        let taken: Vec<StatementRow> = taken.map(|(row, _)| row).collect();
        if taken.is_empty() { Ok(()) } else { vault.keep(&taken) }
    }

    /// How many rows are kept.
    pub(crate) fn kept(&self) -> Result<u64, VaultError> {
        self.vault.as_ref().map_or(Ok(0), |vault| Ok(vault.kept()?.rows.len() as u64))
    }

    /// How far publishing again has got: rows whose tags are made, of how many; nothing where it does not run.
    pub(crate) fn again(&self) -> Option<(u64, u64)> {
        *self.again.lock()
    }

    /// Publishes again what is kept and still stands, and lets go of what does not.
    pub(crate) async fn republish(&self) -> Result<RepublishAnswer, StateError> {
        let Some(vault) = &self.vault else { return Ok(RepublishAnswer::default()) };
        let kept = vault.kept()?;
        let mut answer = RepublishAnswer { rows: kept.rows.len() as u64, ..RepublishAnswer::default() };
        let (candidates, mut keep) = self.candidates(kept.rows, &mut answer).await;
        self.wait_a_while().await;
        let _turn = self.turn.lock().await;
        let mut said = Said::default();
        for Candidate { row, prepared } in newest(candidates) {
            if !self.still_stands(&prepared.tags)? {
                continue;
            }
            match self.add(prepared, &mut said)? {
                Ok(added) if added.statement.is_some() => answer.published += 1,
                Ok(_) => answer.already += 1,
                Err(why) => answer.fail(why),
            }
            keep.push(row);
        }
        self.publish(said).await?;
        answer.dropped = answer.rows - keep.len() as u64;
        if answer.dropped > 0 {
            vault.replace(&kept.files, &keep)?;
        }
        Ok(answer)
    }

    /// The rows that tags could be made for, and those that are kept for another time. What has expired is in neither.
    async fn candidates(
        &self,
        rows: Vec<StatementRow>,
        answer: &mut RepublishAnswer,
    ) -> (Vec<Candidate>, Vec<StatementRow>) {
        let _watched = Watched::new(&self.again, answer.rows);
        let (mut candidates, mut keep) = (Vec::with_capacity(rows.len()), Vec::new());
        let mut rows = rows.into_iter();
        loop {
            let group: Vec<StatementRow> = rows.by_ref().take(ROWS_AT_ONCE).collect();
            if group.is_empty() {
                return (candidates, keep);
            }
            let done = group.len() as u64;
            for (row, (_, prepared)) in group.clone().into_iter().zip(self.prepare(group).await) {
                match prepared {
                    Ok(prepared) => candidates.push(Candidate { row, prepared }),
                    Err(Unfit::Expired(_)) => {}
                    Err(why) => {
                        answer.fail(why.to_string());
                        keep.push(row);
                    }
                }
            }
            self.again.lock().iter_mut().for_each(|(so_far, _)| *so_far += done);
        }
    }

    /// Whether this employer's newest word about a subject, in some epoch, is an assertion that counts today.
    fn still_stands(&self, tags: &[Tags]) -> Result<bool, LedgerError> {
        let today = now().day();
        let asserts =
            |statement: &Statement, today: Day| statement.stance == Stance::Assert && statement.expires >= today;
        for tags in tags {
            if let Some(statement) = self.ledger.newest_of(self.member, &tags.subject)? {
                return Ok(asserts(&statement, today));
            }
        }
        Ok(false)
    }
}

/// Shows how far it has got, until it ends in whatever way.
struct Watched<'a>(&'a Mutex<Option<(u64, u64)>>);

impl<'a> Watched<'a> {
    fn new(shown: &'a Mutex<Option<(u64, u64)>>, rows: u64) -> Self {
        *shown.lock() = Some((0, rows));
        Self(shown)
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        *self.0.lock() = None;
    }
}

/// Of the rows about one subject the last: it replaced the others.
fn newest(candidates: Vec<Candidate>) -> Vec<Candidate> {
    let subject = |candidate: &Candidate| candidate.prepared.tags.last().map(|tags| tags.subject);
    let last: HashMap<Option<Tag>, usize> =
        candidates.iter().enumerate().map(|(at, candidate)| (subject(candidate), at)).collect();
    let is_last = |(at, candidate): &(usize, Candidate)| last.get(&subject(candidate)) == Some(at);
    candidates.into_iter().enumerate().filter(is_last).map(|(_, candidate)| candidate).collect()
}
