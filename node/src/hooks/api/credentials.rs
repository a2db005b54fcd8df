//! What opens a vendor's API: the lines of a file, and a token that some of them buy.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::http::{HeaderValue, Method, StatusCode, header};
use bytes::Bytes;
use parking_lot::RwLock;
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use super::{Fault, basic, is_passing, retry_after};
use crate::{
    config::HookConfig,
    hooks::{
        fetch::{Ask, Bounds, Fetch},
        secret::{self, SecretError},
        trouble::Troubles,
        vendor::Vendor,
    },
};

/// Lines of a credentials file.
const LINES_MAX: usize = 4;
/// A token is not used so shortly before it ends: a call takes a while.
const TOKEN_MARGIN: Duration = Duration::from_secs(60);
/// A token whose end is not told.
const TOKEN_SECONDS: u64 = 10 * 60;
/// The longest that a token is believed to be good for.
const TOKEN_SECONDS_MAX: u64 = 24 * 60 * 60;

type Lines = Vec<Arc<Zeroizing<String>>>;

/// The credentials of one hook.
pub(crate) struct Credentials {
    file: Option<PathBuf>,
    lines: RwLock<Lines>,
    needed: usize,
    token_url: Option<Url>,
    token: Mutex<Option<(Zeroizing<String>, Instant)>>,
}

/// RFC 6749, 5.1.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<u64>,
}

impl Credentials {
    /// Reads them for the first time.
    pub(crate) fn read(config: &HookConfig) -> Result<Self, SecretError> {
        let needed = config.vendor.ats().auth().lines();
        let lines = config.credentials_file.as_ref().map_or(Ok(Vec::new()), |file| read(file, needed))?;
        let (file, token_url) = (config.credentials_file.clone(), config.token_url.clone());
        Ok(Self { file, lines: RwLock::new(lines), needed, token_url, token: Mutex::default() })
    }

    pub(super) fn are_there(&self) -> bool {
        self.file.is_some()
    }

    /// A line; empty if there is none, which no API takes.
    pub(super) fn line(&self, at: usize) -> Arc<Zeroizing<String>> {
        self.lines.read().get(at).cloned().unwrap_or_default()
    }

    /// Reads the file again. If it cannot be read, what was read before goes on being used.
    pub(super) fn read_anew(&self, vendor: Vendor, troubles: &Troubles) {
        let Some(file) = &self.file else { return };
        match read(file, self.needed) {
            Ok(lines) => *self.lines.write() = lines,
            Err(error) if troubles.is_news("credentials_file") => {
                tracing::warn!(vendor = vendor.name(), %error, "credentials_file cannot be used: what it held before is");
            }
            Err(_) => {}
        }
    }

    /// A token bought with the client's id and secret (RFC 6749, 4.4); a new one if the last was refused.
    pub(super) async fn access_token(
        &self,
        fetch: &Fetch,
        bounds: Bounds,
        anew: bool,
        troubles: &Troubles,
    ) -> Result<Zeroizing<String>, Fault> {
        let mut held = self.token.lock().await;
        if let Some((token, until)) = held.as_ref()
            && !anew
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        *held = None;
        let (token, time) = self.buy(fetch, bounds, troubles).await?;
        *held = Some((token.clone(), Instant::now() + time.saturating_sub(TOKEN_MARGIN)));
        Ok(token)
    }

    async fn buy(
        &self,
        fetch: &Fetch,
        bounds: Bounds,
        troubles: &Troubles,
    ) -> Result<(Zeroizing<String>, Duration), Fault> {
        let url = self.token_url.clone().ok_or(Fault::Refused)?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("sub", &self.line(2))
            .finish();
        let mut ask = Ask { method: Method::POST, body: Bytes::from(form), ..Ask::get(url) };
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        ask.headers.insert(header::CONTENT_TYPE, form);
        let basic = HeaderValue::from_str(&basic(&self.line(0), &self.line(1))).map_err(|_| Fault::Later(None))?;
        ask.headers.insert(header::AUTHORIZATION, basic);
        let reply = fetch.send(ask, bounds).await.map_err(|error| match super::unanswered(&error, troubles) {
            Fault::Refused => Fault::Later(None),
            fault => fault,
        })?;
        match reply.status {
            StatusCode::OK | StatusCode::CREATED => {
                let granted: Granted = serde_json::from_slice(&reply.body).map_err(|_| Fault::Later(None))?;
                let seconds = granted.expires_in.unwrap_or(TOKEN_SECONDS).min(TOKEN_SECONDS_MAX);
                Ok((Zeroizing::new(granted.access_token), Duration::from_secs(seconds)))
            }
            status if is_passing(status) => {
                troubles.api_fails(super::FAILING);
                Err(Fault::Later(retry_after(&reply.headers)))
            }
            _ => {
                troubles.api_fails("token_url gives no access token; check credentials_file and token_url");
                Err(Fault::Later(None))
            }
        }
    }
}

fn read(file: &Path, needed: usize) -> Result<Lines, SecretError> {
    let lines = secret::lines(file, LINES_MAX)?;
    if lines.len() < needed {
        return Err(SecretError::Wrong("the file holds too few lines; docs/hooks.md says which each vendor needs"));
    }
    Ok(lines.into_iter().map(Arc::new).collect())
}
