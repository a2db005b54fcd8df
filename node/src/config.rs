//! Configuration in two steps: what was written ([`Settings`]), then what the node runs on ([`Config`]).
//!
//! Flags beat the environment, which beats `larum.toml`; what nobody wrote has one default, given in
//! [`Settings::resolve`] and nowhere else.
//! Invariant: an unknown key, a wrong type or a value out of range is one error that names the key.
//! Absent on purpose: secrets. Only the places of files that hold them are configured.

mod callbacks;
mod hooks;
mod settings;

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use self::callbacks::{CallbackConfig, CallbackSettings};
pub use self::hooks::{HookConfig, HookSettings};
pub use self::settings::{LogFormat, LogLevel, Settings};
use self::settings::{environment, read_file};
use crate::{
    net::{Multiaddr, split_peer},
    reviews::Rules,
};

/// The file's name in the data folder.
pub const CONFIG_FILE: &str = "larum.toml";
/// Entries of any list.
const LIST_MAX: usize = 64;

const CHECKS_PER_SECOND: RangeInclusive<u32> = 1..=1_000_000;
/// A month at least: the record of lookups (I11) is worth nothing if it is gone before anybody asks.
const AUDIT_RETENTION_DAYS: RangeInclusive<u32> = 30..=3_650;
/// Longer, and nobody remembers the application any more.
const HOOK_RETENTION_DAYS: RangeInclusive<u32> = 1..=90;
/// Longer, and whoever publishes takes the node for stuck.
const PUBLISH_DELAY: RangeInclusive<u32> = 0..=60;
/// A day at least, so that somebody can decide; ten years for who must show how it decided.
const REVIEW_RETENTION_DAYS: RangeInclusive<u32> = 1..=3_650;
/// A million take a hundred megabytes.
const TAG_CACHE: RangeInclusive<u32> = 0..=1_000_000;
const WATCH_COUNT: RangeInclusive<u32> = 0..=10_000_000;
const WATCH_DAYS: RangeInclusive<u32> = 1..=1_095;

/// What the node runs on.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The folder that holds everything this node keeps.
    pub data_dir: PathBuf,
    /// Where the HTTP API listens.
    pub http_listen: SocketAddr,
    /// Host names accepted beside this machine's own; lower-case, no port.
    pub http_allowed_hosts: Vec<String>,
    /// Web origins that may call the API (RFC 6454), as `scheme://host[:port]`.
    pub http_allowed_origins: Vec<String>,
    /// Who is told of alerts.
    pub callbacks: Vec<CallbackConfig>,
    /// Checks a second for a token without a limit of its own.
    pub checks_per_second: u32,
    /// Applicant tracking systems whose webhooks are taken.
    pub hooks: Vec<HookConfig>,
    /// Days for which an application that came by a webhook is kept until it could be answered.
    pub hook_retention_days: u32,
    /// Where other nodes can dial; empty for a node that only dials out.
    pub p2p_listen: Vec<Multiaddr>,
    /// Where others reach this node from outside.
    pub p2p_external: Vec<Multiaddr>,
    /// Further addresses of nodes on the roster, each ending in `/p2p/<peer id>`.
    pub p2p_peers: Vec<Multiaddr>,
    /// Whether to look for nodes on the local network.
    pub p2p_mdns: bool,
    /// How much is logged.
    pub log_level: LogLevel,
    /// How a log line looks.
    pub log_format: LogFormat,
    /// Days for which the record of lookups is kept.
    pub audit_retention_days: u32,
    /// The longest that a publication waits, by chance, after stewards were asked.
    pub publish_delay: Duration,
    /// What the operator decided about reviews.
    pub reviews: Rules,
    /// What stewards said, kept in memory for so many forms at most.
    pub tag_cache_entries: u32,
    /// Whether what is published is kept, sealed, to be published again under a new key.
    pub vault: bool,
    /// Watches kept at most.
    pub watch_count_max: u32,
    /// Longest life of a watch, in days.
    pub watch_days_max: u32,
    /// The file that unlocks the keys where no passphrase does.
    pub unlock_file: PathBuf,
    /// The file that holds the passphrase, if the keys were sealed with one.
    pub passphrase_file: Option<PathBuf>,
}

/// Why there is no configuration to run on.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable's value cannot be read as what its key wants.
    #[error("the environment variable {variable} {reason}")]
    Environment {
        /// `LARUM_` and the key.
        variable: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A value is beyond what its key allows.
    #[error("{key} must be from {least} to {most}, and is {value}")]
    Range {
        /// The key.
        key: &'static str,
        /// What was written.
        value: u32,
        /// The smallest allowed.
        least: u32,
        /// The largest allowed.
        most: u32,
    },
    /// The file is no TOML of ours: where and why.
    #[error("{} is not valid: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, column and reason.
        reason: String,
    },
    /// A value is not what its key wants.
    #[error("{key}: {reason}")]
    Value {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Config {
    /// What the node in `data_dir` runs on: `flags` over the environment (as `variable` looks it up) over the file.
    pub fn load(
        data_dir: &Path,
        variable: impl Fn(&str) -> Option<String>,
        flags: Settings,
    ) -> Result<Self, ConfigError> {
        let file = read_file(&data_dir.join(CONFIG_FILE))?;
        flags.over(environment(variable)?.over(file)).resolve(data_dir)
    }

    /// A commented `larum.toml` that says what every key means and sets each to its default.
    #[must_use]
    pub fn example_toml() -> &'static str {
        include_str!("config/example.toml")
    }
}

impl Settings {
    /// Fills in what nobody wrote and checks every value.
    pub fn resolve(self, data_dir: &Path) -> Result<Config, ConfigError> {
        Ok(Config {
            data_dir: data_dir.to_owned(),
            http_listen: self.http_listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 7461).into()),
            http_allowed_hosts: list(
                "http_allowed_hosts",
                self.http_allowed_hosts,
                is_host,
                "give names without scheme, port or path",
            )?,
            http_allowed_origins: list(
                "http_allowed_origins",
                self.http_allowed_origins,
                is_origin,
                "give origins as https://name or https://name:port",
            )?,
            callbacks: callbacks::resolve(self.callbacks, data_dir)?,
            checks_per_second: within(
                "checks_per_second",
                self.checks_per_second.unwrap_or(1_000),
                &CHECKS_PER_SECOND,
            )?,
            hooks: hooks::resolve(self.hooks, data_dir)?,
            hook_retention_days: within(
                "hook_retention_days",
                self.hook_retention_days.unwrap_or(14),
                &HOOK_RETENTION_DAYS,
            )?,
            p2p_listen: match self.p2p_listen {
                Some(addresses) => list("p2p_listen", Some(addresses), |_| true, "")?,
                None => vec![Multiaddr::from(Ipv4Addr::UNSPECIFIED).with(libp2p::multiaddr::Protocol::Tcp(7460))],
            },
            p2p_external: list("p2p_external", self.p2p_external, |_| true, "")?,
            p2p_peers: list(
                "p2p_peers",
                self.p2p_peers,
                |address| split_peer(address).is_some(),
                "each address must end in /p2p/ and a peer id",
            )?,
            p2p_mdns: self.p2p_mdns.unwrap_or(false),
            log_level: self.log_level.unwrap_or(LogLevel::Info),
            log_format: self.log_format.unwrap_or(LogFormat::Text),
            audit_retention_days: within(
                "audit_retention_days",
                self.audit_retention_days.unwrap_or(730),
                &AUDIT_RETENTION_DAYS,
            )?,
            publish_delay: Duration::from_secs(
                within("publish_delay_seconds", self.publish_delay_seconds.unwrap_or(10), &PUBLISH_DELAY)?.into(),
            ),
            reviews: Rules {
                retention_days: within(
                    "review_retention_days",
                    self.review_retention_days.unwrap_or(365),
                    &REVIEW_RETENTION_DAYS,
                )?,
                second_signoff: self.review_second_signoff.unwrap_or(false),
                keep_identifiers: self.review_keep_identifiers.unwrap_or(true),
            },
            tag_cache_entries: within("tag_cache_entries", self.tag_cache_entries.unwrap_or(100_000), &TAG_CACHE)?,
            vault: self.vault.unwrap_or(false),
            watch_count_max: within("watch_count_max", self.watch_count_max.unwrap_or(1_000_000), &WATCH_COUNT)?,
            watch_days_max: within("watch_days_max", self.watch_days_max.unwrap_or(365), &WATCH_DAYS)?,
            unlock_file: data_dir.join(self.unlock_file.unwrap_or_else(|| "unlock.key".into())),
            passphrase_file: self.passphrase_file.map(|path| data_dir.join(path)),
        })
    }
}

fn within(key: &'static str, value: u32, range: &RangeInclusive<u32>) -> Result<u32, ConfigError> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(ConfigError::Range { key, value, least: *range.start(), most: *range.end() })
}

fn list<T>(
    key: &'static str,
    entries: Option<Vec<T>>,
    is_right: impl Fn(&T) -> bool,
    reason: &'static str,
) -> Result<Vec<T>, ConfigError> {
    let entries = entries.unwrap_or_default();
    if entries.len() > LIST_MAX {
        return Err(ConfigError::Value { key, reason: "more than 64 entries" });
    }
    if !entries.iter().all(is_right) {
        return Err(ConfigError::Value { key, reason });
    }
    Ok(entries)
}

#[expect(clippy::ptr_arg, reason = "called for each entry of a list of strings")]
fn is_host(name: &String) -> bool {
    let right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    !name.is_empty() && name.len() <= 253 && name.chars().all(right)
}

#[expect(clippy::ptr_arg, reason = "called for each entry of a list of strings")]
fn is_origin(origin: &String) -> bool {
    let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    rest.is_some_and(|rest| match rest.split_once(':') {
        Some((host, port)) => is_host(&host.to_owned()) && port.parse::<u16>().is_ok(),
        None => is_host(&rest.to_owned()),
    })
}

#[cfg(test)]
mod tests;
