//! I10: each limit of the fence, by a child that runs into it.

use std::{
    os::unix::process::ExitStatusExt as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::{super::ExtractError, support::reader};

async fn end_of(probe: &str) -> Result<(), ExtractError> {
    reader(probe).text_of(b"any document").await.map(drop)
}

#[tokio::test]
async fn i10_a_reader_opens_nothing_connects_nowhere_and_starts_nothing() {
    for probe in ["open", "connect", "execute", "thread"] {
        assert_eq!(end_of(probe).await, Err(ExtractError::Stopped), "{probe}");
    }
}

#[tokio::test]
async fn i10_a_reader_has_so_much_memory_and_stack() {
    for probe in ["allocate", "recurse"] {
        assert_eq!(end_of(probe).await, Err(ExtractError::TooMuchMemory), "{probe}");
    }
}

#[tokio::test]
async fn i10_a_reader_writes_so_much_and_is_ended() {
    assert_eq!(end_of("flood").await, Err(ExtractError::TextTooLong));
}

#[tokio::test]
async fn i10_a_reader_that_computes_nothing_is_ended_by_the_clock() {
    let began = Instant::now();
    assert_eq!(end_of("abandon").await, Err(ExtractError::TooSlow));
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}

/// The kernel does it, with no parent that watches.
#[test]
fn i10_a_reader_that_computes_for_ever_is_ended_by_the_kernel() {
    let reader = reader("spin");
    let mut child = Command::new(&reader.program);
    child.args(&reader.arguments).env_clear().envs(reader.environment.iter().cloned());
    let status = child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.signal(), Some(libc::SIGXCPU));
    assert_eq!(ExtractError::of_signal(libc::SIGXCPU), ExtractError::TooSlow);
}

#[tokio::test]
async fn a_parser_that_panics_costs_one_error() {
    assert_eq!(end_of("panic").await, Err(ExtractError::Crashed));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_no_reader() {
    let mut reader = reader("read");
    reader.program = "/nowhere/larum".into();
    assert_eq!(reader.text_of(b"text").await.map(drop), Err(ExtractError::NotStarted));
}

#[tokio::test]
async fn who_waits_long_for_a_reader_is_told() {
    let mut reader = reader("read");
    reader.slots = tokio::sync::Semaphore::new(0);
    reader.queue_time = Duration::from_millis(1);
    assert_eq!(reader.text_of(b"text").await.map(drop), Err(ExtractError::Busy));
}

#[tokio::test]
async fn a_reader_takes_one_document_after_the_other() {
    let reader = reader("read");
    let (one, two, three) = tokio::join!(reader.text_of(b"one"), reader.text_of(b"two"), reader.text_of(b"three"));
    for (text, word) in [(one, "one"), (two, "two"), (three, "three")] {
        assert!(text.unwrap().ends_with(word));
    }
}

#[test]
fn what_a_child_tells_by_its_exit_status_is_understood() {
    for told in [ExtractError::Damaged, ExtractError::Encrypted, ExtractError::NoText, ExtractError::UnpacksTooFar] {
        assert_eq!(ExtractError::of_exit_code(told.exit_code().into()), told);
    }
    for stranger in [-1, 1, 2, 101, 127, 255] {
        assert_eq!(ExtractError::of_exit_code(stranger), ExtractError::Crashed);
    }
}
