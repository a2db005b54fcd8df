//! Tokens and the allow list: what the operator decides for this node alone.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Identifier;

/// What a token permits.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Look identifiers up, and read status, members and peers.
    Check,
    /// Publish, withdraw and dispute.
    Publish,
    /// Tokens, the allow list and the audit record.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Check, Self::Publish, Self::Admin];

    /// The scope's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Publish => "publish",
            Self::Admin => "admin",
        }
    }

    /// The scope that a name stands for.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// The body of `POST /v1/tokens`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// Who or what will use it: shows in the audit record.
    #[schema(example = "greenhouse", min_length = 1, max_length = 64)]
    pub name: String,
    /// What it permits.
    #[schema(min_items = 1)]
    pub scopes: Vec<Scope>,
    /// Days until it expires; a year if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3653)]
    pub expires_days: Option<u32>,
}

/// The answer to `POST /v1/tokens`: the only time that the token itself is shown.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct NewToken {
    /// The token. Only its hash is kept.
    #[schema(example = "larum_...")]
    pub token: String,
    /// What is kept about it.
    pub info: TokenInfo,
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewToken").field("info", &self.info).finish_non_exhaustive()
    }
}

/// What is kept about a token.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct TokenInfo {
    /// The token's id: names it in the audit record, and cannot be used in its place.
    pub id: String,
    /// Who or what uses it.
    pub name: String,
    /// What it permits.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created: String,
    /// When it stops working.
    pub expires: String,
}

/// The answer to `GET /v1/tokens`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct TokenList {
    /// Every token that has not been revoked, oldest first.
    pub tokens: Vec<TokenInfo>,
}

/// What to do with the entries of an [`AllowRequest`].
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AllowAction {
    /// Vouch for them.
    Add,
    /// Vouch for them no longer.
    Remove,
}

/// The body of `POST /v1/allow`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowRequest {
    /// What to do.
    pub action: AllowAction,
    /// With which identifiers.
    #[schema(min_items = 1, max_items = 10_000)]
    pub identifiers: Vec<Identifier>,
    /// Why, for the operator's own memory. Not an identifier: it is kept in the clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The answer to `POST /v1/allow`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AllowAnswer {
    /// Entries that changed.
    pub changed: u64,
    /// One outcome for each identifier, in order.
    pub rows: Vec<AllowOutcome>,
}

/// What became of one identifier.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AllowOutcome {
    /// The identifier's number, from 1.
    pub row: u64,
    /// The identifier with most of it hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked: Option<String>,
    /// It was already so.
    pub unchanged: bool,
    /// Why it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One entry of the allow list.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AllowEntry {
    /// The kind's name.
    pub kind: String,
    /// The identifier with most of it hidden, as it was when it was added.
    pub masked: String,
    /// The operator's note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it was added.
    pub added: String,
}

/// The answer to `GET /v1/allow`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AllowList {
    /// Every entry, oldest first.
    pub entries: Vec<AllowEntry>,
}
