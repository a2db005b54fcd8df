//! The outbound client for what deliveries name: guarded where the connection is made.
//!
//! A webhook must not make the node fetch an address of its sender's choosing. So a request goes to a host that the
//! operator allowed, over TLS, and the name is resolved here: what was looked at is what is dialled, however the name
//! answers the next time (DNS rebinding). A redirect is a new request that passes everything again.
//! Invariant: no address that is not public is ever dialled, but the exact `host:port` that the operator named as local.
//! Invariant: an answer is bounded in bytes and time, and is never decompressed.
//! Absent on purpose: proxies of the environment, cookies, what the answers mean (`api.rs`).

pub(crate) mod address;
mod connector;
mod rules;

use std::{fmt, sync::Arc, time::Duration};

use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tokio::time::timeout;
use url::Url;

use self::connector::Guarded;
pub use self::rules::HostRule;
pub(crate) use self::{
    connector::{Network, System},
    rules::Rules,
};

/// How long a connection that is not used is kept.
const IDLE_TIME: Duration = Duration::from_secs(20);
/// Connections kept for each host: as many as there are workers.
const IDLE_COUNT: usize = 8;
/// Bytes of an answer's headers.
const HEADER_BYTES_MAX: usize = 64 * 1_024;
/// Redirects that are followed: object stores need one, an old link two.
const REDIRECTS_MAX: usize = 3;
/// What the node calls itself.
const AGENT: &str = concat!("larum/", env!("CARGO_PKG_VERSION"));

/// A request.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Bounds of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) bytes: usize,
    pub(crate) time: Duration,
}

/// An answer, whatever its status.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why there is no answer. No text names an address that was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The guard does not let it through; nothing was dialled.
    #[error("{0}")]
    Forbidden(&'static str),
    /// No connection, or it broke.
    #[error("the other side cannot be reached, or broke off")]
    Unreachable,
    /// It took too long.
    #[error("the answer took too long")]
    Slow,
    /// It was too large.
    #[error("the answer is larger than it may be")]
    Large,
    /// It was compressed although nobody had asked for that.
    #[error("the answer is compressed, which was not asked for")]
    Compressed,
}

/// The client of one hook.
#[derive(Clone)]
pub(crate) struct Fetch {
    client: Client<HttpsConnector<Guarded>, Full<Bytes>>,
    rules: Arc<Rules>,
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetch").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Ask {
    /// A plain `GET`.
    pub(crate) fn get(url: Url) -> Self {
        Self { method: Method::GET, url, headers: HeaderMap::new(), body: Bytes::new() }
    }
}

impl Fetch {
    /// A client that goes where `rules` allow.
    pub(crate) fn new(rules: Rules, network: Arc<dyn Network>, tls: rustls::ClientConfig) -> Self {
        let rules = Arc::new(rules);
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(Guarded::new(Arc::clone(&rules), network));
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_TIME)
            .pool_timer(hyper_util::rt::TokioTimer::new())
            .pool_max_idle_per_host(IDLE_COUNT)
            .http1_max_buf_size(HEADER_BYTES_MAX)
            .build(connector);
        Self { client, rules }
    }

    /// One request, one answer; a redirect is an answer.
    pub(crate) async fn send(&self, ask: Ask, bounds: Bounds) -> Result<Reply, FetchError> {
        // The connector asks again, where it counts; here so that a pooled connection is no way around.
        self.rules.permit(&ask.url).map_err(FetchError::Forbidden)?;
        timeout(bounds.time, self.exchange(ask, bounds.bytes)).await.unwrap_or(Err(FetchError::Slow))
    }

    /// A `GET` that follows redirects, each of which has to be allowed like the first. `headers` go to the first host
    /// only.
    pub(crate) async fn follow(&self, mut ask: Ask, bounds: Bounds) -> Result<Reply, FetchError> {
        let whole = async {
            for _ in 0..=REDIRECTS_MAX {
                let reply = self.send(ask.clone(), bounds).await?;
                if !reply.status.is_redirection() {
                    return Ok(reply);
                }
                let target = reply.headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
                let target = target.and_then(|location| ask.url.join(location).ok());
                let target = target.ok_or(FetchError::Forbidden("a redirect leads nowhere"))?;
                let same = target.origin() == ask.url.origin();
                let headers = if same { ask.headers.clone() } else { HeaderMap::new() };
                ask = Ask { headers, ..Ask::get(target) };
            }
            Err(FetchError::Forbidden("it redirects too often"))
        };
        timeout(bounds.time, whole).await.unwrap_or(Err(FetchError::Slow))
    }

    async fn exchange(&self, ask: Ask, bytes_max: usize) -> Result<Reply, FetchError> {
        let mut request = Request::new(Full::new(ask.body));
        *request.method_mut() = ask.method;
        *request.uri_mut() = ask.url.as_str().parse().map_err(|_| FetchError::Forbidden("it is no web address"))?;
        *request.headers_mut() = ask.headers;
        request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static(AGENT));
        request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let reply = self.client.request(request).await.map_err(|error| connector::refused(&error))?;
        let (head, body) = reply.into_parts();
        let encoding = head.headers.get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| encoding != "identity") {
            return Err(FetchError::Compressed);
        }
        let body = Limited::new(body, bytes_max).collect().await.map_err(|error| match error {
            error if error.is::<LengthLimitError>() => FetchError::Large,
            _ => FetchError::Unreachable,
        })?;
        Ok(Reply { status: head.status, headers: head.headers, body: body.to_bytes() })
    }
}

/// TLS 1.2 and 1.3 with the authorities that the system trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` name others).
pub(crate) fn tls() -> rustls::ClientConfig {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = rustls::RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        tracing::warn!(
            "the system trusts no certificate authority, so nothing can be fetched over TLS; install ca-certificates"
        );
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the suites of TLS 1.2 and 1.3");
    config.with_root_certificates(roots).with_no_client_auth()
}

#[cfg(test)]
mod tests;
