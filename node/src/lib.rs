//! A Larum node.

pub mod config;
pub mod net;
pub mod secrets;
