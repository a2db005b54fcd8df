//! One configured hook: its secrets, its vendor's API, and how long that wants to be left alone.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use parking_lot::{Mutex, RwLock};

use super::{
    HooksError,
    api::Api,
    fetch::{Fetch, Rules, System},
    secret::Secrets,
    vendor::{Delivery, Refusal},
};
use crate::{clock::now, config::HookConfig};

/// One configured hook.
pub(super) struct Hook {
    pub(super) config: HookConfig,
    pub(super) api: Api,
    secrets: RwLock<Secrets>,
    /// When the file of the secrets was last changed, as it was read.
    secrets_time: Mutex<Option<SystemTime>>,
    /// Until when the vendor wants to be left alone, in milliseconds since 1970.
    pause_until: AtomicU64,
    /// Who asks, on the audit record.
    pub(super) caller: Arc<str>,
}

impl Hook {
    /// Reads the hook's files.
    pub(super) fn open(config: &HookConfig, tls: &rustls::ClientConfig) -> Result<Self, HooksError> {
        let vendor = config.vendor;
        let failed = |key, path: &Path| {
            let (vendor, path) = (vendor.name(), path.to_owned());
            move |source| HooksError::Secret { key, vendor, path, source }
        };
        let rules = Rules { hosts: config.hosts.clone(), local: config.local.clone() };
        let fetch = Fetch::new(rules, Arc::new(System), tls.clone());
        let credentials = config.credentials_file.clone().unwrap_or_default();
        let time = changed(&config.secret_file);
        let secrets = Secrets::read(&config.secret_file, vendor.ats().key());
        Ok(Self {
            api: Api::new(config, fetch).map_err(failed("credentials_file", &credentials))?,
            secrets: RwLock::new(secrets.map_err(failed("secret_file", &config.secret_file))?),
            secrets_time: Mutex::new(time),
            pause_until: AtomicU64::new(0),
            caller: format!("hook:{}", vendor.name()).into(),
            config: config.clone(),
        })
    }

    /// Whether the vendor sent it.
    pub(super) fn verify(&self, delivery: Delivery<'_>) -> Result<(), Refusal> {
        let verified = |secrets: &Secrets| self.config.vendor.ats().verify(delivery, secrets, now());
        let first = verified(&self.secrets.read());
        if first == Err(Refusal::Forged) && self.read_anew() {
            return verified(&self.secrets.read());
        }
        first
    }

    /// Reads the secrets again if their file was changed since: they are rotated without a restart.
    fn read_anew(&self) -> bool {
        let time = changed(&self.config.secret_file);
        let mut known = self.secrets_time.lock();
        if time.is_none() || time == *known {
            return false;
        }
        match Secrets::read(&self.config.secret_file, self.config.vendor.ats().key()) {
            Ok(secrets) => {
                *self.secrets.write() = secrets;
                *known = time;
                true
            }
            Err(error) => {
                tracing::warn!(%error, vendor = self.config.vendor.name(), "secret_file cannot be read again");
                false
            }
        }
    }

    /// How long the vendor still wants to be left alone.
    pub(super) fn paused(&self) -> Result<(), Duration> {
        let until = self.pause_until.load(Ordering::Relaxed);
        match until.saturating_sub(now().0) {
            0 => Ok(()),
            wait => Err(Duration::from_millis(wait)),
        }
    }

    /// What the vendor said of when to come back holds for every call.
    pub(super) fn pause(&self, after: Option<Duration>) -> Option<Duration> {
        if let Some(after) = after {
            let until = now().0 + u64::try_from(after.as_millis()).unwrap_or(0);
            self.pause_until.fetch_max(until, Ordering::Relaxed);
        }
        after
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}
