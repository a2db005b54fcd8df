//! One check: what is asked, and what the answer says.
//!
//! Invariant: results stand in the order of the request's identifiers, one each; the overall verdict is the worst of
//! them. An identifier that could not be read is `unknown` with an `error`, never `clear`.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An identifier as a person wrote it, with the hints that some kinds need.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    /// The kind's name: `email`, `phone`, `wallet` ...
    #[schema(example = "email")]
    pub kind: String,
    /// The value as written.
    #[schema(example = "j.doe+jobs@example.com")]
    pub value: String,
    /// ISO 3166 country code for a phone number without `+`; nothing is ever guessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "US")]
    pub region: Option<String>,
    /// The asset or chain of a wallet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "ETH")]
    pub asset: Option<String>,
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identifier").finish_non_exhaustive()
    }
}

/// The body of `POST /v1/check`.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
    /// What to look up.
    pub identifiers: Vec<Identifier>,
    /// The caller's own name for the applicant: comes back in alerts, and is stored only with the watch it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "candidate-123")]
    pub reference: Option<String>,
    /// For how many days a later listing raises an alert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 180)]
    pub watch_days: Option<u16>,
}

impl fmt::Debug for CheckRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckRequest")
            .field("identifiers", &self.identifiers.len())
            .field("watch_days", &self.watch_days)
            .finish_non_exhaustive()
    }
}

/// What is known about an identifier; the later, the worse.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Fresh coverage, and nothing counts: no member has reported it, which is not proof of honesty.
    Clear,
    /// It would be clear, but the node cannot know: `why` says what is missing.
    Unknown,
    /// Look closer: a victim's role, shared infrastructure, or suspicion by too few members.
    Caution,
    /// It would be caution or listed, and another member disputes it.
    Disputed,
    /// An adverse role, confirmed by a member or suspected by as many as the policy asks.
    Listed,
}

impl Verdict {
    /// Every verdict, from the best to the worst.
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

    /// What every interface tells the person who reads the verdict.
    pub const fn advice(self) -> Advice {
        Cow::Borrowed(match self {
            Self::Clear => "No member has reported it; that is not proof of honesty.",
            Self::Unknown => "The node cannot know; see why, and ask again.",
            Self::Caution => "Look closer. For a victim's role, confirm with the person out of band.",
            Self::Disputed => "Members disagree; a person must read both sides before any decision.",
            Self::Listed => "A person must review this before any decision.",
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A sentence for the person who reads an answer; borrowed wherever it is one of our own.
pub type Advice = Cow<'static, str>;

/// How much stands behind `listed`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// One member confirmed it.
    Confirmed,
    /// As many members as the policy asks report it.
    Corroborated,
}

/// The answer to one check.
///
/// `receipt` is the last field on purpose: the receipt commits to the JSON text of everything before it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct CheckAnswer {
    /// The worst verdict of all results.
    pub verdict: Verdict,
    /// One result for each identifier, in the order asked.
    pub results: Vec<CheckResult>,
    /// How fresh and complete the answering node's ledger is.
    pub coverage: CoverageInfo,
    /// What to do next. Nothing here ever rejects an applicant.
    #[schema(value_type = String)]
    pub advice: Advice,
    /// Signed proof of what was asked and answered, verifiable offline (base64url).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

/// What is known about one identifier.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct CheckResult {
    /// The kind's name, or `unrecognised`.
    #[schema(value_type = String)]
    pub kind: Cow<'static, str>,
    /// The verdict on this identifier.
    pub verdict: Verdict,
    /// How much stands behind `listed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<Strength>,
    /// Why the verdict is `unknown`, and when to ask again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Why the identifier could not be read; the verdict is then `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The identifier with most of it hidden (`j***@e***.com`), where a person must recognise which one is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked: Option<String>,
    /// The employer's own allow list covers it: reports are shown and do not count here.
    #[serde(default, skip_serializing_if = "is_false")]
    pub allowed: bool,
    /// Who reported what, newest first; empty when nothing is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<Report>,
}

impl CheckResult {
    /// A result that says only the verdict.
    pub const fn plain(kind: &'static str, verdict: Verdict) -> Self {
        Self {
            kind: Cow::Borrowed(kind),
            verdict,
            strength: None,
            why: None,
            error: None,
            masked: None,
            allowed: false,
            reports: Vec::new(),
        }
    }

    /// The result for an identifier that could not be read: `unknown`, never `clear`.
    pub fn unreadable(kind: Option<&'static str>, error: String, masked: Option<String>) -> Self {
        Self { error: Some(error), masked, ..Self::plain(kind.unwrap_or("unrecognised"), Verdict::Unknown) }
    }
}

/// What one member says. Vocabulary that this version does not know shows as `unknown (n)`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Report {
    /// The member's name on the roster.
    pub member: String,
    /// `assert`, `withdraw` or `dispute`.
    #[schema(example = "assert")]
    pub stance: String,
    /// What the identifier is to the fraud.
    #[schema(example = "actor-controlled")]
    pub role: String,
    /// Why, as a code of the vocabulary.
    #[schema(example = "ART.REUSE")]
    pub reason: String,
    /// `confirmed` or `suspected`.
    #[schema(example = "confirmed")]
    pub evidence: String,
    /// The day of the observation.
    #[schema(example = "2026-03-02")]
    pub observed: String,
    /// The day on which it stops counting.
    #[schema(example = "2028-03-01")]
    pub expires: String,
    /// The public list it comes from, where the case is not first-hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// What matched when it was not the exact form: a derived tag, which alone is caution at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived: Option<String>,
    /// The statement's hash: what a dispute names in `re`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// The hash of the statement that this one disputes or answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub re: Option<String>,
}

/// Whether the node's ledger can be relied on.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CoverageState {
    /// The newest roster is held, no announced batch is missing, enough members were heard in time.
    Fresh,
    /// Batches are known to exist that have not arrived yet.
    CatchingUp,
    /// Too few members were heard within the policy's limit.
    Stale,
}

/// How fresh and complete the answering node's ledger is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct CoverageInfo {
    /// Whether the ledger can be relied on.
    pub state: CoverageState,
    /// Active members on the roster.
    pub members: u32,
    /// How many of them announced within the policy's limit.
    pub heard: u32,
    /// The names of the others.
    pub absent: Vec<String>,
    /// The version of the roster held.
    pub roster: u64,
    /// Digest of the heads of all logs (hex).
    pub heads: String,
    /// Logs whose forks nobody has resolved yet: a miss is `unknown` meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forked: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}
