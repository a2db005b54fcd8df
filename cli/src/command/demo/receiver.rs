//! What Cedar has beside its node: an applicant tracking system that speaks Greenhouse's API as far as notes need it, and
//! a program that is told of reviews and alerts. Both are one server on loopback, in the demo's own process.
//!
//! Sources: harvestdocs.greenhouse.io (authentication, notes); for callbacks, see `sign`.
//! Invariant: a note counts only if the caller had an access token, a callback only if its signature is right.
//! Invariant: bodies and what is kept of them have a limit.
//! Absent on purpose: anything that would move or reject an applicant. Whoever asks for such a thing is counted.

mod sign;

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Query, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    routing::{get, post},
};
use data_encoding::{BASE64, HEXLOWER};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::error::Failure;

/// Bytes of one request's body: notes and callbacks take less than a kilobyte.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Notes, and callbacks, that are kept: the demo causes a few of each.
const KEPT_MAX: usize = 64;
/// Bytes of a secret: as many as HMAC-SHA-256 gives out (RFC 2104, section 3), and as callbacks ask for.
const SECRET_BYTES: usize = 32;
/// The client that Cedar's node is at Greenhouse's, and the user in whose name it writes.
const CLIENT: &str = "cedar";
const USER: u64 = 4711;
/// Seconds that an access token is good for, as Greenhouse says it.
const TOKEN_SECONDS: u64 = 3600;

/// The server, as the play sees it.
pub(super) struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// One callback that was rightly signed.
#[derive(Clone, Deserialize)]
pub(super) struct Callback {
    #[serde(rename = "type")]
    pub(super) event: String,
    pub(super) data: CallbackData,
    /// As it came.
    #[serde(skip)]
    pub(super) body: String,
}

/// What the step looks at.
#[derive(Clone, Deserialize)]
pub(super) struct CallbackData {
    pub(super) reference: Option<String>,
    #[serde(default)]
    pub(super) kinds: Vec<String>,
    pub(super) verdict: String,
}

struct Shared {
    webhook_secret: String,
    client_secret: String,
    access_token: String,
    callback_secret: [u8; SECRET_BYTES],
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    notes: Vec<Note>,
    callbacks: Vec<(String, Callback)>,
    strange: u32,
}

/// A note to an applicant's record.
#[derive(Clone, Deserialize)]
struct Note {
    candidate_id: u64,
    body: String,
}

#[derive(Deserialize)]
struct NotesOf {
    candidate_ids: u64,
}

impl Receiver {
    /// Starts it on a port that the system chooses, with fresh secrets. It ends with the runtime.
    pub(super) async fn start() -> Result<Self, Failure> {
        let failed = |error| Failure::new(format_args!("no port on loopback for Greenhouse: {error}"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared {
            webhook_secret: HEXLOWER.encode(&random()?),
            client_secret: HEXLOWER.encode(&random()?),
            access_token: HEXLOWER.encode(&random()?),
            callback_secret: random()?,
            kept: Mutex::default(),
        });
        tokio::spawn(axum::serve(listener, router(Arc::clone(&shared))).into_future());
        Ok(Self { address, shared })
    }

    /// Its base URL: Greenhouse's API.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The file of the secret that webhooks are signed with.
    pub(super) fn webhook_secret_file(&self) -> String {
        format!("{}\n", self.shared.webhook_secret)
    }

    /// The file of what opens the API: client, its secret, user.
    pub(super) fn credentials_file(&self) -> String {
        format!("{CLIENT}\n{}\n{USER}\n", self.shared.client_secret)
    }

    /// The file of the secret that callbacks are signed with.
    pub(super) fn callback_secret_file(&self) -> String {
        format!("whsec_{}\n", BASE64.encode(&self.shared.callback_secret))
    }

    /// The header `Signature` of a webhook.
    pub(super) fn webhook_signature(&self, body: &[u8]) -> String {
        sign::greenhouse(&self.shared.webhook_secret, body)
    }

    /// The notes to an applicant's record.
    pub(super) fn notes(&self, candidate: u64) -> Vec<String> {
        let kept = self.shared.kept();
        kept.notes.iter().filter(|note| note.candidate_id == candidate).map(|note| note.body.clone()).collect()
    }

    /// The callback that tells such an event of an applicant.
    pub(super) fn callback(&self, event: &str, reference: &str) -> Option<Callback> {
        let kept = self.shared.kept();
        let told = |one: &&Callback| one.event == event && one.data.reference.as_deref() == Some(reference);
        kept.callbacks.iter().map(|(_, callback)| callback).find(told).cloned()
    }

    /// How many requests were not about notes or alerts, or did not come from Cedar's node.
    pub(super) fn strange(&self) -> u32 {
        self.shared.kept().strange
    }
}

impl Shared {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner) // whole between any two statements
    }

    fn refuse(&self, status: StatusCode) -> StatusCode {
        let mut kept = self.kept();
        kept.strange = kept.strange.saturating_add(1);
        status
    }

    /// Refuses whoever does not name what opens the API.
    fn admit(&self, headers: &HeaderMap, expected: &str) -> Result<(), StatusCode> {
        let named = headers.get(AUTHORIZATION).is_some_and(|value| value == expected);
        if named { Ok(()) } else { Err(self.refuse(StatusCode::UNAUTHORIZED)) }
    }

    fn admit_bearer(&self, headers: &HeaderMap) -> Result<(), StatusCode> {
        self.admit(headers, &format!("Bearer {}", self.access_token))
    }
}

type Answer<T> = Result<T, StatusCode>;

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/token", post(token))
        .route("/v3/notes", get(list_notes).post(create_note))
        .route("/callback", post(callback))
        .method_not_allowed_fallback(strange)
        .fallback(strange)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(shared)
}

/// Client credentials for an access token (RFC 6749, section 4.4), with Greenhouse's `sub`.
async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Answer<Json<Value>> {
    let basic = BASE64.encode(format!("{CLIENT}:{}", shared.client_secret).as_bytes());
    shared.admit(&headers, &format!("Basic {basic}"))?;
    if *body != *format!("grant_type=client_credentials&sub={USER}").as_bytes() {
        return Err(shared.refuse(StatusCode::BAD_REQUEST));
    }
    Ok(Json(json!({"access_token": shared.access_token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS})))
}

async fn list_notes(
    State(shared): State<Arc<Shared>>,
    Query(of): Query<NotesOf>,
    headers: HeaderMap,
) -> Answer<Json<Value>> {
    shared.admit_bearer(&headers)?;
    let kept = shared.kept();
    let notes = kept.notes.iter().filter(|note| note.candidate_id == of.candidate_ids);
    Ok(Json(notes.map(|note| json!({"body": note.body})).collect()))
}

async fn create_note(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Answer<StatusCode> {
    shared.admit_bearer(&headers)?;
    let note = serde_json::from_slice(&body).map_err(|_| shared.refuse(StatusCode::UNPROCESSABLE_ENTITY))?;
    let mut kept = shared.kept();
    if kept.notes.len() == KEPT_MAX {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    kept.notes.push(note);
    Ok(StatusCode::CREATED)
}

/// A callback. It may come twice, and then has the same id.
async fn callback(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Answer<StatusCode> {
    let now = larum_node::clock::now().0 / 1000;
    let id = sign::callback_id(&shared.callback_secret, &headers, &body, now)
        .ok_or_else(|| shared.refuse(StatusCode::UNAUTHORIZED))?;
    let read = || -> Option<Callback> {
        let body = String::from_utf8(body.to_vec()).ok()?;
        Some(Callback { body: body.clone(), ..serde_json::from_str(&body).ok()? })
    };
    let callback = read().ok_or_else(|| shared.refuse(StatusCode::UNPROCESSABLE_ENTITY))?;
    let mut kept = shared.kept();
    if kept.callbacks.iter().any(|(known, _)| *known == id) {
        return Ok(StatusCode::NO_CONTENT);
    }
    if kept.callbacks.len() == KEPT_MAX {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    kept.callbacks.push((id, callback));
    Ok(StatusCode::NO_CONTENT)
}

async fn strange(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.refuse(StatusCode::NOT_FOUND)
}

fn random() -> Result<[u8; SECRET_BYTES], Failure> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| Failure::new("the system gives no random numbers"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
