//! Decides which batches to ask for and from whom, and takes the pages that come.
//!
//! Invariant: at most one fetch of a log is under way. The next page is asked for as soon as the last header of one is
//! known, before the disk has it, as long as the bytes on their way to the disk are within bounds.
//! Invariant: nothing below a proven floor is asked for, and a floor is proven by a header that its author signed, never
//! by a peer's word.

use super::{Replica, peers::Asked};
use crate::{
    batch::{Batch, BatchError, Header},
    codec::DecodeError,
    fault::Fault,
    keys::PublicKey,
    limits::{PAGE_BYTES, SOURCES_MAX, STORE_BYTES_IN_FLIGHT_MAX, WANTS_MAX},
    log::{LogError, LogId},
    signed::{Signed, Unverified},
    wire::{RawBatch, Request},
};

/// A log of which others hold more.
#[derive(Debug, Default)]
pub(super) struct Want {
    /// The highest number that somebody holds, by its own word.
    to: u64,
    /// The highest floor that somebody claims.
    floor: u64,
    /// The floor as a signed header states it.
    anchor: u64,
    sources: Vec<PublicKey>,
    under_way: bool,
}

impl Replica {
    /// Remembers that a peer holds a log up to a number.
    pub(super) fn want(&mut self, log: LogId, to: u64, floor: u64, peer: PublicKey) {
        let broken = self.logs.get(&log).and_then(|held| held.broken_at).map(|seq| seq - 1);
        let to = [self.limit(&log), broken].into_iter().flatten().fold(to, u64::min);
        let tip = self.logs.get(&log).map_or(0, super::Log::tip_seq);
        let full = self.wants.len() >= WANTS_MAX && !self.wants.contains_key(&log);
        if to <= tip || full || !self.is_followed(&log) {
            return;
        }
        let want = self.wants.entry(log).or_default();
        want.to = want.to.max(to);
        want.floor = want.floor.max(floor.min(to));
        if want.sources.len() < SOURCES_MAX && !want.sources.contains(&peer) {
            want.sources.push(peer);
        }
    }

    /// Asks for whatever can be asked for now.
    pub(super) fn schedule_fetches(&mut self) {
        let logs: Vec<LogId> = self.wants.keys().copied().collect();
        for log in logs {
            if self.bytes_in_store >= STORE_BYTES_IN_FLIGHT_MAX {
                return;
            }
            self.schedule_fetch(log);
        }
    }

    fn schedule_fetch(&mut self, log: LogId) {
        let Some(want) = self.wants.get(&log) else { return };
        let held = self.logs.get(&log);
        let tip = held.map_or(0, super::Log::tip_seq);
        let limit = self.limit(&log).unwrap_or(u64::MAX);
        if tip >= want.to.min(limit) || want.sources.is_empty() || !self.is_followed(&log) {
            self.wants.remove(&log);
            return;
        }
        if want.under_way || held.is_some_and(|held| held.rewinding) || self.pulls.contains_key(&log) {
            return;
        }
        let able = want.sources.iter().filter(|peer| self.can_ask(peer)).copied();
        let Some(peer) = able.min_by_key(|peer| self.peers.get(peer).map(|peer| peer.in_flight)) else { return };
        let (to, from) = (want.to.min(limit), (tip + 1).max(want.anchor));
        let must_prove_floor = want.floor > from;
        if let Some(want) = self.wants.get_mut(&log) {
            want.under_way = true;
        }
        if must_prove_floor {
            self.ask(peer, Asked::Anchor { log, seq: to }, &Request::Header { log, seq: to });
        } else {
            let max_bytes = PAGE_BYTES as u32;
            self.ask(peer, Asked::Batches { log, from }, &Request::Batches { log, from, max_bytes });
        }
    }

    /// A header that says where the log may be entered.
    pub(super) fn on_anchor(&mut self, peer: PublicKey, log: LogId, seq: u64, header: Option<&[u8]>) {
        self.fetch_ended(log);
        match header.map(|bytes| self.verified_header(peer, log, bytes)) {
            Some(Some(header)) if header.seq == seq => {
                if let Some(want) = self.wants.get_mut(&log) {
                    want.anchor = want.anchor.max(header.floor);
                    want.floor = want.anchor;
                }
            }
            Some(Some(_)) => {
                self.penalize(peer, Fault::WrongAnswer);
                self.drop_source(log, peer);
            }
            _ => self.drop_source(log, peer),
        }
    }

    /// Takes a page. Every batch of it is verified here, once.
    pub(super) fn on_batches(&mut self, peer: PublicKey, log: LogId, from: u64, batches: Vec<RawBatch>, more: bool) {
        self.fetch_ended(log);
        let rewinding = self.logs.get(&log).is_some_and(|held| held.rewinding);
        if rewinding || !self.is_followed(&log) {
            return;
        }
        let limit = self.limit(&log).unwrap_or(u64::MAX);
        let empty = batches.is_empty();
        for (expected, raw) in (from..).zip(batches) {
            if expected > limit {
                return;
            }
            if !self.take_fetched(peer, log, expected, raw) {
                return self.drop_source(log, peer);
            }
        }
        // An honest peer may have dropped, since it was asked, what it said it holds.
        if empty || !more {
            self.drop_source(log, peer);
        }
    }

    fn take_fetched(&mut self, peer: PublicKey, log: LogId, expected: u64, raw: RawBatch) -> bool {
        let Some(header) = self.verified_header(peer, log, &raw.header) else { return false };
        if header.seq != expected {
            self.penalize(peer, Fault::WrongAnswer);
            return false;
        }
        let anchor = self.wants.get(&log).map_or(0, |want| want.anchor);
        match self.check_place(&header, anchor) {
            Ok(()) => {}
            Err(LogError::Old { .. }) => return true,
            Err(error) => {
                self.misplaced(peer, &header, error);
                return false;
            }
        }
        match self.join(header, raw.body.map(Vec::from)) {
            Ok(batch) => self.append(batch, anchor).is_ok(),
            Err(fault) => {
                self.penalize(peer, fault);
                false
            }
        }
    }

    /// A header that its author signed and that does not go where it says.
    pub(super) fn misplaced(&mut self, peer: PublicKey, header: &Signed<Header>, error: LogError) {
        let log = header.log;
        match error {
            LogError::GoesBack => {
                self.penalize(peer, Fault::LogGoesBack);
                self.stop_at(log, header.seq);
            }
            LogError::Forked => {
                self.penalize(peer, Fault::Fork);
                let decided = self.standing(&log).is_some_and(|standing| standing.end.is_some());
                if decided { self.rewind(log) } else { self.start_trace(peer, log, header.seq - 1) }
            }
            LogError::Old { .. } | LogError::Gap { .. } => {}
        }
    }

    /// Joins a header with the body that came with it; a body may be absent only once nobody has to keep it.
    pub(super) fn join(&self, header: Signed<Header>, body: Option<Vec<u8>>) -> Result<Batch, Fault> {
        let joined = match body {
            Some(body) => Batch::new(header, body.into()),
            None if header.keep_until < self.time.now().day() => Batch::without_body(header),
            None => return Err(Fault::WrongBody),
        };
        joined.map_err(|error| match error {
            BatchError::WrongBody => Fault::WrongBody,
            _ => Fault::BadBatch,
        })
    }

    /// Reads a header that should be of a log, and blames the peer for what is wrong with it.
    pub(super) fn verified_header(&mut self, peer: PublicKey, log: LogId, bytes: &[u8]) -> Option<Signed<Header>> {
        let checked = self.read_header(bytes).and_then(|header| {
            if header.value().log != log {
                return Err(Fault::WrongAnswer);
            }
            header.verify().map_err(|_| Fault::BadSignature)
        });
        checked.map_err(|fault| self.penalize(peer, fault)).ok()
    }

    /// Reads a header and checks everything but its signature and its place.
    pub(super) fn read_header(&self, bytes: &[u8]) -> Result<Unverified<Header>, Fault> {
        let header = Unverified::<Header>::decode(bytes).map_err(|error: DecodeError| super::fault_of(&error))?;
        if header.value().consortium != self.chain.consortium() {
            return Err(Fault::WrongConsortium);
        }
        header.value().check().map_err(|_| Fault::BadBatch)?;
        Ok(header)
    }

    fn fetch_ended(&mut self, log: LogId) {
        if let Some(want) = self.wants.get_mut(&log) {
            want.under_way = false;
        }
    }

    /// A peer is asked no more for a log: it failed, lied, or has given what it had.
    pub(super) fn drop_source(&mut self, log: LogId, peer: PublicKey) {
        if let Some(want) = self.wants.get_mut(&log) {
            want.under_way = false;
            want.sources.retain(|source| *source != peer);
        }
    }

    /// A peer is gone.
    pub(super) fn forget_source(&mut self, peer: PublicKey) {
        for want in self.wants.values_mut() {
            want.sources.retain(|source| *source != peer);
        }
    }
}
