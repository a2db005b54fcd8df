//! `[[hooks]]`: one applicant tracking system each, as written and as run.
//!
//! Invariant: a secret is never in the configuration: only the place of the file that holds it.
//! Invariant: a host beyond the operator's own network is asked by TLS only; a private address only where the operator
//! named the exact place, by its address or with its port in `hosts`, and said `allow_private`.

use std::{
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use larum_protocol::{api::WATCH_DAYS_MAX, kind::is_region};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::{ConfigError, LIST_MAX};
use crate::hooks::{HostRule, Vendor, is_public};

/// Days for which an application of a hook is watched, as for any other; `watch_days_max` may allow less.
const WATCH_DAYS: RangeInclusive<u16> = 0..=WATCH_DAYS_MAX;

/// One hook as it is written.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HookSettings {
    /// Which system it is.
    pub vendor: Option<Vendor>,
    /// The file of the secrets that deliveries are signed with, one a line.
    pub secret_file: Option<PathBuf>,
    /// The base URL of the system's API.
    pub api_url: Option<String>,
    /// Where Greenhouse gives access tokens.
    pub token_url: Option<String>,
    /// The file of what opens the API.
    pub credentials_file: Option<PathBuf>,
    /// Further hosts that resumes may be fetched from.
    pub hosts: Option<Vec<String>>,
    /// Whether a note for the reviewers is written to the applicant's record.
    pub note: Option<bool>,
    /// Days for which a later listing raises an alert.
    pub watch_days: Option<u16>,
    /// The country of telephone numbers that name none.
    pub region: Option<String>,
    /// Whether `hosts` that are written with a port may be private or without TLS, and `api_url` and `token_url` where they
    /// are one of these, or hold a private address.
    pub allow_private: Option<bool>,
}

/// One hook as it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct HookConfig {
    /// Which system it is.
    pub vendor: Vendor,
    /// The file of the secrets.
    pub secret_file: PathBuf,
    /// The base URL of the API.
    pub api_url: Option<Url>,
    /// Where access tokens come from.
    pub token_url: Option<Url>,
    /// The file of what opens the API.
    pub credentials_file: Option<PathBuf>,
    /// Public hosts that may be asked.
    pub hosts: Vec<HostRule>,
    /// Exact places in the operator's own network that may be asked.
    pub local: Vec<HostRule>,
    /// Whether notes are written.
    pub note: bool,
    /// Days for which a later listing raises an alert.
    pub watch_days: u16,
    /// The country of telephone numbers that name none.
    pub region: Option<String>,
}

/// Checks every hook.
pub(super) fn resolve(written: Option<Vec<HookSettings>>, data_dir: &Path) -> Result<Vec<HookConfig>, ConfigError> {
    let written = written.unwrap_or_default();
    let mut hooks: Vec<HookConfig> = Vec::new();
    for settings in written {
        let hook = one(settings, data_dir)?;
        if hooks.iter().any(|other| other.vendor == hook.vendor) {
            return Err(wrong("there are two hooks of one vendor; put several secrets into one secret_file instead"));
        }
        hooks.push(hook);
    }
    Ok(hooks)
}

const fn wrong(reason: &'static str) -> ConfigError {
    ConfigError::Value { key: "hooks", reason }
}

fn one(settings: HookSettings, data_dir: &Path) -> Result<HookConfig, ConfigError> {
    let vendor = settings.vendor.ok_or(wrong("each hook needs its vendor"))?;
    let ats = vendor.ats();
    let secret_file = settings.secret_file.ok_or(wrong("each hook needs a secret_file: nothing unsigned is taken"))?;
    let api_url = url(settings.api_url.as_deref().or(ats.api_url()))?;
    let token_url = url(settings.token_url.as_deref().or(ats.token_url()))?;
    let note = settings.note.unwrap_or(false);
    let credentials_file = settings.credentials_file.map(|path| data_dir.join(path));
    if note && !ats.takes_notes() {
        return Err(wrong("note: this vendor takes no notes; use a callback or the console instead"));
    }
    if (note || ats.is_thin()) && credentials_file.is_none() {
        return Err(wrong(
            "credentials_file is needed: by notes, and where deliveries hold ids only (lever, smartrecruiters)",
        ));
    }
    if credentials_file.is_some() && api_url.is_none() {
        return Err(wrong("api_url is needed: this vendor's API has another address for each customer"));
    }
    let watch_days = settings.watch_days.unwrap_or(0);
    if !WATCH_DAYS.contains(&watch_days) {
        return Err(wrong("watch_days must be from 0 to 365"));
    }
    let region = settings.region;
    if region.as_ref().is_some_and(|region| region.len() != 2 || region.to_uppercase() != *region || !is_region(region))
    {
        return Err(wrong("region must be a two-letter country code of ISO 3166, such as US"));
    }
    let local = settings.allow_private.unwrap_or(false);
    let named = settings.hosts.unwrap_or_default();
    if named.len() > LIST_MAX {
        return Err(wrong("hosts has more than 64 entries"));
    }
    let (mut hosts, mut places): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
    for text in named.iter().map(String::as_str).chain(ats.file_hosts().iter().copied()) {
        let rule = HostRule::parse(text);
        let rule = rule.ok_or(wrong("hosts: give names such as files.example.com or *.example.com, lower-case"))?;
        let exact = local && !text.starts_with('*') && text.rsplit_once(':').is_some();
        if exact { places.push(rule) } else { hosts.push(rule) }
    }
    for url in [&api_url, &token_url].into_iter().flatten() {
        let rule = HostRule::of(url).ok_or(wrong("api_url and token_url must name a host"))?;
        // A name could lead anywhere tomorrow, so that a private one has to be named as what it is.
        let private = places.contains(&rule) || (local && is_private(url));
        if !private && url.scheme() != "https" {
            return Err(wrong(
                "api_url and token_url must begin with https://; without TLS allow_private is needed, and a private address \
                 or the same host and port in hosts",
            ));
        }
        if private { places.push(rule) } else { hosts.push(rule) }
    }
    let secret_file = data_dir.join(secret_file);
    let local = places;
    Ok(HookConfig { vendor, secret_file, api_url, token_url, credentials_file, hosts, local, note, watch_days, region })
}

/// Whether a web address is written with an address of the operator's own network.
fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => !is_public(ip.into()),
        Some(Host::Ipv6(ip)) => !is_public(ip.into()),
        _ => false,
    }
}

fn url(text: Option<&str>) -> Result<Option<Url>, ConfigError> {
    let Some(text) = text else { return Ok(None) };
    let right = |url: &Url| {
        let plain = url.username().is_empty() && url.password().is_none();
        ["http", "https"].contains(&url.scheme()) && plain && url.query().is_none() && url.fragment().is_none()
    };
    let url = text.parse().ok().filter(right);
    url.map(Some).ok_or(wrong("api_url and token_url: give web addresses without a name, a password or a query"))
}
