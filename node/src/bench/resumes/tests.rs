#![allow(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write;

use super::*;

/// Resumes of people who do not exist, each with words of its own.
fn folder(resumes: u64) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut lines = String::new();
    for resume in 0..resumes {
        let word = |number: u64| blake3::hash(&(resume * 1_000 + number).to_be_bytes()).to_hex()[..8].to_owned();
        let text: Vec<String> =
            (0..40_u64).map(|line| (0..6).map(|n| word(line * 6 + n)).collect::<Vec<_>>().join(" ")).collect();
        writeln!(lines, "{}", serde_json::json!({ "text": text.join("\n") })).unwrap();
    }
    fs::write(dir.path().join("originals.jsonl"), &lines).unwrap();
    fs::write(dir.path().join("donors.jsonl"), lines.lines().next().unwrap()).unwrap();
    fs::write(dir.path().join("README.md"), "not a resume").unwrap();
    fs::write(dir.path().join("short.txt"), "Jane Doe").unwrap();
    dir
}

#[test]
fn few_edits_are_found_and_strangers_are_not() {
    let dir = folder(12);
    let plot = dir.path().join("plot.svg");
    let report = run(dir.path(), SEED, Some(&plot)).unwrap();
    assert_eq!((report.resumes, report.too_short, report.donors, report.pairs), (12, 1, 1, 66));
    assert_eq!((report.false_matches, report.noise), (0, 0.0));
    assert_eq!(report.recall[0].matches, 1.0, "{report:?}");
    assert!(report.recall[0].matches >= report.recall[6].matches, "{report:?}");
    assert_eq!(run(dir.path(), SEED, None).unwrap().recall[3].strong, report.recall[3].strong, "one seed, one result");
    assert!(fs::read_to_string(plot).unwrap().ends_with("</svg>\n"));
}

#[test]
fn copies_under_other_names_would_be_counted_as_false_matches() {
    let dir = folder(3);
    fs::copy(dir.path().join("donors.jsonl"), dir.path().join("again.jsonl")).unwrap();
    let report = run(dir.path(), SEED, None).unwrap();
    assert_eq!((report.false_matches, report.shared.len()), (1, BANDS));
}

#[test]
fn the_upper_bound_is_that_of_the_books() {
    // Garwood's exact upper limits at 95 %, one-sided.
    for (count, limit) in [(0, 2.996), (1, 4.744), (5, 10.513)] {
        assert!((poisson_upper(count) - limit).abs() < 0.001, "{count}: {}", poisson_upper(count));
    }
}
