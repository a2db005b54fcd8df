//! Batches: statements published together, under one signature.
//!
//! A header commits to its body by digest, length, counts and the last day on which anything in it is kept, so that a
//! header alone says what may be dropped. A body is a CBOR sequence (RFC 8742) of statements, so that any of them can
//! be read at its offset without the others.
//! Invariant: a [`Batch`] holds a verified header and, if it has a body, the one that the header commits to.

use minicbor::{Decode, Decoder, Encode};

use crate::{
    clock::{Day, Timestamp},
    codec::{self, DecodeError},
    hash::{Digest, Label, digest},
    keys::{PublicKey, SecretKey},
    limits::{BODY_BYTES_MAX, HEADER_BYTES_MAX, LIFE_DAYS_MAX, SEQ_MAX, STATEMENT_BYTES_MAX},
    log::{LogId, Place},
    signed::{Signed, SignedObject},
    statement::{Statement, StatementError},
    vocabulary::Stance,
};

/// How many statements of each class: quotas hold them apart.
#[derive(Clone, Copy, Debug, Decode, Default, Encode, Eq, PartialEq)]
pub struct Counts {
    /// Assertions.
    #[n(0)]
    pub asserts: u64,
    /// Withdrawals and disputes.
    #[n(1)]
    pub others: u64,
}

impl Counts {
    /// The sum of both.
    #[must_use]
    pub const fn plus(self, more: Self) -> Self {
        Self { asserts: self.asserts.saturating_add(more.asserts), others: self.others.saturating_add(more.others) }
    }

    /// What is left when `fewer` are taken away.
    #[must_use]
    pub const fn minus(self, fewer: Self) -> Self {
        Self { asserts: self.asserts.saturating_sub(fewer.asserts), others: self.others.saturating_sub(fewer.others) }
    }

    /// All statements.
    pub const fn total(self) -> u64 {
        self.asserts.saturating_add(self.others)
    }

    /// The counts of some statements.
    pub fn of<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> Self {
        let mut counts = Self::default();
        for statement in statements {
            match statement.stance {
                Stance::Assert => counts.asserts += 1,
                _ => counts.others += 1,
            }
        }
        counts
    }
}

/// What a batch's author signs. On the wire: an array of its fields in this order.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Header {
    /// The version of header and statements.
    #[n(0)]
    pub version: u8,
    /// The consortium's id.
    #[n(1)]
    pub consortium: Digest,
    /// The log.
    #[n(2)]
    pub log: LogId,
    /// The batch's number in the log, from 1.
    #[n(3)]
    pub seq: u64,
    /// The id of the header before; none for the first.
    #[n(4)]
    pub prev: Option<Digest>,
    /// The lowest number that still counts: everything below is expired or restated.
    #[n(5)]
    pub floor: u64,
    /// When it was issued; never goes back along a log.
    #[n(6)]
    pub issued: Timestamp,
    /// The salt epoch of its tags.
    #[n(7)]
    pub epoch: u32,
    /// The digest of the body.
    #[n(8)]
    pub body: Digest,
    /// Bytes of the body.
    #[n(9)]
    pub body_bytes: u32,
    /// Statements in the body.
    #[n(10)]
    pub counts: Counts,
    /// The last day on which anything in the body is kept.
    #[n(11)]
    pub keep_until: Day,
    /// In a log's first batch: the last batch that the author knows of its log before.
    #[n(12)]
    pub continues: Option<Place>,
}

impl SignedObject for Header {
    const BYTES_MAX: usize = HEADER_BYTES_MAX;
    const LABEL: Label = Label::Header;
    const VERSION: u8 = 1;

    fn version(&self) -> u8 {
        self.version
    }

    fn signer(&self) -> PublicKey {
        self.log.node
    }
}

/// How a header or a body breaks the rules that need nothing but the batch.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BatchError {
    /// Numbers count from 1 to [`SEQ_MAX`], the first has no predecessor, all others have one.
    #[error("the number and the predecessor do not fit")]
    BadPlace,
    /// A floor above the batch itself, or below 1.
    #[error("the floor is not between 1 and the batch's own number")]
    BadFloor,
    /// Its statements would have to be kept longer than any policy lets one live.
    #[error("it is to be kept for more than {LIFE_DAYS_MAX} days after it was issued")]
    KeptTooLong,
    /// A body that may not be.
    #[error("a body of {0} bytes; 1 to {BODY_BYTES_MAX} are allowed")]
    BodyLength(u64),
    /// Not the body that the header commits to.
    #[error("the body is not the one that the header commits to")]
    WrongBody,
    /// A statement that cannot be read.
    #[error("statement {index}: {error}")]
    Decode {
        /// Which statement of the body, from 0.
        index: u64,
        /// Why.
        error: DecodeError,
    },
    /// A statement that breaks its own rules.
    #[error("statement {index}: {error}")]
    Statement {
        /// Which statement of the body, from 0.
        index: u64,
        /// Which rule.
        error: StatementError,
    },
    /// Other counts, or another last day, than the header states.
    #[error("the header's counts or last day differ from the body's")]
    WrongSummary,
}

impl Header {
    /// Checks every rule that needs nothing but the header.
    pub fn check(&self) -> Result<(), BatchError> {
        let linked = match self.seq {
            0 => false,
            1 => self.prev.is_none(),
            2..=SEQ_MAX => self.prev.is_some() && self.continues.is_none(),
            _ => false,
        };
        if !linked {
            return Err(BatchError::BadPlace);
        }
        if !(1..=self.seq).contains(&self.floor) {
            return Err(BatchError::BadFloor);
        }
        if self.keep_until > self.issued.day().plus(LIFE_DAYS_MAX) {
            return Err(BatchError::KeptTooLong);
        }
        if !(1..=BODY_BYTES_MAX).contains(&(self.body_bytes as usize)) {
            return Err(BatchError::BodyLength(u64::from(self.body_bytes)));
        }
        Ok(())
    }
}

/// A statement and where it lies in its body, in bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Located {
    /// Where its first byte is.
    pub offset: u32,
    /// What it says.
    pub statement: Statement,
}

/// The bytes of a body.
pub fn encode_body<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> Vec<u8> {
    let mut body = Vec::new();
    for statement in statements {
        body.extend_from_slice(&codec::encode(statement));
    }
    body
}

/// Reads the one statement that starts at the front of `bytes`; what is behind it is left alone.
pub fn statement_at(bytes: &[u8]) -> Result<Statement, DecodeError> {
    let length = bytes.len().min(STATEMENT_BYTES_MAX);
    codec::read(&mut Decoder::new(&bytes[..length]))
}

/// Reads a body that this node checked before it wrote it to its own, checksummed disk, and checks nothing again.
pub fn read_body_on_own_disk(body: &[u8]) -> Result<Vec<Located>, DecodeError> {
    let (mut located, mut decoder) = (Vec::new(), Decoder::new(body));
    while decoder.position() < body.len() {
        let offset = u32::try_from(decoder.position()).unwrap_or(u32::MAX);
        located.push(Located { offset, statement: decoder.decode().map_err(codec::malformed)? });
    }
    Ok(located)
}

/// Reads a body and checks it against the header that commits to it.
pub fn read_body(header: &Header, body: &[u8]) -> Result<Vec<Located>, BatchError> {
    if body.len() != header.body_bytes as usize || digest(Label::Body, &[body]) != header.body {
        return Err(BatchError::WrongBody);
    }
    // Two bytes a field is the least that a statement takes: the claimed count cannot reserve more than the body holds.
    let claimed = usize::try_from(header.counts.total()).unwrap_or(usize::MAX);
    let mut located = Vec::with_capacity(claimed.min(body.len() / 26));
    let mut counts = Counts::default();
    let mut keep_until = Day::default();
    let mut spelled = Vec::with_capacity(STATEMENT_BYTES_MAX);
    let mut decoder = Decoder::new(body);
    for index in 0.. {
        let start = decoder.position();
        if start == body.len() {
            break;
        }
        let statement: Statement = codec::read(&mut decoder).map_err(|error| BatchError::Decode { index, error })?;
        spelled.clear();
        check_spelling(&statement, &body[start..decoder.position()], &mut spelled)
            .map_err(|error| BatchError::Decode { index, error })?;
        statement.check().map_err(|error| BatchError::Statement { index, error })?;
        counts = counts.plus(Counts::of([&statement]));
        keep_until = keep_until.max(statement.keep_until);
        located.push(Located { offset: u32::try_from(start).unwrap_or(u32::MAX), statement });
    }
    if counts != header.counts || keep_until != header.keep_until {
        return Err(BatchError::WrongSummary);
    }
    Ok(located)
}

fn check_spelling(statement: &Statement, bytes: &[u8], spelled: &mut Vec<u8>) -> Result<(), DecodeError> {
    if bytes.len() > STATEMENT_BYTES_MAX {
        return Err(DecodeError::TooLong { length: bytes.len(), max: STATEMENT_BYTES_MAX });
    }
    match minicbor::encode(statement, &mut *spelled) {
        Ok(()) if spelled == bytes => Ok(()),
        _ => Err(DecodeError::NotDeterministic),
    }
}

/// A verified header and its body, or a header whose body nobody keeps any more.
#[derive(Clone, Debug)]
pub struct Batch {
    /// What its author signed.
    pub header: Signed<Header>,
    /// The body as published; `None` once its last day has passed.
    pub body: Option<Box<[u8]>>,
    /// The body's statements, in order.
    pub statements: Vec<Located>,
}

impl Batch {
    /// Joins a verified header and the body it commits to.
    pub fn new(header: Signed<Header>, body: Box<[u8]>) -> Result<Self, BatchError> {
        header.check()?;
        let statements = read_body(&header, &body)?;
        Ok(Self { header, body: Some(body), statements })
    }

    /// A batch whose body is not kept any more.
    pub fn without_body(header: Signed<Header>) -> Result<Self, BatchError> {
        header.check()?;
        Ok(Self { header, body: None, statements: Vec::new() })
    }
}

/// Where an author's next batch goes, and under what.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The consortium's id.
    pub consortium: Digest,
    /// The log.
    pub log: LogId,
    /// The head behind which it goes: its number and id.
    pub head: Option<(u64, Digest)>,
    /// The lowest number that still counts.
    pub floor: u64,
    /// Now, or the head's time if that is later.
    pub issued: Timestamp,
    /// The salt epoch of the tags.
    pub epoch: u32,
    /// For a log's first batch: where its predecessor ended.
    pub continues: Option<Place>,
}

impl Draft {
    /// Signs `statements` as the next batch of the log.
    pub fn sign(self, statements: &[Statement], key: &SecretKey) -> Result<Batch, BatchError> {
        let body = encode_body(statements);
        let body_bytes = u32::try_from(body.len()).map_err(|_| BatchError::BodyLength(body.len() as u64))?;
        let header = Header {
            version: Header::VERSION,
            consortium: self.consortium,
            log: self.log,
            seq: self.head.map_or(1, |(seq, _)| seq + 1),
            prev: self.head.map(|(_, hash)| hash),
            floor: self.floor,
            issued: self.issued,
            epoch: self.epoch,
            body: digest(Label::Body, &[&body]),
            body_bytes,
            counts: Counts::of(statements),
            keep_until: statements.iter().map(|statement| statement.keep_until).max().unwrap_or_default(),
            continues: self.continues,
        };
        Batch::new(Signed::sign(header, key), body.into())
    }
}
