//! A Larum node.

pub mod audit;
