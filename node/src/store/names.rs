//! temporary
pub use larum_protocol::{clock::{Day, Timestamp}, hash::Digest, log::LogId};
