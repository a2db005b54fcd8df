//! Every bound of the protocol, each with its reason. Nothing from outside is read before it is held against one.

use crate::oprf::{ELEMENTS_MAX, NUMBER_MAX};

/// Bytes of a batch body. One signature covers thousands of statements, and a body still fits one page of sync.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// The highest number of a batch. Nobody reaches it, and one can be added to any number below without overflow: an author
/// chooses its numbers, and a log may be entered at any of them.
pub const SEQ_MAX: u64 = u64::MAX / 2;
/// Bytes of a signed header's payload: its fields at their largest.
pub const HEADER_BYTES_MAX: usize = 384;
/// Bytes up to which a body travels inside the gossip message of its header.
pub const INLINE_BODY_BYTES_MAX: usize = 2 * 1024;
/// Bytes of one gossip message: a header, its envelope and an inline body fit with room to spare.
pub const GOSSIP_BYTES_MAX: usize = 16 * 1024;

/// Bytes of one statement: every field at its largest and every derived tag.
pub const STATEMENT_BYTES_MAX: usize = 10 * 1024;
/// Derived tags of one statement: the 224 bands of a resume and room for a few more.
pub const DERIVED_MAX: usize = 230;
/// The longest life that any policy may grant, in days: ten years. Nothing lives for ever (I4).
pub const LIFE_DAYS_MAX: u32 = 3_653;
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

/// Stewards of a key: as many as shares have numbers.
pub const STEWARDS_MAX: usize = NUMBER_MAX as usize;
/// Bytes of a question to a steward and of its answer: a thousand elements and what goes with them.
pub const STEWARD_MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a steward's evaluation: a thousand elements, the proof, and what it answers to.
pub const EVALUATED_BYTES_MAX: usize = 40 * 1024;
/// Bytes of a steward's acknowledgement: the public shares of all of them.
pub const ACKNOWLEDGEMENT_BYTES_MAX: usize = 1024;

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
/// Announcements in one page: with their envelopes they take less than 2 MiB.
pub const ANNOUNCEMENTS_PER_PAGE_MAX: usize = 4_096;
/// Rosters in one page: one of the largest size fills it.
pub const ROSTERS_PER_PAGE_MAX: usize = 64;
/// Bytes of rosters after which a page of them ends.
pub const ROSTERS_PAGE_BYTES: usize = 1024 * 1024;

/// Peers that the replica keeps books on: the connection limit of the network and room for those that come and go.
pub const PEERS_MAX: usize = 256;
/// Requests under way to one peer: enough to keep a link busy while a page is worked on.
pub const REQUESTS_PER_PEER_MAX: usize = 4;
/// Bytes that may be on their way to the store: pages are asked for ahead of the disk, but no further than this.
pub const STORE_BYTES_IN_FLIGHT_MAX: usize = 8 * 1024 * 1024;
/// Milliseconds after which a request counts as lost: a page of 1 MiB over a slow link.
pub const REQUEST_TIMEOUT_MS: u64 = 15_000;
/// Milliseconds beyond a round trip after which a body is asked of the next peer (engine.md: gossip headers, pull bodies).
pub const BODY_PATIENCE_MS: u64 = 250;
/// The round trip that is assumed of a peer before one was measured, in milliseconds.
pub const ROUND_TRIP_GUESS_MS: u64 = 250;
/// Logs that are known to be behind: four of each of 5,000 members and room for more; what is beyond waits for a next
/// round of sync.
pub const WANTS_MAX: usize = 32_768;
/// Bodies that are pulled at a time; what more is announced waits for sync.
pub const BODY_PULLS_MAX: usize = 256;
/// Peers remembered that announced the same body, or that hold the same missing batches.
pub const SOURCES_MAX: usize = 8;
/// Of these, how many may be nodes of one member, so that it leaves room for others.
pub const SOURCES_PER_MEMBER_MAX: usize = 2;
/// Milliseconds that an answer which brings little may take: whoever needs longer is asked after others from then on.
/// Of a slow link the pages are full.
pub const PAGE_PATIENCE_MS: u64 = 2_000;
/// Bytes from which on a page is worth a wait: one batch of the largest may not fit any more.
pub const PAGE_WORTH_WAITING_BYTES: usize = PAGE_BYTES / 2;
/// Bytes below which a page that promises more is short, unless it is full of small batches.
pub const PAGE_SHORT_BYTES: usize = PAGE_BYTES / 4;
/// Logs of which a peer may fail, once each, to show what it said it holds before it is a liar. An honest one fails where a
/// log was cut between its word and the question, which no author can do to many.
pub const UNSHOWN_LOGS_MAX: usize = 16;
/// The longest round trip by which a peer is waited for, in milliseconds: a peer does not set its own patience.
pub const ROUND_TRIP_TRUSTED_MS: u64 = 1_000;
/// Peers asked for one body before it is left to sync.
pub const BODY_ATTEMPTS_MAX: usize = 4;
/// Requests for bodies that are kept open until the body arrives here.
pub const PARKED_BODIES_MAX: usize = 256;
/// Milliseconds for which such a request is kept open.
pub const PARKED_MS: u64 = 2_000;
/// Roster hints that wait for their roster.
pub const ROSTER_HINTS_MAX: usize = 16;
/// Of these, how many may be of one peer, so that it leaves room for others' hints.
pub const ROSTER_HINTS_PER_PEER_MAX: usize = 2;
/// Milliseconds that a hint may wait: gossip forgets its messages soon after.
pub const ROSTER_HINT_MS: u64 = 3_000;
/// Milliseconds between looks at who could be asked to sync; each is drawn between the two.
pub const SYNC_EVERY_MS: (u64, u64) = (10_000, 30_000);
/// Peers that are asked at each.
pub const SYNC_PEERS: usize = 2;
/// Milliseconds after which gossip is joined even though something is still missing: one peer that claims what nobody
/// has must not keep a node out.
pub const CATCH_UP_MS_MAX: u64 = 60_000;
/// Milliseconds between announcements of an unchanged log at most: a small part of a usual limit on freshness.
pub const ANNOUNCE_EVERY_MS: u64 = 120_000;
/// Announcements of an unchanged log within the roster's limit on freshness at least: two may be lost.
pub const ANNOUNCEMENTS_PER_FRESHNESS: u64 = 3;
/// Milliseconds by which an announcement of a change waits for further changes.
pub const ANNOUNCE_DELAY_MS: u64 = 1_000;
/// Milliseconds between pulls of all announcements: gossip brings them, the pull is for what it lost.
pub const ANNOUNCEMENTS_EVERY_MS: u64 = 10 * 60 * 1000;
/// Requests that a peer may make at once, and in each second from then on.
pub const REQUESTS_BURST: u64 = 512;
/// See [`REQUESTS_BURST`].
pub const REQUESTS_PER_SECOND: u64 = 64;
/// Bytes that a peer may be served at once, and in each second from then on.
pub const SERVED_BYTES_BURST: u64 = 512 * 1024 * 1024;
/// See [`SERVED_BYTES_BURST`].
pub const SERVED_BYTES_PER_SECOND: u64 = 64 * 1024 * 1024;
/// Milliseconds that a busy peer asks others to wait.
pub const BUSY_MS: u32 = 1_000;
/// Searches for the point where a log was forked that run at a time.
pub const TRACES_MAX: usize = 64;
/// Look-ups of held headers that gossip may cause at a time.
pub const LOOKUPS_MAX: usize = 256;

const _: () = assert!(HEADER_BYTES_MAX + INLINE_BODY_BYTES_MAX + 256 < GOSSIP_BYTES_MAX);
const _: () = assert!(DERIVED_MAX * 40 + 512 <= STATEMENT_BYTES_MAX);
const _: () = assert!(PAGE_BYTES + BODY_BYTES_MAX + 4096 <= RESPONSE_BYTES_MAX);
const _: () = assert!(ELEMENTS_MAX * 34 + 512 <= EVALUATED_BYTES_MAX);
const _: () = assert!(EVALUATED_BYTES_MAX + 1024 <= STEWARD_MESSAGE_BYTES_MAX);
const _: () = assert!(STEWARDS_MAX * 34 + 256 <= ACKNOWLEDGEMENT_BYTES_MAX);
const _: () = assert!(MEMBERS_MAX * 600 <= ROSTER_BYTES_MAX);
