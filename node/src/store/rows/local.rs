//! The rows that are only in the tables: nothing can rebuild them.

use larum_protocol::{clock::Timestamp, log::LogId};

use super::Row;
use crate::store::keys::{Key, Table};

/// The newest announcement of a log, as signed. May be lost: the next one comes within minutes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct AnnouncementRow(pub(crate) Vec<u8>);

impl Row for AnnouncementRow {
    type Key = LogId;
    const TABLE: Table = Table::Announcements;

    fn write(&self, out: &mut Vec<u8>) {
        write_bytes(&self.0, out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        read_bytes(bytes).map(Self)
    }
}

/// What an API token may do. The token itself is kept only as a hash.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenRecord {
    /// What the operator calls it.
    pub name: String,
    /// What it may do, one bit a scope, given meaning by the HTTP API.
    pub scopes: u32,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends; `None` for never.
    pub expires: Option<Timestamp>,
}

impl Row for TokenRecord {
    type Key = [u8; 32];
    const TABLE: Table = Table::Tokens;

    fn write(&self, out: &mut Vec<u8>) {
        write_bytes(self.name.as_bytes(), out);
        self.scopes.write(out);
        self.created.0.write(out);
        self.expires.map_or(u64::MAX, |expires| expires.0).write(out); // the end of time stands for never
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (name, scopes, created) = (read_text(bytes)?, u32::read(bytes)?, Timestamp(u64::read(bytes)?));
        let expires = Some(u64::read(bytes)?).filter(|expires| *expires != u64::MAX).map(Timestamp);
        Some(Self { name, scopes, created, expires })
    }
}

/// The answer that was given to a request with an idempotency key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IdempotentAnswer {
    /// Hash of the request, so that another one under the same key is noticed.
    pub request: [u8; 32],
    /// The answer, encoded by the HTTP API.
    pub answer: Vec<u8>,
    /// From when on the key may be used anew.
    pub expires: Timestamp,
}

impl Row for IdempotentAnswer {
    type Key = [u8; 32];
    const TABLE: Table = Table::Idempotency;

    fn write(&self, out: &mut Vec<u8>) {
        self.request.write(out);
        write_bytes(&self.answer, out);
        self.expires.0.write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (request, answer) = (Key::read(bytes)?, read_bytes(bytes)?);
        Some(Self { request, answer, expires: Timestamp(u64::read(bytes)?) })
    }
}

/// One entry of the allow list: what the operator reads beside a hash. Never the identifier.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AllowedEntry {
    /// The identifier, masked.
    pub label: String,
    /// When it was entered.
    pub created: Timestamp,
}

impl Row for AllowedEntry {
    type Key = [u8; 32];
    const TABLE: Table = Table::Allowed;

    fn write(&self, out: &mut Vec<u8>) {
        write_bytes(self.label.as_bytes(), out);
        self.created.0.write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self { label: read_text(bytes)?, created: Timestamp(u64::read(bytes)?) })
    }
}

/// One named setting of this node.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SettingRow(pub(crate) Vec<u8>);

impl Row for SettingRow {
    type Key = String;
    const TABLE: Table = Table::Settings;

    fn write(&self, out: &mut Vec<u8>) {
        write_bytes(&self.0, out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        read_bytes(bytes).map(Self)
    }
}

/// A field of variable length: two bytes of length, then the bytes.
fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX); // tables.rs refuses rows far shorter than this
    out.extend(length.to_be_bytes());
    out.extend(&bytes[..usize::from(length)]);
}

fn read_bytes(bytes: &mut &[u8]) -> Option<Vec<u8>> {
    let length = u16::from_be_bytes(<[u8; 2]>::read(bytes)?);
    let (field, rest) = bytes.split_at_checked(usize::from(length))?;
    *bytes = rest;
    Some(field.to_vec())
}

fn read_text(bytes: &mut &[u8]) -> Option<String> {
    String::from_utf8(read_bytes(bytes)?).ok()
}
