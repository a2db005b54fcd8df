//! Measurements that `larum bench` prints: each beside a plain counterpart in the same run, because wall times on a
//! shared machine mean little and ratios mean something.

pub mod http;
mod load;
mod set;

pub use self::{
    load::{Load, LoadError, Served, requests_per_second},
    set::SetService,
};
