//! The store under real faults: killed processes, torn and damaged files, full disks.
#![allow(clippy::unwrap_used, reason = "tests")]

mod basics;
mod damage;
mod file_limit;
mod full_disk;
mod held;
mod kill;
mod original;
mod retain;
mod segments;
mod support;
