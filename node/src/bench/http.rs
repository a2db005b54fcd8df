//! `/v1/check` and `/v1/check/bulk` over loopback, with the record and receipts on, beside a bare axum endpoint that
//! looks the same identifiers up in a set; and the node's API over such a set, which tells its own part from the rest.
//!
//! Each server has a single-threaded runtime. All load comes from one thread, so that what the other threads of the
//! process take is the server's: the record's writer and the engine with it.

mod servers;

use std::{
    collections::HashSet,
    fs,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use larum_protocol::api::{Scope, TokenRequest, path};
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use self::servers::{ServerThread, fill_index, serve_bare, serve_node, serve_shell};
use super::{
    BenchError, Line, Load, LoadError, Served,
    author::wallet,
    cpu::others_time,
    line::grouped,
    requests_per_second,
    rig::{LISTED_EVERY, Rig, WALLETS, free_addresses},
};
use crate::{
    clock::now,
    tokens::{MemoryTokens, Tokens},
};

/// Connections that ask at the same time.
const CONNECTIONS: usize = 50;

/// What one server did.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Figures {
    /// Requests a second of `/v1/check` with one identifier, one in eight of them listed.
    pub checks: f64,
    /// Microseconds of processor time for one of them, the record and receipt included.
    pub check_us: f64,
    /// Identifiers a second of `/v1/check/bulk`; 0 where there is none.
    pub bulk: f64,
    /// Microseconds of processor time for one of them.
    pub bulk_us: f64,
}

/// What was measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct HttpReport {
    /// Tags in the node's index.
    pub tags: u64,
    /// The bare endpoint.
    pub bare: Figures,
    /// The node's API over a set.
    pub shell: Figures,
    /// The whole node.
    pub node: Figures,
}

impl HttpReport {
    /// The lines about single checks and about bulk.
    pub fn lines(&self) -> [Line; 2] {
        let (bare, node) = (self.bare, self.node);
        let per_core = 1e6 / node.bulk_us;
        let check = Line {
            what: format!("/v1/check, {} tags", grouped(self.tags as f64)),
            measured: format!("{} a second, {:.1} us CPU", grouped(node.checks), node.check_us),
            beside: format!("bare axum: {} a second, {:.1} us CPU", grouped(bare.checks), bare.check_us),
            ratio: Some(node.checks / bare.checks),
            reach: ">= 70 % of bare axum",
            met: node.checks >= 0.7 * bare.checks,
        };
        let bulk = Line {
            what: format!("/v1/check/bulk, {} tags", grouped(self.tags as f64)),
            measured: format!("{} identifiers a CPU-second, {} a second", grouped(per_core), grouped(node.bulk)),
            beside: format!("the API over a set: {} a CPU-second", grouped(1e6 / self.shell.bulk_us)),
            ratio: Some(self.shell.bulk_us / node.bulk_us),
            reach: ">= 500 k a second a core",
            met: per_core >= 500_000.0,
        };
        [check, bulk]
    }
}

/// Measures all three one after another: checks for so long, then so many lines in bulk. The node's data folder, with
/// `tags` tags, and the audit records go below `dir`.
pub fn run(dir: &Path, tags: u64, time: Duration, bulk_lines: usize) -> Result<HttpReport, BenchError> {
    let rig = Rig::found(dir, &[(None, free_addresses(1)?[0])])?;
    rig.fill(0, tags)?;
    let listed: Vec<String> = (0..WALLETS).step_by(LISTED_EVERY).map(wallet).collect();
    let client = Client {
        runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        load: Load { connections: CONNECTIONS, time },
        bulk_lines,
    };

    let set: HashSet<String> = listed.iter().cloned().collect();
    let server = ServerThread::start(move |listening, stopped| serve_bare(set, listening, stopped))?;
    let bare = client.checks(server.address, "")?;
    server.stop()?;

    let (tokens, token) = tokens()?;
    let record = dir.join("record");
    let server =
        ServerThread::start(move |listening, stopped| serve_shell(listed, tokens, record, listening, stopped))?;
    let shell = client.all(server.address, &token)?;
    server.stop()?;

    client.runtime.block_on(fill_index(rig.config(0)?))?;
    let config = rig.config(0)?;
    let server = ServerThread::start(move |listening, stopped| serve_node(config, listening, stopped))?;
    let token = fs::read_to_string(rig.folder(0).join("cli.token"))?;
    let node = client.all(server.address, token.trim())?;
    server.stop()?;
    Ok(HttpReport { tags, bare, shell, node })
}

/// Where all load comes from.
struct Client {
    runtime: tokio::runtime::Runtime,
    load: Load,
    bulk_lines: usize,
}

impl Client {
    fn all(&self, server: SocketAddr, token: &str) -> Result<Figures, BenchError> {
        let authorization = format!("authorization: Bearer {token}\r\n");
        let checks = self.checks(server, &authorization)?;
        let began = others_time();
        let bulk = self.runtime.block_on(bulk(server, &authorization, self.bulk_lines))?;
        let bulk_us = (others_time() - began).as_secs_f64() * 1e6 / self.bulk_lines as f64;
        Ok(Figures { bulk, bulk_us, ..checks })
    }

    fn checks(&self, server: SocketAddr, headers: &str) -> Result<Figures, BenchError> {
        let requests = Arc::new((0..WALLETS).map(|n| request(server, headers, &body(n))).collect());
        let began = others_time();
        let served: Served = self.runtime.block_on(requests_per_second(server, requests, self.load))?;
        let check_us = (others_time() - began).as_secs_f64() * 1e6 / f64::from(served.requests);
        Ok(Figures { checks: served.per_second, check_us, ..Figures::default() })
    }
}

/// Tokens in memory, and one that may check.
fn tokens() -> Result<(Arc<Tokens>, String), BenchError> {
    let tokens = Arc::new(Tokens::open(Box::<MemoryTokens>::default()).map_err(BenchError::wrong)?);
    let wanted = TokenRequest { name: "bench".to_owned(), scopes: vec![Scope::Check], expires_days: Some(3_000) };
    let token = tokens.create(&wanted, now().0 / 1_000).map_err(BenchError::wrong)?.token;
    Ok((tokens, token))
}

fn body(number: u64) -> String {
    format!("{{\"identifiers\":[{{\"kind\":\"wallet\",\"value\":\"{}\"}}]}}", wallet(number))
}

fn request(server: SocketAddr, headers: &str, body: &str) -> Vec<u8> {
    let (path, length) = (path::CHECK, body.len());
    let head = format!("POST {path} HTTP/1.1\r\nhost: {server}\r\n{headers}content-type: application/json\r\n");
    format!("{head}content-length: {length}\r\n\r\n{body}").into_bytes()
}

/// Sends `lines` identifiers in one stream, and gives identifiers a second.
async fn bulk(server: SocketAddr, headers: &str, lines: usize) -> Result<f64, LoadError> {
    let page: String = (0..WALLETS).map(|n| format!("{{\"kind\":\"wallet\",\"value\":\"{}\"}}\n", wallet(n))).collect();
    let pages = lines.div_ceil(WALLETS as usize);
    let (mut reader, mut writer) = TcpStream::connect(server).await?.into_split();
    let (path, length) = (path::CHECK_BULK, page.len() * pages);
    let head = format!("POST {path} HTTP/1.1\r\nhost: {server}\r\n{headers}connection: close\r\n");
    let head = format!("{head}content-type: application/x-ndjson\r\ncontent-length: {length}\r\n\r\n");
    let start = Instant::now();
    let write = async {
        writer.write_all(head.as_bytes()).await?;
        for _ in 0..pages {
            writer.write_all(page.as_bytes()).await?;
        }
        Ok::<_, LoadError>(writer)
    };
    let read = async {
        let (mut buffer, mut tail) = (vec![0; 256 * 1024], Vec::new());
        loop {
            let length = reader.read(&mut buffer).await?;
            if length == 0 {
                return Ok::<_, LoadError>(tail);
            }
            tail.extend_from_slice(&buffer[..length]);
            tail.drain(..tail.len().saturating_sub(4_096));
        }
    };
    // A server that gives up says why in its answer, so that counts for more than the broken pipe.
    let (written, tail) = tokio::join!(write, read);
    let tail = tail?;
    let took = start.elapsed();
    let answered = format!("\"lines\":{}", pages * WALLETS as usize);
    if written.is_err() || !String::from_utf8_lossy(&tail).contains(&answered) {
        return Err(LoadError::Response);
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of lines is far below 2^52")]
    Ok((pages * WALLETS as usize) as f64 / took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn all_three_answer_under_load() {
        let dir = tempfile::tempdir().unwrap();
        let report = run(dir.path(), 2_000, Duration::from_millis(200), 2_048).unwrap();
        for figures in [report.bare, report.shell, report.node] {
            assert!(figures.checks > 0.0 && figures.check_us > 0.0, "{report:?}");
        }
        assert!(report.shell.bulk_us > 0.0 && report.node.bulk_us > 0.0, "{report:?}");
        assert!(crate::audit::verify(&dir.path().join("record")).is_ok());
    }
}
