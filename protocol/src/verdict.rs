//! The fold: what the ledger, the roster and the clock say about an identifier.
//!
//! Invariant: one pure function of the statements on the tags, the roster, the policy and the time; taxonomy.md's table,
//! line by line. It never says `clear` for want of knowledge: that is [`Verdict::weighed`]'s business, which takes
//! the coverage in (I8).

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    clock::Day,
    hash::Digest,
    kind::resume::{CANDIDATE_BANDS, MATCH_BANDS},
    ledger::{Counted, Entry, View},
    roster::MemberId,
    statement::Statement,
    tag::{Tag, Tags},
    vocabulary::{Evidence, Reason, Role, Stance, Weight},
};

/// What every interface answers, from the mildest to the gravest: the order in which the worst of several is chosen.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Fresh coverage, and nothing counted.
    Clear,
    /// Would be clear, but the node cannot know.
    Unknown,
    /// Victims' roles, shared infrastructure, or too little suspicion.
    Caution,
    /// Would be caution or listed, and another member disputes it.
    Disputed,
    /// An adverse role confirmed by a member, or suspected by as many as the policy asks.
    Listed,
}

impl Verdict {
    /// Every verdict, from the mildest to the gravest.
    pub const ALL: [Self; 5] = [Self::Clear, Self::Unknown, Self::Caution, Self::Disputed, Self::Listed];

    /// The verdict's name in every interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Unknown => "unknown",
            Self::Caution => "caution",
            Self::Disputed => "disputed",
            Self::Listed => "listed",
        }
    }

    /// The verdict that a name stands for.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }

    /// What to do next, for the person who reads it.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Clear => "No member has reported it. That is not proof of honesty.",
            Self::Unknown => "This node cannot tell now. Ask again when the reason given is gone.",
            Self::Caution => {
                "Look closer. If a person's identity may have been stolen, ask that person, over a channel that the applicant \
                 did not give."
            }
            Self::Disputed => "Members disagree. Read both sides with their dates before any decision.",
            Self::Listed => "A person must review this before any decision.",
        }
    }

    /// The verdict on a finding, given whether the node may answer `clear`.
    pub const fn weighed(finding: Option<Self>, may_clear: bool) -> Self {
        match finding {
            Some(verdict) => verdict,
            None if may_clear => Self::Clear,
            None => Self::Unknown,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How strong a listing is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// By at least one member, on confirmed evidence.
    Confirmed,
    /// By as many members as the policy asks.
    Corroborated,
}

/// How a statement was found.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Match {
    /// Its subject is the identifier itself.
    Exact,
    /// Its subject is a resume that has so many bands in common with this one; at least [`CANDIDATE_BANDS`].
    Bands(u8),
    /// Only a derived form is the same: the mailbox without its plus tag, the network of an address.
    Derived,
}

impl Match {
    /// Whether it is as good as the identifier itself. Enough bands are, however many: they are one kind of evidence.
    fn identifies(self) -> bool {
        match self {
            Self::Exact => true,
            Self::Bands(shared) => usize::from(shared) >= MATCH_BANDS,
            Self::Derived => false,
        }
    }
}

/// One member's say that counts, as an answer shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// Who says it.
    pub member: MemberId,
    /// What is said.
    pub stance: Stance,
    /// What the identifier is to the fraud.
    pub role: Role,
    /// Why.
    pub reason: Reason,
    /// How sure.
    pub evidence: Evidence,
    /// The public list it comes from.
    pub origin: Option<String>,
    /// The day of the observation.
    pub observed: Day,
    /// The last day on which it counts.
    pub expires: Day,
    /// How it was found.
    pub matched: Match,
    /// Its name, for a dispute to refer to.
    pub statement: Digest,
    /// The statement that a dispute, or the answer to one, is about.
    pub re: Option<Digest>,
}

/// What was found about an identifier.
#[derive(Clone, Debug, Eq, PartialEq, Default)]
pub struct Finding {
    /// Caution, disputed or listed; `None` if nothing counts.
    pub verdict: Option<Verdict>,
    /// Of a listing.
    pub strength: Option<Strength>,
    /// Everything that counts, exact matches first.
    pub reports: Vec<Report>,
}

/// The tags to ask for: one set for each live epoch.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// The identifier's tags.
    pub tags: &'a [Tags],
}

impl Query<'_> {
    /// Every tag to look up.
    pub fn all(&self) -> impl Iterator<Item = Tag> {
        self.tags.iter().flat_map(|tags| std::iter::once(tags.subject).chain(tags.derived.iter().map(|form| form.tag)))
    }

    /// How what is newest about a subject matches; `None` if it does not after all: a single band is chance.
    fn matching(&self, asked: &BTreeSet<Tag>, subject: &Tag, newest: &[Counted]) -> Option<Match> {
        if self.tags.iter().any(|tags| tags.subject == *subject) {
            return Some(Match::Exact);
        }
        let shared = newest.iter().map(|counted| shared_bands(&counted.statement, asked)).max().unwrap_or(0);
        if shared >= CANDIDATE_BANDS {
            return Some(Match::Bands(u8::try_from(shared).unwrap_or(u8::MAX)));
        }
        let wider =
            |statement: &Statement| statement.derived.iter().any(|form| !form.is_band() && asked.contains(&form.tag));
        let derived = asked.contains(subject) || newest.iter().any(|counted| wider(&counted.statement));
        derived.then_some(Match::Derived)
    }
}

/// Folds every statement on the subjects that the query's tags lead to.
pub fn fold(query: &Query<'_>, entries: &[Entry], view: &View<'_>) -> Finding {
    let today = view.now.day();
    let asked: BTreeSet<Tag> = query.all().collect();
    let mut current: Vec<(Match, Counted)> = Vec::new();
    for (subject, statements) in view.newest(entries) {
        let Some(matched) = query.matching(&asked, &subject, &statements) else { continue };
        let alive = statements.into_iter().filter(|counted| counted.expires >= today);
        current.extend(alive.map(|counted| (matched, counted)));
    }
    current.retain(|(_, counted)| matches!(counted.statement.stance, Stance::Assert | Stance::Dispute));
    current.sort_by_key(|(matched, counted)| (*matched, counted.member, counted.hash));
    let exact = Tally::of(current.iter().filter(|(matched, _)| matched.identifies()).map(|(_, counted)| counted));
    // Nearly always every match is exact, and then one tally says both.
    let derived = current.iter().any(|(matched, _)| !matched.identifies());
    let whole = derived.then(|| Tally::of(current.iter().map(|(_, counted)| counted)));
    let corroboration = view.roster.roster().policy.corroboration as usize;
    let (verdict, strength) = judge(&exact, whole.as_ref().unwrap_or(&exact), corroboration);
    Finding {
        verdict,
        strength,
        reports: current.into_iter().map(|(matched, counted)| report(matched, counted)).collect(),
    }
}

fn shared_bands(statement: &Statement, asked: &BTreeSet<Tag>) -> usize {
    statement.derived.iter().filter(|form| form.is_band() && asked.contains(&form.tag)).count()
}

/// Who speaks: a member for itself, or a public list through however many members (I3).
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Voice {
    Member(MemberId),
    Origin(String),
}

/// The voice with which each accuser speaks. Who speaks for itself does not speak through a list as well, nor through a
/// second list: a member with two subjects, as in two epochs, counts once all the same (I3).
fn voices(statements: &[&Counted]) -> BTreeMap<MemberId, Voice> {
    let mut voices = BTreeMap::new();
    for Counted { member, statement, .. } in statements {
        if statement.stance == Stance::Assert && statement.role.weight() == Weight::Adverse {
            let voice = statement.origin.clone().map_or(Voice::Member(*member), Voice::Origin);
            let held = voices.entry(*member).or_insert_with(|| voice.clone());
            *held = voice.min(held.clone());
        }
    }
    voices
}

/// Who says what, each voice once.
#[derive(Default)]
struct Tally {
    confirmed: BTreeSet<Voice>,
    adverse: BTreeSet<Voice>,
    accusers: BTreeSet<MemberId>,
    milder: BTreeSet<MemberId>,
    objectors: BTreeSet<MemberId>,
    victims: BTreeSet<MemberId>,
}

impl Tally {
    fn of<'a>(statements: impl Iterator<Item = &'a Counted>) -> Self {
        let statements: Vec<&Counted> = statements.collect();
        let voices = voices(&statements);
        let mut tally = Self::default();
        for Counted { member, statement, .. } in statements {
            if statement.stance == Stance::Dispute {
                tally.objectors.insert(*member);
                continue;
            }
            match statement.role.weight() {
                Weight::Adverse => tally.accuse(*member, statement.evidence, &voices[member]),
                Weight::CautionOnly => drop(tally.milder.insert(*member)),
                Weight::Victim => drop(tally.victims.insert(*member)),
            }
        }
        tally
    }

    fn accuse(&mut self, member: MemberId, evidence: Evidence, voice: &Voice) {
        if evidence == Evidence::Confirmed {
            self.confirmed.insert(voice.clone());
        }
        self.adverse.insert(voice.clone());
        self.accusers.insert(member);
    }

    fn says_anything(&self) -> bool {
        !(self.adverse.is_empty() && self.milder.is_empty() && self.victims.is_empty())
    }

    fn lists(&self, corroboration: usize) -> bool {
        !self.confirmed.is_empty() || self.adverse.len() >= corroboration
    }

    /// Whether somebody objects to what somebody else says; a victim's role objects to an adverse one.
    fn is_disputed(&self) -> bool {
        let speakers: BTreeSet<_> = self.accusers.iter().chain(&self.milder).chain(&self.victims).collect();
        let objected = self.objectors.iter().any(|objector| speakers.iter().any(|speaker| *speaker != objector));
        let victim_says_no = self.victims.iter().any(|victim| self.accusers.iter().any(|accuser| accuser != victim));
        objected || victim_says_no
    }
}

/// A match on derived tags alone is caution at most, bands aside; and an objection to another subject, which is met through
/// a derived tag, takes nothing from a listing of this one.
fn judge(exact: &Tally, whole: &Tally, corroboration: usize) -> (Option<Verdict>, Option<Strength>) {
    if !whole.says_anything() {
        return (None, None);
    }
    if exact.is_disputed() {
        return (Some(Verdict::Disputed), None);
    }
    if !exact.lists(corroboration) {
        let verdict = if whole.is_disputed() { Verdict::Disputed } else { Verdict::Caution };
        return (Some(verdict), None);
    }
    let strength = if exact.adverse.len() >= corroboration { Strength::Corroborated } else { Strength::Confirmed };
    (Some(Verdict::Listed), Some(strength))
}

fn report(matched: Match, counted: Counted) -> Report {
    let Counted { member, statement, hash, expires } = counted;
    Report {
        member,
        stance: statement.stance,
        role: statement.role,
        reason: statement.reason,
        evidence: statement.evidence,
        origin: statement.origin,
        observed: statement.observed,
        expires,
        matched,
        statement: hash,
        re: statement.re,
    }
}
