//! Stewards as the API shows them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The answer to `GET /v1/stewards`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct StewardsAnswer {
    /// The version of the roster that says so.
    pub roster: u64,
    /// The keys in use: one for each epoch whose custody is split.
    pub keys: Vec<SplitKey>,
    /// Epochs that are in use and have no stewards: every member can try out values of what is said in them.
    #[serde(default)]
    pub shared: Vec<SharedEpoch>,
    /// The ceremony that the roster plans, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlannedKey>,
}

/// An epoch under shared custody.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct SharedEpoch {
    /// Its number.
    pub epoch: u32,
    /// The last day on which it is used, if one is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A key that stewards hold.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct SplitKey {
    /// Its epoch.
    pub epoch: u32,
    /// The last day on which it is used, if one is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Which sharing of the key is in use.
    pub generation: u32,
    /// How many stewards it takes.
    pub threshold: u8,
    /// Elements that each member has evaluated a day, all stewards together.
    pub budget: u64,
    /// Of that, what each steward answers.
    pub budget_of_each: u64,
    /// The stewards.
    pub stewards: Vec<StewardInfo>,
}

/// A steward.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct StewardInfo {
    /// The number of its share.
    pub number: u16,
    /// Its member.
    pub member: String,
    /// Its node's key.
    pub node: String,
    /// Elements that this node's member has evaluated there a day.
    #[serde(default)]
    pub budget: u64,
    /// Elements that this node's member has left there today, as far as the steward has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<u64>,
}

/// A ceremony that the roster plans.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct PlannedKey {
    /// What names it.
    pub ceremony: String,
    /// The epoch that it is for.
    pub epoch: u32,
    /// The generation that it makes.
    pub generation: u32,
    /// How many stewards it will take.
    pub threshold: u8,
    /// Those who will be stewards.
    pub stewards: Vec<PlannedSteward>,
    /// Those whose dealings all others wait for.
    #[serde(default)]
    pub dealers: Vec<PlannedDealer>,
    /// What keeps the ceremony from going on at this node, if anything does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// The public shares, by number, once all stewards have acknowledged the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares: Option<Vec<String>>,
}

/// One who deals in a ceremony.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct PlannedDealer {
    /// The number by which it deals.
    pub number: u16,
    /// Its member.
    pub member: String,
    /// Its node's key.
    pub node: String,
    /// What keeps it from its part, if anything does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// One who will be a steward.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct PlannedSteward {
    /// The number of its share.
    pub number: u16,
    /// Its member.
    pub member: String,
    /// Its node's key.
    pub node: String,
    /// Whether it keeps its share.
    pub acknowledged: bool,
    /// Its signed word for it (CBOR in base64), for whoever proposes the next roster to check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    /// Why it has not said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}
