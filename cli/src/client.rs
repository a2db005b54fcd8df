//! The only HTTP client: asks a running node, and turns its problems into words.
//!
//! Blocking on the outside; inside, each client runs its requests on a runtime of its own.
//! Invariant: the bearer token goes to the node's address and nowhere else: no redirect is followed, no proxy used.
//! Invariant: an answer has a limit, and none is taken for good that was cut short.

mod bulk;
mod follow;

use std::{path::Path, time::Duration};

use larum_protocol::api::{IDEMPOTENCY_KEY, Problem, slug};
use reqwest::{
    Method, RequestBuilder, Response, StatusCode, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
    redirect::Policy,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

use crate::{
    args::Global,
    error::Failure,
    files,
    folder::{DataFolder, TOKEN_FILE},
};

pub(crate) use self::follow::Ended;

/// How long a node may take to accept a connection: it is on this machine or near.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one answer may take: ten thousand rows of a stretched kind on a small machine.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(600);
/// How often long work is looked at: as often as a person wants to see it move.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Bytes of one answer: the outcomes of the largest publication, and a page of large rosters.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes of a token file: a token and a line's end.
const TOKEN_BYTES_MAX: u64 = 1024;

/// Asks one node.
pub(crate) struct Client {
    runtime: Runtime,
    http: reqwest::Client,
    base: Url,
    token: Option<HeaderValue>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("cannot reach the node at {0}")]
    Unreachable(String),
    #[error("the connection to the node broke before its answer was complete")]
    Broken,
    #[error("the node took longer than {} seconds to answer", ANSWER_TIMEOUT.as_secs())]
    Timeout,
    #[error("the node's answer cannot be read")]
    NotUnderstood,
    #[error("{}", problem_text(.0))]
    Problem(Box<Problem>),
    #[error("the node answered with status {0} and no reason")]
    Status(StatusCode),
}

impl Client {
    /// A client of the node that the arguments, the environment or the data folder name.
    pub(crate) fn new(global: &Global) -> Result<Self, Failure> {
        let address = match &global.node {
            Some(address) => address.clone(),
            None => DataFolder::of(global)?.http_url()?,
        };
        let base = base_url(&address)?;
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            // By default a connection is given up whose other side takes nothing for 30 s: a node that makes slow tags takes no
            // lines for longer than that, and is not gone.
            .tcp_user_timeout(None)
            .no_proxy()
            .redirect(Policy::none())
            .user_agent(concat!("larum/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Failure::new(format_args!("no HTTP client: {error}")))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::new(format_args!("no runtime: {error}")))?;
        Ok(Self { runtime, http, base, token: token(global)? })
    }

    /// `GET`.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        parse(&self.exchange(self.request(Method::GET, path))?)
    }

    /// `GET` of what is text.
    pub(crate) fn get_text(&self, path: &str) -> Result<String, ClientError> {
        let text = self.exchange(self.request(Method::GET, path))?;
        String::from_utf8(text).map_err(|_| ClientError::NotUnderstood)
    }

    /// `POST` of a JSON document.
    pub(crate) fn post<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T, ClientError> {
        parse(&self.post_bytes(path, json(body))?)
    }

    /// `POST` of JSON text; the answer's text, byte for byte, as a receipt commits to both.
    pub(crate) fn post_bytes(&self, path: &str, body: Vec<u8>) -> Result<Vec<u8>, ClientError> {
        let request = self.request(Method::POST, path).header(CONTENT_TYPE, "application/json").body(body);
        self.exchange(request)
    }

    /// `POST` that can be repeated without being done twice; it is, when the connection breaks.
    pub(crate) fn post_once<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
        key: &str,
    ) -> Result<T, ClientError> {
        let body = json(body);
        let send = || {
            let request = self.request(Method::POST, path).header(CONTENT_TYPE, "application/json");
            self.exchange(request.header(IDEMPOTENCY_KEY, key).body(body.clone()))
        };
        let answer = match send() {
            Err(ClientError::Broken) => send(),
            answer => answer,
        };
        parse(&answer?)
    }

    /// `POST` of what takes long: meanwhile `look` is given what `GET` of `watched` answers, once a second.
    pub(crate) fn post_watched<T: DeserializeOwned, W: DeserializeOwned>(
        &self,
        path: &str,
        watched: &str,
        mut look: impl FnMut(W),
    ) -> Result<T, ClientError> {
        let work = self.request(Method::POST, path).json(&serde_json::json!({}));
        let watch = async {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                let seen = async { collect(&mut self.send(self.request(Method::GET, watched)).await?).await };
                if let Ok(seen) = seen.await.and_then(|bytes| parse(&bytes)) {
                    look(seen);
                }
            }
        };
        let answer = async {
            let work = async { collect(&mut self.send(work).await?).await };
            tokio::select! {
                answer = tokio::time::timeout(ANSWER_TIMEOUT, work) => answer.map_err(|_| ClientError::Timeout)?,
                () = watch => unreachable!("it looks until the work is done"),
            }
        };
        parse(&self.runtime.block_on(answer)?)
    }

    /// `DELETE`.
    pub(crate) fn delete(&self, path: &str) -> Result<(), ClientError> {
        self.exchange(self.request(Method::DELETE, path)).map(drop)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = self.base.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        url.set_path(path);
        url.set_query(query);
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, token.clone()),
            None => request,
        }
    }

    fn exchange(&self, request: RequestBuilder) -> Result<Vec<u8>, ClientError> {
        let exchange = async {
            let mut response = self.send(request).await?;
            collect(&mut response).await
        };
        let timed = async { tokio::time::timeout(ANSWER_TIMEOUT, exchange).await };
        self.runtime.block_on(timed).map_err(|_| ClientError::Timeout)?
    }

    /// The answer's head, if it is a good one.
    async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let sent = request.send().await;
        let mut response = sent.map_err(|error| match error.is_connect() {
            true => ClientError::Unreachable(self.base.as_str().trim_end_matches('/').to_owned()),
            false => ClientError::Broken,
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = collect(&mut response).await?;
        Err(match serde_json::from_slice(&body) {
            Ok(problem) => ClientError::Problem(Box::new(problem)),
            Err(_) => ClientError::Status(status),
        })
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let failure = Self::new(&error);
        match &error {
            ClientError::Unreachable(_) => failure.hint("is it running? pass its address with --node"),
            ClientError::Broken => failure.hint("look at the node's log, and try again"),
            ClientError::Timeout => failure.hint("try again with fewer rows at a time"),
            ClientError::NotUnderstood | ClientError::Status(_) => {
                failure.hint("is a larum node of this version listening there?")
            }
            ClientError::Problem(problem) => match hint_of(problem.slug()) {
                Some(hint) => failure.hint(hint),
                None => failure,
            },
        }
    }
}

fn problem_text(problem: &Problem) -> String {
    let said = problem.detail.as_deref().unwrap_or(&problem.title);
    format!("the node refuses: {}", crate::output::plain(said.trim_end_matches('.')))
}

fn hint_of(slug: &str) -> Option<&'static str> {
    Some(match slug {
        slug::UNAUTHORIZED => "name a file that holds a valid token with --token-file or LARUM_TOKEN_FILE",
        slug::SCOPE => "use a token with that scope: larum token create makes one",
        slug::HOST | slug::ORIGIN => "call the node by a name that its larum.toml allows",
        slug::RATE_LIMIT | slug::UNAVAILABLE | slug::IN_PROGRESS => "wait a moment and try again",
        slug::KEY_REUSED => "use another --idempotency-key for other rows",
        slug::INTERNAL | slug::AUDIT_UNAVAILABLE => "look at the node's log",
        slug::STORAGE => "make room on the node's disk",
        _ => return None,
    })
}

fn base_url(address: &str) -> Result<Url, Failure> {
    let failure = || Failure::new("the node's address is not valid").hint("write it as http://127.0.0.1:7461");
    let url = Url::parse(address).map_err(|_| failure())?;
    if url.scheme() == "https" {
        return Err(Failure::new("this command speaks plain HTTP only")
            .hint("run it on the node's machine, or through a tunnel that ends there"));
    }
    if url.scheme() != "http" || url.host().is_none() || !url.username().is_empty() {
        return Err(failure());
    }
    Ok(url)
}

/// The token, from the file that is named, or from the data folder's if there is one.
fn token(global: &Global) -> Result<Option<HeaderValue>, Failure> {
    let path = match &global.token_file {
        Some(path) => path.clone(),
        None => match DataFolder::of(global).map(|folder| folder.path().join(TOKEN_FILE)) {
            Ok(path) if path.exists() => path,
            _ => return Ok(None),
        },
    };
    read_token(&path).map(Some)
}

fn read_token(path: &Path) -> Result<HeaderValue, Failure> {
    let failure = || Failure::read(path, "it does not hold a token").hint("put the token alone on its first line");
    let bytes = files::read_bounded(path, TOKEN_BYTES_MAX)?;
    let token = std::str::from_utf8(&bytes).map_err(|_| failure())?.lines().next().unwrap_or_default().trim();
    if token.is_empty() {
        return Err(failure());
    }
    let mut value = HeaderValue::from_str(&Zeroizing::new(format!("Bearer {token}"))).map_err(|_| failure())?;
    value.set_sensitive(true);
    Ok(value)
}

fn json<B: Serialize>(body: &B) -> Vec<u8> {
    serde_json::to_vec(body).expect("our own types are JSON")
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(body).map_err(|_| ClientError::NotUnderstood)
}

async fn collect(response: &mut Response) -> Result<Vec<u8>, ClientError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| ClientError::Broken)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(ClientError::NotUnderstood);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
