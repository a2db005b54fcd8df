//! The API over real sockets, around a service whose answers are known.

#![allow(clippy::unwrap_used, reason = "tests")]

mod applications;
mod bad_input;
mod bulk;
mod endpoints;
mod fake;
mod harness;
mod limits;
mod on_record;
mod statements;
