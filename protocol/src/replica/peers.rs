//! Who is connected, and what was asked of whom.
//!
//! Invariant: a request ends exactly once: by its answer, its deadline, or the end of the connection.

use super::{Replica, fault_of, serve::Bucket};
use crate::{
    codec::DecodeError,
    fault::Fault,
    keys::PublicKey,
    limits::{PEERS_MAX, REQUEST_TIMEOUT_MS, REQUESTS_PER_PEER_MAX, ROUND_TRIP_GUESS_MS},
    log::LogId,
    wire::{Message, Request, Response},
};

/// What is known of a connected peer.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) in_flight: usize,
    /// Uptime before which it is asked nothing more: it was busy, or did not answer.
    pub(super) resume_at: u64,
    /// The round trip, smoothed.
    pub(super) round_trip_ms: u64,
    /// A comparison of heads with it has been completed.
    pub(super) synced: bool,
    /// Its announcements were pulled since it connected: gossip may have missed what it said before.
    pub(super) words_pulled: bool,
    pub(super) comparing: bool,
    pub(super) bucket: Bucket,
}

/// A request under way.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) peer: PublicKey,
    pub(super) asked: Asked,
    sent: u64,
    pub(super) deadline: u64,
}

/// What a request was about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Asked {
    Heads { after: Option<LogId> },
    Batches { log: LogId, from: u64 },
    Anchor { log: LogId, seq: u64, doubted: bool },
    Body { log: LogId, seq: u64 },
    Trace { log: LogId, seq: u64 },
    Rosters,
    Proof { log: LogId },
    Announcements { since: u64, after: Option<LogId> },
    Grant { epoch: u32 },
}

impl Replica {
    pub(super) fn on_connected(&mut self, peer: PublicKey) {
        let known = self.peers.contains_key(&peer);
        if known || self.peers.len() >= PEERS_MAX || !self.connectable.contains(&peer) {
            return;
        }
        let bucket = Bucket::full(self.time.uptime());
        let round_trip_ms = ROUND_TRIP_GUESS_MS;
        let fresh = Peer {
            in_flight: 0,
            resume_at: 0,
            round_trip_ms,
            synced: false,
            words_pulled: false,
            comparing: false,
            bucket,
        };
        self.peers.insert(peer, fresh);
        self.compare_heads(peer);
    }

    pub(super) fn on_disconnected(&mut self, peer: PublicKey) {
        let open: Vec<u64> = self.requests.iter().filter(|(_, open)| open.peer == peer).map(|(id, _)| *id).collect();
        self.peers.remove(&peer);
        for id in open {
            if let Some(request) = self.requests.remove(&id) {
                self.failed(&request);
            }
        }
        self.forget_source(peer);
    }

    /// Whether a peer can be asked one thing more.
    pub(super) fn can_ask(&self, peer: &PublicKey) -> bool {
        self.peers
            .get(peer)
            .is_some_and(|peer| peer.in_flight < REQUESTS_PER_PEER_MAX && peer.resume_at <= self.time.uptime())
    }

    /// Sends a request; the caller has made sure that the peer can be asked.
    pub(super) fn ask(&mut self, peer: PublicKey, asked: Asked, request: &Request) -> u64 {
        let (id, sent) = (self.next_request, self.time.uptime());
        self.next_request += 1;
        if let Some(peer) = self.peers.get_mut(&peer) {
            peer.in_flight += 1;
        }
        self.requests.insert(id, InFlight { peer, asked, sent, deadline: sent + REQUEST_TIMEOUT_MS });
        self.emit(super::Output::Send { peer, id, bytes: request.to_bytes() });
        id
    }

    pub(super) fn on_response(&mut self, peer: PublicKey, id: u64, bytes: Option<Vec<u8>>) {
        if self.requests.get(&id).is_none_or(|open| open.peer != peer) {
            return;
        }
        let Some(request) = self.requests.remove(&id) else { return };
        self.settle(&request);
        let Some(bytes) = bytes else { return self.failed(&request) };
        match Response::from_bytes(&bytes) {
            Ok(Response::Busy(ms)) => {
                self.rest(peer, u64::from(ms).min(REQUEST_TIMEOUT_MS));
                self.rank_down_if_fetch(peer, request.asked);
                self.failed(&request);
            }
            Ok(response) => self.on_answer(peer, &request, response),
            Err(error) => {
                self.blame(peer, &error);
                self.failed(&request);
            }
        }
    }

    fn on_answer(&mut self, peer: PublicKey, request: &InFlight, response: Response) {
        let took = self.time.uptime().saturating_sub(request.sent);
        match (request.asked, response) {
            (Asked::Heads { after: None }, Response::Same(roster)) => self.on_same(peer, roster),
            (Asked::Heads { after }, Response::Heads { roster, entries, more }) => {
                self.on_heads(peer, roster, after, &entries, more);
            }
            (Asked::Batches { log, from }, Response::Batches { batches, more }) => {
                let batches = batches.into_vec();
                self.rank_page(peer, &batches, more, took);
                self.on_batches(peer, log, from, batches, more);
            }
            (Asked::Anchor { log, seq, doubted }, Response::Header(header)) => {
                self.rank_page(peer, &[], false, took);
                self.on_anchor(peer, (log, seq), doubted, header.map(Vec::from).as_deref());
            }
            (Asked::Body { log, seq }, Response::Body(body)) => self.on_body(peer, log, seq, body.map(Vec::from)),
            (Asked::Trace { log, seq }, Response::Header(header)) => {
                self.continue_trace_with_theirs(peer, log, seq, header.map(Vec::from).as_deref());
            }
            (Asked::Rosters, Response::Rosters { rosters, more }) => self.on_rosters(peer, rosters.into_vec(), more),
            (Asked::Proof { log }, Response::Proof(proof)) => {
                self.on_proof_pulled(peer, log, proof.map(Vec::from).as_deref())
            }
            (Asked::Announcements { since, after }, Response::Announcements { announcements, more }) => {
                self.on_announcements(peer, (since, after), announcements.into_vec(), more);
            }
            (Asked::Grant { epoch }, Response::Grant(grant)) => {
                self.on_grant(peer, epoch, grant.map(Vec::from).as_deref())
            }
            _ => {
                self.penalize(peer, Fault::WrongAnswer);
                self.failed(request);
            }
        }
    }

    /// A peer sent bytes that cannot be read.
    pub(super) fn blame(&mut self, peer: PublicKey, error: &DecodeError) {
        self.penalize(peer, fault_of(error));
    }

    /// Asks nothing of a peer for a while.
    pub(super) fn rest(&mut self, peer: PublicKey, ms: u64) {
        let resume_at = self.time.uptime() + ms;
        if let Some(peer) = self.peers.get_mut(&peer) {
            peer.resume_at = peer.resume_at.max(resume_at);
        }
    }

    fn settle(&mut self, request: &InFlight) {
        let took = self.time.uptime().saturating_sub(request.sent);
        if let Some(peer) = self.peers.get_mut(&request.peer) {
            peer.in_flight = peer.in_flight.saturating_sub(1);
            peer.round_trip_ms = (peer.round_trip_ms * 3 + took) / 4;
        }
    }

    /// What waited for an answer that will not come goes on without it.
    fn failed(&mut self, request: &InFlight) {
        match request.asked {
            Asked::Heads { .. } => self.end_comparison(request.peer, false),
            Asked::Batches { log, .. } | Asked::Anchor { log, .. } => self.drop_source(log, request.peer),
            Asked::Body { log, seq } => self.next_announcer(log, seq, request.peer),
            Asked::Trace { log, .. } => drop(self.traces.remove(&log)),
            Asked::Rosters => drop(self.roster_pulls.remove(&request.peer)),
            Asked::Grant { epoch } => self.salt_unanswered(epoch),
            Asked::Proof { .. } | Asked::Announcements { .. } => {}
        }
    }

    pub(super) fn expire_requests(&mut self) {
        let uptime = self.time.uptime();
        let late: Vec<u64> =
            self.requests.iter().filter(|(_, open)| open.deadline <= uptime).map(|(id, _)| *id).collect();
        for id in late {
            let Some(request) = self.requests.remove(&id) else { continue };
            self.settle(&request);
            self.penalize(request.peer, Fault::Timeout);
            self.rest(request.peer, REQUEST_TIMEOUT_MS);
            self.failed(&request);
            if self.rank_down_if_fetch(request.peer, request.asked) {
                self.forget_source(request.peer);
            }
        }
    }
}
