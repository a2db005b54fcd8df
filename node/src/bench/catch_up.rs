//! A new node catches up: one process holds all statements, another starts with none, both on loopback.
//!
//! The new node dials through a relay of ours that counts every byte on the wire, so that nothing is left out: Noise,
//! Yamux and what is sent in vain are in the figure. The relay's own work is in the time on the wall.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use larum_protocol::api::Verdict;
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::{
    BenchError, Line,
    line::grouped,
    process::{Process, Serve},
    rig::{LAST_WALLET, Rig, free_addresses},
};

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(900);
/// Bytes that the relay takes at once.
const RELAY_BYTES: usize = 256 * 1_024;

/// What was measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CatchUpReport {
    /// Statements that the new node lacked.
    pub statements: u64,
    /// From the start of its process to a right answer about the last of them: a log is stored in order, so all are there.
    pub seconds: f64,
    /// Bytes of the bodies.
    pub body_bytes: u64,
    /// Bytes on the wire, both directions.
    pub wire_bytes: u64,
    /// Seconds of the new node's processor time; 0 where the system does not tell.
    pub receiver_cpu_seconds: f64,
    /// The same of the node that served it.
    pub sender_cpu_seconds: f64,
}

impl CatchUpReport {
    /// Its line of the table. The limit of 60 s is for 10 million statements, and goes with their number.
    pub fn line(&self) -> Line {
        let ratio = self.wire_bytes as f64 / self.body_bytes as f64;
        let allowed = (60.0 * self.statements as f64 / 10e6).max(3.0);
        let per_cpu = self.statements as f64 / self.receiver_cpu_seconds.max(1e-9);
        Line {
            what: format!("catch-up, {} statements, two processes", grouped(self.statements as f64)),
            measured: format!("{:.1} s, {} a CPU-second", self.seconds, grouped(per_cpu)),
            beside: format!(
                "{} B on the wire / {} B of bodies",
                grouped(self.wire_bytes as f64),
                grouped(self.body_bytes as f64)
            ),
            ratio: Some(ratio),
            reach: "10 M in <= 60 s; <= 1.05 B a byte",
            met: ratio <= 1.05 && self.seconds <= allowed,
        }
    }
}

/// Lets a new node catch up with `statements`, in data folders below `dir`.
pub fn run(dir: &Path, statements: u64, serve: Serve<'_>) -> Result<CatchUpReport, BenchError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let addresses = free_addresses(2)?;
    let relay = runtime.block_on(Relay::start(addresses[0]))?;
    let rig = Rig::found(dir, &[(Some(relay.address), addresses[0]), (None, addresses[1])])?;
    let filled = rig.fill(0, statements)?;
    let sender = Process::start(serve, &rig.folder(0))?;
    let sender_cpu = sender.cpu();
    let receiver = Process::start(serve, &rig.folder(1))?;
    let took = receiver.wait_for(&[LAST_WALLET], &[Verdict::Listed], PATIENCE)?;
    let cpu = |now: Option<Duration>, before: Option<Duration>| {
        now.unwrap_or_default().saturating_sub(before.unwrap_or_default()).as_secs_f64()
    };
    Ok(CatchUpReport {
        statements: filled.statements,
        seconds: took.as_secs_f64(),
        body_bytes: filled.body_bytes,
        wire_bytes: relay.bytes.load(Ordering::Relaxed),
        receiver_cpu_seconds: cpu(receiver.cpu(), None),
        sender_cpu_seconds: cpu(sender.cpu(), sender_cpu),
    })
}

/// Passes connections on and counts their bytes; ends with its runtime.
struct Relay {
    address: SocketAddr,
    bytes: Arc<AtomicU64>,
}

impl Relay {
    async fn start(target: SocketAddr) -> Result<Self, BenchError> {
        let listener = TcpListener::bind((target.ip(), 0)).await?;
        let (address, bytes) = (listener.local_addr()?, Arc::new(AtomicU64::new(0)));
        let counted = Arc::clone(&bytes);
        tokio::spawn(async move {
            while let Ok((dialler, _)) = listener.accept().await {
                let Ok(target) = TcpStream::connect(target).await else { continue };
                let (from, to) = dialler.into_split();
                let (back_from, back_to) = target.into_split();
                tokio::spawn(pass(from, back_to, Arc::clone(&counted)));
                tokio::spawn(pass(back_from, to, Arc::clone(&counted)));
            }
        });
        Ok(Self { address, bytes })
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, counted: Arc<AtomicU64>) {
    let mut buffer = vec![0; RELAY_BYTES];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        counted.fetch_add(length as u64, Ordering::Relaxed);
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
}
