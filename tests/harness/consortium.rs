//! A consortium made offline from a seed: governors, members, their nodes, the salt and every roster.
//!
//! It is made by the same functions of the protocol that the command line uses, so what nodes get is what they would
//! get from people.

use std::net::{IpAddr, Ipv4Addr};

use larum_protocol::{
    clock::Timestamp,
    hash::Digest,
    keys::{SealingSecretKey, SecretKey, certify_node},
    kind::{Entropy, Kind},
    log::{Incarnation, LogId},
    roster::{
        Epoch, KindPolicy, Member, MemberId, MemberStatus, Node, NodeStatus, Policy, Quota, Roster, RosterChain,
        SignedRoster,
    },
    tag::{Custody, Salt, Stretch},
};

use crate::{
    place::{P2P_PORT, own_address},
    random::Seeded,
};

/// The salt epoch of the genesis.
const EPOCH: u32 = 1;
/// A stretch that costs nothing: these tests are not about Argon2.
const STRETCH: Stretch = Stretch { memory_kib: 64, passes: 1, lanes: 1 };

/// What a consortium is founded with.
#[derive(Clone, Debug)]
pub struct Founding {
    /// How many nodes each member has.
    pub members: Vec<usize>,
    /// The policy.
    pub policy: Policy,
    /// What each node may publish a day.
    pub quota: Quota,
    /// Where the secrets come from.
    pub seed: u64,
    /// The addresses of all nodes in order, if they are not loopback addresses of their own.
    pub addresses: Vec<IpAddr>,
}

impl Founding {
    /// So many members of one node each, and a policy that lets tests be quick.
    pub fn of(members: usize) -> Self {
        let kinds = Kind::ALL.map(|kind| {
            let stretch = (kind.entropy() != Entropy::High).then_some(STRETCH);
            KindPolicy { custody: Custody::Shared(stretch), ..KindPolicy::recommended(kind) }
        });
        Self {
            members: vec![1; members],
            policy: Policy { kinds: kinds.to_vec(), ..Policy::default() },
            quota: Quota { asserts: 1_000_000, others: 1_000_000 },
            seed: 7,
            addresses: Vec::new(),
        }
    }
}

/// A member's secrets, and those of its nodes.
#[derive(Clone, Debug)]
pub struct MemberKeys {
    /// Its name.
    pub name: String,
    pub(crate) member_seed: [u8; 32],
    pub(crate) sealing_seed: [u8; 32],
    pub(crate) nodes: Vec<NodeKeys>,
}

#[derive(Clone, Debug)]
pub(crate) struct NodeKeys {
    pub(crate) seed: [u8; 32],
    pub(crate) address: IpAddr,
}

impl MemberKeys {
    /// The key of one of its nodes.
    pub fn node_key(&self, node: usize) -> SecretKey {
        SecretKey::from_seed(&self.nodes[node].seed)
    }

    /// A log of one of its nodes.
    pub fn log(&self, node: usize, incarnation: u8) -> LogId {
        LogId { node: self.node_key(node).public(), incarnation: Incarnation([incarnation; 16]) }
    }

    /// Where others dial one of its nodes.
    pub fn address(&self, node: usize) -> IpAddr {
        self.nodes[node].address
    }

    pub(crate) fn node_seed(&self, node: usize) -> [u8; 32] {
        self.nodes[node].seed
    }

    fn on_roster(&self, id: u32, quota: Quota) -> Member {
        let member = SecretKey::from_seed(&self.member_seed);
        let node = |keys: &NodeKeys| {
            let key = SecretKey::from_seed(&keys.seed).public();
            Node {
                key,
                certificate: certify_node(&member, &key),
                addresses: vec![format!("/ip4/{}/tcp/{P2P_PORT}", keys.address)],
                status: NodeStatus::Active,
                quota,
                ended: Vec::new(),
            }
        };
        Member {
            id: MemberId(id),
            name: self.name.clone(),
            key: member.public(),
            sealing: SealingSecretKey::from_seed(&self.sealing_seed).public(),
            status: MemberStatus::Active,
            nodes: self.nodes.iter().map(node).collect(),
        }
    }
}

/// A consortium and everybody's secrets.
#[derive(Debug)]
pub struct Consortium {
    /// The members, in the order of their numbers from 1.
    pub members: Vec<MemberKeys>,
    governors: Vec<SecretKey>,
    salts: Vec<(u32, [u8; 32])>,
    chain: RosterChain,
    random: Seeded,
}

impl Consortium {
    /// Founds it: three governors of whom two must sign.
    pub fn found(founding: &Founding) -> Self {
        let mut random = Seeded::new("consortium", founding.seed);
        let mut addresses = founding.addresses.iter().copied();
        let governors: Vec<_> = (0..3).map(|_| SecretKey::from_seed(&random.seed32())).collect();
        let salt = random.seed32();
        let mut members = Vec::new();
        for (number, nodes) in (1..).zip(&founding.members) {
            members.push(MemberKeys {
                name: format!("Employer {number}"),
                member_seed: random.seed32(),
                sealing_seed: random.seed32(),
                nodes: (0..*nodes)
                    .map(|_| NodeKeys { seed: random.seed32(), address: addresses.next().unwrap_or_else(own_address) })
                    .collect(),
            });
        }
        let roster = Roster {
            format: Roster::FORMAT,
            version: 0,
            consortium: None,
            prev: None,
            // Old enough that what a roster does not use may be erased.
            issued: Timestamp(now().0 - 2 * 24 * 60 * 60 * 1_000),
            name: "Example Consortium".to_owned(),
            governors: governors.iter().map(SecretKey::public).collect(),
            threshold: 2,
            members: (1..).zip(&members).map(|(id, keys)| keys.on_roster(id, founding.quota)).collect(),
            epochs: vec![Epoch {
                number: EPOCH,
                commitment: Salt::new(salt).commitment(EPOCH),
                until: None,
                stewards: None,
            }],
            policy: founding.policy.clone(),
            plan: None,
        };
        let genesis = sign(roster, &governors);
        let chain = RosterChain::found(genesis).expect("two of three signed");
        Self { members, governors, salts: vec![(EPOCH, salt)], chain, random }
    }

    /// Its id.
    pub fn id(&self) -> Digest {
        self.chain.consortium()
    }

    /// Every roster so far, oldest first.
    pub fn rosters(&self) -> &[SignedRoster] {
        self.chain.since(0)
    }

    /// The salt of the first epoch, and its number.
    pub fn salt(&self) -> (u32, [u8; 32]) {
        self.salts[0]
    }

    /// The salts of all epochs so far.
    pub fn salts(&self) -> Vec<(u32, [u8; 32])> {
        self.salts.clone()
    }

    /// The salt of a new epoch.
    pub(crate) fn new_salt(&mut self, epoch: u32) -> [u8; 32] {
        let salt = self.fresh();
        self.salts.push((epoch, salt));
        salt
    }

    /// Bytes that nothing else was made of.
    pub(crate) fn fresh(&mut self) -> [u8; 32] {
        self.random.seed32()
    }

    /// The newest roster.
    pub fn roster(&self) -> &Roster {
        self.chain.roster()
    }

    /// Signs the next roster, which differs by `change`; it is handed in by whoever calls.
    pub fn amend(&mut self, change: impl FnOnce(&mut Roster)) -> SignedRoster {
        let newest = self.chain.newest();
        let mut roster = newest.roster().clone();
        roster.consortium = Some(self.chain.consortium());
        roster.prev = Some(newest.id());
        roster.version += 1;
        change(&mut roster);
        roster.format = roster.format_needed();
        let signed = sign(roster, &self.governors);
        self.chain.offer(signed.clone()).expect("it follows, and two of three signed");
        signed
    }

    /// Puts the rosters' member `index` into another state.
    pub fn set_status(&mut self, index: usize, status: MemberStatus) -> SignedRoster {
        self.amend(|roster| roster.members[index].status = status)
    }
}

fn sign(roster: Roster, governors: &[SecretKey]) -> SignedRoster {
    let mut signed = SignedRoster::propose(roster).expect("the roster follows its own rules");
    governors[..2].iter().for_each(|governor| signed.sign(governor));
    signed
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    Timestamp(u64::try_from(since.as_millis()).expect("before the year 584,000,000"))
}

/// Loopback, where nothing else is asked for.
pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
