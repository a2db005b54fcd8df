//! Protection from web pages in the operator's browser.
//!
//! A page can make the browser call a loopback service, directly or by pointing its own name at 127.0.0.1 (DNS
//! rebinding). The first is told by `Origin`, the second by `Host`: so only names that are this node's are answered,
//! and only pages of this node's own console, and of origins that the operator configured.

use std::net::SocketAddr;

use axum::http::{HeaderMap, Request, StatusCode, header};
use larum_protocol::api::slug;

use super::{ApiError, HttpConfig};

/// The names and origins that are let through.
#[derive(Debug)]
pub(super) struct Guard {
    /// As they stand in the header, with the port.
    hosts: Vec<String>,
    /// Configured names, of which any port will do: a proxy in front has one of its own.
    names: Vec<String>,
    origins: Vec<String>,
}

impl Guard {
    /// The loopback names with the port that is listened on, and what the operator configured.
    pub(super) fn new(config: &HttpConfig, local: SocketAddr) -> Self {
        let port = local.port();
        let mut hosts: Vec<String> =
            ["127.0.0.1", "localhost", "[::1]"].iter().map(|name| format!("{name}:{port}")).collect();
        if port == 80 {
            hosts.extend(["127.0.0.1", "localhost", "[::1]"].map(str::to_owned));
        }
        Self { hosts, names: config.hosts.clone(), origins: config.origins.clone() }
    }

    /// Refuses what is not addressed to this node, or comes from a foreign page.
    pub(super) fn check<B>(&self, request: &Request<B>) -> Result<(), ApiError> {
        let named = only(request.headers(), header::HOST).filter(|host| self.knows(host));
        let target = request.uri().authority().is_none_or(|authority| self.knows(authority.as_str()));
        if named.is_none() || !target {
            let detail = "the Host header does not name this node; add the name to http_allowed_hosts in larum.toml";
            return Err(ApiError::new(StatusCode::MISDIRECTED_REQUEST, slug::HOST, detail));
        }
        if request.headers().contains_key(header::ORIGIN) {
            let origin = only(request.headers(), header::ORIGIN);
            let own = |origin: &str| named.is_some_and(|host| self.is_own(origin, host));
            if !origin.is_some_and(|origin| own(origin) || self.origins.iter().any(|allowed| allowed == origin)) {
                let detail = "web pages of this origin may not call; add it to http_allowed_origins in larum.toml";
                return Err(ApiError::new(StatusCode::FORBIDDEN, slug::ORIGIN, detail));
            }
        }
        if request.uri().path_and_query().is_some_and(|target| target.as_str().len() > TARGET_BYTES_MAX) {
            return Err(ApiError::bad_request("the request's target is too long"));
        }
        Ok(())
    }

    /// Whether a page of this origin came from this node itself, under the name by which it is called now.
    ///
    /// A browser sends the origin of the page; a page that has our name and port was served by us. TLS ends at a proxy,
    /// which has one of the configured names.
    fn is_own(&self, origin: &str, host: &str) -> bool {
        let Some((scheme, authority)) = origin.split_once("://") else { return false };
        let loopback = self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host));
        authority.eq_ignore_ascii_case(host) && (scheme == "http" || (scheme == "https" && !loopback))
    }

    fn knows(&self, host: &str) -> bool {
        let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
        self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
            || self.names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Bytes of path and query: none of ours needs more.
const TARGET_BYTES_MAX: usize = 1_024;

/// A header that stands there exactly once.
fn only(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then_some(first)?.to_str().ok()
}
