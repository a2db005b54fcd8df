//! `/v1/check` and `/v1/check/bulk` over loopback, with the record and receipts on, beside a bare axum endpoint that
//! looks the same identifiers up in a set.
//!
//! Servers run on a thread of their own with a single-threaded runtime; the load comes from the caller's runtime.

use std::{
    collections::HashSet,
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
    time::Instant,
};

use axum::{Json, Router, extract::State, routing::post};
use larum_protocol::{
    api::{CheckRequest, Scope, TokenRequest, Verdict, path},
    hash::Digest,
    keys::SecretKey,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use super::{Load, LoadError, Served, SetService, requests_per_second};
use crate::{
    audit::{Recorder, RecorderConfig},
    http::{App, HttpConfig, Limits, MemoryIdempotency, Server, bind},
    metrics::Metrics,
    tokens::{MemoryTokens, Rate, Tokens},
};

/// Different requests, sent in turn; one in eight is listed.
const REQUESTS: usize = 1_024;

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct HttpFigures {
    /// Requests a second of the bare endpoint.
    pub bare: f64,
    /// Requests a second of `/v1/check` with one identifier.
    pub check: f64,
    /// Identifiers a second of `/v1/check/bulk`.
    pub bulk: f64,
    /// Microseconds of the server thread's CPU for one request of the bare endpoint; 0 where the system does not tell.
    pub bare_cpu_us: f64,
    /// The same for one `/v1/check`, its record and receipt included.
    pub check_cpu_us: f64,
    /// The same for one identifier of `/v1/check/bulk`.
    pub bulk_cpu_us: f64,
}

/// Measures all three one after another. The audit record goes under `dir`.
pub async fn measure(dir: &Path, load: Load, bulk_lines: usize) -> Result<HttpFigures, LoadError> {
    let listed: Vec<String> = (0..REQUESTS).step_by(8).map(value).collect();

    let bare = ServerThread::start({
        let listed: HashSet<String> = listed.iter().cloned().collect();
        move |listening, stopped| serve_bare(listed, listening, stopped)
    });
    let bare_requests = Arc::new((0..REQUESTS).map(|n| request(bare.address, "", &body(n))).collect());
    let bare_served = requests_per_second(bare.address, bare_requests, load).await;
    let bare_cpu = bare.stop();

    let tokens = Arc::new(Tokens::open(Box::<MemoryTokens>::default()).map_err(std::io::Error::other)?);
    let wanted = TokenRequest { name: "bench".to_owned(), scopes: vec![Scope::Check], expires_days: Some(3_000) };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
    let token = tokens.create(&wanted, now).map_err(std::io::Error::other)?.token;
    let authorization = format!("authorization: Bearer {token}\r\n");
    let start_node = || {
        let (listed, tokens, dir) = (listed.clone(), Arc::clone(&tokens), dir.to_owned());
        ServerThread::start(move |listening, stopped| serve_node(listed, tokens, dir, listening, stopped))
    };
    let node = start_node();
    let requests = Arc::new((0..REQUESTS).map(|n| request(node.address, &authorization, &body(n))).collect());
    let check_served = requests_per_second(node.address, requests, load).await;
    let check_cpu = node.stop();
    let node = start_node();
    let bulk_rate = bulk(node.address, &authorization, bulk_lines).await;
    let bulk_cpu = node.stop();

    let (bare, check): (Served, Served) = (bare_served?, check_served?);
    Ok(HttpFigures {
        bare: bare.per_second,
        check: check.per_second,
        bulk: bulk_rate?,
        bare_cpu_us: bare_cpu / f64::from(bare.requests),
        check_cpu_us: check_cpu / f64::from(check.requests),
        #[expect(clippy::cast_precision_loss, reason = "a count of lines is far below 2^52")]
        bulk_cpu_us: bulk_cpu / bulk_lines as f64,
    })
}

/// A server on a thread of its own.
struct ServerThread {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: thread::JoinHandle<f64>,
}

impl ServerThread {
    /// Runs `serve`, which says where it listens and returns once it is told to stop.
    fn start<F, S>(serve: F) -> Self
    where
        F: FnOnce(mpsc::Sender<SocketAddr>, oneshot::Receiver<()>) -> S + Send + 'static,
        S: Future<Output = ()>,
    {
        let (listening, address) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be made").block_on(serve(listening, stopped));
            thread_cpu_us()
        });
        let address = address.recv().expect("the server says where it listens");
        Self { address, stop, thread }
    }

    /// Stops it, and gives the microseconds of CPU that its thread took.
    fn stop(self) -> f64 {
        self.stop.send(()).ok();
        self.thread.join().unwrap_or_default()
    }
}

/// Microseconds of CPU that this thread took so far, as Linux tells them; 0 elsewhere.
fn thread_cpu_us() -> f64 {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds: Option<f64> = schedule.split(' ').next().and_then(|first| first.parse().ok());
    nanoseconds.unwrap_or_default() / 1_000.0
}

async fn listener() -> TcpListener {
    bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.expect("loopback has a free port")
}

async fn serve_bare(listed: HashSet<String>, listening: mpsc::Sender<SocketAddr>, stopped: oneshot::Receiver<()>) {
    async fn look_up(
        State(listed): State<Arc<HashSet<String>>>,
        Json(request): Json<CheckRequest>,
    ) -> Json<Vec<Verdict>> {
        let verdict = |value: &String| if listed.contains(value) { Verdict::Listed } else { Verdict::Clear };
        Json(request.identifiers.iter().map(|identifier| verdict(&identifier.value)).collect())
    }
    let router = Router::new().route(path::CHECK, post(look_up)).with_state(Arc::new(listed));
    let listener = listener().await;
    listening.send(listener.local_addr().expect("it is bound")).ok();
    let serve = axum::serve(listener, router);
    tokio::select! {
        _ = serve => {}
        _ = stopped => {}
    }
}

async fn serve_node(
    listed: Vec<String>,
    tokens: Arc<Tokens>,
    dir: PathBuf,
    listening: mpsc::Sender<SocketAddr>,
    stopped: oneshot::Receiver<()>,
) {
    let limits = Limits { rate: Rate { per_second: 1_000_000_000, burst: 1_000_000_000 }, ..Limits::default() };
    let config = RecorderConfig { dir, consortium: Digest([2; 32]) };
    let recorder = Recorder::start(config, Box::new(SecretKey::from_seed(&[1; 32]))).expect("the folder can be used");
    let config = HttpConfig { limits, ..HttpConfig::default() };
    let (metrics, idempotency) = (Arc::new(Metrics::new()), Arc::new(MemoryIdempotency::default()));
    let app = App::new(Arc::new(SetService::new(listed)), tokens, recorder.clone(), metrics, idempotency, config);
    let server = Server::start(listener().await, app).expect("it is bound");
    listening.send(server.local_addr()).ok();
    stopped.await.ok();
    server.stop().await;
    recorder.close().await;
}

fn value(number: usize) -> String {
    format!("0x{number:040x}")
}

fn body(number: usize) -> String {
    format!("{{\"identifiers\":[{{\"kind\":\"wallet\",\"value\":\"{}\"}}]}}", value(number))
}

fn request(server: SocketAddr, headers: &str, body: &str) -> Vec<u8> {
    let (path, length) = (path::CHECK, body.len());
    let head = format!("POST {path} HTTP/1.1\r\nhost: {server}\r\n{headers}content-type: application/json\r\n");
    format!("{head}content-length: {length}\r\n\r\n{body}").into_bytes()
}

/// Sends `lines` identifiers in one stream, and gives identifiers a second.
async fn bulk(server: SocketAddr, headers: &str, lines: usize) -> Result<f64, LoadError> {
    let page: String = (0..REQUESTS).map(|n| format!("{{\"kind\":\"wallet\",\"value\":\"{}\"}}\n", value(n))).collect();
    let pages = lines.div_ceil(REQUESTS);
    let (mut reader, mut writer) = TcpStream::connect(server).await?.into_split();
    let (path, length) = (path::CHECK_BULK, page.len() * pages);
    let head = format!("POST {path} HTTP/1.1\r\nhost: {server}\r\n{headers}connection: close\r\n");
    let head = format!("{head}content-type: application/x-ndjson\r\ncontent-length: {length}\r\n\r\n");
    let start = Instant::now();
    let write = async {
        writer.write_all(head.as_bytes()).await?;
        for _ in 0..pages {
            writer.write_all(page.as_bytes()).await?;
        }
        Ok::<_, LoadError>(writer)
    };
    let read = async {
        let (mut buffer, mut tail) = (vec![0; 256 * 1024], Vec::new());
        loop {
            let length = reader.read(&mut buffer).await?;
            if length == 0 {
                return Ok::<_, LoadError>(tail);
            }
            tail.extend_from_slice(&buffer[..length]);
            tail.drain(..tail.len().saturating_sub(4_096));
        }
    };
    // A server that gives up says why in its answer, so that counts for more than the broken pipe.
    let (written, tail) = tokio::join!(write, read);
    let tail = tail?;
    let took = start.elapsed();
    let answered = format!("\"lines\":{}", pages * REQUESTS);
    if written.is_err() || !String::from_utf8_lossy(&tail).contains(&answered) {
        return Err(LoadError::Response);
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of lines is far below 2^52")]
    Ok((pages * REQUESTS) as f64 / took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::time::Duration;

    use super::*;

    /// In a debug build only that it works; `cargo test --release -- --nocapture` prints figures worth reading.
    #[tokio::test]
    async fn all_three_answer_under_load() {
        let dir = tempfile::tempdir().unwrap();
        let seconds = if cfg!(debug_assertions) { 0.2 } else { 3.0 };
        let load = Load { connections: 50, time: Duration::from_secs_f64(seconds) };
        let lines = if cfg!(debug_assertions) { 20_000 } else { 2_000_000 };
        let figures = measure(dir.path(), load, lines).await.unwrap();
        tracing::info!(?figures, "measured");
        assert!(figures.bare > 0.0 && figures.check > 0.0 && figures.bulk > 0.0, "{figures:?}");
        assert!(crate::audit::verify(dir.path()).is_ok());
    }
}
