//! A request to become a member: what the applicant's keys are, signed by its member key.
//!
//! The signature shows that whoever asks holds the member key and that nobody replaced the sealing key on the way; who
//! stands behind the member key is for the governors to find out.

use minicbor::{Decode, Encode};

use super::{Member, MemberId, MemberStatus, Node, NodeStatus, Quota};
use crate::{
    codec,
    hash::Label,
    keys::{PublicKey, SealingPublicKey, Signature},
    limits::ADDRESSES_PER_NODE_MAX,
    signed::SignedObject,
};

/// What an applicant asks the governors to put on the roster. On the wire: an array of its fields in this order.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct JoinRequest {
    /// The version of this object.
    #[n(0)]
    pub version: u8,
    /// The applicant's name, as people know it.
    #[n(1)]
    pub name: String,
    /// The key that certifies its nodes, and signs this request.
    #[n(2)]
    pub key: PublicKey,
    /// The key that salts are sealed to.
    #[n(3)]
    pub sealing: SealingPublicKey,
    /// Its node's key.
    #[n(4)]
    pub node: PublicKey,
    /// The member key's certificate for the node.
    #[n(5)]
    pub certificate: Signature,
    /// Multiaddresses where others reach the node.
    #[cbor(n(6), decode_with = "codec::list::<_, _, ADDRESSES_PER_NODE_MAX>")]
    pub addresses: Vec<String>,
}

/// Bytes of a request: its keys, a name and every address at its longest.
const REQUEST_BYTES_MAX: usize = 4 * 1024;

impl SignedObject for JoinRequest {
    const BYTES_MAX: usize = REQUEST_BYTES_MAX;
    const LABEL: Label = Label::JoinRequest;
    const VERSION: u8 = 1;

    fn version(&self) -> u8 {
        self.version
    }

    fn signer(&self) -> PublicKey {
        self.key
    }
}

impl JoinRequest {
    /// The node as a roster lists it.
    pub fn roster_node(&self, quota: Quota) -> Node {
        Node {
            key: self.node,
            certificate: self.certificate,
            addresses: self.addresses.clone(),
            status: NodeStatus::Active,
            quota,
            ended: Vec::new(),
        }
    }

    /// The member as a roster lists it; the roster's own rules say whether it may.
    pub fn roster_member(&self, id: MemberId, quota: Quota) -> Member {
        Member {
            id,
            name: self.name.clone(),
            key: self.key,
            sealing: self.sealing,
            status: MemberStatus::Active,
            nodes: vec![self.roster_node(quota)],
        }
    }
}
