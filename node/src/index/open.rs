//! Opening and wiping the folder of an index.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use arc_swap::ArcSwap;
use parking_lot::{Condvar, Mutex};

use super::{
    Index, IndexError, Options,
    background::Background,
    disk,
    error::Doing,
    fresh::Fresh,
    key::Rekey,
    manifest::Manifest,
    segment::Segment,
    shared::{Control, DAMAGED, Shared, View},
};

/// Locked by the process that has the index open.
const LOCK: &str = "lock";
/// How the file of a segment begins.
const SEGMENT: &str = "segment-";

impl Index {
    /// Opens the index in `dir`, or begins one there. `secret` must be the same at every start and known to nobody else.
    ///
    /// # Errors
    ///
    /// [`IndexError::Damaged`], [`IndexError::OtherSecret`] and [`IndexError::OtherVersion`] are mended by
    /// [`wipe`](Self::wipe) and inserting everything again.
    pub fn open(dir: &Path, secret: [u8; 32], options: Options) -> Result<Self, IndexError> {
        fs::create_dir_all(dir).doing("creating the folder")?;
        let lock = lock(dir)?;
        if dir.join(DAMAGED).try_exists().doing("looking for a mark")? {
            return Err(IndexError::Damaged { what: "a segment, as was found while it was open" });
        }
        let options = options.within_reason();
        let rekey = Rekey::new(&secret);
        let manifest = match Manifest::load(dir)? {
            Some(manifest) if manifest.mark != rekey.mark() => return Err(IndexError::OtherSecret),
            Some(manifest) => manifest,
            None => Manifest { mark: rekey.mark(), ..Manifest::default() },
        };
        clear_strays(dir, &manifest)?;
        let segments = manifest.segments.iter().map(|named| Segment::open(dir, *named).map(Arc::new));
        let view = View {
            fresh: Arc::new(Fresh::with_capacity(options.fresh_entries)),
            frozen: None,
            segments: segments.collect::<Result<_, _>>()?,
        };
        let shared = Arc::new(Shared {
            dir: dir.to_owned(),
            rekey,
            options,
            view: ArcSwap::from_pointee(view),
            control: Mutex::new(Control {
                committed: manifest.covered,
                frozen_covers: manifest.covered,
                manifest,
                compact_asked: 0,
                compact_done: 0,
                failure: None,
            }),
            changed: Condvar::new(),
            condemned: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            _lock: lock,
        });
        Ok(Self { background: Background::start(&shared)?, shared })
    }

    /// Deletes the index in `dir`, which must not be open. What else lies there stays.
    ///
    /// # Errors
    ///
    /// [`IndexError::Locked`] if some process has it open.
    pub fn wipe(dir: &Path) -> Result<(), IndexError> {
        if !dir.try_exists().doing("looking for the folder")? {
            return Ok(());
        }
        let _lock = lock(dir)?;
        // The manifest first: without it no segment counts, so that a crash in between leaves an empty index.
        Manifest::remove(dir)?;
        clear_strays(dir, &Manifest::default())?;
        // Last, so that a crash before it leaves what is wiped again.
        match fs::remove_file(dir.join(DAMAGED)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).doing("deleting a mark"),
            _ => Ok(()),
        }
    }
}

fn lock(dir: &Path) -> Result<File, IndexError> {
    let file = File::options().create(true).append(true).open(dir.join(LOCK)).doing("locking the folder")?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(IndexError::Locked),
        Err(TryLockError::Error(error)) => Err(error).doing("locking the folder"),
    }
}

/// Deletes what a crash left behind: unfinished files, and segments that no manifest names.
fn clear_strays(dir: &Path, manifest: &Manifest) -> Result<(), IndexError> {
    for found in fs::read_dir(dir).doing("listing the folder")? {
        let path = found.doing("listing the folder")?.path();
        let is_segment = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(SEGMENT.as_bytes()));
        let is_live = manifest.segments.iter().any(|named| Segment::path_of(dir, named.number) == path);
        if disk::is_temporary(&path) || (is_segment && !is_live) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).doing("deleting an unfinished file");
                }
                _ => {}
            }
        }
    }
    Ok(())
}
