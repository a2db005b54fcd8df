//! The engine: owns the replica and carries out what it decides.
//!
//! One thread, one loop, one match. Events of the network, wishes of the API and the clock go into the pure machine
//! (`larum_protocol::replica`); what comes out is sent, stored or counted here. Nothing in it decides.
//!
//! Batches that are decided together are stored together: one write, one sync (group commit). A batch is confirmed to
//! the replica, and to whoever published it, only once it is on the disk (I5).
//! Absent on purpose: rules, encodings, what a statement means.

mod handle;
mod outputs;
mod publish;
mod rosters;
mod storing;
mod upkeep;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use larum_protocol::{
    batch::Batch,
    keys::{PublicKey, SealingSecretKey, SecretKey},
    ledger::LogState,
    log::LogId,
    replica::{Input, Replica},
    tag::Salt,
};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

pub use self::handle::{EngineHandle, PublishError};
use self::{handle::Command, publish::Waiting};
use crate::{
    clock::now,
    ledger::Ledger,
    metrics::Metrics,
    net::{GossipId, NetEvent, NetHandle, ResponseToken},
    node::Listening,
    secrets::{Lock, Secrets},
    store::Store,
    taggers::Taggers,
    watches::Watches,
};

/// Events taken in before what they decided is stored: larger groups sync less often, and wait longer.
const GROUP_EVENTS: usize = 64;
/// How often coverage is computed anew though nothing happened: time alone makes it stale.
const COVERAGE_EVERY: Duration = Duration::from_secs(1);
/// How often what expired is dropped.
const UPKEEP_EVERY: Duration = Duration::from_secs(15 * 60);
/// How long after the start a publication waits for the first sync: a node whose peers can be reached has one in well
/// under a second, and one that is cut off must still be able to warn once they are back.
const HELD_BACK_MAX: Duration = Duration::from_secs(5);
/// Requests and gossip messages that wait for an answer; the network bounds them too.
const WAITING_MAX: usize = 4_096;

/// The node's own keys, and where they are kept.
pub(crate) struct Keys {
    pub(crate) node: SecretKey,
    pub(crate) sealing: SealingSecretKey,
    pub(crate) secrets: Secrets,
    pub(crate) file: std::path::PathBuf,
    pub(crate) lock: Lock,
}

/// What the engine works with.
pub(crate) struct Parts {
    pub(crate) replica: Replica,
    pub(crate) store: Arc<Store>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) taggers: Arc<ArcSwap<Taggers>>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) net: NetHandle,
    pub(crate) listening: Listening,
    /// What every statement that is stored is held against.
    pub(crate) watches: Arc<Watches>,
    pub(crate) keys: Keys,
    pub(crate) own: LogId,
    /// Where the signed rosters lie for the command line to read.
    pub(crate) rosters: std::path::PathBuf,
    /// Where the log before this one ended, if this is a new incarnation.
    pub(crate) continues: Option<larum_protocol::log::Place>,
}

/// The engine's state beside the replica's.
pub(crate) struct Engine {
    parts: Parts,
    salts: BTreeMap<u32, Salt>,
    /// Decided and not stored yet, in order.
    undurable: Vec<Batch>,
    /// The states of the logs in `undurable` once it is stored.
    ahead: BTreeMap<LogId, LogState>,
    /// Requests of peers that wait for an answer.
    requests: BTreeMap<u64, ResponseToken>,
    /// Gossip messages that wait for their validation.
    gossip: BTreeMap<u64, GossipId>,
    next_name: u64,
    waiting: Vec<Waiting>,
    /// Why the roster that is being offered was refused.
    roster_refused: Option<String>,
    wake: Option<Instant>,
    /// The replica is about to know more of forked or ended logs than the ledger does.
    judge_later: bool,
    /// Something happened on which coverage depends.
    stale_coverage: bool,
    /// The first sync is done.
    caught_up: bool,
    started: Instant,
    /// Publications that wait until then: as many as the API lets in at once.
    held_back: Vec<Command>,
}

impl Engine {
    pub(crate) fn new(parts: Parts) -> Self {
        let salts = parts.keys.secrets.salts.iter().map(|(epoch, salt)| (*epoch, Salt::new(*salt))).collect();
        Self {
            parts,
            salts,
            undurable: Vec::new(),
            ahead: BTreeMap::new(),
            requests: BTreeMap::new(),
            gossip: BTreeMap::new(),
            next_name: 0,
            waiting: Vec::new(),
            roster_refused: None,
            wake: None,
            judge_later: false,
            stale_coverage: true,
            caught_up: false,
            started: Instant::now(),
            held_back: Vec::new(),
        }
    }

    /// Runs until `stop`; what was decided is stored before it returns.
    pub(crate) async fn run(
        mut self,
        mut events: mpsc::Receiver<NetEvent>,
        mut commands: mpsc::Receiver<Command>,
        stop: CancellationToken,
    ) {
        let mut coverage = tokio::time::interval(COVERAGE_EVERY);
        let mut upkeep = tokio::time::interval(UPKEEP_EVERY);
        coverage.set_missed_tick_behavior(MissedTickBehavior::Delay);
        upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        if let Some(input) = self.roster_changed() {
            self.drive(input);
        }
        self.drive(Input::Woken);
        loop {
            let wake = self.wake;
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(command) = commands.recv() => self.on_command(command),
                event = events.recv() => match event {
                    Some(event) => {
                        self.on_event(event);
                        self.take_more(&mut events);
                    }
                    None => break,
                },
                () = sleep_until(wake) => {
                    self.wake = None;
                    self.drive(Input::Woken);
                }
                _ = coverage.tick() => self.refresh_coverage(),
                _ = upkeep.tick() => self.upkeep(),
            }
            self.settle();
        }
        self.settle();
    }

    /// Takes in what else has arrived, so that it is stored with one sync.
    fn take_more(&mut self, events: &mut mpsc::Receiver<NetEvent>) {
        for _ in 1..GROUP_EVENTS {
            let Ok(event) = events.try_recv() else { break };
            self.on_event(event);
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            // A folder that was restored from a backup first learns from the others how far its own log went: to go on
            // before would fork it (I5).
            Command::Publish { .. } if self.holds_back() => self.held_back.push(command),
            Command::Publish { epochs, reply } => self.publish(epochs, reply),
            Command::Roster { roster, reply } => self.offer_roster(roster, reply),
        }
    }

    fn on_event(&mut self, event: NetEvent) {
        let input = match event {
            NetEvent::Connected(peer) => Input::PeerConnected(PublicKey(peer)),
            NetEvent::Disconnected(peer) => Input::PeerDisconnected(PublicKey(peer)),
            NetEvent::Request { peer, token, bytes } => {
                let name = self.name();
                self.requests.insert(name, token);
                while self.requests.len() > WAITING_MAX {
                    self.requests.pop_first();
                }
                Input::Request { peer: PublicKey(peer), token: name, bytes: bytes.into() }
            }
            NetEvent::Response { peer, id, result } => {
                Input::Response { peer: PublicKey(peer), id: id.0, bytes: result.ok().map(Into::into) }
            }
            NetEvent::Gossip { from, id, bytes } => {
                let name = self.name();
                self.gossip.insert(name, id);
                while self.gossip.len() > WAITING_MAX {
                    self.gossip.pop_first();
                }
                Input::Gossip { from: PublicKey(from), id: name, bytes: bytes.into() }
            }
            NetEvent::Misbehaved { peer, fault } => return self.misbehaved(PublicKey(peer), fault),
            NetEvent::Refused(refusals) => return self.refused(&refusals),
            NetEvent::GossipReady(_) => return,
            NetEvent::Listening(address) => {
                tracing::info!(%address, "listening for peers");
                return self.parts.listening.write().push(address);
            }
        };
        self.drive(input);
    }

    /// Feeds one input to the replica and carries out everything that follows from it.
    fn drive(&mut self, input: Input) {
        let mut inputs = std::collections::VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for output in self.parts.replica.handle(now(), input) {
                inputs.extend(self.carry_out(output));
            }
        }
    }

    /// Stores what was decided and tells the replica, until nothing more is decided.
    fn settle(&mut self) {
        while !self.undurable.is_empty() {
            for input in self.store_undurable() {
                self.drive(input);
            }
        }
        if self.judge_later {
            self.judge();
        }
        if self.stale_coverage {
            self.refresh_coverage();
        }
        if !self.holds_back() && !self.held_back.is_empty() {
            std::mem::take(&mut self.held_back).into_iter().for_each(|command| self.on_command(command));
            self.settle();
        }
    }

    /// Whether publications still wait for the first sync.
    fn holds_back(&self) -> bool {
        !self.caught_up && self.started.elapsed() < HELD_BACK_MAX
    }

    /// Tells the ledger what the replica knows of every log.
    fn judge(&mut self) {
        self.judge_later = false;
        self.parts.ledger.set_facts(self.parts.replica.facts_with_proofs());
        self.stale_coverage = true;
    }

    fn refresh_coverage(&mut self) {
        self.stale_coverage = false;
        self.parts.ledger.set_coverage(self.parts.replica.coverage(now()));
    }

    fn name(&mut self) -> u64 {
        self.next_name += 1;
        self.next_name
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// What [`Engine::carry_out`] hands back to the replica.
pub(crate) type Followup = Option<Input>;
