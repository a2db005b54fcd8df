//! Webhooks of applicant tracking systems: every application is checked as it arrives.
//!
//!     accept:  delivery -> signature -> event -> inbox (on the disk) -> the vendor's status
//!     work:    inbox -> what the vendor's API adds -> check -> note for a person, review, watch
//!
//! Accepting is quick and never depends on another machine; whatever takes time happens afterwards, from a queue that
//! survives a crash at any instant.
//! Invariant: only the applicant's identifiers are read out of a delivery, and nothing else of it is kept.
//! Invariant: what a delivery names is fetched from hosts that the operator allowed, and never from a private address.
//! Absent on purpose: what a match means (`checker.rs`), rejecting anybody (I9).

pub(crate) mod api;
pub(crate) mod arrival;
pub(crate) mod fetch;
pub(crate) mod secret;
pub(crate) mod vendor;

pub use self::{fetch::HostRule, vendor::Vendor};
