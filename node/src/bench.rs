//! Measurements that everybody can run on their own machine: `larum bench`.
//!
//! Each measures a plain counterpart beside the program in the same run, because wall times on a shared machine mean
//! little and ratios mean something, and returns a report that can be printed or serialised. Criterion benches in
//! `benches/` watch for regressions instead.

pub mod http;
pub mod index;
mod load;
mod set;

pub use self::{
    load::{Load, LoadError, Served, requests_per_second},
    set::SetService,
};
