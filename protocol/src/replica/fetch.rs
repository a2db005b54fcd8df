//! Decides which batches to ask for, and takes the pages that come; `sources.rs` decides from whom.
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
    limits::{CLOCK_SKEW_MS, PAGE_BYTES, STORE_BYTES_IN_FLIGHT_MAX},
    log::{LogError, LogId},
    signed::{Signed, Unverified},
    wire::{RawBatch, Request},
};

impl Replica {
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
        let able = want.sources.is_empty() || want.sources.iter().any(|source| self.can_ask(&source.peer));
        if want.under_way || !able {
            return; // the many logs whose turn it is not, at the price of a look
        }
        let held = self.logs.get(&log);
        let tip = held.map_or(0, super::Log::tip_seq);
        let rewinding = held.is_some_and(|held| held.rewinding);
        let Some(source) = self.next_source(log, tip) else { return };
        let limit = self.limit(&log).unwrap_or(u64::MAX);
        let Some(want) = self.wants.get_mut(&log) else { return };
        if rewinding || self.pulls.contains_key(&log) {
            return;
        }
        let (peer, from) = (source.peer, (tip + 1).max(want.anchor));
        // Where a fork or an end lies below a floor that its author signed, nothing of the log is left to be had.
        if from > source.word.to.min(limit) {
            return self.drop_source(log, peer);
        }
        want.under_way = true;
        if source.doubted || source.word.floor > from {
            let seq = if source.word.held > 0 { source.word.held } else { source.word.to.min(limit) };
            let doubted = source.doubted;
            self.ask(peer, Asked::Anchor { log, seq, doubted }, &Request::Header { log, seq });
        } else {
            let max_bytes = PAGE_BYTES as u32;
            self.ask(peer, Asked::Batches { log, from }, &Request::Batches { log, from, max_bytes });
        }
    }

    /// A header that says where the log may be entered, and that its holder holds it.
    pub(super) fn on_anchor(
        &mut self,
        peer: PublicKey,
        (log, seq): (LogId, u64),
        doubted: bool,
        header: Option<&[u8]>,
    ) {
        self.fetch_ended(log);
        let Some(bytes) = header else { return self.cannot_show(log, seq, peer) };
        match self.verified_header(peer, log, bytes) {
            Some(header) if header.seq == seq => self.raise_anchor(log, peer, header.floor, doubted),
            Some(_) => {
                self.penalize(peer, Fault::WrongAnswer);
                self.drop_source(log, peer);
            }
            None => self.drop_source(log, peer),
        }
    }

    /// Nothing below a signed floor is asked for any more. If that explains nothing of what was missing, the peer is asked
    /// no more either.
    fn raise_anchor(&mut self, log: LogId, peer: PublicKey, floor: u64, doubted: bool) {
        let tip = self.logs.get(&log).map_or(0, super::Log::tip_seq);
        let Some(want) = self.wants.get_mut(&log) else { return };
        let news = floor > want.anchor.max(tip + 1);
        want.anchor = want.anchor.max(floor);
        match want.source(peer) {
            Some(source) if news || !doubted => {
                source.word.floor = 0;
                source.doubted = false;
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
        let goes_on = more && !batches.is_empty();
        for (expected, raw) in (from..).zip(batches) {
            if expected > limit {
                return;
            }
            if !self.take_fetched(peer, log, expected, raw) {
                return self.drop_source(log, peer);
            }
        }
        let tip = self.logs.get(&log).map_or(0, super::Log::tip_seq);
        if goes_on {
            self.unshown.remove(&(peer, log));
        } else {
            self.gave_less(log, peer, tip);
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

    /// Joins a header with the body that came with it; a body may be absent only once nobody has to keep it, by any clock
    /// that is right enough.
    pub(super) fn join(&self, header: Signed<Header>, body: Option<Vec<u8>>) -> Result<Batch, Fault> {
        let joined = match body {
            Some(body) => Batch::new(header, body.into()),
            None if header.keep_until < self.time.now().plus_ms(CLOCK_SKEW_MS).day() => Batch::without_body(header),
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
}
