//! `larum bench index`: what the membership index costs at a given size on this machine.
//!
//! Builds an index of random tags as a rebuild from the logs would, opens it again, and looks tags up one at a time and
//! sixteen at a time. Beside it the time of one dependent memory access, because that, and not instructions, is what a
//! look-up is made of: judge the figures by their ratio to it.

pub(super) mod machine;

use std::{
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use serde::Serialize;

use super::{Line, cpu::thread_time, line::grouped};
use crate::index::{Index, IndexError, Key, Options, Place, Stats};

/// Tags looked up in one round: 32 MB of them, several times the caches' size in what they touch.
const QUERIES: u64 = 1_000_000;
/// Rounds, of which the middle one counts: other programs disturb some of them.
const ROUNDS: usize = 5;
/// Tags inserted at once while building.
const CHUNK: u64 = 1 << 14;
/// Keys looked up together in the batched figures.
const WIDTH: usize = 16;
/// Any 32 bytes do for a measurement.
const SECRET: [u8; 32] = [0x5A; 32];

/// What was measured: seconds on the wall, nanoseconds of one thread's processor time.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Report {
    /// Tags in the index, each with one place.
    pub tags: u64,
    /// Inserting them, sorting them and writing them in runs.
    pub insert_seconds: f64,
    /// Merging the runs into one segment.
    pub compact_seconds: f64,
    /// Opening the index: reading and checking directory and filter from the page cache.
    pub open_seconds: f64,
    /// Reading and checking all entries.
    pub verify_seconds: f64,
    /// Bytes on disk a tag.
    pub disk_bytes_per_tag: f64,
    /// Bytes of memory a tag for directory and filter.
    pub resident_bytes_per_tag: f64,
    /// Anonymous memory that opening added, in bytes a tag, as the kernel counts it; `None` where it does not tell. Part
    /// of it is the table of what is new, which does not grow with the tags.
    pub anonymous_bytes_per_tag: Option<f64>,
    /// One access to memory that depends on the one before, in huge pages if the kernel grants them.
    pub memory_access_ns: f64,
    /// The same in small pages, as a mapped file has them.
    pub memory_access_small_pages_ns: f64,
    /// Re-keying a tag under the node's secret.
    pub rekey_ns: f64,
    /// The same with keyed BLAKE3, for comparison; the index does not do this.
    pub rekey_blake3_ns: f64,
    /// `lookup` with one tag or sixteen, an otherwise idle index.
    pub lookup: Timings,
    /// The same without re-keying and without collecting the answers: the structure alone.
    pub structure: Timings,
    /// `lookup` while the table of what is new is half full.
    pub lookup_with_new: Timings,
}

impl Report {
    /// Its lines of the table: look-ups, and what the index takes.
    pub fn lines(&self) -> [Line; 2] {
        let Timings { miss_ns, hit_ns, miss_16_ns, hit_16_ns } = self.lookup;
        let lookups = Line {
            what: format!("index, {} tags, random look-ups", grouped(self.tags as f64)),
            measured: format!("miss {miss_ns:.0}, hit {hit_ns:.0}, of 16: miss {miss_16_ns:.0}, hit {hit_16_ns:.0} ns"),
            beside: format!("one memory access {:.0} ns", self.memory_access_ns),
            ratio: Some(miss_ns / self.memory_access_ns),
            reach: "miss <= 60, hit <= 250, of 16 <= 100 ns",
            met: miss_ns <= 60.0 && hit_ns <= 250.0 && miss_16_ns.max(hit_16_ns) <= 100.0,
        };
        let (resident, disk, open) = (self.resident_bytes_per_tag, self.disk_bytes_per_tag, self.open_seconds);
        let room = Line {
            what: format!("index, {} tags, room and opening", grouped(self.tags as f64)),
            measured: format!("{resident:.2} B resident, {disk:.1} B on disk a tag, open in {open:.2} s"),
            beside: "24 B: a key of 16 and a place of 8".to_owned(),
            ratio: Some(disk / 24.0),
            reach: "<= 2 B, <= 26 B, <= 2 s",
            met: resident <= 2.0 && disk <= 26.0 && open <= 2.0,
        };
        [lookups, room]
    }
}

/// Nanoseconds a tag.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Timings {
    /// One at a time, tags that are not there.
    pub miss_ns: f64,
    /// One at a time, tags that are there.
    pub hit_ns: f64,
    /// Sixteen at a time, tags that are not there.
    pub miss_16_ns: f64,
    /// Sixteen at a time, tags that are there.
    pub hit_16_ns: f64,
}

/// Measures an index of `tags` random tags in `dir`, which needs 52 bytes of disk a tag while building, and leaves `dir`
/// without an index. What is there before is deleted.
///
/// # Errors
///
/// As the index; most likely a full disk.
pub fn run(dir: &Path, tags: u64) -> Result<Report, IndexError> {
    Index::wipe(dir)?;
    let (insert, compact) = build(dir, tags)?;

    let queries = QUERIES.min(tags);
    let present: Vec<_> = (0..queries).map(|query| tag(mix(query) % tags.max(1))).collect();
    let absent: Vec<_> = (0..queries).map(|query| tag(tags + query)).collect();
    let before = machine::anonymous_bytes();
    let started = Instant::now();
    let index = Index::open(dir, SECRET, Options::default())?;
    let open = started.elapsed();
    let anonymous = before.zip(machine::anonymous_bytes()).map(|(before, after)| after.saturating_sub(before));
    let started = Instant::now();
    index.verify()?;
    let verify = started.elapsed();
    let stats: Stats = index.stats();

    let lookup = lookups(&index, &absent, &present);
    let structure = structure(&index, &absent, &present);
    let new: Vec<_> = (0..Options::default().fresh_entries as u64 / 2).map(|new| tag(u64::MAX - new)).collect();
    index.insert(&new.into_iter().map(|tag| (tag, Place(0))).collect::<Vec<_>>())?;
    let lookup_with_new = lookups(&index, &absent, &present);
    let rekey_ns = each(&absent, |tag| index.key(tag).high);
    drop(index);
    Index::wipe(dir)?;

    let per_tag = |bytes: u64| bytes as f64 / tags.max(1) as f64;
    Ok(Report {
        tags,
        insert_seconds: insert.as_secs_f64(),
        compact_seconds: compact.as_secs_f64(),
        open_seconds: open.as_secs_f64(),
        verify_seconds: verify.as_secs_f64(),
        disk_bytes_per_tag: per_tag(stats.disk_bytes),
        resident_bytes_per_tag: per_tag(stats.resident_bytes),
        anonymous_bytes_per_tag: anonymous.map(per_tag),
        memory_access_ns: machine::memory_access_ns(true),
        memory_access_small_pages_ns: machine::memory_access_ns(false),
        rekey_ns,
        rekey_blake3_ns: each(&absent, |tag| blake3::keyed_hash(&SECRET, tag).as_bytes()[0].into()),
        lookup,
        structure,
        lookup_with_new,
    })
}

/// Fills the index as a rebuild does. Returns how long inserting and how long compacting took.
fn build(dir: &Path, tags: u64) -> Result<(Duration, Duration), IndexError> {
    let started = Instant::now();
    let index = Index::open(dir, SECRET, Options::rebuild())?;
    let mut entries = Vec::with_capacity(CHUNK as usize);
    for from in (0..tags).step_by(CHUNK as usize) {
        entries.clear();
        entries.extend((from..tags.min(from + CHUNK)).map(|number| (tag(number), Place(number))));
        index.insert(&entries)?;
    }
    index.commit(tags);
    index.flush()?;
    let insert = started.elapsed();
    index.compact()?;
    let compact = started.elapsed() - insert;
    index.close()?;
    Ok((insert, compact))
}

/// Times `lookup`.
fn lookups(index: &Index, absent: &[[u8; 32]], present: &[[u8; 32]]) -> Timings {
    let time = |tags: &[[u8; 32]], width: usize| {
        let mut out = Vec::new();
        median(tags.len(), || {
            let mut hits = 0;
            for batch in tags.chunks(width) {
                index.lookup(batch, &mut out);
                hits += out.len();
            }
            hits
        })
    };
    timings(time, absent, present)
}

/// Times the structure below `lookup`.
fn structure(index: &Index, absent: &[[u8; 32]], present: &[[u8; 32]]) -> Timings {
    let view = index.view();
    let keys = |tags: &[[u8; 32]]| tags.iter().map(|tag| index.key(tag)).collect::<Vec<_>>();
    let time = |keys: &[Key], width: usize| {
        median(keys.len(), || {
            let mut sum = 0_usize;
            for batch in keys.chunks(width) {
                view.find(batch, |position, place| sum ^= position ^ place.0 as usize);
            }
            sum
        })
    };
    timings(time, &keys(absent), &keys(present))
}

fn timings<T>(time: impl Fn(&[T], usize) -> f64, absent: &[T], present: &[T]) -> Timings {
    Timings {
        miss_ns: time(absent, 1),
        hit_ns: time(present, 1),
        miss_16_ns: time(absent, WIDTH),
        hit_16_ns: time(present, WIDTH),
    }
}

/// Nanoseconds a tag of `hash`.
fn each(tags: &[[u8; 32]], hash: impl Fn(&[u8; 32]) -> u64) -> f64 {
    median(tags.len(), || tags.iter().fold(0, |sum, tag| sum ^ hash(tag)))
}

/// Nanoseconds an item of the middle one of several rounds of `work` over `items`.
fn median<R>(items: usize, mut work: impl FnMut() -> R) -> f64 {
    let mut rounds = [0.0; ROUNDS];
    for round in &mut rounds {
        let started = thread_time();
        black_box(work());
        *round = (thread_time() - started).as_nanos() as f64 / items.max(1) as f64;
    }
    rounds.sort_unstable_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

/// A tag like any real one: 32 bytes without a pattern.
pub(super) fn tag(number: u64) -> [u8; 32] {
    let mut tag = [0; 32];
    for (part, bytes) in tag.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        *bytes = mix(number.wrapping_mul(4).wrapping_add(part as u64)).to_le_bytes();
    }
    tag
}

/// SplitMix64 (Steele, Lea and Flood, 2014): a fixed sequence without a pattern, for measurements only.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_small_run_reports_every_figure_and_leaves_no_index() {
        let dir = tempfile::tempdir().unwrap();
        let report = run(dir.path(), 20_000).unwrap();
        assert_eq!(report.tags, 20_000);
        for timings in [report.lookup, report.structure, report.lookup_with_new] {
            assert!(timings.miss_ns > 0.0 && timings.hit_ns > 0.0, "{timings:?}");
            assert!(timings.miss_16_ns > 0.0 && timings.hit_16_ns > 0.0, "{timings:?}");
        }
        assert!(report.disk_bytes_per_tag > 24.0 && report.disk_bytes_per_tag < 27.0);
        assert!(report.memory_access_ns > 0.0 && report.rekey_ns > 0.0);
        let index = Index::open(dir.path(), [1; 32], Options::default()).unwrap();
        assert!(index.is_empty());
    }
}
