//! One record: its fields, its bytes and its place in the chain.
//!
//! A record is CBOR; its hash covers the hash before it, so that none can be changed, dropped or moved without every
//! later hash changing.

use std::borrow::Cow;

use larum_protocol::{
    api::{AuditEvent, AuditRecord, AuditResult, Verdict},
    hash::{Digest, Label, digest},
    kind::Kind,
};
use minicbor::{Decode, Encode};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// What a record is about.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(index_only)]
pub enum Event {
    /// One check.
    #[n(1)]
    Check,
    /// A bulk stream began: who asked is on record even if the process dies before the stream ends.
    #[n(2)]
    BulkOpened,
    /// A bulk stream was answered whole.
    #[n(3)]
    Bulk,
    /// A bulk stream ended early: what was answered until then.
    #[n(4)]
    BulkCut,
    /// A damaged tail was set aside at start; `lines` counts its bytes.
    #[n(5)]
    Recovered,
    /// One application: identifiers and documents, answered as a whole.
    #[n(6)]
    Application,
}

/// How often a kind had a verdict.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(array)]
pub struct Tally {
    /// The kind's number; 0 where the kind was not recognised.
    #[n(0)]
    pub kind: u16,
    /// The verdict's place in [`Verdict::ALL`].
    #[n(1)]
    pub verdict: u8,
    /// How many identifiers.
    #[n(2)]
    pub count: u64,
}

impl Tally {
    /// Counts one more identifier of `kind` with `verdict` in `tallies`, which stays sorted.
    pub fn add(tallies: &mut Vec<Self>, kind: &str, verdict: Verdict) {
        let (kind, verdict) = (kind_number(kind), verdict as u8);
        match tallies.binary_search_by_key(&(kind, verdict), |tally| (tally.kind, tally.verdict)) {
            Ok(at) => tallies[at].count += 1,
            Err(at) => tallies.insert(at, Self { kind, verdict, count: 1 }),
        }
    }
}

/// A record as it is written.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(array)]
pub struct Entry {
    /// Counts from 1 without a gap.
    #[n(0)]
    pub seq: u64,
    /// Milliseconds since 1970 (UTC).
    #[n(1)]
    pub time_ms: u64,
    /// What was done.
    #[n(2)]
    pub event: Event,
    /// The id of the token that asked; empty when the node itself did.
    #[n(3)]
    pub token: String,
    /// The overall verdict's place in [`Verdict::ALL`].
    #[n(4)]
    pub verdict: u8,
    /// How often which kind had which verdict.
    #[n(5)]
    pub tallies: Vec<Tally>,
    /// Lines of a bulk stream, bytes set aside by a recovery, 0 for a check.
    #[n(6)]
    pub lines: u64,
    /// Digest of the coverage.
    #[n(7)]
    pub coverage: Digest,
    /// Root of the tree of the receipts of one group commit.
    #[n(8)]
    pub root: Digest,
}

impl Entry {
    /// The record's bytes.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to memory cannot fail")
    }

    /// The record as it is listed and exported.
    pub(super) fn to_api(&self, prev: Digest, hash: Digest) -> AuditRecord {
        AuditRecord {
            seq: self.seq,
            time: rfc3339(self.time_ms),
            event: match self.event {
                Event::Check => AuditEvent::Check,
                Event::BulkOpened => AuditEvent::BulkOpened,
                Event::Bulk => AuditEvent::Bulk,
                Event::BulkCut => AuditEvent::BulkCut,
                Event::Recovered => AuditEvent::Recovered,
                Event::Application => AuditEvent::Application,
            },
            token: self.token.clone(),
            verdict: verdict(self.verdict),
            results: self.tallies.iter().copied().map(Tally::to_api).collect(),
            lines: (!matches!(self.event, Event::Check | Event::Application)).then_some(self.lines),
            coverage: self.coverage.to_string(),
            root: self.root.to_string(),
            prev: prev.to_string(),
            hash: hash.to_string(),
        }
    }
}

impl Tally {
    fn to_api(self) -> AuditResult {
        let kind = Kind::from_number(self.kind).map_or("unrecognised", Kind::name);
        AuditResult { kind: Cow::Borrowed(kind), verdict: verdict(self.verdict), count: self.count }
    }
}

/// The hash of the record `bytes` that follows the one with hash `prev`.
pub(super) fn chain_hash(prev: &Digest, bytes: &[u8]) -> Digest {
    digest(Label::AuditRecord, &[&prev.0, bytes])
}

/// Milliseconds since 1970 as RFC 3339 in UTC.
pub(super) fn rfc3339(time_ms: u64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(time_ms) * 1_000_000)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| "unreadable".to_owned())
}

fn kind_number(name: &str) -> u16 {
    Kind::ALL.into_iter().find(|kind| kind.name() == name).map_or(0, Kind::number)
}

/// A number that no version of this program writes reads as `unknown`, never as `clear`.
fn verdict(number: u8) -> Verdict {
    Verdict::ALL.get(usize::from(number)).copied().unwrap_or(Verdict::Unknown)
}
