//! I5: a process that is killed with SIGKILL at any instant keeps everything it acknowledged.
//!
//! The test starts itself as a child, which writes to a data folder and prints what was acknowledged. The parent kills
//! it at a moment drawn from a seed, opens the folder, and compares. All rounds share one folder.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

use super::support::{Author, body, log, open, snapshot, try_open};
use crate::store::{Store, StoreError};

const FOLDER: &str = "LARUM_TEST_KILL_FOLDER";
const SEED: &str = "LARUM_TEST_KILL_SEED";
const TEST: &str = "store::tests::kill::i5_what_was_acknowledged_survives_kill_9";
const ROUNDS: u64 = 24;
const LOGS: u8 = 3;

#[test]
fn i5_what_was_acknowledged_survives_kill_9() {
    if let (Ok(folder), Ok(seed)) = (std::env::var(FOLDER), std::env::var(SEED)) {
        return write_until_killed(Path::new(&folder), seed.parse().unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    let mut model = Model::default();
    for seed in 0..ROUNDS {
        let lines = SmallRng::seed_from_u64(seed).random_range(1..120);
        run_and_kill(folder.path(), seed, lines, &mut model);
        let (store, recovery) = open(folder.path());
        model.assert_held_by(&store, &format!("replay with seed {seed}; {recovery:?}"));
        assert!(recovery.tables_rebuilt.is_none(), "seed {seed}: {recovery:?}");
    }
    // and what the tables say is what the segments say
    let (store, _) = open(folder.path());
    let before = snapshot(&store);
    drop(store);
    std::fs::remove_dir_all(folder.path().join("tables")).unwrap();
    assert_eq!(snapshot(&open(folder.path()).0), before);
    assert!(model.batches.len() > 100, "the rounds did too little to show anything: {}", model.batches.len());
}

/// The child: appends groups to three logs, drops a body or rewinds a log now and then. Prints what it is about to take
/// away before it does, and everything else once it is acknowledged.
fn write_until_killed(folder: &Path, seed: u64) {
    let (store, _) = open(folder);
    let mut random = SmallRng::seed_from_u64(!seed);
    let mut out = std::io::stdout().lock();
    writeln!(out).unwrap(); // ends the line that the test harness began
    let mut authors: Vec<Author> = (0..LOGS).map(|number| Author::resumed(&store, number)).collect();
    for _ in 0..20_000 {
        let number = random.random_range(0..LOGS);
        let author = &mut authors[usize::from(number)];
        match random.random_range(0..30) {
            0 if author.seq > 4 => {
                let seq = random.random_range(1..=author.seq);
                writeln!(out, "begin drop {number} {seq}").unwrap();
                store.drop_batches(&[(log(number), seq)]).unwrap();
                writeln!(out, "done drop {number} {seq}").unwrap();
            }
            1 if author.seq > 4 => {
                let seq = author.seq - random.random_range(1..4);
                writeln!(out, "begin rewind {number} {seq}").unwrap();
                store.rewind(&log(number), seq).unwrap();
                writeln!(out, "done rewind {number} {seq}").unwrap();
                *author = Author::resumed(&store, number);
            }
            _ => {
                let made: Vec<_> = (0..random.random_range(1..5)).map(|_| author.next()).collect();
                let batches: Vec<_> = made.iter().map(|made| made.batch()).collect();
                store.append_batches(&batches).unwrap();
                for made in &made {
                    writeln!(out, "done append {number} {}", made.facts.seq).unwrap();
                }
            }
        }
    }
}

fn run_and_kill(folder: &Path, seed: u64, lines: usize, model: &mut Model) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture", "--test-threads", "1"])
        .env(FOLDER, folder)
        .env(SEED, seed.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut seen = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        seen += usize::from(model.learn(&line.unwrap()));
        if seen == lines {
            let error = try_open(folder).unwrap_err();
            assert!(matches!(error, StoreError::InUse { .. }), "a second process is told so: {error}");
            child.kill().unwrap(); // what is still in the pipe was acknowledged too, and is read on
        }
    }
    assert!(!child.wait().unwrap().success(), "seed {seed}: the child ended before it was killed, after {seen} lines");
}

/// What must be there: each batch, and whether its body must, may or may not.
#[derive(Debug, Default)]
struct Model {
    batches: BTreeMap<(u8, u64), Body>,
    rewinding: Option<(u8, u64)>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Body {
    Dropped,
    Dropping,
    Held,
}

impl Model {
    /// Whether the line says something.
    fn learn(&mut self, line: &str) -> bool {
        let words: Vec<&str> = line.split(' ').collect();
        let [stage @ ("begin" | "done"), action, number, seq] = words[..] else { return false };
        let (number, seq): (u8, u64) = (number.parse().unwrap(), seq.parse().unwrap());
        match (stage, action) {
            ("done", "append") => drop(self.batches.insert((number, seq), Body::Held)),
            ("begin", "drop") => drop(self.batches.entry((number, seq)).and_modify(|body| *body = Body::Dropping)),
            ("done", "drop") => drop(self.batches.entry((number, seq)).and_modify(|body| *body = Body::Dropped)),
            ("begin", _) => self.rewinding = Some((number, seq)),
            _ => self.rewound(),
        }
        true
    }

    fn rewound(&mut self) {
        if let Some((number, to)) = self.rewinding.take() {
            self.batches.retain(|(log, seq), _| *log != number || *seq <= to);
        }
    }

    fn assert_held_by(&mut self, store: &Store, context: &str) {
        // A rewind that was begun may have been done.
        let rewound = |(number, to): (u8, u64)| store.head(&log(number)).is_some_and(|head| head.seq <= to);
        if self.rewinding.is_some_and(rewound) {
            self.rewound();
        }
        self.rewinding = None;
        for ((number, seq), expected) in &mut self.batches {
            let found = store.batch(&log(*number), *seq).unwrap();
            let found = found.unwrap_or_else(|| panic!("log {number} batch {seq} is lost: {context}"));
            assert_eq!(found.facts.seq, *seq, "{context}");
            match (found.body, &expected) {
                (Some(found), Body::Held | Body::Dropping) => assert_eq!(found, body(*number, *seq), "{context}"),
                (None, Body::Dropped | Body::Dropping) => *expected = Body::Dropped,
                (found, _) => panic!("log {number} batch {seq} is {expected:?} and {found:?}: {context}"),
            }
        }
        // A batch that was written and not acknowledged may be there too: then it is one that follows.
        for number in 0..LOGS {
            let acknowledged = self.batches.range((number, 0)..=(number, u64::MAX)).count() as u64;
            let held = store.head(&log(number)).map_or(0, |head| head.seq);
            assert!(
                (acknowledged..acknowledged + 5).contains(&held),
                "log {number}: {acknowledged} and {held}; {context}"
            );
            for seq in acknowledged + 1..=held {
                self.batches.insert((number, seq), Body::Held);
            }
        }
    }
}
