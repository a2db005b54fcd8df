//! Measurements that everybody can run on their own machine: `larum bench`.
//!
//! Each returns a report that can be printed or serialised, and measures the machine beside the program, so that figures
//! from two machines can be compared. Criterion benches in `benches/` watch for regressions instead.

pub mod index;
