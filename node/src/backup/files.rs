//! Files that are copied and are on the disk when a call returns; only their owner reads them.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::{BackupError, Listed};

/// Folders below folders that are copied: more than any of ours has.
const DEPTH_MAX: usize = 8;
/// Bytes that are copied at a time.
const PIECE_BYTES: usize = 1024 * 1024;

/// The regular files at or below a path, in order; none where nothing is.
pub(super) fn below(root: &Path, path: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let mut found = Vec::new();
    collect(root, path, DEPTH_MAX, &mut found)?;
    Ok(found)
}

fn collect(root: &Path, path: &Path, depth: usize, into: &mut Vec<PathBuf>) -> Result<(), BackupError> {
    let full = root.join(path);
    let facts = match fs::metadata(&full) {
        Ok(facts) => facts,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(disk("read", &full)(error)),
    };
    if facts.is_file() {
        into.push(path.to_owned());
    } else if facts.is_dir() && depth > 0 {
        let entries = fs::read_dir(&full).map_err(disk("read", &full))?;
        let names: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.file_name())).collect();
        let mut names = names.map_err(disk("read", &full))?;
        names.sort();
        for name in names {
            collect(root, &path.join(name), depth - 1, into)?;
        }
    } else {
        return Err(disk("copy", &full)(io::Error::other("it is neither a file nor a folder of ours")));
    }
    Ok(())
}

/// Copies one file, on the disk when this returns, and says what it held.
pub(super) fn copy(from: &Path, to: &Path, path: &Path) -> Result<Listed, BackupError> {
    let (source, target) = (from.join(path), to.join(path));
    if let Some(folder) = target.parent() {
        make_folders(folder).map_err(disk("create", folder))?;
    }
    let mut read = File::open(&source).map_err(disk("read", &source))?;
    let mut write = create(&target).map_err(disk("create", &target))?;
    let (mut hash, mut bytes, mut piece) = (blake3::Hasher::new(), 0, vec![0; PIECE_BYTES]);
    loop {
        let length = read.read(&mut piece).map_err(disk("read", &source))?;
        if length == 0 {
            break;
        }
        hash.update(&piece[..length]);
        bytes += length as u64;
        write.write_all(&piece[..length]).map_err(disk("write", &target))?;
    }
    write.sync_all().map_err(disk("write", &target))?;
    let path = path.to_str().ok_or_else(|| disk("copy", &source)(io::Error::other("its name is not UTF-8")))?;
    Ok(Listed { path: path.to_owned(), bytes, blake3: hash.finalize().to_hex().to_string() })
}

/// A new file that only its owner reads.
pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

pub(super) fn make_folder(path: &Path) -> Result<(), BackupError> {
    DirBuilder::new().mode(0o700).create(path).map_err(disk("create", path))
}

fn make_folders(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).recursive(true).create(path)
}

/// Syncs every folder that holds one of the files, from the inside out.
pub(super) fn sync_folders(root: &Path, paths: &[PathBuf]) -> Result<(), BackupError> {
    let mut folders: Vec<_> = paths.iter().flat_map(|path| path.ancestors().skip(1)).collect();
    folders.sort_unstable_by(|one, other| other.cmp(one));
    folders.dedup();
    folders.into_iter().try_for_each(|folder| sync_folder(&root.join(folder)))
}

pub(super) fn sync_folder(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(disk("sync", path))
}

pub(super) fn parent(path: &Path) -> PathBuf {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

pub(super) fn disk(action: &'static str, file: &Path) -> impl FnOnce(io::Error) -> BackupError {
    move |source| BackupError::Disk { action, file: file.to_owned(), source }
}
