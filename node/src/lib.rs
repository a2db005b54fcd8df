//! A Larum node.

pub mod store;
