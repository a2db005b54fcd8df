//! The keys, the genesis and the statements of a simulated consortium.

use std::sync::Arc;

use crate::{
    clock::Day,
    hash::{Label, digest},
    keys::{PublicKey, SealingSecretKey, SecretKey, Signature, certify_node},
    kind::Kind,
    roster::{
        Epoch, Member, MemberId, MemberStatus, Node, NodeStatus, Policy, Quota, Roster, RosterChain, SignedRoster,
    },
    statement::Statement,
    tag::{Salt, Tag},
    vocabulary::{Evidence, Reason, Role, Stance},
};

/// The salt that every simulated consortium uses.
const SALT: [u8; 32] = [7; 32];

/// A consortium of one node a member. Its keys depend on nothing but its size, so that many runs share them.
#[derive(Clone, Debug)]
pub struct Consortium {
    pub(super) keys: Arc<Vec<SecretKey>>,
    pub(super) chain: RosterChain,
    governors: [SecretKey; 2],
}

fn key(role: &str, number: usize) -> SecretKey {
    SecretKey::from_seed(&digest(Label::Roster, &[role.as_bytes(), &number.to_be_bytes()]).0)
}

pub(super) fn sealing_key(number: usize) -> SealingSecretKey {
    SealingSecretKey::from_seed(&digest(Label::SaltSealing, &[&number.to_be_bytes()]).0)
}

impl Consortium {
    /// A consortium of so many members.
    ///
    /// # Panics
    /// If the size is not one that a roster may have.
    pub fn of(members: usize) -> Self {
        let keys: Vec<SecretKey> = (0..members).map(|number| key("node", number)).collect();
        let governors = [key("governor", 0), key("governor", 1)];
        let roster = Roster {
            format: Roster::FORMAT,
            version: 0,
            consortium: None,
            prev: None,
            issued: super::START,
            name: "Example Consortium".into(),
            governors: governors.iter().map(SecretKey::public).collect(),
            threshold: 2,
            members: keys.iter().enumerate().map(|(number, node)| member(number, node)).collect(),
            epochs: vec![Epoch { number: 1, commitment: Salt::new(SALT).commitment(1), until: None, stewards: None }],
            policy: Policy::default(),
            plan: None,
        };
        let mut genesis = SignedRoster::propose(roster).expect("the roster keeps its rules");
        governors.iter().for_each(|governor| genesis.sign(governor));
        let chain = RosterChain::found(genesis).expect("both governors signed");
        Self { keys: Arc::new(keys), chain, governors }
    }

    pub(super) fn size(&self) -> usize {
        self.keys.len()
    }

    /// A node's key: what an adversary signs with.
    pub fn key(&self, node: usize) -> &SecretKey {
        &self.keys[node]
    }

    /// A member's certificate for a node of its own.
    pub fn certificate(member: usize, node: &PublicKey) -> Signature {
        certify_node(&key("member", member), node)
    }

    /// The rosters at the start.
    pub const fn chain(&self) -> &RosterChain {
        &self.chain
    }

    /// A signed successor of a roster.
    ///
    /// # Panics
    /// If the change breaks the roster's own rules.
    pub fn successor(&self, of: &SignedRoster, change: impl FnOnce(&mut Roster)) -> SignedRoster {
        let mut roster = of.roster().clone();
        roster.consortium = Some(self.chain.consortium());
        roster.prev = Some(of.id());
        roster.version += 1;
        change(&mut roster);
        let mut signed = SignedRoster::propose(roster).expect("the change keeps the roster's rules");
        self.governors.iter().for_each(|governor| signed.sign(governor));
        signed
    }

    pub(super) const fn salt(&self) -> Salt {
        Salt::new(SALT)
    }
}

fn member(number: usize, node: &SecretKey) -> Member {
    let member = key("member", number);
    Member {
        id: MemberId(number as u32),
        name: format!("Employer {number}"),
        key: member.public(),
        sealing: sealing_key(number).public(),
        status: MemberStatus::Active,
        nodes: vec![Node {
            key: node.public(),
            certificate: certify_node(&member, &node.public()),
            addresses: Vec::new(),
            status: NodeStatus::Active,
            quota: Quota { asserts: 1_000, others: 1_000 },
            ended: Vec::new(),
        }],
    }
}

/// A confirmed assertion of a member: of its own numbers, and of three subjects that it shares with others.
pub fn statement(member: u32, number: u64) -> Statement {
    let today: Day = super::START.day();
    let subject = if number.is_multiple_of(4) { number % 3 } else { u64::from(member) << 16 | number };
    let mut tag = [0xaa; 32];
    tag[..8].copy_from_slice(&subject.to_be_bytes());
    Statement {
        subject: Tag(tag),
        derived: Vec::new(),
        kind: Kind::Email.number(),
        stance: Stance::Assert,
        revision: number,
        role: Role::ActorControlled,
        reason: Reason::ArtReuse,
        evidence: Evidence::Confirmed,
        origin: None,
        re: None,
        observed: today,
        expires: today.plus(100),
        keep_until: today.plus(200),
    }
}
