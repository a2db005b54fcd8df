//! What follows from a roster: the gate, the taggers, the salts.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    path::Path,
};

use larum_protocol::{
    hash::Digest,
    ledger::RosterIndex,
    replica::Input,
    roster::{Accepted, MemberId, RosterChain, SignedRoster},
    salt::{Grant, GrantScope, grant},
    signed::Signed,
    tag::Salt,
};
use rand::{SeedableRng, rngs::StdRng};

use tokio::sync::oneshot;

use super::{Engine, Followup, handle::RosterReply};
use crate::{
    clock::now,
    net::Peer,
    secrets::{Secrets, SecretsError},
    taggers::Taggers,
};

impl Engine {
    /// Puts the newest roster in force: who may connect, whose statements count, which tags are made.
    pub(super) fn roster_changed(&mut self) -> Followup {
        let chain = self.parts.replica.rosters();
        let roster = RosterIndex::new(chain.roster().clone());
        let own = self.parts.keys.node.public();
        let allowed = chain.roster().connectable().filter(|node| node.key != own).map(|node| Peer {
            node_key: node.key.0,
            addresses: node.addresses.iter().filter_map(|address| address.parse().ok()).collect(),
        });
        self.parts.net.set_allowed(allowed.collect());
        self.parts.ledger.set_roster(roster);
        self.judge();
        self.retag()
    }

    /// Offers a roster of the operator's to the replica, and answers with what became of it.
    pub(super) fn offer_roster(&mut self, offered: Box<SignedRoster>, reply: oneshot::Sender<RosterReply>) {
        let (before, id) = (self.parts.replica.rosters().newest().clone(), offered.id());
        self.roster_refused = None;
        self.drive(Input::OfferRoster(offered));
        let chain = self.parts.replica.rosters();
        let answer = match self.roster_refused.take() {
            Some(why) => Err(why),
            None => Ok((outcome(&before, chain, &id), chain.roster().version)),
        };
        let _ = reply.send(answer); // who no longer waits reads it from the status
    }

    /// Makes the taggers anew, and asks for a salt that is missing.
    fn retag(&mut self) -> Followup {
        let mut taggers = self.new_taggers();
        if taggers.missing(now().day()).is_some() && self.reread_salts() {
            taggers = self.new_taggers();
        }
        let missing = taggers.missing(now().day());
        self.parts.taggers.store(taggers.into());
        missing.map(|epoch| Input::NeedSalt { epoch })
    }

    fn new_taggers(&self) -> Taggers {
        Taggers::new(self.parts.replica.rosters().roster(), &self.salts)
    }

    /// Takes in salts that were put into the secrets file since: whoever proposes an epoch on the command line leaves
    /// its salt there while this node runs, and nobody else has it. Whether there was any.
    fn reread_salts(&mut self) -> bool {
        let keys = &mut self.parts.keys;
        let secrets = match Secrets::load(&keys.file, &keys.lock) {
            Ok(secrets) => secrets,
            Err(error) => {
                tracing::warn!(%error, "the secrets could not be read again");
                return false;
            }
        };
        let held = self.salts.len();
        take_in(&secrets.salts, &mut keys.secrets, &mut self.salts);
        self.salts.len() > held
    }

    pub(super) fn store_roster(&self, roster: &SignedRoster) {
        let stored = self.parts.store.append_roster(roster.roster().version, roster.id(), &roster.encode());
        if let Err(error) = stored {
            tracing::error!(%error, "a roster could not be stored; it is fetched again after a restart");
        }
        let file = self.parts.rosters.join(format!("{:010}.roster", roster.roster().version));
        if let Err(error) = lay_down(&file, &roster.encode()) {
            tracing::warn!(%error, "a roster could not be laid down for the command line; the node itself has it");
        }
    }

    /// The salt of an epoch, sealed to a member that asks for it, if it is held.
    pub(super) fn grant(&self, to: MemberId, epoch: u32) -> Option<Signed<Grant>> {
        let salt = self.salts.get(&epoch)?;
        let chain = self.parts.replica.rosters();
        let member = chain.roster().member(to)?;
        let scope = GrantScope { consortium: chain.consortium(), epoch, to };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).ok()?;
        let mut random = StdRng::from_seed(seed);
        let granted = grant(scope, salt, &member.sealing, &self.parts.keys.node, now(), &mut random);
        granted.inspect_err(|error| tracing::error!(%error, "a salt could not be granted")).ok()
    }

    /// Opens a grant and keeps the salt, sealed with the node's other secrets.
    pub(super) fn open_grant(&mut self, grant: &Signed<Grant>) -> Followup {
        let chain = self.parts.replica.rosters();
        let epoch = chain.roster().epochs.iter().find(|epoch| epoch.number == grant.epoch)?;
        let salt = match grant.open(&self.parts.keys.sealing, &epoch.commitment) {
            Ok(salt) => salt,
            Err(error) => {
                tracing::warn!(%error, "a salt grant was not usable; another member is asked");
                return Some(Input::NeedSalt { epoch: grant.epoch });
            }
        };
        self.keep_salt(grant.epoch, salt);
        self.retag();
        Some(Input::HaveSalt { epoch: grant.epoch })
    }

    fn keep_salt(&mut self, epoch: u32, salt: Salt) {
        let keys = &mut self.parts.keys;
        keys.secrets.salts.insert(epoch, *salt.expose());
        let salts = &mut self.salts;
        let kept = Secrets::change(&keys.file, &keys.lock, |file| {
            file.salts.insert(epoch, *salt.expose());
            take_in(&file.salts, &mut keys.secrets, salts); // the command line may have put more there
            Ok::<_, SecretsError>(())
        });
        if let Err(error) = kept {
            tracing::error!(%error, "the salt could not be kept; it is asked for again after a restart");
        }
        self.salts.insert(epoch, salt);
        tracing::info!(epoch, "the salt has arrived: this node can answer and publish");
    }
}

/// Takes in salts that the file has and this node does not.
fn take_in(found: &BTreeMap<u32, [u8; 32]>, kept: &mut Secrets, usable: &mut BTreeMap<u32, Salt>) {
    for (epoch, salt) in found {
        kept.salts.entry(*epoch).or_insert(*salt);
        usable.entry(*epoch).or_insert_with(|| Salt::new(*salt));
    }
}

/// Writes a file whole or not at all: a node does not start over a roster that it cannot read.
fn lay_down(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = file.with_extension("new");
    file.parent().map_or(Ok(()), fs::create_dir_all)?;
    let mut written = fs::File::create(&aside)?;
    written.write_all(bytes)?;
    written.sync_all()?;
    fs::rename(aside, file)
}

/// What became of a roster, told from the chain before and after it was offered.
fn outcome(before: &SignedRoster, chain: &RosterChain, offered: &Digest) -> Accepted {
    let newest = chain.newest();
    if before.id() == *offered {
        Accepted::Known
    } else if newest.id() != *offered {
        let is_rival = chain.rival().is_some_and(|rival| rival.id() == *offered);
        if is_rival { Accepted::Rival } else { Accepted::Known }
    } else if newest.roster().version == before.roster().version {
        Accepted::Rival
    } else if newest.roster().prev == Some(before.id()) {
        Accepted::Appended
    } else {
        Accepted::Switched
    }
}
