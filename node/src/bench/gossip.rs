//! Ten nodes on loopback: from publishing a statement to the moment at which all others would answer with it.
//!
//! Beside it, in the same run, ten bare networks that only pass a message of the same size on, and the disk's own sync:
//! a node must not say that it knows what a power cut could take from it.

mod bare;
mod nodes;

use std::{
    fs::File,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use serde::Serialize;

use super::{BenchError, Line, cpu::percentile};

/// Nodes.
const NODES: usize = 10;
/// Publications before those that count: meshes form, caches fill.
const WARM_UP: usize = 20;
/// Between two publications: they are measured one by one.
const PAUSE: Duration = Duration::from_millis(20);
/// How long one publication may take to reach everybody.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was measured, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct GossipReport {
    /// Publications.
    pub publications: usize,
    /// Publish to answerable at all ten nodes, median.
    pub p50_ms: f64,
    /// The same, 99 of 100.
    pub p99_ms: f64,
    /// Bare gossipsub: publish to received by all, median.
    pub bare_p50_ms: f64,
    /// The same, 99 of 100.
    pub bare_p99_ms: f64,
    /// One write and sync of a batch's size, median.
    pub flush_p50_ms: f64,
    /// The same, 99 of 100.
    pub flush_p99_ms: f64,
}

impl GossipReport {
    /// Its line of the table.
    pub fn line(&self) -> Line {
        let allowed = 2.0 * self.bare_p99_ms + self.flush_p99_ms;
        Line {
            what: format!("ten nodes, publish to answerable everywhere, {} times", self.publications),
            measured: format!("p50 {:.1} ms, p99 {:.1} ms", self.p50_ms, self.p99_ms),
            beside: format!(
                "bare gossipsub p50 {:.1}, p99 {:.1} ms; flush p50 {:.1}, p99 {:.1} ms",
                self.bare_p50_ms, self.bare_p99_ms, self.flush_p50_ms, self.flush_p99_ms
            ),
            ratio: Some(self.p99_ms / allowed),
            reach: "p99 <= 2x bare + a flush",
            met: self.p99_ms <= allowed,
        }
    }
}

/// Measures `publications` publications among nodes whose data folders are below `dir`, and as many without.
pub fn run(dir: &Path, publications: usize) -> Result<GossipReport, BenchError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let bare = runtime.block_on(bare::run(publications))?;
    let nodes = runtime.block_on(nodes::run(dir, publications))?;
    let flush = flushes(&dir.join("flush"), publications)?;
    let ms = |times: &[Duration], share| percentile(times, share).as_secs_f64() * 1e3;
    Ok(GossipReport {
        publications,
        p50_ms: ms(&nodes, 0.5),
        p99_ms: ms(&nodes, 0.99),
        bare_p50_ms: ms(&bare, 0.5),
        bare_p99_ms: ms(&bare, 0.99),
        flush_p50_ms: ms(&flush, 0.5),
        flush_p99_ms: ms(&flush, 0.99),
    })
}

/// How long writing and syncing a small batch takes, sorted.
fn flushes(path: &Path, count: usize) -> Result<Vec<Duration>, BenchError> {
    let mut file = File::create(path)?;
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let started = Instant::now();
        file.write_all(&[0x5A; 512])?;
        file.sync_data()?;
        times.push(started.elapsed());
    }
    std::fs::remove_file(path)?;
    times.sort_unstable();
    Ok(times)
}
