//! One endpoint: where it is, and one attempt to reach it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client as HyperClient, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use larum_protocol::hash::{Label, keyed_digest};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use tokio::sync::Notify;
use url::Url;

use super::{
    CallbackError,
    queue::EndpointId,
    sign::{NodeSigner, Secret, signatures},
};
use crate::{clock::now, config::CallbackConfig};

/// How long an attempt may take: Standard Webhooks ask for 15 to 30 seconds.
const ATTEMPT_TIME: Duration = Duration::from_secs(20);
/// How long a connection that is not used is kept.
const IDLE_TIME: Duration = Duration::from_secs(60);
/// Bytes of an answer's headers.
const HEADER_BYTES_MAX: usize = 64 * 1_024;
const AGENT: &str = concat!("larum/", env!("CARGO_PKG_VERSION"));

/// What all endpoints are reached by. It follows no redirect, and reads no more of an answer than its head.
#[derive(Debug)]
pub(super) struct Client(HyperClient<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Client {
    pub(super) fn new() -> Result<Self, CallbackError> {
        let mut roots = rustls::RootCertStore::empty();
        // Without any authority (a bare container) plain HTTP still works, and TLS says that nobody is trusted.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| CallbackError::Tls(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector =
            hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        let client = HyperClient::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_TIME)
            .pool_timer(TokioTimer::new())
            .http1_max_buf_size(HEADER_BYTES_MAX)
            .build(connector);
        Ok(Self(client))
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// With a 2xx.
    Arrived,
    /// The endpoint wants nothing more.
    Gone,
    /// Anything else; it may come back to it later.
    Failed {
        /// What the endpoint asked for.
        retry_after: Option<Duration>,
    },
}

/// One endpoint of the operator's.
pub(super) struct Endpoint {
    pub(super) id: EndpointId,
    url: Url,
    /// Its host: the rest may hold a token.
    pub(super) shown: String,
    pub(super) events: Vec<&'static str>,
    secret: Secret,
    pub(super) wake: Notify,
    is_stopped: AtomicBool,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("shown", &self.shown).field("events", &self.events).finish_non_exhaustive()
    }
}

impl Endpoint {
    pub(super) fn new(config: &CallbackConfig, ids: &[u8; 32]) -> Result<Self, CallbackError> {
        let url = config.url.clone();
        let shown = url.origin().ascii_serialization();
        if url.scheme() == "http" && !is_loopback(&url) {
            tracing::warn!(endpoint = shown, "callbacks to it are not encrypted; give it an https:// address");
        }
        Ok(Self {
            id: endpoint_id(ids, &url),
            url,
            shown,
            events: config.events.clone(),
            secret: Secret::read(&config.secret_file)?,
            wake: Notify::new(),
            is_stopped: AtomicBool::new(false),
        })
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// It wants nothing more: what waits for it stays until the node is started again, or it is taken out of the file.
    pub(super) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
        tracing::error!(
            endpoint = self.shown,
            "an endpoint answered 410 (Gone) and is sent nothing more; take it out of larum.toml, or restart the node once \
             it is back: what waits is sent then"
        );
    }

    /// One attempt.
    pub(super) async fn post(&self, client: &Client, node: &NodeSigner, id: &str, body: String) -> Outcome {
        let timestamp = now().0 / 1_000;
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.url.as_str())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, AGENT)
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures(&self.secret, node, id, timestamp, &body))
            .body(Full::new(Bytes::from(body)));
        let request = match request {
            Ok(request) => request,
            Err(error) => return self.failed(&error.to_string(), None),
        };
        match tokio::time::timeout(ATTEMPT_TIME, client.0.request(request)).await {
            Err(_) => self.failed("it took too long", None),
            Ok(Err(error)) if error.is_connect() => self.failed("it cannot be reached", None),
            Ok(Err(_)) => self.failed("the connection broke", None),
            Ok(Ok(answer)) if answer.status().is_success() => Outcome::Arrived,
            Ok(Ok(answer)) if answer.status() == StatusCode::GONE => Outcome::Gone,
            Ok(Ok(answer)) => {
                let retry_after = retry_after(answer.headers());
                self.failed(&format!("it answered {}", answer.status().as_u16()), retry_after)
            }
        }
    }

    fn failed(&self, why: &str, retry_after: Option<Duration>) -> Outcome {
        tracing::warn!(endpoint = self.shown, why, "a callback failed; it is tried again");
        Outcome::Failed { retry_after }
    }
}

/// Names an endpoint in the journal, where its address must not stand.
fn endpoint_id(secret: &[u8; 32], url: &Url) -> EndpointId {
    keyed_digest(secret, Label::LocalKey, &[b"endpoint", url.as_str().as_bytes()]).prefix()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = OffsetDateTime::parse(text, &Rfc2822).ok()?.unix_timestamp();
    let now = i64::try_from(now().0 / 1_000).ok()?;
    u64::try_from(until - now).ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_wait_is_given_in_seconds_or_as_a_date() {
        let asked = |text: &'static str| {
            retry_after(&HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static(text))]))
        };
        assert_eq!(asked("120"), Some(Duration::from_secs(120)));
        assert_eq!(asked("Wed, 21 Oct 2015 07:28:00 GMT"), None);
        assert!(asked("Wed, 21 Oct 2099 07:28:00 GMT").is_some_and(|wait| wait > Duration::from_secs(86_400)));
        assert_eq!((asked("soon"), asked("-5")), (None, None));
    }
}
