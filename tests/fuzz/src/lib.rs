//! What the fuzz targets share: the memory that an input may cost, and a small consortium to be hostile to.
//!
//! Invariant: a target decides nothing about Larum; it calls `larum-protocol` and asserts laws that its docs promise.
//! Absent on purpose: seeds (`bin/seeds.rs` makes them) and whatever a run found (`corpus/`, `artifacts/`: not committed).

pub mod canonical;
pub mod craft;
pub mod node;
pub mod steward;
#[allow(missing_docs, reason = "shared with the tests of larum-protocol, which name everything in sentences")]
#[path = "../../../protocol/tests/support/mod.rs"]
pub mod support;

use std::alloc::System;

use cap::Cap;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// Bytes that any call may take, however short its input.
const FLAT_BYTES: usize = 32 * 1024;

/// Bytes that a call may hold at a time for each byte of its input: values are wider than their encoding, are encoded
/// once more to compare, and a vector that grows holds its old and its new place.
const BYTES_PER_BYTE: usize = 24;

/// Runs `call` on input of `length` bytes and ends the process, as a finding, once it holds more memory than that
/// length is worth: what a claim of the input could reserve shows here long before it hurts.
pub fn in_bounds<T>(length: usize, call: impl FnOnce() -> T) -> T {
    in_budget(FLAT_BYTES + BYTES_PER_BYTE * length, call)
}

/// Runs `call` and ends the process, as a finding, once it holds more than `budget` bytes more than before.
pub fn in_budget<T>(budget: usize, call: impl FnOnce() -> T) -> T {
    let limit = MEMORY.allocated().saturating_add(budget);
    MEMORY.set_limit(limit).expect("a limit above what is allocated");
    let result = call();
    MEMORY.set_limit(usize::MAX).expect("no limit is above everything");
    result
}
