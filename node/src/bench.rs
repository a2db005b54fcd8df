//! Measurements that everybody can run on their own machine: `larum bench`.
//!
//! Each measures a plain counterpart beside the program in the same run, because wall times on a shared machine mean
//! little and ratios mean something, and returns a report that can be printed or serialised. Criterion benches in
//! `benches/` watch for regressions instead.

mod author;
pub mod catch_up;
mod cpu;
mod error;
pub mod gossip;
pub mod http;
pub mod index;
mod line;
mod load;
pub mod privacy;
mod process;
pub mod receive;
#[cfg(test)]
mod rehearsal;
pub mod restart;
pub mod resumes;
mod rig;
mod set;
pub mod watches;

#[cfg(test)]
pub(crate) use self::rehearsal::{Rehearsal, rehearsal};
pub use self::{
    error::BenchError,
    line::Line,
    load::{Load, LoadError, Served, requests_per_second},
    process::Serve,
    set::SetService,
};
