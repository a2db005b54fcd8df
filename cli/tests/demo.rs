//! The demo end to end, as a user runs it, and what is left when it ends well or is cut off: nothing.
//!
//! Every process of a demo works in a folder below the test's own temporary folder, by which it is recognised.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    io::{BufRead, BufReader, Lines},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// The step after which three nodes run.
const NODES_RUN: u64 = 4;
/// All steps, under split custody.
const STEPS: usize = 15;
/// How long processes may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn the_demo_holds_and_leaves_nothing() {
    let temporary = TempDir::new().unwrap();
    let output = demo(&temporary).output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}\n{err}");

    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (end, steps) = lines.split_last().unwrap();
    assert_eq!(end["steps"].as_u64(), Some(steps.len() as u64));
    assert_eq!(steps.len(), STEPS, "{out}");
    for (step, number) in steps.iter().zip(1_u64..) {
        assert_eq!((step["step"].as_u64(), step["held"].as_bool()), (Some(number), Some(true)), "{step}");
        assert!(!step["expectations"].as_array().unwrap().is_empty(), "{step}");
    }
    assert_eq!(processes_in(temporary.path()), 0);
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn an_interrupted_demo_fails_and_leaves_nothing() {
    let temporary = TempDir::new().unwrap();
    let (mut demo, _lines) = run_until_nodes_run(&temporary);
    // The demo goes on meanwhile, so the next command's process may be there beside the three nodes.
    assert!(processes_in(temporary.path()) >= 3);
    kill_process(Pid::from_child(&demo), Signal::INT).unwrap();
    assert_eq!(demo.wait().unwrap().code(), Some(2));
    assert_eq!(processes_in(temporary.path()), 0);
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn the_nodes_of_a_killed_demo_stop_by_themselves() {
    let temporary = TempDir::new().unwrap();
    let (mut demo, _lines) = run_until_nodes_run(&temporary);
    demo.kill().unwrap();
    demo.wait().unwrap();
    let killed = Instant::now();
    while processes_in(temporary.path()) > 0 {
        assert!(killed.elapsed() < PATIENCE, "nodes still run");
        sleep(Duration::from_millis(20)); // nobody tells of the end of a process that is not one's child
    }
}

fn demo(temporary: &TempDir) -> Command {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_larum"));
    demo.args(["demo", "--json"]).env("TMPDIR", temporary.path());
    // What a user has set for a node of their own must not come in.
    demo.env("LARUM_NODE", "http://127.0.0.1:1").env("LARUM_P2P_MDNS", "neither");
    demo
}

/// A demo whose nodes run, and what it goes on to print.
fn run_until_nodes_run(temporary: &TempDir) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut demo = demo(temporary).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let reached = lines.any(|line| {
        let step: Value = serde_json::from_str(&line.unwrap()).unwrap();
        step["step"].as_u64() == Some(NODES_RUN) && step["held"] == true
    });
    assert!(reached, "the demo ended before its nodes ran");
    (demo, lines)
}

/// The processes that work below a folder. One that ends meanwhile is none.
fn processes_in(folder: &Path) -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let works_there = |path: &Path| fs::read_link(path.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
    processes.filter(|process| works_there(&process.path())).count()
}
