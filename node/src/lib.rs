//! A Larum node.

pub mod audit;
pub mod metrics;
pub mod tokens;
