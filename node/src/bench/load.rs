//! A small load generator: so many connections, each sending its next request when the last was answered.
//!
//! It writes requests made beforehand and reads no more of a response than its length, so that what is measured is the
//! server and not the generator.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use thiserror::Error;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// Bytes of the longest response that is read.
const RESPONSE_BYTES_MAX: usize = 1024 * 1024;

/// How much load, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Connections, each kept alive, each with one request in flight.
    pub connections: usize,
    /// How long is measured, after a tenth of it to warm up.
    pub time: Duration,
}

/// Why a measurement failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The connection broke.
    #[error("the connection to the server under test failed: {0}")]
    Io(#[from] io::Error),
    /// It answered with another status than 200.
    #[error("the server under test answered with status {0}")]
    Status(u16),
    /// It answered with something that is no response of known length.
    #[error("the server under test gave no response of known length")]
    Response,
}

/// What a server did.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// Requests answered a second, without those of the warm-up.
    pub per_second: f64,
    /// All requests answered.
    pub requests: u32,
}

/// How many requests the server at `server` answers with status 200, given `requests` in turn.
pub async fn requests_per_second(
    server: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    load: Load,
) -> Result<Served, LoadError> {
    let mut connections = JoinSet::new();
    let start = Instant::now() + load.time / 10;
    for number in 0..load.connections {
        connections.spawn(drive(server, Arc::clone(&requests), number, start, start + load.time));
    }
    let (mut counted, mut requests) = (0, 0);
    while let Some(done) = connections.join_next().await {
        let (timely, all) = done.map_err(|_| LoadError::Response)??;
        counted += timely;
        requests += all;
    }
    Ok(Served { per_second: f64::from(counted) / load.time.as_secs_f64(), requests })
}

async fn drive(
    server: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    offset: usize,
    start: Instant,
    end: Instant,
) -> Result<(u32, u32), LoadError> {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(8 * 1024);
    let (mut counted, mut all) = (0, 0);
    for request in requests.iter().cycle().skip(offset) {
        stream.write_all(request).await?;
        let status = read_response(&mut stream, &mut buffer).await?;
        if status != 200 {
            return Err(LoadError::Status(status));
        }
        all += 1;
        let now = Instant::now();
        if now >= end {
            break;
        }
        counted += u32::from(now >= start);
    }
    Ok((counted, all))
}

/// Reads one response whole, and gives its status.
async fn read_response(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<u16, LoadError> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 || buffer.len() > RESPONSE_BYTES_MAX {
            return Err(LoadError::Response);
        }
        if let Some((status, length)) = head(buffer)
            && buffer.len() >= length
        {
            return Ok(status);
        }
    }
}

/// The status and the whole length of the response that `bytes` begin with, once its head is there.
fn head(bytes: &[u8]) -> Option<(u16, usize)> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..end]).ok()?;
    let status = text.get(9..12)?.parse().ok()?;
    let length = text.split("\r\n").find_map(|line| line.strip_prefix("content-length: "))?;
    Some((status, end + length.parse::<usize>().ok()?))
}
