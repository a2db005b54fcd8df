//! What opens a sealed file: a passphrase, or the identity in an unlock file.
//!
//! Invariant: a passphrase comes from a file, never from an argument or a variable's value, where others can see it.

use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;

use age::secrecy::{ExposeSecret, SecretString};
use age::{scrypt, x25519};
use zeroize::Zeroizing;

use super::seal::{SecretsError, write_new};

/// scrypt's cost when sealing, as a power of two: 256 MiB and about a second, age's own choice for people.
const SCRYPT_LOG_N: u8 = 18;
/// The highest cost accepted when opening: a hostile file may ask for 1 GiB and no more.
pub(super) const SCRYPT_LOG_N_MAX: u8 = 20;
/// Characters of a passphrase at least: whoever has the file can guess without being seen.
pub const PASSPHRASE_CHARS_MIN: usize = 12;
/// Bytes read of a passphrase or unlock file.
const KEY_FILE_BYTES_MAX: u64 = 4 * 1_024;

/// Opens and seals files.
#[derive(Clone)]
pub struct Lock(pub(super) Kind);

#[derive(Clone)]
pub(super) enum Kind {
    Passphrase { phrase: SecretString, log_n: u8 },
    Unlock(x25519::Identity),
}

impl Lock {
    /// The lock that the configuration names: the passphrase file if there is one, else the unlock file.
    pub fn from_files(passphrase_file: Option<&Path>, unlock_file: &Path) -> Result<Self, SecretsError> {
        match passphrase_file {
            Some(path) => Self::from_passphrase_file(path),
            None => Self::from_unlock_file(unlock_file),
        }
    }

    /// The passphrase in the first line of a file.
    pub fn from_passphrase_file(path: &Path) -> Result<Self, SecretsError> {
        let text = read_key_file(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => SecretsError::NoPassphraseFile { path: path.to_owned() },
            _ => SecretsError::Read { path: path.to_owned(), source },
        })?;
        Self::from_passphrase(text.lines().next().unwrap_or_default())
    }

    /// A passphrase that was read from standard input or a file.
    pub fn from_passphrase(phrase: &str) -> Result<Self, SecretsError> {
        if phrase.chars().count() < PASSPHRASE_CHARS_MIN {
            return Err(SecretsError::ShortPassphrase);
        }
        Ok(Self(Kind::Passphrase { phrase: SecretString::from(phrase), log_n: SCRYPT_LOG_N }))
    }

    /// The identity in an unlock file.
    pub fn from_unlock_file(path: &Path) -> Result<Self, SecretsError> {
        let text = read_key_file(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => SecretsError::NoUnlockFile { path: path.to_owned() },
            _ => SecretsError::Read { path: path.to_owned(), source },
        })?;
        let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        let identity = line.and_then(|line| line.parse().ok());
        let identity = identity.ok_or_else(|| SecretsError::BadUnlockFile { path: path.to_owned() })?;
        Ok(Self(Kind::Unlock(identity)))
    }

    /// Makes a new unlock file, readable by its owner alone; never over one that exists.
    pub fn create_unlock_file(path: &Path) -> Result<Self, SecretsError> {
        let identity = x25519::Identity::generate();
        let secret = identity.to_string();
        let text = Zeroizing::new(format!(
            "# Unlocks the keys of a Larum node. Move it to a volume that is mounted only while the node starts.\n{}\n",
            secret.expose_secret()
        ));
        write_new(path, text.as_bytes())?;
        Ok(Self(Kind::Unlock(identity)))
    }

    /// What this lock is worth for a sealed file, given where its unlock file lies.
    #[must_use]
    pub fn protection(&self, sealed: &Path, unlock_file: &Path) -> Protection {
        let folder = |path: &Path| path.parent().and_then(|folder| fs::canonicalize(folder).ok());
        match &self.0 {
            Kind::Passphrase { .. } => Protection::Passphrase,
            Kind::Unlock(_) if folder(sealed) == folder(unlock_file) => Protection::UnlockFileBeside,
            Kind::Unlock(_) => Protection::UnlockFileElsewhere,
        }
    }

    /// A passphrase that costs next to nothing to try, for tests that try many.
    #[cfg(test)]
    pub(super) fn cheap(phrase: &str) -> Self {
        Self(Kind::Passphrase { phrase: SecretString::from(phrase), log_n: 2 })
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Passphrase { .. } => "Lock(passphrase)",
            Kind::Unlock(_) => "Lock(unlock file)",
        })
    }
}

/// How the secrets are protected at rest, for `larum status`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protection {
    /// By a passphrase.
    Passphrase,
    /// By an unlock file in the same folder: against carelessness only.
    UnlockFileBeside,
    /// By an unlock file in another place: as good as that place.
    UnlockFileElsewhere,
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passphrase => "sealed to a passphrase",
            Self::UnlockFileBeside => {
                "sealed, but the unlock file lies beside the keys and protects against nothing but carelessness until \
                 it is moved (see unlock_file in larum.toml)"
            }
            Self::UnlockFileElsewhere => "sealed to an unlock file kept elsewhere",
        })
    }
}

/// scrypt at this lock's cost.
pub(super) fn scrypt_recipient(phrase: &SecretString, log_n: u8) -> scrypt::Recipient {
    let mut recipient = scrypt::Recipient::new(phrase.clone());
    recipient.set_work_factor(log_n);
    recipient
}

fn read_key_file(path: &Path) -> std::io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(KEY_FILE_BYTES_MAX as usize + 1));
    File::open(path)?.take(KEY_FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > KEY_FILE_BYTES_MAX {
        return Err(ErrorKind::FileTooLarge.into());
    }
    Ok(text)
}
