//! Rosters over HTTP: how governors' tools read the chain and hand in a new version.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::roster::Accepted;

/// The query of `GET /v1/rosters`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, IntoParams, PartialEq, Serialize)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RosterQuery {
    /// The first version wanted; the genesis if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(format = "uint64", maximum = 18446744073709551615u64)]
    pub from: Option<u64>,
}

/// The answer to `GET /v1/rosters`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct RosterList {
    /// Signed rosters (CBOR in base64, RFC 4648 section 4), by ascending version without a gap.
    pub rosters: Vec<String>,
    /// The version at which the next page starts; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// The body of `POST /v1/rosters`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RosterOffer {
    /// A signed roster (CBOR in base64).
    pub roster: String,
}

/// The answer to `POST /v1/rosters`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct RosterAnswer {
    /// What became of the offered roster.
    pub outcome: RosterOutcome,
    /// The version that the node goes by now.
    pub version: u64,
}

/// What became of an offered roster.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RosterOutcome {
    /// It is the newest now.
    Appended,
    /// It was known, or an older version.
    Known,
    /// A second valid roster of the newest version: a successor has to decide.
    Rival,
    /// It is the newest now, and decided between two rivals.
    Switched,
}

impl From<Accepted> for RosterOutcome {
    fn from(accepted: Accepted) -> Self {
        match accepted {
            Accepted::Appended => Self::Appended,
            Accepted::Known => Self::Known,
            Accepted::Rival => Self::Rival,
            Accepted::Switched => Self::Switched,
        }
    }
}
