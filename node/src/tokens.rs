//! Bearer tokens: who may use this node's HTTP API, and for what.
//!
//! A token is 256 random bits behind `larum_`; only its BLAKE3 hash is kept, so the data folder gives none away. It is
//! found by that hash: an attacker who times the look-up learns about hashes of guesses, not about tokens, which is why
//! no constant-time comparison is needed.
//!
//! Invariant: all tokens are in memory, so that a check costs one hash and one look-up; the store is written first.
//! Absent on purpose: sessions and passwords.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use arc_swap::ArcSwap;
use data_encoding::BASE64URL_NOPAD;
use larum_protocol::{
    api::{NewToken, Scope, TOKEN_DAYS_MAX, TOKEN_NAME_BYTES_MAX, TokenInfo, TokenRequest},
    hash::{Digest, Label, digest},
};
use minicbor::{Decode, Encode};
use parking_lot::Mutex;
use thiserror::Error;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// What every token begins with, so that secret scanners know one when they see it.
pub const TOKEN_PREFIX: &str = "larum_";

/// What the command line's own token is called, which is made anew at every start.
pub(crate) const CLI_TOKEN_NAME: &str = "command line";

/// Days until a token expires if nobody says otherwise.
pub const TOKEN_DAYS_DEFAULT: u32 = 365;

/// Tokens a node keeps: one for each integration and person of one employer, with room to spare.
pub const TOKENS_MAX: usize = 10_000;

const DAY_SECONDS: u64 = 86_400;

/// What is kept about a token.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(array)]
pub struct TokenRecord {
    /// Names the token in the audit record; random, and useless in its place.
    #[n(0)]
    pub id: String,
    /// The token's hash.
    #[n(1)]
    pub hash: Digest,
    /// Who or what uses it.
    #[n(2)]
    pub name: String,
    /// A bit for each scope: 1 check, 2 publish, 4 admin.
    #[n(3)]
    pub scopes: u8,
    /// Seconds since 1970.
    #[n(4)]
    pub created: u64,
    /// Seconds since 1970.
    #[n(5)]
    pub expires: u64,
}

/// Where token records are kept. Blocking; called rarely.
pub trait TokenStore: Send + Sync + 'static {
    /// Every record.
    fn load(&self) -> Result<Vec<TokenRecord>, TokenStoreError>;
    /// Keeps a record; it is durable on return.
    fn insert(&self, record: &TokenRecord) -> Result<(), TokenStoreError>;
    /// Forgets the record with this id; durable on return. No error if there is none.
    fn remove(&self, id: &str) -> Result<(), TokenStoreError>;
}

/// The store could not read or write.
#[derive(Clone, Debug, Error)]
#[error("tokens cannot be stored: {0}")]
pub struct TokenStoreError(pub String);

/// Why a token could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The name is empty, too long, or not printable.
    #[error("a token's name has 1 to {TOKEN_NAME_BYTES_MAX} bytes, all printable")]
    Name,
    /// No scope, so it could do nothing.
    #[error("a token needs at least one scope: check, publish or admin")]
    NoScope,
    /// Outside 1 to [`TOKEN_DAYS_MAX`].
    #[error("a token is valid for 1 to {TOKEN_DAYS_MAX} days")]
    Days,
    /// There are [`TOKENS_MAX`] already.
    #[error("there are {TOKENS_MAX} tokens already; revoke some first")]
    TooMany,
    /// The operating system gave no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] TokenStoreError),
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Refused {
    /// Unknown, revoked or malformed.
    #[error("the token is not known here")]
    Unknown,
    /// Past its day.
    #[error("the token has expired; ask the operator for a new one")]
    Expired,
    /// Known, and not for this.
    #[error("the token lacks the scope `{}`", .0.name())]
    Scope(Scope),
}

/// Who is asking, once the token was accepted. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Caller(Arc<Live>);

#[derive(Debug)]
struct Live {
    id: Arc<str>,
    record: TokenRecord,
    /// When the next request is due at the permitted rate (generic cell rate algorithm), in nanoseconds.
    due_ns: AtomicU64,
}

impl Caller {
    /// The token's id, as the audit record names it.
    pub fn id(&self) -> &Arc<str> {
        &self.0.id
    }

    /// The token's name.
    pub fn name(&self) -> &str {
        &self.0.record.name
    }

    /// Whether the token permits this.
    pub fn may(&self, scope: Scope) -> bool {
        self.0.record.scopes & bit(scope) != 0
    }

    /// Counts one request at `now_ns` ([`Tokens::now_ns`]) against `rate`.
    ///
    /// # Errors
    /// Nanoseconds until the next request will be taken.
    pub fn take(&self, now_ns: u64, rate: Rate) -> Result<(), u64> {
        let (step, burst) = (rate.step_ns(), rate.step_ns().saturating_mul(u64::from(rate.burst)));
        let mut due = self.0.due_ns.load(Ordering::Relaxed);
        loop {
            let next = due.max(now_ns).saturating_add(step);
            let wait = next.saturating_sub(now_ns).saturating_sub(burst);
            if wait > 0 {
                return Err(wait);
            }
            match self.0.due_ns.compare_exchange_weak(due, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => due = now,
            }
        }
    }
}

/// How often a token may ask.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    /// Requests a second, in the long run.
    pub per_second: u32,
    /// Requests at once.
    pub burst: u32,
}

impl Rate {
    const fn step_ns(self) -> u64 {
        1_000_000_000 / if self.per_second == 0 { 1 } else { self.per_second as u64 }
    }
}

/// Every token of this node.
pub struct Tokens {
    store: Box<dyn TokenStore>,
    live: ArcSwap<HashMap<Digest, Caller>>,
    /// Held while the store and then `live` change, so that two changes cannot undo each other.
    changing: Mutex<()>,
    /// Rates are counted from here, whoever asks: several servers may share the tokens.
    started: Instant,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("count", &self.live.load().len()).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Reads every record from `store`.
    pub fn open(store: Box<dyn TokenStore>) -> Result<Self, TokenStoreError> {
        let records = store.load()?;
        let live = records.into_iter().map(|record| (record.hash, Caller::new(record))).collect();
        Ok(Self { store, live: ArcSwap::from_pointee(live), changing: Mutex::new(()), started: Instant::now() })
    }

    /// Makes a token. It is shown this once; only its hash is kept. Blocks on the store.
    pub fn create(&self, request: &TokenRequest, now: u64) -> Result<NewToken, TokenError> {
        let (token, record) = new_token(request, now)?;
        let _changing = self.changing.lock();
        let live = self.live.load();
        if live.len() >= TOKENS_MAX {
            return Err(TokenError::TooMany);
        }
        self.store.insert(&record)?;
        let info = record.info();
        let mut next = HashMap::clone(&live);
        next.insert(record.hash, Caller::new(record));
        self.live.store(Arc::new(next));
        Ok(NewToken { token, info })
    }

    /// Revokes a token at once, by its id; false if there is none. Blocks on the store.
    pub fn revoke(&self, id: &str) -> Result<bool, TokenStoreError> {
        let _changing = self.changing.lock();
        let live = self.live.load();
        let Some(hash) = live.values().find(|caller| &*caller.0.id == id).map(|caller| caller.0.record.hash) else {
            return Ok(false);
        };
        self.store.remove(id)?;
        let mut next = HashMap::clone(&live);
        next.remove(&hash);
        self.live.store(Arc::new(next));
        Ok(true)
    }

    /// Nanoseconds since these tokens were opened: the clock for [`Caller::take`].
    pub fn now_ns(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// What is kept about every token, oldest first.
    pub fn list(&self) -> Vec<TokenInfo> {
        let live = self.live.load();
        let mut records: Vec<_> = live.values().map(|caller| &caller.0.record).collect();
        records.sort_by_key(|record| (record.created, &record.id));
        records.into_iter().map(TokenRecord::info).collect()
    }

    /// Whose token this is, if it is good for `scope` at `now` (seconds since 1970).
    pub fn accept(&self, token: &str, scope: Scope, now: u64) -> Result<Caller, Refused> {
        let live = self.live.load();
        let caller = live.get(&hash(token)).ok_or(Refused::Unknown)?;
        if caller.0.record.expires <= now {
            return Err(Refused::Expired);
        }
        if caller.0.record.scopes & bit(scope) == 0 {
            return Err(Refused::Scope(scope));
        }
        Ok(caller.clone())
    }
}

impl Caller {
    fn new(record: TokenRecord) -> Self {
        Self(Arc::new(Live { id: Arc::from(record.id.as_str()), record, due_ns: AtomicU64::new(0) }))
    }
}

impl TokenRecord {
    /// What a list of tokens shows.
    pub fn info(&self) -> TokenInfo {
        TokenInfo {
            id: self.id.clone(),
            name: self.name.clone(),
            scopes: Scope::ALL.into_iter().filter(|&scope| self.scopes & bit(scope) != 0).collect(),
            created: rfc3339(self.created),
            expires: rfc3339(self.expires),
        }
    }
}

/// Makes a token and its record, unstored: for `larum init`, which runs before there is a node.
pub fn new_token(request: &TokenRequest, now: u64) -> Result<(String, TokenRecord), TokenError> {
    let name = request.name.trim();
    if name.is_empty() || name.len() > TOKEN_NAME_BYTES_MAX || name.chars().any(char::is_control) {
        return Err(TokenError::Name);
    }
    if request.scopes.is_empty() {
        return Err(TokenError::NoScope);
    }
    let days = request.expires_days.unwrap_or(TOKEN_DAYS_DEFAULT);
    if !(1..=TOKEN_DAYS_MAX).contains(&days) {
        return Err(TokenError::Days);
    }
    let (mut secret, mut id) = ([0; 32], [0; 6]);
    getrandom::fill(&mut secret).and_then(|()| getrandom::fill(&mut id)).map_err(|_| TokenError::Random)?;
    let token = format!("{TOKEN_PREFIX}{}", BASE64URL_NOPAD.encode(&secret));
    let record = TokenRecord {
        id: data_encoding::HEXLOWER.encode(&id),
        hash: hash(&token),
        name: name.to_owned(),
        scopes: request.scopes.iter().fold(0, |bits, &scope| bits | bit(scope)),
        created: now,
        expires: now + u64::from(days) * DAY_SECONDS,
    };
    Ok((token, record))
}

fn hash(token: &str) -> Digest {
    digest(Label::Token, &[token.as_bytes()])
}

const fn bit(scope: Scope) -> u8 {
    match scope {
        Scope::Check => 1,
        Scope::Publish => 2,
        Scope::Admin => 4,
    }
}

fn rfc3339(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    time.and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_else(|| "unreadable".to_owned())
}

/// Token records in memory: for tests, and for a node that is to forget them.
#[derive(Debug, Default)]
pub struct MemoryTokens(Mutex<Vec<TokenRecord>>);

impl TokenStore for MemoryTokens {
    fn load(&self) -> Result<Vec<TokenRecord>, TokenStoreError> {
        Ok(self.0.lock().clone())
    }

    fn insert(&self, record: &TokenRecord) -> Result<(), TokenStoreError> {
        self.0.lock().push(record.clone());
        Ok(())
    }

    fn remove(&self, id: &str) -> Result<(), TokenStoreError> {
        self.0.lock().retain(|record| record.id != id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn request(scopes: &[Scope]) -> TokenRequest {
        TokenRequest { name: "greenhouse".to_owned(), scopes: scopes.to_vec(), expires_days: Some(2) }
    }

    #[test]
    fn a_token_opens_its_scopes_until_it_expires_or_is_revoked() {
        let tokens = Tokens::open(Box::<MemoryTokens>::default()).unwrap();
        let made = tokens.create(&request(&[Scope::Check]), 1_000).unwrap();

        assert_eq!(tokens.accept(&made.token, Scope::Check, 1_001).unwrap().name(), "greenhouse");
        assert_eq!(tokens.accept(&made.token, Scope::Admin, 1_001).unwrap_err(), Refused::Scope(Scope::Admin));
        assert_eq!(tokens.accept(&made.token, Scope::Check, 1_000 + 2 * DAY_SECONDS).unwrap_err(), Refused::Expired);
        assert_eq!(tokens.accept("larum_guess", Scope::Check, 1_001).unwrap_err(), Refused::Unknown);
        assert_eq!(tokens.accept(&made.info.id, Scope::Check, 1_001).unwrap_err(), Refused::Unknown);

        assert!(tokens.revoke(&made.info.id).unwrap());
        assert!(!tokens.revoke(&made.info.id).unwrap());
        assert_eq!(tokens.accept(&made.token, Scope::Check, 1_001).unwrap_err(), Refused::Unknown);
    }

    #[test]
    fn only_the_hash_of_a_token_is_kept() {
        let (token, record) = new_token(&request(&Scope::ALL), 0).unwrap();
        let kept = format!("{record:?}{:?}", minicbor::to_vec(&record).unwrap());
        assert!(!kept.contains(token.strip_prefix(TOKEN_PREFIX).unwrap()));
        assert_eq!(record.hash, hash(&token));
        assert_eq!(minicbor::decode::<TokenRecord>(&minicbor::to_vec(&record).unwrap()).unwrap(), record);
    }

    #[test]
    fn a_request_that_makes_no_sense_makes_no_token() {
        let refuse = |request: TokenRequest| new_token(&request, 0).unwrap_err().to_string();
        assert!(refuse(request(&[])).contains("scope"));
        assert!(refuse(TokenRequest { name: " ".to_owned(), ..request(&Scope::ALL) }).contains("name"));
        assert!(refuse(TokenRequest { name: "a\nb".to_owned(), ..request(&Scope::ALL) }).contains("name"));
        assert!(refuse(TokenRequest { expires_days: Some(0), ..request(&Scope::ALL) }).contains("days"));
    }

    #[test]
    fn a_caller_gets_its_burst_and_then_its_rate() {
        let tokens = Tokens::open(Box::<MemoryTokens>::default()).unwrap();
        let token = tokens.create(&request(&[Scope::Check]), 0).unwrap().token;
        let caller = tokens.accept(&token, Scope::Check, 0).unwrap();
        let rate = Rate { per_second: 10, burst: 3 };
        let second = 1_000_000_000;
        for _ in 0..3 {
            assert_eq!(caller.take(second, rate), Ok(()));
        }
        assert_eq!(caller.take(second, rate), Err(second / 10));
        assert_eq!(caller.take(second + second / 10, rate), Ok(()));
        assert!(caller.take(second + second / 10, rate).is_err());
    }
}
