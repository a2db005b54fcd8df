//! A Larum node.

pub mod allow;
pub mod audit;
pub mod bench;
pub mod checker;
pub mod clock;
pub mod config;
mod disk;
pub mod engine;
pub mod extract;
pub mod hooks;
pub mod http;
pub mod identify;
pub mod index;
pub mod keep;
pub mod ledger;
pub mod metrics;
pub mod net;
pub mod node;
pub mod publisher;
pub mod secrets;
pub mod service;
pub mod stewards;
pub mod store;
pub mod taggers;
pub(crate) mod tagging;
pub mod tokens;
pub(crate) mod vault;
