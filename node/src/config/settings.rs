//! What was written, key by key, and how the layers lie over each other.
//!
//! Invariant: the file, the environment and the flags have the same keys, so each is a [`Settings`].

use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::{CallbackSettings, ConfigError, HookSettings};
use crate::net::Multiaddr;

/// Bytes of the file; the documented example has 3 KiB.
pub(super) const CONFIG_BYTES_MAX: u64 = 256 * 1_024;

/// What was written: in the file, in the environment, or as flags. Key by key; see [`Config::example_toml`].
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is documented once, in the example, and a test holds that none is missing")]
pub struct Settings {
    pub audit_retention_days: Option<u32>,
    pub callbacks: Option<Vec<CallbackSettings>>,
    pub checks_per_second: Option<u32>,
    pub hook_retention_days: Option<u32>,
    /// Tables, so in the file only: neither the environment nor a flag has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hooks: Option<Vec<HookSettings>>,
    pub http_allowed_hosts: Option<Vec<String>>,
    pub http_allowed_origins: Option<Vec<String>>,
    pub http_listen: Option<SocketAddr>,
    pub log_format: Option<LogFormat>,
    pub log_level: Option<LogLevel>,
    pub p2p_external: Option<Vec<Multiaddr>>,
    pub p2p_listen: Option<Vec<Multiaddr>>,
    pub p2p_mdns: Option<bool>,
    pub p2p_peers: Option<Vec<Multiaddr>>,
    pub passphrase_file: Option<PathBuf>,
    pub publish_delay_seconds: Option<u32>,
    pub review_keep_identifiers: Option<bool>,
    pub review_retention_days: Option<u32>,
    pub review_second_signoff: Option<bool>,
    pub tag_cache_entries: Option<u32>,
    pub unlock_file: Option<PathBuf>,
    pub vault: Option<bool>,
    pub watch_count_max: Option<u32>,
    pub watch_days_max: Option<u32>,
}

/// How a key is written in an environment variable.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Flag,
    List,
    Number,
    Text,
}

/// Every key and its shape; a test compares it with [`Settings`].
pub(super) const KEYS: [(&str, Shape); 22] = [
    ("audit_retention_days", Shape::Number),
    ("checks_per_second", Shape::Number),
    ("hook_retention_days", Shape::Number),
    ("http_allowed_hosts", Shape::List),
    ("http_allowed_origins", Shape::List),
    ("http_listen", Shape::Text),
    ("log_format", Shape::Text),
    ("log_level", Shape::Text),
    ("p2p_external", Shape::List),
    ("p2p_listen", Shape::List),
    ("p2p_mdns", Shape::Flag),
    ("p2p_peers", Shape::List),
    ("passphrase_file", Shape::Text),
    ("publish_delay_seconds", Shape::Number),
    ("review_keep_identifiers", Shape::Flag),
    ("review_retention_days", Shape::Number),
    ("review_second_signoff", Shape::Flag),
    ("tag_cache_entries", Shape::Number),
    ("unlock_file", Shape::Text),
    ("vault", Shape::Flag),
    ("watch_count_max", Shape::Number),
    ("watch_days_max", Shape::Number),
];

/// How much is logged.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the usual five")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

impl Settings {
    /// These settings where they say something, `below` where they do not.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            audit_retention_days: self.audit_retention_days.or(below.audit_retention_days),
            callbacks: self.callbacks.or(below.callbacks),
            checks_per_second: self.checks_per_second.or(below.checks_per_second),
            hook_retention_days: self.hook_retention_days.or(below.hook_retention_days),
            hooks: self.hooks.or(below.hooks),
            http_allowed_hosts: self.http_allowed_hosts.or(below.http_allowed_hosts),
            http_allowed_origins: self.http_allowed_origins.or(below.http_allowed_origins),
            http_listen: self.http_listen.or(below.http_listen),
            log_format: self.log_format.or(below.log_format),
            log_level: self.log_level.or(below.log_level),
            p2p_external: self.p2p_external.or(below.p2p_external),
            p2p_listen: self.p2p_listen.or(below.p2p_listen),
            p2p_mdns: self.p2p_mdns.or(below.p2p_mdns),
            p2p_peers: self.p2p_peers.or(below.p2p_peers),
            passphrase_file: self.passphrase_file.or(below.passphrase_file),
            publish_delay_seconds: self.publish_delay_seconds.or(below.publish_delay_seconds),
            review_keep_identifiers: self.review_keep_identifiers.or(below.review_keep_identifiers),
            review_retention_days: self.review_retention_days.or(below.review_retention_days),
            review_second_signoff: self.review_second_signoff.or(below.review_second_signoff),
            tag_cache_entries: self.tag_cache_entries.or(below.tag_cache_entries),
            unlock_file: self.unlock_file.or(below.unlock_file),
            vault: self.vault.or(below.vault),
            watch_count_max: self.watch_count_max.or(below.watch_count_max),
            watch_days_max: self.watch_days_max.or(below.watch_days_max),
        }
    }
}

/// The file's settings; none if there is no file.
pub(super) fn read_file(path: &Path) -> Result<Settings, ConfigError> {
    let failed = |source| ConfigError::File { path: path.to_owned(), source };
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Settings::default()),
        Ok(metadata) if metadata.len() > CONFIG_BYTES_MAX => {
            return Err(failed(ErrorKind::FileTooLarge.into()));
        }
        metadata => metadata.map_err(failed)?,
    };
    let text = fs::read_to_string(path).map_err(failed)?;
    toml::from_str(&text).map_err(|error| ConfigError::Syntax { path: path.to_owned(), reason: error.to_string() })
}

/// The environment's settings. Variables that are no key of ours belong to somebody else.
pub(super) fn environment(variable: impl Fn(&str) -> Option<String>) -> Result<Settings, ConfigError> {
    let mut settings = Settings::default();
    for (key, shape) in KEYS {
        let name = format!("LARUM_{}", key.to_uppercase());
        let Some(text) = variable(&name) else {
            continue;
        };
        let one =
            read_variable(key, shape, &text).map_err(|reason| ConfigError::Environment { variable: name, reason })?;
        settings = one.over(settings);
    }
    Ok(settings)
}

pub(super) fn read_variable(key: &str, shape: Shape, text: &str) -> Result<Settings, String> {
    let value = match shape {
        Shape::Flag => Value::Boolean(text.parse().map_err(|_| "must be true or false".to_owned())?),
        Shape::List => text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().into(),
        Shape::Number => Value::Integer(text.parse().map_err(|_| "must be a whole number".to_owned())?),
        Shape::Text => text.into(),
    };
    let table = Table::from_iter([(key.to_owned(), value)]);
    table.try_into().map_err(|error: toml::de::Error| format!("cannot be read: {}", error.message()))
}
