//! The one task that owns the swarm: a loop and a match, nothing is decided here.
//!
//! Invariant: while an event waits for room in the engine's channel, nothing is taken from the swarm; the peers feel
//! it as back pressure. Commands are still taken, so the engine and the network never wait for each other.
//! Invariant: nothing waits for a steward: a question of a peer for which there is no room is dropped.
//! Invariant: nothing sent by a peer that the gate denies now reaches the engine, however long it was on its way.

mod asks;
mod dial;
mod swarm_events;

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;
use futures::StreamExt;
use libp2p::PeerId;
use libp2p::gossipsub::{IdentTopic, MessageAcceptance, MessageId};
use libp2p::metrics::Metrics;
use libp2p::request_response::ResponseChannel;
use libp2p::swarm::Swarm;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{self, Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::Peer;
use super::ask::{Answer, Ask, Asked, End};
use super::behaviour::Behaviour;
use super::dialer::Dialer;
use super::event::{NetEvent, Refusals, RequestFailure, RequestId, ResponseToken, Severity};
use super::gossip::{Acceptance, GossipId};
use super::handle::{Command, Wanted};
use super::key::{NodeKey, node_key, peer_id};
use super::peers::PeerBook;
use super::requests::{Bounds, Requests};
use super::settings::{
    ALLOWED_PEERS, DISCONNECT_HOLD, INBOUND_QUESTIONS, INBOUND_QUESTIONS_PER_PEER, INBOUND_REQUESTS,
    INBOUND_REQUESTS_PER_PEER, Limits, OUTBOUND_QUESTIONS, OUTBOUND_QUESTIONS_PER_PEER, OUTBOUND_REQUESTS,
    OUTBOUND_REQUESTS_PER_PEER, OUTBOX_MAX, REFUSALS_EVERY, SHUTDOWN_WAIT, TICK,
};

const SYNC_BOUNDS: Bounds = Bounds {
    outbound: OUTBOUND_REQUESTS,
    outbound_per_peer: OUTBOUND_REQUESTS_PER_PEER,
    inbound: INBOUND_REQUESTS,
    inbound_per_peer: INBOUND_REQUESTS_PER_PEER,
};
const STEWARD_BOUNDS: Bounds = Bounds {
    outbound: OUTBOUND_QUESTIONS,
    outbound_per_peer: OUTBOUND_QUESTIONS_PER_PEER,
    inbound: INBOUND_QUESTIONS,
    inbound_per_peer: INBOUND_QUESTIONS_PER_PEER,
};

/// The driver's ends of what connects it with its handles and the engine.
#[derive(Debug)]
pub(super) struct Channels {
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) wanted: watch::Receiver<Wanted>,
    pub(super) events: mpsc::Sender<NetEvent>,
    pub(super) asks: mpsc::Receiver<Ask>,
    pub(super) asked: mpsc::Sender<Asked>,
    pub(super) stop: CancellationToken,
}

/// Everything the network's task owns.
pub(super) struct Driver {
    swarm: Swarm<Behaviour>,
    topic: IdentTopic,
    limits: Limits,
    dialer: Dialer,
    peers: PeerBook,
    requests: Requests<RequestId, Option<ResponseChannel<Bytes>>>,
    refusals: Refusals,
    refusals_told: Instant,
    commands: mpsc::Receiver<Command>,
    wanted: watch::Receiver<Wanted>,
    events: mpsc::Sender<NetEvent>,
    /// Events without room in the channel yet.
    outbox: VecDeque<NetEvent>,
    questions: Requests<oneshot::Sender<End>, ()>,
    asks: mpsc::Receiver<Ask>,
    asked: mpsc::Sender<Asked>,
    answers: mpsc::Receiver<Answer>,
    /// Given to every reply.
    answers_in: mpsc::Sender<Answer>,
    metrics: Option<Metrics>,
    stop: CancellationToken,
}

impl Driver {
    pub(super) fn new(
        swarm: Swarm<Behaviour>,
        topic: IdentTopic,
        limits: Limits,
        dialer: Dialer,
        channels: Channels,
        metrics: Option<Metrics>,
    ) -> Self {
        let Channels { commands, wanted, events, asks, asked, stop } = channels;
        let (answers_in, answers) = mpsc::channel(INBOUND_QUESTIONS);
        Self {
            swarm,
            topic,
            limits,
            dialer,
            peers: PeerBook::default(),
            requests: Requests::new(SYNC_BOUNDS),
            refusals: Refusals::default(),
            refusals_told: Instant::now(),
            commands,
            wanted,
            events,
            outbox: VecDeque::new(),
            questions: Requests::new(STEWARD_BOUNDS),
            asks,
            asked,
            answers,
            answers_in,
            metrics,
            stop,
        }
    }

    /// Runs until it is stopped, every handle is dropped, or nobody takes events any more.
    pub(super) async fn run(mut self) {
        let mut tick = time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let events = self.events.clone();
        self.apply_wanted();
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = events.closed() => break, // nobody takes events any more
                changed = self.wanted.changed() => match changed {
                    Ok(()) => self.apply_wanted(),
                    Err(_) => break, // every handle is gone
                },
                Ok(permit) = events.reserve(), if !self.outbox.is_empty() => {
                    if let Some(event) = self.outbox.pop_front() {
                        permit.send(event);
                    }
                }
                Some(command) = self.commands.recv(), if self.outbox.len() < OUTBOX_MAX => self.obey(command),
                Some(ask) = self.asks.recv() => self.ask(ask),
                Some(answer) = self.answers.recv() => self.answer(answer),
                event = self.swarm.select_next_some(), if self.outbox.is_empty() => self.on_swarm_event(event),
                _ = tick.tick() => self.tick(),
            }
        }
        self.close().await;
    }

    /// Makes the gate, the dialler and the subscription what the engine wants now.
    fn apply_wanted(&mut self) {
        let wanted = self.wanted.borrow_and_update().clone();
        self.swarm.behaviour_mut().gate.replace(peer_ids(&wanted.allowed));
        let local = *self.swarm.local_peer_id();
        let targets = wanted.allowed.iter().take(ALLOWED_PEERS).filter_map(|peer| {
            let id = peer_id(&peer.node_key).filter(|id| *id != local)?;
            Some((id, peer.addresses.clone()))
        });
        self.dialer.replace(targets, Instant::now());
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        if wanted.gossip {
            if let Err(error) = gossip.subscribe(&self.topic) {
                tracing::error!(%error, "cannot join the gossip");
            }
        } else {
            gossip.unsubscribe(&self.topic);
        }
        self.dial();
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Penalize { peer, severity } => self.penalize(peer, severity),
            Command::Peers(reply) => {
                // Whoever asked may have gone away meanwhile.
                let _ = reply.send(self.peers.snapshot());
            }
            Command::Publish(bytes) => self.publish(bytes),
            Command::Request { peer, id, bytes } => self.request(peer, id, bytes),
            Command::Respond { token, bytes } => self.respond(token, bytes),
            Command::Validate { id, acceptance } => self.validate(id, acceptance),
        }
    }

    fn request(&mut self, peer: NodeKey, id: RequestId, bytes: Bytes) {
        let failure = match peer_id(&peer).filter(|to| self.peers.is_connected(to) && self.admits(to)) {
            None => RequestFailure::NotConnected,
            Some(to) if !self.requests.room_for(&to) => RequestFailure::Busy,
            Some(to) => {
                let wire = self.swarm.behaviour_mut().rpc.send_request(&to, Ok(bytes));
                return self.requests.sent(wire, to, id);
            }
        };
        self.tell(NetEvent::Response { peer, id, result: Err(failure) });
    }

    fn respond(&mut self, token: ResponseToken, bytes: Bytes) {
        let sent =
            self.requests.answer(token).map(|channel| self.swarm.behaviour_mut().rpc.send_response(channel, bytes));
        if !matches!(sent, Some(Ok(()))) {
            tracing::debug!("an answer came after its request had ended");
        }
    }

    fn publish(&mut self, bytes: Bytes) {
        if let Err(error) = self.swarm.behaviour_mut().gossip.publish(self.topic.hash(), bytes) {
            tracing::debug!(%error, "gossip reached nobody; sync will bring it");
        }
    }

    fn validate(&mut self, id: GossipId, acceptance: Acceptance) {
        if let Some(from) = peer_id(&id.from) {
            self.judge(&MessageId::new(&id.message), &from, acceptance.into());
        }
    }

    fn judge(&mut self, message: &MessageId, from: &PeerId, acceptance: MessageAcceptance) {
        // False when the message has left gossipsub's cache meanwhile: too late to forward, nothing lost.
        self.swarm.behaviour_mut().gossip.report_message_validation_result(message, from, acceptance);
    }

    fn penalize(&mut self, peer: NodeKey, severity: Severity) {
        let Some(peer) = peer_id(&peer) else { return };
        let (gate, now) = (&mut self.swarm.behaviour_mut().gate, Instant::now());
        match severity {
            Severity::Tolerate if !gate.count_fault(peer, now) => {}
            Severity::Disconnect | Severity::Tolerate => gate.ban(peer, DISCONNECT_HOLD, now),
            Severity::Ban { duration } => gate.ban(peer, duration, now),
        }
    }

    fn tick(&mut self) {
        self.dial();
        let now = Instant::now();
        if !self.refusals.is_empty() && now.duration_since(self.refusals_told) >= REFUSALS_EVERY {
            self.refusals_told = now;
            let refusals = std::mem::take(&mut self.refusals);
            self.tell(NetEvent::Refused(refusals));
        }
    }

    fn admits(&self, peer: &PeerId) -> bool {
        self.swarm.behaviour().gate.check(peer, Instant::now()).is_ok()
    }

    /// The node key of a peer the gate admits now.
    fn admitted(&self, peer: &PeerId) -> Option<NodeKey> {
        node_key(peer).filter(|_| self.admits(peer))
    }

    fn tell(&mut self, event: NetEvent) {
        self.outbox.push_back(event);
    }

    /// Says goodbye to everybody, so that they need no timeout to notice.
    async fn close(mut self) {
        let connected: Vec<PeerId> = self.swarm.connected_peers().copied().collect();
        for peer in connected {
            let _ = self.swarm.disconnect_peer_id(peer); // gone meanwhile: as wished
        }
        let goodbye = async {
            while self.swarm.network_info().num_peers() > 0 {
                self.swarm.next().await;
            }
        };
        if time::timeout(SHUTDOWN_WAIT, goodbye).await.is_err() {
            tracing::debug!("some connections did not close in time");
        }
    }
}

/// The peer ids of the allowed nodes; a key that is no point of the curve can belong to nobody.
pub(super) fn peer_ids(allowed: &[Peer]) -> BTreeSet<PeerId> {
    if allowed.len() > ALLOWED_PEERS {
        tracing::error!(nodes = allowed.len(), limit = ALLOWED_PEERS, "the allow list is cut at its limit");
    }
    allowed.iter().take(ALLOWED_PEERS).filter_map(|peer| peer_id(&peer.node_key)).collect()
}
