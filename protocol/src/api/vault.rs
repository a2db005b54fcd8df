//! The vault as the API shows it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The answer to `GET /v1/vault`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct VaultAnswer {
    /// Whether what is published from now on is kept.
    pub on: bool,
    /// Rows that are kept.
    pub rows: u64,
    /// How far publishing them again has got, while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Republishing>,
}

/// How far publishing again has got.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Republishing {
    /// Rows whose tags have been made.
    pub done: u64,
    /// Of so many.
    pub of: u64,
}

/// The answer to `POST /v1/vault/republish`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct RepublishAnswer {
    /// Rows that the vault held.
    pub rows: u64,
    /// Published again under the newest salt or key.
    pub published: u64,
    /// Said there already.
    pub already: u64,
    /// Withdrawn, disputed, expired or replaced since: not published again, and not kept any longer.
    pub dropped: u64,
    /// Not published because no tag could be made or the row is refused now; kept.
    pub failed: u64,
    /// Why, of the first that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl RepublishAnswer {
    /// Counts a row that was not published, and why if it is the first.
    pub fn fail(&mut self, why: String) {
        self.failed += 1;
        self.why.get_or_insert(why);
    }
}
