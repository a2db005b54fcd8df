//! `larum serve`: runs the node until it is told to stop.
//!
//! One line on standard output once the API answers, so that scripts can wait for it; logs go to standard error.
//! Invariant: SIGINT and SIGTERM end requests in flight and close the data folder; a second one is left to the system.
//! With `--stop-on-eof` so does the end of standard input, by which a node notices that its starter was killed.

use larum_node::{
    config::{Config, LogFormat, LogLevel, Settings},
    node::Node,
};
use rustix::{fs::Mode, process::umask};
use serde::Serialize;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};
use tracing_subscriber::{EnvFilter, fmt};

use super::Session;
use crate::{Status, args::ServeArgs, console::Console, error::Failure, files, folder::HTTP_FILE};

#[derive(Serialize)]
struct Serving {
    http: String,
}

pub(crate) fn run(args: ServeArgs, session: &mut Session<'_, '_>) -> Result<Status, Failure> {
    let some = |addresses: Vec<_>| (!addresses.is_empty()).then_some(addresses);
    let flags = Settings {
        http_listen: args.http_listen,
        p2p_listen: some(args.p2p_listen),
        p2p_peers: some(args.p2p_peer),
        ..Settings::default()
    };
    let folder = session.folder()?;
    folder.member()?;
    let config = folder.config(flags)?;
    start_logging(&config);
    // Whatever the shell allows others: what a node writes is for nobody else, and sled sets no modes of its own.
    umask(Mode::RWXG | Mode::RWXO);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format_args!("no runtime: {error}")))?;
    let json = session.global.json;
    runtime.block_on(serve(config, json, args.stop_on_eof, session.console))?;
    Ok(Status::Ok)
}

async fn serve(config: Config, json: bool, stop_on_eof: bool, console: &mut Console<'_>) -> Result<(), Failure> {
    let failed = |error| Failure::new(format_args!("cannot wait for signals: {error}"));
    // Before the node starts, so that a signal that comes meanwhile still stops it in good order.
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let input = if stop_on_eof { Some(end_of_input(console)?) } else { None };
    let http_file = config.data_dir.join(HTTP_FILE);
    let node = Node::start(config).await.map_err(Failure::new)?;
    let served = announce(&node, &http_file, json, console);
    if served.is_ok() {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = ended(input) => {}
        }
        tracing::info!("stopping");
    }
    let _ = std::fs::remove_file(&http_file); // a stale one leads to a refused connection and no further
    node.stop().await.map_err(Failure::new)?;
    served
}

/// Told when standard input ends. The thread that reads it may outlive the node: tokio's own reader would hold up the
/// end of the process.
fn end_of_input(console: &mut Console<'_>) -> Result<oneshot::Receiver<()>, Failure> {
    let mut input = console.stdin()?;
    let (ended, end) = oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut input, &mut std::io::sink());
        let _ = ended.send(());
    });
    Ok(end)
}

async fn ended(input: Option<oneshot::Receiver<()>>) {
    match input {
        Some(end) => drop(end.await),
        None => std::future::pending().await,
    }
}

/// Says where the API is, to people, to scripts and to the other commands.
fn announce(node: &Node, http_file: &std::path::Path, json: bool, console: &mut Console<'_>) -> Result<(), Failure> {
    let address = node.http_addr();
    files::replace(http_file, format!("{address}\n").as_bytes())?;
    let serving = Serving { http: format!("http://{address}") };
    match json {
        true => console.json_line(&serving),
        false => console.raw(format!("serving on {}\n", serving.http).as_bytes()),
    }
}

/// Our own messages at the configured level, other crates' warnings. No level of ours shows an identifier.
fn start_logging(config: &Config) {
    let level = match config.log_level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    let filter = EnvFilter::new(format!("warn,larum_cli={level},larum_node={level},larum_protocol={level}"));
    // A line that cannot be written is lost: to complain of it there would be a panic, and a full disk under the log must
    // not take the node down.
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).log_internal_errors(false);
    // Where a test has set a subscriber already, that one stays.
    let _ = match config.log_format {
        LogFormat::Json => lines.json().try_init(),
        LogFormat::Text => lines.try_init(),
    };
}
