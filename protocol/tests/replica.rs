//! The replica in a simulated network: what has to hold whatever the network, the disk and other members do.
//! Every failure names the seed that replays it. `LARUM_LONG=1` runs a thousand seeds and a thousand nodes.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "replica/adversaries.rs"]
mod adversaries;
#[path = "replica/bench.rs"]
mod bench;
#[path = "replica/claims.rs"]
mod claims;
#[path = "replica/convergence.rs"]
mod convergence;
#[path = "replica/forks.rs"]
mod forks;
#[path = "replica/rosters.rs"]
mod rosters;
#[path = "replica/unit.rs"]
mod unit;
