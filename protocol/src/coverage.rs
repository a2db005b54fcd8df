//! Coverage: how fresh and complete the answering node's ledger is.
//!
//! Invariant: a node answers `clear` only under [`State::Fresh`] and without an unresolved fork or a rival roster.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    announcement::Announcement,
    clock::Timestamp,
    hash::{Digest, Label, digest},
    keys::PublicKey,
    ledger::{LogFacts, RosterIndex, View},
    limits::{CLOCK_SKEW_MS, OPEN_LOGS_PER_NODE_MAX},
    log::{Head, Incarnation, LogId},
    roster::MemberId,
};

/// Whether the ledger is good enough to say `clear`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The newest known roster is held, no announced batch is missing, and enough members were heard in time.
    Fresh,
    /// A roster or batches that others announced are missing.
    CatchingUp,
    /// Too few members were heard in time, or nobody may speak to this node any more.
    Stale,
}

impl State {
    /// The state's name in every interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::CatchingUp => "catching-up",
            Self::Stale => "stale",
        }
    }
}

/// Who says that something is missing here. It is named, because one member's false word turns every miss to `unknown`,
/// and the governors have to know whom to ask, or to suspend.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claim {
    /// The member's name on the roster.
    pub member: String,
    /// The log whose announcement or header says it.
    pub log: LogId,
    /// How many other logs say the like.
    pub others: usize,
}

impl std::fmt::Display for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in log {:?}", self.member, self.log)?;
        if self.others > 0 { write!(f, " and {} other logs", self.others) } else { Ok(()) }
    }
}

impl Claim {
    /// The gravest of what several logs claim; `None` if nobody claims anything.
    pub fn gravest(roster: &RosterIndex, claims: impl Iterator<Item = (LogId, u64)>) -> Option<Self> {
        let claims: Vec<_> = claims.filter(|(_, weight)| *weight > 0).collect();
        let (log, _) = *claims.iter().max_by_key(|(_, weight)| *weight)?;
        let member = roster.member_of(&log.node).and_then(|id| roster.roster().member(id));
        let member = member.map_or_else(String::new, |member| member.name.clone());
        Some(Self { member, log, others: claims.len() - 1 })
    }
}

/// How fresh and complete a node's ledger is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Coverage {
    /// The state in a word.
    pub state: State,
    /// Active members, this node's own with them.
    pub members: u32,
    /// How many of them were heard in time.
    pub heard: u32,
    /// Those that were not.
    pub absent: Vec<MemberId>,
    /// The version of the roster that is held.
    pub roster: u64,
    /// The newest version that an active node announced.
    pub roster_announced: u64,
    /// Who announced it, if it is newer than what is held.
    pub roster_claim: Option<Claim>,
    /// Batches that were announced and are not held.
    pub missing: u64,
    /// Whose they are.
    pub missing_claim: Option<Claim>,
    /// Logs with an unresolved fork.
    pub forked: Vec<LogId>,
    /// Whether two valid rosters of the newest version are known.
    pub rival_roster: bool,
    /// Whether the roster lets nobody speak to this node: it hears of nothing new.
    pub cut_off: bool,
    /// The digest of all heads that count.
    pub heads: Digest,
}

/// What coverage is computed from.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The roster that is held.
    pub roster: &'a RosterIndex,
    /// Whether a second valid roster of that version is known.
    pub rival_roster: bool,
    /// The member that this node belongs to: it hears itself.
    pub own: Option<MemberId>,
    /// Whether this node is not an active one of an active member: others close its connections.
    pub cut_off: bool,
    /// The newest announcement of each log.
    pub announcements: &'a BTreeMap<LogId, Announcement>,
    /// The heads that are held.
    pub heads: &'a BTreeMap<LogId, Head>,
    /// What is known of each log.
    pub logs: &'a HashMap<LogId, LogFacts>,
    /// What [`heads_digest`] makes of the heads that count.
    pub heads_digest: Digest,
    /// Now.
    pub now: Timestamp,
}

impl Coverage {
    /// The coverage of a node that knows this.
    pub fn of(known: &Known<'_>) -> Self {
        let roster = known.roster.roster();
        let view = View { roster: known.roster, logs: known.logs, now: known.now };
        // Who was suspended, removed, retired or revoked may have said anything before: it is not heard any more.
        let active: HashSet<PublicKey> = roster.connectable().map(|node| node.key).collect();
        let words: Vec<&Announcement> =
            known.announcements.values().filter(|word| active.contains(&word.log.node)).collect();
        let absent = absent(known, &words);
        let members = roster.active_members().count();
        let heard = members - absent.len();
        let newer = words.iter().map(|word| (word.log, word.roster.saturating_sub(roster.version)));
        let roster_claim = Claim::gravest(known.roster, newer);
        let roster_announced = words.iter().map(|word| word.roster).max().unwrap_or(0).max(roster.version);
        let missing = missing(known);
        let missing_claim = Claim::gravest(known.roster, missing.iter().copied());
        // An announced number is only a claim: two of the largest do not fit one counter.
        let missing = missing.iter().map(|(_, missing)| *missing).fold(0, u64::saturating_add);
        let enough = heard * 100 >= members * usize::from(roster.policy.fresh_percent);
        let behind = roster_announced > roster.version || missing > 0;
        let state = match (known.cut_off, behind, enough) {
            (true, ..) | (false, false, false) => State::Stale,
            (false, true, _) => State::CatchingUp,
            (false, false, true) => State::Fresh,
        };
        Self {
            state,
            members: members as u32,
            heard: heard as u32,
            absent,
            roster: roster.version,
            roster_announced,
            roster_claim,
            missing,
            missing_claim,
            forked: view.unresolved_forks(),
            rival_roster: known.rival_roster,
            cut_off: known.cut_off,
            heads: known.heads_digest,
        }
    }

    /// Whether a miss may be answered with `clear`.
    pub fn may_clear(&self) -> bool {
        self.why_not_clear().is_none()
    }

    /// Why a miss may not be answered with `clear`, in words for a person, and what has to happen.
    pub fn why_not_clear(&self) -> Option<String> {
        if self.cut_off {
            return Some(format!(
                "roster {} does not let other nodes speak to this one, so it hears of nothing new; ask the governors",
                self.roster
            ));
        }
        if self.state == State::CatchingUp {
            return Some(self.why_catching_up());
        }
        if self.state == State::Stale {
            return Some(format!(
                "only {} of {} members were heard in time; check the network and ask again",
                self.heard, self.members
            ));
        }
        if let Some(log) = self.forked.first() {
            return Some(format!("log {log:?} is forked: its author told two stories; the governors have to decide"));
        }
        self.rival_roster.then(|| {
            format!("two valid rosters of version {} exist; the governors have to sign a successor", self.roster)
        })
    }
}

impl Coverage {
    fn why_catching_up(&self) -> String {
        let by = |claim: &Option<Claim>| claim.as_ref().map_or_else(|| "others".to_owned(), Claim::to_string);
        let what = if self.roster_announced > self.roster {
            let by = by(&self.roster_claim);
            format!("this node holds roster {}, and {} was announced by {by}", self.roster, self.roster_announced)
        } else {
            let by = by(&self.missing_claim);
            format!("{} batches that were announced by {by} have not arrived yet", self.missing)
        };
        format!("this node is catching up: {what}; if that lasts, tell the governors who announced it")
    }
}

fn absent(known: &Known<'_>, words: &[&Announcement]) -> Vec<MemberId> {
    let fresh_ms = u64::from(known.roster.roster().policy.fresh_seconds) * 1000;
    let in_time = |word: &Announcement| {
        known.now.ms_since(word.time) <= fresh_ms && word.time <= known.now.plus_ms(CLOCK_SKEW_MS)
    };
    let heard: BTreeSet<MemberId> = words
        .iter()
        .filter(|word| in_time(word))
        .filter_map(|word| known.roster.member_of(&word.log.node))
        .chain(known.own)
        .collect();
    known.roster.roster().active_members().map(|member| member.id).filter(|id| !heard.contains(id)).collect()
}

/// Batches that each author announced within what the roster allows, and that are not held. The word of a retired or
/// revoked node still tells of batches that count: it reaches no further than the end that the governors signed.
fn missing(known: &Known<'_>) -> Vec<(LogId, u64)> {
    let forked: BTreeSet<LogId> =
        known.logs.iter().filter(|(_, facts)| facts.forked_at.is_some()).map(|(log, _)| *log).collect();
    let missing = |word: &Announcement| {
        let Some(standing) = known.roster.standing(&word.log).filter(|standing| standing.counts) else { return 0 };
        // Beyond an undecided fork nothing is fetched: there the log is named as forked, not as missing.
        let forked_at = known.logs.get(&word.log).and_then(|facts| facts.forked_at);
        let last = standing.end.map(|(last, _)| last).or(forked_at.map(|fork| fork.saturating_sub(1)));
        let announced = last.map_or(word.seq, |last| word.seq.min(last));
        let missing = announced.saturating_sub(known.heads.get(&word.log).map_or(0, |head| head.seq));
        if missing > 0 && !standing.named && is_beyond(known, &forked, &word.log) { 0 } else { missing }
    };
    known.announcements.values().map(|word| (word.log, missing(word))).collect()
}

/// Whether a log that the roster does not name is beyond those of its node that count: nobody fetches it.
fn is_beyond(known: &Known<'_>, forked: &BTreeSet<LogId>, log: &LogId) -> bool {
    let first = LogId { incarnation: Incarnation([0; 16]), ..*log };
    let held = known.heads.range(first..*log).map(|(lower, _)| lower);
    let lower: BTreeSet<&LogId> = held.chain(forked.range(first..*log)).collect();
    let unnamed = |lower: &&&LogId| known.roster.roster().standing(lower).is_some_and(|standing| !standing.named);
    lower.iter().filter(unnamed).count() >= OPEN_LOGS_PER_NODE_MAX
}

/// One digest of all heads that count: two nodes that know the same have the same.
pub fn heads_digest(heads: impl Iterator<Item = (LogId, u64, Digest)>) -> Digest {
    let mut sorted: Vec<_> = heads.filter(|(_, seq, _)| *seq > 0).collect();
    sorted.sort_unstable_by_key(|(log, ..)| *log);
    let mut bytes = Vec::with_capacity(sorted.len() * 88);
    for (log, seq, hash) in sorted {
        bytes.extend_from_slice(&log.to_bytes());
        bytes.extend_from_slice(&seq.to_be_bytes());
        bytes.extend_from_slice(&hash.0);
    }
    digest(Label::Coverage, &[&bytes])
}
