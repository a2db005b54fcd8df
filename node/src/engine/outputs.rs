//! Carries out what the replica decided, one arm each.

use std::time::Duration;

use larum_protocol::{
    fault::{Fault, Severity},
    hash::Digest,
    keys::PublicKey,
    log::LogId,
    replica::{self, Event, Held, Input, Output},
    signed::Unverified,
    wire::{BatchPage, Message, Response},
};
use tokio::time::Instant;

use super::{Engine, Followup};
use crate::net::{self, Acceptance, Refusals, RequestId, WireFault};

/// How long a peer that sent what no honest relay passes on is shut out: long enough to be no nuisance, short enough
/// that a mended peer comes back without an operator.
const BAN: Duration = Duration::from_secs(10 * 60);

impl Engine {
    pub(super) fn carry_out(&mut self, output: Output) -> Followup {
        match output {
            Output::Send { peer, id, bytes } => return self.send(peer, id, bytes),
            Output::Respond { token, bytes } => self.respond(token, bytes),
            Output::ServeBatches { token, peer, log, from, max_bytes } => {
                let bytes = self.page(&log, from, max_bytes);
                return Some(self.serve(token, peer, bytes));
            }
            Output::ServeBody { token, peer, log, seq, hash } => {
                let bytes = Response::Body(self.body(&log, seq, &hash).map(Into::into)).to_bytes();
                return Some(self.serve(token, peer, bytes));
            }
            Output::ServeHeader { token, log, seq } => {
                let header = self.parts.store.batch(&log, seq).ok().flatten().map(|batch| batch.header.into());
                self.respond(token, Response::Header(header).to_bytes());
            }
            Output::ServeGrant { token, member, epoch } => {
                let grant = self.grant(member, epoch).map(|grant| grant.bytes().to_vec().into());
                self.respond(token, Response::Grant(grant).to_bytes());
            }
            Output::ValidateGossip { id, from: _, acceptance } => self.validate(id, acceptance),
            Output::Publish(bytes) => {
                if let Err(refusal) = self.parts.net.publish_gossip(bytes.into()) {
                    tracing::debug!(%refusal, "gossip not sent; sync will carry it");
                }
            }
            Output::JoinGossip => self.parts.net.join_gossip(),
            Output::Store(batch) => self.stage(*batch),
            Output::Load { log, seq } => {
                let held = self.load(&log, seq).map(Box::new);
                // Of a forked or ended log this may be the last batch that counts, as of which the ledger judges it.
                self.judge_later |= self.parts.ledger.is_judged(&log);
                return Some(Input::Loaded { log, seq, held });
            }
            Output::Rewind { log, to } => return Some(self.rewind(log, to)),
            Output::StoreRoster(roster) => self.store_roster(&roster),
            Output::StoreProof(proof) => {
                let stored = self.parts.store.append_proof(proof.log(), proof.seq(), &proof.encode());
                report("a fork proof", stored.err());
            }
            Output::StoreAnnouncement(word) => {
                report("an announcement", self.parts.store.put_announcement(&word.log, word.bytes()).err());
                self.parts.ledger.announce(word.value().clone());
                self.stale_coverage = true;
            }
            Output::DropAnnouncement(log) => {
                report("that an announcement is dropped", self.parts.store.remove_announcement(&log).err());
                self.parts.ledger.forget_announcement(&log);
                self.stale_coverage = true;
            }
            Output::OpenGrant(grant) => return self.open_grant(&grant),
            Output::Penalize { peer, fault } => self.penalize(peer, fault),
            Output::Wake { after_ms } => self.wake = Some(Instant::now() + Duration::from_millis(after_ms)),
            Output::RosterChanged => return self.roster_changed(),
            Output::PublishRefused { seq: _, error } => self.publish_failed(&error.to_string()),
            Output::RosterRefused(error) => self.roster_refused = Some(error.to_string()),
            Output::Event(event) => self.on_replica_event(event),
        }
        None
    }

    fn send(&mut self, peer: PublicKey, id: u64, bytes: Vec<u8>) -> Followup {
        let refused = self.parts.net.request(peer.0, RequestId(id), bytes.into()).is_err();
        refused.then_some(Input::Response { peer, id, bytes: None })
    }

    fn respond(&mut self, token: u64, bytes: Vec<u8>) {
        if let Some(token) = self.requests.remove(&token) {
            let _ = self.parts.net.respond(token, bytes.into()); // an asker that gave up asks again
        }
    }

    fn serve(&mut self, token: u64, peer: PublicKey, bytes: Vec<u8>) -> Input {
        let served = bytes.len() as u64;
        self.respond(token, bytes);
        Input::Served { peer, bytes: served }
    }

    /// A page of batches; one that cannot be read ends it, and the peer asks somebody else for the rest.
    fn page(&self, log: &LogId, from: u64, max_bytes: u32) -> Vec<u8> {
        let mut page = BatchPage::new(max_bytes);
        let batches = self.parts.store.batches(log, from, max_bytes as usize).unwrap_or_else(|error| {
            tracing::error!(%error, "a page of batches could not be read");
            Vec::new()
        });
        let mut last = from.saturating_sub(1);
        for batch in batches {
            if !page.push(&batch.header, batch.body.as_deref()) {
                break;
            }
            last = batch.facts.seq;
        }
        let more = self.parts.ledger.state(log).is_some_and(|state| state.head.seq > last);
        page.finish(more)
    }

    fn body(&self, log: &LogId, seq: u64, hash: &Digest) -> Option<Vec<u8>> {
        let batch = self.parts.store.batch(log, seq).ok().flatten()?;
        batch.body.filter(|_| batch.facts.hash == *hash)
    }

    fn load(&self, log: &LogId, seq: u64) -> Option<Held> {
        let batch = self.parts.store.batch(log, seq).ok().flatten()?;
        let header = Unverified::decode(&batch.header).ok()?.trust_own_disk();
        let state = self.parts.ledger.state_at(&header, batch.meta);
        Some(Held { header, state })
    }

    fn validate(&mut self, id: u64, acceptance: replica::Acceptance) {
        let Some(id) = self.gossip.remove(&id) else { return };
        let acceptance = match acceptance {
            replica::Acceptance::Accept => Acceptance::Accept,
            replica::Acceptance::Ignore => Acceptance::Ignore,
            replica::Acceptance::Reject => Acceptance::Reject,
        };
        let _ = self.parts.net.validate_gossip(id, acceptance); // dropped from the queue, it is not forwarded: sync carries it
    }

    fn rewind(&mut self, log: LogId, to: u64) -> Input {
        self.undurable.retain(|batch| batch.header.log != log || batch.header.seq <= to);
        for input in self.store_undurable() {
            self.drive(input);
        }
        report("a rewind", self.parts.store.rewind(&log, to).err());
        let state = self.parts.ledger.reload(&log);
        self.judge_later = true;
        Input::Rewound { log, state }
    }

    pub(super) fn penalize(&self, peer: PublicKey, fault: Fault) {
        self.parts.metrics.refused(fault.name());
        let severity = match fault.severity() {
            Severity::Tolerate => net::Severity::Tolerate,
            Severity::Disconnect => net::Severity::Disconnect,
            Severity::Ban => net::Severity::Ban { duration: BAN },
        };
        tracing::warn!(?peer, fault = fault.name(), "a peer was wrong");
        let _ = self.parts.net.penalize(peer.0, severity);
    }

    pub(super) fn misbehaved(&self, peer: PublicKey, fault: WireFault) {
        self.penalize(
            peer,
            match fault {
                WireFault::OversizedRequest | WireFault::OversizedResponse => Fault::Oversize,
                WireFault::TooManyRequests => Fault::TooManyRequests,
            },
        );
    }

    pub(super) fn refused(&self, refusals: &Refusals) {
        tracing::info!(
            strangers = refusals.strangers,
            banned = refusals.banned,
            limited = refusals.limited,
            handshakes = refusals.handshakes,
            "connections refused"
        );
    }

    fn on_replica_event(&mut self, event: Event) {
        match event {
            Event::ForkFound { log, seq } => {
                tracing::error!(%log, seq, "a log is forked: nothing from there on counts until the governors decide");
                self.judge();
            }
            Event::LogGoesBack { log, seq } => tracing::error!(%log, seq, "a log contradicts itself; not followed on"),
            Event::RivalRoster { version } => {
                tracing::error!(version, "two valid rosters of one version: the governors must sign a successor");
            }
            Event::RosterTaken { version } => tracing::info!(version, "a new roster is in force"),
            Event::ClockAhead { log } => tracing::warn!(%log, "dated ahead of this machine's clock; check both clocks"),
            Event::CaughtUp => {
                self.caught_up = true;
                tracing::info!("caught up with the consortium");
            }
        }
        self.stale_coverage = true;
    }
}

/// Says that something could not be kept, and goes on: it is fetched again, or said again.
fn report(what: &str, error: Option<crate::store::StoreError>) {
    if let Some(error) = error {
        tracing::error!(%error, "{what} could not be stored");
    }
}
