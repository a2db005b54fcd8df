//! One check: what is asked, and what the answer says.
//!
//! Invariant: results stand in the order of the request's identifiers, one each; the overall verdict is the worst of
//! them. An identifier that could not be read is `unknown` with an `error`, never `clear`.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::WatchRef;
use crate::kind::resume;
pub use crate::{
    coverage::State as CoverageState,
    verdict::{Strength, Verdict},
};

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
    #[schema(min_items = 1, max_items = 1_000)]
    pub identifiers: Vec<Identifier>,
    /// The caller's own name for the applicant: comes back in alerts, and is stored only with the watch it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "candidate-123", max_length = 256)]
    pub reference: Option<String>,
    /// For how many days a later listing raises an alert; nothing is kept without it, or with 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 180, maximum = 365)]
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

/// A sentence for the person who reads an answer; borrowed wherever it is one of our own.
pub type Advice = Cow<'static, str>;

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
    /// The watch that the check is kept as, if it asked for one and something of it can be watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<WatchRef>,
    /// What was asked for and is not done, and why: a watch for which there is no room, say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
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
    /// Of a resume: how near it is to the nearest one that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<ResumeScore>,
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
            score: None,
            allowed: false,
            reports: Vec::new(),
        }
    }

    /// The result for an identifier that could not be read: `unknown`, never `clear`.
    pub fn unreadable(kind: Option<&'static str>, error: String, masked: Option<String>) -> Self {
        Self { error: Some(error), masked, ..Self::plain(kind.unwrap_or("unrecognised"), Verdict::Unknown) }
    }
}

/// How near a resume is to the nearest one that was reported.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ResumeScore {
    /// Bands in common.
    pub shared: u8,
    /// Of so many.
    pub of: u8,
    /// What that is worth.
    pub likeness: Likeness,
}

impl ResumeScore {
    /// The score of so many bands in common; `None` below what is worth a look.
    pub fn of(shared: u8) -> Option<Self> {
        let likeness = match usize::from(shared) {
            resume::STRONG_BANDS.. => Likeness::Strong,
            resume::MATCH_BANDS.. => Likeness::Match,
            resume::CANDIDATE_BANDS.. => Likeness::Candidate,
            _ => return None,
        };
        Some(Self { shared, of: BANDS, likeness })
    }

    /// The score of the same text.
    pub const EXACT: Self = Self { shared: BANDS, of: BANDS, likeness: Likeness::Exact };
}

const BANDS: u8 = resume::BANDS as u8;
const _: () = assert!(resume::BANDS <= u8::MAX as usize);

/// What bands in common are worth, from the least.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Likeness {
    /// Worth a look: caution at most.
    Candidate,
    /// Versions of one resume.
    Match,
    /// Versions of one resume, with much kept.
    Strong,
    /// The same words in the same order.
    Exact,
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
