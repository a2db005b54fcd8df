//! Measurements that everybody can run on their own machine: `larum bench`.
//!
//! Each returns a report that can be printed or serialised, and measures the machine, or a plain counterpart, beside
//! the program, so that figures from two machines can be compared. Criterion benches in `benches/` watch for
//! regressions instead.

pub mod http;
pub mod index;
mod load;
mod set;

pub use self::{
    load::{Load, LoadError, Served, requests_per_second},
    set::SetService,
};
