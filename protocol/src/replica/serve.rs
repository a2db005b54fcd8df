//! Answers what peers ask, within each peer's share.
//!
//! A share only delays: whoever has used it up is told to come back, and what it learns then is the same.

use super::{
    Output, Replica, fault_of,
    heads::{CountedHead, heads_digest},
};
use crate::{
    fault::Fault,
    keys::PublicKey,
    limits::{
        ANNOUNCEMENTS_PER_PAGE_MAX, BUSY_MS, HEADS_PER_PAGE_MAX, PAGE_BYTES, REQUESTS_BURST, REQUESTS_PER_SECOND,
        ROSTERS_PAGE_BYTES, ROSTERS_PER_PAGE_MAX, SERVED_BYTES_BURST, SERVED_BYTES_PER_SECOND,
    },
    log::LogId,
    roster::SignedRoster,
    wire::{List, Message, Request, Response},
};

/// A token bucket in thousandths of a request and in bytes. Bytes are taken after the answer, so they may be owed.
#[derive(Debug)]
pub(super) struct Bucket {
    requests_milli: u64,
    bytes: i64,
    filled_at: u64,
}

impl Bucket {
    pub(super) const fn full(uptime: u64) -> Self {
        Self { requests_milli: REQUESTS_BURST * 1000, bytes: SERVED_BYTES_BURST as i64, filled_at: uptime }
    }

    fn take_request(&mut self, uptime: u64) -> bool {
        let passed = uptime.saturating_sub(self.filled_at).min(3_600_000);
        self.filled_at = uptime;
        self.requests_milli = (self.requests_milli + passed * REQUESTS_PER_SECOND).min(REQUESTS_BURST * 1000);
        let refill = (passed * SERVED_BYTES_PER_SECOND / 1000) as i64;
        self.bytes = (self.bytes + refill).min(SERVED_BYTES_BURST as i64);
        let allowed = self.requests_milli >= 1000 && self.bytes > 0;
        self.requests_milli -= if allowed { 1000 } else { 0 };
        allowed
    }
}

impl Replica {
    pub(super) fn on_request(&mut self, peer: PublicKey, token: u64, bytes: &[u8]) {
        let uptime = self.time.uptime();
        let Some(books) = self.peers.get_mut(&peer) else { return self.answer_busy(token) };
        if !books.bucket.take_request(uptime) {
            self.penalize(peer, Fault::TooManyRequests);
            return self.answer_busy(token);
        }
        match Request::from_bytes(bytes) {
            Ok(request) => self.serve(peer, token, request),
            Err(error) => {
                self.penalize(peer, fault_of(&error));
                self.answer_busy(token);
            }
        }
    }

    /// Takes bytes that were served off a peer's share.
    pub(super) fn charge(&mut self, peer: PublicKey, bytes: u64) {
        if let Some(peer) = self.peers.get_mut(&peer) {
            peer.bucket.bytes = peer.bucket.bytes.saturating_sub(i64::try_from(bytes).unwrap_or(i64::MAX));
        }
    }

    fn answer_busy(&mut self, token: u64) {
        self.emit(Output::Respond { token, bytes: Response::Busy(BUSY_MS).to_bytes() });
    }

    fn answer(&mut self, peer: PublicKey, token: u64, response: &Response) {
        let bytes = response.to_bytes();
        self.charge(peer, bytes.len() as u64);
        self.emit(Output::Respond { token, bytes });
    }

    fn serve(&mut self, peer: PublicKey, token: u64, request: Request) {
        match request {
            Request::Heads { digest, after } => {
                let response = self.heads_response(digest, after);
                self.answer(peer, token, &response);
            }
            Request::Batches { log, from, max_bytes } => {
                let max_bytes = max_bytes.min(PAGE_BYTES as u32);
                self.emit(Output::ServeBatches { token, peer, log, from, max_bytes });
            }
            Request::Body { log, seq, hash } => self.serve_body(peer, token, log, seq, hash),
            Request::Header { log, seq } => self.emit(Output::ServeHeader { token, log, seq }),
            Request::Rosters { from_version } => {
                let response = self.rosters_response(from_version);
                self.answer(peer, token, &response);
            }
            Request::Proof { log } => {
                let proof = self.proofs.get(&log).map(|proof| proof.encode().into());
                self.answer(peer, token, &Response::Proof(proof));
            }
            Request::Announcements { since, after } => {
                let response = self.announcements_response(since, after);
                self.answer(peer, token, &response);
            }
            Request::Grant { epoch } => match self.roster.member_of(&peer) {
                Some(member) => self.emit(Output::ServeGrant { token, member, epoch }),
                None => self.answer_busy(token),
            },
        }
    }

    fn heads_response(&self, digest: crate::hash::Digest, after: Option<LogId>) -> Response {
        let heads = self.counted_heads();
        let roster = self.roster_head();
        if after.is_none() && heads_digest(&heads) == digest {
            return Response::Same(roster);
        }
        let behind = heads.iter().filter(|head| after.is_none_or(|after| head.log > after)).map(CountedHead::entry);
        let more = behind.clone().count() > HEADS_PER_PAGE_MAX;
        Response::Heads { roster, entries: List::of(behind), more }
    }

    fn rosters_response(&self, from_version: u64) -> Response {
        let rival = self.chain.rival().filter(|rival| rival.roster().version >= from_version);
        let all: Vec<&SignedRoster> = self.chain.since(from_version).iter().chain(rival).collect();
        let mut rosters: Vec<minicbor::bytes::ByteVec> = Vec::new();
        let mut bytes = 0;
        for roster in &all {
            let encoded = roster.encode();
            bytes += encoded.len();
            let full = bytes > ROSTERS_PAGE_BYTES || rosters.len() >= ROSTERS_PER_PAGE_MAX;
            if full && !rosters.is_empty() {
                break;
            }
            rosters.push(encoded.into());
        }
        let more = rosters.len() < all.len();
        Response::Rosters { rosters: List::of(rosters), more }
    }

    fn announcements_response(&self, since: u64, after: Option<LogId>) -> Response {
        let words: Vec<&[u8]> = self.announcements_since(since, after).take(ANNOUNCEMENTS_PER_PAGE_MAX + 1).collect();
        let more = words.len() > ANNOUNCEMENTS_PER_PAGE_MAX;
        Response::Announcements { announcements: List::of(words.iter().map(|word| word.to_vec().into())), more }
    }
}
