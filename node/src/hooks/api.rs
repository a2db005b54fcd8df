//! A vendor's API: credentials, pages, files, and what its refusals mean.
//!
//! Invariant: the credential goes to the configured base URL's origin and nowhere else, whatever an answer links to.
//! Invariant: a credential that was rotated is read anew when the old one is refused, without a restart.
//! Absent on purpose: when to try again (`worker.rs`).

mod credentials;

use std::{fmt, sync::Arc, time::Duration};

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use bytes::Bytes;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use url::Url;
use zeroize::Zeroizing;

pub(super) use self::credentials::Credentials;
use super::{
    arrival::Linked,
    fetch::{Ask, Bounds, Fetch, FetchError, Reply},
    trouble::Troubles,
    vendor::{Auth, Vendor},
};
use crate::{config::HookConfig, extract::DOCUMENT_BYTES_MAX};

/// A call: a page of notes has some hundred kilobytes.
const CALL: Bounds = Bounds { bytes: 4 * 1_024 * 1_024, time: Duration::from_secs(20) };
/// A document: what the reader of documents takes, over a slow line.
const FILE: Bounds = Bounds { bytes: DOCUMENT_BYTES_MAX, time: Duration::from_secs(60) };
/// How long an API that let a call run out of time is left alone.
const SLOW_PAUSE: Duration = Duration::from_secs(30);
/// The longest that a vendor can make the node wait by `Retry-After`: who asks for more is asked again in between.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60 * 60);

/// Why a call did not do what it should.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Fault {
    /// Not now: slow, failing, limited, or the credential is refused until somebody changes it. The time is the vendor's.
    #[error("the vendor's API does not answer as it should now")]
    Later(Option<Duration>),
    /// What it is about is not there any more.
    #[error("it is not there any more")]
    Gone,
    /// The credential is good, and not for this: of an applicant who is confidential, or without the permission.
    #[error("the vendor's API does not permit it")]
    Denied,
    /// Never in this way.
    #[error("the vendor's API refuses it")]
    Refused,
    /// The guard does not let it through.
    #[error("{0}")]
    Forbidden(&'static str),
}

/// One page of an answer.
pub(crate) struct Page {
    pub(crate) body: Value,
    /// Where the next one is (RFC 8288, `rel="next"`).
    pub(crate) next: Option<String>,
}

/// One vendor's API, as one hook is configured for it.
pub(crate) struct Api {
    vendor: Vendor,
    fetch: Fetch,
    base: Option<Url>,
    credentials: Credentials,
    troubles: Arc<Troubles>,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("vendor", &self.vendor).finish_non_exhaustive()
    }
}

impl Api {
    /// The API of a hook.
    pub(crate) fn new(config: &HookConfig, fetch: Fetch, credentials: Credentials, troubles: Arc<Troubles>) -> Self {
        Self { vendor: config.vendor, fetch, base: config.api_url.clone(), credentials, troubles }
    }

    /// Whether there is anything to call with.
    pub(crate) fn is_configured(&self) -> bool {
        self.base.is_some() && self.credentials.are_there()
    }

    /// A line of the credentials.
    pub(crate) fn credential(&self, line: usize) -> Arc<Zeroizing<String>> {
        self.credentials.line(line)
    }

    /// Reads a page of JSON.
    pub(crate) async fn page(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Page, Fault> {
        let mut url = self.url(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.page_of(url).await
    }

    /// Reads a page at an address that an answer gave: only within the same API.
    pub(crate) async fn page_at(&self, address: &str) -> Result<Page, Fault> {
        let base = self.base.as_ref().ok_or(Fault::Refused)?;
        let url = base.join(address).map_err(|_| Fault::Refused)?;
        if url.origin() != base.origin() {
            return Err(Fault::Forbidden("an answer of the API links to another host"));
        }
        self.page_of(url).await
    }

    async fn page_of(&self, url: Url) -> Result<Page, Fault> {
        let reply = self.call(Ask::get(url)).await?;
        let links = reply.headers.get(header::LINK).and_then(|links| links.to_str().ok()).unwrap_or_default();
        Ok(Page { next: next_link(links), body: parsed(&reply)? })
    }

    /// Sends JSON and reads JSON; an empty answer is `null`.
    pub(crate) async fn json(&self, method: Method, path: &[&str], body: &Value) -> Result<Value, Fault> {
        let mut ask = Ask { method, body: Bytes::from(body.to_string()), ..Ask::get(self.url(path)?) };
        ask.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let reply = self.call(ask).await?;
        // Some answer 201 with a text or nothing.
        Ok(parsed(&reply).unwrap_or(Value::Null))
    }

    /// Fetches a document.
    pub(crate) async fn file(&self, document: &Linked) -> Result<Bytes, Fault> {
        let url: Url = document.url.parse().map_err(|_| Fault::Forbidden("a document's address is none"))?;
        let ours = self.base.as_ref().is_some_and(|base| base.origin() == url.origin());
        let headers = if document.own && ours { self.authorization(false).await? } else { HeaderMap::new() };
        let reply = self.fetch.follow(Ask { headers, ..Ask::get(url) }, FILE).await;
        let reply = reply.map_err(|error| match error {
            FetchError::Forbidden(why) => Fault::Forbidden(why),
            FetchError::Large | FetchError::Compressed => Fault::Refused,
            // Its host is not the API's, which is not left alone for it.
            FetchError::Unreachable | FetchError::Slow => Fault::Later(None),
        })?;
        // A link that has run out answers 400, 401, 403, 404 or 410: it will not come back.
        match reply.status {
            status if status.is_success() => Ok(reply.body),
            status if is_passing(status) => Err(Fault::Later(retry_after(&reply.headers))),
            _ => Err(Fault::Gone),
        }
    }

    /// One call with the credential; once more with a new one if it is refused.
    async fn call(&self, ask: Ask) -> Result<Reply, Fault> {
        for anew in [false, true] {
            let mut ask = ask.clone();
            ask.headers.extend(self.authorization(anew).await?);
            let reply = self.fetch.send(ask, CALL).await.map_err(|error| unanswered(&error, &self.troubles))?;
            let fails = |why| self.troubles.api_fails(why);
            match reply.status {
                StatusCode::UNAUTHORIZED => {}
                status if status.is_success() => {
                    self.troubles.api_works();
                    return Ok(reply);
                }
                StatusCode::NOT_FOUND | StatusCode::GONE => return Err(Fault::Gone),
                StatusCode::FORBIDDEN => {
                    fails(
                        "the vendor's API answers 403: an applicant is confidential, or the credential lacks a permission",
                    );
                    return Err(Fault::Denied);
                }
                StatusCode::TOO_MANY_REQUESTS => {
                    fails("the vendor's API limits how often it is asked");
                    return Err(Fault::Later(retry_after(&reply.headers)));
                }
                status if is_passing(status) => {
                    fails(FAILING);
                    return Err(Fault::Later(retry_after(&reply.headers)));
                }
                _ => {
                    fails("the vendor's API refuses a call; is api_url right?");
                    return Err(Fault::Refused);
                }
            }
        }
        self.troubles.api_fails("the vendor's API refuses the credential; write a valid one to credentials_file");
        Err(Fault::Later(None))
    }

    async fn authorization(&self, anew: bool) -> Result<HeaderMap, Fault> {
        if anew {
            self.credentials.read_anew(self.vendor, &self.troubles);
        }
        let line = |at: usize| self.credentials.line(at);
        let (name, value) = match self.vendor.ats().auth() {
            Auth::None => return Ok(HeaderMap::new()),
            Auth::Basic => (header::AUTHORIZATION, basic(&line(0), "")),
            Auth::Bearer { .. } => (header::AUTHORIZATION, Zeroizing::new(format!("Bearer {}", **line(0)))),
            Auth::Header(name) => (header::HeaderName::from_static(name), (*line(0)).clone()),
            Auth::Client => {
                let token = self.credentials.access_token(&self.fetch, CALL, anew, &self.troubles).await?;
                (header::AUTHORIZATION, Zeroizing::new(format!("Bearer {}", *token)))
            }
        };
        let mut value = HeaderValue::from_str(&value).map_err(|_| Fault::Later(None))?;
        value.set_sensitive(true);
        Ok(HeaderMap::from_iter([(name, value)]))
    }

    /// The address of a path; each part is written so that it stays one part.
    fn url(&self, path: &[&str]) -> Result<Url, Fault> {
        let mut url = self.base.clone().ok_or(Fault::Refused)?;
        url.path_segments_mut().map_err(|()| Fault::Refused)?.pop_if_empty().extend(path);
        Ok(url)
    }
}

const FAILING: &str = "the vendor's API fails";

/// What it means that the API gave no answer.
fn unanswered(error: &FetchError, troubles: &Troubles) -> Fault {
    match *error {
        FetchError::Forbidden(why) => {
            troubles.api_fails(why);
            Fault::Forbidden(why)
        }
        FetchError::Large | FetchError::Compressed => {
            troubles.api_fails("the vendor's API sends more than it should, or compressed");
            Fault::Refused
        }
        FetchError::Unreachable => {
            troubles.api_fails("the vendor's API cannot be reached");
            Fault::Later(None)
        }
        FetchError::Slow => {
            troubles.api_fails("the vendor's API does not answer in time");
            Fault::Later(Some(SLOW_PAUSE))
        }
    }
}

/// RFC 7617.
fn basic(name: &str, password: &str) -> Zeroizing<String> {
    let plain = Zeroizing::new(format!("{name}:{password}"));
    Zeroizing::new(format!("Basic {}", data_encoding::BASE64.encode(plain.as_bytes())))
}

fn is_passing(status: StatusCode) -> bool {
    let passing = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    status.is_server_error() || passing.contains(&status)
}

fn parsed(reply: &Reply) -> Result<Value, Fault> {
    serde_json::from_slice(&reply.body).map_err(|_| Fault::Refused)
}

/// RFC 9110, 10.2.3: seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = OffsetDateTime::parse(text, &Rfc2822).ok()? - OffsetDateTime::now_utc();
            Duration::from_secs(u64::try_from(until.whole_seconds()).unwrap_or(0))
        }
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

/// The target with `rel="next"` in a `Link` header.
fn next_link(links: &str) -> Option<String> {
    let links = links.split(',').filter_map(|link| link.trim().strip_prefix('<')?.split_once('>'));
    let mut next = links.filter(|(_, rest)| rest.replace('"', "").split(';').any(|part| part.trim() == "rel=next"));
    next.next().map(|(target, _)| target.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_or_a_date_and_is_bounded() {
        let of = |text: &str| retry_after(&HeaderMap::from_iter([(header::RETRY_AFTER, text.parse().unwrap())]));
        assert_eq!(of("7"), Some(Duration::from_secs(7)));
        assert_eq!(of("99999999"), Some(RETRY_AFTER_MAX));
        assert_eq!(of("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert_eq!(of("Fri, 01 Jan 2100 00:00:00 GMT"), Some(RETRY_AFTER_MAX));
        assert_eq!(of("soon"), None);
    }

    #[test]
    fn the_next_page_is_the_one_that_says_so() {
        let links = r#"<https://a.example/1>; rel="prev", <https://a.example/3>; rel="next""#;
        assert_eq!(next_link(links).as_deref(), Some("https://a.example/3"));
        assert_eq!(next_link(r#"<https://a.example/1>; rel="prev""#), None);
    }
}
