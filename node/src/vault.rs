//! What this employer published, sealed to its own sealing key: so that it can be published again under a new key. Off
//! unless the operator turns it on: nothing else on the disk holds an identifier (I1).
//!
//! One file for each publication, in order; [`Vault::replace`] makes few of many.
//! Absent on purpose: what of it still counts (`publisher.rs`).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use larum_protocol::{
    api::StatementRow,
    codec::{self, DecodeError},
    hash::{Digest, Label},
    keys::SealingSecretKey,
    sealing::{self, Sealed, SealingError},
};
use rand::{SeedableRng as _, rngs::StdRng};
use zeroize::Zeroizing;

use crate::secrets::write_aside;

/// The folder in the data folder.
pub(crate) const VAULT_FOLDER: &str = "vault";
/// Bytes of one file: a request of the largest size, sealed.
const FILE_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Rows that are sealed into one file, so that no file is too large to be read again.
const ROWS_PER_FILE: usize = 50_000;
const SUFFIX: &str = "sealed";

/// Why the vault cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VaultError {
    /// The disk does not take or give it.
    #[error("the vault cannot be read or written: {0}")]
    Io(#[from] io::Error),
    /// A file is not what was written.
    #[error("the vault's file {} is damaged; move it away to go on without it", .0.display())]
    Damaged(PathBuf),
    /// It was sealed to another key.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

/// The sealed records of what was published.
pub(crate) struct Vault {
    dir: PathBuf,
    consortium: Digest,
    key: SealingSecretKey,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("dir", &self.dir).finish_non_exhaustive()
    }
}

/// What the vault holds, and where.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// The rows, in the order in which they were published.
    pub(crate) rows: Vec<StatementRow>,
    /// The files that hold them.
    pub(crate) files: Vec<PathBuf>,
}

impl Vault {
    /// The vault of a data folder.
    pub(crate) fn new(data_dir: &Path, consortium: Digest, key: SealingSecretKey) -> Self {
        Self { dir: data_dir.join(VAULT_FOLDER), consortium, key }
    }

    /// Keeps rows; they are on the disk when this returns.
    pub(crate) fn keep(&self, rows: &[StatementRow]) -> Result<(), VaultError> {
        fs::create_dir_all(&self.dir)?;
        let next = self.files()?.last().map_or(1, |(number, _)| number + 1);
        (next..).zip(rows.chunks(ROWS_PER_FILE)).try_for_each(|(number, rows)| self.write(number, rows))
    }

    /// Every row, in the order in which they were published.
    pub(crate) fn kept(&self) -> Result<Kept, VaultError> {
        let mut kept = Kept::default();
        if self.dir.exists() {
            for (_, path) in self.files()? {
                kept.rows.extend(self.read(&path)?);
                kept.files.push(path);
            }
        }
        Ok(kept)
    }

    /// Keeps these rows, some of those that `files` hold, in their place, and before what was kept meanwhile. What stays is
    /// on the disk before anything goes: a crash in between keeps too much.
    pub(crate) fn replace(&self, files: &[PathBuf], rows: &[StatementRow]) -> Result<(), VaultError> {
        let chunks = rows.chunks(ROWS_PER_FILE);
        let (gone, stay) = files.split_at(files.len().saturating_sub(chunks.len()));
        for (path, rows) in stay.iter().zip(chunks) {
            let number = number_of(path).ok_or_else(|| VaultError::Damaged(path.clone()))?;
            self.write(number, rows)?;
        }
        Ok(gone.iter().try_for_each(fs::remove_file)?)
    }

    fn write(&self, number: u64, rows: &[StatementRow]) -> Result<(), VaultError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|_| VaultError::NoRandomness)?;
        let plain = Zeroizing::new(serde_json::to_vec(rows).expect("rows are plain data"));
        let context = self.context(number);
        let mut random = StdRng::from_seed(*seed);
        let sealed = sealing::seal(&self.key.public(), Label::VaultSealing, &context, &plain, &mut random)?;
        let path = self.dir.join(format!("{number:010}.{SUFFIX}"));
        Ok(write_aside(&path, &codec::encode(&sealed), |aside| fs::rename(aside, &path))?)
    }

    fn read(&self, path: &Path) -> Result<Vec<StatementRow>, VaultError> {
        let damaged = || VaultError::Damaged(path.to_owned());
        let number = number_of(path).ok_or_else(damaged)?;
        let bytes = fs::read(path)?;
        let sealed: Sealed = codec::decode(&bytes, FILE_BYTES_MAX).map_err(|_: DecodeError| damaged())?;
        let context = self.context(number);
        let plain = sealing::open(&self.key, Label::VaultSealing, &context, &sealed.encapsulated, &sealed.ciphertext)?;
        serde_json::from_slice(&plain).map_err(|_| damaged())
    }

    /// A file belongs to its consortium and stands in its place.
    fn context(&self, number: u64) -> Vec<u8> {
        [self.consortium.0.as_slice(), &number.to_be_bytes()].concat()
    }

    fn files(&self) -> io::Result<Vec<(u64, PathBuf)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            files.extend(number_of(&path).map(|number| (number, path)));
        }
        files.sort_unstable();
        Ok(files)
    }
}

fn number_of(path: &Path) -> Option<u64> {
    path.extension().filter(|suffix| *suffix == SUFFIX)?;
    path.file_stem()?.to_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use larum_protocol::api::Action;

    use super::*;

    fn row(value: &str) -> StatementRow {
        StatementRow {
            action: Action::Publish,
            kind: "email".to_owned(),
            value: value.to_owned(),
            region: None,
            asset: None,
            role: Some("actor-controlled".to_owned()),
            reason: Some("ART.REUSE".to_owned()),
            evidence: Some("confirmed".to_owned()),
            observed: Some("2026-11-02".to_owned()),
            expires: None,
            origin: None,
            re: None,
        }
    }

    fn vault(dir: &Path) -> Vault {
        Vault::new(dir, Digest([1; 32]), SealingSecretKey::from_seed(&[2; 32]))
    }

    #[test]
    fn what_is_kept_is_read_in_order_and_replaced_whole() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(vault(dir.path()).kept().unwrap().rows, []);
        vault(dir.path()).keep(&[row("one@example.com"), row("two@example.com")]).unwrap();
        vault(dir.path()).keep(&[row("three@example.com")]).unwrap();
        let values = |vault: Vault| vault.kept().unwrap().rows.into_iter().map(|row| row.value).collect::<Vec<_>>();
        assert_eq!(values(vault(dir.path())), ["one@example.com", "two@example.com", "three@example.com"]);
        // What is kept while a look at the rest decides what stays, stays
        let files = vault(dir.path()).kept().unwrap().files;
        vault(dir.path()).keep(&[row("four@example.com")]).unwrap();
        vault(dir.path()).replace(&files, &[row("two@example.com")]).unwrap();
        assert_eq!(values(vault(dir.path())), ["two@example.com", "four@example.com"]);
    }

    #[test]
    fn i1_nothing_of_an_identifier_can_be_read_off_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        vault(dir.path()).keep(&[row("secret.mailbox@example.com")]).unwrap();
        let file = vault(dir.path()).files().unwrap().pop().unwrap().1;
        let bytes = fs::read(&file).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"secret"));
        // Nor with another key, nor in another place, nor after a change
        let other = Vault::new(dir.path(), Digest([1; 32]), SealingSecretKey::from_seed(&[3; 32]));
        assert!(matches!(other.kept(), Err(VaultError::Sealing(SealingError::DoesNotOpen))));
        fs::rename(&file, file.with_file_name("0000000002.sealed")).unwrap();
        assert!(matches!(vault(dir.path()).kept(), Err(VaultError::Sealing(SealingError::DoesNotOpen))));
        fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        assert!(matches!(vault(dir.path()).read(&file), Err(VaultError::Damaged(_))));
    }
}
