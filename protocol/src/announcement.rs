//! A node's signed word about its own log: how others know that silence is not a gap.

use minicbor::{Decode, Encode};

use crate::{
    clock::Timestamp,
    hash::{Digest, Label},
    keys::PublicKey,
    limits::ANNOUNCEMENT_BYTES_MAX,
    log::LogId,
    signed::SignedObject,
};

/// What a node says of its own log, every few minutes and on change. On the wire: an array in this order.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Announcement {
    /// The version of this object.
    #[n(0)]
    pub version: u8,
    /// The consortium's id.
    #[n(1)]
    pub consortium: Digest,
    /// The log.
    #[n(2)]
    pub log: LogId,
    /// The number of its head; 0 while nothing was published.
    #[n(3)]
    pub seq: u64,
    /// The id of the head's header; none while nothing was published.
    #[n(4)]
    pub hash: Option<Digest>,
    /// The log's floor.
    #[n(5)]
    pub floor: u64,
    /// The version of the roster that the node holds.
    #[n(6)]
    pub roster: u64,
    /// When it was signed.
    #[n(7)]
    pub time: Timestamp,
}

impl SignedObject for Announcement {
    const BYTES_MAX: usize = ANNOUNCEMENT_BYTES_MAX;
    const LABEL: Label = Label::Announcement;
    const VERSION: u8 = 1;

    fn version(&self) -> u8 {
        self.version
    }

    fn signer(&self) -> PublicKey {
        self.log.node
    }
}

impl Announcement {
    /// Whether number and hash fit: both or neither.
    pub const fn is_coherent(&self) -> bool {
        (self.seq == 0) == self.hash.is_none()
    }
}
