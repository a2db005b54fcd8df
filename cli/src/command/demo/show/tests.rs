//! What holds is told as held and nothing else is; and what is shown fits a terminal.

#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::Value;

use super::*;

fn shown(json: bool, act: impl FnOnce(&mut Show<'_, '_>) -> Result<(), Failure>) -> (Option<Status>, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console::captured(Vec::new(), &mut out, &mut err);
    let mut show = Show::new(&mut console, json);
    let ended = act(&mut show);
    let status = show.close(ended, None).ok();
    drop(console);
    (status, String::from_utf8(out).unwrap())
}

#[test]
fn a_failed_expectation_fails_its_step_and_the_demo() {
    let (status, out) = shown(true, |show| {
        show.begin("a step that holds")?;
        show.expect("it holds", true)?;
        show.end()?;
        show.begin("a step that does not")?;
        show.expect("it holds", false)?;
        show.end()
    });
    assert_eq!(status, None);
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let held: Vec<_> = lines.iter().map(|line| line["held"].as_bool().unwrap()).collect();
    assert_eq!(held, [true, false, false], "{out}");
    assert_eq!(lines[1]["expectations"][0]["held"], false);
}

#[test]
fn an_interrupt_fails_the_step_that_it_cuts_off() {
    let (status, out) = shown(true, |show| {
        show.begin("a step that is cut off")?;
        show.expect("it holds so far", true)?;
        Err(Failure::new("interrupted"))
    });
    assert_eq!(status, None);
    let step: Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
    assert_eq!((&step["held"], &step["failure"]), (&Value::from(false), &Value::from("interrupted")));
}

#[test]
fn a_step_that_expects_nothing_does_not_hold() {
    let (status, _) = shown(false, |show| {
        show.begin("an idle step")?;
        show.end()
    });
    assert_eq!(status, None);
}

#[test]
fn every_line_fits_80_columns() {
    let (status, out) = shown(false, |show| {
        show.open()?;
        show.begin("a step with a long command")?;
        show.command(&[
            "consortium",
            "found",
            "--name",
            "A consortium",
            "--governors",
            "3",
            "--threshold",
            "2",
            "--out",
            "x",
        ])?;
        let signature = format!("sha256 {}", "0123456789abcdef".repeat(4));
        show.request("POST http://127.0.0.1:65535/v1/hooks/greenhouse", &[("Signature", &signature)], "{\n}")?;
        show.expect("a sentence as long as sentences of the demo get, about so long", true)?;
        show.end()
    });
    assert_eq!(status, Some(Status::Ok));
    assert!(out.contains("--name \"A consortium\""), "{out}");
    for line in out.lines() {
        assert!(columns(line) <= WIDTH, "{line}");
    }
}
