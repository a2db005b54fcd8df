//! A Larum node.

pub mod bench;
pub mod index;
