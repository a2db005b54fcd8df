//! The tags of identifiers, where the node has to ask stewards for them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Identifier;

/// The body of `POST /v1/tags`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagsRequest {
    /// At most as many as one check takes.
    #[schema(min_items = 1, max_items = 1_000)]
    pub identifiers: Vec<Identifier>,
}

/// The answer to `POST /v1/tags`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct TagsAnswer {
    /// One for each identifier, in order.
    pub results: Vec<TagsResult>,
}

/// What would leave this node of one identifier.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct TagsResult {
    /// The exact form's tag in each live epoch, the newest first, then the derived forms'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Why there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
