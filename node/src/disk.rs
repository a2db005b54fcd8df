//! How much room a folder takes.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

/// Folders below folders that are looked into: the data folder's own depth.
const DEPTH_MAX: usize = 4;

/// Bytes that the files below `folder` occupy on the disk; holes take none. What cannot be read counts as nothing.
pub(crate) fn bytes(folder: &Path) -> u64 {
    below(folder, DEPTH_MAX)
}

fn below(folder: &Path, depth: usize) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let occupied = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() && depth > 0 => below(&entry.path(), depth - 1),
        Ok(metadata) => metadata.blocks() * 512,
        Err(_) => 0,
    };
    entries.flatten().map(occupied).sum()
}
