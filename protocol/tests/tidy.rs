//! Rules that cut across files and that no compiler checks: what each crate may name, and what each document promises.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::print_stdout, reason = "the longest files are for people to look at, not to fail on")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A file of the tree: its path below the root, with `/` between the parts, and its text.
struct File {
    path: String,
    text: String,
}

impl File {
    /// The lines that are code: no comments and nothing of a test module at the end.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(number, line)| (number + 1, line.trim()));
        lines.take_while(|(_, line)| *line != "#[cfg(test)]").filter(|(_, line)| !line.starts_with("//"))
    }
}

/// Every file with an extension, but what was built.
fn files(extension: &str) -> Vec<File> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let below = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                found.push(File { path: below, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(found.len() > 1, "no {extension} files under {}", root().display());
    found
}

/// Whether a line names a word, with no letter, digit or underscore around it.
fn names(line: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let behind = line[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !behind.is_some_and(is_part)
    })
}

/// Where code of some files names a word that it must not.
fn naming(in_files: impl Fn(&str) -> bool, words: &[&str]) -> Vec<String> {
    let rust = files("rs");
    let looked_at: Vec<&File> = rust.iter().filter(|file| in_files(&file.path)).collect();
    assert!(!looked_at.is_empty(), "no file was looked at");
    let hits = looked_at.iter().flat_map(|file| {
        file.code().flat_map(move |(number, line)| {
            let named = words.iter().filter(move |word| names(line, word));
            named.map(move |word| format!("{}:{number} names {word}", file.path))
        })
    });
    hits.collect()
}

#[test]
fn words_are_found_whole() {
    assert!(names("use std::time::Instant;", "Instant") && names("sled::Db", "sled"));
    assert!(!names("let instant = Instants;", "Instant") && !names("assembled", "sled"));
}

#[test]
fn the_protocol_names_no_clock_no_disk_no_socket_no_runtime_and_no_randomness() {
    let words = [
        "tokio",
        "libp2p",
        "sled",
        "std::fs",
        "std::net::TcpStream",
        "std::net::TcpListener",
        "std::net::UdpSocket",
        "std::process",
        "std::env",
        "std::thread",
        "SystemTime",
        "Instant",
        "now_utc",
        "thread_rng",
        "OsRng",
        "getrandom",
    ];
    let none: Vec<String> = Vec::new();
    assert_eq!(naming(|path| path.starts_with("protocol/src/"), &words), none);
}

/// Whether what a patch expects to find stands in the files that it names.
fn applies(patch: &str) -> bool {
    let mut texts = Vec::new();
    let mut hunks: Vec<(usize, String)> = Vec::new();
    for line in patch.lines().skip_while(|line| !line.starts_with("--- a/")) {
        if let Some(path) = line.strip_prefix("--- a/") {
            texts.push(fs::read_to_string(root().join(path)).unwrap_or_default());
        } else if line.starts_with("@@ ") {
            hunks.push((texts.len() - 1, String::new()));
        } else if let (Some(expected), Some((_, hunk))) = (line.strip_prefix([' ', '-']), hunks.last_mut()) {
            hunk.push_str(expected);
            hunk.push('\n');
        }
    }
    !hunks.is_empty() && hunks.iter().all(|(at, hunk)| texts[*at].contains(hunk.as_str()))
}

#[test]
fn every_invariant_has_a_mutation_and_every_mutation_still_applies() {
    let patches = files("patch");
    for number in 1..=12 {
        let path = format!("tests/mutations/I{number}.patch");
        let patch = patches.iter().find(|patch| patch.path == path).unwrap_or_else(|| panic!("{path} is not there"));
        assert!(applies(&patch.text), "{path} no longer applies: what it changes has moved on");
        let other = patch.text.replacen("\n-", "\n-another ", 2);
        assert!(!applies(&other), "{path}: a patch that expects something else would not be noticed");
    }
}

#[test]
fn only_the_store_names_sled() {
    let elsewhere = |path: &str| !path.starts_with("node/src/store/") && path.contains("/src/");
    let none: Vec<String> = Vec::new();
    assert_eq!(naming(elsewhere, &["sled"]), none);
    assert!(
        !naming(|path| path.starts_with("node/src/store/"), &["sled"]).is_empty(),
        "the rule looks at the wrong files"
    );
}

#[test]
fn nothing_is_left_to_do_and_no_test_is_left_out() {
    // Put together here, so that this file does not name them itself.
    let words = [["to", "do!"].concat(), ["unimple", "mented!"].concat(), ["#[ig", "nore"].concat()];
    let mut hits = Vec::new();
    for file in files("rs") {
        for (number, line) in file.text.lines().enumerate() {
            hits.extend(
                words
                    .iter()
                    .filter(|word| line.contains(*word))
                    .map(|word| format!("{}:{} has {word}", file.path, number + 1)),
            );
        }
    }
    let none: Vec<String> = Vec::new();
    assert_eq!(hits, none);
}

#[test]
fn every_rule_of_the_protocol_has_its_own_number() {
    let text = fs::read_to_string(root().join("docs/protocol.md")).unwrap();
    let mut seen = BTreeSet::new();
    for line in text.lines() {
        let Some(number) = line.strip_prefix("- **P").and_then(|rest| rest.split_once("**")) else { continue };
        let number: u32 = number.0.parse().unwrap_or_else(|_| panic!("not a rule's number: {line}"));
        assert!(seen.insert(number), "P{number} is there twice");
    }
    assert!(seen.len() > 50, "only {} rules were found", seen.len());
    let musts = text.lines().filter(|line| line.starts_with("- ") && line.contains(" MUST ")).count();
    let numbered = text.lines().filter(|line| line.starts_with("- **P") && line.contains(" MUST ")).count();
    assert_eq!(musts, numbered, "a MUST stands outside a numbered rule");
}

#[test]
fn every_label_of_the_code_is_in_the_document() {
    let code = fs::read_to_string(root().join("protocol/src/hash.rs")).unwrap();
    let document = fs::read_to_string(root().join("docs/protocol.md")).unwrap();
    let labels: Vec<&str> = code.split("b\"larum/1 ").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(labels.len() > 20, "only {} labels were found", labels.len());
    for label in labels {
        let named = document.contains(&format!("`larum/1 {label}`")) || document.contains(&format!("`... {label}`"));
        assert!(named, "docs/protocol.md does not list the label larum/1 {label}");
    }
}

#[test]
fn every_invariant_has_a_test_that_names_it() {
    let rust = files("rs");
    let lines = rust.iter().flat_map(|file| file.text.lines()).map(str::trim);
    let tests: BTreeSet<&str> = lines
        .filter_map(|line| line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn i"))
        .filter_map(|rest| rest.split_once('_'))
        .map(|(number, _)| number)
        .collect();
    let missing: Vec<u8> = (1..=12).filter(|number| !tests.contains(number.to_string().as_str())).collect();
    let none: Vec<u8> = Vec::new();
    assert_eq!(missing, none, "no test has a name that starts with i and this number");
}

#[test]
fn every_file_says_what_it_is_about() {
    let silent: Vec<String> = files("rs")
        .into_iter()
        .filter(|file| file.path.contains("src/") && !file.path.ends_with("/tests.rs"))
        .filter(|file| !file.text.trim_start().starts_with("//!"))
        .map(|file| file.path)
        .collect();
    let none: Vec<String> = Vec::new();
    assert_eq!(silent, none);
}

#[test]
fn the_longest_files_are_shown() {
    let mut lengths: Vec<(usize, String)> =
        files("rs").into_iter().map(|file| (file.text.lines().count(), file.path)).collect();
    lengths.sort();
    for (lines, path) in lengths.iter().rev().take(10) {
        println!("{lines:5} {path}");
    }
}
