//! Signed batches as members write them, for filling stores.

use larum_protocol::{
    api::Identifier,
    batch::{Batch, Draft},
    clock::Timestamp,
    hash::Digest,
    keys::SecretKey,
    kind::Kind,
    ledger::LogState,
    log::LogId,
    statement::Statement,
    tag::{Hardening, Salt, Tag, Tagger},
    vocabulary::{Evidence, Reason, Role, Stance},
};

use super::{BenchError, index::tag};
use crate::{clock::now, identify};

/// Statements in a batch.
pub(super) const BATCH_STATEMENTS: u64 = 1_000;
/// The salt and epoch of every consortium that is measured.
pub(super) const SALT: [u8; 32] = [7; 32];
/// See [`SALT`].
pub(super) const EPOCH: u32 = 1;

/// A wallet that anybody may look up; it is listed if [`Author`] was told to list it.
pub(super) fn wallet(number: u64) -> String {
    format!("0x{}", data_encoding::HEXLOWER.encode(&tag(!number)[..20]))
}

/// Writes one log. Its statements are a wallet list's: no derived tags, one public origin.
pub(super) struct Author {
    key: SecretKey,
    draft: Draft,
    state: Option<LogState>,
    /// Statements written so far: each is about another subject.
    written: u64,
}

impl Author {
    pub(super) fn new(key: SecretKey, log: LogId, consortium: Digest) -> Self {
        // Issued a little ago, so that no clock has to be waited for.
        let issued = Timestamp(now().0.saturating_sub(60_000));
        let draft = Draft { consortium, log, head: None, floor: 1, issued, epoch: EPOCH, continues: None };
        Self { key, draft, state: None, written: 0 }
    }

    /// The next batch of `count` statements about subjects that nobody asks for.
    pub(super) fn batch(&mut self, count: u64) -> Result<(Batch, LogState), BenchError> {
        let statements: Vec<_> = (self.written..self.written + count).map(|n| statement(Tag(tag(n)))).collect();
        self.written += count;
        self.sign(&statements)
    }

    /// The next batch: lists these wallets.
    pub(super) fn list(&mut self, wallets: impl Iterator<Item = u64>) -> Result<(Batch, LogState), BenchError> {
        let statements = wallets.map(|number| Ok(statement(subject(&wallet(number))?)));
        self.sign(&statements.collect::<Result<Vec<_>, BenchError>>()?)
    }

    /// The next batch: says these.
    pub(super) fn sign(&mut self, statements: &[Statement]) -> Result<(Batch, LogState), BenchError> {
        let batch = self.draft.clone().sign(statements, &self.key)?;
        self.draft.head = Some((batch.header.seq, batch.header.id()));
        let state = match self.state {
            Some(state) => state.advance(&batch.header, |_| None),
            None => LogState::enter(&batch.header),
        };
        self.state = Some(state);
        Ok((batch, state))
    }
}

/// The subject that a node computes for a wallet under [`SALT`].
fn subject(value: &str) -> Result<Tag, BenchError> {
    let asked = Identifier { kind: "wallet".to_owned(), value: value.to_owned(), region: None, asset: None };
    let canonical = identify::identifier(asked).map_err(BenchError::wrong)?.canonical().map_err(BenchError::wrong)?;
    let tagger = Tagger::new(&Salt::new(SALT), EPOCH, Kind::Wallet, Hardening::Nothing);
    Ok(tagger.tags(&canonical).map_err(BenchError::wrong)?.subject)
}

pub(super) fn statement(subject: Tag) -> Statement {
    let today = now().day();
    Statement {
        subject,
        derived: Vec::new(),
        kind: Kind::Wallet.number(),
        stance: Stance::Assert,
        revision: 1,
        role: Role::ActorControlled,
        reason: Reason::PaySanctioned,
        evidence: Evidence::Confirmed,
        origin: Some("ofac-sdn".to_owned()),
        re: None,
        observed: today,
        expires: today.plus(700),
        keep_until: today.plus(730),
    }
}
