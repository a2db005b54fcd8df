//! Gossip: verified once, passed on, and applied where it is next in line.
//!
//! Rejected, with a penalty, is only what no honest relay passes on. What this node cannot judge yet (an author that
//! it does not know, a version that it cannot read) is ignored: the relay did nothing wrong.

use super::{Acceptance, Event, Output, Replica, fault_of, forks::Origin, sources::Word};
use crate::{
    announcement::Announcement,
    batch::{Batch, Header},
    fault::Fault,
    keys::PublicKey,
    limits::{CLOCK_SKEW_MS, INLINE_BODY_BYTES_MAX},
    log::LogError,
    signed::{Signed, Unverified},
    wire::{Gossip, Message},
};

/// What became of a gossip message.
pub(super) enum Judged {
    Accept,
    Ignore,
    /// Ignored, and counted.
    Odd(Fault),
    Reject(Fault),
    /// It is judged later.
    Wait,
}

/// A batch as it is gossiped: its body rides along if it is small.
pub(super) fn batch_message(batch: &Batch) -> Vec<u8> {
    let inline = batch.body.as_ref().filter(|body| body.len() <= INLINE_BODY_BYTES_MAX);
    let body = inline.map(|body| body.to_vec().into());
    Gossip::Batch { header: batch.header.bytes().to_vec().into(), body }.to_bytes()
}

impl Replica {
    pub(super) fn on_gossip(&mut self, from: PublicKey, id: u64, bytes: &[u8]) {
        let judged = if self.connectable.contains(&from) { self.judge(from, id, bytes) } else { Judged::Ignore };
        let acceptance = match judged {
            Judged::Wait => return,
            Judged::Accept => Acceptance::Accept,
            Judged::Ignore => Acceptance::Ignore,
            Judged::Odd(fault) => {
                self.penalize(from, fault);
                Acceptance::Ignore
            }
            Judged::Reject(Fault::UnknownVersion) => {
                self.penalize(from, Fault::UnknownVersion);
                Acceptance::Ignore
            }
            Judged::Reject(fault) => {
                self.penalize(from, fault);
                Acceptance::Reject
            }
        };
        self.emit(Output::ValidateGossip { id, from, acceptance });
    }

    fn judge(&mut self, from: PublicKey, id: u64, bytes: &[u8]) -> Judged {
        match Gossip::from_bytes(bytes) {
            Ok(Gossip::Batch { header, body }) => self.judge_batch(from, &header, body.map(Vec::from)),
            Ok(Gossip::Announcement(bytes)) => self.judge_announcement(from, &bytes),
            Ok(Gossip::Fork(bytes)) => self.judge_proof(&bytes),
            Ok(Gossip::Roster { version, id: roster }) => self.judge_hint(from, id, version, roster),
            Err(error) => Judged::Reject(fault_of(&error)),
        }
    }

    fn judge_batch(&mut self, from: PublicKey, header: &[u8], body: Option<Vec<u8>>) -> Judged {
        let header = match self.read_header(header) {
            Ok(header) => header,
            Err(fault) => return Judged::Reject(fault),
        };
        let (log, seq) = (header.value().log, header.value().seq);
        let Some(standing) = self.standing(&log).filter(|standing| standing.counts) else {
            return Judged::Odd(Fault::UnknownAuthor);
        };
        let tip = self.logs.get(&log).and_then(super::Log::tip);
        let repeated = tip.is_some_and(|tip| tip.seq == seq && tip.hash == header.id());
        let beyond = self.limit(&log).is_some_and(|limit| seq > limit);
        if repeated || beyond || !standing.covers(seq) || !self.is_followed(&log) {
            return Judged::Ignore;
        }
        let Ok(header) = header.verify() else { return Judged::Reject(Fault::BadSignature) };
        if header.issued > self.time.now().plus_ms(CLOCK_SKEW_MS) {
            self.emit(Output::Event(Event::ClockAhead { log }));
        }
        self.hear(log, seq);
        match self.check_place(&header, 0) {
            Ok(()) => self.take_gossiped(from, header, body),
            Err(LogError::Old { .. }) => {
                self.look_up(header);
                Judged::Ignore
            }
            Err(LogError::Gap { .. }) => {
                self.want(log, Word::passed_on(seq), from);
                Judged::Accept
            }
            // Whoever holds the other branch has to see it: it is passed on, and here it counts as evidence only.
            Err(error) => {
                self.misplaced(from, &header, error);
                Judged::Accept
            }
        }
    }

    fn take_gossiped(&mut self, from: PublicKey, header: Signed<Header>, body: Option<Vec<u8>>) -> Judged {
        let Some(body) = body else {
            self.pull_body(header, from);
            return Judged::Accept;
        };
        if body.len() > INLINE_BODY_BYTES_MAX {
            return Judged::Reject(Fault::Oversize);
        }
        let log = header.log;
        match self.join(header, Some(body)) {
            Ok(batch) => {
                self.pulls.remove(&log);
                match self.append(batch, 0) {
                    Ok(()) => Judged::Accept,
                    Err(_) => Judged::Ignore,
                }
            }
            Err(fault) => Judged::Reject(fault),
        }
    }

    fn judge_proof(&mut self, bytes: &[u8]) -> Judged {
        let proof = match self.read_proof(bytes) {
            Ok(proof) => proof,
            Err(fault) => return Judged::Reject(fault),
        };
        if self.standing(&proof.log()).is_none() {
            return Judged::Odd(Fault::UnknownAuthor);
        }
        if self.adopt_proof(proof, Origin::Gossip) { Judged::Accept } else { Judged::Ignore }
    }

    fn judge_announcement(&mut self, from: PublicKey, bytes: &[u8]) -> Judged {
        let word = match Unverified::<Announcement>::decode(bytes) {
            Ok(word) => word,
            Err(error) => return Judged::Reject(fault_of(&error)),
        };
        self.judge_word(from, word)
    }

    /// Judges an announcement, gossiped or pulled, and keeps it if it is news.
    pub(super) fn judge_word(&mut self, from: PublicKey, word: Unverified<Announcement>) -> Judged {
        let said = word.value();
        let log = said.log;
        if said.consortium != self.chain.consortium() {
            return Judged::Reject(Fault::WrongConsortium);
        }
        if !said.is_coherent() {
            return Judged::Reject(Fault::BadEncoding);
        }
        if self.standing(&log).is_none_or(|standing| !standing.counts) {
            return Judged::Odd(Fault::UnknownAuthor);
        }
        if self.announcements.get(&log).is_some_and(|held| held.time >= said.time) || !self.may_announce(said) {
            return Judged::Ignore;
        }
        if said.time > self.time.now().plus_ms(CLOCK_SKEW_MS) {
            self.emit(Output::Event(Event::ClockAhead { log }));
            return Judged::Ignore;
        }
        let Ok(word) = word.verify() else { return Judged::Reject(Fault::BadSignature) };
        self.keep_announcement(from, word);
        Judged::Accept
    }
}
