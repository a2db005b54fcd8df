//! A Larum node.

pub mod audit;
pub mod bench;
pub mod http;
pub mod metrics;
pub mod tokens;
