//! Where connections are made, and the guard in front of it.
//!
//! Invariant: every connection of the client passes [`Guarded`], and [`Network::dial`] is only called there, with an
//! address that was looked at the moment before.

use std::{
    error::Error as _,
    fmt, io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::http::Uri;
use futures::future::BoxFuture;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};
use tower::Service;

use super::{
    FetchError,
    address::is_public,
    rules::{Reach, Rules},
};

/// How long one address may take to connect.
const DIAL_TIME: Duration = Duration::from_secs(5);
/// How long a name may take to resolve.
const LOOKUP_TIME: Duration = Duration::from_secs(5);
/// Addresses of a name that are tried.
const ADDRESSES_MAX: usize = 4;

/// Names and connections: the system's, or a test's.
pub(crate) trait Network: Send + Sync {
    /// The addresses of a name.
    fn lookup(&self, host: String, port: u16) -> BoxFuture<'_, io::Result<Vec<SocketAddr>>>;
    /// A connection.
    fn dial(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>>;
}

/// The system's resolver and sockets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct System;

impl Network for System {
    fn lookup(&self, host: String, port: u16) -> BoxFuture<'_, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }

    fn dial(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>> {
        Box::pin(TcpStream::connect(address))
    }
}

/// Why nothing was dialled; it travels inside of the client's error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(&'static str);

/// The connector under TLS.
#[derive(Clone)]
pub(crate) struct Guarded {
    rules: Arc<Rules>,
    network: Arc<dyn Network>,
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Guarded {
    pub(super) const fn new(rules: Arc<Rules>, network: Arc<dyn Network>) -> Self {
        Self { rules, network }
    }

    async fn connect(&self, uri: Uri) -> io::Result<TokioIo<TcpStream>> {
        let refused = |why| io::Error::new(io::ErrorKind::PermissionDenied, Refused(why));
        let (scheme, host) = (uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default());
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        let reach = self.rules.reach(scheme, host, port).map_err(refused)?;
        let found = self.addresses(host, port).await?;
        let allowed = found.into_iter().filter(|address| reach == Reach::Local || is_public(address.ip()));
        let mut last = refused("a name leads to an address that is not public");
        for address in allowed.take(ADDRESSES_MAX) {
            match timeout(DIAL_TIME, self.network.dial(address)).await {
                Ok(Ok(stream)) => {
                    stream.set_nodelay(true)?;
                    return Ok(TokioIo::new(stream));
                }
                Ok(Err(error)) => last = error,
                Err(_) => last = io::ErrorKind::TimedOut.into(),
            }
        }
        Err(last)
    }

    /// An address that is written as one is looked at like those of a name.
    async fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let lookup = timeout(LOOKUP_TIME, self.network.lookup(host.to_owned(), port)).await;
        lookup.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Service<Uri> for Guarded {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let guarded = self.clone();
        Box::pin(async move { guarded.connect(uri).await })
    }
}

/// What the client's error says: the guard's word if it was that.
pub(super) fn refused(error: &hyper_util::client::legacy::Error) -> FetchError {
    let mut cause = error.source();
    while let Some(error) = cause {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(Refused(why)) = inner.and_then(|inner| inner.downcast_ref()) {
            return FetchError::Forbidden(why);
        }
        cause = error.source();
    }
    FetchError::Unreachable
}
