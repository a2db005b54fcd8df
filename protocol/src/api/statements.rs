//! Publishing, withdrawing and disputing: what a user states, and what became of each row.
//!
//! Nothing has a default that would make a statement stronger: who publishes names the role, the reason, the evidence
//! class and the day of the observation, each time.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The body of `POST /v1/statements`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementsRequest {
    /// What to state, in order.
    #[schema(min_items = 1, max_items = 10_000)]
    pub statements: Vec<StatementRow>,
    /// Check every row and publish nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Publish the good rows even if others are refused. Without it, one bad row means that nothing is published.
    #[serde(default)]
    pub skip_bad: bool,
}

/// What a row does.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// State that an investigation found this.
    Publish,
    /// Take back what this member stated.
    Withdraw,
    /// Say that another member's statement hits an innocent person.
    Dispute,
}

/// One statement as a person makes it.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementRow {
    /// What the row does.
    pub action: Action,
    /// The kind's name.
    #[schema(example = "email")]
    pub kind: String,
    /// The value as written. It never leaves the node.
    #[schema(example = "j.doe@example.com")]
    pub value: String,
    /// ISO 3166 country code for a phone number without `+`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The asset or chain of a wallet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<String>,
    /// What the identifier is to the fraud. Needed to publish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "actor-controlled")]
    pub role: Option<String>,
    /// Why, as a code of the vocabulary. Always needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "ART.REUSE")]
    pub reason: Option<String>,
    /// `confirmed` or `suspected`: naming it affirms that the evidence meets that standard. Needed to publish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "confirmed")]
    pub evidence: Option<String>,
    /// The day of the observation. Needed to publish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-03-02")]
    pub observed: Option<String>,
    /// The day on which it stops counting; the kind's usual life if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// The public list it comes from, where the case is not first-hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The hash of the statement that is disputed or answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub re: Option<String>,
}

impl fmt::Debug for StatementRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatementRow").field("action", &self.action).finish_non_exhaustive()
    }
}

/// The answer to `POST /v1/statements`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct StatementsAnswer {
    /// Rows accepted.
    pub accepted: u64,
    /// Rows refused.
    pub refused: u64,
    /// Nothing was published, because that was asked for.
    pub dry_run: bool,
    /// The batches that now hold the accepted rows, synced to disk. Empty for a dry run.
    pub batches: Vec<BatchRef>,
    /// One outcome for each row, in order.
    pub rows: Vec<StatementOutcome>,
}

/// Where a batch stands.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct BatchRef {
    /// The log's id (hex).
    pub log: String,
    /// The batch's sequence number in it.
    pub seq: u64,
    /// The header's hash (hex).
    pub hash: String,
}

/// What became of one row: either `statement` or `error` is set.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct StatementOutcome {
    /// The row's number, from 1.
    pub row: u64,
    /// The statement's hash (hex).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// The day on which it stops counting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Why the row was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What to know about an accepted row: that it changed nothing, say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The identifier with most of it hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked: Option<String>,
}
