//! `[[callbacks]]`: who is told of what happens here, as written and as run.
//!
//! Invariant: a secret is never in the configuration: only the place of the file that holds it.
//! Absent on purpose: this table in the environment or as a flag; it belongs in the file.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

use super::{ConfigError, LIST_MAX};
use crate::callbacks::EVENTS;

const KEY: &str = "callbacks";

/// One endpoint as it is written.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackSettings {
    /// Where events are posted.
    pub url: String,
    /// The file of the secret that they are signed with: `whsec_` and base64.
    pub secret_file: PathBuf,
    /// Which events; all if nothing is said.
    pub events: Option<Vec<String>>,
}

/// One endpoint as it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct CallbackConfig {
    /// Where events are posted.
    pub url: Url,
    /// The file of the secret.
    pub secret_file: PathBuf,
    /// Which events.
    pub events: Vec<&'static str>,
}

pub(super) fn resolve(
    written: Option<Vec<CallbackSettings>>,
    data_dir: &Path,
) -> Result<Vec<CallbackConfig>, ConfigError> {
    let wrong = |reason| ConfigError::Value { key: KEY, reason };
    let written = written.unwrap_or_default();
    if written.len() > LIST_MAX {
        return Err(wrong("has more than 64 tables"));
    }
    let mut endpoints: Vec<CallbackConfig> = Vec::with_capacity(written.len());
    for one in written {
        let url = Url::parse(&one.url).map_err(|_| wrong("a url is not one"))?;
        if !matches!(url.scheme(), "https" | "http") || !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("a url starts with https:// or http:// and holds no user name or password"));
        }
        if endpoints.iter().any(|other| other.url == url) {
            return Err(wrong("a url stands there twice"));
        }
        let known = |name: String| EVENTS.into_iter().find(|event| *event == name);
        let events = match one.events {
            Some(names) => names.into_iter().map(known).collect::<Option<Vec<_>>>(),
            None => Some(EVENTS.to_vec()),
        };
        let events =
            events.ok_or_else(|| wrong("`events` names one that is not known; docs/callbacks.md lists them"))?;
        endpoints.push(CallbackConfig { url, secret_file: data_dir.join(one.secret_file), events });
    }
    Ok(endpoints)
}
