//! A server on a free loopback port, and a client that sends exactly what a test writes.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use larum_protocol::{
    api::{Problem, Scope, TokenRequest},
    hash::Digest,
    keys::SecretKey,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::fake::Fake;
use crate::{
    applications::Applications,
    audit::{Recorder, RecorderConfig},
    callbacks::Callbacks,
    http::{App, HttpConfig, IdempotencyStore, Limits, MemoryIdempotency, Server, auth::unix_seconds, bind},
    metrics::Metrics,
    reviews::{Reviews, Rules},
    tokens::{MemoryTokens, Tokens},
};

/// No test waits longer than this for anything.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);

pub(super) struct TestServer {
    pub(super) address: SocketAddr,
    pub(super) fake: Arc<Fake>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) recorder: Recorder,
    pub(super) reviews: Arc<Reviews>,
    pub(super) dir: Arc<tempfile::TempDir>,
    /// Apart from the audit record, whose folder tests read whole.
    _reviews_dir: tempfile::TempDir,
    /// A token with every scope.
    pub(super) token: String,
    server: Server,
}

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts that this is a problem of this status and name, and gives it.
    #[track_caller]
    pub(super) fn problem(&self, status: u16, slug: &str) -> Problem {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.head.contains("content-type: application/problem+json"), "{self:?}");
        let problem: Problem = self.json();
        assert_eq!((problem.status, problem.slug()), (status, slug), "{self:?}");
        problem
    }
}

impl TestServer {
    pub(super) async fn start() -> Self {
        Self::with(HttpConfig::default(), Arc::new(MemoryIdempotency::default())).await
    }

    pub(super) async fn limited(limits: Limits) -> Self {
        Self::with(HttpConfig { limits, ..HttpConfig::default() }, Arc::new(MemoryIdempotency::default())).await
    }

    pub(super) async fn with(config: HttpConfig, idempotency: Arc<dyn IdempotencyStore>) -> Self {
        let tokens = Arc::new(Tokens::open(Box::<MemoryTokens>::default()).unwrap());
        Self::with_tokens(config, idempotency, tokens).await
    }

    pub(super) async fn with_tokens(
        config: HttpConfig,
        idempotency: Arc<dyn IdempotencyStore>,
        tokens: Arc<Tokens>,
    ) -> Self {
        let (server, writer) = Self::with_held_record(config, idempotency, tokens).await;
        tokio::spawn(writer);
        server
    }

    /// A server whose lookups wait to be recorded until the test runs the writer that it is given.
    pub(super) async fn held() -> (Self, impl Future<Output = ()> + Send + 'static) {
        let tokens = Arc::new(Tokens::open(Box::<MemoryTokens>::default()).unwrap());
        Self::with_held_record(HttpConfig::default(), Arc::new(MemoryIdempotency::default()), tokens).await
    }

    async fn with_held_record(
        config: HttpConfig,
        idempotency: Arc<dyn IdempotencyStore>,
        tokens: Arc<Tokens>,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let token = token(&tokens, &Scope::ALL);
        let audit = RecorderConfig { dir: dir.path().to_owned(), consortium: Digest([2; 32]) };
        let (recorder, writer) = Recorder::open(audit, Box::new(SecretKey::from_seed(&[1; 32]))).unwrap();
        let fake = Arc::new(Fake::default());
        let config = HttpConfig { audit_dir: dir.path().to_owned(), ..config };
        let metrics = Arc::new(Metrics::new());
        let (looks, reads) = (Arc::clone(&fake) as _, Arc::clone(&fake) as _);
        let reviews_dir = tempfile::tempdir().unwrap();
        let rules = Rules { retention_days: 30, second_signoff: false, keep_identifiers: true };
        let callbacks = Callbacks::open(reviews_dir.path(), &[3; 32], &[], Arc::clone(&metrics)).unwrap();
        let (members, metric) = (Arc::clone(&fake) as _, Arc::clone(&metrics));
        let reviews = Reviews::open(reviews_dir.path(), &[3; 32], rules, members, metric, Arc::new(callbacks)).unwrap();
        let reviews = Arc::new(reviews);
        let applications = Applications::new(looks, reads, recorder.clone(), Arc::clone(&metrics));
        let applications = applications.with_reviews(Arc::clone(&reviews));
        let app = App::new(
            Arc::clone(&fake) as _,
            Arc::clone(&tokens),
            recorder.clone(),
            metrics,
            idempotency,
            Arc::new(applications),
            config,
        );
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let server = Server::start(listener, app).unwrap();
        (
            Self {
                address: server.local_addr(),
                fake,
                tokens,
                recorder,
                reviews,
                dir,
                _reviews_dir: reviews_dir,
                token,
                server,
            },
            writer,
        )
    }

    pub(super) async fn stop(self) {
        timeout(DEADLINE, self.server.stop()).await.unwrap();
    }

    /// Sends a request with the all-scopes token.
    pub(super) async fn send(&self, method: &str, path: &str, body: &str) -> Reply {
        let bearer = format!("authorization: Bearer {}\r\n", self.token);
        self.send_with(method, path, &format!("{bearer}content-type: application/json\r\n"), body).await
    }

    /// Sends a request with exactly these headers beside `Host` and `Content-Length`.
    pub(super) async fn send_with(&self, method: &str, path: &str, headers: &str, body: &str) -> Reply {
        let (host, length) = (self.address, body.len());
        self.raw(&format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\n{headers}content-length: {length}\r\n\r\n{body}"
        ))
        .await
    }

    /// Sends these bytes on a connection of their own, and reads one response.
    pub(super) async fn raw(&self, request: &str) -> Reply {
        read_reply(&mut self.asked(request).await).await
    }

    /// Sends these bytes on a connection of their own, and gives it.
    pub(super) async fn asked(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    pub(super) async fn check(&self, value: &str) -> Reply {
        self.send("POST", "/v1/check", &check_body(value)).await
    }
}

pub(super) fn check_body(value: &str) -> String {
    serde_json::json!({"identifiers": [{"kind": "email", "value": value}]}).to_string()
}

pub(super) fn token(tokens: &Tokens, scopes: &[Scope]) -> String {
    let request = TokenRequest { name: "test".to_owned(), scopes: scopes.to_vec(), expires_days: None };
    tokens.create(&request, unix_seconds()).unwrap().token
}

/// Reads one response of known length, or up to the connection's end.
pub(super) async fn read_reply(stream: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    let read = async {
        loop {
            if let Some(reply) = whole(&bytes) {
                return reply;
            }
            let count = stream.read_buf(&mut bytes).await.unwrap();
            assert_ne!(count, 0, "closed after {:?}", String::from_utf8_lossy(&bytes));
        }
    };
    timeout(DEADLINE, read).await.expect("a response in time")
}

fn whole(bytes: &[u8]) -> Option<Reply> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.parse().unwrap());
    let body = body.get(..length)?.to_owned();
    Some(Reply { status: head.get(9..12)?.parse().ok()?, head: head.to_owned(), body })
}
