//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a request that is repeated is answered alike.
//!
//! The same key and body get the first answer again, also after a restart; the same key with another body is refused
//! (422), and one that is still being worked on is told so (409). Keys belong to a token.
//!
//! A crash between a publication and the saving of its answer means that a repeat publishes again: harmless, because
//! of one member's statements about one subject only the newest counts.
//!
//! Invariant: bodies are remembered by a hash under the node's secret, and answers without masked identifiers, so that
//! nothing on disk lets anybody guess what was published (I1).

use std::{collections::HashSet, sync::Arc};

use axum::http::{HeaderMap, StatusCode};
use larum_protocol::{
    api::{IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_BYTES_MAX, slug},
    hash::{Digest, Label, keyed_digest},
};
use minicbor::{Decode, Encode};
use parking_lot::Mutex;
use thiserror::Error;

use super::{ApiError, ServiceError, auth::unix_seconds};
use crate::tokens::Caller;

/// Seconds for which an answer is remembered: a week of retries.
const REMEMBER_SECONDS: u64 = 7 * 24 * 60 * 60;

/// An answer that was given.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(array)]
pub struct Saved {
    /// Hash of the body, under the node's secret.
    #[n(0)]
    pub body: Digest,
    /// When, in seconds since 1970.
    #[n(1)]
    pub time: u64,
    /// The answer's JSON; up to about 2 MiB for the largest publication.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub answer: Vec<u8>,
}

/// Where answers are remembered. Blocking; it may forget what is older than a week.
pub trait IdempotencyStore: Send + Sync + 'static {
    /// The answer saved under `key`.
    fn load(&self, key: &Digest) -> Result<Option<Saved>, IdempotencyError>;
    /// Saves an answer, replacing an older one; durable on return.
    fn save(&self, key: &Digest, saved: &Saved) -> Result<(), IdempotencyError>;
}

/// The store could not read or write.
#[derive(Clone, Debug, Error)]
#[error("answers cannot be remembered: {0}")]
pub struct IdempotencyError(pub String);

impl From<IdempotencyError> for ApiError {
    fn from(error: IdempotencyError) -> Self {
        ServiceError::Storage(error.to_string()).into()
    }
}

/// Answers in memory: for tests.
#[derive(Debug, Default)]
pub struct MemoryIdempotency(Mutex<std::collections::HashMap<Digest, Saved>>);

impl MemoryIdempotency {
    /// Everything that is remembered.
    pub fn all(&self) -> Vec<Saved> {
        self.0.lock().values().cloned().collect()
    }
}

impl IdempotencyStore for MemoryIdempotency {
    fn load(&self, key: &Digest) -> Result<Option<Saved>, IdempotencyError> {
        Ok(self.0.lock().get(key).cloned())
    }

    fn save(&self, key: &Digest, saved: &Saved) -> Result<(), IdempotencyError> {
        self.0.lock().insert(*key, saved.clone());
        Ok(())
    }
}

/// Remembers answers, and which keys are being worked on.
pub(super) struct Idempotency {
    store: Arc<dyn IdempotencyStore>,
    secret: [u8; 32],
    working: Arc<Mutex<HashSet<Digest>>>,
}

/// What to do with a request.
pub(super) enum Begun {
    /// Answer it, and tell the ticket, if it bears a key.
    Work(Option<Ticket>),
    /// It was answered before: this is the answer.
    Replay(Vec<u8>),
}

/// A key that is being worked on; dropping it frees the key.
pub(super) struct Ticket {
    store: Arc<dyn IdempotencyStore>,
    working: Arc<Mutex<HashSet<Digest>>>,
    key: Digest,
    body: Digest,
}

impl Idempotency {
    pub(super) fn new(store: Arc<dyn IdempotencyStore>, secret: [u8; 32]) -> Self {
        Self { store, secret, working: Arc::default() }
    }

    /// Looks up what a request's key says. Blocks on the store.
    pub(super) fn begin(&self, key: Option<&str>, caller: &Caller, body: &[u8]) -> Result<Begun, ApiError> {
        let Some(key) = key else {
            return Ok(Begun::Work(None));
        };
        let hash = |parts: &[&[u8]]| keyed_digest(&self.secret, Label::Idempotency, parts);
        let key = hash(&[b"key", caller.id().as_bytes(), key.as_bytes()]);
        let body = hash(&[b"body", body]);
        if !self.working.lock().insert(key) {
            let detail = "a request with this idempotency key is being answered; ask again shortly";
            return Err(ApiError::new(StatusCode::CONFLICT, slug::IN_PROGRESS, detail).retry_after(1));
        }
        let (store, working) = (Arc::clone(&self.store), Arc::clone(&self.working));
        let ticket = Ticket { store, working, key, body };
        match self.store.load(&key)?.filter(|saved| saved.time + REMEMBER_SECONDS > unix_seconds()) {
            None => Ok(Begun::Work(Some(ticket))),
            Some(saved) if saved.body == body => Ok(Begun::Replay(saved.answer)),
            Some(_) => {
                let detail = "this idempotency key was used for another body; use a new key";
                Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, slug::KEY_REUSED, detail))
            }
        }
    }
}

impl Ticket {
    /// Remembers the answer. Blocks on the store.
    pub(super) fn finish(self, answer: &[u8]) -> Result<(), IdempotencyError> {
        self.store.save(&self.key, &Saved { body: self.body, time: unix_seconds(), answer: answer.to_vec() })
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.working.lock().remove(&self.key);
    }
}

/// The key that a request bears: a string of RFC 8941, or the same without quotes.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default().trim();
    let key = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
    if key.is_empty() || key.len() > IDEMPOTENCY_KEY_BYTES_MAX {
        let detail = format!("Idempotency-Key has 1 to {IDEMPOTENCY_KEY_BYTES_MAX} printable bytes");
        return Err(ApiError::bad_request(detail));
    }
    Ok(Some(key))
}
