//! Publishing again, under a new salt or key, what this employer published before and still stands by.

use std::collections::HashMap;

use larum_protocol::{
    api::{Action, RepublishAnswer, StatementOutcome, StatementRow},
    clock::Day,
    statement::Statement,
    tag::{Tag, Tags},
    vocabulary::Stance,
};

use super::{Publisher, ROWS_AT_ONCE, Said, StateError, row::Prepared};
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
        self.vault.as_ref().map_or(Ok(0), |vault| Ok(vault.rows()?.len() as u64))
    }

    /// Publishes again what is kept and still stands, and lets go of what does not.
    pub(crate) async fn republish(&self) -> Result<RepublishAnswer, StateError> {
        let Some(vault) = &self.vault else { return Ok(RepublishAnswer::default()) };
        let rows = vault.rows()?;
        let mut answer = RepublishAnswer { rows: rows.len() as u64, ..RepublishAnswer::default() };
        let mut kept = Vec::new();
        let (mut said, mut candidates) = (Said::default(), Vec::new());
        let mut rows = rows.into_iter();
        loop {
            let group: Vec<StatementRow> = rows.by_ref().take(ROWS_AT_ONCE).collect();
            if group.is_empty() {
                break;
            }
            for (row, (_, prepared)) in group.clone().into_iter().zip(self.prepare(group).await) {
                match prepared {
                    Ok(prepared) => candidates.push(Candidate { row, prepared }),
                    Err(why) => {
                        answer.failed += 1;
                        answer.why.get_or_insert(why);
                        kept.push(row);
                    }
                }
            }
        }
        for Candidate { row, prepared } in newest(candidates) {
            if !self.still_stands(&prepared.tags)? {
                continue;
            }
            match self.add(prepared, &mut said)? {
                Ok(added) if added.statement.is_some() => answer.published += 1,
                Ok(_) => answer.already += 1,
                Err(why) => {
                    answer.failed += 1;
                    answer.why.get_or_insert(why);
                }
            }
            kept.push(row);
        }
        self.publish(said).await?;
        answer.dropped = answer.rows - kept.len() as u64;
        if answer.dropped > 0 {
            vault.replace(&kept)?;
        }
        Ok(answer)
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

/// Of the rows about one subject the last: it replaced the others.
fn newest(candidates: Vec<Candidate>) -> Vec<Candidate> {
    let subject = |candidate: &Candidate| candidate.prepared.tags.last().map(|tags| tags.subject);
    let last: HashMap<Option<Tag>, usize> =
        candidates.iter().enumerate().map(|(at, candidate)| (subject(candidate), at)).collect();
    let is_last = |(at, candidate): &(usize, Candidate)| last.get(&subject(candidate)) == Some(at);
    candidates.into_iter().enumerate().filter(is_last).map(|(_, candidate)| candidate).collect()
}
