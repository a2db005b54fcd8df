//! Objects that only insiders can make: well-signed headers, bodies, rosters and messages with fields that an input
//! chooses, for the code behind the signature checks.

use std::sync::OnceLock;

use larum_protocol::{
    announcement::Announcement,
    batch::{Counts, Header, encode_body},
    clock::{Day, Timestamp},
    hash::{Digest, Label, digest},
    keys::SecretKey,
    log::{Incarnation, LogId},
    roster::{MemberId, MemberStatus, NodeStatus, RosterChain, SignedRoster},
    signed::{Signed, SignedObject},
    statement::{DerivedTag, Statement},
};
use libfuzzer_sys::arbitrary::{Result, Unstructured};

use crate::support::{
    TODAY, assertion, chain, dispute, end_log, governor_key, log_of, member, node_key, now, successor, suspicion, tag,
    withdrawal,
};

/// Members of the consortium that inputs are played against.
pub const MEMBERS: u32 = 3;

/// A number near an edge, or any.
pub fn number(u: &mut Unstructured<'_>) -> Result<u64> {
    Ok(match u.int_in_range(0..=11)? {
        small @ 0..=7_u8 => u64::from(small),
        8 => u64::MAX,
        9 => u64::MAX - 1,
        10 => u64::MAX / 2,
        _ => u.arbitrary()?,
    })
}

/// A digest that is unlikely to be one of something.
pub fn any_digest(u: &mut Unstructured<'_>) -> Result<Digest> {
    Ok(Digest([u.arbitrary()?; 32]))
}

/// One of the consortium's members.
pub fn any_member(u: &mut Unstructured<'_>) -> Result<u32> {
    u.int_in_range(1..=MEMBERS)
}

/// A log of a member, mostly its usual one.
pub fn any_log(u: &mut Unstructured<'_>) -> Result<(LogId, SecretKey)> {
    let member = any_member(u)?;
    let incarnation = Incarnation([u.choose(&[1, 1, 1, 0, 2, 3, 4, 5, 6, 255]).copied()?; 16]);
    Ok((LogId { incarnation, ..log_of(member) }, node_key(member)))
}

fn any_time(u: &mut Unstructured<'_>) -> Result<Timestamp> {
    let at = now();
    Ok(*u.choose(&[
        at,
        at,
        at.plus_ms(1),
        Timestamp(at.0 - 1),
        Timestamp(0),
        at.plus_ms(3_600_000),
        Timestamp(u64::MAX),
    ])?)
}

/// A statement, mostly well-formed.
pub fn statement(u: &mut Unstructured<'_>) -> Result<Statement> {
    let mut said = match u.int_in_range(0..=7)? {
        0..=3 => assertion(),
        4 => suspicion(),
        5 => withdrawal(number(u)?),
        _ => dispute(),
    };
    said.subject = tag(u.arbitrary()?);
    for _ in 0..u.int_in_range(0..=2)? {
        said.derived.push(DerivedTag { derivation: u.arbitrary()?, tag: tag(u.arbitrary()?) });
    }
    if u.ratio(1, 4)? {
        said.revision = number(u)?;
        said.keep_until = Day(*u.choose(&[0, TODAY.0 - 1, TODAY.0 + 800, u32::MAX])?);
    }
    Ok(said)
}

/// A signed header and a body: the first of a log, the next one behind a header that was made before, its rival, or any.
pub fn batch(u: &mut Unstructured<'_>, made: &mut Vec<Signed<Header>>) -> Result<(Signed<Header>, Vec<u8>)> {
    let statements: Vec<Statement> = (0..u.int_in_range(1..=2)?).map(|_| statement(u)).collect::<Result<_>>()?;
    let body = encode_body(&statements);
    let (log, mut key) = any_log(u)?;
    let mut header = Header {
        version: Header::VERSION,
        consortium: founded().consortium(),
        log,
        seq: 1,
        prev: None,
        floor: 1,
        issued: now(),
        epoch: 1,
        body: digest(Label::Body, &[&body]),
        body_bytes: body.len() as u32,
        counts: Counts::of(&statements),
        keep_until: statements.iter().map(|said| said.keep_until).max().unwrap_or_default(),
        continues: None,
    };
    let behind = if made.is_empty() { None } else { Some(u.choose(made)?.clone()) };
    match behind.filter(|_| u.ratio(3, 4).unwrap_or(false)) {
        Some(before) if u.ratio(3, 4)? => {
            (header.log, header.seq, header.prev) = (before.log, before.seq.saturating_add(1), Some(before.id()));
            header.floor = before.floor;
        }
        Some(rival) => {
            (header.log, header.seq, header.prev, header.floor) = (rival.log, rival.seq, rival.prev, rival.floor);
        }
        None => {}
    }
    if u.ratio(1, 3)? {
        distort(u, &mut header)?;
    }
    for member in 1..=MEMBERS {
        key = if node_key(member).public() == header.log.node { node_key(member) } else { key };
    }
    let signed = Signed::sign(header, &key);
    made.push(signed.clone());
    Ok((signed, body))
}

fn distort(u: &mut Unstructured<'_>, header: &mut Header) -> Result<()> {
    match u.int_in_range(0..=9)? {
        0 | 1 => header.seq = number(u)?,
        2 => header.floor = number(u)?,
        3 => (header.seq, header.floor) = number(u).map(|seq| (seq, seq))?,
        4 => header.issued = any_time(u)?,
        5 => header.prev = if u.arbitrary()? { Some(any_digest(u)?) } else { None },
        6 => header.counts = Counts { asserts: number(u)?, others: number(u)? },
        7 => header.keep_until = Day(*u.choose(&[0, TODAY.0 - 1, u32::MAX])?),
        8 => header.body_bytes = *u.choose(&[0, 1, u32::MAX])?,
        _ => header.consortium = any_digest(u)?,
    }
    if header.seq > 1 && header.prev.is_none() && u.ratio(3, 4)? {
        header.prev = Some(any_digest(u)?);
    }
    Ok(())
}

/// The consortium's genesis, signed once: certificates and signatures take longer than most inputs.
pub fn founded() -> RosterChain {
    static CHAIN: OnceLock<RosterChain> = OnceLock::new();
    CHAIN.get_or_init(|| chain(MEMBERS)).clone()
}

/// A signed announcement, of a header that was made before or of anything.
pub fn announcement(u: &mut Unstructured<'_>, made: &[Signed<Header>]) -> Result<Signed<Announcement>> {
    let (log, key) = any_log(u)?;
    let head = made.iter().rev().find(|header| header.log == log).filter(|_| u.ratio(2, 3).unwrap_or(false));
    let seq = head.map_or_else(|| number(u), |head| Ok(head.seq))?;
    let hash = head.map_or_else(|| any_digest(u), |head| Ok(head.id()))?;
    let word = Announcement {
        version: Announcement::VERSION,
        consortium: founded().consortium(),
        log,
        seq,
        hash: if seq == 0 { None } else { Some(hash) },
        floor: number(u)?,
        roster: number(u)?,
        time: any_time(u)?,
    };
    Ok(Signed::sign(word, &key))
}

/// A successor of a roster with something changed, signed by some governors; none where there is none or it breaks
/// its own rules.
pub fn roster(u: &mut Unstructured<'_>, before: &SignedRoster) -> Result<Option<SignedRoster>> {
    if before.roster().version == u64::MAX {
        return Ok(None);
    }
    let mut next = successor(before, |_| {});
    for _ in 0..u.int_in_range(0..=2)? {
        if next.members.is_empty() || next.members.iter().any(|member| member.nodes.is_empty()) {
            break;
        }
        let at = u.choose_index(next.members.len())?;
        match u.int_in_range(0..=9)? {
            0 => next.members.push(member(u.int_in_range(1..=9)?)),
            1 => drop(next.members.pop()),
            2 => {
                next.members[at].status =
                    *u.choose(&[MemberStatus::Active, MemberStatus::Suspended, MemberStatus::Removed])?
            }
            3 => {
                next.members[at].nodes[0].status =
                    *u.choose(&[NodeStatus::Active, NodeStatus::Retired, NodeStatus::Revoked])?
            }
            4 => {
                let seq = number(u)?;
                let hash = if u.arbitrary()? { Some(any_digest(u)?) } else { None };
                end_log(&mut next, at + 1, seq, hash);
            }
            5 => next.members[at].nodes.clear(),
            6 => next.version = number(u)?,
            7 => next.prev = Some(any_digest(u)?),
            8 => next.governors.truncate(u.int_in_range(0..=3)?),
            _ => next.members[at].id = MemberId(u.arbitrary()?),
        }
    }
    next.issued = any_time(u)?;
    next.threshold = u.int_in_range(1..=3)?;
    let Ok(mut signed) = SignedRoster::propose(next) else { return Ok(None) };
    for number in 0..u.int_in_range(0..=3)? {
        signed.sign(&governor_key(number));
    }
    Ok(Some(signed))
}
