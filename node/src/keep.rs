//! What the HTTP side keeps, in the store: bearer tokens as hashes, and answers to idempotent requests.

use std::sync::Arc;

use larum_protocol::{
    clock::Timestamp,
    hash::{Digest, Label, digest},
};

use crate::{
    clock::now,
    http::{IdempotencyError, IdempotencyStore, Saved},
    store::{self, IdempotentAnswer, Store},
    tokens::{TokenRecord, TokenStore, TokenStoreError},
};

/// Bytes of an answer in one row: rows of the tables are small.
const PART_BYTES: usize = 768;
/// Milliseconds for which an answer is remembered: a week of retries.
const REMEMBER_MS: u64 = 7 * 24 * 3_600 * 1_000;

/// The store, as the HTTP side uses it.
#[derive(Debug)]
pub struct Keep(pub Arc<Store>);

impl TokenStore for Keep {
    fn load(&self) -> Result<Vec<TokenRecord>, TokenStoreError> {
        let tokens = self.0.tokens().map_err(|error| TokenStoreError(error.to_string()))?;
        Ok(tokens.into_iter().map(|(hash, token)| shown(Digest(hash), token)).collect())
    }

    fn insert(&self, record: &TokenRecord) -> Result<(), TokenStoreError> {
        let kept = store::TokenRecord {
            name: format!("{}{ID_END}{}", record.id, record.name),
            scopes: u32::from(record.scopes),
            created: Timestamp(record.created * 1_000),
            expires: Some(Timestamp(record.expires * 1_000)),
        };
        self.0.put_token(&record.hash.0, &kept).map_err(|error| TokenStoreError(error.to_string()))
    }

    fn remove(&self, id: &str) -> Result<(), TokenStoreError> {
        let hash = TokenStore::load(self)?.into_iter().find(|record| record.id == id).map(|record| record.hash);
        let removed = hash.map_or(Ok(false), |hash| self.0.remove_token(&hash.0));
        removed.map(drop).map_err(|error| TokenStoreError(error.to_string()))
    }
}

/// Stands between a token's id, which never holds it, and its name.
const ID_END: char = ' ';

fn shown(hash: Digest, token: store::TokenRecord) -> TokenRecord {
    let (id, name) = token.name.split_once(ID_END).unwrap_or(("", &token.name));
    TokenRecord {
        id: id.to_owned(),
        hash,
        name: name.to_owned(),
        scopes: u8::try_from(token.scopes).unwrap_or(0),
        created: token.created.0 / 1_000,
        expires: token.expires.map_or(u64::MAX, |expires| expires.0 / 1_000),
    }
}

impl IdempotencyStore for Keep {
    fn load(&self, key: &Digest) -> Result<Option<Saved>, IdempotencyError> {
        let failed = |error: store::StoreError| IdempotencyError(error.to_string());
        let Some(first) = self.0.answer(&part_key(key, 0), now()).map_err(failed)? else { return Ok(None) };
        let Some((head, start)) = first.answer.split_first_chunk::<16>() else { return Ok(None) };
        let (time, parts) = (number(&head[..8]), number(&head[8..]));
        let mut answer = start.to_vec();
        for part in 1..parts {
            let Some(row) = self.0.answer(&part_key(key, part), now()).map_err(failed)? else { return Ok(None) };
            answer.extend(row.answer);
        }
        Ok(Some(Saved { body: Digest(first.request), time, answer }))
    }

    fn save(&self, key: &Digest, saved: &Saved) -> Result<(), IdempotencyError> {
        let parts = saved.answer.len().div_ceil(PART_BYTES).max(1);
        let mut chunks = saved.answer.chunks(PART_BYTES);
        let expires = now().plus_ms(REMEMBER_MS);
        let mut rows: Vec<([u8; 32], IdempotentAnswer)> = Vec::with_capacity(parts);
        for part in 0..parts as u64 {
            let mut answer = Vec::with_capacity(PART_BYTES + 16);
            if part == 0 {
                answer.extend(saved.time.to_be_bytes());
                answer.extend((parts as u64).to_be_bytes());
            }
            answer.extend_from_slice(chunks.next().unwrap_or_default());
            rows.push((part_key(key, part), IdempotentAnswer { request: saved.body.0, answer, expires }));
        }
        self.0.put_answers(&rows).map_err(|error| IdempotencyError(error.to_string()))
    }
}

fn part_key(key: &Digest, part: u64) -> [u8; 32] {
    digest(Label::Idempotency, &[&key.0, &part.to_be_bytes()]).0
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
