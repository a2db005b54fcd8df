//! The three threads behind an index: one turns frozen tables into segments, one merges segments, one looks for damage.
//!
//! Three, because a merge of 100 million entries takes half a minute and what is new must not wait for it. Each does its
//! work without a lock and takes `control` only to choose and to install.
//!
//! Invariant: what is found to be damaged is condemned, whoever finds it: look-ups are told, and the next start rebuilds.

use std::{
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use parking_lot::MutexGuard;

use super::{
    IndexError,
    error::Doing,
    manifest::Named,
    merge::{self, Merged},
    segment::Segment,
    shared::{Control, Shared, View},
    writer::SegmentWriter,
};

/// Flushing waits while this many segments more than wanted are live: then merging is too slow for what comes in, and
/// look-ups would suffer next.
const SEGMENTS_SLACK: usize = 8;

/// How long between two looks at every entry on the disk, the first of which comes with the start: disks spoil in weeks,
/// and gigabytes are read.
const VERIFY_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// The background of one index. Joined when dropped.
#[derive(Debug)]
pub(super) struct Background {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// Whether there is work for a turn.
type Ready = fn(&Shared, &Control) -> bool;
/// What a thread does in one turn.
type Turn = fn(&Shared, MutexGuard<'_, Control>, &AtomicU64) -> Result<(), IndexError>;

impl Background {
    pub(super) fn start(shared: &Arc<Shared>) -> Result<Self, IndexError> {
        let mut background = Self { shared: Arc::clone(shared), threads: Vec::new() };
        let numbers = Arc::new(AtomicU64::new(shared.control.lock().manifest.next));
        let works: [(&str, Ready, Turn); 2] = [("index-flush", may_flush, flush), ("index-merge", may_merge, merge)];
        for (name, ready, turn) in works {
            let (shared, numbers) = (Arc::clone(shared), Arc::clone(&numbers));
            let thread = thread::Builder::new().name(name.into()).spawn(move || run(&shared, &numbers, ready, turn));
            background.threads.push(thread.doing("starting a thread")?);
        }
        let verified = Arc::clone(shared);
        let thread = thread::Builder::new().name("index-verify".into()).spawn(move || verify_now_and_then(&verified));
        background.threads.push(thread.doing("starting a thread")?);
        Ok(background)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        {
            // Under the lock, so that a thread that has just looked is already waiting.
            let _control = self.shared.control.lock();
            self.shared.cancelled.store(true, Ordering::Relaxed);
            self.shared.changed.notify_all();
        }
        for thread in self.threads.drain(..) {
            // A panic there has been printed; a second one here would hide it.
            let _ = thread.join();
        }
    }
}

/// Takes turns whenever there is work, until cancelled.
fn run(shared: &Shared, numbers: &AtomicU64, ready: Ready, turn: Turn) {
    loop {
        let mut control = shared.control.lock();
        while !shared.cancelled.load(Ordering::Relaxed) && (control.failure.is_some() || !ready(shared, &control)) {
            shared.changed.wait(&mut control);
        }
        if shared.cancelled.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = turn(shared, control, numbers) {
            condemn_if_damaged(shared, &error);
            shared.fail(&mut shared.control.lock(), error);
        }
    }
}

/// Compares every checksum of the entries, until cancelled: opening leaves them out, and a flipped bit would turn a hit
/// into a miss.
fn verify_now_and_then(shared: &Shared) {
    while !shared.cancelled.load(Ordering::Relaxed) {
        let view = shared.view.load_full();
        if let Err(error) = view.segments.iter().try_for_each(|segment| segment.verify(&shared.cancelled)) {
            condemn_if_damaged(shared, &error);
        }
        drop(view);
        let mut control = shared.control.lock();
        let waits = |_: &mut Control| !shared.cancelled.load(Ordering::Relaxed);
        shared.changed.wait_while_for(&mut control, waits, VERIFY_EVERY);
    }
}

fn condemn_if_damaged(shared: &Shared, error: &IndexError) {
    if matches!(error, IndexError::Damaged { .. }) {
        shared.condemn();
    }
}

fn may_flush(shared: &Shared, _: &Control) -> bool {
    let view = shared.view.load();
    view.frozen.is_some() && view.segments.len() < shared.options.segments_max + SEGMENTS_SLACK
}

fn may_merge(shared: &Shared, control: &Control) -> bool {
    control.compact_done < control.compact_asked || shared.view.load().segments.len() > shared.options.segments_max
}

/// Writes the frozen table to a segment.
fn flush(shared: &Shared, control: MutexGuard<'_, Control>, numbers: &AtomicU64) -> Result<(), IndexError> {
    let frozen = shared.view.load().frozen.clone();
    let covers = control.frozen_covers;
    drop(control);
    let entries = frozen.map(|frozen| frozen.sorted()).unwrap_or_default();
    let mut written = None;
    if !entries.is_empty() {
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        let mut writer = SegmentWriter::create(&Segment::path_of(&shared.dir, number), entries.len() as u64)?;
        entries.iter().try_for_each(|entry| writer.push(entry))?;
        let named = Named { number, entries: writer.entries(), bytes: writer.finish()? };
        written = Some(Arc::new(Segment::open(&shared.dir, named)?));
    }
    let mut control = shared.control.lock();
    let mut view = View::clone(&shared.view.load());
    view.frozen = None;
    view.segments.extend(written);
    let covered = control.manifest.covered.max(covers);
    replace(shared, &mut control, numbers, covered, view)
}

/// Merges some segments, or all of them if compaction was asked for.
fn merge(shared: &Shared, control: MutexGuard<'_, Control>, numbers: &AtomicU64) -> Result<(), IndexError> {
    let before = shared.view.load().segments.clone();
    let asked = control.compact_asked;
    let compact = control.compact_done < asked;
    drop(control);
    let sizes: Vec<u64> = before.iter().map(|segment| segment.named().entries).collect();
    let chosen = if compact { (0..before.len()).collect() } else { merge::choose(&sizes, shared.options.segments_max) };
    let sources: Vec<Arc<Segment>> = chosen.iter().map(|&position| Arc::clone(&before[position])).collect();

    let number = numbers.fetch_add(1, Ordering::Relaxed);
    let path = Segment::path_of(&shared.dir, number);
    let merged = merge::merge(&sources, &path, &shared.options.keep, &shared.cancelled)?;
    let merged = merged.map(|Merged { entries, bytes }| Segment::open(&shared.dir, Named { number, entries, bytes }));
    let merged = merged.transpose()?.map(Arc::new);

    let mut control = shared.control.lock();
    let mut view = View::clone(&shared.view.load());
    let is_source = |segment: &Arc<Segment>| sources.iter().any(|source| Arc::ptr_eq(source, segment));
    // What was flushed meanwhile stays.
    let rest = view.segments.iter().filter(|segment| !is_source(segment)).cloned();
    view.segments = merged.into_iter().chain(rest).collect();
    control.compact_done = asked;
    let covered = control.manifest.covered;
    replace(shared, &mut control, numbers, covered, view)?;
    drop(control);
    sources.iter().try_for_each(|source| remove(source))
}

/// Makes `view` live.
fn replace(
    shared: &Shared,
    control: &mut Control,
    numbers: &AtomicU64,
    covered: u64,
    view: View,
) -> Result<(), IndexError> {
    let mut manifest = control.manifest.clone();
    manifest.covered = covered;
    manifest.next = numbers.load(Ordering::Relaxed);
    manifest.segments = view.segments.iter().map(|segment| segment.named()).collect();
    shared.install(control, manifest, view)
}

/// Deletes a segment that is not live any more; look-ups that are still in it keep it open.
fn remove(segment: &Segment) -> Result<(), IndexError> {
    match fs::remove_file(segment.path()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).doing("deleting a merged segment"),
        _ => Ok(()),
    }
}
