//! The employer's own allow list: its employees, its phone numbers, people whom it has verified (I12).
//!
//! Held by keyed hashes of canonical forms, under a key that only this node's secrets give, so that the folder does not
//! tell who is on it. A domain on the list covers every mailbox in it.
//! Invariant: the local word wins, at publish, at import and at check, and needs no salt and no network.

use std::{collections::HashMap, sync::Arc};

use larum_protocol::{
    api::{AllowAction, AllowAnswer, AllowEntry, AllowList, AllowOutcome, AllowRequest},
    hash::{Label, keyed_digest},
    kind::{Canonical, Identifier, Kind},
};
use parking_lot::RwLock;
use zeroize::Zeroizing;

use crate::{
    clock::now,
    identify,
    store::{AllowedEntry, Store, StoreError},
};

/// Entries that a node keeps: a large employer's staff, with several identifiers each.
const ENTRIES_MAX: usize = 1_000_000;

/// The list, in memory and in the store.
#[derive(Debug)]
pub struct Allowed {
    key: Zeroizing<[u8; 32]>,
    entries: RwLock<HashMap<[u8; 32], AllowedEntry>>,
    store: Arc<Store>,
}

/// Why the list could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum AllowError {
    /// It is full.
    #[error("the allow list holds {ENTRIES_MAX} entries, the most it can; remove some first")]
    Full,
    /// It could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Allowed {
    /// The list as the store holds it. `node_seed` is the node's secret.
    pub fn open(store: Arc<Store>, node_seed: &[u8; 32]) -> Result<Self, StoreError> {
        let key = Zeroizing::new(keyed_digest(node_seed, Label::LocalKey, &[b"allow"]).0);
        let entries = RwLock::new(store.allow_list()?.into_iter().collect());
        Ok(Self { key, entries, store })
    }

    /// Whether the employer vouches for an identifier.
    pub fn covers(&self, canonical: &Canonical) -> bool {
        let entries = self.entries.read();
        !entries.is_empty()
            && (entries.contains_key(&self.hash(canonical))
                || mailbox_domain(canonical).is_some_and(|domain| entries.contains_key(&self.hash(&domain))))
    }

    /// Adds or removes entries; each is on the disk when this returns.
    pub fn change(&self, request: &AllowRequest) -> Result<AllowAnswer, AllowError> {
        let mut answer = AllowAnswer::default();
        for (row, asked) in (1..).zip(&request.identifiers) {
            let identifier = match identify::identifier(asked.clone()) {
                Ok(identifier) => identifier,
                Err(error) => {
                    answer.rows.push(AllowOutcome { row, masked: None, unchanged: true, error: Some(error) });
                    continue;
                }
            };
            let masked = identifier.masked();
            let outcome = match identifier.canonical() {
                Ok(canonical) => {
                    let changed = self.change_one(request, &canonical, &masked)?;
                    answer.changed += u64::from(changed);
                    AllowOutcome { row, masked: Some(masked), unchanged: !changed, error: None }
                }
                Err(error) => {
                    AllowOutcome { row, masked: Some(masked), unchanged: true, error: Some(error.to_string()) }
                }
            };
            answer.rows.push(outcome);
        }
        Ok(answer)
    }

    fn change_one(&self, request: &AllowRequest, canonical: &Canonical, masked: &str) -> Result<bool, AllowError> {
        let hash = self.hash(canonical);
        match request.action {
            AllowAction::Remove => {
                self.store.disallow(&hash)?;
                Ok(self.entries.write().remove(&hash).is_some())
            }
            AllowAction::Add => {
                if self.entries.read().contains_key(&hash) {
                    return Ok(false);
                }
                if self.entries.read().len() >= ENTRIES_MAX {
                    return Err(AllowError::Full);
                }
                let entry =
                    AllowedEntry { label: label(canonical.kind(), masked, request.note.as_deref()), created: now() };
                self.store.allow(&hash, &entry)?;
                self.entries.write().insert(hash, entry);
                Ok(true)
            }
        }
    }

    /// The list, masked, oldest first.
    pub fn list(&self) -> AllowList {
        let mut entries: Vec<AllowedEntry> = self.entries.read().values().cloned().collect();
        entries.sort_by(|one, other| (one.created, &one.label).cmp(&(other.created, &other.label)));
        AllowList { entries: entries.into_iter().map(shown).collect() }
    }

    fn hash(&self, canonical: &Canonical) -> [u8; 32] {
        let kind = canonical.kind().number().to_be_bytes();
        keyed_digest(&self.key, Label::LocalAllow, &[&kind, canonical.text().as_bytes()]).0
    }
}

/// The registrable domain of a mailbox, in its own canonical form.
fn mailbox_domain(canonical: &Canonical) -> Option<Canonical> {
    if canonical.kind() != Kind::Email {
        return None;
    }
    let (_, domain) = canonical.text().rsplit_once('@')?;
    Identifier::new(Kind::Domain, domain.to_owned()).canonical().ok()
}

/// What stands between the parts of a label: no masked identifier and no note holds a line break.
const SEPARATOR: char = '\n';

fn label(kind: Kind, masked: &str, note: Option<&str>) -> String {
    let one_line = |text: &str| text.replace(SEPARATOR, " ");
    format!("{kind}{SEPARATOR}{}{SEPARATOR}{}", one_line(masked), one_line(note.unwrap_or_default()))
}

fn shown(entry: AllowedEntry) -> AllowEntry {
    let mut parts = entry.label.splitn(3, SEPARATOR).map(str::to_owned);
    AllowEntry {
        kind: parts.next().unwrap_or_default(),
        masked: parts.next().unwrap_or_default(),
        note: parts.next().filter(|note| !note.is_empty()),
        added: entry.created.to_string(),
    }
}
