//! What the machine itself costs: one memory access, and how much memory the process holds.

use std::{fs, hint::black_box};

use memmap2::MmapMut;

use super::{super::cpu::thread_time, mix};

/// Eight times a large L3 cache.
const REGION_BYTES: usize = 256 << 20;
/// A cache line.
const LINE_BYTES: usize = 64;
const LINES: usize = REGION_BYTES / LINE_BYTES;
/// Enough to see through the noise in half a second.
const ACCESSES: u32 = 1_000_000;

/// Nanoseconds of one memory access that depends on the one before; 0 if there is no memory to measure with.
pub(in crate::bench) fn memory_access_ns(huge_pages: bool) -> f64 {
    let Ok(mut region) = MmapMut::map_anon(REGION_BYTES) else {
        return 0.0;
    };
    #[cfg(target_os = "linux")]
    {
        let advice = if huge_pages { memmap2::Advice::HugePage } else { memmap2::Advice::NoHugePage };
        // Without huge pages in the kernel both figures are the same, which is then the truth.
        let _ = region.advise(advice);
    }
    for (line, next) in cycle().into_iter().enumerate() {
        region[line * LINE_BYTES..][..4].copy_from_slice(&next.to_le_bytes());
    }
    let started = thread_time();
    let mut line = 0_usize;
    for _ in 0..ACCESSES {
        let bytes = region[line * LINE_BYTES..].first_chunk().expect("a line holds 4 bytes");
        line = u32::from_le_bytes(*bytes) as usize;
    }
    black_box(line);
    (thread_time() - started).as_nanos() as f64 / f64::from(ACCESSES)
}

/// For each line the one to visit next, so that all are visited before one is visited again (Sattolo's shuffle).
fn cycle() -> Vec<u32> {
    let mut next: Vec<u32> = (0..LINES as u32).collect();
    for line in (1..LINES).rev() {
        next.swap(line, (mix(line as u64) % line as u64) as usize);
    }
    next
}

/// Bytes of anonymous memory the kernel counts for this process, where it tells.
pub(in crate::bench) fn anonymous_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}
