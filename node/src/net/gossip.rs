//! How gossip is set up: one topic per consortium, anonymous messages, forwarded only once the engine accepted them.
//!
//! Anonymous, because every payload is signed by its author anyway; signing each copy again doubled the CPU and lost
//! nothing less. The message id is the payload's hash and never (log, sequence number), or the second branch of a fork
//! would be dropped as a duplicate of the first.
//! Invariant: nothing is forwarded without a verdict of the engine ([`Acceptance`]).
//! Absent on purpose: completeness. Gossip only accelerates; sync is what makes a ledger whole.

use std::collections::HashSet;

use libp2p::gossipsub::{
    self, IdentTopic, MaxCountSubscriptionFilter, MessageAcceptance, MessageAuthenticity, MessageId, PeerScoreParams,
    PeerScoreThresholds, TopicScoreParams, ValidationMode, WhitelistSubscriptionFilter,
};
use prometheus_client::registry::Registry;

use super::NetError;
use super::key::NodeKey;
use super::settings::{
    DUPLICATE_CACHE, GOSSIP_FRAME_BYTES_MAX, GOSSIP_LAZY, GOSSIP_QUEUE, GOSSIP_QUEUE_WAIT, HEARTBEAT, MESH, MESH_HIGH,
    MESH_LOW, MESH_OUTBOUND_MIN,
};

/// Subscriptions in one frame of a peer; there is one topic, so more than a few are an attack.
const SUBSCRIPTIONS_PER_FRAME: usize = 8;

/// Gossipsub that knows no topic but ours, so that a peer cannot fill our memory with topics.
pub(super) type Gossipsub =
    gossipsub::Behaviour<gossipsub::IdentityTransform, MaxCountSubscriptionFilter<WhitelistSubscriptionFilter>>;

/// One received message, until the engine has judged it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct GossipId {
    /// BLAKE3 of the payload.
    pub message: [u8; 32],
    /// Who handed it to us, which is not who wrote it.
    pub from: NodeKey,
}

/// The engine's verdict on a gossip message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Acceptance {
    /// Forward it.
    Accept,
    /// Drop it; nobody is to blame (expired, duplicate, roster-lagged).
    Ignore,
    /// Drop it and score whoever sent it: no honest relay passes this on.
    Reject,
}

impl From<Acceptance> for MessageAcceptance {
    fn from(acceptance: Acceptance) -> Self {
        match acceptance {
            Acceptance::Accept => Self::Accept,
            Acceptance::Ignore => Self::Ignore,
            Acceptance::Reject => Self::Reject,
        }
    }
}

/// The consortium's topic: BLAKE3 of its id, in hexadecimal.
pub(super) fn topic(consortium_id: &[u8; 32]) -> IdentTopic {
    IdentTopic::new(blake3::hash(consortium_id).to_hex().to_string())
}

/// Gossipsub by our settings, with its figures in `registry` if there is one.
pub(super) fn behaviour(topic: &IdentTopic, registry: Option<&mut Registry>) -> Result<Gossipsub, NetError> {
    let config = gossipsub::ConfigBuilder::default()
        .mesh_n(MESH)
        .mesh_n_low(MESH_LOW)
        .mesh_n_high(MESH_HIGH)
        .mesh_outbound_min(MESH_OUTBOUND_MIN)
        .gossip_lazy(GOSSIP_LAZY)
        .heartbeat_interval(HEARTBEAT)
        .flood_publish(false)
        .max_transmit_size(GOSSIP_FRAME_BYTES_MAX)
        .duplicate_cache_time(DUPLICATE_CACHE)
        .connection_handler_queue_len(GOSSIP_QUEUE)
        .publish_queue_duration(GOSSIP_QUEUE_WAIT)
        .forward_queue_duration(GOSSIP_QUEUE_WAIT)
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(|message| MessageId::new(blake3::hash(&message.data).as_bytes()))
        .build()
        .map_err(|error| NetError::Setup(error.to_string()))?;
    let filter = MaxCountSubscriptionFilter {
        filter: WhitelistSubscriptionFilter(HashSet::from([topic.hash()])),
        max_subscribed_topics: 1,
        max_subscriptions_per_request: SUBSCRIPTIONS_PER_FRAME,
    };
    let mut behaviour = Gossipsub::new_with_subscription_filter(MessageAuthenticity::Anonymous, config, filter)
        .map_err(|error| NetError::Setup(error.to_owned()))?;
    if let Some(registry) = registry {
        behaviour = behaviour.with_metrics(registry.sub_registry_with_prefix("gossipsub"), Default::default());
    }
    behaviour.with_peer_score(score(topic), PeerScoreThresholds::default()).map_err(NetError::Setup)?;
    Ok(behaviour)
}

/// Scores for a small network of known peers with little traffic.
fn score(topic: &IdentTopic) -> PeerScoreParams {
    let topic_params = TopicScoreParams {
        topic_weight: 1.0,
        time_in_mesh_weight: 0.01,
        time_in_mesh_quantum: HEARTBEAT,
        time_in_mesh_cap: 300.0,
        first_message_deliveries_cap: 50.0,
        // Members publish a few batches a day: a rule that expects deliveries would punish silence.
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        // One rejected message costs 10, three in a row exceed the graylist threshold of -80.
        invalid_message_deliveries_weight: -10.0,
        invalid_message_deliveries_decay: gossipsub::score_parameter_decay(DUPLICATE_CACHE),
        ..TopicScoreParams::default()
    };
    PeerScoreParams {
        topics: [(topic.hash(), topic_params)].into(),
        topic_score_cap: 50.0,
        // Everybody here is on the roster: many nodes behind one address are an office, not a Sybil.
        ip_colocation_factor_weight: 0.0,
        // A restart grafts early once or twice without meaning harm.
        behaviour_penalty_threshold: 6.0,
        ..PeerScoreParams::default()
    }
}
