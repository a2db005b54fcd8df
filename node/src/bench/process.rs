//! A node in a process of its own, asked over its API like any other.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use larum_protocol::api::{CheckAnswer, Verdict, path};
use rustix::process::{Pid, Signal, kill_process};

use super::{BenchError, author::wallet};

/// Makes the command that serves a data folder and prints `serving on http://<address>` once it answers.
pub type Serve<'a> = &'a dyn Fn(&Path) -> Result<Command, BenchError>;

/// How long one answer may take.
const ANSWER_WAIT: Duration = Duration::from_secs(30);
/// Between two questions while something is waited for.
const ASK_EVERY: Duration = Duration::from_millis(10);
/// Bytes of an answer: a few identifiers' results.
const ANSWER_BYTES_MAX: u64 = 256 * 1_024;

/// A running node; killed when dropped.
pub(super) struct Process {
    child: Child,
    folder: PathBuf,
    http: SocketAddr,
    /// When it was started.
    pub(super) started: Instant,
}

impl Process {
    /// Starts a node and waits until its API listens.
    pub(super) fn start(serve: Serve<'_>, folder: &Path) -> Result<Self, BenchError> {
        let mut command = serve(folder)?;
        let started = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let out = child.stdout.take().ok_or_else(|| BenchError::wrong("the node has no standard output"))?;
        BufReader::new(out).read_line(&mut line)?;
        let http = line.trim().strip_prefix("serving on http://").and_then(|address| address.parse().ok());
        let Some(http) = http else {
            let _ = child.kill();
            child.wait()?;
            return Err(BenchError::wrong("the node did not start"));
        };
        Ok(Self { child, folder: folder.to_owned(), http, started })
    }

    /// The verdicts on some wallets.
    pub(super) fn check(&self, wallets: &[u64]) -> Result<Vec<Verdict>, BenchError> {
        let identifiers: Vec<_> =
            wallets.iter().map(|number| serde_json::json!({ "kind": "wallet", "value": wallet(*number) })).collect();
        let body = serde_json::json!({ "identifiers": identifiers }).to_string();
        let token = fs::read_to_string(self.folder.join("cli.token"))?;
        let (route, address, token, length) = (path::CHECK, self.http, token.trim(), body.len());
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(ANSWER_WAIT))?;
        write!(
            stream,
            "POST {route} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let answer: CheckAnswer = serde_json::from_str(body).map_err(BenchError::wrong)?;
        Ok(answer.results.iter().map(|result| result.verdict).collect())
    }

    /// Asks until the verdicts are `wanted`, at most for `patience`. Returns how long after its start they were.
    pub(super) fn wait_for(
        &self,
        wallets: &[u64],
        wanted: &[Verdict],
        patience: Duration,
    ) -> Result<Duration, BenchError> {
        loop {
            let verdicts = self.check(wallets)?;
            if verdicts == wanted {
                return Ok(self.started.elapsed());
            }
            if self.started.elapsed() > patience {
                return Err(BenchError::wrong(format_args!("the node still answers {verdicts:?}")));
            }
            std::thread::sleep(ASK_EVERY);
        }
    }

    /// The processor time it has taken, where the system tells.
    pub(super) fn cpu(&self) -> Option<Duration> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).ok()?;
        let nanoseconds = tasks.flatten().filter_map(|task| {
            let schedule = fs::read_to_string(task.path().join("schedstat")).ok()?;
            schedule.split(' ').next()?.parse::<u64>().ok()
        });
        Some(Duration::from_nanos(nanoseconds.sum()))
    }

    /// Stops it in good order.
    pub(super) fn stop(mut self) -> Result<(), BenchError> {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            kill_process(pid, Signal::TERM).map_err(std::io::Error::from)?;
        }
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(BenchError::wrong("the node did not stop in good order")) }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended already
        let _ = self.child.wait();
    }
}
