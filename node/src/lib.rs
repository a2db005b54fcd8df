//! A Larum node.

pub mod net;
