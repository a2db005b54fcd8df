//! Alerts as the API shows them: what became known about somebody who is watched.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Strength, Verdict};

/// Where an alert stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// A person should look.
    Open,
    /// A person should look, and read both sides: members disagree.
    Disputed,
    /// Nothing is to be done any more.
    Closed,
}

impl AlertState {
    /// The state's name in every interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Disputed => "disputed",
            Self::Closed => "closed",
        }
    }
}

/// Why an alert is closed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlertClosed {
    /// Nothing counts against it any more: it was withdrawn, has expired, or its author does not count.
    Lifted,
    /// A person has seen it. It opens again if it becomes graver.
    Acknowledged,
    /// Its watch was removed.
    Removed,
}

impl AlertClosed {
    /// The word in every interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lifted => "lifted",
            Self::Acknowledged => "acknowledged",
            Self::Removed => "removed",
        }
    }
}

/// One alert: there is one for each watched identifier, however often it changes.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AlertInfo {
    /// Its number.
    pub id: u64,
    /// The number of its newest change; higher than that of any change before it, of whatever alert.
    pub change: u64,
    /// The watch that it is about.
    pub watch: u64,
    /// The applicant tracking system whose reference it is; none if the watch was asked for over the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "greenhouse")]
    pub source: Option<String>,
    /// The caller's own name for whom it is about.
    pub reference: String,
    /// The kind of the identifier.
    pub kind: String,
    /// What is known now, or was last known.
    pub verdict: Verdict,
    /// How much stands behind `listed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<Strength>,
    /// Members who report it; those who only repeat one public list count once.
    pub members: u32,
    /// Members who dispute it.
    #[serde(default)]
    pub disputed_by: u32,
    /// Where it stands.
    pub state: AlertState,
    /// Why it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<AlertClosed>,
    /// When it was raised (RFC 3339).
    pub raised: String,
    /// When it last changed.
    pub changed: String,
}

impl fmt::Debug for AlertInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlertInfo")
            .field("id", &self.id)
            .field("change", &self.change)
            .field("verdict", &self.verdict)
            .field("state", &self.state)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

/// The query of `GET /v1/alerts`.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AlertQuery {
    /// Only alerts that changed after the change with this number.
    #[param(format = "uint64", maximum = 18446744073709551615u64)]
    pub after: Option<u64>,
    /// Only alerts in this state.
    #[param(inline)]
    pub state: Option<AlertState>,
    /// How many at most.
    #[param(format = "uint64", maximum = 18446744073709551615u64)]
    pub limit: Option<usize>,
}

/// One page of alerts, the one that changed longest ago first.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AlertPage {
    /// The alerts.
    pub alerts: Vec<AlertInfo>,
    /// What to ask `after` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// The body of `POST /v1/alerts/{id}`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertRequest {
    /// What to do with it.
    pub action: AlertAction,
}

/// What can be done with an alert.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlertAction {
    /// A person has seen it: it is closed until it becomes graver.
    Acknowledge,
}
