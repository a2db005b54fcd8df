//! Bodies that did not ride along with their header: pulled once, from whoever announced it.
//!
//! A relay passes a header on before it has the body, so a pull is kept open at the other end until the body arrives
//! there. A peer that stays silent for a round trip and a bit is passed over; after a few, sync will bring it.

use super::{Output, Replica, peers::Asked, sources::Word};
use crate::{
    batch::Header,
    fault::Fault,
    hash::Digest,
    keys::PublicKey,
    limits::{
        BODY_ATTEMPTS_MAX, BODY_PATIENCE_MS, BODY_PULLS_MAX, PARKED_BODIES_MAX, PARKED_MS, ROUND_TRIP_TRUSTED_MS,
        SOURCES_MAX,
    },
    log::LogId,
    signed::Signed,
    wire::{Message, Request, Response},
};

/// A header that waits for its body.
#[derive(Debug)]
pub(super) struct Pull {
    header: Signed<Header>,
    announcers: Vec<PublicKey>,
    asked: Vec<PublicKey>,
    /// Uptime at which the next announcer is asked.
    pub(super) deadline: u64,
}

/// A peer's request for a body that is on its way here.
#[derive(Debug)]
pub(super) struct Parked {
    token: u64,
    peer: PublicKey,
    log: LogId,
    seq: u64,
    hash: Digest,
    pub(super) deadline: u64,
}

impl Replica {
    /// Pulls the body of a header that goes behind the tip of its log.
    pub(super) fn pull_body(&mut self, header: Signed<Header>, announcer: PublicKey) {
        let (log, seq) = (header.log, header.seq);
        if let Some(pull) = self.pulls.get_mut(&log) {
            if pull.header.id() == header.id() && pull.announcers.len() < SOURCES_MAX {
                pull.announcers.push(announcer);
            }
            return;
        }
        if self.pulls.len() >= BODY_PULLS_MAX {
            return self.want(log, Word::passed_on(seq), announcer);
        }
        self.pulls.insert(log, Pull { header, announcers: vec![announcer], asked: Vec::new(), deadline: 0 });
        self.ask_next_announcer(log);
    }

    fn ask_next_announcer(&mut self, log: LogId) {
        let Some(pull) = self.pulls.get(&log) else { return };
        let (seq, hash) = (pull.header.seq, pull.header.id());
        let fresh = |peer: &&PublicKey| !pull.asked.contains(peer) && self.can_ask(peer);
        // Gossip names one announcer of each message; the others it was seen by are among the connected.
        let next = pull.announcers.iter().find(fresh).or_else(|| self.peers.keys().find(fresh)).copied();
        let Some(peer) = next.filter(|_| pull.asked.len() < BODY_ATTEMPTS_MAX) else {
            return self.leave_to_sync(log);
        };
        let patience =
            self.peers.get(&peer).map_or(0, |peer| peer.round_trip_ms.min(ROUND_TRIP_TRUSTED_MS)) + BODY_PATIENCE_MS;
        let deadline = self.time.uptime() + patience;
        if let Some(pull) = self.pulls.get_mut(&log) {
            pull.asked.push(peer);
            pull.deadline = deadline;
        }
        self.ask(peer, Asked::Body { log, seq }, &Request::Body { log, seq, hash });
    }

    fn leave_to_sync(&mut self, log: LogId) {
        let Some(pull) = self.pulls.remove(&log) else { return };
        for peer in pull.announcers.into_iter().chain(pull.asked) {
            self.want(log, Word::passed_on(pull.header.seq), peer);
        }
    }

    pub(super) fn on_body(&mut self, peer: PublicKey, log: LogId, seq: u64, body: Option<Vec<u8>>) {
        let Some(pull) = self.pulls.get(&log).filter(|pull| pull.header.seq == seq) else { return };
        let Some(body) = body else {
            self.penalize(peer, Fault::NoBody);
            return self.ask_next_announcer(log);
        };
        match self.join(pull.header.clone(), Some(body)) {
            Ok(batch) => {
                self.pulls.remove(&log);
                // Sync may have been faster: then it is held already.
                let _ = self.append(batch, 0);
            }
            Err(fault) => {
                self.penalize(peer, fault);
                self.ask_next_announcer(log);
            }
        }
    }

    /// A peer will not answer: the next one, unless that was asked already.
    pub(super) fn next_announcer(&mut self, log: LogId, seq: u64, peer: PublicKey) {
        let current =
            self.pulls.get(&log).is_some_and(|pull| pull.header.seq == seq && pull.asked.last() == Some(&peer));
        if current {
            self.ask_next_announcer(log);
        }
    }

    pub(super) fn expire_pulls(&mut self) {
        let uptime = self.time.uptime();
        let late: Vec<LogId> =
            self.pulls.iter().filter(|(_, pull)| pull.deadline <= uptime).map(|(log, _)| *log).collect();
        late.into_iter().for_each(|log| self.ask_next_announcer(log));
    }

    /// Whether the body of a batch is on its way here.
    fn is_expected(&self, log: &LogId, seq: u64) -> bool {
        let pulled = self.pulls.get(log).is_some_and(|pull| pull.header.seq == seq);
        pulled || self.logs.get(log).is_some_and(|held| held.is_pending(seq))
    }

    /// Answers a pull now, or once the body is here.
    pub(super) fn serve_body(&mut self, peer: PublicKey, token: u64, log: LogId, seq: u64, hash: Digest) {
        if self.is_expected(&log, seq) && self.parked.len() < PARKED_BODIES_MAX {
            let deadline = self.time.uptime() + PARKED_MS;
            self.parked.push(Parked { token, peer, log, seq, hash, deadline });
        } else {
            self.emit(Output::ServeBody { token, peer, log, seq, hash });
        }
    }

    /// Answers the pulls of what is durable now.
    pub(super) fn serve_parked(&mut self, log: LogId) {
        let held = self.logs.get(&log).and_then(|held| held.stored).map_or(0, |state| state.head.seq);
        let ready: Vec<Parked> = self.parked.extract_if(.., |parked| parked.log == log && parked.seq <= held).collect();
        for Parked { token, peer, log, seq, hash, .. } in ready {
            self.emit(Output::ServeBody { token, peer, log, seq, hash });
        }
    }

    pub(super) fn expire_parked(&mut self) {
        let uptime = self.time.uptime();
        let late: Vec<Parked> = self.parked.extract_if(.., |parked| parked.deadline <= uptime).collect();
        for parked in late {
            self.emit(Output::Respond { token: parked.token, bytes: Response::Body(None).to_bytes() });
        }
    }
}
