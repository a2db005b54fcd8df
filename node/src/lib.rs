//! A Larum node.

pub mod allow;
pub mod audit;
pub mod bench;
pub mod checker;
pub mod clock;
pub mod config;
pub mod http;
pub mod identify;
pub mod index;
pub mod ledger;
pub mod metrics;
pub mod net;
pub mod secrets;
pub mod store;
pub mod taggers;
pub mod tokens;
