//! Erasing what a node keeps of one applicant.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The body of `POST /v1/erasures`.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErasureRequest {
    /// The applicant tracking system whose reference it is, as webhooks name it; none for what was asked for over the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "greenhouse", min_length = 1, max_length = 64)]
    pub source: Option<String>,
    /// The caller's own name for whom to erase.
    #[schema(example = "candidate-123", min_length = 1, max_length = 256)]
    pub reference: String,
}

impl fmt::Debug for ErasureRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErasureRequest").field("source", &self.source).finish_non_exhaustive()
    }
}

/// How much was erased. It is gone from memory, and from the disk within minutes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ErasureAnswer {
    /// Watches.
    pub watches: u64,
    /// Alerts.
    pub alerts: u64,
    /// Reviews.
    pub reviews: u64,
    /// Callbacks that waited to be sent.
    pub callbacks: u64,
    /// Deliveries of webhooks that were not worked off yet.
    pub deliveries: u64,
}
