//! A copy of a data folder that can be put back: `larum backup` and `larum restore`.
//!
//! Invariant: a copy is of a folder that nothing writes to: its lock is held. Tables and journals belong together, and what
//! is copied while a node runs need not.
//! Invariant: what opens the keys is never copied, nor any secret that the configuration names: only what was sealed stays
//! with what it is sealed in.
//! Invariant: nothing is written over, and a copy that is not whole cannot be restored: the list of files comes last.
//! Invariant: a restored node opens a new log, since the mark of the original is not in the copy (I5).
//! Absent on purpose: copies of a running node, increments, compression, encryption; whatever keeps files can do these.

mod files;

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    config::{CONFIG_FILE, Config},
    secrets::SECRETS_FILE,
    store::{FolderLock, ORIGINAL_FILES, StoreError},
};

/// What of a data folder is copied. The index is made anew from the store, the command line's token at each start.
const COPIED: [&str; 13] = [
    CONFIG_FILE,
    "member.json",
    "rosters",
    "store",
    "steward",
    "reviews",
    "vault",
    "watches",
    "alerts",
    "callbacks",
    "hooks",
    "audit",
    // Last: without it no node starts, so that half a restored folder is none.
    SECRETS_FILE,
];
/// The list of what a backup holds.
const LIST_FILE: &str = "backup.json";
/// Bytes of that list: millions of files.
const LIST_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// The version of the list.
const VERSION: u8 = 1;
/// Why nothing was copied, or not all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The node runs, or its folder cannot be held.
    #[error(transparent)]
    Held(#[from] StoreError),
    /// There is no data folder.
    #[error("{} holds no keys, so there is nothing to back up", .0.display())]
    Nothing(PathBuf),
    /// Something lies there.
    #[error("{} exists already and nothing is written over it; name a new folder", .0.display())]
    Exists(PathBuf),
    /// A backup into the folder that it is of.
    #[error("{} lies in the data folder, with which it would be lost; nothing was copied, name a folder elsewhere", .0.display())]
    Inside(PathBuf),
    /// A restore into a folder that is in use.
    #[error("{} is not empty; a backup is restored into an empty data folder only", .0.display())]
    NotEmpty(PathBuf),
    /// It was cut short, or is no backup.
    #[error("{} is no whole backup: {detail}", folder.display())]
    NotWhole {
        /// Where it lies.
        folder: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// The operating system refused.
    #[error("could not {action} {}: {source}; what was copied so far is not whole, remove it and start again", file.display())]
    Disk {
        /// What was tried.
        action: &'static str,
        /// On which file.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// What was copied.
#[derive(Debug, Default, Eq, PartialEq, Serialize)]
pub struct Copied {
    /// Files.
    pub files: usize,
    /// Bytes in them.
    pub bytes: u64,
    /// The names in the data folder that they are or lie below.
    pub names: Vec<String>,
    /// Files of the configuration that open keys or hold secrets, and are not in a backup.
    pub apart: Vec<PathBuf>,
}

/// The list of what a backup holds.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct List {
    larum_backup: u8,
    files: Vec<Listed>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    path: String,
    bytes: u64,
    blake3: String,
}

/// Copies the data folder of a node that does not run to a new folder.
pub fn backup(config: &Config, target: &Path) -> Result<Copied, BackupError> {
    let source = &config.data_dir;
    if !source.join(SECRETS_FILE).is_file() {
        return Err(BackupError::Nothing(source.clone()));
    }
    if lies_in(target, source) {
        return Err(BackupError::Inside(target.to_owned()));
    }
    let _lock = FolderLock::take(&source.join("store"))?;
    let apart = apart(config);
    let mut paths = Vec::new();
    for name in COPIED {
        paths.extend(files::below(source, Path::new(name))?);
    }
    // However the configuration writes their places.
    let secret: Vec<_> = apart.iter().filter_map(|file| fs::canonicalize(file).ok()).collect();
    let is_secret = |path: &Path| fs::canonicalize(source.join(path)).is_ok_and(|file| secret.contains(&file));
    paths.retain(|path| !is_secret(path) && !marks_original(path));
    files::make_folder(target).map_err(|error| match error {
        BackupError::Disk { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
            BackupError::Exists(target.to_owned())
        }
        error => error,
    })?;
    let mut list = List { larum_backup: VERSION, files: Vec::new() };
    for path in &paths {
        list.files.push(files::copy(source, target, path)?);
    }
    files::sync_folders(target, &paths)?;
    let text = serde_json::to_vec_pretty(&list).expect("our own types are JSON");
    let place = target.join(LIST_FILE);
    files::create(&place)
        .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()))
        .map_err(files::disk("write", &place))?;
    files::sync_folder(target)?;
    files::sync_folder(&files::parent(target))?;
    Ok(Copied { apart, ..sum(&list) })
}

/// Puts a backup back into a data folder that is empty or not there.
pub fn restore(source: &Path, folder: &Path) -> Result<Copied, BackupError> {
    let list = read_list(source)?;
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => {}
            Some(_) => return Err(BackupError::NotEmpty(folder.to_owned())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => files::make_folder(folder)?,
        Err(error) => return Err(files::disk("read", folder)(error)),
    }
    let mut paths = Vec::new();
    for listed in &list.files {
        let path = PathBuf::from(&listed.path);
        let copied = files::copy(source, folder, &path)?;
        if (copied.bytes, &copied.blake3) != (listed.bytes, &listed.blake3) {
            let detail = format!("{} is not as it was written; what was restored so far is of no use", listed.path);
            return Err(not_whole(source, detail));
        }
        paths.push(path);
    }
    files::sync_folders(folder, &paths)?;
    files::sync_folder(&files::parent(folder))?;
    Ok(sum(&list))
}

/// What opens the keys, and the secrets of hooks and callbacks.
pub fn apart(config: &Config) -> Vec<PathBuf> {
    let mut apart = match &config.passphrase_file {
        Some(file) => vec![file.clone()],
        None => vec![config.unlock_file.clone()],
    };
    for hook in &config.hooks {
        apart.push(hook.secret_file.clone());
        apart.extend(hook.credentials_file.clone());
    }
    apart.extend(config.callbacks.iter().map(|callback| callback.secret_file.clone()));
    apart
}

/// Whether a folder that is to be made lies in another, whatever links lead there. Where its place does not exist, making it
/// fails and says so.
fn lies_in(new: &Path, folder: &Path) -> bool {
    let place = fs::canonicalize(files::parent(new));
    place.is_ok_and(|place| fs::canonicalize(folder).is_ok_and(|folder| place.starts_with(folder)))
}

fn marks_original(path: &Path) -> bool {
    ORIGINAL_FILES.iter().any(|name| path == Path::new("store").join(name))
}

/// The list of a backup, if it is one; no path in it leads elsewhere.
fn read_list(folder: &Path) -> Result<List, BackupError> {
    let place = folder.join(LIST_FILE);
    let file = File::open(&place).map_err(|_| not_whole(folder, format!("{LIST_FILE} cannot be read")))?;
    let mut text = Vec::new();
    file.take(LIST_BYTES_MAX).read_to_end(&mut text).map_err(files::disk("read", &place))?;
    let list: List = serde_json::from_slice(&text)
        .map_err(|_| not_whole(folder, format!("{LIST_FILE} is damaged, or of another version of larum")))?;
    let ours = |path: &str| {
        let path = Path::new(path);
        let named = path.iter().next().is_some_and(|first| COPIED.iter().any(|name| first == *name));
        named && path.components().all(|part| matches!(part, Component::Normal(_)))
    };
    match list.files.iter().find(|file| !ours(&file.path)) {
        _ if list.larum_backup != VERSION => {
            Err(not_whole(folder, "it was written by another version of larum".into()))
        }
        Some(_) => Err(not_whole(folder, format!("{LIST_FILE} names a file that belongs to no data folder"))),
        None => Ok(list),
    }
}

fn sum(list: &List) -> Copied {
    let mut sum = Copied { files: list.files.len(), ..Copied::default() };
    for file in &list.files {
        sum.bytes += file.bytes;
        let name = file.path.split('/').next().unwrap_or_default();
        if !sum.names.iter().any(|known| known == name) {
            sum.names.push(name.to_owned());
        }
    }
    sum
}

fn not_whole(folder: &Path, detail: String) -> BackupError {
    BackupError::NotWhole { folder: folder.to_owned(), detail }
}
