//! Black-box tests: real processes, real faults. One program, so that it is linked once.
//!
//! Every test is given/when/then; names are sentences; those of an invariant start with its number.
//! `LARUM_LONG=1` makes the long ones long; `LARUM_SEED` repeats a run; `CI=true` lets nothing be skipped.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod acknowledged;
mod backup;
mod bad_input;
mod chaos;
mod console;
mod convergence;
mod decisions;
mod doctor;
mod documents;
mod full_disk;
mod hooks;
mod hostile;
mod hostile_documents;
mod kept;
mod local_word;
mod lookups;
mod only_tags;
mod private;
mod probes;
mod receiver;
mod restored;
mod reviews;
mod roster;
mod stewards;
mod unknown;
mod vault;
mod watches;
