//! Every number of the network shell, in one place, each with its reason.
//!
//! They were measured, not guessed; the compiler checks how they relate. [`Limits`] is the handful that a deployment
//! or a test may change; everything else is a constant because two nodes of one consortium should agree on it.
//!
//! Absent on purpose: Yamux window sizes. libp2p-yamux 0.48 tunes them by itself within 1 GiB a connection and offers
//! only the number of streams, so the bound on memory is the number of streams and that every handler keeps reading.

use std::time::Duration;

/// The request-response protocol's name on the wire.
pub const RPC_PROTOCOL: &str = "/larum/sync/1";
/// The name of the protocol in which a member's node asks a steward.
pub const STEWARD_PROTOCOL: &str = "/larum/steward/1";
/// What `identify` tells as the protocol family.
pub const IDENTIFY_PROTOCOL: &str = "/larum/1";
/// Prefix of the Noise prologue; the consortium's id follows it.
pub const NOISE_PROLOGUE: &[u8] = b"/larum/1/";

// ---- connections ----

/// Transport, Noise and Yamux together, for one connection; more is a peer that stalls its handshake.
pub const HANDSHAKE_WAIT: Duration = Duration::from_secs(10);
/// Two, never one: peers that dial each other at the same moment would otherwise each close the other's connection.
pub const CONNECTIONS_PER_PEER: u32 = 2;
/// Handshakes under way from outside: what strangers can hold at most.
pub const PENDING_INCOMING: u32 = 64;
/// Connections of both directions, over all peers.
pub const ESTABLISHED: u32 = 128;
/// Dialled connections the node keeps up by itself.
pub const OUTBOUND_TARGET: usize = 16;
/// Dialled connections at most; the rest of [`ESTABLISHED`] is for whoever dials in.
pub const OUTBOUND_MAX: u32 = 24;
/// Streams of one connection; Yamux's own default is 512.
pub const YAMUX_STREAMS: usize = 64;
/// Of those, what gossip, identify and ping need: one each way, and one that takes the place of another.
pub const OTHER_STREAMS: usize = 8;
/// A connection without streams is kept this long: peers are few, known, and needed again soon.
pub const IDLE_TIMEOUT: Duration = Duration::from_hours(1);
/// How often a connection is measured; it does not keep one alive.
pub const PING_INTERVAL: Duration = Duration::from_secs(15);
/// An answer to a ping may take this long.
pub const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// Pings in a row without an answer before the connection counts as dead. TCP alone would take many minutes.
pub const PING_FAILURES: u32 = 2;
/// No new connection while the process holds more than this share of physical memory (page cache of mapped files
/// counts too, so it is high).
pub const MEMORY_SHARE: f64 = 0.9;
/// Addresses kept for a peer; the roster's own limit is lower.
pub const ADDRESSES_PER_PEER: usize = 8;
/// Nodes on the allow list.
pub const ALLOWED_PEERS: usize = 16_384;
/// Characters of a peer's agent text that are kept.
pub const AGENT_CHARS: usize = 64;

// ---- redialling ----

/// First wait after a failed or lost connection; doubled each time.
pub const REDIAL_MIN: Duration = Duration::from_secs(1);
/// Longest wait: a member's node that returns is found within this.
pub const REDIAL_MAX: Duration = Duration::from_mins(2);
/// The wait is spread by up to this share either way, so that a restarted hub is not met by everybody at once.
pub const REDIAL_JITTER: f64 = 0.5;
/// A connection that held this long starts the waits from the shortest again. One that ends at once is most often a
/// peer that does not want us, and is asked ever more rarely.
pub const STEADY_CONNECTION: Duration = Duration::from_secs(30);
/// How often the dialler looks for somebody to dial.
pub const TICK: Duration = Duration::from_millis(250);

// ---- penalties ----

/// Tolerated faults within [`FAULT_WINDOW`] before the peer is disconnected.
pub const FAULTS_TOLERATED: u32 = 20;
/// The window in which tolerated faults add up.
pub const FAULT_WINDOW: Duration = Duration::from_mins(1);
/// A disconnected peer is not let in again for this long, so that closing is not a hot loop.
pub const DISCONNECT_HOLD: Duration = Duration::from_secs(10);
/// Longest ban: a bug that makes honest nodes misbehave must heal by itself.
pub const BAN_MAX: Duration = Duration::from_hours(24);
/// Bans kept; the one that ends first gives way.
pub const BANS_MAX: usize = 1_024;

// ---- request and response ----

/// Bytes of a request: heads of 5,000 logs fit.
pub const REQUEST_BYTES_MAX: usize = 64 * 1_024;
/// Bytes of a response: a page of one body of 1 MiB and the headers around it.
pub const RESPONSE_BYTES_MAX: usize = 1_280 * 1_024;
/// One exchange, from opening the stream to the last byte of the answer.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Streams of ours, both directions, on one connection.
pub const RPC_STREAMS: usize = 32;
/// Our requests under way, all peers together: 4 pages from each of 16.
pub const OUTBOUND_REQUESTS: usize = 64;
/// Our requests under way to one peer.
pub const OUTBOUND_REQUESTS_PER_PEER: usize = 8;
/// Requests of others that wait for an answer or are being answered.
pub const INBOUND_REQUESTS: usize = 128;
/// The same, of one peer. Twice what a peer may send: it counts a request as over, by the answer's last byte or by its
/// own timeout, a moment before we do.
pub const INBOUND_REQUESTS_PER_PEER: usize = 16;

// ---- questions to stewards ----

/// Bytes of a question: 1,000 blinded elements of 32 bytes and what goes with them, twice over.
pub const STEWARD_REQUEST_BYTES_MAX: usize = 64 * 1_024;
/// Bytes of an answer: as many evaluated elements, one proof and one signature.
pub const STEWARD_RESPONSE_BYTES_MAX: usize = 64 * 1_024;
/// One exchange, from opening the stream to the last byte of the answer. A steward evaluates 1,000 elements in some
/// 50 ms, so this is a full [`ASKED_QUEUE`] of the largest questions three times over.
pub const STEWARD_TIMEOUT: Duration = Duration::from_secs(10);
/// Streams of questions, both directions, on one connection.
pub const STEWARD_STREAMS: usize = 24;
/// Our questions under way, all stewards together: 8 to each of 8.
pub const OUTBOUND_QUESTIONS: usize = 64;
/// Our questions under way to one steward: a batch for each of 8 people who check at once.
pub const OUTBOUND_QUESTIONS_PER_PEER: usize = 8;
/// Questions of others that wait for an answer or are being answered: 8 MiB of the largest.
pub const INBOUND_QUESTIONS: usize = 128;
/// The same, of one peer; twice what a peer may send, as with [`INBOUND_REQUESTS_PER_PEER`].
pub const INBOUND_QUESTIONS_PER_PEER: usize = 16;

// ---- gossip ----

/// Peers in the mesh.
pub const MESH: usize = 6;
/// Below this the heartbeat grafts.
pub const MESH_LOW: usize = 4;
/// Above this the heartbeat prunes.
pub const MESH_HIGH: usize = 9;
/// Mesh peers that we dialled, so that a mesh of intruders cannot form around us.
pub const MESH_OUTBOUND_MIN: usize = 2;
/// Peers outside the mesh that hear which messages exist.
pub const GOSSIP_LAZY: usize = 6;
/// Gossipsub's own clock.
pub const HEARTBEAT: Duration = Duration::from_secs(1);
/// Bytes of a gossip frame: a header, and a body of 2 KiB where it rides along, with room.
pub const GOSSIP_FRAME_BYTES_MAX: usize = 16 * 1_024;
/// Bytes of a payload, so that it fits a frame with its topic.
pub const GOSSIP_BYTES_MAX: usize = GOSSIP_FRAME_BYTES_MAX - 512;
/// How long a message is known as a duplicate.
pub const DUPLICATE_CACHE: Duration = Duration::from_secs(120);
/// Messages waiting for one peer.
pub const GOSSIP_QUEUE: usize = 1_000;
/// How long a message may wait there. The defaults (5 s and 1 s) lost 8 % of a burst for good.
pub const GOSSIP_QUEUE_WAIT: Duration = Duration::from_secs(20);

// ---- channels ----

/// Events that wait for the engine.
pub const EVENT_QUEUE: usize = 128;
/// Commands that wait for the network.
pub const COMMAND_QUEUE: usize = 256;
/// Our questions that wait for the network: a moment's worth, for those under way are counted elsewhere.
pub const ASK_QUEUE: usize = 64;
/// Questions of others that wait for the steward. What it has not taken by then is better asked of another.
pub const ASKED_QUEUE: usize = 64;
/// Events that the network may hold beyond its channel before it stops taking commands.
pub const OUTBOX_MAX: usize = 512;
/// Counts of refused connections are told at most this often.
pub const REFUSALS_EVERY: Duration = Duration::from_secs(1);
/// How long a stop waits for connections to close in order.
pub const SHUTDOWN_WAIT: Duration = Duration::from_secs(2);

const _: () = assert!(OUTBOUND_TARGET <= OUTBOUND_MAX as usize && OUTBOUND_MAX < ESTABLISHED);
const _: () = assert!(MESH_OUTBOUND_MIN * 2 <= MESH && MESH_OUTBOUND_MIN <= MESH_LOW);
const _: () = assert!(MESH_LOW <= MESH && MESH <= MESH_HIGH && MESH_HIGH < OUTBOUND_TARGET);
const _: () = assert!(REQUEST_BYTES_MAX <= RESPONSE_BYTES_MAX && RESPONSE_BYTES_MAX <= u32::MAX as usize);
const _: () =
    assert!(STEWARD_REQUEST_BYTES_MAX <= u32::MAX as usize && STEWARD_RESPONSE_BYTES_MAX <= u32::MAX as usize);
const _: () = assert!(RPC_STREAMS + STEWARD_STREAMS + OTHER_STREAMS <= YAMUX_STREAMS);
const _: () = assert!(EVENT_QUEUE < COMMAND_QUEUE && COMMAND_QUEUE <= OUTBOX_MAX);
const _: () = assert!(2 * OUTBOUND_REQUESTS_PER_PEER <= INBOUND_REQUESTS_PER_PEER);
const _: () = assert!(OUTBOUND_REQUESTS_PER_PEER + INBOUND_REQUESTS_PER_PEER <= RPC_STREAMS);
const _: () = assert!(2 * OUTBOUND_QUESTIONS_PER_PEER <= INBOUND_QUESTIONS_PER_PEER);
const _: () = assert!(OUTBOUND_QUESTIONS_PER_PEER + INBOUND_QUESTIONS_PER_PEER <= STEWARD_STREAMS);
const _: () = assert!(INBOUND_QUESTIONS_PER_PEER < ASKED_QUEUE && ASKED_QUEUE <= INBOUND_QUESTIONS);

/// What a deployment or a test may change.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections of both directions ([`ESTABLISHED`]).
    pub established: u32,
    /// Dialled connections the node keeps up ([`OUTBOUND_TARGET`]).
    pub outbound_target: usize,
    /// Time for a handshake ([`HANDSHAKE_WAIT`]).
    pub handshake_wait: Duration,
    /// First wait before a redial ([`REDIAL_MIN`]).
    pub redial_min: Duration,
    /// Longest wait before a redial ([`REDIAL_MAX`]).
    pub redial_max: Duration,
    /// Bytes of a request ([`REQUEST_BYTES_MAX`]).
    pub request_bytes_max: usize,
    /// Bytes of a response ([`RESPONSE_BYTES_MAX`]).
    pub response_bytes_max: usize,
    /// One exchange ([`REQUEST_TIMEOUT`]).
    pub request_timeout: Duration,
    /// Bytes of a question to a steward ([`STEWARD_REQUEST_BYTES_MAX`]).
    pub steward_request_bytes_max: usize,
    /// Bytes of a steward's answer ([`STEWARD_RESPONSE_BYTES_MAX`]).
    pub steward_response_bytes_max: usize,
    /// One exchange with a steward ([`STEWARD_TIMEOUT`]).
    pub steward_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            established: ESTABLISHED,
            outbound_target: OUTBOUND_TARGET,
            handshake_wait: HANDSHAKE_WAIT,
            redial_min: REDIAL_MIN,
            redial_max: REDIAL_MAX,
            request_bytes_max: REQUEST_BYTES_MAX,
            response_bytes_max: RESPONSE_BYTES_MAX,
            request_timeout: REQUEST_TIMEOUT,
            steward_request_bytes_max: STEWARD_REQUEST_BYTES_MAX,
            steward_response_bytes_max: STEWARD_RESPONSE_BYTES_MAX,
            steward_timeout: STEWARD_TIMEOUT,
        }
    }
}
