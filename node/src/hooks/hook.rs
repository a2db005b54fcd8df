//! One configured hook: its secrets, its vendor's API, and how long that wants to be left alone.
//!
//! Invariant: a secret that was taken out of its file verifies nothing from the next delivery on. A file that cannot be
//! read, or has a line that is no secret, leaves the last good secrets in place, and that is told.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path, sync::Arc, time::Duration};

use parking_lot::{Mutex, RwLock};
use tokio::time::Instant;

use super::{
    HooksError,
    api::{Api, Credentials},
    fetch::{Fetch, Rules, System},
    secret::Secrets,
    trouble::Troubles,
    vendor::{Delivery, Refusal},
};
use crate::{clock::now, config::HookConfig};

/// What tells a file from itself before it was changed: when that was, its length, and which file it is.
type Stamp = (i64, i64, u64, u64);

/// One configured hook.
pub(super) struct Hook {
    pub(super) config: HookConfig,
    pub(super) api: Api,
    pub(super) troubles: Arc<Troubles>,
    secrets: RwLock<Secrets>,
    /// The file of the secrets as it was last looked at.
    stamp: Mutex<Option<Stamp>>,
    /// Until when the vendor wants to be left alone.
    pause_until: Mutex<Option<Instant>>,
    /// Who asks, on the audit record.
    pub(super) caller: Arc<str>,
}

/// Reads the files that a hook needs, as the start of the node does.
pub(super) fn read_files(config: &HookConfig) -> Result<(Secrets, Credentials), HooksError> {
    let failed = |key, path: &Path| {
        let (vendor, path) = (config.vendor.name(), path.to_owned());
        move |source| HooksError::Secret { key, vendor, path, source }
    };
    let secrets = Secrets::read(&config.secret_file, config.vendor.ats().key());
    let secrets = secrets.map_err(failed("secret_file", &config.secret_file))?;
    let credentials_file = config.credentials_file.clone().unwrap_or_default();
    let credentials = Credentials::read(config).map_err(failed("credentials_file", &credentials_file))?;
    Ok((secrets, credentials))
}

impl Hook {
    /// Reads the hook's files.
    pub(super) fn open(config: &HookConfig, tls: &rustls::ClientConfig) -> Result<Self, HooksError> {
        let vendor = config.vendor;
        let rules = Rules { hosts: config.hosts.clone(), local: config.local.clone() };
        let fetch = Fetch::new(rules, Arc::new(System), tls.clone());
        let (stamp, troubles) = (stamp(&config.secret_file), Arc::new(Troubles::of(vendor)));
        let (secrets, credentials) = read_files(config)?;
        Ok(Self {
            api: Api::new(config, fetch, credentials, Arc::clone(&troubles)),
            troubles,
            secrets: RwLock::new(secrets),
            stamp: Mutex::new(stamp),
            pause_until: Mutex::default(),
            caller: format!("hook:{}", vendor.name()).into(),
            config: config.clone(),
        })
    }

    /// Whether the vendor sent it.
    pub(super) fn verify(&self, delivery: Delivery<'_>) -> Result<(), Refusal> {
        self.read_if_changed();
        let verified = self.config.vendor.ats().verify(delivery, &self.secrets.read(), now());
        match verified {
            Err(Refusal::Forged) => self.troubles.tell(FORGED),
            Err(Refusal::Unsigned) => self.troubles.tell(UNSIGNED),
            Err(Refusal::Stale) => self.troubles.tell(STALE),
            Ok(()) => {}
        }
        verified
    }

    /// Reads the secrets again if their file was changed: they are rotated and revoked without a restart.
    fn read_if_changed(&self) {
        let mut known = self.stamp.lock();
        let stamp = stamp(&self.config.secret_file);
        if stamp == *known && stamp.is_some() {
            return;
        }
        match Secrets::read(&self.config.secret_file, self.config.vendor.ats().key()) {
            Ok(secrets) => {
                *self.secrets.write() = secrets;
                *known = stamp;
            }
            Err(error) if self.troubles.is_news("secret_file") => tracing::warn!(
                %error,
                vendor = self.config.vendor.name(),
                "secret_file cannot be used: what it held before goes on verifying deliveries, also what should be revoked"
            ),
            // Tried with each delivery, so that it is told again for as long as it lasts.
            Err(_) => {}
        }
    }

    /// How long the vendor still wants to be left alone.
    pub(super) fn paused(&self) -> Result<(), Duration> {
        let until = *self.pause_until.lock();
        match until.map(|until| until.saturating_duration_since(Instant::now())) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(()),
        }
    }

    /// What the vendor said of when to come back holds for every call.
    pub(super) fn pause(&self, after: Option<Duration>) -> Option<Duration> {
        if let Some(after) = after {
            let mut until = self.pause_until.lock();
            *until = (*until).max(Some(Instant::now() + after));
        }
        after
    }
}

const FORGED: &str =
    "deliveries are refused because their signature does not fit: secret_file must hold what the system signs with";
const UNSIGNED: &str = "deliveries are refused because they are not signed: set the webhook's secret in the system";
const STALE: &str =
    "deliveries are refused because they are too old or from the future: is this machine's clock right?";

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.mtime(), metadata.mtime_nsec(), metadata.size(), metadata.ino()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use axum::http::HeaderMap;

    use super::*;
    use crate::hooks::{fetch, secret::hmac, vendor::Vendor};

    /// What the hook says of a delivery that a secret signed.
    fn verifies(hook: &Hook, secret: &str) -> bool {
        let mac = data_encoding::HEXLOWER.encode(&hmac(secret.as_bytes(), &[b"{}"]));
        let headers = HeaderMap::from_iter([("signature".parse().unwrap(), format!("sha256 {mac}").parse().unwrap())]);
        hook.verify(Delivery { headers: &headers, body: b"{}" }).is_ok()
    }

    #[test]
    fn a_secret_is_revoked_by_taking_it_out_and_a_file_that_cannot_be_used_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let secret_file = folder.path().join("secret");
        let write = |text: &str| fs::write(&secret_file, text).unwrap();
        write("the-leaked-secret\nthe-new-secret\n");
        let config = HookConfig {
            vendor: Vendor::Greenhouse,
            secret_file: secret_file.clone(),
            api_url: None,
            token_url: None,
            credentials_file: None,
            hosts: Vec::new(),
            local: Vec::new(),
            note: false,
            watch_days: 0,
            region: None,
        };
        let hook = Hook::open(&config, &fetch::tls()).unwrap();
        let both = |hook| ["the-leaked-secret", "the-new-secret"].map(|secret| verifies(hook, secret));
        assert_eq!(both(&hook), [true, true]);
        for broken in ["the-new-secret\nshort\n", "# nothing\n"] {
            write(broken);
            assert_eq!(both(&hook), [true, true], "{broken}");
        }
        write("the-new-secret\n");
        assert_eq!(both(&hook), [false, true]);
        fs::remove_file(&secret_file).unwrap();
        assert_eq!(both(&hook), [false, true]);
        write("the-third-secret\n");
        assert_eq!(both(&hook), [false, false]);
    }
}
