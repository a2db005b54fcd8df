//! The listener: accepts connections, guards requests, counts them, and stops gracefully.
//!
//! hyper is driven directly, because axum's own `serve` has no time limit for headers; what stands before the router
//! is one function instead of a tower of layers, each of which would box a future a request.

use std::{
    io,
    net::SocketAddr,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, header},
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use larum_protocol::api::path;
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, SemaphorePermit, watch},
    task::{JoinHandle, JoinSet},
};
use tower::Service as _;

use super::{
    ApiError, App,
    connections::{Connections, Place},
    guard::Guard,
    hooks, route_label, router,
    stalled::Impatient,
};
use crate::{console::place, metrics::Metrics};

/// Bytes that hyper buffers a connection: headers must fit, and so does the largest line of a bulk stream.
const CONNECTION_BUFFER_BYTES: usize = 128 * 1024;

/// How long the listener waits after the system refused a connection: out of file descriptors, say.
const ACCEPT_RETRY_TIME: Duration = Duration::from_millis(100);

/// Why an address cannot be listened on, and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BindError {
    /// Somebody else has the port.
    #[error("port {} on {} is taken by another program; stop it, or choose another address for the HTTP API", .0.port(), .0.ip())]
    Taken(SocketAddr),
    /// Ports below 1024 need privileges.
    #[error("listening on {0} is not permitted; choose a port above 1023")]
    NotPermitted(SocketAddr),
    /// Not an address of this machine.
    #[error("{} is not an address of this machine", .0.ip())]
    NotHere(SocketAddr),
    /// Something else.
    #[error("cannot listen on {0}: {1}")]
    Io(SocketAddr, io::Error),
}

/// Opens the port of the HTTP API.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => BindError::Taken(address),
        io::ErrorKind::PermissionDenied => BindError::NotPermitted(address),
        io::ErrorKind::AddrNotAvailable => BindError::NotHere(address),
        _ => BindError::Io(address, error),
    })
}

/// A running HTTP side.
#[derive(Debug)]
pub struct Server {
    local: SocketAddr,
    stop: watch::Sender<bool>,
    listening: JoinHandle<()>,
}

impl Server {
    /// Starts answering on `listener`.
    pub fn start(listener: TcpListener, app: Arc<App>) -> io::Result<Self> {
        let local = listener.local_addr()?;
        let (stop, stopping) = watch::channel(false);
        let limits = app.limits();
        let front = Arc::new(Front {
            guard: Guard::new(&app.config, local),
            router: router(Arc::clone(&app)),
            requests: Semaphore::new(limits.requests),
            deliveries: Semaphore::new(limits.deliveries),
            sign_ins: Semaphore::new(limits.sign_ins),
            app,
        });
        let listening = tokio::spawn(listen(listener, front, stopping));
        Ok(Self { local, stop, listening })
    }

    /// Where it listens.
    pub const fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Stops accepting, lets requests in flight end within the time they have, and returns when all is closed.
    pub async fn stop(self) {
        self.stop.send(true).ok();
        if let Err(error) = self.listening.await {
            tracing::error!(%error, "the HTTP listener failed");
        }
    }
}

/// What stands before the router.
struct Front {
    guard: Guard,
    router: Router,
    requests: Semaphore,
    deliveries: Semaphore,
    sign_ins: Semaphore,
    app: Arc<App>,
}

/// A request that is being answered. Who hangs up before the answer ends its request, too: so it is the drop that counts.
struct InFlight<'a>(&'a Metrics);

impl<'a> InFlight<'a> {
    fn count(metrics: &'a Metrics) -> Self {
        metrics.http_in_flight.inc();
        Self(metrics)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.http_in_flight.dec();
    }
}

async fn listen(listener: TcpListener, front: Arc<Front>, mut stopping: watch::Receiver<bool>) {
    let all = Connections::new(front.app.limits().connections);
    let mut connections = JoinSet::new();
    loop {
        let accepted = async {
            let (stream, _) = listener.accept().await?;
            Ok::<_, io::Error>((stream, all.take().await))
        };
        let accepted = tokio::select! {
            biased;
            _ = stopping.wait_for(|&stop| stop) => break,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, place)) => {
                connections.spawn(serve(stream, place, Arc::clone(&front), stopping.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // It may be file descriptors that are missing.
                all.close_oldest_idle();
                tokio::time::sleep(ACCEPT_RETRY_TIME).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(front.app.limits().stop_time, ended).await.is_err() {
        tracing::warn!("requests were cut off, because they outlasted the stop");
    }
    connections.shutdown().await;
}

async fn serve(stream: TcpStream, place: Arc<Place>, front: Arc<Front>, mut stopping: watch::Receiver<bool>) {
    stream.set_nodelay(true).ok();
    let (header_time, taking_time) = (front.app.limits().header_time, front.app.limits().taking_time);
    let own = Arc::clone(&place);
    let service = service_fn(move |request| {
        let (front, busy) = (Arc::clone(&front), own.busy());
        async move { Ok::<_, std::convert::Infallible>(front.answer(request).await.map(|body| busy.until_written(body))) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(header_time).max_buf_size(CONNECTION_BUFFER_BYTES);
    let connection = builder.serve_connection(TokioIo::new(Impatient::new(stream, taking_time)), service);
    tokio::pin!(connection);
    tokio::select! {
        biased;
        // A connection that breaks is the peer's affair: there is nobody left to tell.
        _ = connection.as_mut() => return,
        () = place.closed() => return,
        _ = stopping.wait_for(|&stop| stop) => connection.as_mut().graceful_shutdown(),
    }
    connection.await.ok();
}

impl Front {
    async fn answer(&self, request: Request<Incoming>) -> Response {
        let started = Instant::now();
        let route = route_label(request.uri().path());
        let in_flight = InFlight::count(&self.app.metrics);
        let mut response = self.admit(request).await.unwrap_or_else(IntoResponse::into_response);
        drop(in_flight);
        self.app.metrics.requested(route, response.status().as_u16(), started.elapsed());
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }

    async fn admit(&self, request: Request<Incoming>) -> Result<Response, ApiError> {
        self.guard.check(&request)?;
        let _place = self.place(request.uri().path())?;
        let limits = self.app.limits();
        let publishes = matches!(request.uri().path(), path::STATEMENTS | path::VAULT_REPUBLISH);
        let answer_time = if publishes { limits.publish_time } else { limits.answer_time };
        let answer = self.router.clone().call(request.map(Body::new));
        let answer = AssertUnwindSafe(answer).catch_unwind();
        match tokio::time::timeout(answer_time, answer).await {
            Ok(Ok(Ok(response))) => Ok(response),
            Ok(Ok(Err(never))) => match never {},
            Ok(Err(_panic)) => {
                // The panic hook has logged it; its message stays inside, for it could quote anything.
                Err(ApiError::internal())
            }
            Err(_) => Err(ApiError::busy("the answer took too long")),
        }
    }

    /// A place among requests of its sort. Whoever may send a body without a credential has few places and waits for
    /// nobody else's; a probe needs none, since it reads no body and tells whether the others are answered.
    fn place(&self, requested: &str) -> Result<Option<SemaphorePermit<'_>>, ApiError> {
        let (places, full) = match requested {
            path::HEALTHZ | path::READYZ | path::METRICS => return Ok(None),
            place::SIGN_IN => (&self.sign_ins, ApiError::busy("too many people sign in at once")),
            hook if hook.starts_with("/v1/hooks/") => (&self.deliveries, hooks::busy()),
            _ => (&self.requests, ApiError::busy("too many requests at once")),
        };
        places.try_acquire().map(Some).map_err(|_| full)
    }
}
