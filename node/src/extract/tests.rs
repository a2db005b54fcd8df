//! Documents made here: of each format, hostile ones, and children that try what the fence forbids.
#![allow(clippy::unwrap_used, reason = "tests")]

mod fence;
mod formats;
mod hostile;
#[allow(unreachable_pub, reason = "the harness of the black-box tests exports it")]
#[path = "../../../tests/harness/documents.rs"]
mod make;
mod support;
