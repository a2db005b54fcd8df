//! What it takes to receive a statement: verify its batch, make that durable, enter it into the index.
//!
//! Batches are signed beforehand and come as bytes, as a page of sync brings them. Beside it the least that any program
//! would do with the same bytes: hash the bodies, verify the signatures, write and sync.

use std::{fs::File, io::Write, path::Path, sync::Arc, time::Instant};

use larum_protocol::{
    batch::{Batch, Header},
    keys::SecretKey,
    ledger::LogState,
    roster::RosterChain,
    signed::{Signed, Unverified},
};
use serde::Serialize;

use super::{
    BenchError, Line,
    author::BATCH_STATEMENTS,
    cpu::process_time,
    line::grouped,
    rig::{GROUP_BATCHES, Rig, append, free_addresses},
};
use crate::{
    index::{Index, Options},
    ledger::Ledger,
    node::{roster_index, unheard},
    store::{HeaderFacts, Store},
};

/// What was measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ReceiveReport {
    /// Statements received.
    pub statements: u64,
    /// Bytes of a statement.
    pub statement_bytes: f64,
    /// Statements a second of processor time, background work included.
    pub per_cpu_second: f64,
    /// Statements a second on the wall.
    pub per_second: f64,
    /// The least: statements a second of processor time for BLAKE3, Ed25519, write and sync alone.
    pub least_per_cpu_second: f64,
    /// Microseconds of processor time a statement: reading and verifying.
    pub verify_us: f64,
    /// The same for storing.
    pub store_us: f64,
    /// The same for the index.
    pub index_us: f64,
}

impl ReceiveReport {
    /// Its line of the table.
    pub fn line(&self) -> Line {
        Line {
            what: format!("receive, {} statements of {:.0} B", grouped(self.statements as f64), self.statement_bytes),
            measured: format!("{} a CPU-second", grouped(self.per_cpu_second)),
            beside: format!("hash, verify, write, sync: {}", grouped(self.least_per_cpu_second)),
            ratio: Some(self.per_cpu_second / self.least_per_cpu_second),
            reach: ">= 500 k statements a second a core",
            met: self.per_cpu_second >= 500_000.0,
        }
    }
}

/// A batch as it comes from a peer.
type Bytes = (Vec<u8>, Box<[u8]>);

/// Receives `statements` statements in a data folder below `dir`.
pub fn run(dir: &Path, statements: u64) -> Result<ReceiveReport, BenchError> {
    let addresses = free_addresses(2)?;
    let rig = Rig::found(dir, &[(None, addresses[0]), (None, addresses[1])])?;
    let mut author = rig.author(1);
    let mut arriving: Vec<Bytes> = Vec::new();
    for _ in 0..statements.div_ceil(BATCH_STATEMENTS) {
        let (batch, _) = author.batch(BATCH_STATEMENTS)?;
        arriving.push((batch.header.bytes().to_vec(), batch.body.unwrap_or_default()));
    }
    let (store, ledger) = open(&rig)?;
    let statements = arriving.len() as u64 * BATCH_STATEMENTS;
    let bytes: usize = arriving.iter().map(|(_, body)| body.len()).sum();

    let mut spent = [0.0; 3];
    let mut state = None;
    let started = (process_time(), Instant::now());
    for page in arriving.chunks(GROUP_BATCHES) {
        let began = process_time();
        let batches = page.iter().map(|bytes| verify(bytes, &mut state)).collect::<Result<Vec<_>, _>>()?;
        let verified = process_time();
        let positions = append(&store, &batches)?;
        let stored = process_time();
        for ((batch, state), position) in batches.iter().zip(&positions) {
            ledger.add(batch, *position, *state)?;
        }
        ledger.covered(store.end());
        for (sum, took) in spent.iter_mut().zip([verified - began, stored - verified, process_time() - stored]) {
            *sum += took.as_secs_f64();
        }
    }
    ledger.flush()?;
    let (cpu, wall) = ((process_time() - started.0).as_secs_f64(), started.1.elapsed().as_secs_f64());
    let least = least(&rig.folder(0).join("least"), &arriving)?;

    let count = statements as f64;
    let [verify_us, store_us, index_us] = spent.map(|seconds| seconds * 1e6 / count);
    Ok(ReceiveReport {
        statements,
        statement_bytes: bytes as f64 / count,
        per_cpu_second: count / cpu,
        per_second: count / wall,
        least_per_cpu_second: count / least,
        verify_us,
        store_us,
        index_us,
    })
}

fn open(rig: &Rig) -> Result<(Arc<Store>, Ledger), BenchError> {
    let folder = rig.folder(0);
    let store = Arc::new(Store::open(&folder.join("store"), HeaderFacts::read)?.0);
    let chain = RosterChain::found(rig.genesis.clone()).map_err(BenchError::wrong)?;
    let index = Index::open(&folder.join("index"), [1; 32], Options::default())?;
    let ledger = Ledger::open(Arc::clone(&store), index, roster_index(&chain), unheard(&chain))?;
    Ok((store, ledger))
}

/// From bytes to a verified batch and the state of its log.
fn verify((header, body): &Bytes, before: &mut Option<LogState>) -> Result<(Batch, LogState), BenchError> {
    let header: Signed<Header> =
        Unverified::decode(header).map_err(BenchError::wrong)?.verify().map_err(BenchError::wrong)?;
    let batch = Batch::new(header, body.clone())?;
    let state = match before {
        Some(before) => before.advance(&batch.header, |_| None),
        None => LogState::enter(&batch.header),
    };
    *before = Some(state);
    Ok((batch, state))
}

/// Seconds of processor time for the least that must be done.
fn least(path: &Path, arriving: &[Bytes]) -> Result<f64, BenchError> {
    let mut file = File::create(path)?;
    let key = SecretKey::from_seed(&[9; 32]);
    let signed: Vec<_> = arriving
        .iter()
        .map(|(header, _)| {
            let id = larum_protocol::hash::Digest(*blake3::hash(header).as_bytes());
            (key.sign(&id), id)
        })
        .collect();
    let began = process_time();
    for (page, signed) in arriving.chunks(GROUP_BATCHES).zip(signed.chunks(GROUP_BATCHES)) {
        for ((header, body), (signature, id)) in page.iter().zip(signed) {
            std::hint::black_box(blake3::hash(body));
            key.public().verify(id, signature).map_err(BenchError::wrong)?;
            file.write_all(header)?;
            file.write_all(body)?;
        }
        file.sync_data()?;
    }
    Ok((process_time() - began).as_secs_f64())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn every_statement_is_received_and_counted() {
        let dir = tempfile::tempdir().unwrap();
        let report = run(dir.path(), 3_500).unwrap();
        assert_eq!(report.statements, 4_000);
        assert!(report.per_cpu_second > 0.0 && report.least_per_cpu_second > report.per_cpu_second, "{report:?}");
        assert!(report.statement_bytes > 60.0, "{report:?}");
    }
}
