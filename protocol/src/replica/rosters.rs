//! Rosters: fetched in order from whoever has a newer one, and what follows from a new one (I7).
//!
//! Invariant: at most one request for rosters is under way to each peer, so one that stalls holds up nobody else's; and
//! who says that it holds a newer roster, and shows none, is to blame.

use minicbor::bytes::ByteVec;

use super::{Acceptance, Event, Output, Replica, fault_of, peers::Asked};
use crate::{
    fault::Fault,
    hash::Digest,
    keys::PublicKey,
    ledger::RosterIndex,
    limits::{ROSTER_HINT_MS, ROSTER_HINTS_MAX, ROSTER_HINTS_PER_PEER_MAX},
    roster::{Accepted, RosterDecodeError, RosterError, SignedRoster},
    wire::{Gossip, Message, Request, RosterHead},
};

use super::gossip::Judged;

/// A gossiped hint that is passed on once its roster is held.
#[derive(Debug)]
pub(super) struct Hint {
    gossip: u64,
    from: PublicKey,
    roster: Digest,
    pub(super) deadline: u64,
}

impl Replica {
    /// The roster that is held as the newest, as it is told to peers.
    pub(super) fn roster_head(&self) -> RosterHead {
        let newest = self.chain.newest();
        RosterHead { version: newest.roster().version, id: newest.id(), rival: self.chain.rival().is_some() }
    }

    /// A peer said which roster it holds.
    pub(super) fn learn_roster(&mut self, peer: PublicKey, theirs: RosterHead) {
        let ours = self.roster_head();
        let other = theirs.version == ours.version && !self.is_known(theirs.id);
        let rival = theirs.version == ours.version && theirs.rival && !ours.rival;
        if other || rival {
            self.pull_rosters(peer, ours.version, 0);
        } else if theirs.version > ours.version {
            self.pull_rosters(peer, ours.version + 1, theirs.version);
        }
    }

    /// An author knows of a roster of this version; the peer that passed its word on need not hold it.
    pub(super) fn learn_version(&mut self, peer: PublicKey, version: u64) {
        let ours = self.chain.roster().version;
        if version > ours {
            self.pull_rosters(peer, ours + 1, 0);
        }
    }

    fn is_known(&self, id: Digest) -> bool {
        self.chain.newest().id() == id || self.chain.rival().is_some_and(|rival| rival.id() == id)
    }

    /// Asks a peer for rosters; `claimed` is the version that it says it holds, 0 if it says nothing.
    fn pull_rosters(&mut self, peer: PublicKey, from_version: u64, claimed: u64) {
        if !self.roster_pulls.contains_key(&peer) && self.can_ask(&peer) {
            self.ask(peer, Asked::Rosters, &Request::Rosters { from_version });
            self.roster_pulls.insert(peer, claimed);
        }
    }

    pub(super) fn judge_hint(&mut self, from: PublicKey, gossip: u64, version: u64, roster: Digest) -> Judged {
        let ours = self.chain.roster().version;
        let of_peer = self.hints.iter().filter(|hint| hint.from == from).count();
        let full = self.hints.len() >= ROSTER_HINTS_MAX || of_peer >= ROSTER_HINTS_PER_PEER_MAX;
        if self.is_known(roster) || version < ours || full {
            return Judged::Ignore;
        }
        let deadline = self.time.uptime() + ROSTER_HINT_MS;
        self.hints.push(Hint { gossip, from, roster, deadline });
        // Nobody passes a hint on before it holds the roster.
        self.pull_rosters(from, if version > ours { ours + 1 } else { version }, version);
        Judged::Wait
    }

    pub(super) fn expire_hints(&mut self) {
        let uptime = self.time.uptime();
        let late: Vec<Hint> = self.hints.extract_if(.., |hint| hint.deadline <= uptime).collect();
        for Hint { gossip: id, from, .. } in late {
            self.emit(Output::ValidateGossip { id, from, acceptance: Acceptance::Ignore });
        }
    }

    pub(super) fn on_rosters(&mut self, peer: PublicKey, rosters: Vec<ByteVec>, more: bool) {
        let claimed = self.roster_pulls.remove(&peer).unwrap_or_default();
        let before = self.chain.roster().version;
        for bytes in rosters {
            match self.take_roster(&bytes) {
                Ok(_) => {}
                Err(RosterProblem::Fault(fault)) => return self.penalize(peer, fault),
                // Governors signed two rosters of the newest version and a successor of the one not known here: the
                // peer is asked for both.
                Err(RosterProblem::Refused(RosterError::UnknownPredecessor(version))) if version > before => {
                    return self.pull_rosters(peer, before, claimed);
                }
                Err(RosterProblem::Refused(error)) => return self.penalize(peer, roster_fault(&error)),
            }
        }
        let now = self.chain.roster().version;
        if more && now > before {
            self.pull_rosters(peer, now + 1, claimed);
        } else if claimed > now {
            self.penalize(peer, Fault::WrongAnswer);
        }
    }

    fn take_roster(&mut self, bytes: &[u8]) -> Result<Accepted, RosterProblem> {
        let roster = SignedRoster::decode(bytes).map_err(|error| {
            RosterProblem::Fault(match error {
                RosterDecodeError::Decode(error) => fault_of(&error),
                RosterDecodeError::Fault(_) | RosterDecodeError::Signatures => Fault::BadRoster,
            })
        })?;
        self.offer_roster(roster).map_err(RosterProblem::Refused)
    }

    pub(super) fn on_roster_offered(&mut self, roster: SignedRoster) {
        if let Err(error) = self.offer_roster(roster) {
            self.emit(Output::RosterRefused(error));
        }
    }

    fn offer_roster(&mut self, roster: SignedRoster) -> Result<Accepted, RosterError> {
        let (version, id) = (roster.roster().version, roster.id());
        let accepted = self.chain.offer(roster.clone())?;
        if accepted == Accepted::Known {
            return Ok(accepted);
        }
        self.emit(Output::StoreRoster(Box::new(roster)));
        let event = match accepted {
            Accepted::Rival => Event::RivalRoster { version },
            _ => Event::RosterTaken { version },
        };
        self.emit(Output::Event(event));
        let waited = self.hints.iter().any(|hint| hint.roster == id);
        if !waited {
            self.emit(Output::Publish(Gossip::Roster { version, id }.to_bytes()));
        }
        self.apply_roster();
        Ok(accepted)
    }

    fn apply_roster(&mut self) {
        self.roster = RosterIndex::new(self.chain.roster().clone());
        self.connectable = self.chain.roster().connectable().map(|node| node.key).collect();
        self.ranks.retain(|peer, _| self.connectable.contains(peer));
        self.unshown.retain(|(peer, _)| self.connectable.contains(peer));
        self.emit(Output::RosterChanged);
        let gone: Vec<PublicKey> = self.peers.keys().filter(|peer| !self.connectable.contains(peer)).copied().collect();
        gone.into_iter().for_each(|peer| self.on_disconnected(peer));
        self.pulls.clear();
        self.reconcile_all();
        let held: Vec<Hint> = std::mem::take(&mut self.hints);
        for hint in held {
            if self.is_known(hint.roster) {
                let acceptance = Acceptance::Accept;
                self.emit(Output::ValidateGossip { id: hint.gossip, from: hint.from, acceptance });
            } else {
                self.hints.push(hint);
            }
        }
        self.announce_soon();
        self.sync_soon();
    }
}

/// Why a peer's roster was not taken.
enum RosterProblem {
    Fault(Fault),
    Refused(RosterError),
}

const fn roster_fault(error: &RosterError) -> Fault {
    match error {
        RosterError::OtherConsortium => Fault::WrongConsortium,
        RosterError::BadSignature(_) => Fault::BadSignature,
        RosterError::TooFewSignatures { .. } | RosterError::Rewrites(_) => Fault::BadRoster,
        RosterError::Gap { .. } | RosterError::UnknownPredecessor(_) => Fault::WrongAnswer,
    }
}
