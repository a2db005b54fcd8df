//! A small consortium to test rules against: keys from seeds, statements with sensible fields.
#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "tests")]

pub mod stewards;

use std::collections::HashMap;

use larum_protocol::{
    batch::{Batch, Counts, Draft},
    clock::{Day, Timestamp},
    hash::Digest,
    keys::{SealingSecretKey, SecretKey, certify_node},
    kind::Kind,
    ledger::{Entry, LogFacts, RosterIndex, View},
    log::{Incarnation, LogId},
    roster::{
        Epoch, LogEnd, Member, MemberId, MemberStatus, Node, NodeStatus, Policy, Quota, Roster, RosterChain,
        SignedRoster,
    },
    statement::Statement,
    tag::{Salt, Tag, Tags},
    verdict::{Finding, Query, fold},
    vocabulary::{Evidence, Reason, Role, Stance},
};

pub const TODAY: Day = Day(20_779);
pub const SALT: [u8; 32] = [7; 32];

pub fn now() -> Timestamp {
    TODAY.start().plus_ms(12 * 3_600_000)
}

pub fn node_key(member: u32) -> SecretKey {
    SecretKey::from_seed(&[member as u8 + 100; 32])
}

pub fn governor_key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number + 200; 32])
}

pub fn log_of(member: u32) -> LogId {
    LogId { node: node_key(member).public(), incarnation: Incarnation([1; 16]) }
}

pub fn member(id: u32) -> Member {
    let key = SecretKey::from_seed(&[id as u8 + 50; 32]);
    let node = node_key(id).public();
    Member {
        id: MemberId(id),
        name: format!("Employer {id}"),
        key: key.public(),
        sealing: SealingSecretKey::from_seed(&[id as u8; 32]).public(),
        status: MemberStatus::Active,
        nodes: vec![Node {
            key: node,
            certificate: certify_node(&key, &node),
            addresses: Vec::new(),
            status: NodeStatus::Active,
            quota: Quota { asserts: 1_000, others: 1_000 },
            ended: Vec::new(),
        }],
    }
}

pub fn genesis(members: u32) -> Roster {
    Roster {
        format: Roster::FORMAT,
        version: 0,
        consortium: None,
        prev: None,
        issued: now(),
        name: "Example Consortium".into(),
        governors: (0..3).map(|number| governor_key(number).public()).collect(),
        threshold: 2,
        members: (1..=members).map(member).collect(),
        epochs: vec![Epoch { number: 1, commitment: Salt::new(SALT).commitment(1), until: None, stewards: None }],
        policy: Policy::default(),
        plan: None,
    }
}

pub fn successor(of: &SignedRoster, change: impl FnOnce(&mut Roster)) -> Roster {
    let mut roster = of.roster().clone();
    roster.consortium = Some(roster.consortium.unwrap_or_else(|| of.id()));
    roster.prev = Some(of.id());
    roster.version += 1;
    change(&mut roster);
    roster
}

pub fn signed(roster: Roster, governors: &[u8]) -> SignedRoster {
    let mut signed = SignedRoster::propose(roster).unwrap();
    governors.iter().for_each(|number| signed.sign(&governor_key(*number)));
    signed
}

pub fn chain(members: u32) -> RosterChain {
    RosterChain::found(signed(genesis(members), &[0, 1])).unwrap()
}

pub fn end_log(roster: &mut Roster, member: usize, seq: u64, hash: Option<Digest>) {
    roster.members[member - 1].nodes[0].ended.push(LogEnd { incarnation: Incarnation([1; 16]), seq, hash });
}

/// A second log of the member's node ended before its first batch.
pub fn end_log_never_used(roster: &mut Roster, member: usize) {
    let end = LogEnd { incarnation: Incarnation([3; 16]), seq: 0, hash: None };
    roster.members[member - 1].nodes[0].ended.push(end);
}

pub const fn tag(number: u8) -> Tag {
    Tag([number; 32])
}

/// A confirmed, adverse, first-hand assertion about subject 1, observed today.
pub fn assertion() -> Statement {
    Statement {
        subject: tag(1),
        derived: Vec::new(),
        kind: Kind::Email.number(),
        stance: Stance::Assert,
        revision: 1,
        role: Role::ActorControlled,
        reason: Reason::ArtReuse,
        evidence: Evidence::Confirmed,
        origin: None,
        re: None,
        observed: TODAY,
        expires: TODAY.plus(700),
        keep_until: TODAY.plus(730),
    }
}

pub fn suspicion() -> Statement {
    Statement { evidence: Evidence::Suspected, ..assertion() }
}

pub fn withdrawal(revision: u64) -> Statement {
    Statement { stance: Stance::Withdraw, reason: Reason::CorError, revision, ..assertion() }
}

pub fn dispute() -> Statement {
    Statement { stance: Stance::Dispute, reason: Reason::CorVictim, ..assertion() }
}

/// The statement as batch `seq` of the member's log, alone on its day as far as quotas go.
pub fn entry(member: u32, seq: u64, statement: Statement) -> Entry {
    Entry { statement, log: log_of(member), seq, issued: now(), day: Counts { asserts: 1, others: 1 } }
}

/// A ledger to ask: a roster, facts about its members' logs, and statements.
#[derive(Clone)]
pub struct Town {
    pub roster: Roster,
    pub facts: HashMap<LogId, LogFacts>,
    pub now: Timestamp,
}

impl Town {
    pub fn of(members: u32) -> Self {
        let facts =
            (1..=members).map(|id| (log_of(id), LogFacts { floor: 1, open: true, ..LogFacts::default() })).collect();
        Self { roster: genesis(members), facts, now: now() }
    }

    pub fn ask(&self, entries: &[Entry]) -> Finding {
        self.ask_for(&Tags { epoch: 1, subject: tag(1), derived: Vec::new() }, entries)
    }

    pub fn ask_for(&self, tags: &Tags, entries: &[Entry]) -> Finding {
        self.ask_with(std::slice::from_ref(tags), entries)
    }

    pub fn ask_with(&self, tags: &[Tags], entries: &[Entry]) -> Finding {
        let roster = RosterIndex::new(self.roster.clone());
        let view = View { roster: &roster, logs: &self.facts, now: self.now };
        fold(&Query { tags }, entries, &view)
    }
}

/// The next batch of a member's log.
pub fn batch(member: u32, head: Option<&Batch>, statements: &[Statement]) -> Batch {
    let draft = Draft {
        consortium: chain(3).consortium(),
        log: log_of(member),
        head: head.map(|batch| (batch.header.seq, batch.header.id())),
        floor: 1,
        issued: now(),
        epoch: 1,
        continues: None,
    };
    draft.sign(statements, &node_key(member)).unwrap()
}
