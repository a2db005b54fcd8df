//! One node as a process: started, asked, killed, started again.

use std::{
    fs::{self, File, OpenOptions},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use larum_protocol::api::{CheckAnswer, Connection, Identifier, StatementRow, StatementsAnswer, StatusAnswer, Verdict};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{
    api::Api,
    place::Site,
    wait::{PATIENCE, eventually},
};

/// Bytes of the log that are shown when a test fails.
const SHOWN_LOG_BYTES: usize = 6_000;

/// The program under test: `LARUM_BIN`, else what cargo built beside this test.
pub fn larum() -> PathBuf {
    if let Some(path) = std::env::var_os("LARUM_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("this program has a path");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("target/<profile>/deps/<test>");
    let target = profile.parent().expect("target/<profile>");
    let built = [profile.join("larum"), target.join("release/larum"), target.join("debug/larum")];
    let found = built.iter().find(|path| path.is_file());
    found.cloned().unwrap_or_else(|| panic!("no larum program; build it: cargo build -p larum, or set LARUM_BIN"))
}

/// What one command printed, and how it ended.
#[derive(Clone, Debug)]
pub struct CliOutput {
    /// The exit status; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// A node: its data folder always, its process while it runs.
#[derive(Debug)]
pub struct TestNode {
    /// Where it lives.
    pub site: Site,
    /// Flags for `serve` beyond the configuration.
    pub flags: Vec<String>,
    log: PathBuf,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    api: Api,
}

impl TestNode {
    /// A node whose data folder has been laid down.
    pub fn new(site: Site) -> Self {
        let log = site.folder.with_extension("log");
        Self { site, flags: Vec::new(), log, running: None }
    }

    /// Starts the process and waits until it answers; panics with its log if it does not.
    pub async fn start(&mut self) {
        if let Err(why) = self.try_start().await {
            panic!("{} did not start: {why}\n{}", self.name(), self.log_tail());
        }
    }

    /// Starts the process; an error is how it ended instead of serving.
    pub async fn try_start(&mut self) -> Result<(), String> {
        assert!(self.running.is_none(), "{} runs already", self.name());
        let mut child = self.spawn();
        let lines = BufReader::new(child.stdout.take().expect("it was piped"));
        let mut lines = lines.lines();
        let first = timeout(PATIENCE, lines.next_line()).await.map_err(|_| "it says nothing".to_owned())?;
        let Some(line) = first.map_err(|error| error.to_string())? else {
            let status = child.wait().await.map_err(|error| error.to_string())?;
            return Err(format!("{status}"));
        };
        let base = line.strip_prefix("serving on ").ok_or_else(|| format!("it says {line:?}"))?;
        let token = fs::read_to_string(self.site.folder.join("cli.token")).map_err(|error| error.to_string())?;
        self.running = Some(Running { child, api: Api::new(base.trim().to_owned(), token.trim().to_owned()) });
        Ok(())
    }

    fn spawn(&self) -> Child {
        let log = OpenOptions::new().create(true).append(true).open(&self.log).expect("the log can be written");
        let mut words = self.site.prefix.iter().map(PathBuf::from).chain([larum()]);
        let mut command = Command::new(words.next().expect("the program at least"));
        command.args(words).arg("serve").arg("--data").arg(&self.site.folder).args(&self.flags);
        without_settings(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        command.spawn().unwrap_or_else(|error| panic!("larum does not start: {error}"))
    }

    /// The member's name and the node's number.
    pub fn name(&self) -> String {
        format!("node {} of member {}", self.site.node + 1, self.site.member + 1)
    }

    /// Whether the process is up.
    pub fn is_up(&mut self) -> bool {
        self.running.as_mut().is_some_and(|running| matches!(running.child.try_wait(), Ok(None)))
    }

    /// Whether it was started and neither stopped nor killed since.
    pub const fn runs(&self) -> bool {
        self.running.is_some()
    }

    /// Its API.
    pub fn api(&self) -> &Api {
        &self.running.as_ref().unwrap_or_else(|| panic!("{} does not run", self.name())).api
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        let child = self.running.as_ref().and_then(|running| running.child.id());
        child.unwrap_or_else(|| panic!("{} does not run", self.name()))
    }

    /// Its resident memory in KiB, as the kernel counts it.
    pub fn resident_kib(&self) -> u64 {
        self.memory_kib("VmRSS:")
    }

    /// The most that it ever was.
    pub fn peak_kib(&self) -> u64 {
        self.memory_kib("VmHWM:")
    }

    fn memory_kib(&self, which: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the process is up");
        let line = status.lines().find_map(|line| line.strip_prefix(which)).expect("the kernel tells");
        line.trim().trim_end_matches(" kB").trim().parse().expect("a number of kB")
    }

    /// What each thread is at: name, state, ticks of CPU so far, and where in the kernel it waits.
    pub fn threads(&self) -> String {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid())).into_iter().flatten().flatten();
        let read = |path: PathBuf| fs::read_to_string(path).unwrap_or_default().trim().to_owned(); // it may have ended
        let line = |task: fs::DirEntry| {
            let stat = read(task.path().join("stat"));
            let after_name = stat.rsplit(')').next().unwrap_or_default();
            let fields: Vec<_> = after_name.split_whitespace().collect();
            let field = |at: usize| fields.get(at).copied().unwrap_or("?");
            let (name, waits) = (read(task.path().join("comm")), read(task.path().join("wchan")));
            format!("{name}: {} {} user {} system, at {waits}", field(0), field(11), field(12))
        };
        tasks.map(line).collect::<Vec<_>>().join("\n")
    }

    /// SIGKILL, and waits until nothing is left of the process.
    pub async fn kill9(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        running.child.kill().await.unwrap_or_else(|error| panic!("{} cannot be killed: {error}", self.name()));
    }

    /// SIGTERM, and waits until it has stopped in good order.
    pub async fn stop(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        signal(&running.child, Signal::TERM);
        let ended = timeout(Duration::from_secs(30), running.child.wait()).await;
        let status = ended.unwrap_or_else(|_| panic!("{} does not stop\n{}", self.name(), self.log_tail()));
        let status = status.expect("it can be waited for");
        assert!(status.success(), "{} stopped with {status}\n{}", self.name(), self.log_tail());
    }

    /// Stops in good order and starts again.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
    }

    /// SIGSTOP: it keeps its connections and does nothing.
    pub fn freeze(&self) {
        self.running.iter().for_each(|running| signal(&running.child, Signal::STOP));
    }

    /// SIGCONT.
    pub fn thaw(&self) {
        self.running.iter().for_each(|running| signal(&running.child, Signal::CONT));
    }

    /// Runs a command of `larum` on this data folder.
    pub async fn cli(&self, arguments: &[&str]) -> CliOutput {
        self.cli_with(arguments, "").await
    }

    /// The same with something on standard input.
    pub async fn cli_with(&self, arguments: &[&str], input: &str) -> CliOutput {
        let mut command = Command::new(larum());
        command.arg("--data").arg(&self.site.folder).args(arguments);
        without_settings(&mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("larum starts");
        let mut stdin = child.stdin.take().expect("it was piped");
        // A command that reads nothing closes the pipe, and that is fine.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = timeout(PATIENCE, child.wait_with_output()).await.expect("a command ends").expect("it ran");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints UTF-8");
        CliOutput { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Publishes a confirmed assertion about each.
    pub async fn publish(&self, about: &[Identifier]) -> StatementsAnswer {
        self.state(about.iter().map(crate::publish).collect()).await
    }

    /// Withdraws what was said about each.
    pub async fn withdraw(&self, about: &[Identifier]) -> StatementsAnswer {
        self.state(about.iter().map(crate::withdraw).collect()).await
    }

    /// States rows; panics unless all were taken.
    pub async fn state(&self, rows: Vec<StatementRow>) -> StatementsAnswer {
        let answer = self.api().state(rows).await;
        answer.unwrap_or_else(|error| panic!("{} does not take rows: {error:?}\n{}", self.name(), self.log_tail()))
    }

    /// Checks identifiers.
    pub async fn check(&self, about: &[Identifier]) -> CheckAnswer {
        let answer = self.api().check(about).await;
        answer.unwrap_or_else(|error| panic!("{} does not check: {error:?}\n{}", self.name(), self.log_tail()))
    }

    /// The verdict on one identifier.
    pub async fn verdict(&self, about: &Identifier) -> Verdict {
        self.check(std::slice::from_ref(about)).await.verdict
    }

    /// Its status.
    pub async fn status(&self) -> StatusAnswer {
        let status = self.api().status().await;
        status.unwrap_or_else(|error| panic!("{} has no status: {error:?}\n{}", self.name(), self.log_tail()))
    }

    /// Asks until `found` finds what it looks for in the status.
    pub async fn wait_until<T>(&self, what: &str, found: impl Fn(&StatusAnswer) -> Option<T>) -> T {
        let what = format!("{}: {what}", self.name());
        eventually(&what, async || found(&self.status().await)).await
    }

    /// Checks until the verdict is this one.
    pub async fn wait_for_verdict(&self, about: &Identifier, verdict: Verdict) {
        let what = format!("{} answers {verdict:?}", self.name());
        eventually(&what, async || (self.verdict(about).await == verdict).then_some(())).await;
    }

    /// Waits until it has a connection with a node of a member: the other side may know of it a moment before.
    pub async fn wait_for_peer(&self, member: &str) {
        let what = format!("{} is connected with {member}", self.name());
        eventually(&what, async || {
            let peers = self.api().peers().await.ok()?.peers;
            peers.iter().any(|peer| peer.member == member && peer.connection != Connection::None).then_some(())
        })
        .await;
    }

    /// Where its log lies.
    pub fn log_path(&self) -> &PathBuf {
        &self.log
    }

    /// The end of its log.
    pub fn log_tail(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let from = log.len().saturating_sub(SHOWN_LOG_BYTES);
        format!("--- end of the log of {}\n{}\n---", self.name(), String::from_utf8_lossy(&log[from..]))
    }
}

impl Drop for TestNode {
    fn drop(&mut self) {
        if std::thread::panicking() && File::open(&self.log).is_ok() {
            eprintln!("{}", self.log_tail());
        }
        if let Some(running) = &mut self.running {
            let _ = running.child.start_kill(); // it may have ended by itself
        }
    }
}

/// What the developer's own shell says must not reach a test.
fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LARUM_") {
            command.env_remove(name);
        }
    }
}

fn signal(child: &Child, signal: Signal) {
    let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    // One that has ended by itself needs no signal.
    pid.map(|pid| kill_process(pid, signal));
}
