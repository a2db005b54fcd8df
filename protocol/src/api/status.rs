//! What a node says about itself and its consortium.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CoverageInfo;

/// The answer to `GET /v1/status`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct StatusAnswer {
    /// The program's version.
    pub version: String,
    /// The member's name on the roster.
    pub member: String,
    /// The node's public key (hex).
    pub node: String,
    /// The node's libp2p peer id.
    pub peer: String,
    /// The consortium's id (hex).
    pub consortium: String,
    /// The node's own log.
    pub log: Option<LogInfo>,
    /// How fresh and complete the ledger is.
    pub coverage: CoverageInfo,
    /// Connected peers.
    pub peers: u32,
    /// Addresses the node listens on.
    pub listen: Vec<String>,
    /// What it holds.
    pub store: StoreInfo,
    /// Tags that this employer can still have made today with the help of stewards, where custody is split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steward_budget_left: Option<u64>,
    /// When it started.
    pub started: String,
    /// What the operator should look at, the gravest first.
    pub warnings: Vec<Warning>,
}

/// How much a node holds.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct StoreInfo {
    /// Logs known.
    pub logs: u64,
    /// Batches held.
    pub batches: u64,
    /// Statements in them.
    pub statements: u64,
    /// Tags in the index.
    pub tags: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// Something the operator should look at, and what to do.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Warning {
    /// A stable name for programs: `no-inbound`, `clock-skew`, `fork` ...
    pub code: String,
    /// What is wrong, and what to do about it.
    pub text: String,
}

/// One log and its head.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct LogInfo {
    /// The log's id (hex).
    pub log: String,
    /// The member's name.
    pub member: String,
    /// The public key of the node that writes it (hex).
    pub node: String,
    /// `active`, `retired` or `revoked`.
    pub status: String,
    /// Below this sequence number nothing counts.
    pub floor: u64,
    /// The newest sequence number held; none for an empty log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The newest header's hash (hex).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// The newest sequence number that the author announced, where it is ahead of what is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<u64>,
    /// Where the log forked, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_at: Option<u64>,
}

/// The answer to `GET /v1/logs`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct LogList {
    /// Every log known, by member and id.
    pub logs: Vec<LogInfo>,
}

/// The answer to `GET /v1/members`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct MemberList {
    /// The roster's version.
    pub roster: u64,
    /// The members on it, by name.
    pub members: Vec<MemberInfo>,
}

/// One member.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct MemberInfo {
    /// The member's name.
    pub name: String,
    /// The member's public key (hex).
    pub key: String,
    /// `active`, `suspended` or `removed`.
    pub status: String,
    /// Announced within the policy's limit.
    pub heard: bool,
    /// The member's nodes.
    pub nodes: Vec<NodeInfo>,
}

/// One node of a member.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct NodeInfo {
    /// The node's public key (hex).
    pub key: String,
    /// Its libp2p peer id.
    pub peer: String,
    /// `active`, `retired` or `revoked`: the last says that its key was lost or stolen.
    #[serde(default)]
    pub status: String,
    /// The addresses on the roster.
    pub addresses: Vec<String>,
    /// When it last announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_heard: Option<String>,
}

/// The answer to `GET /v1/peers`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct PeerList {
    /// The peers, connected ones first.
    pub peers: Vec<PeerInfo>,
}

/// One peer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct PeerInfo {
    /// The libp2p peer id.
    pub peer: String,
    /// The member it belongs to.
    pub member: String,
    /// Whether and which way it is connected.
    pub connection: Connection,
    /// The address in use, or the last one tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Round-trip time in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_ms: Option<u64>,
    /// Batches it has announced that are not held yet.
    pub behind: u64,
    /// Why the last attempt to connect failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// Whether and which way a peer is connected.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Connection {
    /// It dialled this node.
    Inbound,
    /// This node dialled it.
    Outbound,
    /// It is on the roster and not connected.
    None,
}

/// The answer to `GET /healthz` and `GET /readyz`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Health {
    /// `ok`, or `unavailable` with the reason.
    pub status: String,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
