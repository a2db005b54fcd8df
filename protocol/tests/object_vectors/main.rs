//! The vectors of `tests/vectors/objects/`: what this code makes of fixed seeds, in files that any language can run.
//!
//! Each file is one case. Every file is read back: its bytes decode to its fields and encode to its bytes again, or are
//! refused with its error. Those that `good.rs` and `bad.rs` make have to be exactly what is committed; with
//! `LARUM_BLESS=1` in the environment they are written instead.
#![allow(clippy::unwrap_used, reason = "tests")]

mod answers;
mod bad;
mod bad_rosters;
mod bad_stewards;
mod ceremonies;
mod describe;
mod good;
mod heads;
mod messages;
mod read;
mod receipt;
mod split_tags;
#[path = "../support/mod.rs"]
mod support;
mod tags;

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/objects")
}

/// Every case that this code makes, by file name.
fn made() -> BTreeMap<String, Value> {
    let mut cases = BTreeMap::new();
    for (name, case) in good::cases().into_iter().chain(tags::cases()).chain(split_tags::cases()).chain(bad::cases()) {
        assert!(cases.insert(format!("{name}.json"), case).is_none(), "{name} is made twice");
    }
    cases
}

fn committed() -> BTreeMap<String, Value> {
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let vectors = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    vectors
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let case = serde_json::from_str(&fs::read_to_string(&path).unwrap());
            (name.clone(), case.unwrap_or_else(|error| panic!("{name}: {error}")))
        })
        .collect()
}

fn is_blessing() -> bool {
    std::env::var_os("LARUM_BLESS").is_some_and(|value| value == "1")
}

#[test]
fn what_this_code_makes_of_fixed_seeds_is_what_is_committed() {
    let made = made();
    if is_blessing() {
        fs::create_dir_all(folder()).unwrap();
        for (name, case) in &made {
            fs::write(folder().join(name), format!("{}\n", serde_json::to_string_pretty(case).unwrap())).unwrap();
        }
    }
    let committed = committed();
    for (name, case) in &made {
        assert_eq!(committed.get(name), Some(case), "{name} has changed: an incompatible protocol, or bless it");
    }
}

#[test]
fn every_object_vector_holds() {
    if is_blessing() {
        return;
    }
    let committed = committed();
    assert!(committed.len() >= made().len(), "vectors are missing");
    for (name, case) in &committed {
        read::check(name, case);
    }
}
