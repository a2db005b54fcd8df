//! A local server that speaks the APIs of applicant tracking systems as they are documented, with their errors, slowness
//! and limits; and deliveries signed as they sign them.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::Mutex;

/// Bytes of a request that is read.
const BODY_BYTES_MAX: usize = 1_024 * 1_024;

/// What the next call meets instead of an answer.
#[derive(Clone, Debug)]
pub enum Mishap {
    /// This status, and `Retry-After` if there is one.
    Status(u16, Option<u64>),
    /// It is done, and answered 500 all the same.
    DoneAndFailed,
    /// It takes so long.
    Slow(Duration),
}

/// The server.
#[derive(Clone, Debug)]
pub struct FakeVendor {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    key: Mutex<String>,
    notes: Mutex<Vec<(String, String)>>,
    people: Mutex<HashMap<String, Value>>,
    files: Mutex<HashMap<String, Vec<u8>>>,
    mishaps: Mutex<VecDeque<Mishap>>,
    down: Mutex<bool>,
    calls: Mutex<Vec<String>>,
}

impl FakeVendor {
    /// Starts it on loopback; its API opens with `key`.
    pub async fn start(key: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { key: Mutex::new(key.to_owned()), ..Shared::default() });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, shared }
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on another key opens it.
    pub fn rotate_key(&self, key: &str) {
        key.clone_into(&mut self.shared.key.lock().unwrap());
    }

    /// What the next calls meet, in order; files and tokens are spared.
    pub fn meet(&self, mishaps: impl IntoIterator<Item = Mishap>) {
        self.shared.mishaps.lock().unwrap().extend(mishaps);
    }

    /// Whether every call fails.
    pub fn down(&self, down: bool) {
        *self.shared.down.lock().unwrap() = down;
    }

    /// An applicant, as the API of the vendor gives it.
    pub fn put_person(&self, id: &str, person: Value) {
        self.shared.people.lock().unwrap().insert(id.to_owned(), person);
    }

    /// It is not there any more.
    pub fn remove_person(&self, id: &str) {
        self.shared.people.lock().unwrap().remove(id);
    }

    /// A file at `/files/<name>`.
    pub fn put_file(&self, name: &str, bytes: &[u8]) -> String {
        self.shared.files.lock().unwrap().insert(name.to_owned(), bytes.to_vec());
        format!("{}/files/{name}", self.url())
    }

    /// The notes about an applicant.
    pub fn notes(&self, candidate: &str) -> Vec<String> {
        let notes = self.shared.notes.lock().unwrap();
        notes.iter().filter(|(of, _)| of == candidate).map(|(_, text)| text.clone()).collect()
    }

    /// How many notes there are about each applicant.
    pub fn note_counts(&self) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for (candidate, _) in self.shared.notes.lock().unwrap().iter() {
            *counts.entry(candidate.clone()).or_default() += 1;
        }
        counts
    }

    /// Every call so far: method and path.
    pub fn calls(&self) -> Vec<String> {
        self.shared.calls.lock().unwrap().clone()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path().trim_matches('/').to_owned();
    let query = head.uri.query().unwrap_or_default().to_owned();
    shared.calls.lock().unwrap().push(format!("{} /{path}", head.method));
    let body = to_bytes(body, BODY_BYTES_MAX).await.unwrap();
    if let Some(name) = path.strip_prefix("files/") {
        let file = shared.files.lock().unwrap().get(name).cloned();
        return file.map_or_else(|| StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response);
    }
    if path == "token" {
        return token(&shared, &head.headers, &body);
    }
    if *shared.down.lock().unwrap() {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let mishap = shared.mishaps.lock().unwrap().pop_front();
    match mishap {
        Some(Mishap::Status(status, after)) => {
            let mut response = StatusCode::from_u16(status).unwrap().into_response();
            let after = after.map(|seconds| seconds.to_string().parse().unwrap());
            after.map(|after| response.headers_mut().insert(header::RETRY_AFTER, after));
            return response;
        }
        Some(Mishap::Slow(time)) => tokio::time::sleep(time).await,
        Some(Mishap::DoneAndFailed) | None => {}
    }
    if !opens(&shared, &head.headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let ask = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let parts: Vec<&str> = path.split('/').collect();
    let answer = call(&shared, head.method.as_str(), &parts, &query, &ask);
    match (mishap, answer) {
        (Some(Mishap::DoneAndFailed), _) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        (_, Some(answer)) => ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response(),
        (_, None) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Greenhouse's: client credentials for an access token, which is the key itself here.
fn token(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Response {
    let key = shared.key.lock().unwrap().clone();
    let basic = format!("Basic {}", BASE64.encode(format!("client:{key}").as_bytes()));
    let right = headers.get(header::AUTHORIZATION).is_some_and(|sent| *sent == *basic);
    if !right || body != b"grant_type=client_credentials&sub=4711" {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let answer = json!({"access_token": key, "token_type": "Bearer", "expires_in": 3_600});
    ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

/// As each vendor wants its key.
fn opens(shared: &Shared, headers: &HeaderMap) -> bool {
    let key = shared.key.lock().unwrap().clone();
    let is = |name: &str, value: String| headers.get(name).is_some_and(|sent| *sent == *value);
    is("authorization", format!("Basic {}", BASE64.encode(format!("{key}:").as_bytes())))
        || is("authorization", format!("Bearer {key}"))
        || is("x-smarttoken", key.clone())
}

fn call(shared: &Shared, method: &str, path: &[&str], query: &str, ask: &Value) -> Option<Value> {
    let person = |id: &str| shared.people.lock().unwrap().get(id).cloned();
    let notes = |id: &str, of: fn(&String) -> Value| -> Value {
        let notes = shared.notes.lock().unwrap();
        notes.iter().filter(|(candidate, _)| candidate == id).map(|(_, text)| of(text)).collect()
    };
    let write = |id: &str, text: &Value| {
        shared.notes.lock().unwrap().push((id.to_owned(), text.as_str().unwrap().to_owned()));
        Some(json!({"success": true}))
    };
    match (method, path) {
        // Greenhouse Harvest v3
        ("GET", ["v3", "notes"]) => {
            let id = query.split('&').find_map(|pair| pair.strip_prefix("candidate_ids="))?;
            Some(notes(id, |text| json!({"body": text})))
        }
        ("POST", ["v3", "notes"]) => write(&ask["candidate_id"].to_string(), &ask["body"]),
        // Lever
        ("GET", ["v1", "opportunities", id]) => Some(json!({"data": person(id)?})),
        ("GET", ["v1", "opportunities", id, "resumes"]) => Some(json!({"data": person(id)?["resumes"]})),
        ("GET", ["v1", "opportunities", id, "notes"]) => {
            Some(json!({"data": notes(id, |text| json!({"fields": [{"value": text}]}))}))
        }
        ("POST", ["v1", "opportunities", id, "notes"]) => write(id, &ask["value"]),
        // Ashby
        ("POST", ["candidate.info"]) => Some(json!({"success": true, "results": person(ask["id"].as_str()?)?})),
        ("POST", ["file.info"]) => Some(json!({"success": true, "results": {"url": ask["fileHandle"]}})),
        ("POST", ["candidate.listNotes"]) => {
            let notes = notes(ask["candidateId"].as_str()?, |text| json!({"content": text}));
            Some(json!({"success": true, "results": notes, "moreDataAvailable": false}))
        }
        ("POST", ["candidate.createNote"]) => write(ask["candidateId"].as_str()?, &ask["note"]),
        // Workable
        ("GET", ["spi", "v3", "candidates", id, "activities"]) => {
            Some(json!({"activities": notes(id, |text| json!({"action": "comment", "body": text}))}))
        }
        ("POST", ["spi", "v3", "candidates", id, "comments"]) => write(id, &ask["comment"]["body"]),
        // SmartRecruiters
        ("GET", ["candidates", id]) => person(id),
        ("GET", ["candidates", id, "attachments"]) => Some(json!({"content": person(id)?["attachments"]})),
        _ => None,
    }
}

/// A delivery: its headers and its body.
pub type Signed = (Vec<(&'static str, String)>, String);

/// HMAC-SHA-256 in hexadecimal digits.
pub fn mac(secret: &str, signed: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

/// A delivery as Greenhouse signs it.
pub fn greenhouse(secret: &str, event: &str, body: &Value) -> Signed {
    let body = body.to_string();
    let signature = format!("sha256 {}", mac(secret, &body));
    (vec![("signature", signature), ("greenhouse-event-id", event.to_owned())], body)
}

/// A delivery as Lever signs it: the token and the time, and nothing else.
pub fn lever(secret: &str, token: &str, event: &str, data: &Value) -> Signed {
    let triggered = now_ms();
    let body = json!({"event": event, "triggeredAt": triggered, "token": token,
        "signature": mac(secret, &format!("{token}{triggered}")), "data": data});
    (Vec::new(), body.to_string())
}

/// A delivery as Standard Webhooks say; the secret begins with `whsec_`.
pub fn standard(secret: &str, id: &str, body: &Value) -> Signed {
    let (body, time) = (body.to_string(), (now_ms() / 1_000).to_string());
    let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{time}.{body}").as_bytes());
    let signature = format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()));
    (vec![("webhook-id", id.to_owned()), ("webhook-timestamp", time), ("webhook-signature", signature)], body)
}

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// An application at Greenhouse.
pub fn greenhouse_application(candidate: u64, emails: &[&str], phones: &[&str], resume: Option<&str>) -> Value {
    let values =
        |values: &[&str]| values.iter().map(|value| json!({"value": value, "type": "other"})).collect::<Value>();
    let attachments = resume.map(|url| json!({"filename": "resume.txt", "url": url, "type": "resume"}));
    json!({"action": "new_candidate_application", "payload": {"application": {"id": candidate + 1, "candidate": {
        "id": candidate, "first_name": "Jane", "last_name": "Doe", "email_addresses": values(emails),
        "phone_numbers": values(phones), "attachments": attachments.into_iter().collect::<Value>(),
        "recruiter": {"email": "recruiter@mail.example.org"}, "coordinator": {"email": "coordinator@mail.example.org"},
    }}}})
}
