//! Documents made here: of each format, hostile ones, and children that try what the fence forbids.
#![allow(clippy::unwrap_used, reason = "tests")]

mod fence;
mod formats;
mod hostile;
mod make;
mod support;
