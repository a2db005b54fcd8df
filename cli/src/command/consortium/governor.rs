//! Governors' keys: sealed files that belong on other machines than the node's.

use std::path::{Path, PathBuf};

use larum_node::secrets::{Lock, open_file, seal_to_new_file};
use larum_protocol::keys::{PublicKey, SecretKey};
use serde::Serialize;
use zeroize::Zeroizing;

use super::Session;
use crate::{Status, args::GovernorArgs, error::Failure};

#[derive(Serialize)]
struct Created {
    governor: String,
    file: String,
}

pub(super) fn run(args: &GovernorArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let key = create(&args.out, args.lock.passphrase_file.as_deref())?;
    let created = Created { governor: key.public().to_string(), file: args.out.display().to_string() };
    session.show(&created, |created| format!("created {}\ngovernor {}", created.file, created.governor))
}

/// Creates a governor's key in a new sealed file.
pub(super) fn create(path: &Path, passphrase_file: Option<&Path>) -> Result<SecretKey, Failure> {
    if path.exists() {
        return Err(Failure::new(format_args!("{} exists already and is not overwritten", path.display())));
    }
    let lock = match passphrase_file {
        Some(file) => Lock::from_passphrase_file(file)?,
        None => Lock::create_unlock_file(&unlock_file(path))?,
    };
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|_| Failure::new("the system gives no random numbers"))?;
    seal_to_new_file(path, &lock, &*seed)?;
    Ok(SecretKey::from_seed(&seed))
}

/// Removes a key that was just created and that nobody knows of, and what unlocks it.
pub(super) fn discard(path: &Path) {
    for file in [path.to_owned(), unlock_file(path)] {
        let _ = std::fs::remove_file(file); // a key that signs nothing does no harm either
    }
}

/// Opens a governor's key.
pub(super) fn open(
    path: &Path,
    unlock: Option<&Path>,
    passphrase_file: Option<&Path>,
) -> Result<(SecretKey, PublicKey), Failure> {
    let unlock = unlock.map_or_else(|| unlock_file(path), Path::to_owned);
    let lock = Lock::from_files(passphrase_file, &unlock)?;
    let seed = open_file(path, &lock)?;
    let seed: Zeroizing<[u8; 32]> = match seed.as_slice().try_into() {
        Ok(seed) => Zeroizing::new(seed),
        Err(_) => return Err(Failure::read(path, "it holds no governor's key")),
    };
    let key = SecretKey::from_seed(&seed);
    let public = key.public();
    Ok((key, public))
}

fn unlock_file(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".unlock");
    name.into()
}
