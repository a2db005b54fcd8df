//! Reviews: what a person has to look at, and what that person decided.
//!
//! A review begins when an application is listed, disputed or cautioned, and ends with a decision and its reason. It says
//! what matched, by whom and on what evidence, so that the decision is about that and not about a word.
//! Invariant: identifiers are shown masked, but to who asks for [`ReviewIdentifiers`]. A decision against an applicant names
//! every point of the checklist.
//! Invariant: it says what was found then and what stands now (I9): a withdrawal or dispute that came since shows.
//! Invariant: decisions are local: they are counted for the operator, and never sent to anybody.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{CheckResult, CoverageInfo, Identifier, Report, Verdict};

/// How far a review has got.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewState {
    /// Nobody has decided, or it was reopened.
    Open,
    /// One person has decided; a second one has to agree.
    SecondSignoff,
    /// Decided.
    Decided,
}

/// What a person decided.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// What was reported holds for this applicant.
    Confirmed,
    /// It is not this applicant.
    FalseMatch,
    /// The applicant's identity or account was used by somebody else.
    Victim,
    /// It cannot be told.
    Unsure,
}

impl Decision {
    /// Every decision.
    pub const ALL: [Self; 4] = [Self::Confirmed, Self::FalseMatch, Self::Victim, Self::Unsure];

    /// The decision's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::FalseMatch => "false-match",
            Self::Victim => "victim",
            Self::Unsure => "unsure",
        }
    }

    /// The decision that a name stands for.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.name() == name)
    }

    /// Whether it speaks against the applicant, and so wants the whole checklist.
    pub const fn is_adverse(self) -> bool {
        matches!(self, Self::Confirmed)
    }

    /// The reason with which reports are disputed after it, where it contradicts them.
    pub const fn dispute_reason(self) -> Option<&'static str> {
        match self {
            Self::FalseMatch => Some("COR.ERROR"),
            Self::Victim => Some("COR.VICTIM"),
            Self::Confirmed | Self::Unsure => None,
        }
    }
}

/// The query of `GET /v1/reviews`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, IntoParams, PartialEq, Serialize)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ReviewQuery {
    /// Only reviews in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ReviewState>,
    /// Only reviews whose `undisputed` is this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undisputed: Option<bool>,
    /// Only reviews with a greater number than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(format = "uint64", maximum = 18446744073709551615u64)]
    pub after: Option<u64>,
    /// How many at most; 100 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(format = "uint64", maximum = 18446744073709551615u64)]
    pub limit: Option<usize>,
}

/// The answer to `GET /v1/reviews`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ReviewList {
    /// The reviews, oldest first.
    pub reviews: Vec<ReviewSummary>,
    /// How many are not decided yet, on this page or not.
    pub waiting: u64,
    /// Give this as `after` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// One review in a list.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ReviewSummary {
    /// Its number.
    pub id: u64,
    /// How far it has got.
    pub state: ReviewState,
    /// The gravest verdict that the application had while this review waited.
    pub verdict: Verdict,
    /// Which system the application came from, if it did not come through the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The caller's own name for the applicant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The kinds that matched.
    pub kinds: Vec<String>,
    /// When it was opened.
    pub opened: String,
    /// What was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// It was decided as a false match or a victim, and what was reported was not disputed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undisputed: bool,
}

impl fmt::Debug for ReviewSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReviewSummary").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

/// The answer to `GET /v1/reviews/{id}`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Review {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: ReviewSummary,
    /// The worst verdict now on what matched then; absent where it cannot be told of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict_now: Option<Verdict>,
    /// What matched, the gravest first.
    pub findings: Vec<ReviewFinding>,
    /// More matched than a review holds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// How fresh and complete the ledger was at the newest check.
    pub coverage: CoverageInfo,
    /// What stands now, in short: whoever decides or disputes sends it back as `shown`, so that nobody decides about a report,
    /// a withdrawal or a dispute that came after reading.
    #[schema(example = "f3b1a0c47d52e986")]
    pub shown: String,
    /// What to do now. Nothing here ever rejects an applicant.
    pub advice: String,
    /// What to make sure of before a decision against the applicant; `confirmed` must name each `id`.
    pub checklist: Vec<ChecklistPoint>,
    /// How many people have to sign.
    pub signatures: u8,
    /// Who decided what, oldest first; of a person who signed again and again, the newest.
    pub marks: Vec<ReviewMark>,
    /// The identifiers that matched are still kept, sealed.
    pub identifiers_kept: bool,
    /// Some of what matched can be disputed from here: another member's report of it stands.
    pub disputable: bool,
    /// The statements by which reports were disputed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputes: Vec<String>,
    /// What matched and was not disputed with the rest, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_disputed: Vec<NotDisputed>,
    /// When it will be deleted.
    pub deleted: String,
}

/// The answer to `POST /v1/reviews/{id}/identifiers`.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ReviewIdentifiers {
    /// The review's number.
    pub review: u64,
    /// What matched, as the application gave it. Documents are not among it: their text is never kept.
    pub identifiers: Vec<Identifier>,
}

impl fmt::Debug for ReviewIdentifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReviewIdentifiers").field("review", &self.review).finish_non_exhaustive()
    }
}

/// One identifier or document that matched.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ReviewFinding {
    /// It is a document of the application.
    pub document: bool,
    /// The verdict on it now; absent where that cannot be told, because the consortium's salt was renewed since: check the
    /// applicant again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<Verdict>,
    /// How many members that do not rely on each other report it now; all that name one public list count once.
    pub members: u32,
    /// Days since the newest observation of what stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_days: Option<u32>,
    /// The day on which the last report of it expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Somebody disputes it now.
    pub disputed: bool,
    /// What was said when it was found, by whom; the identifier is masked.
    pub result: CheckResult,
    /// Places in `result.reports` of those that do not stand any more: withdrawn, replaced or expired, or their member left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<usize>,
    /// What was said since: new reports and disputes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub since: Vec<Report>,
}

/// Something that matched and was not disputed with the rest.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct NotDisputed {
    /// Its kind.
    pub kind: String,
    /// The identifier, masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked: Option<String>,
    /// Why, and what to do.
    pub why: String,
}

/// One point of the checklist.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ChecklistPoint {
    /// What a decision names.
    #[schema(value_type = String, example = "own-evidence")]
    pub id: Cow<'static, str>,
    /// What it says.
    #[schema(value_type = String)]
    pub text: Cow<'static, str>,
}

/// What one person did with a review.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ReviewMark {
    /// The id of that person's token.
    pub token: String,
    /// The token's name.
    pub name: String,
    /// When.
    pub time: String,
    /// What was decided; absent where the review was reopened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Why.
    pub reason: String,
}

impl fmt::Debug for ReviewMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReviewMark").field("decision", &self.decision).finish_non_exhaustive()
    }
}

/// The body of `POST /v1/reviews/{id}/decision`.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionRequest {
    /// What is decided.
    pub decision: Decision,
    /// Why, in a sentence or more; it is kept sealed, with the review.
    #[schema(example = "The number was reassigned in May; the carrier confirmed it.", min_length = 10)]
    pub reason: String,
    /// The points of the checklist that were made sure of; `confirmed` needs all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acknowledged: Vec<String>,
    /// Dispute the reports at once, after `false-match` or `victim`. The token needs the scope `publish`, too.
    #[serde(default)]
    pub dispute: bool,
    /// The review's `shown`. Without it the decision is about what was found; if something was reported, withdrawn or
    /// disputed since, it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
}

/// The body of `POST /v1/reviews/{id}/reopen`.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenRequest {
    /// Why what was decided is not; it is kept sealed, with the review.
    #[schema(example = "The wrong button was pressed.", min_length = 10)]
    pub reason: String,
}

impl fmt::Debug for ReopenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReopenRequest").finish_non_exhaustive()
    }
}

/// The body of `POST /v1/reviews/{id}/dispute`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeRequest {
    /// The review's `shown`, as with a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
}

impl fmt::Debug for DecisionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecisionRequest")
            .field("decision", &self.decision)
            .field("dispute", &self.dispute)
            .finish_non_exhaustive()
    }
}
