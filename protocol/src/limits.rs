//! Every bound of the protocol, each with its reason. Nothing from outside is read before it is held against one.

/// Bytes of a batch body. One signature covers thousands of statements, and a body still fits one page of sync.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a signed header's payload: its fields at their largest.
pub const HEADER_BYTES_MAX: usize = 384;
/// Bytes up to which a body travels inside the gossip message of its header.
pub const INLINE_BODY_BYTES_MAX: usize = 2 * 1024;
/// Bytes of one gossip message: a header, its envelope and an inline body fit with room to spare.
pub const GOSSIP_BYTES_MAX: usize = 16 * 1024;

/// Bytes of one statement: every field at its largest and every derived tag.
pub const STATEMENT_BYTES_MAX: usize = 4 * 1024;
/// Derived tags of one statement: 64 resume bands and room for a second scheme's.
pub const DERIVED_MAX: usize = 80;
/// Bytes of an origin's name.
pub const ORIGIN_BYTES_MAX: usize = 64;

/// Bytes of a roster: 5,000 members of two nodes each at about 600 bytes.
pub const ROSTER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Governors of a consortium.
pub const GOVERNORS_MAX: usize = 32;
/// Members of a consortium: what the heads exchange and the simulation were sized for.
pub const MEMBERS_MAX: usize = 5_000;
/// Nodes of one member.
pub const NODES_PER_MEMBER_MAX: usize = 16;
/// Addresses of one node.
pub const ADDRESSES_PER_NODE_MAX: usize = 8;
/// Bytes of one address.
pub const ADDRESS_BYTES_MAX: usize = 256;
/// Bytes of a member's or a consortium's name.
pub const NAME_BYTES_MAX: usize = 80;
/// Logs of one node that the roster names as ended: a re-install now and then for years.
pub const ENDED_LOGS_PER_NODE_MAX: usize = 64;
/// Logs of one node that count at a time without being named in the roster, so that a node cannot multiply its quota
/// by opening incarnations. The lowest incarnations count: every node that holds the same logs picks the same.
pub const OPEN_LOGS_PER_NODE_MAX: usize = 4;
/// Salt epochs that overlap at most.
pub const EPOCHS_MAX: usize = 4;

/// Bytes of an announcement's payload.
pub const ANNOUNCEMENT_BYTES_MAX: usize = 256;
/// Bytes of a salt grant's payload.
pub const GRANT_BYTES_MAX: usize = 384;

/// How far ahead of the local clock an announcement may be dated and a batch issued before it waits, in milliseconds:
/// clocks without NTP drift by minutes.
pub const CLOCK_SKEW_MS: u64 = 10 * 60 * 1000;

/// Bytes of one sync request.
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;
/// Bytes of one sync response: a page and the largest batch that may overhang it.
pub const RESPONSE_BYTES_MAX: usize = ROSTER_BYTES_MAX + 64 * 1024;
/// Bytes after which a page of batches ends.
pub const PAGE_BYTES: usize = 1024 * 1024;
/// Batches in one page: bounds the work of a page of small batches.
pub const PAGE_BATCHES_MAX: usize = 4_096;
/// Entries in one heads answer; more logs than that are exchanged in further pages.
pub const HEADS_PER_PAGE_MAX: usize = 8_192;

const _: () = assert!(HEADER_BYTES_MAX + INLINE_BODY_BYTES_MAX + 256 < GOSSIP_BYTES_MAX);
const _: () = assert!(DERIVED_MAX * 40 + 512 <= STATEMENT_BYTES_MAX);
const _: () = assert!(PAGE_BYTES + BODY_BYTES_MAX + 4096 <= RESPONSE_BYTES_MAX);
const _: () = assert!(MEMBERS_MAX * 600 <= ROSTER_BYTES_MAX);
