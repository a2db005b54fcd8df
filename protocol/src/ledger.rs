//! What the logs add up to: which statements count, and the newest of each member about a subject.
//!
//! Invariant: what counts depends on the batches held, the roster and the time asked for, never on the order, the
//! duplication or the moment in which batches arrived (I2).
//! Absent on purpose: where statements are kept and how they are found (the node's store and index).

use std::collections::{BTreeMap, HashMap};

use crate::{
    batch::{Counts, Header},
    clock::{Day, Timestamp},
    hash::Digest,
    keys::PublicKey,
    limits::{CLOCK_SKEW_MS, OPEN_LOGS_PER_NODE_MAX},
    log::{Head, LogId},
    roster::{MemberId, Policy, Roster, Standing},
    signed::Signed,
    statement::Statement,
    tag::Tag,
    vocabulary::{Stance, Weight},
};

/// A statement as it was found, with what its batch says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it says.
    pub statement: Statement,
    /// The log it stands in.
    pub log: LogId,
    /// Its batch's number.
    pub seq: u64,
    /// Its batch's time of issue.
    pub issued: Timestamp,
    /// Statements of the log issued on its batch's day, up to and with its batch.
    pub day: Counts,
}

/// What a node knows of one log as a whole.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LogFacts {
    /// The lowest number that counts.
    pub floor: u64,
    /// The day on which the floor's batch was issued, and the log's statements of that day before it: they are behind
    /// the floor, so they use up no quota.
    pub before_floor: (Day, Counts),
    /// The lowest number at which the log is known to be forked.
    pub forked_at: Option<u64>,
    /// Whether it is among those open logs of its node that count.
    pub open: bool,
}

/// One log as a node follows it, batch by batch: its head, and what quotas and floors need to know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LogState {
    /// The newest batch held.
    pub head: Head,
    /// Statements issued on the head's day, up to and with the head.
    pub day: Counts,
    /// See [`LogFacts::before_floor`].
    pub before_floor: (Day, Counts),
    /// See [`LogFacts::forked_at`].
    pub forked_at: Option<u64>,
}

/// A batch that is held, as far as floors need it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HeldBatch {
    /// The day on which it was issued.
    pub day: Day,
    /// Statements of the log issued on that day before it.
    pub before: Counts,
}

impl LogState {
    /// The state of a log that is entered at `header`.
    pub fn enter(header: &Signed<Header>) -> Self {
        let before_floor = (header.issued.day(), Counts::default());
        Self { head: Head::of(header), day: header.counts, before_floor, forked_at: None }
    }

    /// The state after `header`, which follows the head. `held` finds a batch of this log that is held, by its number;
    /// it is asked only where the floor moves.
    #[must_use]
    pub fn advance(&self, header: &Signed<Header>, held: impl FnOnce(u64) -> Option<HeldBatch>) -> Self {
        let same_day = header.issued.day() == self.head.issued.day();
        let before = if same_day { self.day } else { Counts::default() };
        let before_floor = if header.floor == self.head.floor {
            self.before_floor
        } else if header.floor == header.seq {
            (header.issued.day(), before)
        } else {
            held(header.floor).map_or((header.issued.day(), Counts::default()), |batch| (batch.day, batch.before))
        };
        Self { head: Head::of(header), day: before.plus(header.counts), before_floor, forked_at: self.forked_at }
    }

    /// Statements of a day that use up the quota: those above the floor.
    pub fn used_on(&self, day: Day) -> Counts {
        let of_head = if self.head.issued.day() == day { self.day } else { Counts::default() };
        let behind_floor = if self.before_floor.0 == day { self.before_floor.1 } else { Counts::default() };
        of_head.minus(behind_floor)
    }

    /// What the fold needs of it.
    pub const fn facts(&self, open: bool) -> LogFacts {
        LogFacts { floor: self.head.floor, before_floor: self.before_floor, forked_at: self.forked_at, open }
    }
}

/// Which of a node's logs, given in ascending order, count without being named in the roster.
pub fn open_logs<'a>(
    roster: &'a Roster,
    logs: impl IntoIterator<Item = LogId> + 'a,
) -> impl Iterator<Item = LogId> + 'a {
    let unnamed = move |log: &LogId| roster.standing(log).is_some_and(|standing| !standing.named);
    logs.into_iter().filter(unnamed).take(OPEN_LOGS_PER_NODE_MAX)
}

/// Whether a further batch of `own` would count, and not cost another log of its node its place among those that do
/// (P44). `open` are the node's logs that the roster does not name and of which anything is known, ascending.
pub fn has_room(own: &LogId, open: &[LogId]) -> bool {
    let place = open.iter().position(|log| log == own).unwrap_or(open.len());
    place < OPEN_LOGS_PER_NODE_MAX
}

/// A roster with what look-ups need: who a node belongs to without a search.
#[derive(Clone, Debug)]
pub struct RosterIndex {
    roster: Roster,
    nodes: HashMap<PublicKey, MemberId>,
}

impl RosterIndex {
    /// Indexes a roster.
    pub fn new(roster: Roster) -> Self {
        let nodes =
            roster.members.iter().flat_map(|member| member.nodes.iter().map(|node| (node.key, member.id))).collect();
        Self { roster, nodes }
    }

    /// The roster.
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Whose node a key is.
    pub fn member_of(&self, node: &PublicKey) -> Option<MemberId> {
        self.nodes.get(node).copied()
    }

    /// What the roster says of a log; `None` if its node was never on it.
    pub fn standing(&self, log: &LogId) -> Option<Standing> {
        let member = self.roster.member(self.member_of(&log.node)?)?;
        self.roster.standing_of(member, log)
    }
}

/// What the fold looks at beside the statements.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The roster that decides.
    pub roster: &'a RosterIndex,
    /// The logs, as far as known.
    pub logs: &'a HashMap<LogId, LogFacts>,
    /// The time that is asked about.
    pub now: Timestamp,
}

/// A statement that counts, whose it is, and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Whose.
    pub member: MemberId,
    /// What it says.
    pub statement: Statement,
    /// The hash by which disputes refer to it.
    pub hash: Digest,
    /// The last day on which it counts: its own, or the policy's limit if that is earlier.
    pub expires: Day,
}

impl View<'_> {
    /// The member that an entry speaks for, if the entry counts at all: the log, the roster, the floor, forks, quotas and
    /// the clock decide. Expiry comes later: an expired statement still supersedes.
    pub fn speaks_for(&self, entry: &Entry) -> Option<MemberId> {
        let (standing, facts) = self.in_force(&entry.log, entry.seq, entry.issued)?;
        // A day more than the author's own: whoever observed it may live east of UTC.
        let observed_before = entry.statement.observed <= entry.issued.day().plus(1);
        let counts = observed_before
            && is_within_quota(entry, facts, &standing)
            && self.policy().kind(entry.statement.kind).is_some();
        counts.then_some(standing.member)
    }

    /// The member that a batch speaks for, if anything in it can count: all of [`speaks_for`](Self::speaks_for) that needs
    /// no statement.
    pub fn batch_speaks_for(&self, log: &LogId, seq: u64, issued: Timestamp) -> Option<MemberId> {
        self.in_force(log, seq, issued).map(|(standing, _)| standing.member)
    }

    fn in_force(&self, log: &LogId, seq: u64, issued: Timestamp) -> Option<(Standing, &LogFacts)> {
        let standing = self.roster.standing(log)?;
        let facts = self.logs.get(log)?;
        let in_force = standing.counts
            && standing.covers(seq)
            && (standing.named || facts.open)
            && seq >= facts.floor
            && !is_behind_fork(facts, &standing, seq)
            && issued <= self.now.plus_ms(CLOCK_SKEW_MS);
        in_force.then_some((standing, facts))
    }

    /// The newest statement of each member about each subject, of those entries that count and are still to be kept.
    pub fn newest(&self, entries: &[Entry]) -> BTreeMap<Tag, Vec<Counted>> {
        let today = self.now.day();
        let mut newest: BTreeMap<(Tag, MemberId), (&Statement, Digest)> = BTreeMap::new();
        for entry in entries {
            let statement = &entry.statement;
            if statement.keep_until < today {
                continue;
            }
            let Some(member) = self.speaks_for(entry) else { continue };
            let candidate = (statement, statement.hash());
            newest
                .entry((statement.subject, member))
                .and_modify(|held| {
                    if supersedes(candidate, *held) {
                        *held = candidate;
                    }
                })
                .or_insert(candidate);
        }
        let mut subjects: BTreeMap<Tag, Vec<Counted>> = BTreeMap::new();
        for ((subject, member), (statement, hash)) in newest {
            let expires = self.policy().expiry(statement);
            subjects.entry(subject).or_default().push(Counted { member, statement: statement.clone(), hash, expires });
        }
        subjects
    }

    /// Logs that are forked and undecided, and whose member counts: while there is one, a miss is not `clear`.
    pub fn unresolved_forks(&self) -> Vec<LogId> {
        let mut forked: Vec<_> = self
            .logs
            .iter()
            .filter(|(log, facts)| {
                let standing = self.roster.standing(log);
                facts.forked_at.is_some() && standing.is_some_and(|standing| standing.counts && standing.end.is_none())
            })
            .map(|(log, _)| *log)
            .collect();
        forked.sort_unstable();
        forked
    }

    fn policy(&self) -> &Policy {
        &self.roster.roster().policy
    }
}

/// From the fork on nothing counts, until the roster names the log's last valid batch.
fn is_behind_fork(facts: &LogFacts, standing: &Standing, seq: u64) -> bool {
    standing.end.is_none() && facts.forked_at.is_some_and(|fork| seq >= fork)
}

/// A batch counts as long as its log's statements of that day, itself with them, are within the quota of its class.
fn is_within_quota(entry: &Entry, facts: &LogFacts, standing: &Standing) -> bool {
    let (floor_day, before_floor) = facts.before_floor;
    let behind_floor = if entry.issued.day() == floor_day { before_floor } else { Counts::default() };
    let used = entry.day.minus(behind_floor);
    match entry.statement.stance {
        Stance::Assert => used.asserts <= standing.quota.asserts,
        _ => used.others <= standing.quota.others,
    }
}

/// Whether `new` replaces `held`, both by one member about one subject: the higher revision; at a tie withdraw before
/// dispute before assert, then the lower hash.
fn supersedes(new: (&Statement, Digest), held: (&Statement, Digest)) -> bool {
    let rank = |statement: &Statement| match statement.stance {
        Stance::Withdraw => 2,
        Stance::Dispute => 1,
        _ => 0,
    };
    let key = |(statement, hash): (&Statement, Digest)| (statement.revision, rank(statement), std::cmp::Reverse(hash));
    key(new) > key(held)
}

impl Policy {
    /// The last day on which a statement counts: its own, but never beyond the limit for its kind and role (I4).
    pub fn expiry(&self, statement: &Statement) -> Day {
        let kind_days = self.kind(statement.kind).map_or(0, |kind| kind.life_days);
        let days = match statement.role.weight() {
            Weight::Victim => kind_days.min(self.victim_life_days),
            _ => kind_days,
        };
        statement.expires.min(statement.observed.plus(days))
    }
}
