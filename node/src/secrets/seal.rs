//! Sealed files: age around bytes, written so that a power cut leaves the old file or the new one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::iter;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use age::{DecryptError, Decryptor, Encryptor, Identity, Recipient, scrypt};
use zeroize::Zeroizing;

use super::lock::{Kind, Lock, PASSPHRASE_CHARS_MIN, SCRYPT_LOG_N_MAX, scrypt_recipient};

/// Bytes of a sealed file; ours have a few kilobytes.
const SEALED_BYTES_MAX: u64 = 1_024 * 1_024;
/// Owner reads and writes, nobody else anything.
pub(super) const MODE: u32 = 0o600;

/// Why secrets cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The unlock file holds no age identity.
    #[error("{} holds no unlock key: it should have a line that starts with AGE-SECRET-KEY-1", path.display())]
    BadUnlockFile {
        /// The file.
        path: PathBuf,
    },
    /// Another process changes the file and does not come to an end.
    #[error("another larum process is changing {}; nothing was changed, try again once it has ended", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The file is cut, changed, or no file of ours.
    #[error("the sealed file is damaged: restore it from a backup")]
    Damaged,
    /// The file is there already.
    #[error("{} exists already and is not overwritten", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is no sealed file.
    #[error("{} is missing: create it with larum init, or restore it from a backup", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase file is missing.
    #[error("the passphrase file {} is missing: mount it, or change passphrase_file or LARUM_PASSPHRASE_FILE", path.display())]
    NoPassphraseFile {
        /// The file.
        path: PathBuf,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// The unlock file is missing.
    #[error("the unlock file {} is missing: mount its volume, or name its place with unlock_file or LARUM_UNLOCK_FILE", path.display())]
    NoUnlockFile {
        /// The file.
        path: PathBuf,
    },
    /// The file was sealed to a passphrase and an unlock file was given.
    #[error("sealed with a passphrase: name its file with passphrase_file or LARUM_PASSPHRASE_FILE")]
    PassphraseNeeded,
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The passphrase is too short.
    #[error("the passphrase is shorter than {PASSPHRASE_CHARS_MIN} characters")]
    ShortPassphrase,
    /// More salts than are kept.
    #[error("more salts than can be kept")]
    TooManySalts,
    /// More shares or ceremonies than are kept.
    #[error("more stewards' shares or ceremonies than can be kept")]
    TooManyShares,
    /// The file was sealed to an unlock file and a passphrase was given.
    #[error("sealed with an unlock file: name it with unlock_file, and set no passphrase file")]
    UnlockFileNeeded,
    /// The secrets were written by another version of Larum.
    #[error("the secrets have layout version {found}, which this version of larum cannot read")]
    Version {
        /// What the file says.
        found: u32,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The passphrase is not the one it was sealed with.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The unlock file is not the one it was sealed to.
    #[error("the unlock file belongs to other keys")]
    WrongUnlockFile,
}

/// Seals `plaintext` into the file at `path`, in place of what was there.
pub fn seal_to_file(path: &Path, lock: &Lock, plaintext: &[u8]) -> Result<(), SecretsError> {
    let sealed = seal(lock, plaintext).map_err(failed_write(path))?;
    write_aside(path, &sealed, |aside| fs::rename(aside, path)).map_err(failed_write(path))
}

/// Seals `plaintext` into a new file at `path`; never over one that exists.
pub fn seal_to_new_file(path: &Path, lock: &Lock, plaintext: &[u8]) -> Result<(), SecretsError> {
    write_new(path, &seal(lock, plaintext).map_err(failed_write(path))?)
}

/// Opens a sealed file; what it held is wiped when dropped.
pub fn open_file(path: &Path, lock: &Lock) -> Result<Zeroizing<Vec<u8>>, SecretsError> {
    let sealed = read_bounded(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => SecretsError::Missing { path: path.to_owned() },
        _ => SecretsError::Read { path: path.to_owned(), source },
    })?;
    open(lock, &sealed)
}

/// Writes a new file whole or not at all; never over one that exists.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), SecretsError> {
    // A link is made only where nothing is, in one step; a rename would replace.
    let place = |aside: &Path| fs::hard_link(aside, path).and_then(|()| fs::remove_file(aside));
    write_aside(path, bytes, place).map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => SecretsError::Exists { path: path.to_owned() },
        _ => SecretsError::Write { path: path.to_owned(), source },
    })
}

fn failed_write(path: &Path) -> impl FnOnce(io::Error) -> SecretsError {
    |source| SecretsError::Write { path: path.to_owned(), source }
}

fn seal(lock: &Lock, plaintext: &[u8]) -> io::Result<Vec<u8>> {
    match &lock.0 {
        Kind::Passphrase { phrase, log_n } => seal_to(&scrypt_recipient(phrase, *log_n), plaintext),
        Kind::Unlock(identity) => seal_to(&identity.to_public(), plaintext),
    }
}

fn seal_to(recipient: &dyn Recipient, plaintext: &[u8]) -> io::Result<Vec<u8>> {
    let encryptor = Encryptor::with_recipients(iter::once(recipient)).map_err(io::Error::other)?;
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed)?;
    writer.write_all(plaintext)?;
    writer.finish()?;
    Ok(sealed)
}

fn open(lock: &Lock, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SecretsError> {
    let decryptor = Decryptor::new(sealed).map_err(|_| SecretsError::Damaged)?;
    match (&lock.0, decryptor.is_scrypt()) {
        (Kind::Passphrase { phrase, .. }, true) => {
            let mut identity = scrypt::Identity::new(phrase.clone());
            identity.set_max_work_factor(SCRYPT_LOG_N_MAX);
            open_with(decryptor, &identity, SecretsError::WrongPassphrase, sealed.len())
        }
        (Kind::Unlock(identity), false) => open_with(decryptor, identity, SecretsError::WrongUnlockFile, sealed.len()),
        (Kind::Passphrase { .. }, false) => Err(SecretsError::UnlockFileNeeded),
        (Kind::Unlock(_), true) => Err(SecretsError::PassphraseNeeded),
    }
}

fn open_with(
    decryptor: Decryptor<&[u8]>,
    identity: &dyn Identity,
    wrong: SecretsError,
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, SecretsError> {
    let mut reader = decryptor.decrypt(iter::once(identity)).map_err(|error| match error {
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed | DecryptError::NoMatchingKeys => wrong,
        _ => SecretsError::Damaged,
    })?;
    // What was sealed is shorter than the seal, so the buffer never grows and leaves no copies behind.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(length));
    reader.read_to_end(&mut plaintext).map_err(|_| SecretsError::Damaged)?;
    Ok(plaintext)
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut sealed = Vec::new();
    File::open(path)?.take(SEALED_BYTES_MAX + 1).read_to_end(&mut sealed)?;
    if sealed.len() as u64 > SEALED_BYTES_MAX {
        return Err(ErrorKind::FileTooLarge.into());
    }
    Ok(sealed)
}

/// Writes and syncs `bytes` beside `path`, lets `place` bring them there, and syncs the folder.
pub(crate) fn write_aside(path: &Path, bytes: &[u8], place: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let name = path.file_name().ok_or(ErrorKind::InvalidFilename)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut aside_name = name.to_owned();
    aside_name.push(".new");
    let aside = folder.join(aside_name);
    match fs::remove_file(&aside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {} // at most what a power cut left behind
    }
    let written = write_synced(&aside, bytes).and_then(|()| place(&aside));
    if written.is_err() {
        let _ = fs::remove_file(&aside); // the first error is the one to tell
    }
    written?;
    File::open(folder)?.sync_all()
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
