//! The servers that are measured, each on a thread of its own with a single-threaded runtime.

use std::{
    collections::HashSet,
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use axum::{Json, Router, extract::State, routing::post};
use larum_protocol::{
    api::{CheckRequest, Verdict, path},
    hash::Digest,
    keys::SecretKey,
};
use tokio::{net::TcpListener, sync::oneshot};

use crate::{
    applications::{Applications, FencedReader},
    audit::{Recorder, RecorderConfig},
    bench::{BenchError, SetService},
    config::Config,
    http::{App, HttpConfig, Limits, MemoryIdempotency, Server, bind},
    index::Options,
    metrics::Metrics,
    node::Node,
    tokens::{Rate, Tokens},
};

/// Between two looks at whether the index is merged; a merge takes seconds.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A server on a thread of its own.
pub(super) struct ServerThread {
    pub(super) address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: thread::JoinHandle<()>,
}

impl ServerThread {
    /// Runs `serve`, which says where it listens and returns once it is told to stop.
    pub(super) fn start<F, S>(serve: F) -> Result<Self, BenchError>
    where
        F: FnOnce(mpsc::Sender<SocketAddr>, oneshot::Receiver<()>) -> S + Send + 'static,
        S: Future<Output = ()>,
    {
        let (listening, address) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be made").block_on(serve(listening, stopped));
        });
        let address = address.recv().map_err(|_| BenchError::wrong("the server under test did not start"))?;
        Ok(Self { address, stop, thread })
    }

    /// Stops it.
    pub(super) fn stop(self) -> Result<(), BenchError> {
        self.stop.send(()).ok();
        self.thread.join().map_err(|_| BenchError::wrong("the server under test panicked"))
    }
}

async fn listener() -> TcpListener {
    bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.expect("loopback has a free port")
}

/// The bare endpoint: JSON in, a set, JSON out.
pub(super) async fn serve_bare(
    listed: HashSet<String>,
    listening: mpsc::Sender<SocketAddr>,
    stopped: oneshot::Receiver<()>,
) {
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

/// The node's whole API over a service that looks up in a set.
pub(super) async fn serve_shell(
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
    let service = Arc::new(SetService::new(listed));
    let documents = Arc::new(FencedReader);
    let applications =
        Arc::new(Applications::new(Arc::clone(&service) as _, documents, recorder.clone(), Arc::clone(&metrics)));
    let app = App::new(service, tokens, recorder.clone(), metrics, idempotency, applications, config);
    let server = Server::start(listener().await, app).expect("it is bound");
    listening.send(server.local_addr()).ok();
    stopped.await.ok();
    server.stop().await;
    recorder.close().await;
}

/// A whole node on its data folder.
pub(super) async fn serve_node(config: Config, listening: mpsc::Sender<SocketAddr>, stopped: oneshot::Receiver<()>) {
    let node = Node::start(config).await.expect("its folder was made for it");
    listening.send(node.http_addr()).ok();
    stopped.await.ok();
    node.stop().await.expect("nothing keeps it");
}

/// A node fills its index at its first start and goes on merging it in the background: runs one until that is done, so
/// that what is measured afterwards is the node and not the merge.
pub(super) async fn fill_index(config: Config) -> Result<(), BenchError> {
    let node = Node::start(config).await?;
    node.ledger().flush()?;
    while node.ledger().index_stats().segments > Options::default().segments_max {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(node.stop().await?)
}
