//! The roster: who belongs to the consortium, whose keys count, and the policy.
//!
//! Version 0, the genesis, names the consortium: its digest is the consortium's id. Version n+1 names the digest of
//! version n and carries signatures of as many of version n's governors as version n asks for.
//! Invariant: a [`SignedRoster`] is well-formed and has been checked against its own rules; that its signatures
//! suffice is checked where it is appended (`roster/chain.rs`).

pub mod chain;
pub mod policy;
mod request;
mod signed;
mod standing;
pub mod stewards;

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

pub use self::{
    chain::{Accepted, RosterChain, RosterError, check_follows},
    policy::{Epoch, KindPolicy, Policy},
    request::JoinRequest,
    signed::{RosterDecodeError, RosterSignature, SIGNED_ROSTER_BYTES_MAX, SignedRoster},
    standing::Standing,
    stewards::{Budget, Plan, Steward, Stewards},
};
use crate::{
    clock::Timestamp,
    codec,
    hash::{Digest, Label, digest},
    keys::{PublicKey, SealingPublicKey, Signature, verify_certificate},
    limits::{
        ADDRESS_BYTES_MAX, ADDRESSES_PER_NODE_MAX, ENDED_LOGS_PER_NODE_MAX, GOVERNORS_MAX, MEMBERS_MAX, NAME_BYTES_MAX,
        NODES_PER_MEMBER_MAX,
    },
    log::Incarnation,
};

/// A member's number: given once by the roster that admits it, never given again.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cbor(transparent)]
pub struct MemberId(#[n(0)] pub u32);

/// Whether a member counts.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(index_only)]
pub enum MemberStatus {
    /// It publishes, and what it said counts.
    #[n(0)]
    Active,
    /// It is cut off and nothing it said counts, until a roster says otherwise.
    #[n(1)]
    Suspended,
    /// It left or was removed: nothing it said counts.
    #[n(2)]
    Removed,
}

/// Whether a node's key may connect and publish.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(index_only)]
pub enum NodeStatus {
    /// It connects and publishes.
    #[n(0)]
    Active,
    /// Taken out of use in good order: what its ended logs hold goes on counting.
    #[n(1)]
    Retired,
    /// Its key was lost or stolen: only what the roster names of its logs counts.
    #[n(2)]
    Revoked,
}

/// A log that ended: it is valid up to this batch, whenever a batch up to there arrives, and not beyond.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct LogEnd {
    /// Which log of the node.
    #[n(0)]
    pub incarnation: Incarnation,
    /// The number of its last valid batch; 0 for none.
    #[n(1)]
    pub seq: u64,
    /// The id of that batch's header; none for none.
    #[n(2)]
    pub hash: Option<Digest>,
}

/// How many statements of one log count per day of issue (UTC).
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Quota {
    /// Assertions.
    #[n(0)]
    pub asserts: u64,
    /// Withdrawals and disputes.
    #[n(1)]
    pub others: u64,
}

/// One running node of a member.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Node {
    /// Its Ed25519 key, which is its libp2p identity.
    #[n(0)]
    pub key: PublicKey,
    /// The member key's certificate for it.
    #[n(1)]
    pub certificate: Signature,
    /// Multiaddresses where others reach it; none for one that only dials out.
    #[cbor(n(2), decode_with = "codec::list::<_, _, ADDRESSES_PER_NODE_MAX>")]
    pub addresses: Vec<String>,
    /// Whether its key counts.
    #[n(3)]
    pub status: NodeStatus,
    /// The member's quota as divided to this node, for each of its logs.
    #[n(4)]
    pub quota: Quota,
    /// Its logs that ended.
    #[n(5)]
    pub ended: Vec<LogEnd>,
}

/// One employer.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Member {
    /// Its number.
    #[n(0)]
    pub id: MemberId,
    /// Its name, as people know it.
    #[n(1)]
    pub name: String,
    /// The key that certifies its nodes.
    #[n(2)]
    pub key: PublicKey,
    /// The key that salts are sealed to.
    #[n(3)]
    pub sealing: SealingPublicKey,
    /// Whether it counts.
    #[n(4)]
    pub status: MemberStatus,
    /// Its nodes.
    #[n(5)]
    pub nodes: Vec<Node>,
}

/// What governors sign. On the wire: an array of its fields in this order.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Roster {
    /// The version of this object.
    #[n(0)]
    pub format: u8,
    /// The roster's version: 0 is the genesis.
    #[n(1)]
    pub version: u64,
    /// The consortium's id; none in the genesis, whose digest it is.
    #[n(2)]
    pub consortium: Option<Digest>,
    /// The id of the version before; none in the genesis.
    #[n(3)]
    pub prev: Option<Digest>,
    /// When it was proposed.
    #[n(4)]
    pub issued: Timestamp,
    /// The consortium's name.
    #[n(5)]
    pub name: String,
    /// The keys that sign rosters.
    #[n(6)]
    pub governors: Vec<PublicKey>,
    /// How many of them have to.
    #[n(7)]
    pub threshold: u8,
    /// The members, by ascending number.
    #[n(8)]
    pub members: Vec<Member>,
    /// The salt epochs in use, ascending.
    #[n(9)]
    pub epochs: Vec<Epoch>,
    /// The policy.
    #[n(10)]
    pub policy: Policy,
    /// A ceremony of stewards that the governors want.
    #[n(11)]
    pub plan: Option<Plan>,
}

/// How a roster breaks the rules that need nothing but itself.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RosterFault {
    /// Only the genesis has no predecessor and no consortium id, and it has neither.
    #[error("version {0} does not fit its predecessor and consortium id")]
    BadVersion(u64),
    /// No governors, too many, twice the same, or a threshold that they cannot meet.
    #[error("{governors} governors of whom {threshold} must sign; there must be 1 to {GOVERNORS_MAX}, each once")]
    BadGovernors {
        /// How many there are.
        governors: usize,
        /// How many must sign.
        threshold: u8,
    },
    /// Too many members, or not in ascending order.
    #[error("the members are not at most {MEMBERS_MAX} in ascending order")]
    BadMembers,
    /// A name that is empty, long, or holds control characters.
    #[error("a name is empty, longer than {NAME_BYTES_MAX} bytes, taken twice, or holds control characters")]
    BadName,
    /// More nodes, addresses or ended logs than a member may have, or a key that is used twice.
    #[error("member {0:?}: too many nodes, addresses or ended logs, or a key used twice")]
    BadNodes(MemberId),
    /// A node that its member did not certify.
    #[error("member {0:?}: a node's certificate does not verify")]
    BadCertificate(MemberId),
    /// A policy outside its bounds.
    #[error("policy: {0}")]
    BadPolicy(&'static str),
}

impl Roster {
    /// The version of this object that this program reads and writes.
    pub const FORMAT: u8 = 1;
    /// The version in which stewards came: a roster that names some is of this one, so that a program that knows none says
    /// that it is too old.
    pub const FORMAT_WITH_STEWARDS: u8 = 2;

    /// The version that a roster with this content has.
    pub fn format_needed(&self) -> u8 {
        let stewards = self.plan.is_some() || self.epochs.iter().any(|epoch| epoch.stewards.is_some());
        if stewards || self.policy.kinds.iter().any(|kind| kind.custody.is_split()) {
            Self::FORMAT_WITH_STEWARDS
        } else {
            Self::FORMAT
        }
    }

    /// The digest that names this version.
    pub fn id(&self) -> Digest {
        digest(Label::Roster, &[&codec::encode(self)])
    }

    /// Checks every rule that needs nothing but the roster.
    pub fn check(&self) -> Result<(), RosterFault> {
        let is_genesis = self.version == 0;
        if self.prev.is_none() != is_genesis || self.consortium.is_none() != is_genesis {
            return Err(RosterFault::BadVersion(self.version));
        }
        self.check_governors()?;
        self.check_members()?;
        self.policy.check().map_err(RosterFault::BadPolicy)?;
        policy::check_epochs(&self.epochs).map_err(RosterFault::BadPolicy)?;
        if self.format != self.format_needed() {
            return Err(RosterFault::BadPolicy("the roster's format is not the one that its content has"));
        }
        stewards::check(self).map_err(RosterFault::BadPolicy)
    }

    fn check_governors(&self) -> Result<(), RosterFault> {
        let distinct: BTreeSet<_> = self.governors.iter().collect();
        let count_fits = (1..=GOVERNORS_MAX).contains(&self.governors.len()) && distinct.len() == self.governors.len();
        let threshold_fits = (1..=self.governors.len()).contains(&usize::from(self.threshold));
        if count_fits && threshold_fits {
            Ok(())
        } else {
            Err(RosterFault::BadGovernors { governors: self.governors.len(), threshold: self.threshold })
        }
    }

    fn check_members(&self) -> Result<(), RosterFault> {
        let ascending = self.members.windows(2).all(|pair| pair[0].id < pair[1].id);
        if self.members.len() > MEMBERS_MAX || !ascending {
            return Err(RosterFault::BadMembers);
        }
        let mut names = BTreeSet::new();
        let mut keys = BTreeSet::new();
        if !is_name(&self.name) {
            return Err(RosterFault::BadName);
        }
        for member in &self.members {
            if !is_name(&member.name) || !names.insert(member.name.to_lowercase()) {
                return Err(RosterFault::BadName);
            }
            member.check(&mut keys)?;
        }
        Ok(())
    }

    /// The member of a number.
    pub fn member(&self, id: MemberId) -> Option<&Member> {
        self.members.binary_search_by_key(&id, |member| member.id).ok().map(|index| &self.members[index])
    }

    /// The member and node of a node key.
    pub fn node(&self, key: &PublicKey) -> Option<(&Member, &Node)> {
        self.members.iter().find_map(|member| {
            let node = member.nodes.iter().find(|node| node.key == *key)?;
            Some((member, node))
        })
    }

    /// The members that count, by ascending number.
    pub fn active_members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.status == MemberStatus::Active)
    }

    /// The nodes that may connect: active ones of active members.
    pub fn connectable(&self) -> impl Iterator<Item = &Node> {
        self.active_members().flat_map(|member| &member.nodes).filter(|node| node.status == NodeStatus::Active)
    }

    /// Whether a node key may connect.
    pub fn may_connect(&self, key: &PublicKey) -> bool {
        self.connectable().any(|node| node.key == *key)
    }
}

impl Member {
    fn check(&self, keys: &mut BTreeSet<PublicKey>) -> Result<(), RosterFault> {
        if self.nodes.len() > NODES_PER_MEMBER_MAX {
            return Err(RosterFault::BadNodes(self.id));
        }
        for node in &self.nodes {
            let addresses_fit = node.addresses.len() <= ADDRESSES_PER_NODE_MAX
                && node.addresses.iter().all(|address| address.len() <= ADDRESS_BYTES_MAX);
            let ended: BTreeSet<_> = node.ended.iter().map(|end| end.incarnation).collect();
            let ends_fit = ended.len() == node.ended.len()
                && ended.len() <= ENDED_LOGS_PER_NODE_MAX
                && node.ended.iter().all(|end| (end.seq == 0) == end.hash.is_none());
            if !addresses_fit || !ends_fit || !keys.insert(node.key) {
                return Err(RosterFault::BadNodes(self.id));
            }
            verify_certificate(&self.key, &node.key, &node.certificate)
                .map_err(|_| RosterFault::BadCertificate(self.id))?;
        }
        Ok(())
    }
}

/// Whether a text may name a member or a consortium.
pub fn is_name(text: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&text.len()) && text.trim() == text && !text.chars().any(char::is_control)
}
