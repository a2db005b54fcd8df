//! Changing what is in the file: read, changed and replaced by one process at a time.
//!
//! The command line changes the secrets beside a running node, which changes them itself when a salt arrives. Without a
//! lock one of the two would write over what the other put there, and a salt that nobody else has would be lost.

use std::{
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use super::{Lock, Secrets, SecretsError, seal::MODE};

/// How long one waits for another: to open and to seal with a passphrase takes about a second each.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the lock is tried.
const RETRY: Duration = Duration::from_millis(20);

impl Secrets {
    /// Opens the file, lets `change` change what it holds, and replaces it, all while no other process does so. Once
    /// this returns, the new secrets survive a power cut; on an error nothing was replaced.
    pub fn change<T, E: From<SecretsError>>(
        path: &Path,
        lock: &Lock,
        change: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let _turn = Turn::take(path, PATIENCE)?;
        let mut secrets = Self::load(path, lock)?;
        let changed = change(&mut secrets)?;
        secrets.save(path, lock)?;
        Ok(changed)
    }
}

/// The right to replace the file, until it is dropped or the process ends.
#[derive(Debug)]
pub(super) struct Turn(File);

impl Turn {
    /// Waits until nobody else has it, for so long at most. The lock file stays behind: to remove it would let two in.
    pub(super) fn take(path: &Path, patience: Duration) -> Result<Self, SecretsError> {
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".lock");
        let lock_path = PathBuf::from(lock_path);
        let write = |source| SecretsError::Write { path: lock_path.clone(), source };
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(MODE).open(&lock_path);
        let file = file.map_err(write)?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::Error(source)) => return Err(write(source)),
                Err(TryLockError::WouldBlock) if started.elapsed() >= patience => {
                    return Err(SecretsError::Busy { path: path.to_owned() });
                }
                Err(TryLockError::WouldBlock) => thread::sleep(RETRY),
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Closing is not enough: a child that is being started holds the file, too, until it runs its own program.
        let _ = self.0.unlock();
    }
}
