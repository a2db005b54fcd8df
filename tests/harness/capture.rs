//! A capture of what nodes say to each other on loopback.

use std::{
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// How long tshark may take to start or to write what it has.
const WAIT: Duration = Duration::from_secs(20);

/// A capture that runs.
#[derive(Debug)]
pub struct Capture {
    child: Child,
    path: PathBuf,
}

impl Capture {
    /// Captures TCP on these ports of loopback into a file. `None`, said loudly, where this machine has no tshark or
    /// does not let us; under `CI=true` that is a failure.
    pub async fn start(path: &Path, ports: &[u16]) -> Option<Self> {
        Self::start_among(path, ports, &[]).await
    }

    /// The same, of what these addresses say to each other, if there are any: other tests run beside this one.
    pub async fn start_among(path: &Path, ports: &[u16], hosts: &[IpAddr]) -> Option<Self> {
        let any = |each: Vec<String>| format!("({})", each.join(" or "));
        let mut filter = any(ports.iter().map(|port| format!("tcp port {port}")).collect());
        if !hosts.is_empty() {
            let side = |side: &str| any(hosts.iter().map(|host| format!("{side} host {host}")).collect());
            filter = [filter, side("src"), side("dst")].join(" and ");
        }
        let mut command = Command::new("tshark");
        command.args(["-i", "lo", "-B", "64", "-F", "pcap", "-f"]).arg(filter).arg("-w").arg(path);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let started = command.spawn().ok();
        let started = match started {
            Some(mut child) => listening(&mut child).await.then_some(child),
            None => None,
        };
        if started.is_none() {
            eprintln!(
                "SKIPPED: traffic is not captured: tshark is missing or may not run (apt-get install tshark, as root)"
            );
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "in CI nothing is skipped: tshark is needed");
        }
        started.map(|child| Self { child, path: path.to_owned() })
    }

    /// Whether some bytes have been captured by now.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        let captured = fs::read(&self.path).unwrap_or_default(); // not begun yet
        memchr::memmem::find(&captured, bytes).is_some()
    }

    /// Ends the capture and hands out its bytes.
    pub async fn finish(mut self) -> Vec<u8> {
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("it runs");
        kill_process(pid, Signal::INT).expect("it is ours");
        timeout(WAIT, self.child.wait()).await.expect("tshark stops").expect("it can be waited for");
        fs::read(&self.path).expect("tshark wrote a file")
    }
}

async fn listening(child: &mut Child) -> bool {
    let mut lines = BufReader::new(child.stderr.take().expect("it was piped")).lines();
    let said = async {
        while let Ok(Some(line)) = lines.next_line().await {
            if line.contains("Capture started") {
                return true;
            }
        }
        false
    };
    let listening = timeout(WAIT, said).await.unwrap_or(false);
    // What it says later is of no interest, but must not block it.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    listening
}
