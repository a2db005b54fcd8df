//! What the roster says of a log: whose it is, and how far it counts.

use super::{LogEnd, Member, MemberId, MemberStatus, NodeStatus, Quota, Roster};
use crate::{hash::Digest, log::LogId};

/// What the roster says of one log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Standing {
    /// Whose log it is.
    pub member: MemberId,
    /// Whether the member's statements count.
    pub counts: bool,
    /// The last batch that is valid, if the log ended: its number, and its id unless that is 0.
    pub end: Option<(u64, Option<Digest>)>,
    /// How many of its statements count a day.
    pub quota: Quota,
    /// Whether the roster names this log; one that it does not is among the node's open ones.
    pub named: bool,
}

impl Standing {
    /// Whether a batch of this number is within what the roster allows.
    pub fn covers(&self, seq: u64) -> bool {
        self.end.is_none_or(|(last, _)| seq <= last)
    }
}

impl Roster {
    /// What this roster says of a log; `None` if its node was never on it.
    pub fn standing(&self, log: &LogId) -> Option<Standing> {
        let (member, _) = self.node(&log.node)?;
        self.standing_of(member, log)
    }

    /// The same for a log of a known member.
    pub fn standing_of(&self, member: &Member, log: &LogId) -> Option<Standing> {
        let node = member.nodes.iter().find(|node| node.key == log.node)?;
        let named = node.ended.iter().find(|end| end.incarnation == log.incarnation);
        let end = match (named, node.status) {
            (Some(LogEnd { seq, hash, .. }), _) => Some((*seq, *hash)),
            (None, NodeStatus::Active) => None,
            (None, NodeStatus::Retired | NodeStatus::Revoked) => Some((0, None)),
        };
        Some(Standing { member: member.id, counts: counts(member), end, quota: node.quota, named: named.is_some() })
    }
}

fn counts(member: &Member) -> bool {
    member.status == MemberStatus::Active
}
