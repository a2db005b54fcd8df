//! A Larum node.

pub mod audit;
pub mod http;
pub mod metrics;
pub mod tokens;
