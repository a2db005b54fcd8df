//! Real `larum serve` processes, a consortium founded offline, and the tools to attack both.
//!
//! A test lays a [`TestNet`] down, starts nodes, and speaks to them as anybody else does: over HTTP, by the command
//! line, by signals, or as a libp2p peer that holds a member's key ([`RawPeer`]).
//!
//! Invariant: nothing outlives a test: dropping a node kills its process, and dropping a net removes its folders.
//! Invariant: only loopback addresses and private network namespaces are used. Every node dials and listens at a
//! loopback address of its own, so that tests can run beside each other without choosing ports.
//! Absent on purpose: rules. What a right answer is stands in the tests.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test ends by a panic, and says so")]

mod api;
mod browser;
mod capture;
mod consortium;
pub mod documents;
mod net;
mod netns;
mod node;
mod peer;
mod place;
mod random;
mod search;
mod stewards;
pub mod vendor;
mod wait;
mod words;

pub use self::{
    api::{Api, ApiError},
    browser::Browser,
    capture::Capture,
    consortium::{Consortium, Founding, MemberKeys},
    net::TestNet,
    netns::Island,
    node::{CliOutput, TestNode, larum},
    peer::RawPeer,
    place::{P2P_PORT, Site},
    random::Seeded,
    search::{Needles, files_below},
    stewards::{ask_steward, play_steward, random_elements, share_of},
    wait::{PATIENCE, eventually},
    words::{email, flag_day, identifier, phone, publish, row, today, wallet, withdraw},
};
